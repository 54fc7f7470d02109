"""The product's version, as heartbeats, the HTTP face and `pyproject.toml` give it."""

VERSION = "0.1.0"

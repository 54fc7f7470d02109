"""Rates, price levels, and the lines of a budget."""

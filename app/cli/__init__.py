"""The command line, `python -m app`: the whole fleet on one machine, a plan in the terminal, a doctor, a window onto
the traffic, the audit, the dead letters. It is part of the root: it may read the settings, and nothing imports it."""

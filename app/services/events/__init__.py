"""Holidays, festivals and other events: when they are, and which two of them are one."""

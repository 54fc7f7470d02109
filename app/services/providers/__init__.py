"""Providers of facts, one file each: its name, base address and documentation in the class's docstring, typed results.

They share what `services/outside` has: one client, a cache, quotas, breakers. None of them knows another; which is
asked first is a chain's business.
"""

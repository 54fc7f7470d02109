"""Which entry of a plan is which, so that a plan that has changed still gives unchanged entries their old ids.

A calendar then moves an entry instead of showing it twice. An id is made of the session's id and

- for what has a reference (`ref`): that; for other visits and events: the title; not day and hour, so that it may move;
- for anything else (meals, arrivals, ways), whose titles come again day by day: its title and its date;
- its number among equals of the same plan, from 1.
"""

import json
from collections import Counter
from datetime import date
from uuid import UUID, uuid5

_OURS = UUID("5b0c1f0e-6a39-4c1b-9c55-8f2f3a1f9d27")
"""Any fixed UUID: it keeps these ids apart from all others that are made in this way."""

_ONE_OF_A_KIND = ("visit", "event")
"""Kinds of entries that are known by their title alone; all others need their day as well."""


class Identities:
    """Gives the ids of one plan's entries, asked in their order."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._seen: Counter[tuple[str, ...]] = Counter()

    def next_id(self, kind: str, ref: str, title: str, day: date) -> str:
        key = (kind, ref or title) if ref or kind in _ONE_OF_A_KIND else (kind, title, day.isoformat())
        self._seen[key] += 1
        return str(uuid5(_OURS, json.dumps([self._session_id, *key, self._seen[key]])))

"""At which of several destinations an event takes place, in one text; apart because several files read it.

A festival names its one destination. A holiday is told once for all destinations of a country that have it: without a
place where every destination of the trip has it, else with their names, `Kyoto; Tokyo`.
"""

from collections.abc import Sequence

from app.trips.reports import Event

# Names may have commas of their own: `Springfield, Illinois`.
_NEXT = "; "


def place_text(names: Sequence[str]) -> str:
    return _NEXT.join(names)


def place_names(event: Event) -> list[str]:
    """The destinations that it names; empty where it takes place at all of them."""
    return event.place.split(_NEXT) if event.place else []


def is_at(event: Event, place_name: str) -> bool:
    """Whether it takes place at that destination, by its resolved name."""
    return event.place is None or place_name in place_names(event)

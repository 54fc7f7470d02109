"""The events of a trip in a few sentences."""

from collections.abc import Sequence
from datetime import date

from app.services.event_places import place_names
from app.services.place_words import listed
from app.trips.places.place import Place
from app.trips.reports import Event

_NOT_INCLUDED = "Concerts, exhibitions and matches are not included."
# How many names one sentence bears.
_MAX_NAMES = 4


def summary_of(destinations: Sequence[tuple[Place, bool]], events: list[Event]) -> str:
    """`destinations`: each with whether its holidays are known. `events`: in order of their first day; may be empty."""
    holidays = [event for event in events if event.kind == "public_holiday"]
    festivals = [event for event in events if event.kind in ("festival", "event")]
    known = list(dict.fromkeys(place.country for place, is_known in destinations if is_known))
    not_known = dict.fromkeys(place.country for place, is_known in destinations if not is_known)
    has_catalogue = any(place.city for place, _ in destinations)
    sentences = [
        _sentence("Public holiday", holidays) or _no_holidays(known),
        *(f"Whether {country} has public holidays on these days is not known here." for country in not_known),
        _sentence("Festival", festivals)
        or ("No yearly festival on record falls on these days." if has_catalogue else ""),
        _NOT_INCLUDED,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _no_holidays(countries: list[str]) -> str:
    return f"No public holiday of {listed(countries, 'or')} falls on these days." if countries else ""


def _sentence(label: str, events: list[Event]) -> str:
    if not events:
        return ""
    named = [f"{_name(event)} ({_span(event)})" for event in events[:_MAX_NAMES]]
    more = [f"{len(events) - _MAX_NAMES} more"] if len(events) > _MAX_NAMES else []
    return f"{label}{'s' if len(events) > 1 else ''} during the trip: {listed([*named, *more])}."


def _name(event: Event) -> str:
    names = place_names(event)
    return f"{event.name} in {listed(names)}" if names else event.name


def _span(event: Event) -> str:
    if event.starts == event.ends:
        return _day(event.starts)
    if (event.starts.year, event.starts.month) == (event.ends.year, event.ends.month):
        return f"{event.starts.day}–{_day(event.ends)}"
    return f"{_day(event.starts)} – {_day(event.ends)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"

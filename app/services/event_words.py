"""The events of a trip in one to three sentences."""

from datetime import date

from app.trips.places.place import Place
from app.trips.reports import Event

_NOT_INCLUDED = "Concerts, exhibitions and matches are not included."
# How many names one sentence bears.
_MAX_NAMES = 4


def summary_of(place: Place, events: list[Event], holidays_are_known: bool) -> str:
    """`events`: in order of their first day; may be empty."""
    holidays = [event for event in events if event.kind == "public_holiday"]
    festivals = [event for event in events if event.kind in ("festival", "event")]
    sentences = [
        _sentence("Public holiday", holidays) or _no_holidays(place, holidays_are_known),
        _sentence("Festival", festivals) or ("No yearly festival on record falls on these days." if place.city else ""),
        _NOT_INCLUDED,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _no_holidays(place: Place, holidays_are_known: bool) -> str:
    if not holidays_are_known:
        return f"Whether {place.country} has public holidays on these days is not known here."
    return f"No public holiday of {place.country} falls on these days."


def _sentence(label: str, events: list[Event]) -> str:
    if not events:
        return ""
    named = [f"{event.name} ({_span(event)})" for event in events[:_MAX_NAMES]]
    more = [f"{len(events) - _MAX_NAMES} more"] if len(events) > _MAX_NAMES else []
    return f"{label}{'s' if len(events) > 1 else ''} during the trip: {_listed([*named, *more])}."


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _span(event: Event) -> str:
    if event.starts == event.ends:
        return _day(event.starts)
    if (event.starts.year, event.starts.month) == (event.ends.year, event.ends.month):
        return f"{event.starts.day}–{_day(event.ends)}"
    return f"{_day(event.starts)} – {_day(event.ends)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"

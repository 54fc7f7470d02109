"""The events of a trip in a few sentences."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from app.services.events.event_places import place_names
from app.services.places.words import listed
from app.trips.places.place import Place
from app.trips.reports import Event, Source

_NOT_INCLUDED = "Concerts, exhibitions and matches are not included."
# How many names one sentence bears.
_MAX_NAMES = 4


def summary_of(destinations: Sequence[tuple[Place, bool]], events: list[Event], *, unsearched: Sequence[str]) -> str:
    """`destinations`: each with whether its holidays are known. `events`: in order of their first day; may be empty.
    `unsearched`: the names of those for which no provider told what else is on."""
    holidays = [event for event in events if event.kind == "public_holiday"]
    festivals = [event for event in events if event.kind == "festival"]
    others = [event for event in events if event.kind == "event"]
    known = list(dict.fromkeys(place.country for place, is_known in destinations if is_known))
    not_known = dict.fromkeys(place.country for place, is_known in destinations if not is_known)
    has_catalogue = any(place.city for place, _ in destinations)
    sentences = [
        _sentence("Public holiday", holidays) or _no_holidays(known),
        *(f"Whether {country} has public holidays on these days is not known here." for country in not_known),
        _sentence("Festival", festivals)
        or ("No yearly festival on record falls on these days." if has_catalogue else ""),
        _sentence("Other event" if holidays or festivals else "Event", others),
        _not_included(unsearched, len(destinations), has_found=bool(others)),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _not_included(unsearched: Sequence[str], count: int, *, has_found: bool) -> str:
    if len(unsearched) == count:
        return _NOT_INCLUDED
    if unsearched:
        return f"Concerts, exhibitions and matches in {listed(unsearched)} are not included."
    return "" if has_found else "No concert, exhibition or match was found for these days."


def found_instead(place: Place, live: Source | None) -> str:
    """Of a place that is not in the catalogue. `live`: who knows of events there, if anybody."""
    who = f"the events there are those that {live.provider} knows" if live else "ask its tourist office"
    return f"No festivals are bundled for {place.name}; {who}."


def zone_warnings(events: Sequence[Event]) -> list[str]:
    """Of events whose hours are known, and their zone is not."""
    unclear = Counter(event.place for event in events if event.starts_at and not event.timezone)
    return [_zone_warning(count, place) for place, count in unclear.items()]


def _zone_warning(count: int, place: str | None) -> str:
    where = f" in {place}" if place else ""
    if count == 1:
        return f"The time zone of an event{where} is not known; its hour is as listed, taken for local time."
    return f"The time zone of {count} events{where} is not known; their hours are as listed, taken for local time."


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
        return f"{_day(event.starts)}, {event.starts_at}" if event.starts_at else _day(event.starts)
    if (event.starts.year, event.starts.month) == (event.ends.year, event.ends.month):
        return f"{event.starts.day}–{_day(event.ends)}"
    return f"{_day(event.starts)} – {_day(event.ends)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"

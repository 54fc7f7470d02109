"""Events as providers find them, and which two of them are one; apart from `event_service.py`, since the providers'
files make them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.services.outside.fetched import Lifetime
from app.trips.places.distance import great_circle_km
from app.trips.places.names import words
from app.trips.reports import Coordinates, Event

LIFETIME = Lifetime(fresh_s=6 * 3600, keep_s=3 * 24 * 3600)
"""Programmes are announced weeks ahead; what was on three days ago mostly still is."""

LONGEST_DESCRIPTION = 240
"""It becomes a note in a day's plan; what is longer is advertising."""

# A night that ends before then belongs to the day on which it began.
_NIGHTS_END = time(6)

# Reports of one venue by different people lie within so much of each other.
_SAME_VENUE_KM = 1.0


@dataclass(frozen=True)
class FoundEvent:
    """`starts_at` and `ends_at` (`19:30`) are local times where it takes place, on `starts` and on `ends`; None where
    the provider knows only the day. `timezone`: the zone's name; None where the provider does not know it, and then
    nothing was converted. `is_free`: None where the provider says nothing of it."""

    name: str
    starts: date
    ends: date
    starts_at: str | None = None
    ends_at: str | None = None
    timezone: str | None = None
    venue: str | None = None
    address: str | None = None
    coordinates: Coordinates | None = None
    url: str | None = None
    description: str | None = None
    is_free: bool | None = None

    def is_within(self, first: date, last: date) -> bool:
        return self.starts <= last and self.ends >= first


# ---- for the forms of providers


def _value_or_none(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


OrNone = WrapValidator(_value_or_none)
"""For a member that is done without where it is not of its form: `Annotated[Latitude | None, OrNone] = None`."""


def point(latitude: float | None, longitude: float | None) -> Coordinates | None:
    """None where either is missing, and for 0° 0°, in the sea, where providers put what they do not know."""
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    return Coordinates(latitude=latitude, longitude=longitude)


def known_zone(name: str | None) -> ZoneInfo | None:
    """The time zone of that name; None where there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def clock(moment: time) -> str:
    return f"{moment:%H:%M}"


def last_day(starts: date, ends: datetime) -> tuple[date, str]:
    """The day to which the end belongs, and its hour: a night is part of the day on which it began."""
    day = ends.date()
    is_night = day > starts and ends.time() < _NIGHTS_END
    return day - timedelta(days=1) if is_night else day, clock(ends.time())


# ---- which are one


def without_doubles(events: Iterable[Event]) -> list[Event]:
    """Events of one name, day and venue are one: listed by several sites, or in many time slots, of which the first
    counts. What one of them does not say is taken from the other. In the order in which they first came."""
    alike: dict[tuple[str, date, str | None], list[Event]] = {}
    for event in events:
        kept = alike.setdefault((" ".join(words(event.name)) or event.name, event.starts, event.place), [])
        for position, other in enumerate(kept):
            if _may_be_at_one_venue(event, other):
                kept[position] = _as_one(other, event)
                break
        else:
            kept.append(event)
    return [event for kept in alike.values() for event in kept]


def _may_be_at_one_venue(one: Event, other: Event) -> bool:
    """Also where one of them does not say where it is."""
    if one.venue and other.venue and words(one.venue) == words(other.venue):
        return True
    if one.coordinates and other.coordinates:
        return distance_km(one.coordinates, other.coordinates) <= _SAME_VENUE_KM
    return not (one.venue and other.venue)


def _as_one(one: Event, other: Event) -> Event:
    """Hours, zone and last day together from the earlier; everything else from `one`, where it says it."""
    earlier = min((one, other), key=lambda event: event.starts_at or "~")
    hours = {name: getattr(earlier, name) for name in ("starts_at", "ends", "ends_at")}
    zone = {"timezone": earlier.timezone or one.timezone or other.timezone}
    filled = {
        name: getattr(other, name)
        for name in ("venue", "coordinates", "url", "description", "is_free")
        if getattr(one, name) is None
    }
    return one.model_copy(update={**filled, **hours, **zone})


def distance_km(one: Coordinates, other: Coordinates) -> float:
    return great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude)


def are_called_alike(one: str, other: str) -> bool:
    """Whether two names mean one festival: the same words, or those of the one within the other's. Years do not count,
    and a name of which the other is less than half is that of something else (`Holi`, `Holi Party at the Blue Room`).
    """
    short, long = sorted((_telling_words(one), _telling_words(other)), key=len)
    if not short or 2 * len(short) < len(long):
        return False
    return any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1))


def _telling_words(name: str) -> list[str]:
    found = words(name)
    return [word for word in found if not (word.isdecimal() and len(word) == 4)] or found


def same_festival(festival: Event, live: Sequence[Event]) -> Event | None:
    """Of the live events the one that is this festival, most alike in name first; None where none is."""
    alike = [
        event
        for event in live
        if event.place == festival.place
        and event.starts <= festival.ends
        and event.ends >= festival.starts
        and are_called_alike(event.name, festival.name)
    ]
    length = len(words(festival.name))
    return min(alike, key=lambda event: (abs(len(words(event.name)) - length), event.starts), default=None)


def as_one_festival(festival: Event, live: Event) -> Event:
    """When and where it is, and its page, as the provider has it of this year; what it is, as the catalogue tells."""
    return live.model_copy(
        update={
            "name": festival.name,
            "kind": festival.kind,
            "description": festival.description or live.description,
            "venue": live.venue or festival.venue,
            "is_free": festival.is_free if live.is_free is None else live.is_free,
        }
    )

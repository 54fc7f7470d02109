"""Dates, times and amounts in words, the same in every format and on every machine (no locale)."""

from datetime import date, datetime
from decimal import Decimal

from app.trips.currencies import in_full
from app.trips.exports.document import Line, Stop, TripDocument

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
KIND_WORDS = {"travel": "way", "leg": "journey"}
"""What a reader is told where the plan's word for a kind of entry says less."""


def long_date(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def dates(trip: TripDocument) -> str:
    first, last = long_date(trip.first_day), long_date(trip.last_day)
    return first if first == last else f"{first} to {last}"


def clock_times(stop: Stop, day: date) -> str:
    """`09:00–10:30`; a time that is not of that day says by how many days."""
    if stop.starts is None or stop.ends is None:
        return "no time set"
    if stop.starts == stop.ends and not _ends_elsewhere(stop):
        return _clock(stop.starts, day)
    return f"{_clock(stop.starts, day)}–{_clock(stop.ends, day)}"


def _clock(moment: datetime, day: date) -> str:
    days = (moment.date() - day).days
    return f"{moment:%H:%M}" + (f" (+{days} d)" if days else "")


def money(amount: Decimal, currency: str) -> str:
    return f"{in_full(amount, currency)} {currency}".rstrip()


def price(stop: Stop) -> str:
    """A person's price, "" where it is not known."""
    if stop.price is None:
        return ""
    return "Free of charge" if stop.price == 0 else f"{money(stop.price, stop.currency)} a person"


def stop_lines(stop: Stop, trip: TripDocument) -> list[Line]:
    """What there is to say of a stop beside its title and times."""
    zone = _zone(stop) if (stop.starts and stop.timezone != trip.timezone) or _ends_elsewhere(stop) else ""
    where = {True: "Indoors.", False: "Outdoors.", None: ""}[stop.indoor]
    found = [Line(stop.reason, "Why"), Line(price(stop), "Price"), *map(Line, stop.notes), Line(where), Line(zone)]
    return [line for line in (*found, Line(stop.source, "Source")) if line.text]


def _ends_elsewhere(stop: Stop) -> bool:
    return stop.ends is not None and str(stop.ends.tzinfo) != stop.timezone


def _zone(stop: Stop) -> str:
    if stop.ends is not None and _ends_elsewhere(stop):
        return f"It starts by the clocks of {stop.timezone} and ends by those of {stop.ends.tzinfo}."
    return f"Times are those of {stop.timezone}."


def kind_word(stop: Stop) -> str:
    return KIND_WORDS.get(stop.kind, stop.kind)

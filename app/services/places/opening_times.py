"""OpenStreetMap's notation of opening hours, read for one day. A file of its own because the notation is mappers' free
text: whatever they wrote, the answer is windows, `closed`, or `not understood`, at once and without an error.

The notation: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import opening_hours
from opening_hours import OpeningHours, State

Windows = tuple[tuple[int, int], ...]
"""From when to when it is open, in minutes after midnight, in order; closing at midnight is 1440."""

# The longest value that a tag of OpenStreetMap can have.
LONGEST_TEXT = 255
DAY_MINUTES = 24 * 60
# Trips lie well within these, the library's calendars of holidays too.
_YEARS = range(1990, 2101)

# `10:00+`: open from then on, and nobody says until when.
_OPEN_END = re.compile(r"(?<![-\d:])\d?\d:\d\d\s*\+")
_SPACED_DASH = re.compile(r"\s*-\s*")
# The library's own stub leaves its errors out.
_NOT_UNDERSTOOD: tuple[type[Exception], ...] = (
    *(getattr(opening_hours, name) for name in ("ParserError", "InvalidCoordinatesError", "UnknownCountryError")),
    *(ValueError, OverflowError, OSError, LookupError),
)
_SUN = re.compile(r"sunrise|sunset|dawn|dusk", re.IGNORECASE)
_DASHES = str.maketrans("‐‑–—−", "-----")


def windows(
    text: str, day: date, latitude: float, longitude: float, country_code: str, timezone: str | None = None
) -> Windows | None:
    """When it is open on that day; () where it is closed, None where the text is not understood or does not say.

    What runs past midnight is cut there, and what began the day before counts from midnight. `country_code` (`FR`):
    whose public holidays count, where the library has them; school holidays it has not. `timezone`: without one, hours
    by the sun are not understood, since they would have to be made up.
    """
    if len(text) > LONGEST_TEXT or day.year not in _YEARS:
        return None
    place = (round(latitude, 2), round(longitude, 2))
    hours = _understood(text.translate(_DASHES).strip(), place, country_code.upper(), timezone)
    return None if hours is None else _on(hours, day)


@lru_cache(maxsize=512)
def _understood(text: str, place: tuple[float, float], country_code: str, timezone: str | None) -> OpeningHours | None:
    """None for what is not in the notation, and for what would be read as more than it says."""
    by_sun = _SUN.search(text) is not None
    if _OPEN_END.search(_SPACED_DASH.sub("-", text)) or (by_sun and timezone is None):
        return None
    try:
        # Zone and place are given only together: alone, a place makes the library load a map of all zones (110 MB).
        zone = ZoneInfo(timezone) if timezone is not None and by_sun else None
        return OpeningHours(
            text,
            timezone=zone,
            coords=place if zone else None,
            country=_country(country_code),
            auto_country=False,
            auto_timezone=False if zone is None else None,
        )
    except _NOT_UNDERSTOOD:
        return None


@lru_cache(maxsize=512)
def _country(country_code: str) -> str | None:
    """The code, where the library has that country's holidays."""
    try:
        OpeningHours("24/7", country=country_code)
    except _NOT_UNDERSTOOD:
        return None
    return country_code


def _on(hours: OpeningHours, day: date) -> Windows | None:
    midnight = datetime.combine(day, time())
    found: list[tuple[int, int]] = []
    is_doubtful = False
    try:
        for start, end, state, comment in hours.intervals(midnight, midnight + timedelta(days=1)):
            window = (_minute(start, day, 0), _minute(end, day, DAY_MINUTES))
            # A comment in place of hours, such as "by appointment", is read as open all day.
            if state == State.UNKNOWN or (state == State.OPEN and comment and window == (0, DAY_MINUTES)):
                is_doubtful = True
            elif state == State.OPEN and window[0] < window[1]:
                found = _joined(found, window)
    except _NOT_UNDERSTOOD:
        return None
    return None if is_doubtful and not found else tuple(found)


def _minute(moment: datetime | None, day: date, otherwise: int) -> int:
    if moment is None:
        return otherwise
    local = moment.replace(tzinfo=None)
    minutes = round((local - datetime.combine(day, time())).total_seconds() / 60)
    return max(0, min(DAY_MINUTES, minutes))


def _joined(found: list[tuple[int, int]], window: tuple[int, int]) -> list[tuple[int, int]]:
    """Windows that touch are one: between `10:00-12:00` and `12:00-14:00` nobody has to leave."""
    if found and found[-1][1] >= window[0]:
        return [*found[:-1], (found[-1][0], max(found[-1][1], window[1]))]
    return [*found, window]

"""From a day and the clock times of its entries to moments: across midnight, and where the clocks are put forward or
back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", re.ASCII)
"""As the tz database names its zones; files of the machine (`localtime`, `posixrules`, `right/…`) begin otherwise."""

_CLOCK_TIME = re.compile(r"(\d{1,2}):([0-5]\d)", re.ASCII)
"""24:00 is the end of a day; later hours are those of the next, as a planner counts on."""

_LATEST = 48 * 60
"""Minutes after midnight, of which a clock time has fewer."""

_DAYS_LATER = range(3)
"""The days on which a clock time of that day or of the next may be shown."""


def time_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, None where the tz database has none."""
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def minutes(clock_time: str) -> int | None:
    """Minutes after midnight, None for what is no time of day."""
    found = _CLOCK_TIME.fullmatch(clock_time)
    if found is None:
        return None
    counted = int(found[1]) * 60 + int(found[2])
    return counted if counted < _LATEST else None


@dataclass(frozen=True, slots=True)
class ClockTimes:
    """Of one entry, as the plan has them: `starts` by the clocks of `zone` on `day`, `ends` by those of `ends_zone` on
    `ends_day`."""

    day: date
    starts: str
    zone: ZoneInfo
    ends_day: date
    ends: str
    ends_zone: ZoneInfo


def span(times: ClockTimes, not_before: datetime | None) -> tuple[datetime, datetime] | None:
    """Beginning and end of an entry; None where it has no beginning. Without an end, it ends as it begins.

    Entries of a day are in order of time: one that would begin before the one above it (`not_before`) does so after
    midnight, or when the clocks have been put back. So it is with an end that would be before the beginning.
    """
    first, last = minutes(times.starts), minutes(times.ends)
    if first is None:
        return None
    begins = _first_from(not_before, times.day, first, times.zone)
    if last is None:
        return begins, begins
    ends = _first_from(begins, times.ends_day, last, times.ends_zone)
    return begins, ends if ends.astimezone(UTC) >= begins.astimezone(UTC) else begins


def _first_from(earliest: datetime | None, day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first moment from `earliest` on at which the zone's clocks show that time; on the day itself if none is."""
    shown = list(_moments(day, minute, zone))
    if earliest is None:
        return shown[0]
    # In UTC: two moments of one zone are compared by what its clocks show, which comes twice on some nights.
    return next((moment for moment in shown if moment.astimezone(UTC) >= earliest.astimezone(UTC)), shown[0])


def _moments(day: date, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    """In order, on the day and the next; a time that comes twice is there twice, one that is skipped is an hour on."""
    for days in _DAYS_LATER:
        local = datetime.combine(day, time()) + timedelta(days=days, minutes=minute)
        for fold in (0, 1):
            # By way of UTC: a local time in the gap becomes the one that the clocks then show.
            yield local.replace(tzinfo=zone, fold=fold).astimezone(UTC).astimezone(zone)

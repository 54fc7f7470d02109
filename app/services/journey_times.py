"""When the party arrives at the destination and when it leaves, from the route's duration and the two time zones.

No timetable is known, so these are assumptions, and each is said in words. They are kept in one place because a
provider with real departures will replace them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.trips.reports import RouteOption, RouteReport

_DAY = 24 * 60
# Leaving home in the morning; being home again in the evening.
_LEAVES_HOME = 7 * 60
_HOME_BY = 22 * 60
# Flights that would land later than this are taken overnight instead, so that the day begins at noon.
_LATEST_LANDING = 16 * 60
_AFTER_A_NIGHT_FLIGHT = 12 * 60
# Nobody is in town before this, even where the clocks are far behind.
_EARLIEST_ARRIVAL = 9 * 60
_USUAL_DEPARTURE = 18 * 60
# A way home that would have to begin before this is taken overnight.
_EARLIEST_DEPARTURE = 10 * 60
# What one travels in a day over land, in minutes; longer ways take several days, each begun at nine.
_ROAD_DAY = {"driving": 11 * 60, "cycling": 6 * 60, "walking": 6 * 60}
_ROAD_MORNING = 9 * 60


@dataclass(frozen=True)
class JourneyTimes:
    """Minutes after midnight of the first and the last day, local time there; None where nobody travels.

    `arrival_note`, `departure_note`: the assumption behind each, in words.
    """

    arrives: int | None
    leaves: int | None
    arrival_note: str
    departure_note: str


def journey_times(route: RouteReport | None, first: date, last: date) -> JourneyTimes:
    """`route` None: not known, so arrival at noon and departure in the evening are assumed."""
    if route is None:
        return JourneyTimes(
            12 * 60,
            _USUAL_DEPARTURE,
            "The way there is not known; we assume that you arrive at noon.",
            "The way back is not known; we assume that you leave at 18:00.",
        )
    way = route.primary_route
    if way.mode == "none":
        return JourneyTimes(None, None, "You are there already.", "Nobody has to travel home.")
    ahead = _clock_shift(route, first), _clock_shift(route, last)
    if way.mode == "flight":
        return _by_air(way, *ahead)
    return _over_land(way, _ROAD_DAY[way.mode], *ahead)


def duration_in_words(minutes: int) -> str:
    """`45 min`, `3 h`, `11 h 30 min`; to the next five minutes, as nothing here is known more exactly."""
    hours, rest = divmod(-(-minutes // 5) * 5, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def _clock_shift(route: RouteReport, day: date) -> int:
    """Minutes by which the destination's clocks are ahead of the origin's at noon UTC of that day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    there = noon.astimezone(ZoneInfo(route.destination.timezone)).utcoffset()
    home = noon.astimezone(ZoneInfo(route.origin.timezone)).utcoffset()
    if there is None or home is None:
        return 0
    return int((there - home).total_seconds() // 60)


def _by_air(way: RouteOption, ahead_first: int, ahead_last: int) -> JourneyTimes:
    took = f"about {duration_in_words(way.duration_minutes)} door to door (estimate)"
    lands = _LEAVES_HOME + way.duration_minutes + ahead_first
    if lands > _LATEST_LANDING:
        arrives = _AFTER_A_NIGHT_FLIGHT
        arrival = f"We assume an overnight flight that has you in town by noon; {took}. Check the real timetable."
    else:
        arrives = max(lands, _EARLIEST_ARRIVAL)
        arrival = f"We assume that you leave home in the morning; {took}. Check the real timetable."
    must_leave = _HOME_BY - way.duration_minutes + ahead_last
    if must_leave < _EARLIEST_DEPARTURE:
        departure = f"We assume an evening departure; {took}, so you may be home the next day."
        return JourneyTimes(arrives, _USUAL_DEPARTURE, arrival, departure)
    departure = f"We assume that you want to be home by 22:00, your time; {took}."
    return JourneyTimes(arrives, min(_USUAL_DEPARTURE, must_leave), arrival, departure)


def _over_land(way: RouteOption, road_day: int, ahead_first: int, ahead_last: int) -> JourneyTimes:
    took = f"about {duration_in_words(way.duration_minutes)} on the way (estimate)"
    if way.duration_minutes <= road_day:
        arrives = max(0, _LEAVES_HOME + way.duration_minutes + ahead_first)
        leaves = min(_USUAL_DEPARTURE, max(_LEAVES_HOME, _HOME_BY - way.duration_minutes + ahead_last))
        return JourneyTimes(
            arrives,
            leaves,
            f"We assume that you set out at 7:00; {took}.",
            f"We assume that you want to be home in the evening; {took}.",
        )
    nights, rest = divmod(way.duration_minutes - 1, road_day)
    return JourneyTimes(
        nights * _DAY + _ROAD_MORNING + rest + 1 + ahead_first,
        _ROAD_MORNING + 60,
        f"We assume that you set out on the morning of the first day; {took}, with {_nights(nights)} on the way.",
        f"We assume that you leave in the morning; {took}, so you are home after {_nights(nights)} on the way.",
    )


def _nights(count: int) -> str:
    return "one night" if count == 1 else f"{count} nights"

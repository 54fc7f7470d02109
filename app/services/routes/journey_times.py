"""When the party arrives at the destination and when it leaves, from the route's duration and the two time zones.

No timetable is known, so these are assumptions, and each is said in words. They are kept in one place because a
provider with real departures will replace them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.trips.reports import Connection, RouteOption

_DAY = 24 * 60
# Leaving home in the morning; being home again in the evening.
_LEAVES_HOME = 7 * 60
_HOME_BY = 22 * 60
# A trip of one day starts earlier and ends later.
_LEAVES_HOME_FOR_A_DAY = 6 * 60
_HOME_BY_AFTER_A_DAY = 23 * 60 + 30
# Flights that would land later than this are taken overnight instead, so that the day begins at noon.
_LATEST_LANDING = 16 * 60
_AFTER_A_NIGHT_FLIGHT = 12 * 60
# Nobody is in town before this, even where the clocks are far behind.
_EARLIEST_ARRIVAL = 9 * 60
_USUAL_DEPARTURE = 18 * 60
# A flight home that would have to leave town before this is taken overnight instead.
_EARLIEST_FLIGHT_HOME = 13 * 60
_MORNING_DEPARTURE = 10 * 60


@dataclass(frozen=True)
class JourneyTimes:
    """Minutes after midnight of the first and the last day, local time there; None where nobody travels.

    `arrival_note`, `departure_note`: the assumption behind each, in words.
    """

    arrives: int | None
    leaves: int | None
    arrival_note: str
    departure_note: str


@dataclass(frozen=True)
class _Wish:
    """Home clock times in minutes, and by how much the destination's clocks are ahead on the first and last day.
    `first`: the day."""

    first: date
    leaves_home: int
    home_by: int
    ahead_first: int
    ahead_last: int

    def arrival(self, duration_minutes: int) -> int:
        return self.leaves_home + duration_minutes + self.ahead_first

    def departure_text(self, arrival: int, duration_minutes: int) -> str:
        """When one leaves home to arrive then, by the clock at home: `7:00 on 4 May`; to the five minutes before."""
        days, minute = divmod((arrival - duration_minutes - self.ahead_first) // 5 * 5, _DAY)
        day = self.first + timedelta(days=days)
        return f"{minute // 60}:{minute % 60:02d} on {day.day} {day:%B}"

    def latest_departure(self, duration_minutes: int) -> int:
        return self.home_by - duration_minutes + self.ahead_last


def journey_times(way_there: Connection | None, first: date, last: date) -> JourneyTimes:
    """`way_there`: from home. Where it is None or could not be reckoned, arrival at noon and departure in the evening
    are assumed."""
    if way_there is None or _is_not_reckoned(way_there.route):
        return JourneyTimes(
            12 * 60,
            _USUAL_DEPARTURE,
            "The way there is not known; we assume that you arrive at noon.",
            "The way back is not known; we assume that you leave at 18:00.",
        )
    way = way_there.route
    if way.mode == "none":
        return JourneyTimes(None, None, "You are there already.", "Nobody has to travel home.")
    wish = _Wish(
        first,
        _LEAVES_HOME_FOR_A_DAY if first == last else _LEAVES_HOME,
        _HOME_BY_AFTER_A_DAY if first == last else _HOME_BY,
        ahead_first=clock_shift(way_there, first),
        ahead_last=clock_shift(way_there, last),
    )
    return _by_air(way, wish) if way.mode == "flight" else _over_land(way, wish)


def duration_in_words(minutes: int) -> str:
    """`45 min`, `3 h`, `11 h 30 min`; to the next five minutes, as nothing here is known more exactly."""
    hours, rest = divmod(-(-minutes // 5) * 5, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )


def clock_shift(way: Connection, day: date) -> int:
    """Minutes by which the destination's clocks are ahead of the origin's at noon UTC of that day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    there = noon.astimezone(ZoneInfo(way.destination.timezone)).utcoffset()
    home = noon.astimezone(ZoneInfo(way.origin.timezone)).utcoffset()
    if there is None or home is None:
        return 0
    return int((there - home).total_seconds() // 60)


def _by_air(way: RouteOption, wish: _Wish) -> JourneyTimes:
    took = f"about {duration_in_words(way.duration_minutes)} door to door (estimate)"
    lands = wish.arrival(way.duration_minutes)
    if lands > _LATEST_LANDING:
        arrives = _AFTER_A_NIGHT_FLIGHT
        assumed = "an overnight flight that has you in town by noon, so that you leave home at about "
    else:
        arrives = max(lands, _EARLIEST_ARRIVAL)
        assumed = "that you leave home at "
    leaves = wish.departure_text(arrives, way.duration_minutes)
    arrival = f"We assume {assumed}{leaves}; {took}. Check the real timetable."
    must_leave = wish.latest_departure(way.duration_minutes)
    if must_leave < _EARLIEST_FLIGHT_HOME:
        departure = f"We assume an evening departure; {took}, so you may be home the next day or later."
        return JourneyTimes(arrives, _USUAL_DEPARTURE, arrival, departure)
    departure = f"We assume that you want to be home in the evening, your time; {took}."
    return JourneyTimes(arrives, min(_USUAL_DEPARTURE, must_leave), arrival, departure)


def _over_land(way: RouteOption, wish: _Wish) -> JourneyTimes:
    """The duration of long ways over land counts the nights on the road already."""
    took = f"about {duration_in_words(way.duration_minutes)} on the way (estimate)"
    arrives = max(0, wish.arrival(way.duration_minutes))
    nights = way.duration_minutes // _DAY
    on_the_road = f", with {_nights(nights)} on the road" if nights else ""
    sets_out = f"{wish.leaves_home // 60}:00 on {wish.first.day} {wish.first:%B}"
    arrival = f"We assume that you set out at {sets_out}; {took}{on_the_road}."
    must_leave = wish.latest_departure(way.duration_minutes)
    if must_leave < wish.leaves_home:
        departure = f"We assume that you leave in the morning; {took}{on_the_road}, so you are home on a later day."
        return JourneyTimes(arrives, _MORNING_DEPARTURE, arrival, departure)
    departure = f"We assume that you want to be home in the evening; {took}."
    return JourneyTimes(arrives, min(_USUAL_DEPARTURE, must_leave), arrival, departure)


def _is_not_reckoned(way: RouteOption) -> bool:
    return way.mode != "none" and way.duration_minutes == 0


def _nights(count: int) -> str:
    return "one night" if count == 1 else f"{count} nights"

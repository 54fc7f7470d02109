"""The frame of each day before any sight is chosen: when it begins and ends, which meals fit, arrival and departure."""

from dataclasses import dataclass

from app.trips.planner.pace import PaceRules
from app.trips.planner.problem import DAY_MINUTES

# Meals: the window in which they start, and how long they take.
BREAKFAST_MINUTES = 45
LUNCH_FROM, LUNCH_TO, LUNCH_MINUTES = 12 * 60, 14 * 60, 60
DINNER_FROM, DINNER_TO, DINNER_MINUTES = 18 * 60 + 30, 20 * 60 + 30, 90

# Reaching the place where one sleeps and leaving the bags; and taking them up again.
BAGS_MINUTES = 30
# Whoever would arrive later than this counts as arriving on the stroke of midnight.
_LATEST_ARRIVAL = 23 * 60 + 25
_LATEST_DEPARTURE = DAY_MINUTES - 1 - BAGS_MINUTES
_EARLIEST_BREAKFAST = 6 * 60


@dataclass(frozen=True)
class DayFrame:
    """Minutes after midnight. Sights are seen from `starts` to `sights_end`; `breakfast` is its start.

    `evening_end`: until when those may be seen that only open in the evening, such as night markets.

    `arrival`, `departure`: when they start; None on other days. `lunch`, `dinner`: whether the day has room for them.
    """

    starts: int
    sights_end: int
    evening_end: int
    breakfast: int | None
    lunch: bool
    dinner: bool
    arrival: int | None
    departure: int | None

    @property
    def has_time_for_sights(self) -> bool:
        """Whether three hours are left to look around in."""
        return self.sights_end - self.starts >= 180


def day_frames(day_count: int, arrives: int | None, leaves: int | None, rules: PaceRules) -> list[DayFrame | None]:
    """One a day; None for a day that is spent on the way there in full."""
    landing = None if arrives is None else _landing(arrives)
    frames: list[DayFrame | None] = []
    for index in range(day_count):
        landing_today = None if landing is None else landing - index * DAY_MINUTES
        leaves_today = leaves if index == day_count - 1 else None
        is_on_the_way = landing_today is not None and landing_today >= DAY_MINUTES
        frames.append(None if is_on_the_way else _frame(landing_today, leaves_today, rules))
    return frames


def ordinary_day(rules: PaceRules) -> DayFrame:
    """A day without journey."""
    return _frame(None, None, rules)


def _landing(arrives: int) -> int:
    up = -(-arrives // 5) * 5
    day, minute = divmod(up, DAY_MINUTES)
    return up if minute <= _LATEST_ARRIVAL else (day + 1) * DAY_MINUTES


def _frame(landing: int | None, leaves: int | None, rules: PaceRules) -> DayFrame:
    """Both in minutes after this day's midnight; a negative `landing` was on an earlier day."""
    arrival = landing if landing is not None and landing >= 0 else None
    there_from = 0 if arrival is None else arrival + BAGS_MINUTES
    departure = None if leaves is None else _departure(leaves, there_from)
    until = DAY_MINUTES - 1 if departure is None else departure
    starts = max(rules.starts, there_from)
    sights_end = max(starts, min(rules.ends, until))
    return DayFrame(
        starts=starts,
        sights_end=sights_end,
        evening_end=max(sights_end, min(DINNER_TO, until)),
        breakfast=_breakfast(starts, until, there_from),
        lunch=_fits(LUNCH_FROM, LUNCH_TO, LUNCH_MINUTES, starts, until),
        dinner=_fits(DINNER_FROM, DINNER_TO, DINNER_MINUTES, starts, until),
        arrival=arrival,
        departure=departure,
    )


def _departure(leaves: int, there_from: int) -> int:
    """In whole fives, never before one has arrived, and with its bags packed before midnight."""
    return min(max(leaves // 5 * 5, there_from), _LATEST_DEPARTURE // 5 * 5)


def _breakfast(starts: int, until: int, there_from: int) -> int | None:
    begins = min(starts, until) - BREAKFAST_MINUTES
    return begins if begins >= max(_EARLIEST_BREAKFAST, there_from) else None


def _fits(earliest: int, latest: int, minutes: int, starts: int, until: int) -> bool:
    begins = max(earliest, starts)
    return begins <= latest and begins + minutes <= until

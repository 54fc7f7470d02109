"""What a day may hold, in figures: meals and their hours, bags, margins. Planner and checker both go by them."""

from dataclasses import dataclass, replace

from app.trips.problem import DAY_MINUTES, Meal, Wishes
from app.trips.request import Pace

BAGS_MINUTES = 30
"""After arriving in a city the bags go to where one sleeps; before leaving they are taken up there."""

MEAL_MARGIN_MINUTES = 30
"""So many minutes to either side of a meal are for getting there, where a journey comes before or after it."""

DRY_DAY_MARGIN_MINUTES = 120
"""So many minutes after the bags of an arrival, or before those of a departure, a dry day counts as time for a
sight."""

EVENING_OPENS, EVENING_ENDS = 16 * 60, 22 * 60
"""What opens no earlier than this is for the evening, and may last past the end of the pace's day until then."""

LONG_VISIT_MINUTES = 240
"""A visit of so many minutes and more may have lunch on the spot within its time, and goes on after it; the rest after
lunch comes on top."""

NIGHT_FROM = DAY_MINUTES - 15
"""Nobody is out later than this."""


@dataclass(frozen=True)
class MealHours:
    """A meal begins from `earliest` to `latest` and takes `minutes`."""

    earliest: int
    latest: int
    minutes: int


MEAL_HOURS: dict[Meal, MealHours] = {
    "breakfast": MealHours(6 * 60, 10 * 60, 45),
    "lunch": MealHours(12 * 60, 14 * 60, 60),
    "dinner": MealHours(18 * 60, 20 * 60 + 30, 90),
}


@dataclass(frozen=True)
class DayRules:
    """Sights are visited from `starts` to `ends`, at most `most_sights` a day; lunch is followed by a rest. A day has
    more sights only where the traveller has asked for each of them by name."""

    starts: int
    ends: int
    most_sights: int
    rest_minutes: int


PACES: dict[Pace, DayRules] = {
    "relaxed": DayRules(starts=10 * 60, ends=18 * 60, most_sights=3, rest_minutes=45),
    "moderate": DayRules(starts=9 * 60, ends=19 * 60, most_sights=4, rest_minutes=0),
    "fast": DayRules(starts=8 * 60 + 30, ends=20 * 60 + 30, most_sights=6, rest_minutes=0),
}


def day_rules(wishes: Wishes) -> DayRules:
    """The pace's, with the traveller's own hours where they are given."""
    pace = PACES[wishes.pace]
    starts = pace.starts if wishes.day_starts is None else wishes.day_starts
    ends = pace.ends if wishes.day_ends is None else wishes.day_ends
    return replace(pace, starts=starts, ends=max(starts, ends))

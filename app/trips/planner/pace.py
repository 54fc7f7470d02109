"""How full a day is at each pace: one table that the planner, and the budget's count of tickets, read."""

from dataclasses import dataclass

from app.trips.request import Pace


@dataclass(frozen=True)
class PaceRules:
    """Clock times in minutes after midnight. Sights are seen between `starts` and `ends`.

    `least_sights`: a day has so many while the supply lasts; `most_sights`: it never has more. When a trip is long
    for what a city offers, the days in between take an even share. `rest_minutes`: a pause after lunch, 0 for none.
    """

    starts: int
    ends: int
    least_sights: int
    most_sights: int
    rest_minutes: int


# A faster day holds a slower one in full (earlier start, later end, more sights): the planner relies on it.
PACE_RULES: dict[Pace, PaceRules] = {
    "relaxed": PaceRules(starts=10 * 60, ends=18 * 60, least_sights=1, most_sights=3, rest_minutes=45),
    "moderate": PaceRules(starts=9 * 60, ends=19 * 60, least_sights=2, most_sights=4, rest_minutes=0),
    "fast": PaceRules(starts=8 * 60 + 30, ends=20 * 60 + 30, least_sights=3, most_sights=6, rest_minutes=0),
}

PACES_FROM_SLOW: tuple[Pace, ...] = ("relaxed", "moderate", "fast")

# What is usually reached of `most_sights` on a day, for counting tickets before there is a plan.
USUAL_SIGHTS_A_DAY: dict[Pace, int] = {"relaxed": 2, "moderate": 3, "fast": 4}

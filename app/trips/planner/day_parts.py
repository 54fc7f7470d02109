"""What an arrival and a departure leave of a city's days, each by itself: meals, time for sights, sights that fit.

Apart from `route`, which looks at one stretch with both its ends, because tens of thousands of stretches are put
together from the few arrivals and departures that there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from app.trips.planner.appeal import sightseeing_minutes
from app.trips.planner.meal_costs import code_of
from app.trips.planner.musts import Musts
from app.trips.planner.route import Fixed, Move, Part
from app.trips.problem import DAY_MINUTES, MEALS, City, Meal, Trip
from app.trips.rules import BAGS_MINUTES, NIGHT_FROM, DayRules

Of = TypeVar("Of")


@dataclass(frozen=True)
class Arrival:
    """How one comes: None for who is there already. `had_before`: see `Stretch`."""

    move: Move | None
    had_before: frozenset[Meal]

    @property
    def is_overnight(self) -> bool:
        return self.move is not None and self.move.arrives >= DAY_MINUTES

    @property
    def days_on_the_way(self) -> int:
        return 0 if self.move is None else self.move.arrives // DAY_MINUTES


class Facts(NamedTuple):
    """Of a part of a day. `code`: its meals, see `code_of`. `minutes`: for sights, 0 where nobody asked."""

    part: Part | None
    meals: frozenset[Meal]
    code: int
    minutes: int


_NOTHING = Facts(None, frozenset(), 0, 0)


class DayParts:
    """Of one city. `rules` None: minutes do not matter."""

    def __init__(self, trip: Trip, city: City, fixed: Fixed, musts: Musts, rules: DayRules | None) -> None:
        self.dates, self._fixed, self._musts, self._rules = trip.dates, fixed, musts, rules
        self.served = tuple(meal for meal in MEALS if meal in city.meals_served)
        self._known: dict[Part, Facts] = {}
        self.whole = self.of_each_day(self._whole)

    @property
    def days(self) -> range:
        return range(len(self.dates))

    @property
    def are_dated(self) -> bool:
        """Whether one day may be unlike another."""
        return bool(self._fixed or self._musts)

    def of_each_day(self, facts: Callable[[int], Of]) -> list[Of]:
        """Asked once where days are alike."""
        return [facts(day) for day in self.days] if self.are_dated else [facts(0)] * len(self.days)

    def arriving(self, arrival: Arrival, day: int) -> Facts:
        """The rest of the day on which one arrives."""
        if arrival.move is None:
            return self.whole[day]
        begins = arrival.move.arrives % DAY_MINUTES + BAGS_MINUTES
        facts = self._facts(Part(day, begins, NIGHT_FROM, True, False, self._taken(day)))
        if arrival.is_overnight or not arrival.had_before & facts.meals:
            return facts
        meals = facts.meals - arrival.had_before
        return facts._replace(meals=meals, code=code_of(meals))

    def leaving(self, move: Move | None, day: int) -> Facts:
        """What comes before leaving on that day; all of it for who leaves at midnight, or never."""
        if move is None or move.departs >= DAY_MINUTES:
            return self.whole[day]
        return self._facts(Part(day, 0, move.departs - BAGS_MINUTES, False, True, self._taken(day)))

    def between(self, arrival: Arrival, move: Move, day: int) -> Facts:
        """Of a day on which one arrives, from a night on the way, and leaves."""
        begins = (0 if arrival.move is None else arrival.move.arrives % DAY_MINUTES) + BAGS_MINUTES
        is_departure = move.departs < DAY_MINUTES
        ends = move.departs - BAGS_MINUTES if is_departure else NIGHT_FROM
        return self._facts(Part(day, begins, ends, True, is_departure, self._taken(day)))

    def sets_on(self, facts: Facts) -> frozenset[int]:
        """The sets of sights that have to be seen which that part has room for."""
        if facts.part is None:
            return frozenset((0,))
        due = tuple(meal for meal in MEALS if meal in facts.meals)
        return self._musts.sets_on(facts.part, due, self.dates[facts.part.day])

    def _whole(self, day: int) -> Facts:
        return self._facts(Part(day, 0, NIGHT_FROM, False, False, self._taken(day)))

    def _taken(self, day: int) -> tuple[tuple[int, int], ...]:
        return self._fixed.get(day, ())

    def _facts(self, part: Part) -> Facts:
        if part.begins >= part.ends:
            return _NOTHING
        if part not in self._known:
            meals = frozenset(meal for meal in self.served if part.has_room_for(meal))
            minutes = 0 if self._rules is None else sightseeing_minutes(part, self._rules)
            self._known[part] = Facts(part, meals, code_of(meals), minutes)
        return self._known[part]

"""Whether the sights that have to be seen fit into the days of a stretch together, beside the meals that are due.

Exact but for what it leaves out (the ways from and to where one sleeps, and to eateries), so that a "no" is a proof.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.trips.planner.appeal import hours_on
from app.trips.planner.route import Part, Stretch
from app.trips.problem import DAY_MINUTES, City, Meal, Sight, Trip, VisitLock, Wishes
from app.trips.rules import LONG_VISIT_MINUTES, MEAL_HOURS, day_rules
from app.trips.travel_times import spots_of, travel_minutes

_MOST = 8
"""Above so many sights in a city only each by itself is looked at: there are 2^n sets of them."""

Starts = list[tuple[int, int]]

_State = tuple[int, int, int, int]
"""Sights seen, as bits; the last of them, -1 for none yet; meals had; how many of these since that sight."""
_Moment = tuple[int, int]
"""When it was over, and when it had been if nobody had waited since the last sight. Of one state the earlier is so in
both: they grow with the end of that sight."""

_NEVER: _Moment = (DAY_MINUTES + 1, 0)
"""Later than every day ends."""


@dataclass(frozen=True)
class _Meal:
    meal: Meal
    earliest: int
    latest: int
    minutes: int

    def may_be_inside(self, begins: int, visit_minutes: int) -> bool:
        """Lunch may be had in the middle of a long visit."""
        goes_on = begins + visit_minutes >= self.earliest + self.minutes
        return self.meal == "lunch" and visit_minutes >= LONG_VISIT_MINUTES and begins <= self.latest and goes_on


class Musts:
    """The sights of one city that have to be seen, with the locks of those that have one."""

    def __init__(self, trip: Trip, city: City, locks: dict[str, VisitLock | None]) -> None:
        self._locks = locks
        self._sights = [sight for sight in city.attractions if sight.id in locks]
        self._is_ruled_out = any(
            sight.id in trip.wishes.avoid or _is_locked_twice(sight, trip.wishes) for sight in self._sights
        )
        self._rules = day_rules(trip.wishes)
        self._ways = _shortest_ways(trip, city, self._sights) if 1 < len(self._sights) <= _MOST else []
        self._known: dict[tuple[Part, tuple[Meal, ...]], frozenset[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._sights)

    def fit(self, stretch: Stretch) -> bool:
        due = [(part, tuple(meal for found, meal in stretch.meals_due if found is part)) for part in stretch.parts]
        return self.fit_together([self.sets_on(part, meals, stretch.dates[part.day]) for part, meals in due])

    def fit_together(self, possible: Iterable[frozenset[int]]) -> bool:
        """`possible`: the sets of each part."""
        if not self._sights:
            return True
        return not self._is_ruled_out and (1 << len(self._sights)) - 1 in together(possible)

    def sets_on(self, part: Part, meals: tuple[Meal, ...], day: date) -> frozenset[int]:
        """The sets of sights (bits) that fit one part, with the meals that are due in it. `day`: its date."""
        key = (part, meals)
        if key not in self._known:
            self._known[key] = self._sets([self._starts(sight, part, day) for sight in self._sights], part, meals)
        return self._known[key]

    def _sets(self, starts: Sequence[Starts], part: Part, meals: Sequence[Meal]) -> frozenset[int]:
        if len(self._sights) > _MOST:
            return frozenset((sum(1 << index for index, found in enumerate(starts) if found),))
        return frozenset(self._sets_on(starts, [_meal(meal, part) for meal in meals]))

    def _starts(self, sight: Sight, part: Part, day: date) -> Starts:
        lock = self._locks[sight.id]
        if lock is not None and day != lock.day:
            return []
        hours = hours_on(sight, part, day, self._rules)
        if lock is None or lock.starts is None:
            return hours
        return [(lock.starts, lock.starts) for first, last in hours if first <= lock.starts <= last]

    def _sets_on(self, starts: Sequence[Starts], meals: Sequence[_Meal]) -> set[int]:
        """In some order, with the meals in between; each state at the earliest that it can be reached."""
        earliest: dict[_State, _Moment] = {(0, -1, 0, 0): (0, 0)}
        for steps in range(len(starts) + len(meals)):
            now = [state for state in earliest if state[0].bit_count() + state[2] == steps]
            for state in now:
                for following, ends in self._steps(state, earliest[state], starts, meals):
                    if ends < earliest.get(following, _NEVER):
                        earliest[following] = ends
        return {done for done, _, had, _ in earliest if had == len(meals)}

    def _steps(
        self, state: _State, moment: _Moment, starts: Sequence[Starts], meals: Sequence[_Meal]
    ) -> Iterator[tuple[_State, _Moment]]:
        (done, last, had, since), (minute, busy) = state, moment
        if had < len(meals) and minute <= meals[had].latest:
            minutes = meals[had].minutes
            after = (max(minute, meals[had].earliest) + minutes, busy + minutes)
            yield (done, last, had + 1, since + 1), after
        for index, sight in enumerate(self._sights):
            if done >> index & 1:
                continue
            # The way may be gone while one waits for the meals in between.
            arrives = max(minute, busy + (self._ways[last][index] if last >= 0 else 0))
            begins = next((max(first, arrives) for first, until in starts[index] if arrives <= until), None)
            if begins is None:
                continue
            ends = begins + sight.visit_minutes
            yield (done | 1 << index, index, had, 0), (ends, ends)
            if had < len(meals) and meals[had].may_be_inside(begins, sight.visit_minutes):
                yield (done | 1 << index, index, had + 1, 0), (ends, ends)


def together(possible: Iterable[frozenset[int]]) -> frozenset[int]:
    """The sets that several parts have room for in all."""
    reached = {0}
    for sets in possible:
        reached |= {done | more for done in reached for more in sets}
    return frozenset(reached)


def _is_locked_twice(sight: Sight, wishes: Wishes) -> bool:
    """On two days, or at two hours."""
    locks = [lock for lock in wishes.locks if isinstance(lock, VisitLock) and lock.id == sight.id]
    hours = {lock.starts for lock in locks if lock.starts is not None}
    return len({lock.day for lock in locks}) > 1 or len(hours) > 1


def _meal(meal: Meal, part: Part) -> _Meal:
    hours = MEAL_HOURS[meal]
    earliest = max(hours.earliest, part.begins)
    return _Meal(meal, earliest, min(hours.latest, part.ends - hours.minutes), hours.minutes)


def _shortest_ways(trip: Trip, city: City, sights: Sequence[Sight]) -> list[list[int]]:
    """Over detours too, with what is seen on them: the straight way need not be the shortest, neither by a table nor by
    the estimate (who walks up to four kilometres may be quicker by bus to a place beyond)."""
    spots = spots_of(city)
    ids = [sight.id for sight in sights]
    longest = max(travel_minutes(trip, spots, start, end) for start in ids for end in ids)
    seen_minutes = {sight.id: sight.visit_minutes for sight in city.attractions}
    no_stops = {*ids, *(eatery.id for eatery in city.eateries if eatery.is_generic)}
    stops = [*ids, *(found for found in spots if found not in no_stops and seen_minutes.get(found, 0) < longest)]
    ways = np.array([[travel_minutes(trip, spots, start, end) for end in stops] for start in stops])
    for index, via in enumerate(stops):
        ways = np.minimum(ways, ways[:, [index]] + seen_minutes.get(via, 0) + ways[[index], :])
    shortest: list[list[int]] = ways[: len(ids), : len(ids)].tolist()
    return shortest

"""The search for the best route by one way of getting about: what is the least that the rest of a trip costs?

Dynamic programming over what is left of the trip, in two steps. From an arrival in a city (on a day, with some cities
behind one) the days there are chosen, all first days, lengths and departures at once; from a departure, the next city
and the leg. Both are arrays, filled from the trip's end to its beginning. Then the route is read off from its beginning
on, in a fixed order of what might come next, so of routes that cost the same it is always the same one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from app.trips.planner.day_parts import Arrival
from app.trips.planner.legs import MoveTable
from app.trips.planner.meal_prices import NEVER, Numbers
from app.trips.planner.route import Move, Stretch
from app.trips.planner.stretch_costs import Choice, StretchCosts
from app.trips.planner.stretch_lines import Lines
from app.trips.planner.stretch_tables import Hops, Reckoned
from app.trips.problem import Trip

_AT_ONCE = 1 << 15
"""So many numbers are added at a time: more are no faster and do not fit a processor's cache."""

_MOST_WORTH = 1 << 56
"""Far above all sums of money, and so many cities' worth is still far from `NEVER`."""


@dataclass(frozen=True)
class Weight:
    """What sights count for: `money` of the party for `points` of them."""

    money: int
    points: int


NO_WEIGHT = Weight(0, 1)


class Step(NamedTuple):
    """One stretch of the best route, with what was chosen for it. `leg_cost`: of the legs in it, the way here from home
    among them."""

    stretch: Stretch
    choice: Choice
    points: int
    leg_cost: int


class _Stretches(NamedTuple):
    """Of one city, for the arrivals that occur: [first day, arrival, days less one, departure]; home: [first day,
    arrival, way home]. By bits of needs."""

    onward: dict[int, Numbers]
    homeward: dict[int, Numbers]


class _Here(NamedTuple):
    """Where the route stands. `needs`: those that meals from here on have to meet."""

    visited: int
    city: int
    first_day: int
    arrival: Arrival
    needs: int


class RouteSearch:
    """One way of getting about (`moves`) and one weight."""

    def __init__(self, trip: Trip, costs: StretchCosts, moves: MoveTable, reckoned: Reckoned, weight: Weight) -> None:
        self._trip, self._costs, self._moves, self._reckoned, self._weight = trip, costs, moves, reckoned, weight
        with_points, count = weight.money > 0, range(len(trip.cities))
        self._tables = [reckoned.table(trip, costs, index, with_points=with_points) for index in count]
        self._size = trip.party.size
        self._everyone = (1 << len(trip.cities)) - 1
        self._successors = dict(moves.must_follow)
        self._predecessors = {end: start for start, end in moves.must_follow}
        self._starts = list(self._found_starts())
        self._hops = dict(self._found_hops())
        self._stretches = [self._found_stretches(index) for index in range(len(trip.cities))]
        self._needs = self._needs_that_may_be_left()
        self._at_least = [_at_least(found.onward, self._needs) for found in self._stretches]
        self._rests: dict[tuple[int, int], Numbers] = {}

    @cached_property
    def least(self) -> int | None:
        """What the best route costs, less what its sights are worth; None where there is no route."""
        self._fill()
        sums = [self._from_start(here, leg_cost) for here, leg_cost in self._starts]
        least = min(sums, default=NEVER)
        return None if least >= NEVER else least

    def steps(self) -> Iterator[Step]:
        """Of the best route, from first to last; there has to be one."""
        start, leg_cost = next(start for start in self._starts if self._from_start(*start) == self.least)
        here: _Here | None = start
        while here is not None:
            step, here = self._step(here)
            yield step._replace(leg_cost=step.leg_cost + leg_cost)
            leg_cost = 0

    # ---- what there is

    def _found_starts(self) -> Iterator[tuple[_Here, int]]:
        """In order, with the cost of the way there."""
        wanted = self._costs.meals.everything
        for index, city in enumerate(self._trip.cities[:1] if self._trip.keep_order else self._trip.cities):
            if self._trip.origin is None:
                ways: list[Move | None] = [] if city.id in self._predecessors else [None]
            else:
                may_go = self._may_follow(self._trip.origin, city.id)
                ways = [*self._moves.moves(self._trip.origin, city.id, 0)] if may_go else []
            for move in ways:
                arrival = Arrival(move, frozenset())
                self._tables[index].number(arrival)
                yield _Here(1 << index, index, 0, arrival, wanted), self._cost(move)

    def _found_hops(self) -> Iterator[tuple[tuple[int, int], Hops]]:
        cities = range(len(self._trip.cities))
        for start in cities:
            for end in [start + 1] if self._trip.keep_order else cities:
                is_way = start != end and end in cities
                if is_way and self._may_follow(self._trip.cities[start].id, self._trip.cities[end].id):
                    yield (start, end), self._hops_between(start, end)

    def _hops_between(self, start: int, end: int) -> Hops:
        ids = self._trip.cities[start].id, self._trip.cities[end].id
        moves = [self._moves.moves(*ids, day) if day else [] for day in range(self._trip.day_count)]
        return self._reckoned.hops_between(self._tables[start], self._tables[end], moves)

    def _found_stretches(self, index: int) -> _Stretches:
        table = self._tables[index]
        onward: dict[int, Numbers] = {}
        if len(self._trip.cities) > 1:
            onward = self._at_their_worth(table.all_onward())
        homeward = self._at_their_worth(table.all_homeward())
        return _Stretches(onward, {bits: costs[:, :, 0] for bits, costs in homeward.items()})

    def _at_their_worth(self, lines: Lines) -> dict[int, Numbers]:
        """With what the sights are worth taken off."""
        if lines.points is None or not self._weight.money:
            return lines.costs
        found, place = np.unique(lines.points, return_inverse=True)
        worths = np.array([self._worth(points) for points in found.tolist()], dtype=np.int64)
        worth = worths[place].reshape(lines.points.shape)
        return {bits: np.where(costs < NEVER, costs - worth, NEVER) for bits, costs in lines.costs.items()}

    def _worth(self, points: int) -> int:
        """In money; whoever prices sights so high as to leave the range of numbers gets no more for it."""
        return min(_MOST_WORTH, points * self._weight.money // self._weight.points)

    def _needs_that_may_be_left(self) -> dict[int, int]:
        """Numbered."""
        found = {self._costs.meals.everything: 0}
        met = {bits for stretches in self._stretches for bits in (*stretches.onward, *stretches.homeward)}
        waiting = list(found)
        for needs in waiting:
            for bits in met:
                if needs & ~bits not in found:
                    found[needs & ~bits] = len(found)
                    waiting.append(needs & ~bits)
        return found

    def _may_follow(self, start: str, end: str) -> bool:
        """Booked legs say which city comes after which."""
        return self._successors.get(start, end) == end and self._predecessors.get(end, start) == start

    def _cost(self, move: Move | None) -> int:
        return 0 if move is None else move.leg.cost_for(self._size)

    # ---- the least that is left

    def _fill(self) -> None:
        for visited in sorted(range(1, self._everyone + 1), key=int.bit_count, reverse=True):
            if self._trip.keep_order and visited & (visited + 1):
                continue
            for index in [visited.bit_length() - 1] if self._trip.keep_order else range(len(self._trip.cities)):
                if visited >> index & 1:
                    self._rests[visited, index] = self._rest(visited, index)

    def _rest(self, visited: int, index: int) -> Numbers:
        """[first day, arrival, needs]"""
        if visited == self._everyone:
            return self._last(index)
        return self._not_last(index, self._leaving(visited, index))

    def _last(self, index: int) -> Numbers:
        home = self._ways_home(index)
        days = self._trip.day_count
        rest = np.full((days, len(self._tables[index].arrivals), len(self._needs)), NEVER, dtype=np.int64)
        for bits, costs in self._stretches[index].homeward.items():
            least = np.minimum(NEVER, costs + home).min(axis=2, initial=NEVER)
            for needs, number in self._needs.items():
                if not needs & ~bits:
                    np.minimum(rest[:, :, number], least, out=rest[:, :, number])
        given = self._trip.cities[index].days
        if given is not None:
            rest[np.arange(days) != days - given] = NEVER
        return rest

    def _ways_home(self, index: int) -> Numbers:
        """What each costs."""
        table, city = self._tables[index], self._trip.cities[index]
        costs = np.full(table.home_count, NEVER, dtype=np.int64)
        for move in self._moves_home(city.id):
            column = table.home_column(move)
            costs[column] = min(costs[column], self._cost(move))
        return costs

    def _moves_home(self, city_id: str) -> list[Move | None]:
        if self._trip.origin is None:
            return [] if city_id in self._successors else [None]
        if not self._may_follow(city_id, self._trip.origin):
            return []
        return [*self._moves.moves(city_id, self._trip.origin, self._trip.day_count - 1)]

    def _leaving(self, visited: int, index: int) -> Numbers:
        """[needs, day, departure]"""
        shape = (len(self._needs), self._trip.day_count, len(self._tables[index].departures))
        rest = np.full(shape, NEVER, dtype=np.int64)
        days = np.arange(self._trip.day_count)[:, None, None]
        for end in range(len(self._trip.cities)):
            there = self._rests.get((visited | 1 << end, end)) if not visited >> end & 1 else None
            hops = self._hops.get((index, end))
            if there is None or hops is None:
                continue
            for number in range(len(self._needs)):
                sums = there[days, hops.arrivals, number] + hops.costs
                np.minimum(rest[number], sums.min(axis=2, initial=NEVER), out=rest[number])
        return rest

    def _not_last(self, index: int, leaving: Numbers) -> Numbers:
        days, arrivals = self._trip.day_count, len(self._tables[index].arrivals)
        rest = np.full((days, arrivals, len(self._needs)), NEVER, dtype=np.int64)
        given = self._trip.cities[index].days
        lengths = np.arange(1, self._costs.longest + 1) if given is None else np.array([given])
        # Beyond the last day nothing is left that can be done.
        padded = np.concatenate((leaving, np.full_like(leaving, NEVER)), axis=1)
        after = padded[:, np.arange(days)[:, None] + lengths].reshape(len(self._needs), days, 1, -1)
        for met, costs in self._at_least[index].items():
            flat = costs[:, :, lengths - 1].reshape(*costs.shape[:2], -1)
            for needs, number in self._needs.items():
                left = None if met & ~needs else self._needs.get(needs & ~met)
                if left is not None:
                    least = _least_sums(flat, after[left])
                    np.minimum(rest[:, :, number], least, out=rest[:, :, number])
        return rest

    def _from_start(self, here: _Here, leg_cost: int) -> int:
        return self._least_from(here) + leg_cost

    def _least_from(self, here: _Here) -> int:
        rest = self._rests.get((here.visited, here.city))
        if rest is None:
            return NEVER
        return int(rest[here.first_day, self._tables[here.city].number(here.arrival), self._needs[here.needs]])

    # ---- the route

    def _step(self, here: _Here) -> tuple[Step, _Here | None]:
        """The first of all ways on that cost the least."""
        least = self._least_from(here)
        for move, until, index in self._ways_on(here):
            if not self._costs_the_least(here, move, until, index):
                continue
            stretch = self._stretch(here, move, until)
            prices, guess = self._costs.priced(here.city, stretch)
            more = self._cost(move) - self._worth(guess)
            left = {bits: self._rest_after(here, move, until, index, stretch, bits) for bits in prices}
            best = {bits for bits, price in prices.items() if price + more + left[bits][0] == least}
            if best:
                choices = self._costs.choices_of(here.city, stretch)
                bits = next(found for found in choices if found in best)
                return Step(stretch, choices[bits], guess, self._cost(move)), left[bits][1]
        raise AssertionError("the least that is left is what some way on costs")

    def _costs_the_least(self, here: _Here, move: Move | None, until: int, index: int | None) -> bool:
        """As the arrays have it, which know it sooner than a look at the stretch itself."""
        table, found = self._tables[here.city], self._stretches[here.city]
        number, least = table.number(here.arrival), self._least_from(here) - self._cost(move)
        if index is None:
            column = table.home_column(move)
            lasts = (costs for bits, costs in found.homeward.items() if not here.needs & ~bits)
            return any(costs[here.first_day, number, column] == least for costs in lasts)
        for bits, costs in found.onward.items():
            of_length = costs[here.first_day if len(costs) > 1 else 0, number, until - here.first_day - 1]
            for column in table.columns(move) if move is not None else ():
                arrival = Arrival(move, table.departures[column].meals or frozenset())
                there = _Here(here.visited | 1 << index, index, until, arrival, here.needs & ~bits)
                if of_length[column] + self._least_from(there) == least:
                    return True
        return False

    def _rest_after(
        self, here: _Here, move: Move | None, until: int, index: int | None, stretch: Stretch, bits: int
    ) -> tuple[int, _Here | None]:
        """What is left after a stretch whose meals meet these needs, and where that is."""
        left = here.needs & ~bits
        if index is None:
            return NEVER if left else 0, None
        there = _Here(here.visited | 1 << index, index, until, Arrival(move, stretch.meals_on_leaving), left)
        return self._least_from(there), there

    def _stretch(self, here: _Here, move: Move | None, until: int) -> Stretch:
        city, fixed, inward = self._trip.cities[here.city], self._costs.fixed[here.city], here.arrival.move
        days = until - here.first_day
        return Stretch(city, here.arrival.had_before, here.first_day, days, inward, move, self._trip.dates, fixed)

    def _ways_on(self, here: _Here) -> Iterator[tuple[Move | None, int, int | None]]:
        """By which move, on which day, to which city; None at the end."""
        days, city = self._trip.day_count, self._trip.cities[here.city]
        if here.visited == self._everyone:
            if city.days in (None, days - here.first_day):
                yield from ((move, days, None) for move in self._moves_home(city.id))
            return
        latest = days - (self._everyone & ~here.visited).bit_count()
        lengths = range(1, days) if city.days is None else [city.days]
        for index, other in enumerate(self._trip.cities):
            if here.visited >> index & 1 or (here.city, index) not in self._hops:
                continue
            for until in (here.first_day + length for length in lengths):
                if until <= latest:
                    yield from ((move, until, index) for move in self._moves.moves(city.id, other.id, until))


def _least_sums(costs: Numbers, after: Numbers) -> Numbers:
    """[first day, arrival]: the least of a stretch and what is left after it. `costs`: [first day or one for all,
    arrival, end]. `after`: [first day, 1, end]."""
    days, (first_days, arrivals, ends) = len(after), costs.shape
    least = np.empty((days, arrivals), dtype=np.int64)
    step = max(1, _AT_ONCE // max(1, arrivals * ends))
    for day in range(0, days, step):
        some = costs if first_days == 1 else costs[day : day + step]
        least[day : day + step] = (some + after[day : day + step]).min(axis=2, initial=NEVER)
    return least


def _at_least(costs: dict[int, Numbers], needs: Iterable[int]) -> dict[int, Numbers]:
    """By needs that are met for certain: what meets more of them will do."""
    asked = dict.fromkeys(bits & left for left in needs for bits in costs)
    return {few: np.minimum.reduce([of_bits for bits, of_bits in costs.items() if not few & ~bits]) for few in asked}

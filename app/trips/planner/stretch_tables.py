"""The stretches of one city for choosing a route: which arrivals and departures are alike, and what is between them.

Apart from `stretch_costs`, which looks at one stretch, because a route is chosen from tens of thousands: here they are
reckoned at once, and kept for the same trip with other wishes. A test holds that both say the same of every stretch.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from app.trips.orienteering import Solution
from app.trips.planner.day_parts import Arrival, DayParts
from app.trips.planner.legs import Timetables
from app.trips.planner.meal_costs import Tables
from app.trips.planner.meal_prices import NEVER, Numbers
from app.trips.planner.route import Move, move_by
from app.trips.planner.stretch_costs import KnownMusts, StretchCosts
from app.trips.planner.stretch_lines import Departure, Departures, LineReckoner, Lines
from app.trips.problem import DAY_MINUTES, Meal, Trip
from app.trips.rules import BAGS_MINUTES

_NEAR_MIDNIGHT_MINUTES = 2 * BAGS_MINUTES
"""Who comes or goes this near to midnight may have no time for the bags, though it is another day."""


class StretchTable:
    """Of one city. `with_points`: else stretches that differ only in those are taken for one."""

    def __init__(self, trip: Trip, costs: StretchCosts, index: int, *, with_points: bool) -> None:
        self._trip = trip
        city = trip.cities[index]
        rules = costs.rules if with_points else None
        self._parts = DayParts(trip, city, costs.fixed[index], costs.musts[index], rules)
        self._reckoner = LineReckoner(costs, index, city, self._parts, with_points=with_points)
        self._longest, self.size = costs.longest, costs.size
        self.has_first_days = costs.is_bound_to_dates(index)
        into = [move_by(leg, 0, False) for leg in trip.legs if leg.destination == city.id]
        self._overnight = [found for move in into if (found := Arrival(move, frozenset())).is_overnight]
        self.arrivals: list[Arrival] = []
        self._numbers: dict[Hashable, int] = {}
        self._arrival_keys: dict[tuple[int, frozenset[Meal]], Hashable] = {}
        self._columns: dict[Hashable, list[int]] = {}
        self._columns_at: dict[int, list[int]] = {}
        self.departures: list[Departure] = []
        for leg in trip.legs:
            if leg.origin == city.id and leg.destination != trip.origin:
                self._add_columns(move_by(leg, 0, False))
        home = _ways_home(trip, city.id)
        self._home_columns = {_hour(move): column for column, move in enumerate(home)}
        self._onward = Departures(self._parts, self.departures, is_end=False)
        self._homeward = Departures(self._parts, [Departure(move, None) for move in home], is_end=True)
        self._known: dict[tuple[Hashable, bool], Lines] = {}
        self._stacks: dict[tuple[int, bool], Lines] = {}

    def number(self, arrival: Arrival) -> int:
        """Of the arrival among `arrivals`, which holds one of those that are alike."""
        key = self.arrival_key(arrival)
        if key not in self._numbers:
            self._numbers[key] = len(self.arrivals)
            self.arrivals.append(arrival)
        return self._numbers[key]

    def arrival_key(self, arrival: Arrival) -> Hashable:
        """The same for arrivals after which all is alike."""
        if arrival.move is None:
            return None
        at = (arrival.move.arrives, arrival.had_before)
        if at not in self._arrival_keys:
            self._arrival_keys[at] = self._arrival_key(arrival, arrival.move)
        return self._arrival_keys[at]

    def _arrival_key(self, arrival: Arrival, move: Move) -> Hashable:
        if arrival.is_overnight:
            return move.arrives
        if self._parts.are_dated or move.arrives >= DAY_MINUTES - _NEAR_MIDNIGHT_MINUTES:
            return move.arrives, arrival.had_before.intersection(self._parts.served)
        facts = self._parts.arriving(arrival, 0)
        return facts.part is None, facts.code, facts.minutes, tuple(self._only_days(arrival))

    def _only_days(self, arrival: Arrival) -> Iterator[Hashable]:
        """What is left where one goes home on the day of the arrival, by each way home."""
        for departure in self._homeward.found:
            if departure.move is not None and arrival.move is not None:
                facts = self._parts.between(arrival, departure.move, 0)
                is_possible = arrival.move.arrives + 2 * BAGS_MINUTES <= departure.move.departs
                yield is_possible and (facts.part is None, facts.meals - arrival.had_before, facts.minutes)

    def columns(self, move: Move) -> Sequence[int]:
        """The numbers of the departures that this move to another city may be."""
        return self._columns_at[move.departs]

    @property
    def home_count(self) -> int:
        return len(self._homeward.found)

    def home_column(self, move: Move | None) -> int:
        return self._home_columns[_hour(move)]

    def onward(self, arrival: Arrival) -> Lines:
        """Stretches that a move to another city ends."""
        days = np.arange(self._trip.day_count if self.has_first_days else 1, dtype=np.int64)[:, None]
        leaving = days + np.arange(1, self._longest + 1, dtype=np.int64)
        return self._lines(arrival, days, leaving, self._onward)

    def homeward(self, arrival: Arrival) -> Lines:
        """Stretches that the trip ends with, in place of the number of days always the last one: [first day, 0, way
        home]."""
        days = np.arange(self._trip.day_count, dtype=np.int64)[:, None]
        return self._lines(arrival, days, np.full_like(days, self._trip.day_count - 1), self._homeward)

    def all_onward(self) -> Lines:
        """Of all `arrivals`: [first day, arrival, days less one, departure]."""
        return self._stacked(self.onward, self._onward)

    def all_homeward(self) -> Lines:
        return self._stacked(self.homeward, self._homeward)

    def _stacked(self, lines_of: Callable[[Arrival], Lines], out: Departures) -> Lines:
        key = (len(self.arrivals), out.is_end)
        if key not in self._stacks:
            self._stacks[key] = _stack([lines_of(arrival) for arrival in self.arrivals])
        return self._stacks[key]

    def _lines(self, arrival: Arrival, first: Numbers, leaving: Numbers, out: Departures) -> Lines:
        key = (self.arrival_key(arrival), out.is_end)
        if key not in self._known:
            self._known[key] = self._reckoner.lines(arrival, first, leaving, out)
        return self._known[key]

    def _departure_key(self, move: Move) -> Hashable:
        is_near_midnight = not _NEAR_MIDNIGHT_MINUTES <= move.departs < DAY_MINUTES
        if self._parts.are_dated or self._overnight or is_near_midnight:
            return move.departs
        facts = self._parts.leaving(move, 0)
        return facts.part is None, facts.code, facts.minutes

    def _add_columns(self, move: Move) -> None:
        key = self._departure_key(move)
        if key not in self._columns:
            meals = self._meals_on_leaving(move)
            first = len(self.departures)
            self.departures += [Departure(move, found) for found in meals]
            self._columns[key] = list(range(first, len(self.departures)))
        self._columns_at[move.departs] = self._columns[key]

    def _meals_on_leaving(self, move: Move) -> list[frozenset[Meal]]:
        """Whatever they may be."""
        parts = self._parts
        facts = parts.of_each_day(lambda day: parts.leaving(move, day))
        for arrival in self._overnight:
            facts = [*facts, *parts.of_each_day(partial(parts.between, arrival, move))]
        return list(dict.fromkeys(found.meals for found in facts))


def _stack(lines: Sequence[Lines]) -> Lines:
    costs: dict[int, Numbers] = {}
    for bits in dict.fromkeys(bits for line in lines for bits in line.costs):
        never = next(np.full_like(line.costs[bits], NEVER) for line in lines if bits in line.costs)
        costs[bits] = np.stack([line.costs.get(bits, never) for line in lines], axis=1)
    points = [line.points for line in lines if line.points is not None]
    return Lines(costs, np.stack(points, axis=1) if points else None)


def _ways_home(trip: Trip, city_id: str) -> list[Move | None]:
    if trip.origin is None:
        return [None]
    legs = [leg for leg in trip.legs if leg.origin == city_id and leg.destination == trip.origin]
    return [move_by(leg, 0, True) for leg in legs]


def _hour(move: Move | None) -> int | None:
    return None if move is None else move.departs


class Hops(NamedTuple):
    """From one city to another: [day, departure, leg]. `arrivals`: the number of the arrival there."""

    arrivals: Numbers
    costs: Numbers


def _hops(start: StretchTable, end: StretchTable, moves: Sequence[Sequence[Move]]) -> Hops:
    ways: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for day, of_day in enumerate(moves):
        for move in of_day:
            for column in start.columns(move):
                arrival = Arrival(move, start.departures[column].meals or frozenset())
                ways.setdefault((day, column), []).append((end.number(arrival), move.leg.cost_for(start.size)))
    most = max(map(len, ways.values()), default=0)
    arrivals = np.zeros((len(moves), len(start.departures), most), dtype=np.int64)
    costs = np.full(arrivals.shape, NEVER, dtype=np.int64)
    for (day, column), found in ways.items():
        for place, (number, cost) in enumerate(found):
            arrivals[day, column, place], costs[day, column, place] = number, cost
    return Hops(arrivals, costs)


@dataclass
class Reckoned:
    """What was reckoned for a trip and holds for it with other wishes too, of which each changes little. Nothing is
    decided here: without it every answer is the same, and later."""

    meals: Tables = field(default_factory=Tables)
    musts: KnownMusts = field(default_factory=dict)
    timetables: Timetables = field(default_factory=dict)
    stretches: dict[Hashable, StretchTable] = field(default_factory=dict)
    hops: dict[Hashable, Hops] = field(default_factory=dict)
    days: dict[Hashable, Solution] = field(default_factory=dict)

    def table(self, trip: Trip, costs: StretchCosts, index: int, *, with_points: bool) -> StretchTable:
        key = (costs.wishes_for(index), trip.day_count, with_points)
        if key not in self.stretches:
            self.stretches[key] = StretchTable(trip, costs, index, with_points=with_points)
        return self.stretches[key]

    def hops_between(self, start: StretchTable, end: StretchTable, moves: Sequence[Sequence[Move]]) -> Hops:
        """`moves`: of each day."""
        key = (start, end, tuple(tuple(move.leg.id for move in of_day) for of_day in moves))
        if key not in self.hops:
            self.hops[key] = _hops(start, end, moves)
        return self.hops[key]

"""The best route for a trip: order of cities, days in each, legs, stays and meals, weighed against each other at once.

Dynamic programming over what is left of the trip, so with no weight on sights it finds the least cost there is: that is
the proof that a budget cannot be kept. Sights count only by a guess here; which ones, and when, is settled afterwards.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.trips.planner.legs import MoveTable
from app.trips.planner.meal_costs import MealCosts, Menu, Tables
from app.trips.planner.route import Move, Route, Stretch
from app.trips.planner.stretch_costs import Choice, StretchCosts, Weighed
from app.trips.problem import City, Meal, Stay, Trip


@dataclass(frozen=True)
class Weight:
    """What sights count for: `money` of the party for `points` of them."""

    money: int
    points: int


NO_WEIGHT = Weight(0, 1)


@dataclass(frozen=True)
class Leaf:
    """One stretch with what was chosen for it. `stay` None: no night is paid for. Costs are the party's."""

    stretch: Stretch
    stay: Stay | None
    menu: Menu


@dataclass(frozen=True)
class Chosen:
    """`cost`: of legs, stays, meals, and of the sights that have to be seen. `points`: a guess."""

    leaves: tuple[Leaf, ...]
    cost: int
    points: int

    @property
    def route(self) -> Route:
        return Route(tuple(leaf.stretch for leaf in self.leaves))


class _Rest(NamedTuple):
    """The best of what is left of the trip from some point on; `below` is the rest after the first stretch."""

    objective: int
    cost: int
    stretch: Stretch
    choice: Choice
    below: "_Rest | None"


@dataclass(frozen=True)
class _Here:
    """Where a route stands: in a city, with those in `visited` (bits) behind it. `had_before`: see `Stretch`."""

    visited: int
    city: int
    first_day: int
    inward: Move | None
    had_before: frozenset[Meal]


class _Way(NamedTuple):
    """One way on: the stretch that ends with it, and where it leads; None at the end."""

    stretch: Stretch
    weighed: Weighed
    leg_cost: int
    there: "_Here | None"


class Router:
    """Routes of one trip. `tables`: what eateries cost, to share that among trips with the same. `barred`: eateries,
    stays and legs to do without, for whoever looks for another route.
    """

    def __init__(self, trip: Trip, tables: Tables | None = None, barred: frozenset[str] = frozenset()) -> None:
        self._trip = trip
        self._costs = StretchCosts(trip, tables, barred)

    @property
    def meals(self) -> MealCosts:
        return self._costs.meals

    def best(self, weight: Weight = NO_WEIGHT) -> Chosen | None:
        """The route with the least cost, less what its sights are worth; None where there is no route at all."""
        found = [
            chosen
            for by_car in (False, True)
            if (table := MoveTable(self._trip, by_car, self._costs.barred)).has_all_locked
            and (chosen := _Search(self._costs, self._trip, table, weight).best()) is not None
        ]
        return min(found, key=lambda chosen: chosen[0], default=(0, None))[1]


_Key = tuple[int, int, int, tuple[str, int] | None, frozenset[Meal]]


class _Search:
    """One way of getting about and one weight."""

    def __init__(self, costs: StretchCosts, trip: Trip, table: MoveTable, weight: Weight) -> None:
        self._costs = costs
        self._trip = trip
        self._table = table
        self._weight = weight
        self._everyone = (1 << len(trip.cities)) - 1
        self._index = {city.id: index for index, city in enumerate(trip.cities)}
        self._successors = dict(table.must_follow)
        self._predecessors = {end: start for start, end in table.must_follow}
        self._known: dict[_Key, dict[int, _Rest]] = {}

    def best(self) -> tuple[int, Chosen] | None:
        wanted = self._costs.meals.everything
        found: list[_Rest] = []
        for start, leg_cost in self._starts():
            rest = self._rest(start).get(wanted)
            if rest is not None:
                found.append(rest._replace(objective=rest.objective + leg_cost, cost=rest.cost + leg_cost))
        best = min(found, key=lambda rest: rest.objective, default=None)
        if best is None:
            return None
        guess = sum(self._costs.weighed(self._index[rest.stretch.city.id], rest.stretch).points for rest in _all(best))
        leaves = tuple(Leaf(rest.stretch, rest.choice.stay, rest.choice.menu) for rest in _all(best))
        return best.objective, Chosen(leaves, best.cost + self._costs.tickets, guess)

    def _starts(self) -> Iterator[tuple[_Here, int]]:
        for index, city in enumerate(self._trip.cities[:1] if self._trip.keep_order else self._trip.cities):
            if self._trip.origin is None and city.id in self._predecessors:
                continue
            if self._trip.origin is None:
                yield _Here(1 << index, index, 0, None, frozenset()), 0
            elif self._may_follow(self._trip.origin, city.id):
                for move in self._table.moves(self._trip.origin, city.id, 0):
                    yield _Here(1 << index, index, 0, move, frozenset()), move.leg.cost_for(self._trip.party.size)

    def _rest(self, here: _Here) -> dict[int, _Rest]:
        """The best end of the trip by the needs that its meals meet, those that others meet as well aside."""
        inward = None if here.inward is None else (here.inward.leg.id, here.inward.day)
        key = (here.visited, here.city, here.first_day, inward, here.had_before)
        if key not in self._known:
            self._known[key] = {}
            for way in self._ways(here):
                self._weigh(self._known[key], way)
        return self._known[key]

    def _weigh(self, found: dict[int, _Rest], way: _Way) -> None:
        worth = way.weighed.points * self._weight.money // self._weight.points
        tails: dict[int, _Rest | None] = {0: None} if way.there is None else dict(self._rest(way.there))
        for bits, choice in way.weighed.choices.items():
            for tail_bits, tail in tails.items():
                objective = choice.cost + way.leg_cost - worth + (tail.objective if tail else 0)
                known = found.get(bits | tail_bits)
                if known is None or objective < known.objective:
                    cost = choice.cost + way.leg_cost + (tail.cost if tail else 0)
                    found[bits | tail_bits] = _Rest(objective, cost, way.stretch, choice, tail)

    def _ways(self, here: _Here) -> Iterator[_Way]:
        """Every way on: home at the end, or to each city that is left on each day on which one may go there."""
        city = self._trip.cities[here.city]
        if here.visited == self._everyone:
            if city.days in (None, self._trip.day_count - here.first_day):
                yield from self._ways_home(here, city)
            return
        for index in self._next_cities(here):
            other = self._trip.cities[index]
            if not self._may_follow(city.id, other.id):
                continue
            for day in self._days_to_move(here, city):
                for move in self._table.moves(city.id, other.id, day):
                    yield from self._way(here, move, day, index)

    def _way(self, here: _Here, move: Move | None, until: int, index: int | None) -> Iterator[_Way]:
        """`index`: of the next city, None for home. Nothing where the stretch cannot be done."""
        city, fixed = self._trip.cities[here.city], self._costs.fixed[here.city]
        days = until - here.first_day
        stretch = Stretch(city, here.had_before, here.first_day, days, here.inward, move, self._trip.dates, fixed)
        weighed = self._costs.weighed(here.city, stretch)
        if not weighed.choices:
            return
        cost = 0 if move is None else move.leg.cost_for(self._trip.party.size)
        there = None
        if index is not None:
            there = _Here(here.visited | 1 << index, index, until, move, weighed.meals_on_leaving)
        yield _Way(stretch, weighed, cost, there)

    def _ways_home(self, here: _Here, city: City) -> Iterator[_Way]:
        until = self._trip.day_count
        if self._trip.origin is None:
            if city.id not in self._successors:
                yield from self._way(here, None, until, None)
        elif self._may_follow(city.id, self._trip.origin):
            for move in self._table.moves(city.id, self._trip.origin, until - 1):
                yield from self._way(here, move, until, None)

    def _next_cities(self, here: _Here) -> Sequence[int]:
        if self._trip.keep_order:
            return (here.city + 1,)
        return [index for index in range(len(self._trip.cities)) if not here.visited >> index & 1]

    def _days_to_move(self, here: _Here, city: City) -> Sequence[int]:
        """On which days one may go on, so that every city that is left has a day."""
        latest = self._trip.day_count - (self._everyone & ~here.visited).bit_count()
        if city.days is not None:
            return [day for day in (here.first_day + city.days,) if day <= latest]
        return range(here.first_day + 1, latest + 1)

    def _may_follow(self, start: str, end: str) -> bool:
        """Booked legs say which city comes after which."""
        return self._successors.get(start, end) == end and self._predecessors.get(end, start) == start


def _all(rest: _Rest | None) -> Iterator[_Rest]:
    """It and everything below."""
    while rest is not None:
        yield rest
        rest = rest.below

"""Why a trip cannot be had: the smallest set of wishes that rule each other out, and what to change at the least cost.

Every answer is an exact search's: a set of wishes conflicts where the trip with these wishes alone has no route within
the budget, or has sights that cannot be seen together in its days.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from app.trips.plan import Infeasible, WayOut, Wish
from app.trips.planner.demands import Demand, amount_text, demands_of, with_wishes
from app.trips.planner.routing import KnownRoutes, Router
from app.trips.planner.stretch_tables import Reckoned
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import Trip
from app.trips.request import MAX_TRIP_DAYS

_MOST_DAYS_OFF = 3
"""Days by which a trip may be cut or prolonged as a way out."""

_STEPS_UP, _STEP = 6, 200
"""A way out is confirmed at its least cost, else a two-hundredth above it, then four, nine … of them."""


_CUT_SHORT = "Time ran out before all smaller conflicts and all ways out were looked at."

CanBePlanned = Callable[[Trip, Reckoned, KnownRoutes, TimeLimit], bool]


def explain(trip: Trip, reckoned: Reckoned, limit: TimeLimit, can_be_planned: CanBePlanned) -> Infeasible:
    """For a trip that has no route within its wishes. `limit`: past it the conflict is told as small as it is known
    then, with the ways out that are known, and the text says so. `can_be_planned`: asked before a way out is told,
    since a route alone is not yet a plan."""
    return _Explainer(trip, reckoned, limit, can_be_planned).infeasible()


Kept = frozenset[int]
"""Wishes by their number."""


class _Explainer:
    """Asks the same question of the trip with some of its wishes only; no set of them is asked about twice."""

    def __init__(self, trip: Trip, reckoned: Reckoned, limit: TimeLimit, can_be_planned: CanBePlanned) -> None:
        self._trip = trip
        self._limit = limit
        self._can_be_planned = can_be_planned
        self._demands = list(demands_of(trip))
        self._all: Kept = frozenset(range(len(self._demands)))
        self._reckoned = reckoned
        self._least: dict[Kept, int | None] = {}
        self._possible: list[Kept] = []
        self._impossible: list[Kept] = [self._all]

    def infeasible(self) -> Infeasible:
        conflict = [self._demands[number] for number in sorted(self._smallest_conflict(self._all))]
        found = [*self._ways_out(conflict)] or [*self._longer_without_one_wish()]
        ways_out = sorted(found, key=lambda way: (way.least_cost, way.gives_up))
        text = self._text(conflict)
        return Infeasible(
            conflict=tuple(Wish(name=demand.name, text=demand.text) for demand in conflict),
            text=f"{text} {_CUT_SHORT}" if self._limit.is_over else text,
            ways_out=tuple(ways_out),
        )

    def _least_cost(self, kept: Kept) -> int | None:
        """Of the trip with these wishes, a budget aside; None where there is no way of meeting the others."""
        without_budget = frozenset(number for number in kept if self._demands[number].name != "budget")
        if without_budget not in self._least:
            self._least[without_budget] = least_cost(self._trip_with(without_budget), self._reckoned)
        return self._least[without_budget]

    def _trip_with(self, kept: Kept) -> Trip:
        trip = self._trip
        for number in self._all - kept:
            trip = self._demands[number].without(trip)
        return trip

    def _is_possible(self, kept: Kept) -> bool:
        """Fewer wishes are possible where more are, and more impossible where fewer are."""
        if any(kept <= more for more in self._possible):
            return True
        if any(kept >= fewer for fewer in self._impossible):
            return False
        is_possible = self._has_route(kept)
        (self._possible if is_possible else self._impossible).append(kept)
        return is_possible

    def _has_route(self, kept: Kept) -> bool:
        least, budget = self._least_cost(kept), self._trip.wishes.budget
        has_budget = any(self._demands[number].name == "budget" for number in kept)
        return least is not None and (not has_budget or budget is None or least <= budget)

    # ---- the conflict

    def _smallest_conflict(self, among: Kept) -> Kept:
        """First a set of which none can be spared, then any that is smaller."""
        kept = among
        for number in sorted(among):
            if self._limit.is_over:
                return kept
            if not self._is_possible(kept - {number}):
                kept = kept - {number}
        for size in range(len(kept)):
            for few in combinations(sorted(among), size):
                if self._limit.is_over:
                    return kept
                if not self._is_possible(frozenset(few)):
                    return frozenset(few)
        return kept

    def _text(self, conflict: Sequence[Demand]) -> str:
        if not conflict:
            return "The trip cannot be had as it stands, whatever is wished: no way there and back fits its days."
        wishes = "; ".join(demand.text for demand in conflict)
        if any(demand.name == "budget" for demand in conflict):
            return self._budget_text(conflict)
        if len(conflict) == 1:
            return f"One wish cannot be met: {wishes}."
        return f"These wishes rule each other out: {wishes}."

    def _budget_text(self, conflict: Sequence[Demand]) -> str:
        """The least with the wishes of the conflict alone, and with all others where that is more."""
        budget = amount_text(self._trip.wishes.budget or 0, self._trip.currency)
        least = self._least_cost(frozenset(map(self._demands.index, conflict)))
        least_of_all = self._least_cost(self._all)
        others = [demand.text for demand in conflict if demand.name != "budget"]
        given = f" with {' and '.join(others)}" if others else ""
        text = f"The budget of {budget} is below the least possible {self._amount(least)}{given}"
        if least_of_all is None or least_of_all == least:
            return f"{text}."
        return f"{text}; with all other wishes it is {self._amount(least_of_all)}."

    def _amount(self, amount: int | None) -> str:
        return amount_text(amount or 0, self._trip.currency)

    # ---- ways out

    def _ways_out(self, conflict: Sequence[Demand]) -> Iterator[WayOut]:
        for demand in conflict:
            yield from self._giving_up(self._demands.index(demand))
        yield from self._other_days()

    def _giving_up(self, number: int) -> Iterator[WayOut]:
        """Without that wish; where others then still conflict, without one more of each conflict."""
        given_up, left = [number], self._all - {number}
        while not self._is_possible(left):
            if self._limit.is_over:
                return
            further = sorted(self._smallest_conflict(left))
            if not further:
                return
            given_up.append(further[0])
            left = left - {further[0]}
        least = self._confirmed(self._trip_with(left), self._least_cost(left))
        if least is not None:
            wishes = [self._demands[found] for found in given_up]
            text = _giving_up_text(wishes, self._amount(least))
            yield WayOut(gives_up=tuple(wish.name for wish in wishes), text=text, least_cost=least)

    def _confirmed(self, trip: Trip, least: int | None) -> int | None:
        """The least sum, of a few a little above `least`, for which there is a plan: a route's cheapest eateries may be
        too far for the time that there is. None where there is none."""
        if least is None:
            return None
        budget, routes = trip.wishes.budget, KnownRoutes()
        for step in range(_STEPS_UP + 1):
            if self._limit.is_over:
                return None
            cap = least + least * step * step // _STEP
            if budget is not None and cap > budget:
                return None
            if self._can_be_planned(with_wishes(trip, budget=cap), self._reckoned, routes, self._limit):
                return cap
        return None

    def _other_days(self) -> Iterator[WayOut]:
        """The nearest other lengths that have a plan."""
        for step in (-1, 1):
            for days in range(1, _MOST_DAYS_OFF + 1):
                if self._limit.is_over:
                    return
                other = of_length(self._trip, self._trip.day_count + step * days)
                least = None if other is None else self._planned_from(other)
                if other is None or least is None:
                    continue
                text = f"{self._instead(other)}, from {self._amount(least)}."
                yield WayOut(gives_up=("days",), text=text, least_cost=least)
                break

    def _longer_without_one_wish(self) -> Iterator[WayOut]:
        """With the fewest more days that have a plan where one wish is given up as well."""
        for days in range(1, _MOST_DAYS_OFF + 1):
            found: list[WayOut] = []
            for demand in self._demands:
                if self._limit.is_over:
                    break
                other = of_length(demand.without(self._trip), self._trip.day_count + days)
                least = None if other is None else self._planned_from(other)
                if other is not None and least is not None:
                    text = f"{self._instead(other)} without the wish “{demand.text}”, from {self._amount(least)}."
                    found.append(WayOut(gives_up=("days", demand.name), text=text, least_cost=least))
            if found or self._limit.is_over:
                yield from found
                return

    def _planned_from(self, other: Trip) -> int | None:
        """What that trip costs at the least, within its budget; None where it cannot be planned."""
        least, budget = least_cost(other, self._reckoned), other.wishes.budget
        if least is None or (budget is not None and least > budget):
            return None
        return self._confirmed(other, least)

    def _instead(self, other: Trip) -> str:
        count = f"{other.day_count} day{'s' if other.day_count != 1 else ''}"
        return f"{count} instead of {self._trip.day_count} {'fits' if other.day_count == 1 else 'fit'}"


def least_cost(trip: Trip, reckoned: Reckoned) -> int | None:
    """Of the whole trip, its budget aside; None where there is no way of meeting the other wishes."""
    return Router(with_wishes(trip, budget=None), reckoned).least_cost()


def of_length(trip: Trip, day_count: int) -> Trip | None:
    """From the same first day; None where the cities cannot have it. Where every city's days are given, the longest
    stay is cut or prolonged."""
    cities = list(trip.cities)
    if not len(cities) <= day_count <= MAX_TRIP_DAYS:
        return None
    if all(city.days is not None for city in cities):
        longest = max(range(len(cities)), key=lambda index: cities[index].days or 0)
        days = (cities[longest].days or 0) + day_count - trip.day_count
        if days < 1:
            return None
        cities[longest] = cities[longest].model_copy(update={"days": days})
    elif sum(city.days or 1 for city in cities) > day_count:
        return None
    return trip.with_changes(day_count=day_count, cities=tuple(cities))


def _giving_up_text(given_up: Sequence[Demand], amount: str) -> str:
    wishes = [demand.text for demand in given_up if demand.name != "budget"]
    is_budget_too = len(wishes) < len(given_up)
    if not wishes:
        return f"With a budget of {amount} or more there is a plan."
    also = f" and a budget of at least {amount}" if is_budget_too else f", from {amount}"
    return f"Without the wish “{'” and “'.join(wishes)}” there is a plan{also}."

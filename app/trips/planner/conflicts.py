"""Why a trip cannot be had: the smallest set of wishes that rule each other out, and what to change at the least cost.

Every answer is an exact search's: a set of wishes conflicts where the trip with these wishes alone has no route within
the budget, or has sights that cannot be seen together in its days.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from app.trips.plan import Infeasible, WayOut, Wish
from app.trips.planner.demands import Demand, amount_text, demands_of, with_wishes
from app.trips.planner.meal_costs import Tables
from app.trips.planner.routing import Router
from app.trips.problem import Trip
from app.trips.request import MAX_TRIP_DAYS

# Days by which a trip may be cut or prolonged as a way out.
_MOST_DAYS_OFF = 3


def is_possible(trip: Trip) -> bool:
    """Whether there is a route within all wishes, and the sights that have to be seen fit into its days."""
    return _Explainer(trip).is_possible(trip)


def explain(trip: Trip) -> Infeasible:
    """For a trip that is not possible."""
    return _Explainer(trip).infeasible()


class _Explainer:
    """Asks the same question of many trips that differ in their wishes; what eateries cost is reckoned once."""

    def __init__(self, trip: Trip) -> None:
        self._trip = trip
        self._demands = list(demands_of(trip))
        self._tables: Tables = {}

    def infeasible(self) -> Infeasible:
        conflict = self._smallest_conflict(self._trip, self._demands)
        ways_out = sorted(self._ways_out(conflict), key=lambda way: (way.least_cost, way.gives_up))
        return Infeasible(
            conflict=tuple(Wish(name=demand.name, text=demand.text) for demand in conflict),
            text=self._text(conflict),
            ways_out=tuple(ways_out),
        )

    def least_cost(self, trip: Trip) -> int | None:
        """Of the whole trip, its budget aside; None where there is no way of meeting the other wishes."""
        cheapest = Router(with_wishes(trip, budget=None), self._tables).best()
        return None if cheapest is None else cheapest.cost

    def is_possible(self, trip: Trip) -> bool:
        least = self.least_cost(trip)
        return least is not None and (trip.wishes.budget is None or least <= trip.wishes.budget)

    # ---- the conflict

    def _smallest_conflict(self, trip: Trip, demands: Sequence[Demand]) -> list[Demand]:
        """First a set of which none can be spared, then any that is smaller."""
        kept = list(demands)
        for demand in demands:
            rest = [other for other in kept if other is not demand]
            if not self.is_possible(_only(trip, demands, rest)):
                kept = rest
        for size in range(len(kept)):
            for few in combinations(demands, size):
                if not self.is_possible(_only(trip, demands, few)):
                    return list(few)
        return kept

    def _text(self, conflict: Sequence[Demand]) -> str:
        if not conflict:
            return "The trip cannot be had as it stands, whatever is wished: no way there and back fits its days."
        wishes = "; ".join(demand.text for demand in conflict)
        budget = self._trip.wishes.budget
        if any(demand.name == "budget" for demand in conflict) and budget is not None:
            least = self.least_cost(_only(self._trip, self._demands, conflict))
            others = [demand.text for demand in conflict if demand.name != "budget"]
            given = f" with {' and '.join(others)}" if others else ""
            return (
                f"The budget of {amount_text(budget, self._trip.currency)} is below the least possible "
                f"{amount_text(least or 0, self._trip.currency)}{given}."
            )
        if len(conflict) == 1:
            return f"One wish cannot be met: {wishes}."
        return f"These wishes rule each other out: {wishes}."

    # ---- ways out

    def _ways_out(self, conflict: Sequence[Demand]) -> Iterator[WayOut]:
        for demand in conflict:
            yield from self._giving_up(demand)
        yield from self._other_days()

    def _giving_up(self, demand: Demand) -> Iterator[WayOut]:
        """Without that wish; where others then still conflict, without one more of each conflict."""
        given_up, left = [demand], demand.without(self._trip)
        while not self.is_possible(left):
            rest = [other for other in self._demands if other not in given_up]
            further = self._smallest_conflict(left, rest)
            if not further:
                return
            given_up.append(further[0])
            left = further[0].without(left)
        least = self.least_cost(left)
        if least is not None:
            names = tuple(found.name for found in given_up)
            text = _giving_up_text(given_up, amount_text(least, self._trip.currency))
            yield WayOut(gives_up=names, text=text, least_cost=least)

    def _other_days(self) -> Iterator[WayOut]:
        """The nearest other lengths that have a plan."""
        for step in (-1, 1):
            for days in range(1, _MOST_DAYS_OFF + 1):
                other = of_length(self._trip, self._trip.day_count + step * days)
                if other is None or not self.is_possible(other):
                    continue
                least = self.least_cost(other) or 0
                count = f"{other.day_count} day{'s' if other.day_count != 1 else ''}"
                fit = "fits" if other.day_count == 1 else "fit"
                amount = amount_text(least, self._trip.currency)
                text = f"{count} instead of {self._trip.day_count} {fit}, from {amount}."
                yield WayOut(gives_up=("days",), text=text, least_cost=least)
                break


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


def _only(trip: Trip, demands: Sequence[Demand], kept: Sequence[Demand]) -> Trip:
    for demand in demands:
        if demand not in kept:
            trip = demand.without(trip)
    return trip


def _giving_up_text(given_up: Sequence[Demand], amount: str) -> str:
    wishes = [demand.text for demand in given_up if demand.name != "budget"]
    is_budget_too = len(wishes) < len(given_up)
    if not wishes:
        return f"With a budget of {amount} or more there is a plan."
    also = f" and a budget of at least {amount}" if is_budget_too else f", from {amount}"
    return f"Without the wish “{'” and “'.join(wishes)}” there is a plan{also}."

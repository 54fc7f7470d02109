"""The best route for a trip: order of cities, days in each, legs, stays and meals, weighed against each other at once.

With no weight on sights it costs the least that there is: that is the proof that a budget cannot be kept. Sights count
only by a guess here; which ones, and when, is settled afterwards.
"""

from dataclasses import dataclass

from app.trips.planner.legs import MoveTable
from app.trips.planner.meal_costs import MealCosts, Menu
from app.trips.planner.route import Route, Stretch
from app.trips.planner.route_search import NO_WEIGHT, RouteSearch, Weight
from app.trips.planner.stretch_costs import StretchCosts
from app.trips.planner.stretch_tables import Reckoned
from app.trips.problem import Stay, Trip


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


class Router:
    """Routes of one trip. `reckoned`: what was reckoned before for the same trip with other wishes. `barred`: eateries,
    stays and legs to do without, for whoever looks for another route.
    """

    def __init__(self, trip: Trip, reckoned: Reckoned | None = None, barred: frozenset[str] = frozenset()) -> None:
        self._trip = trip
        self._reckoned = Reckoned() if reckoned is None else reckoned
        self._costs = StretchCosts(trip, self._reckoned.meals, self._reckoned.musts, barred)
        self._known: dict[Weight, list[tuple[int, RouteSearch]]] = {}

    @property
    def meals(self) -> MealCosts:
        return self._costs.meals

    def least_cost(self) -> int | None:
        """Of all routes; None where there is none. Sooner known than the best one."""
        least = min((least for least, _ in self._searches(NO_WEIGHT)), default=None)
        return None if least is None else least + self._costs.tickets

    def best(self, weight: Weight = NO_WEIGHT) -> Chosen | None:
        """The route with the least cost, less what its sights are worth; None where there is no route at all."""
        best = min(self._searches(weight), key=lambda found: found[0], default=None)
        return None if best is None else self._chosen(best[1])

    def _searches(self, weight: Weight) -> list[tuple[int, RouteSearch]]:
        """By each way of getting about that leads anywhere, with the least that there is."""
        if weight in self._known:
            return self._known[weight]
        found: list[tuple[int, RouteSearch]] = []
        for by_car in (False, True):
            moves = MoveTable(self._trip, by_car, self._costs.barred, self._reckoned.timetables)
            if moves.has_all_locked:
                search = RouteSearch(self._trip, self._costs, moves, self._reckoned, weight)
                if search.least is not None:
                    found.append((search.least, search))
        self._known[weight] = found
        return found

    def _chosen(self, search: RouteSearch) -> Chosen:
        steps = list(search.steps())
        leaves = tuple(Leaf(step.stretch, step.choice.stay, step.choice.menu) for step in steps)
        cost = sum(step.choice.cost + step.leg_cost for step in steps)
        return Chosen(leaves, cost + self._costs.tickets, sum(step.points for step in steps))


__all__ = ["NO_WEIGHT", "Chosen", "Leaf", "Router", "Weight"]

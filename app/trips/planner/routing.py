"""The best route for a trip: order of cities, days in each, legs, stays and meals, weighed against each other at once.

With no weight on sights it costs the least that there is: that is the proof that a budget cannot be kept. Sights count
only by a guess here; which ones, and when, is settled afterwards.
"""

from dataclasses import dataclass, field
from functools import cached_property

from app.trips.planner.legs import MoveTable
from app.trips.planner.meal_costs import MealCosts, Menu, but_for
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

    @cached_property
    def uses(self) -> frozenset[str]:
        """The ids of its eateries, for all meals and for each, its stays and its legs."""
        meals = (
            ref for leaf in self.leaves for eatery, meal in leaf.menu.chosen for ref in (eatery, but_for(eatery, meal))
        )
        stays = (leaf.stay.id for leaf in self.leaves if leaf.stay is not None)
        moves = (move for leaf in self.leaves for move in (leaf.stretch.inward, leaf.stretch.onward))
        return frozenset((*meals, *stays, *(move.leg.id for move in moves if move is not None)))


@dataclass
class KnownRoutes:
    """The best routes of one trip that were found before, whatever its cap: no route is chosen by that.

    `found`: by weight, what was done without, and the best route then; None where there was none. `leasts`: by what was
    done without, the least cost.
    """

    found: dict[Weight, list[tuple[frozenset[str], Chosen | None]]] = field(default_factory=dict)
    leasts: dict[frozenset[str], int] = field(default_factory=dict)

    def without(self, barred: frozenset[str], weight: Weight) -> tuple[Chosen | None] | None:
        """The best route without these, in a tuple; None where it has to be looked for. A route that was the best of
        more is so of fewer if these have it; and where more had none, fewer have none."""
        for fewer, chosen in self.found.get(weight, ()):
            if fewer <= barred and (chosen is None or not (barred - fewer) & chosen.uses):
                return (chosen,)
        return None

    def at_least(self, barred: frozenset[str]) -> int:
        """What the cheapest route without these costs at least: more than without fewer, or as much."""
        return max((least for fewer, least in self.leasts.items() if fewer <= barred), default=0)


class Router:
    """Routes of one trip. `reckoned`: what was reckoned before for the same trip with other wishes. `barred`: eateries,
    stays and legs to do without, for whoever looks for another route. `known`: of the same trip, with any cap.
    """

    def __init__(
        self,
        trip: Trip,
        reckoned: Reckoned | None = None,
        barred: frozenset[str] = frozenset(),
        known: KnownRoutes | None = None,
    ) -> None:
        self._trip, self._barred = trip, barred
        self.reckoned = Reckoned() if reckoned is None else reckoned
        self._routes = KnownRoutes() if known is None else known
        self._known: dict[Weight, list[tuple[int, RouteSearch]]] = {}

    @cached_property
    def _costs(self) -> StretchCosts:
        return StretchCosts(self._trip, self.reckoned.meals, self.reckoned.musts, self._barred)

    @property
    def meals(self) -> MealCosts:
        return self._costs.meals

    def least_cost(self) -> int | None:
        """Of all routes; None where there is none. Sooner known than the best one."""
        known = self._routes.without(self._barred, NO_WEIGHT)
        if known is not None:
            return None if known[0] is None else known[0].cost
        if self._barred not in self._routes.leasts:
            least = min((least for least, _ in self._searches(NO_WEIGHT)), default=None)
            if least is None:
                return None
            self._routes.leasts[self._barred] = least + self._costs.tickets
        return self._routes.leasts[self._barred]

    def best(self, weight: Weight = NO_WEIGHT) -> Chosen | None:
        """The route with the least cost, less what its sights are worth; None where there is no route at all."""
        known = self._routes.without(self._barred, weight)
        if known is None:
            best = min(self._searches(weight), key=lambda found: found[0], default=None)
            known = (None if best is None else self._chosen(best[1]),)
            self._routes.found.setdefault(weight, []).append((self._barred, *known))
        return known[0]

    def _searches(self, weight: Weight) -> list[tuple[int, RouteSearch]]:
        """By each way of getting about that leads anywhere, with the least that there is."""
        if weight in self._known:
            return self._known[weight]
        found: list[tuple[int, RouteSearch]] = []
        for moves in self._move_tables:
            search = RouteSearch(self._trip, self._costs, moves, self.reckoned, weight)
            if search.least is not None:
                found.append((search.least, search))
        self._known[weight] = found
        return found

    @cached_property
    def _move_tables(self) -> list[MoveTable]:
        """Of each way of getting about by which every booked leg can be taken."""
        barred, timetables = self._costs.barred, self.reckoned.timetables
        tables = [MoveTable(self._trip, by_car, barred, timetables) for by_car in (False, True)]
        return [moves for moves in tables if moves.has_all_locked]

    def _chosen(self, search: RouteSearch) -> Chosen:
        steps = list(search.steps())
        leaves = tuple(Leaf(step.stretch, step.choice.stay, step.choice.menu) for step in steps)
        cost = sum(step.choice.cost + step.leg_cost for step in steps)
        return Chosen(leaves, cost + self._costs.tickets, sum(step.points for step in steps))


__all__ = ["NO_WEIGHT", "Chosen", "KnownRoutes", "Leaf", "Router", "Weight"]

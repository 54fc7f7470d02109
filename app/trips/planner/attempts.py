"""Which routes are tried, and what is done without after one that left no room for something that has to be in it."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.trips.planner.meal_costs import but_for
from app.trips.planner.routing import Chosen, KnownRoutes, Leaf, Router, Weight
from app.trips.planner.stretch_tables import Reckoned
from app.trips.problem import Trip


@dataclass(frozen=True)
class Attempt:
    """A route, and the router that knows what was done without to find it."""

    chosen: Chosen
    router: Router
    barred: frozenset[str]


class Attempts:
    """Best first. Whoever tries one says `failed`, and what was in the way is left out of some of the next."""

    def __init__(self, trip: Trip, cheapest: Chosen, patience: int, reckoned: Reckoned, known: KnownRoutes) -> None:
        self._trip = trip
        self._known = known
        self._patience = patience
        self._cheapest = cheapest
        self._reckoned = reckoned
        self._waiting: deque[frozenset[str]] = deque([frozenset()])
        self._seen: set[frozenset[str]] = {frozenset()}
        # What there was no room for though the route has not chosen it, eateries above all: they took another's place
        # later on, being nearer. Without them the same route is another attempt.
        self._misfits: set[str] = set()

    def __iter__(self) -> Iterator[Attempt]:
        tried: list[tuple[tuple[Leaf, ...], frozenset[str]]] = []
        while self._waiting:
            barred = self._waiting.popleft()
            router = Router(self._trip, self._reckoned, barred, self._known)
            for chosen in self._routes(router, barred):
                if len(tried) == self._patience:
                    return
                attempt = (chosen.leaves, barred & self._misfits)
                if attempt not in tried:
                    tried.append(attempt)
                    yield Attempt(chosen, router, barred)

    def failed(self, attempt: Attempt, missing: Sequence[str]) -> None:
        """`missing`: ids of the sights and eateries that there was no room for."""
        for ref in missing:
            if ref not in attempt.chosen.uses:
                self._misfits.add(ref)
            for leaf in attempt.chosen.leaves:
                for other in _in_the_way(leaf, ref):
                    barred = attempt.barred | {other}
                    if barred not in self._seen:
                        self._seen.add(barred)
                        self._waiting.append(barred)

    def _routes(self, router: Router, barred: frozenset[str]) -> Iterator[Chosen]:
        """One per cent more points for one per cent more money, then for a third of one, then the cheapest."""
        cap = self._trip.wishes.budget
        if cap is not None and self._known.at_least(barred) > cap:
            return
        least = router.least_cost()
        if least is None or (cap is not None and least > cap):
            return
        cheapest = router.best() if barred else self._cheapest
        if cheapest is None:
            return
        for part in (1, 3):
            chosen = router.best(Weight(max(1, cheapest.cost), max(1, cheapest.points) * part))
            if chosen is not None and (cap is None or chosen.cost <= cap):
                yield chosen
        yield cheapest


def _in_the_way(leaf: Leaf, ref: str) -> Iterator[str]:
    """What a stretch could be without so that there is room: the eatery itself, another stay, other hours."""
    stretch = leaf.stretch
    is_eatery = any(eatery.id == ref for eatery in stretch.city.eateries)
    if not is_eatery and not any(sight.id == ref for sight in stretch.city.attractions):
        return
    for eatery_id, meal in leaf.menu.chosen:
        if eatery_id == ref:
            yield but_for(ref, meal)
    if is_eatery:
        yield ref
    if leaf.stay is not None:
        yield leaf.stay.id
    for move in (stretch.inward, stretch.onward):
        if move is not None:
            yield move.leg.id

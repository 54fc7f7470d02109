"""Good tours of different plans, put together anew: the search meets many that never were in one plan.

From all tours met, one for each is chosen so that no point is in two of them and the value is highest, by a search in
the order of value that gives up after some steps.
"""

import math

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field, Way

MOST_KEPT = 400
"""Ways of each kind, the most valuable ones."""

MOST_STEPS = 6000
"""Ways that one recombination tries."""

STEPS_PER_WORK = 2
"""A step is about half a unit of work."""


class Pool:
    """Of ways met so far."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._ways: dict[tuple[int, int], Way] = {}
        # Of the last search, if it found nothing and no way has come in since: above which value, and its work.
        self._in_vain: tuple[int, int] | None = None

    def add(self, draft: Draft) -> None:
        """Of ways with the same points the one that ends first is kept."""
        for kind, way in zip(self._field.kinds, draft.ways, strict=True):
            known = self._ways.get((kind, way.members))
            if known is None or way.finish < known.finish:
                self._ways[kind, way.members] = way
                self._in_vain = None

    def best(self, above: int) -> Draft | None:
        """The best plan from the pool; None where it found none of a value above that. To look for the same again in
        the same pool counts as work but takes no time."""
        if self._in_vain is not None and self._in_vain[0] == above:
            self._field.work += self._in_vain[1]
            return None
        by_kind = {kind: self._best_of(kind) for kind in dict.fromkeys(self._field.kinds)}
        if not all(by_kind.values()):
            return None
        self._ways = {(kind, way.members): way for kind, ways in by_kind.items() for way in ways}
        packing = _Packing(self._field, [by_kind[kind] for kind in self._field.kinds], above)
        packing.search()
        work = (MOST_STEPS - packing.steps_left) // STEPS_PER_WORK
        self._field.work += work
        if not packing.best:
            self._in_vain = above, work
            return None
        return Draft.of(self._field, [way.visits for way in packing.best])

    def _best_of(self, kind: int) -> list[Way]:
        ways = [way for (other, _), way in self._ways.items() if other == kind]
        return sorted(ways, key=lambda way: (-way.value, way.finish, way.visits))[:MOST_KEPT]


class _Packing:
    """`best`: a way for each tour, worth `above`; empty while nothing is found that is worth more than at first."""

    def __init__(self, field: Field, choices: list[list[Way]], above: int) -> None:
        """`choices`: for each tour the ways to choose from, best first; tours that are alike share them."""
        self._choices = choices
        self._facts = [[(way.value, way.members, way.cost) for way in ways] for ways in choices]
        self._budget = math.inf if field.budget is None else field.budget
        self.above, self.best = above, list[Way]()
        self.steps_left = MOST_STEPS
        # From each tour on: how many are alike, and what all are worth at most.
        self._alike, self._at_most = [0], [0]
        for tour in reversed(range(len(choices))):
            is_like_next = tour + 1 < len(choices) and choices[tour] is choices[tour + 1]
            self._alike.insert(0, self._alike[0] + 1 if is_like_next else 1)
            self._at_most.insert(0, self._at_most[0] + choices[tour][0].value)

    def search(self) -> None:
        """Tours that are alike take their ways in order. Of each tour it knows which way it has (`taken`) and comes
        `then`, and what all tours before it have in sum."""
        tours = len(self._choices)
        taken, then, members, values = [0] * tours, [0] * tours, [0] * (tours + 1), [0] * (tours + 1)
        money_left = [self._budget] * (tours + 1)
        tour = 0
        while tour >= 0:
            at = self._next(tour, then[tour], members[tour], values[tour], money_left[tour])
            if at is None:
                tour -= 1
                continue
            way_value, way_members, way_cost = self._facts[tour][at]
            taken[tour], then[tour] = at, at + 1
            values[tour + 1] = values[tour] + way_value
            members[tour + 1] = members[tour] | way_members
            money_left[tour + 1] = money_left[tour] - way_cost
            if tour + 1 < tours:
                then[tour + 1] = at if self._alike[tour] > 1 else 0
                tour += 1
            elif values[tours] > self.above:
                self.best = [ways[chosen] for ways, chosen in zip(self._choices, taken, strict=True)]
                self.above = values[tours]

    def _next(self, tour: int, first: int, members: int, value: int, money_left: float) -> int | None:
        """The number of the tour's next way that goes with what is chosen, from its `first` on; None where there is
        none that could still lead to more than is known."""
        facts, alike, steps_left = self._facts[tour], self._alike[tour], self.steps_left
        # Tours that are like this one are worth no more than it.
        too_little = (self.above - value - self._at_most[tour + alike]) // alike
        for at in range(first, len(facts)):
            way_value, way_members, way_cost = facts[at]
            if way_value <= too_little or not steps_left:
                break
            steps_left -= 1
            if not way_members & members and way_cost <= money_left:
                self.steps_left = steps_left
                return at
        self.steps_left = steps_left
        return None

"""Good tours of different plans, put together anew: the search meets many that never were in one plan.

From all tours met, one for each is chosen so that no point is in two of them and the value is highest, by a search in
the order of value that gives up after some steps.
"""

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field, Way

# Of each kind, the most valuable ones.
MOST_KEPT = 400
MOST_STEPS = 6000

# A step is about half a unit of work.
STEPS_PER_WORK = 2


class Pool:
    """Of ways met so far."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._ways: dict[tuple[int, int], Way] = {}

    def add(self, draft: Draft) -> None:
        """Of ways with the same points the one that ends first is kept."""
        for kind, way in zip(self._field.kinds, draft.ways, strict=True):
            known = self._ways.get((kind, way.members))
            if known is None or way.finish < known.finish:
                self._ways[kind, way.members] = way

    def best(self, above: int) -> Draft | None:
        """The best plan from the pool; None where it found none of a value above that."""
        by_kind = {kind: self._best_of(kind) for kind in dict.fromkeys(self._field.kinds)}
        if not all(by_kind.values()):
            return None
        self._ways = {(kind, way.members): way for kind, ways in by_kind.items() for way in ways}
        packing = _Packing(self._field, [by_kind[kind] for kind in self._field.kinds], above)
        packing.search()
        self._field.work += (MOST_STEPS - packing.steps_left) // STEPS_PER_WORK
        return Draft.of(self._field, [way.visits for way in packing.best]) if packing.best else None

    def _best_of(self, kind: int) -> list[Way]:
        ways = [way for (other, _), way in self._ways.items() if other == kind]
        return sorted(ways, key=lambda way: (-way.value, way.finish, way.visits))[:MOST_KEPT]


class _Packing:
    """`best`: a way for each tour, worth `above`; empty while nothing is found that is worth more than at first."""

    def __init__(self, field: Field, choices: list[list[Way]], above: int) -> None:
        """`choices`: for each tour the ways to choose from, best first; tours that are alike share them."""
        self._choices, self._budget = choices, field.budget
        self.above, self.best = above, list[Way]()
        self.steps_left = MOST_STEPS
        # From each tour on: how many are alike, and what all are worth at most.
        self._alike, self._at_most = [0], [0]
        for tour in reversed(range(len(choices))):
            is_like_next = tour + 1 < len(choices) and choices[tour] is choices[tour + 1]
            self._alike.insert(0, self._alike[0] + 1 if is_like_next else 1)
            self._at_most.insert(0, self._at_most[0] + choices[tour][0].value)

    def search(self) -> None:
        self._choose([], 0, 0, 0, 0)

    def _choose(self, chosen: list[Way], first: int, members: int, value: int, cost: int) -> None:
        """For the next tour, from its `first` way on: tours that are alike take their ways in order. The rest is of all
        that are chosen."""
        tour = len(chosen)
        if tour == len(self._choices):
            if value > self.above:
                self.best, self.above = chosen, value
            return
        alike = self._alike[tour]
        for index in range(first, len(self._choices[tour])):
            way = self._choices[tour][index]
            if value + way.value * alike + self._at_most[tour + alike] <= self.above or not self.steps_left:
                return
            self.steps_left -= 1
            if not way.members & members and (self._budget is None or cost + way.cost <= self._budget):
                then_first = index if alike > 1 else 0
                self._choose([*chosen, way], then_first, members | way.members, value + way.value, cost + way.cost)

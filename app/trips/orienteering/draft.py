"""A plan in the making: a way for each tour, and what is still free to be put in."""

import math
from collections.abc import Collection, Sequence

import numpy as np

from app.trips.orienteering.field import Field, Way
from app.trips.orienteering.insertion import Floats


class Draft:
    """`free`: 1 for each point that no tour visits, else 0. `value`, `cost`: of all visits together. Drafts are copied,
    never undone."""

    def __init__(self, field: Field, ways: list[Way], free: Floats, value: int, cost: int) -> None:
        self.field, self.ways, self.free, self.value, self.cost = field, ways, free, value, cost

    @classmethod
    def of(cls, field: Field, sequences: Sequence[Sequence[int]]) -> "Draft | None":
        """None where a sequence does not work."""
        ways = [field.way(tour, tuple(sequence)) for tour, sequence in enumerate(sequences)]
        laid = [way for way in ways if way is not None]
        if len(laid) < len(ways):
            return None
        free = np.ones(len(field.points))
        free[[point for way in laid for point in way.visits]] = 0.0
        return cls(field, laid, free, sum(way.value for way in laid), sum(way.cost for way in laid))

    def copy(self) -> "Draft":
        return Draft(self.field, self.ways.copy(), self.free.copy(), self.value, self.cost)

    @property
    def finishes(self) -> int:
        return sum(way.finish for way in self.ways)

    def remove(self, points: Collection[int]) -> list[int]:
        """Takes them out of their tours and says which are out. A tour that would not work without them, because a
        detour may save time, keeps its own."""
        removed: list[int] = []
        for tour, way in enumerate(self.ways):
            kept = [point for point in way.visits if point not in points]
            if len(kept) < len(way.visits) and (shorter := self.field.way(tour, tuple(kept))) is not None:
                self.ways[tour] = shorter
                removed.extend(point for point in way.visits if point in points)
        for point in removed:
            self.free[point] = 1.0
            self.value -= self.field.values[point]
            self.cost -= self.field.costs[point]
        return removed

    def fill(self, weights: Floats) -> None:
        """Puts in point after point, always the one with the most weight for the time it costs, while one fits.
        Points of no weight stay out."""
        weights = weights * self.free
        picks = [self._pick(tour, weights) for tour in range(len(self.ways))]
        while True:
            tour = max(range(len(picks)), key=lambda number: picks[number][0])
            worth, point = picks[tour]
            if worth <= 0.0:
                return
            inserted = self.insert(tour, point)
            weights[point] = 0.0
            left = self._money_left
            for other, (_, picked) in enumerate(picks):
                if picked == point or (other == tour and inserted) or self.field.costs[picked] > left:
                    picks[other] = self._pick(other, weights)

    def insert(self, tour: int, point: int) -> bool:
        """Where it costs the least time."""
        way = self.ways[tour]
        longer = self.field.longer_way(tour, way, way.gaps.cheapest(point), point)
        if longer is None:
            return False
        self.ways[tour] = longer
        self.free[point] = 0.0
        self.value += self.field.values[point]
        self.cost += self.field.costs[point]
        return True

    @property
    def _money_left(self) -> float:
        return math.inf if self.field.budget is None else self.field.budget - self.cost

    def _pick(self, tour: int, weights: Floats) -> tuple[float, int]:
        """The point that is worth most for its time in this tour, and how much that is: 0 where nothing fits."""
        field, way = self.field, self.ways[tour]
        if not len(weights):
            return 0.0, 0
        allowed = field.allowed(tour, way)
        if allowed is not None:
            weights = weights * allowed
        if field.budget is not None and field.most_cost > self._money_left:
            weights = weights * (field.cost_array <= self._money_left)
        ratios = weights / way.gaps.least
        point = int(ratios.argmax())
        return float(ratios[point]), point

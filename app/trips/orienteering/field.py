"""The problem made ready for the search: what does not change while plans do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.trips.orienteering.clock import Clock, Times
from app.trips.orienteering.errors import OrienteeringError
from app.trips.orienteering.insertion import Floats, GapFinder, Gaps, Terrain
from app.trips.orienteering.problem import Point, Tour

MOST_PAIRS_KEPT = 4_000_000
"""Ways are kept because the search comes by the same ones again, as many as have this many pairs of gap and point: some
thirty megabytes."""

WORK_PER_QUESTION = 10
"""Counted for each question after a way, in microseconds of the machine that this and the next two were measured on. It
makes the search's work a number that is the same everywhere."""

WORK_PER_LOOK = 60
"""Counted for each look at all gaps of a tour."""

WORK_PER_THOUSAND_PAIRS = 16
"""Counted beside it for each thousand pairs of gap and point."""


@dataclass(frozen=True, eq=False)
class Way:
    """One tour's visits in order, when it arrives at its end, and where more fits in. `members`: the visits as bits.
    `counted`: how many of them count towards the tour's `most`; `limited`: of these, how many may never exceed it."""

    visits: tuple[int, ...]
    members: int
    counted: int
    limited: int
    value: int
    cost: int
    finish: int
    times: Times
    gaps: Gaps


class Field:
    """`values`: what each point is worth to the search, where a required one is worth `above_all`, which is more than
    all scores, beside its own.
    `kinds`: for each tour the number of the first that is like it, so that what was found for one serves both."""

    def __init__(
        self, points: Sequence[Point], travel: Sequence[Sequence[int]], tours: Sequence[Tour], budget: int | None
    ) -> None:
        """Raises `OrienteeringError` if a tour cannot even be made without visits."""
        self.points, self.travel, self.tours, self.budget = points, travel, tours, budget
        terrain = Terrain(points, travel)
        self.above_all = sum(point.score for point in points) + 1
        self.values = [point.score + (self.above_all if point.required else 0) for point in points]
        visitable = (value for value, point in zip(self.values, points, strict=True) if any(point.windows))
        self.all_value = sum(visitable)
        self.costs = [point.cost for point in points]
        self.most_cost = max(self.costs, default=0)
        self.minutes = [point.minutes + 1 for point in points]
        ways_and_back = terrain.way[: len(points)] + terrain.back[: len(points)]
        self.nearest: list[list[int]] = ways_and_back.argsort(axis=1, kind="stable").tolist()
        self.cost_array: Floats = np.array(self.costs, dtype=np.float64)
        self._bits = [1 << index for index in range(len(points))]
        self._counts = [int(point.counts) for point in points]
        self._limits = [int(point.counts and not point.may_exceed) for point in points]
        self._uncounted: Floats = 1.0 - np.array(self._counts, dtype=np.float64)
        self._above_most: Floats = 1.0 - np.array(self._limits, dtype=np.float64)
        self.clocks = [Clock(number, tour, points, travel) for number, tour in enumerate(tours)]
        for number, clock in enumerate(self.clocks):
            if clock.finish((), clock.ready(())) is None:
                raise OrienteeringError(f"tour {number} cannot be made even without visits: its breaks or its way")
        self.kinds = _kinds(points, tours)
        self._finders = [
            GapFinder(number, tour, points, terrain, clock.pauses)
            for number, (tour, clock) in enumerate(zip(tours, self.clocks, strict=True))
        ]
        self._ways: dict[tuple[int, tuple[int, ...]], Way | None] = {}
        self._pairs_kept = 0
        self._finishes: dict[tuple[int, tuple[int, ...]], int | None] = {}
        self.work = 0

    def way(self, tour: int, visits: tuple[int, ...]) -> Way | None:
        """None where the tour cannot visit these in this order."""
        key = (self.kinds[tour], visits)
        self.work += WORK_PER_QUESTION
        if key not in self._ways:
            self._keep(key, self._look(*key, self.clocks[tour].times(visits)))
        return self._ways[key]

    def longer_way(self, tour: int, way: Way, gap: int, point: int) -> Way | None:
        """With one more visit, in that gap."""
        visits = (*way.visits[:gap], point, *way.visits[gap:])
        key = (self.kinds[tour], visits)
        self.work += WORK_PER_QUESTION
        if key not in self._ways:
            self._keep(key, self._look(*key, self.clocks[tour].times_with(way.times, visits, gap)))
        return self._ways[key]

    def finish(self, tour: int, visits: tuple[int, ...]) -> int | None:
        """When the tour arrives at its end; None where it cannot visit these in this order. For whoever does not ask
        what else fits in, which is most of what a way costs."""
        key = (self.kinds[tour], visits)
        if key not in self._finishes:
            clock = self.clocks[tour]
            self._finishes[key] = clock.finish(visits, clock.ready(visits))
        return self._finishes[key]

    def _keep(self, key: tuple[int, tuple[int, ...]], way: Way | None) -> None:
        if self._pairs_kept > MOST_PAIRS_KEPT:
            self._ways.clear()
            self._pairs_kept = 0
        self._ways[key] = way
        if way is not None:
            self._pairs_kept += way.gaps.costs.size

    def allowed(self, tour: int, way: Way) -> Floats | None:
        """1 for each point that the tour may have beside these, else 0; None where it may have any."""
        most = self.tours[tour].most
        if most is None or way.counted < most:
            return None
        return self._uncounted if way.limited or self.tours[tour].is_strict else self._above_most

    def is_overfull(self, tour: int, visits: Sequence[int]) -> bool:
        most = self.tours[tour].most
        if most is None or len(visits) <= most or _sum(self._counts, visits) <= most:
            return False
        return self.tours[tour].is_strict or _sum(self._limits, visits) > 0

    def _look(self, tour: int, visits: tuple[int, ...], times: Times) -> Way | None:
        finish = self.clocks[tour].finish(visits, times.ready)
        if finish is None:
            return None
        gaps = self._finders[tour].find(visits, times)
        self.work += WORK_PER_LOOK + gaps.costs.size * WORK_PER_THOUSAND_PAIRS // 1000
        return Way(
            visits,
            _sum(self._bits, visits),
            _sum(self._counts, visits),
            _sum(self._limits, visits),
            _sum(self.values, visits),
            _sum(self.costs, visits),
            finish,
            times,
            gaps,
        )


def _sum(numbers: Sequence[int], visits: Sequence[int]) -> int:
    """Of the numbers that the visited points have. Asked for every way, and several times: hence no generator."""
    return sum(map(numbers.__getitem__, visits))


def _kinds(points: Sequence[Point], tours: Sequence[Tour]) -> list[int]:
    kinds: list[int] = []
    for number, tour in enumerate(tours):
        alike = (
            other
            for other in range(number)
            if tours[other] == tour and all(point.windows[other] == point.windows[number] for point in points)
        )
        kinds.append(next(alike, number))
    return kinds

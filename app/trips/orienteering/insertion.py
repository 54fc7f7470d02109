"""Every point into every gap of a tour at once: what it would cost in time, or infinity where it does not fit.

numpy does the counting, in double floats: all values are whole numbers below 2**53, so results are exact and the same
on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.trips.orienteering.clock import Pause, Times
from app.trips.orienteering.problem import Point, Tour

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Terrain:
    """The problem as arrays, without windows. `way`: a row for each place, from it to each point; `back`: a row for
    each place, from each point to it; `served_back`: the same after the visit to the point."""

    def __init__(self, points: Sequence[Point], travel: Sequence[Sequence[int]]) -> None:
        self.points = len(points)
        self.travel: Floats = np.array(travel, dtype=np.float64).reshape(len(travel), len(travel))
        self.way: Floats = np.ascontiguousarray(self.travel[:, : self.points])
        self.back: Floats = np.ascontiguousarray(self.travel[: self.points].T)
        self.minutes: Floats = np.array([point.minutes for point in points], dtype=np.float64)
        self.served_back: Floats = self.back + self.minutes


@dataclass(frozen=True, eq=False)
class Gaps:
    """The open gaps of one tour.

    `costs`: a row for each of them, a column for each point: by how much the next stop is reached later. `after`: the
    number of visits before each gap. `least`: what each point costs in its cheapest gap, one at least, so that one can
    divide by it. A gap beside breaks has several rows, one for each number of breaks taken before the point and after
    it.
    """

    costs: Floats
    after: Places
    least: Floats

    def cheapest(self, point: int) -> int:
        """The number of visits before the gap that suits the point best."""
        return int(self.after[self.costs[:, point].argmin()])


class GapFinder:
    """For the tours of one kind."""

    def __init__(
        self, number: int, tour: Tour, points: Sequence[Point], terrain: Terrain, pauses: Sequence[Pause]
    ) -> None:
        self._tour, self._terrain = tour, terrain
        # Of each pause the layer of `ready` before it, then of each that of `arrive_by` after it.
        taken, then_taken = [pause.taken for pause in pauses], [pause.then_taken for pause in pauses]
        self._layers: Places = np.array(
            [*taken, *(len(tour.breaks) + 1 + layer for layer in then_taken)], dtype=np.intp
        )
        # Columns. `until`, too, without the pause's own minutes.
        self._adds: Floats = np.array([[pause.adds] for pause in pauses], dtype=np.float64)
        self._until: Floats = np.array([[pause.until] for pause in pauses], dtype=np.float64) - self._adds
        self._latest: Floats = np.array([[pause.latest] for pause in pauses], dtype=np.float64)
        self._hours = self._hours_by_pause(number, points)

    def _hours_by_pause(self, number: int, points: Sequence[Point]) -> Floats:
        """[nth window; opens, closes; pause; point]: when a visit that the pause follows may begin.

        The pause is reckoned in, so that nothing is asked of it later on: a visit that ends before the pause may be
        over counts from when it is over, and none ends when it is too late for the pause. A point that has no such
        window has the one before once more; one that has none at all closes before all times.
        """
        minutes = self._terrain.minutes
        opens, closes = np.zeros((len(self._adds), len(points))), np.full((len(self._adds), len(points)), -np.inf)
        hours: list[tuple[Floats, Floats]] = []
        for nth in range(max((len(point.windows[number]) for point in points), default=0) or 1):
            opens, closes = opens.copy(), closes.copy()
            having, opens_there, closes_there = _nth_windows(points, number, nth)
            last = self._latest - minutes[having]
            is_open = opens_there <= last
            opens_there = np.maximum(opens_there, self._until - minutes[having])
            opens[:, having] = np.where(is_open, opens_there, opens[:, having])
            closes[:, having] = np.where(is_open, np.minimum(closes_there, last), closes[:, having])
            hours.append((opens, closes))
        return np.array(hours)

    def find(self, visits: Sequence[int], times: Times) -> Gaps:
        places = np.array([self._tour.start, *visits, self._tour.end], dtype=np.intp)
        if not self._tour.breaks:
            ready, by = np.array((times.ready[0], times.arrive_by[0]), dtype=np.float64)
            costs = self._costs(ready, by, ready, self._hours, places[:-1], places[1:])
            return Gaps(costs, np.arange(len(visits) + 1), _least(costs))
        # For each pause, for each gap: when one is ready at its near side and, but for the pause's own minutes, due at
        # its far side.
        layers = np.array(times.ready + times.arrive_by, dtype=np.float64).take(self._layers, axis=0)
        ready, by = layers[: len(self._adds)], layers[len(self._adds) :]
        by -= self._adds
        # Not those that are too late even for a point that takes no time.
        is_open = ready <= by
        is_open &= self._until <= by
        is_open &= ready <= self._latest
        pauses, gaps = is_open.nonzero()
        ready, by = ready[pauses, gaps], by[pauses, gaps]
        at_once = np.maximum(ready, self._until.take(pauses))
        costs = self._costs(ready, by, at_once, self._hours.take(pauses, axis=2), places[gaps], places[gaps + 1])
        return Gaps(costs, gaps, _least(costs))

    def _costs(self, ready: Floats, by: Floats, at_once: Floats, hours: Floats, froms: Places, tos: Places) -> Floats:
        """A row for each gap. `at_once`: when one is ready without a visit; this and `by` without the pause's own
        minutes. Passes over its tables as few times as it can: nearly all of the search's time is spent here."""
        terrain = self._terrain
        arrives = terrain.way.take(froms, axis=0)
        arrives += ready[:, None]
        opens, closes = hours[0]
        for later_opens, later_closes in hours[1:]:
            opens = np.where(arrives > closes, later_opens, opens)
            closes = later_closes
        is_late: Flags = arrives > closes
        times: Floats = np.maximum(arrives, opens, out=arrives)
        times += terrain.served_back.take(tos, axis=0)
        is_late |= times > by[:, None]
        times -= (at_once + terrain.travel[froms, tos])[:, None]
        np.copyto(times, np.inf, where=is_late)
        return times


def _least(costs: Floats) -> Floats:
    least: Floats = costs.min(axis=0)
    least += 1.0
    return np.maximum(least, 1.0, out=least)


def _nth_windows(points: Sequence[Point], tour: int, nth: int) -> tuple[Places, Floats, Floats]:
    """Which points have so many windows, and when those open and close."""
    found = [(index, *point.windows[tour][nth]) for index, point in enumerate(points) if nth < len(point.windows[tour])]
    numbers, opens, closes = zip(*found, strict=True) if found else ((), (), ())
    return np.array(numbers, dtype=np.intp), np.array(opens, dtype=np.float64), np.array(closes, dtype=np.float64)

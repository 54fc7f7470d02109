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
    after: Sequence[int]
    least: Floats

    def cheapest(self, point: int) -> int:
        """The number of visits before the gap that suits the point best."""
        return self.after[int(self.costs[:, point].argmin())]


class GapFinder:
    """For the tours of one kind."""

    def __init__(
        self, number: int, tour: Tour, points: Sequence[Point], terrain: Terrain, pauses: Sequence[Pause]
    ) -> None:
        self._tour = tour
        self._terrain = terrain
        self._pauses = pauses
        most = max((len(point.windows[number]) for point in points), default=0)
        # A point that is closed in this tour closes before all times.
        self._first_windows = opens, closes = np.zeros(len(points)), np.full(len(points), -np.inf)
        open_points, opens_there, closes_there = _nth_windows(points, number, 0)
        opens[open_points], closes[open_points] = opens_there, closes_there
        self._later_windows = [_nth_windows(points, number, nth) for nth in range(1, most)]

    def find(self, visits: Sequence[int], times: Times) -> Gaps:
        places = np.array([self._tour.start, *visits, self._tour.end], dtype=np.intp)
        if self._tour.breaks:
            rows = np.array(self._rows(times), dtype=np.float64).T
            gaps: Places = rows[0].astype(np.intp)
            costs = self._costs_by_breaks(rows[:, :, None], places[gaps], places[gaps + 1])
            return Gaps(costs, gaps.tolist(), _least(costs))
        ready, by = np.array((times.ready[0], times.arrive_by[0]), dtype=np.float64)[:, :, None]
        costs = self._costs(ready, by, places[:-1], places[1:])
        return Gaps(costs, range(len(visits) + 1), _least(costs))

    def _rows(self, times: Times) -> list[tuple[int, int, int, int, int, int]]:
        """For each open gap, for each number of breaks before the point and after it: the number of visits before, when
        one is ready at its near side and due at its far side, and the pause after the point. Not those that are too
        late even for a point that takes no time."""
        return [
            (gap, ready, by, pause.adds, pause.until, pause.latest)
            for pause in self._pauses
            for gap, (ready, by) in enumerate(
                zip(times.ready[pause.taken], times.arrive_by[pause.then_taken], strict=True)
            )
            if ready + pause.adds <= by and pause.until <= by and ready <= pause.latest
        ]

    # The two below pass over their tables as few times as they can: nearly all of the search's time is spent there.

    def _costs(self, ready: Floats, by: Floats, froms: Places, tos: Places) -> Floats:
        terrain = self._terrain
        times, is_late = self._started(terrain.way.take(froms, axis=0) + ready)
        times += terrain.served_back.take(tos, axis=0)
        is_late |= times > by
        times -= ready + terrain.travel[froms, tos][:, None]
        np.copyto(times, np.inf, where=is_late)
        return times

    def _costs_by_breaks(self, rows: Floats, froms: Places, tos: Places) -> Floats:
        """The same, where each row has a pause of its own."""
        terrain = self._terrain
        _, ready, by, adds, until, latest = rows
        times, is_late = self._started(terrain.way.take(froms, axis=0) + ready)
        times += terrain.minutes
        is_late |= times > latest
        times += adds
        np.maximum(times, until, out=times)
        times += terrain.back.take(tos, axis=0)
        is_late |= times > by
        times -= np.maximum(ready + adds, until) + terrain.travel[froms, tos][:, None]
        np.copyto(times, np.inf, where=is_late)
        return times

    def _started(self, arrives: Floats) -> tuple[Floats, Flags]:
        """When visits begin, and where that is too late."""
        opens, closes = self._first_windows
        is_late: Flags = arrives > closes
        starts = np.maximum(arrives, opens)
        for points, later_opens, later_closes in self._later_windows:
            missed = is_late[:, points]
            arrives_there = arrives[:, points]
            starts[:, points] = np.where(missed, np.maximum(arrives_there, later_opens), starts[:, points])
            is_late[:, points] = missed & (arrives_there > later_closes)
        return starts, is_late


def _least(costs: Floats) -> Floats:
    least: Floats = costs.min(axis=0)
    least += 1.0
    return np.maximum(least, 1.0, out=least)


def _nth_windows(points: Sequence[Point], tour: int, nth: int) -> tuple[Places, Floats, Floats]:
    """Which points have so many windows, and when those open and close."""
    found = [(index, *point.windows[tour][nth]) for index, point in enumerate(points) if nth < len(point.windows[tour])]
    numbers, opens, closes = zip(*found, strict=True) if found else ((), (), ())
    return np.array(numbers, dtype=np.intp), np.array(opens, dtype=np.float64), np.array(closes, dtype=np.float64)

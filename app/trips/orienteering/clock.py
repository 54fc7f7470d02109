"""The clock of one tour: how early each visit of a sequence can be, and how late it may be, breaks included.

Breaks have no fixed place in the sequence. For every stop the clock keeps a time for each number of breaks taken so
far, which is exact: being there earlier with the same breaks behind one never hurts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.trips.orienteering.problem import Break, Point, Tour, Window

NEVER = 2**60
"""Later, or with the sign changed earlier, than any time: cannot be."""


@dataclass(frozen=True)
class Pause:
    """The breaks from one number taken to another, in a row at one stop, as one function of the time before them:
    max(t + `adds`, `until`), for t up to `latest`."""

    taken: int
    then_taken: int
    adds: int
    until: int
    latest: int


@dataclass(frozen=True, eq=False)
class Times:
    """Of a sequence. All are lists of lists: for each number of breaks taken, for each stop.

    `ready`: when one is done there, at the start and the visits. `arrive_by`: the last arrival after which the rest of
    the sequence still works, at the visits and the end. `leave_by`: the same for being done, at the start and the
    visits. `NEVER` and -`NEVER` where it cannot be.
    """

    ready: list[list[int]]
    arrive_by: list[list[int]]
    leave_by: list[list[int]]


class Clock:
    """Of one tour. Sequences are lists of points; stops are numbered from the start (0) over the visits to the end."""

    def __init__(self, number: int, tour: Tour, points: Sequence[Point], travel: Sequence[Sequence[int]]) -> None:
        self.tour = tour
        self.travel = travel
        self.minutes = [point.minutes for point in points]
        self.windows: list[tuple[Window, ...]] = [point.windows[number] for point in points]
        self.pauses = _pauses(tour)

    def ready(self, visits: Sequence[int]) -> list[list[int]]:
        """See `Times`."""
        blank = [0] * len(visits)
        ready = [[self.tour.opens, *blank] for _ in range(len(self.tour.breaks) + 1)]
        self._forwards(visits, ready, 0, False)
        return ready

    def times(self, visits: Sequence[int]) -> Times:
        ready = self.ready(visits)
        breaks, blank = len(self.tour.breaks), [0] * len(visits)
        arrive_by = [[*blank, self.tour.closes if taken == breaks else -NEVER] for taken in range(breaks + 1)]
        leave_by = [[0, *blank] for _ in range(breaks + 1)]
        self._backwards(visits, arrive_by, leave_by, len(visits), False)
        return Times(ready, arrive_by, leave_by)

    def times_with(self, times: Times, visits: Sequence[int], gap: int) -> Times:
        """The same as `times`, where only the visit after `gap` others is new since the times that are given. Stops
        whose times do not change are not looked at."""
        ready = [[*layer[: gap + 1], 0, *layer[gap + 1 :]] for layer in times.ready]
        arrive_by = [[*layer[:gap], 0, *layer[gap:]] for layer in times.arrive_by]
        leave_by = [[*layer[: gap + 1], 0, *layer[gap + 1 :]] for layer in times.leave_by]
        self._forwards(visits, ready, gap + 1, True)
        self._backwards(visits, arrive_by, leave_by, gap + 1, True)
        return Times(ready, arrive_by, leave_by)

    def _forwards(self, visits: Sequence[int], ready: list[list[int]], first: int, may_settle: bool) -> None:
        """Fills in `ready` from stop `first`, whose own times are not known yet, up to the one after which nothing
        changes if that may be."""
        settled = first
        for taken, layer in enumerate(ready):
            before = ready[taken - 1] if taken else None
            settled = self._forwards_in_layer(visits, layer, before, taken, first, settled if may_settle else NEVER)

    def _forwards_in_layer(
        self, visits: Sequence[int], layer: list[int], before: list[int] | None, taken: int, first: int, settled: int
    ) -> int:
        """`before`: the layer with one break less, which has not changed from stop `settled` on. Returns the stop from
        which this layer has not changed."""
        windows, minutes, travel = self.windows, self.minutes, self.travel
        off = self.tour.breaks[taken - 1] if taken else _NO_BREAK
        rest, earliest, latest = off.minutes, off.earliest, off.latest
        if not first:
            if before is not None:
                layer[0] = self.after_break(before[0], taken - 1)
            first = 1
        ready, place = layer[first - 1], visits[first - 2] if first > 1 else self.tour.start
        new = first
        for stop in range(first, len(visits) + 1):
            point = visits[stop - 1]
            if ready < NEVER:
                arrives = ready + travel[place][point]
                ready = NEVER
                for opens, closes in windows[point]:
                    if arrives <= closes:
                        ready = (arrives if arrives > opens else opens) + minutes[point]
                        break
            # As `after_break` has it, which costs too much to call here.
            if before is not None:
                rested = before[stop]
                if rested < earliest:
                    rested = earliest
                if rested <= latest and rested + rest < ready:
                    ready = rested + rest
            if ready == layer[stop] and stop > new and stop >= settled:
                return stop
            layer[stop] = ready
            place = point
        return len(visits) + 1

    def _backwards(
        self, visits: Sequence[int], arrive_by: list[list[int]], leave_by: list[list[int]], last: int, may_settle: bool
    ) -> None:
        """Fills in `leave_by` from stop `last` down, and `arrive_by` likewise, up to where nothing changes."""
        settled = last
        for taken in range(len(leave_by) - 1, -1, -1):
            after = leave_by[taken + 1] if taken + 1 < len(leave_by) else None
            settled = self._backwards_in_layer(
                visits, arrive_by[taken], leave_by[taken], after, taken, last, settled if may_settle else -1
            )

    def _backwards_in_layer(
        self,
        visits: Sequence[int],
        arrive_by: list[int],
        leave_by: list[int],
        after: list[int] | None,
        taken: int,
        last: int,
        settled: int,
    ) -> int:
        """`after`: `leave_by` with one break more, which has not changed from stop `settled` down. Returns the stop
        from which down this layer has not changed."""
        windows, minutes, travel = self.windows, self.minutes, self.travel
        off = self.tour.breaks[taken] if after is not None else _NO_BREAK
        rest, earliest, latest = off.minutes, off.earliest, off.latest
        place = visits[last] if last < len(visits) else self.tour.end
        arrival = arrive_by[last]
        for stop in range(last, -1, -1):
            point = visits[stop - 1] if stop else self.tour.start
            done = arrival - travel[point][place] if arrival > -NEVER else -NEVER
            # The latest start of the break.
            if after is not None:
                rested = after[stop] - rest
                if rested > latest:
                    rested = latest
                if rested >= earliest and rested > done:
                    done = rested
            if done == leave_by[stop] and stop < last and stop <= settled:
                return stop
            leave_by[stop] = done
            if not stop:
                break
            arrival = -NEVER
            if done > -NEVER:
                starts = done - minutes[point]
                for opens, closes in reversed(windows[point]):
                    if opens <= starts:
                        arrival = closes if closes < starts else starts
                        break
            arrive_by[stop - 1] = arrival
            place = point
        return -1

    def start(self, point: int, arrives: int) -> int:
        """When a visit begins; `NEVER` after the last window."""
        for opens, closes in self.windows[point]:
            if arrives <= closes:
                return max(arrives, opens)
        return NEVER

    def after_break(self, time: int, number: int) -> int:
        off = self.tour.breaks[number]
        starts = max(time, off.earliest)
        return starts + off.minutes if starts <= off.latest else NEVER

    def finish(self, visits: Sequence[int], ready: list[list[int]]) -> int | None:
        """When the tour arrives at its end; None where the sequence does not work. `ready`: see `Times`."""
        arrives = ready[-1][-1] + self.travel[visits[-1] if visits else self.tour.start][self.tour.end]
        return arrives if arrives <= self.tour.closes else None


_NO_BREAK = Break(0, 0, 0)
"""Stands for none."""


def _pauses(tour: Tour) -> list[Pause]:
    """All that can be taken in a row, none at all among them."""
    found: list[Pause] = []
    for taken in range(len(tour.breaks) + 1):
        pause = Pause(taken, taken, 0, -NEVER, NEVER)
        found.append(pause)
        for off in tour.breaks[taken:]:
            until = max(pause.until, off.earliest)
            if until > off.latest:
                break
            latest = min(pause.latest, off.latest - pause.adds)
            pause = Pause(taken, pause.then_taken + 1, pause.adds + off.minutes, until + off.minutes, latest)
            found.append(pause)
    return found

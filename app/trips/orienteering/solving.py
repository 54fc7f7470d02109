"""The two things that callers ask for: a plan, and the clock laid over a plan of their own."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from app.trips.orienteering.checks import check, check_bounds, check_sequences
from app.trips.orienteering.draft import Draft
from app.trips.orienteering.errors import OrienteeringError
from app.trips.orienteering.field import Field
from app.trips.orienteering.polish import polished
from app.trips.orienteering.problem import Break, Point, Tour
from app.trips.orienteering.search import Bounds, Search
from app.trips.orienteering.solution import Solution
from app.trips.orienteering.timetable import timetable

DEFAULT_WORK = 1_600_000
"""About as many microseconds on the machine it was measured on; see `field`."""

NO_END = 2**62
"""More rounds, and more work, than any search comes to."""


def solve(
    points: Sequence[Point],
    travel: Sequence[Sequence[int]],
    tours: Sequence[Tour],
    *,
    seed: int = 0,
    iterations: int | None = None,
    work: int | None = None,
    time_limit_s: float | None = None,
    budget: int | None = None,
    initial: Sequence[Sequence[int]] | None = None,
) -> Solution:
    """The tours with the highest score that was found; among equals those that take less time.

    `travel[i][j]`: from place i to place j. Places are the points in order, then any others that tours start or end at.
    It need not be symmetric, and a detour may be shorter than the straight way. `iterations`: rounds of the search at
    most. `work`: its effort at most, in counted units of about a microsecond; by default `DEFAULT_WORK` where
    `iterations` is not given. The same arguments give the same answer everywhere, unless `time_limit_s` strikes, which
    the answer says. `budget`: what the visits may cost together. `initial`: a sequence of points for each tour to start
    from. Raises `OrienteeringError` for what is no problem, and for an `initial` that does not work.
    """
    is_over = _over_after(time_limit_s)
    check(points, travel, tours, budget)
    check_bounds(iterations, work, time_limit_s)
    field = Field(*_plain(points, travel, tours), None if budget is None else int(budget))
    if work is None:
        work = DEFAULT_WORK if iterations is None else NO_END
    bounds = Bounds(NO_END if iterations is None else iterations, work, is_over)
    if initial is not None:
        check_sequences(initial, len(field.points), len(field.tours))
    return _searched(field, _first(field, initial), seed, bounds)


def solve_trusted(
    points: Sequence[Point],
    travel: Sequence[Sequence[int]],
    tours: Sequence[Tour],
    *,
    work: int,
    time_limit_s: float | None,
    budget: int | None,
    initial: Sequence[Sequence[int]] | None,
) -> Solution:
    """As `solve`, for who asks many times and makes the problem itself: nothing is checked, all numbers are Python's
    own, and an `initial` that does not work is not used."""
    is_over = _over_after(time_limit_s)
    field = Field(points, travel, tours, budget)
    try:
        first = _first(field, initial)
    except OrienteeringError:
        first = _first(Field(points, travel, tours, budget), None)
    return _searched(first.field, first, 0, Bounds(NO_END, work, is_over))


def _searched(field: Field, first: Draft, seed: int, bounds: Bounds) -> Solution:
    found = Search(field, first, Random(seed)).run(bounds)
    draft = polished(found.draft, bounds.is_over)
    return timetable(field, draft, found.rounds, found.is_cut_short or bounds.is_over())


def _over_after(time_limit_s: float | None) -> Callable[[], bool]:
    until = None if time_limit_s is None else time.monotonic() + time_limit_s
    return lambda: until is not None and time.monotonic() >= until


def schedule(
    points: Sequence[Point],
    travel: Sequence[Sequence[int]],
    tours: Sequence[Tour],
    sequences: Sequence[Sequence[int]],
) -> Solution | None:
    """The given points of each tour, in the given order, as early as can be. None where an order does not work. Neither
    `most` nor a budget is looked at."""
    check(points, travel, tours)
    check_sequences(sequences, len(points), len(tours))
    field = Field(*_plain(points, travel, tours), None)
    draft = Draft.of(field, sequences)
    return None if draft is None else timetable(field, draft, 0, False)


def _plain(
    points: Sequence[Point], travel: Sequence[Sequence[int]], tours: Sequence[Tour]
) -> tuple[list[Point], list[list[int]], list[Tour]]:
    """Whole numbers of any kind, those of numpy among them, as Python's own: an answer has no others."""
    return (
        [
            replace(
                point,
                score=int(point.score),
                minutes=int(point.minutes),
                cost=int(point.cost),
                windows=tuple(tuple((int(first), int(last)) for first, last in tour) for tour in point.windows),
            )
            for point in points
        ],
        [[int(way) for way in row] for row in travel],
        [
            replace(
                tour,
                opens=int(tour.opens),
                closes=int(tour.closes),
                breaks=tuple(Break(int(off.minutes), int(off.earliest), int(off.latest)) for off in tour.breaks),
            )
            for tour in tours
        ],
    )


def _first(field: Field, initial: Sequence[Sequence[int]] | None) -> Draft:
    sequences = [()] * len(field.tours) if initial is None else initial
    draft = Draft.of(field, sequences)
    if draft is None:
        raise OrienteeringError("the initial tours do not work: a visit comes too late")
    for number, way in enumerate(draft.ways):
        if field.is_overfull(number, way.visits):
            raise OrienteeringError(f"initial tour {number} has more visits than it may have")
    if field.budget is not None and draft.cost > field.budget:
        raise OrienteeringError(f"the initial tours cost {draft.cost}, more than the budget")
    return draft

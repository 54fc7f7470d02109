"""Problems small enough to try every answer, and the rules written down once more, without the solver's code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, permutations

from hypothesis import strategies as st

from app.trips.orienteering import Break, Point, Solution, Tour

Sequences = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class SmallProblem:
    points: tuple[Point, ...]
    travel: tuple[tuple[int, ...], ...]
    tours: tuple[Tour, ...]
    budget: int | None = None


def _windows(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=4, max_size=4)))
    kept = draw(st.sampled_from(["none", "first", "both", "both", "wide"]))
    first, second = (edges[0], edges[1]), (edges[2], edges[3])
    return {"none": (), "first": (first,), "both": (first, second), "wide": ((0, 60),)}[kept]


@st.composite
def points_for(draw: st.DrawFn, tours: int) -> Point:
    return Point(
        score=draw(st.integers(0, 9)),
        minutes=draw(st.integers(0, 8)),
        windows=tuple(_windows(draw) for _ in range(tours)),
        cost=draw(st.integers(0, 5)),
        required=draw(st.sampled_from([False, False, False, True])),
        counts=draw(st.sampled_from([True, True, True, False])),
        may_exceed=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def tours_between(draw: st.DrawFn, places: int) -> Tour:
    """Always possible without visits: breaks begin late enough, and the way home is short enough."""
    first = draw(st.integers(10, 25))
    second = draw(st.integers(35, 45))
    breaks = (
        Break(draw(st.integers(0, 6)), first, first + draw(st.integers(0, 8))),
        Break(draw(st.integers(0, 6)), second, second + draw(st.integers(0, 8))),
    )
    return Tour(
        start=draw(st.integers(0, places - 1)),
        end=draw(st.integers(0, places - 1)),
        opens=draw(st.integers(0, 5)),
        closes=draw(st.integers(80, 90)),
        breaks=breaks[: draw(st.integers(0, 2))],
        most=draw(st.sampled_from([None, None, 0, 1, 2])),
        is_strict=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def small_problems(draw: st.DrawFn, most_points: int = 5, most_tours: int = 2) -> SmallProblem:
    """Ways are anything from 0 to 20 minutes, in each direction, detours may be shorter."""
    tours, number = draw(st.integers(1, most_tours)), draw(st.integers(0, most_points))
    places = number + 2
    way = st.integers(0, 20)
    return SmallProblem(
        points=tuple(draw(points_for(tours)) for _ in range(number)),
        travel=tuple(tuple(draw(way) for _ in range(places)) for _ in range(places)),
        tours=tuple(draw(tours_between(places)) for _ in range(tours)),
        budget=draw(st.sampled_from([None, None, 4, 8])),
    )


def finish(problem: SmallProblem, tour: int, visits: Sequence[int]) -> int | None:
    """When a tour arrives at its end at the earliest, over all places for its breaks; None where nothing works."""
    breaks = len(problem.tours[tour].breaks)
    ends = [
        _finish_with(problem, tour, visits, stops)
        for stops in combinations_with_replacement(range(len(visits) + 1), breaks)
    ]
    return min((end for end in ends if end is not None), default=None)


def _finish_with(problem: SmallProblem, number: int, visits: Sequence[int], stops: Sequence[int]) -> int | None:
    """`stops`: the number of visits before each break."""
    tour = problem.tours[number]
    here, now = tour.start, tour.opens
    for stop in range(len(visits) + 1):
        for off, where in zip(tour.breaks, stops, strict=True):
            if where == stop:
                now = max(now, off.earliest)
                if now > off.latest:
                    return None
                now += off.minutes
        if stop < len(visits):
            point = problem.points[visits[stop]]
            now += problem.travel[here][visits[stop]]
            starts = [max(now, opens) for opens, closes in point.windows[number] if now <= closes]
            if not starts:
                return None
            here, now = visits[stop], starts[0] + point.minutes
    now += problem.travel[here][tour.end]
    return now if now <= tour.closes else None


def keeps_to_the_rules(problem: SmallProblem, sequences: Sequence[Sequence[int]]) -> bool:
    visited = [point for sequence in sequences for point in sequence]
    if len(set(visited)) < len(visited):
        return False
    if problem.budget is not None and sum(problem.points[point].cost for point in visited) > problem.budget:
        return False
    return all(
        _is_short_enough(problem, tour, sequence) and finish(problem, tour, sequence) is not None
        for tour, sequence in enumerate(sequences)
    )


def _is_short_enough(problem: SmallProblem, tour: int, sequence: Sequence[int]) -> bool:
    most = problem.tours[tour].most
    counted = [problem.points[point] for point in sequence if problem.points[point].counts]
    if most is None or len(counted) <= most:
        return True
    return not problem.tours[tour].is_strict and all(point.may_exceed for point in counted)


def value(problem: SmallProblem, sequences: Sequence[Sequence[int]]) -> tuple[int, int]:
    """(required points visited, score): what the solver makes as large as it can, the first before the second."""
    visited = [problem.points[point] for sequence in sequences for point in sequence]
    return sum(point.required for point in visited), sum(point.score for point in visited)


def best_value(problem: SmallProblem) -> tuple[int, int]:
    """Of all answers there are."""
    return max(
        value(problem, sequences) for sequences in _all_sequences(problem) if keeps_to_the_rules(problem, sequences)
    )


def _all_sequences(problem: SmallProblem) -> Iterator[Sequences]:
    points = range(len(problem.points))
    for number in range(len(problem.points) + 1):
        for order in permutations(points, number):
            if len(problem.tours) == 1:
                yield (order,)
            else:
                for cut in range(number + 1):
                    yield order[:cut], order[cut:]


def check_times(problem: SmallProblem, solution: Solution) -> None:
    """Every time in the solution follows from the one before it."""
    for number, (visits, breaks) in enumerate(zip(solution.tours, solution.breaks, strict=True)):
        tour = problem.tours[number]
        assert len(breaks) == len(tour.breaks)
        here, now = tour.start, solution.tour_starts[number]
        assert now == tour.opens
        left = list(zip(breaks, tour.breaks, strict=True))
        for stop in range(len(visits) + 1):
            while left and left[0][0][0] == stop:
                (_, starts, ends), off = left.pop(0)
                assert starts == max(now, off.earliest) <= off.latest
                assert ends == starts + off.minutes
                now = ends
            if stop < len(visits):
                visit, point = visits[stop], problem.points[visits[stop].point]
                assert visit.arrives == now + problem.travel[here][visit.point]
                assert visit.starts >= visit.arrives
                assert any(opens <= visit.starts <= closes for opens, closes in point.windows[number])
                assert visit.ends == visit.starts + point.minutes
                here, now = visit.point, visit.ends
        assert not left
        assert solution.finishes[number] == now + problem.travel[here][tour.end] <= tour.closes

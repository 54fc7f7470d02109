"""Is this a problem at all? Everything behind here trusts its input."""

from collections.abc import Iterable, Sequence
from numbers import Integral

from app.trips.orienteering.errors import OrienteeringError
from app.trips.orienteering.problem import Break, Point, Tour

LARGEST = 2**48
"""The search counts in double floats, which are exact for integers below 2**53; sums of a few times stay below that."""


def check(
    points: Sequence[Point], travel: Sequence[Sequence[int]], tours: Sequence[Tour], budget: int | None = None
) -> None:
    """Raises `OrienteeringError` with the first thing that is wrong."""
    if not tours:
        raise OrienteeringError("there is no tour")
    _check_matrix(travel, len(points))
    for index, point in enumerate(points):
        _check_point(f"point {index}", point, len(tours))
    for index, tour in enumerate(tours):
        _check_tour(f"tour {index}", tour, len(travel))
    if budget is not None and budget < 0:
        raise OrienteeringError(f"the budget is {budget}, less than 0")
    if sum(point.score for point in points) >= LARGEST:
        raise OrienteeringError(f"the scores add up to {LARGEST} or more")


def check_bounds(*bounds: float | None) -> None:
    """Of the search: None, or not below nothing."""
    for bound in bounds:
        if bound is not None and not bound >= 0:
            raise OrienteeringError(f"{bound} is no bound for a search")


def check_sequences(sequences: Sequence[Sequence[int]], points: int, tours: int) -> None:
    """Points that exist, each at most once, a sequence for each tour."""
    if len(sequences) != tours:
        raise OrienteeringError(f"there are {len(sequences)} sequences for {tours} tours")
    seen: set[int] = set()
    for number, sequence in enumerate(sequences):
        for point in sequence:
            if not _is_whole(point) or not 0 <= point < points:
                raise OrienteeringError(f"sequence {number} visits {point!r}, which is none of the {points} points")
            if point in seen:
                raise OrienteeringError(f"point {point} is visited twice")
            seen.add(point)


def _check_matrix(travel: Sequence[Sequence[int]], points: int) -> None:
    size = len(travel)
    if size < points:
        raise OrienteeringError(f"the travel matrix has {size} rows for {points} points")
    for index, row in enumerate(travel):
        if len(row) != size:
            raise OrienteeringError(f"row {index} of the travel matrix has {len(row)} entries, not {size}")
        if not all(_is_whole(value) and 0 <= value < LARGEST for value in row):
            _check_whole((f"travel from {index}", value, 0) for value in row)


def _check_point(name: str, point: Point, tours: int) -> None:
    _check_whole(
        (f"{what} of {name}", value, 0)
        for what, value in (("score", point.score), ("minutes", point.minutes), ("cost", point.cost))
    )
    if len(point.windows) != tours:
        raise OrienteeringError(f"{name} has windows for {len(point.windows)} tours, not {tours}")
    for number, windows in enumerate(point.windows):
        _check_windows(f"{name} in tour {number}", windows)


def _check_windows(name: str, windows: Sequence[tuple[int, int]]) -> None:
    before = -LARGEST - 1
    for window in windows:
        if len(window) != 2:
            raise OrienteeringError(f"{name}: a window is two times, not {window!r}")
        _check_whole((f"window of {name}", time, -LARGEST) for time in window)
        if window[1] < window[0]:
            raise OrienteeringError(f"{name}: the window {window} ends before it begins")
        if window[0] <= before:
            raise OrienteeringError(f"{name}: the windows are not sorted, or overlap, at {window}")
        before = window[1]


def _check_tour(name: str, tour: Tour, places: int) -> None:
    for what, place in (("start", tour.start), ("end", tour.end)):
        if not _is_whole(place) or not 0 <= place < places:
            raise OrienteeringError(f"the {what} of {name} is {place!r}, none of the {places} places")
    _check_whole((f"time of {name}", time, -LARGEST) for time in (tour.opens, tour.closes))
    if tour.closes < tour.opens:
        raise OrienteeringError(f"{name} closes at {tour.closes}, before it opens at {tour.opens}")
    if tour.most is not None:
        _check_whole([(f"most of {name}", tour.most, 0)])
    for off in tour.breaks:
        _check_break(name, off)


def _check_break(name: str, off: Break) -> None:
    _check_whole([(f"a break of {name}", off.minutes, 0)])
    _check_whole((f"a break of {name}", time, -LARGEST) for time in (off.earliest, off.latest))
    if off.latest < off.earliest:
        raise OrienteeringError(f"{name}: a break has to begin by {off.latest}, before {off.earliest}")


def _check_whole(values: Iterable[tuple[str, int, int]]) -> None:
    """Each: a name, a value, and the least that it may be."""
    for name, value, least in values:
        if not _is_whole(value):
            raise OrienteeringError(f"{name} is {value!r}, not a whole number")
        if not least <= value < LARGEST:
            raise OrienteeringError(f"{name} is {value}, not from {least} to below {LARGEST}")


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)

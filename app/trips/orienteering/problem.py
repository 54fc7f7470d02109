"""What the solver is asked: points that are worth a visit, and tours that may visit them.

All times are integers of one unit, whichever the caller likes (minutes, tenths of a minute).
"""

from dataclasses import dataclass

Window = tuple[int, int]


@dataclass(frozen=True)
class Point:
    """A place that may be visited, at most once over all tours.

    `windows`: for each tour in order, when a visit may START: (first, last) times, sorted, without overlap; empty where
    the place is closed in that tour. Who needs the whole visit inside opening hours takes its length off the last time.
    `cost` counts against the budget of `solve`. `required`: worth more than all others together. `counts`: towards the
    `most` of a tour. `may_exceed`: a tour may have more than its `most` of these, if it has nothing else that counts.
    """

    score: int
    minutes: int
    windows: tuple[tuple[Window, ...], ...]
    cost: int = 0
    required: bool = False
    counts: bool = True
    may_exceed: bool = False


@dataclass(frozen=True)
class Break:
    """Time off wherever one is: it has no way of its own and begins in [`earliest`, `latest`].

    It is taken where the visit before it was (or at the tour's start), before one sets out again.
    """

    minutes: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class Tour:
    """One way from `start` to `end`, both indices into the travel matrix, which may be those of points.

    It leaves at `opens` and arrives by `closes`. `breaks`: in order of time, all are taken. `most`: how many visits
    that count it may have; see `Point` for when there may be more. `is_strict`: never more.
    """

    start: int
    end: int
    opens: int
    closes: int
    breaks: tuple[Break, ...] = ()
    most: int | None = None
    is_strict: bool = False

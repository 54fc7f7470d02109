"""What the solver answers. Times are the earliest that the order of visits allows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Visit:
    """`arrives` to `starts` is waiting time."""

    point: int
    arrives: int
    starts: int
    ends: int


@dataclass(frozen=True)
class Solution:
    """`tours`: the visits of each tour in order, may be empty. `breaks`: for each tour (visits before it, starts, ends)
    of every break. `tour_starts`, `finishes`: when each tour leaves its start and arrives at its end. `missing`:
    required points without a visit. `is_cut_short`: the time limit struck before the end, so that another run may
    differ.
    """

    tours: tuple[tuple[Visit, ...], ...]
    breaks: tuple[tuple[tuple[int, int, int], ...], ...]
    tour_starts: tuple[int, ...]
    finishes: tuple[int, ...]
    score: int
    cost: int
    missing: tuple[int, ...]
    iterations: int
    is_cut_short: bool

    @property
    def sequences(self) -> tuple[tuple[int, ...], ...]:
        """The points of each tour in order."""
        return tuple(tuple(visit.point for visit in tour) for tour in self.tours)

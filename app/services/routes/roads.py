"""Ways by road as providers give them, and which of them are believed. Apart from the providers, since all speak of
roads in these types, and from `estimates.py`, which makes journeys of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.trips.problem import Spot

Mode = Literal["driving", "cycling", "walking"]

_DAY_S = 24 * 3600
ROADS = Lifetime(fresh_s=7 * _DAY_S, keep_s=60 * _DAY_S)
"""Roads hardly change; nobody reckons with the traffic of the hour."""

FARTHEST_SNAP_M = 5_000
"""A road that begins farther from the place than this is no road to it."""

FEWEST_SHARE_OF_STRAIGHT = 0.95
"""No road is shorter than the great circle; the sphere and the places' centres account for some percent."""

_FASTEST_KMH: dict[Mode, float] = {"driving": 200, "cycling": 60, "walking": 15}
_LONGEST_KM = 40_000
_LONGEST_S = 90 * _DAY_S


@dataclass(frozen=True)
class Road:
    """One way, there only. `duration_s`: moving, without breaks and nights. As the provider has it, and not yet
    believed: see `is_plausible`. `off_road_m`: from the farther of the two places to where the road begins or ends, as
    far as the provider says so; it is no part of the way."""

    distance_km: float
    duration_s: float
    off_road_m: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class FoundRoad:
    """`road` None: none leads there. `by`: who says so."""

    road: Road | None
    by: Attribution


@dataclass(frozen=True)
class RoadMatrix:
    """`roads[start][end]`, by the positions of the spots that were asked for; None where no road leads there."""

    roads: tuple[tuple[Road | None, ...], ...]
    by: Attribution

    def between(self, start: int, end: int) -> FoundRoad:
        return FoundRoad(self.roads[start][end], self.by)


class RoadProvider(Protocol):
    """Both verbs give None where the question is not for this provider: another mode, too many spots, too long a way.
    Raises ProviderError."""

    async def matrix(self, spots: Sequence[Spot], mode: Mode, deadline: Deadline) -> Fetched[RoadMatrix] | None:
        """The ways between each two of the spots, in one call."""
        ...

    async def route(
        self, origin: Spot, destination: Spot, mode: Mode, deadline: Deadline
    ) -> Fetched[FoundRoad] | None: ...


def is_plausible(road: Road, straight_km: float, mode: Mode) -> bool:
    """Whether such a way can be, given the great circle between its ends."""
    if not 0 < road.duration_s <= _LONGEST_S or not 0 < road.distance_km <= _LONGEST_KM:
        return False
    is_long_enough = road.distance_km >= straight_km * FEWEST_SHARE_OF_STRAIGHT
    return is_long_enough and road.distance_km <= _FASTEST_KMH[mode] * road.duration_s / 3600


def road_or_none(metres: float | None, seconds: float | None, start_snap_m: float, end_snap_m: float) -> Road | None:
    """One cell of a matrix. None where the provider has none, or its ends lie too far from the places."""
    if metres is None or seconds is None or max(start_snap_m, end_snap_m) > FARTHEST_SNAP_M:
        return None
    return Road(metres / 1000, seconds, max(start_snap_m, end_snap_m))


def is_square(rows: Sequence[Sequence[object]], size: int) -> bool:
    return len(rows) == size and all(len(row) == size for row in rows)

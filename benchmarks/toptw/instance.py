"""An instance as the literature has it, and the same as a problem of our solver."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

from app.trips.orienteering import Point, Tour

# Coordinates are kept as whole thousandths, so that distances are the same on every machine.
PARTS = 1000


@dataclass(frozen=True)
class Place:
    """`x`, `y`: in thousandths. `opens`, `closes`: when service may begin."""

    x: int
    y: int
    score: int
    service: int
    opens: int
    closes: int


@dataclass(frozen=True)
class Instance:
    """`places`: the depot first, where all tours start and end; its `closes` is when they have to be back. `scale`: how
    many units of our time one of theirs has: distances are cut off after one decimal (10) or two (100)."""

    name: str
    places: tuple[Place, ...]
    scale: int

    def distance(self, one: int, other: int) -> int:
        """Of two places, in our units: Euclidean, cut off."""
        a, b = self.places[one], self.places[other]
        square = (a.x - b.x) ** 2 + (a.y - b.y) ** 2
        return isqrt(square * self.scale**2 // PARTS**2)

    def problem(self, tours: int) -> tuple[Sequence[Point], Sequence[Sequence[int]], Sequence[Tour]]:
        """Points are the places without the depot, which is the last place of the travel matrix."""
        depot, *others = self.places
        points = [
            Point(
                place.score,
                place.service * self.scale,
                (((place.opens * self.scale, place.closes * self.scale),),) * tours,
            )
            for place in others
        ]
        order = [*range(1, len(self.places)), 0]
        travel = [[self.distance(one, other) for other in order] for one in order]
        tour = Tour(len(points), len(points), depot.opens * self.scale, depot.closes * self.scale)
        return points, travel, [tour] * tours

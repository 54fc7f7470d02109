"""Bodies of road providers about whatever spots they are asked for, from a rule for the single way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.trips.places.distance import great_circle_km
from app.trips.problem import Spot
from tests.services.stand_in import Asked

Way = tuple[float, float] | None
"""Kilometres and minutes; None where there is no way."""
Rule = Callable[[Spot, Spot], Way]


@dataclass(frozen=True)
class Straight:
    """So many times as long as the way of a crow, at that speed."""

    factor: float
    kmh: float

    def __call__(self, start: Spot, end: Spot) -> Way:
        km = self.factor * great_circle_km(start.latitude, start.longitude, end.latitude, end.longitude)
        return km, km / self.kmh * 60


def openroute_matrix(rule: Rule, *, off_road_m: float = 1.0) -> Callable[[Asked], dict[str, Any]]:
    def body(asked: Asked) -> dict[str, Any]:
        spots = locations(asked)
        return {**_tables(spots, rule), **_ends([{"snapped_distance": off_road_m} for _ in spots])}

    return body


def osrm_table(rule: Rule, *, off_road_m: float = 1.0) -> Callable[[Asked], dict[str, Any]]:
    def body(asked: Asked) -> dict[str, Any]:
        points = (point.split(",") for point in asked.path.rpartition("/")[2].split(";"))
        spots = [Spot(latitude=float(latitude), longitude=float(longitude)) for longitude, latitude in points]
        return {"code": "Ok", **_tables(spots, rule), **_ends([{"distance": off_road_m} for _ in spots])}

    return body


def locations(asked: Asked) -> list[Spot]:
    """What OpenRouteService was asked about."""
    return [Spot(latitude=latitude, longitude=longitude) for longitude, latitude in asked.json["locations"]]


def _ends(ends: list[dict[str, float]]) -> dict[str, Any]:
    return {"sources": ends, "destinations": ends}


def _tables(spots: Sequence[Spot], rule: Rule) -> dict[str, Any]:
    """Metres and seconds; from a spot to itself nothing of both."""
    ways = [[(0.0, 0.0) if start == end else rule(start, end) for end in spots] for start in spots]
    return {
        "distances": [[None if way is None else way[0] * 1000 for way in row] for row in ways],
        "durations": [[None if way is None else way[1] * 60 for way in row] for row in ways],
    }

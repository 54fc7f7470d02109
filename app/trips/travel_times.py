"""How long it takes from one stop to the next inside a city: the trip's own table first, then an estimate.

Apart from planner and checker because both have to mean the same minutes.
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from app.trips.places.distance import great_circle_km
from app.trips.problem import City, Spot, Trip
from app.trips.request import LocalTransport

TravelManner = Literal["on foot", "by local transport", "by bicycle", "by car"]

UNKNOWN_WAY_MINUTES = 20
"""Between stops of which one is not on the map."""

WALKABLE_KM = 1.8
"""Up to this distance as the crow flies people walk."""

_WALKABLE_KM: dict[LocalTransport | None, float] = {None: WALKABLE_KM, "walking": 4.0, "cycling": 0.8, "driving": 0.8}
"""By what they prefer: who prefers walking walks further, who drives or cycles less."""

_LONGEST_WALK = 1.6
"""By road so many times that distance is walked: streets are about a third longer than the straight line, seldom
more."""

CYCLABLE_KM = 12.0
"""Beyond this, a bicycle gives way to local transport."""

_SPEED_KMH: dict[TravelManner, float] = {
    "on foot": 4.5,
    "by local transport": 18.0,
    "by bicycle": 13.0,
    "by car": 25.0,
}
"""Kilometres an hour over the straight line."""

_CITY_KM = 12.0
"""Past so many kilometres the way leaves the dense city."""

_OUTSIDE_SPEED_KMH: dict[TravelManner, float] = {"by local transport": 40.0, "by car": 60.0}
"""Kilometres an hour on the rest of it, where trains, coaches and cars go faster."""

EXTRA_MINUTES: dict[TravelManner, int] = {
    "on foot": 0,
    "by local transport": 10,
    "by bicycle": 5,
    "by car": 10,
}
"""For waiting, unlocking or parking."""

_SAME_SPOT_KM = 0.05
"""Nearer than this is the same stop."""


@dataclass(frozen=True)
class Way:
    """`minutes` door to door, rounded up to five. `distance_km`: as the crow flies."""

    minutes: int
    manner: TravelManner
    distance_km: float


def estimated_way(start: Spot, end: Spot, preferred: LocalTransport | None) -> Way:
    """Zero minutes between spots less than fifty metres apart, else at least five."""
    km = great_circle_km(start.latitude, start.longitude, end.latitude, end.longitude)
    manner = _manner(km, preferred)
    if km < _SAME_SPOT_KM:
        return Way(0, manner, km)
    return Way(door_to_door_minutes(_moving_minutes(km, manner), manner), manner, km)


def is_walked(road_km: float, preferred: LocalTransport | None) -> bool:
    """Whether people walk so far by road, where that is far for how near the place is."""
    return road_km <= _LONGEST_WALK * _WALKABLE_KM[preferred]


def reckoned_ride(road_km: float, preferred: LocalTransport | None) -> Way:
    """By a road that is too long to be walked."""
    manner = _manner(max(road_km, _LONGEST_WALK * _WALKABLE_KM[preferred]), preferred)
    return Way(door_to_door_minutes(_moving_minutes(road_km, manner), manner), manner, road_km)


def door_to_door_minutes(moving_minutes: float, manner: TravelManner) -> int:
    """With those for waiting, unlocking or parking, rounded up to five."""
    return ceil((moving_minutes + EXTRA_MINUTES[manner]) / 5) * 5


def spots_of(city: City) -> dict[str, Spot | None]:
    """Where each stop of a city is, by its id; a stay without a spot is in the city's centre."""
    spots: dict[str, Spot | None] = {city.id: city.spot}
    spots.update((stay.id, stay.spot or city.spot) for stay in city.stays)
    spots.update((eatery.id, eatery.spot) for eatery in city.eateries)
    spots.update((sight.id, sight.spot) for sight in city.attractions)
    return spots


def travel_minutes(trip: Trip, spots: dict[str, Spot | None], origin: str, destination: str) -> int:
    """Between two stops of one city, whose `spots_of` are given."""
    if origin == destination:
        return 0
    known = trip.minutes_by_pair.get((origin, destination))
    if known is not None:
        return known
    start, end = spots[origin], spots[destination]
    if start is None or end is None:
        return UNKNOWN_WAY_MINUTES
    return estimated_way(start, end, trip.local_transport).minutes


def _moving_minutes(km: float, manner: TravelManner) -> float:
    outside_speed_kmh = _OUTSIDE_SPEED_KMH.get(manner)
    inside_km = km if outside_speed_kmh is None else min(km, _CITY_KM)
    hours = inside_km / _SPEED_KMH[manner]
    if outside_speed_kmh is not None:
        hours += (km - inside_km) / outside_speed_kmh
    return hours * 60


def _manner(km: float, preferred: LocalTransport | None) -> TravelManner:
    if km <= _WALKABLE_KM[preferred]:
        return "on foot"
    if preferred == "driving":
        return "by car"
    if preferred == "cycling" and km <= CYCLABLE_KM:
        return "by bicycle"
    return "by local transport"

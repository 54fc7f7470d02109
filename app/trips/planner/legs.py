"""How long it takes from one stop to the next inside a city: estimates by distance and manner of travel."""

from math import ceil

from app.trips.places.distance import great_circle_km
from app.trips.planner.problem import Leg, Spot, TravelManner
from app.trips.request import LocalTransport

# Up to this distance as the crow flies people walk. Who prefers walking walks further, who drives or cycles less.
WALKABLE_KM = 1.8
_WALKABLE_KM: dict[LocalTransport | None, float] = {None: WALKABLE_KM, "walking": 4.0, "cycling": 0.8, "driving": 0.8}
# Beyond this, a bicycle gives way to local transport.
CYCLABLE_KM = 12.0

# Kilometres an hour over the straight line, and minutes for waiting, unlocking or parking.
_SPEED_KMH: dict[TravelManner, float] = {
    "on foot": 4.5,
    "by local transport": 18.0,
    "by bicycle": 13.0,
    "by car": 25.0,
}
# Past so many kilometres the way leaves the dense city: trains, coaches and cars go faster on the rest of it.
_CITY_KM = 12.0
_OUTSIDE_SPEED_KMH: dict[TravelManner, float] = {"by local transport": 40.0, "by car": 60.0}
_EXTRA_MINUTES: dict[TravelManner, int] = {
    "on foot": 0,
    "by local transport": 10,
    "by bicycle": 5,
    "by car": 10,
}

# Nearer than this is the same stop.
_SAME_SPOT_KM = 0.05


def leg_between(start: Spot, end: Spot, preferred: LocalTransport | None) -> Leg:
    """Zero minutes between spots less than fifty metres apart, else at least five."""
    km = great_circle_km(start.latitude, start.longitude, end.latitude, end.longitude)
    manner = _manner(km, preferred)
    if km < _SAME_SPOT_KM:
        return Leg(0, manner, km)
    return Leg(ceil(_minutes(km, manner) / 5) * 5, manner, km)


def _minutes(km: float, manner: TravelManner) -> float:
    outside_speed_kmh = _OUTSIDE_SPEED_KMH.get(manner)
    inside_km = km if outside_speed_kmh is None else min(km, _CITY_KM)
    hours = inside_km / _SPEED_KMH[manner]
    if outside_speed_kmh is not None:
        hours += (km - inside_km) / outside_speed_kmh
    return hours * 60 + _EXTRA_MINUTES[manner]


def _manner(km: float, preferred: LocalTransport | None) -> TravelManner:
    if km <= _WALKABLE_KM[preferred]:
        return "on foot"
    if preferred == "driving":
        return "by car"
    if preferred == "cycling" and km <= CYCLABLE_KM:
        return "by bicycle"
    return "by local transport"


class LegTable:
    """Legs of one problem, each reckoned once."""

    def __init__(self, preferred: LocalTransport | None) -> None:
        self._preferred = preferred
        self._known: dict[tuple[Spot, Spot], Leg] = {}

    def between(self, start: Spot, end: Spot) -> Leg:
        leg = self._known.get((start, end))
        if leg is None:
            leg = self._known[start, end] = leg_between(start, end, self._preferred)
        return leg

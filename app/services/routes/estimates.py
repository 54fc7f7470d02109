"""How long each way of travelling takes: from the length and time of a road where a provider told them, else reckoned
from the map alone. Breaks, nights and what is feasible are reckoned alike in both; the assumptions are the constants
below, and every figure says how it came about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from app.services.outside.fetched import Fetched
from app.services.routes.land_masses import RoadLink, road_link
from app.services.routes.roads import FoundRoad, Mode
from app.services.routes.words import days_text, hours_text, km_text
from app.trips.places.airports import Airport, airport_for
from app.trips.places.distance import great_circle_km
from app.trips.places.place import Place
from app.trips.reports import Provenance, RouteOption, TravelMode

# Share of a trip that one way may take, and the length assumed where it is not known.
SHARE_OF_TRIP = 3
ASSUMED_DAYS = 7

# Below this no airline flies as a rule, unless water lies between.
FLIGHT_FROM_KM = 150
FLIGHT_KMH = 800
CLIMB_AND_TAXI_MIN = 30
AIRPORT_OVERHEAD_MIN = 180
# From this distance, and to towns smaller than this, a change of planes is likely.
CONNECTION_FROM_KM = 9000
CONNECTION_BELOW_POPULATION = 300_000
AIRPORT_WITHIN_KM = 150

ROAD_FACTOR = 1.3
# Town roads at the start, motorways on long ways.
SLOWEST_KMH, FASTEST_KMH, FASTEST_FROM_KM = 60, 85, 600
WHEEL_HOURS_A_DAY = 9
# A quarter of an hour for every two at the wheel.
BREAK_MIN, BREAK_EVERY_H = 15, 2
CHANNEL_TUNNEL_MIN = 90
# A road's own time has the passage in it.
CHANNEL_BOARDING_MIN = 55


@dataclass(frozen=True)
class _OwnPower:
    """`factor`: way by small roads and paths against the straight line."""

    mode: Mode
    verb: str
    factor: float
    kmh: float
    km_a_day: int


_CYCLING = _OwnPower("cycling", "Cycle", 1.25, 15, 80)
_WALKING = _OwnPower("walking", "Walk", 1.2, 4.5, 25)
_ON: dict[Mode, str] = {"driving": "by car", "cycling": "by bicycle", "walking": "on foot"}


@dataclass(frozen=True)
class Journey:
    """From where to where, and how long the whole trip is; `days` None: not known."""

    origin: Place
    destination: Place
    days: int | None

    @property
    def straight_km(self) -> float:
        """Great circle."""
        return self.origin.distance_km(self.destination)

    @property
    def link(self) -> RoadLink:
        return road_link(self.origin, self.destination)

    @property
    def longest_way_min(self) -> int:
        """The most that one way may take: a third of the trip."""
        return (self.days or ASSUMED_DAYS) * 24 * 60 // SHARE_OF_TRIP

    @property
    def trip_text(self) -> str:
        return f"a trip of {days_text(self.days)}" if self.days else f"an assumed trip of {days_text(ASSUMED_DAYS)}"


def all_options(journey: Journey, roads: Mapping[Mode, Fetched[FoundRoad]] = {}) -> list[RouteOption]:
    """Every mode judged, feasible or not: flight, driving, cycling, walking. `roads`: what providers found, by mode."""
    own_power = [_by_own_power(way, journey, roads.get(way.mode)) for way in (_CYCLING, _WALKING)]
    return [flight(journey), driving(journey, roads.get("driving")), *own_power]


def flight(journey: Journey) -> RouteOption:
    """Airport to airport by great circle at cruising speed, with time for climbing, taxiing and both airports."""
    leaves, arrives = (_airport_of(place) for place in (journey.origin, journey.destination))
    if leaves is None or arrives is None:
        missing = journey.origin if leaves is None else journey.destination
        reason = f"No airport is on record within {AIRPORT_WITHIN_KM} km of {missing.name}."
        return _option("flight", journey.straight_km, 0, "Not reckoned.", reason)
    air_km = great_circle_km(leaves.latitude, leaves.longitude, arrives.latitude, arrives.longitude)
    air_min = CLIMB_AND_TAXI_MIN + air_km / FLIGHT_KMH * 60
    minutes = _rounded(air_min + AIRPORT_OVERHEAD_MIN)
    description = (
        f"Fly from {_airport_text(leaves, journey.origin)} to {_airport_text(arrives, journey.destination)}: about "
        f"{hours_text(_rounded(air_min))} in the plane ({FLIGHT_KMH} km/h and {CLIMB_AND_TAXI_MIN} min to climb and "
        f"taxi) and {AIRPORT_OVERHEAD_MIN // 60} h for the airports and the ways to and from them. "
        f"{_connection_text(journey, air_km)}"
    )
    if leaves.code == arrives.code:
        return _option("flight", air_km, minutes, description, f"Both places use {leaves.name}.")
    if journey.straight_km < FLIGHT_FROM_KM and journey.link.kind != "water":
        return _option("flight", air_km, minutes, description, f"Under {FLIGHT_FROM_KM} km hardly any airline flies.")
    return _judged("flight", air_km, minutes, description, journey)


def driving(journey: Journey, found: Fetched[FoundRoad] | None = None) -> RouteOption:
    """By the road that was found, else at 1.3 times the straight line; with breaks, and nights on the way after nine
    hours at the wheel."""
    road_km = journey.straight_km * ROAD_FACTOR
    if journey.link.kind == "water":
        return _option("driving", road_km, 0, "Not reckoned.", journey.link.reason)
    if found is not None and found.value.road is None:
        return _no_road("driving", road_km, journey, found)
    wheel_h = road_km / _kmh(road_km)
    if found is not None:
        road_km, wheel_h = _length_and_hours(found)
    minutes = _elapsed_min(wheel_h, WHEEL_HOURS_A_DAY, breaks=True)
    days = ceil(wheel_h / WHEEL_HOURS_A_DAY)
    description = (
        f"Drive {_length_text(road_km, ROAD_FACTOR, found)}: {hours_text(_rounded(wheel_h * 60))} at the wheel and "
        f"breaks, at most {WHEEL_HOURS_A_DAY} h a day. Traffic, tolls and borders are not included."
    )
    if journey.link.kind == "channel_tunnel":
        extra_min, what = (CHANNEL_TUNNEL_MIN, "the car shuttle through the Channel Tunnel")
        if found is not None:
            extra_min, what = (CHANNEL_BOARDING_MIN, "boarding the car shuttle through the Channel Tunnel")
        minutes += extra_min
        description += f" {extra_min} min are added for {what}."
    effort = f"about {round(wheel_h)} h at the wheel one way, {days_text(days)} of driving"
    return _judged("driving", road_km, minutes, description, journey, effort, _kind_of(found))


def _by_own_power(way: _OwnPower, journey: Journey, found: Fetched[FoundRoad] | None) -> RouteOption:
    distance_km = journey.straight_km * way.factor
    if journey.link.kind != "road":
        return _option(way.mode, distance_km, 0, "Not reckoned.", journey.link.reason)
    if found is not None and found.value.road is None:
        return _no_road(way.mode, distance_km, journey, found)
    moving_h, speed = distance_km / way.kmh, f"at {way.kmh:g} km/h"
    if found is not None:
        distance_km, moving_h = _length_and_hours(found)
        speed = f"in {hours_text(_rounded(moving_h * 60))}"
    days = ceil(distance_km / way.km_a_day)
    minutes = _elapsed_min(moving_h, way.km_a_day / way.kmh, breaks=False)
    length = _length_text(distance_km, way.factor, found)
    description = f"{way.verb} {length} {speed}, at most {way.km_a_day} km a day."
    effort = f"{km_text(distance_km)} one way, {days_text(days)} on the road"
    return _judged(way.mode, distance_km, minutes, description, journey, effort, _kind_of(found))


def _length_and_hours(found: Fetched[FoundRoad]) -> tuple[float, float]:
    road = found.value.road
    assert road is not None, "whether there is a road was asked before"
    return road.distance_km, road.duration_s / 3600


def _kind_of(found: Fetched[FoundRoad] | None) -> Provenance:
    return "estimate" if found is None else found.kind


def _length_text(distance_km: float, factor: float, found: Fetched[FoundRoad] | None) -> str:
    if found is None:
        return f"about {km_text(distance_km)} (the straight line times {factor})"
    return f"{km_text(distance_km)} by road ({found.value.by.provider})"


def _no_road(mode: Mode, distance_km: float, journey: Journey, found: Fetched[FoundRoad]) -> RouteOption:
    ends = f"from {journey.origin.name} to {journey.destination.name}"
    reason = f"{found.value.by.provider} finds no way {ends} {_ON[mode]}."
    return _option(mode, distance_km, 0, "Not reckoned.", reason, kind=found.kind)


def _kmh(road_km: float) -> float:
    return SLOWEST_KMH + (FASTEST_KMH - SLOWEST_KMH) * min(1.0, road_km / FASTEST_FROM_KM)


def _elapsed_min(moving_h: float, hours_a_day: float, *, breaks: bool) -> int:
    """From leaving to arriving: every full day of travel is a day gone, the rest counts as it is."""
    full_days = max(0, ceil(moving_h / hours_a_day) - 1)
    rest_h = moving_h - full_days * hours_a_day
    break_min = int(rest_h // BREAK_EVERY_H) * BREAK_MIN if breaks else 0
    return full_days * 24 * 60 + _rounded(rest_h * 60 + break_min)


def _judged(
    mode: TravelMode,
    distance_km: float,
    minutes: int,
    description: str,
    journey: Journey,
    effort: str = "",
    kind: Provenance = "estimate",
) -> RouteOption:
    """Feasible when one way takes at most a third of the trip."""
    most = hours_text(journey.longest_way_min)
    if minutes <= journey.longest_way_min:
        reason = f"{hours_text(minutes)} door to door, within the third of {journey.trip_text} ({most})."
        return _option(mode, distance_km, minutes, description, reason, is_feasible=True, kind=kind)
    too_long = effort or f"{hours_text(minutes)} door to door"
    reason = f"{too_long[0].upper()}{too_long[1:]}: more than a third of {journey.trip_text} ({most})."
    return _option(mode, distance_km, minutes, description, reason, kind=kind)


def _option(
    mode: TravelMode,
    distance_km: float,
    minutes: int,
    description: str,
    reason: str,
    *,
    is_feasible: bool = False,
    kind: Provenance = "estimate",
) -> RouteOption:
    return RouteOption(
        mode=mode,
        is_feasible=is_feasible,
        distance_km=round(distance_km, 1),
        duration_minutes=minutes,
        description=description.strip(),
        reason=reason,
        kind=kind,
    )


# Every airport is looked at for a place outside the catalogue, and a trip with many stops asks for each of them often.
@lru_cache(maxsize=256)
def _airport_of(place: Place) -> Airport | None:
    return airport_for(place.city, place.latitude, place.longitude, AIRPORT_WITHIN_KM)


def _airport_text(airport: Airport, place: Place) -> str:
    distance_km = airport.distance_km(place.latitude, place.longitude)
    far = f", {distance_km:.0f} km from {place.name}" if distance_km > 40 else ""
    return f"{airport.name} ({airport.code}{far})"


def _connection_text(journey: Journey, air_km: float) -> str:
    if air_km > CONNECTION_FROM_KM:
        return "So far a change of planes is likely; it takes hours more and is not included."
    small = [place for place in (journey.origin, journey.destination) if _is_small(place)]
    if small:
        return f"Which airlines serve {small[0].name} is not known; a change of planes is likely and not included."
    return "Whether there is a direct flight is not known."


def _is_small(place: Place) -> bool:
    return place.city is None and (place.population or 0) < CONNECTION_BELOW_POPULATION


def _rounded(minutes: float) -> int:
    """To five minutes: an estimate knows no better."""
    return 5 * max(1, round(minutes / 5))

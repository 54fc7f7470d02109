"""What the road providers are asked for one trip, and what of their answers is believed: one matrix for driving, and at
most one way by bicycle and one on foot. Apart from `maps_service.py`, which goes on the same without any of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.services.outside.chain import Answered
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched, source_of
from app.services.routes.chain import RouteChain
from app.services.routes.estimates import Journey
from app.services.routes.road_failures import failure_text
from app.services.routes.roads import FoundRoad, Mode, is_plausible
from app.trips.places.place import Place
from app.trips.problem import Spot
from app.trips.reports import Source

log = structlog.get_logger(__name__)

FARTHEST_KM: dict[Mode, float] = {"driving": 4_500, "cycling": 200, "walking": 60}
"""In a straight line. Nobody drives farther, and it is about the most that providers reckon; by own power one call is
only worth it where the way may be taken at all."""

_ESTIMATED = {
    "driving": "distances by road are estimates",
    "cycling": "the way by bicycle is an estimate",
    "walking": "the way on foot is an estimate",
}

Pair = tuple[int, int]
Roads = Mapping[Mode, Fetched[FoundRoad]]


@dataclass
class TripRoads:
    """`by_pair`: of each two places, by their positions, what is known of the ways between them by mode; nothing where
    the estimate stands. `sources`: of what is in it."""

    by_pair: dict[Pair, dict[Mode, Fetched[FoundRoad]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    def of(self, pair: Pair) -> Roads:
        return self.by_pair.get(pair, {})

    def add(self, pair: Pair, mode: Mode, journey: Journey, found: Fetched[FoundRoad]) -> None:
        """Only if it can be true."""
        road, by = found.value.road, found.value.by
        if road is not None and not is_plausible(road, journey.straight_km, mode):
            log.warning(
                "road_not_believed",
                provider=by.provider,
                mode=mode,
                straight_km=round(journey.straight_km),
                distance_km=road.distance_km,
                duration_s=road.duration_s,
            )
            return
        self.by_pair.setdefault(pair, {})[mode] = found
        source = source_of(by, found)
        if source not in self.sources:
            self.sources.append(source)

    def add_warning(self, mode: Mode, answered: Answered[Any]) -> None:
        """Where somebody failed."""
        text = failure_text(answered, _ESTIMATED[mode])
        if text is not None:
            self.warnings.append(text)


async def trip_roads(
    chain: RouteChain, places: Sequence[Place], journeys: Mapping[Pair, Journey], deadline: Deadline
) -> TripRoads:
    """`journeys`: between each two of the places, by their positions, those that nobody needs left out."""
    found = TripRoads()
    driven = {pair: journey for pair, journey in journeys.items() if _is_worth_asking("driving", journey)}
    first = journeys.get((0, 1))
    own_power: list[Mode] = []
    if first is not None:
        own_power = [mode for mode in ("cycling", "walking") if _is_worth_asking(mode, first)]
    await asyncio.gather(
        _add_driving(found, chain, places, driven, deadline),
        *(_add_way(found, chain, places, mode, journeys[0, 1], deadline) for mode in own_power),
    )
    found.warnings = list(dict.fromkeys(found.warnings))
    return found


async def _add_driving(
    found: TripRoads, chain: RouteChain, places: Sequence[Place], journeys: Mapping[Pair, Journey], deadline: Deadline
) -> None:
    """One matrix of all places for all of the ways."""
    if not journeys:
        return
    answered = await chain.matrix([_spot(place) for place in places], "driving", deadline)
    found.add_warning("driving", answered)
    if answered.answer is None:
        return
    matrix = answered.answer.value
    for (start, end), journey in journeys.items():
        found.add((start, end), "driving", journey, answered.answer.replaced(matrix.between(start, end)))


async def _add_way(
    found: TripRoads, chain: RouteChain, places: Sequence[Place], mode: Mode, journey: Journey, deadline: Deadline
) -> None:
    answered = await chain.route(_spot(places[0]), _spot(places[1]), mode, deadline)
    found.add_warning(mode, answered)
    if answered.answer is not None:
        found.add((0, 1), mode, journey, answered.answer)


def _is_worth_asking(mode: Mode, journey: Journey) -> bool:
    """Over water the verdict of the map stands: providers take ferries for roads, and know no timetable of them."""
    kinds = ("road", "channel_tunnel") if mode == "driving" else ("road",)
    return journey.link.kind in kinds and journey.straight_km <= FARTHEST_KM[mode]


def _spot(place: Place) -> Spot:
    return Spot(latitude=place.latitude, longitude=place.longitude)

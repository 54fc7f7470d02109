"""What the road providers are asked for the stops of each town, and what of their answers is believed: one matrix for
each manner of getting about that the town has ways for. Apart from `trip_roads.py`, which asks for the ways between
towns and knows nothing of stops.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import structlog

from app.services.outside.chain import Answered
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched, source_of
from app.services.places.words import listed
from app.services.routes.chain import RouteChain
from app.services.routes.road_failures import causes_of, failure_text
from app.services.routes.roads import Mode, Road, RoadMatrix, is_plausible
from app.trips.planner.appeal import must_see, points
from app.trips.problem import City, Spot, TravelTime, Trip, Wishes
from app.trips.reports import Provenance, Source
from app.trips.request import LocalTransport
from app.trips.travel_times import (
    TravelManner,
    Way,
    door_to_door_minutes,
    estimated_way,
    is_walked,
    reckoned_ride,
    spots_of,
)

log = structlog.get_logger(__name__)

MOST_SPOTS = 59
"""In one matrix: the most that every provider takes."""

FARTHEST_OFF_ROAD_M = 500.0
"""From a stop to where its road begins. Beyond, the rest of the way is too much of it to be passed over."""

_SLOWEST_KMH: dict[TravelManner, float] = {"on foot": 1.0, "by bicycle": 2.0, "by car": 2.0}
"""Over a whole way, ferries included. Nobody is slower than that, but for a mistake in the answer."""

LONGEST_MINUTES = 6 * 60
"""A longer way between two stops of one town is not believed."""

_MODES: dict[TravelManner, Mode] = {"on foot": "walking", "by bicycle": "cycling", "by car": "driving"}
"""No provider knows local transport."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class TownWay:
    """From one stop to another by road, there only. `minutes`, `manner`: as in `travel_times.Way`. `provider`: who
    knows the road; where it is too long to be walked, the minutes are an estimate, as `provenance` says."""

    minutes: int
    manner: TravelManner
    distance_km: float
    provider: str
    provenance: Provenance


@dataclass
class TownRoads:
    """`by_pair`: by the ids of origin and destination; nothing where the estimate stands. `sources`: of what is in it,
    the oldest of those that are alike."""

    by_pair: dict[Pair, TownWay] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)

    @property
    def travel(self) -> tuple[TravelTime, ...]:
        """For the planner and its checker."""
        return tuple(
            TravelTime(origin=origin, destination=destination, minutes=way.minutes)
            for (origin, destination), way in self.by_pair.items()
        )

    @property
    def times_text(self) -> str:
        """How the times between stops were come by; the middle of a sentence."""
        if not self.by_pair:
            return "times between stops are estimates from the distance"
        providers = listed(list(dict.fromkeys(source.provider for source in self.sources)))
        return (
            f"times between stops go by the roads of {providers} where a way says so, else by the distance (estimate)"
        )


@dataclass(frozen=True)
class _Question:
    """One matrix of one town. `stops`: the ids of those at each spot. `ways`: between two of the spots, those that are
    gone in this manner, as they are estimated."""

    town: str
    manner: TravelManner
    preferred: LocalTransport | None
    stops: Mapping[Spot, Sequence[str]]
    ways: Mapping[tuple[Spot, Spot], Way]

    @property
    def mode(self) -> Mode:
        return _MODES[self.manner]


_Answer = Answered[Fetched[RoadMatrix]]


async def town_roads(chain: RouteChain, trip: Trip, deadline: Deadline) -> TownRoads:
    """All towns at once. Never raises ProviderError."""
    questions = [question for city in trip.cities for question in _questions(city, trip)]
    answers = await asyncio.gather(*(chain.matrix(list(one.stops), one.mode, deadline) for one in questions))
    asked = list(zip(questions, answers, strict=True))
    found = TownRoads(warnings=list(_warnings(asked)))
    told = [(question, answered.answer) for question, answered in asked if answered.answer is not None]
    for question, answer in sorted(told, key=lambda pair: pair[1].fetched_at):
        _add(found, question, answer)
    return found


def _questions(city: City, trip: Trip) -> Iterator[_Question]:
    """One for each manner in which ways of the town are gone; none for local transport, of which no provider knows."""
    stops = _stops_by_spot(city, trip.wishes)
    ways: dict[TravelManner, dict[tuple[Spot, Spot], Way]] = {}
    for start, end in permutations(stops, 2):
        way = estimated_way(start, end, trip.local_transport)
        if way.minutes and way.manner in _MODES:
            ways.setdefault(way.manner, {})[start, end] = way
    for manner, gone in ways.items():
        ends = {spot for pair in gone for spot in pair}
        stops_of_it = {spot: ids for spot, ids in stops.items() if spot in ends}
        yield _Question(city.name, manner, trip.local_transport, stops_of_it, gone)


def _stops_by_spot(city: City, wishes: Wishes) -> dict[Spot, list[str]]:
    """The ids of the stops at each spot, in the city's order, so that the same town is the same question. Of more
    spots than fit, those of where one sleeps, of what has to be seen and of what is worth most."""
    wanted = must_see(city, wishes)
    by_worth = sorted(city.attractions, key=lambda sight: (sight.id not in wanted, -points(sight, wishes), sight.id))
    spots = {stop: spot for stop, spot in spots_of(city).items() if spot is not None}
    ranked = [city.id, *(stay.id for stay in city.stays), *(sight.id for sight in by_worth), *spots]
    kept = set(list(dict.fromkeys(spots[stop] for stop in ranked if stop in spots))[:MOST_SPOTS])
    at_spot: dict[Spot, list[str]] = {}
    for stop, spot in spots.items():
        if spot in kept:
            at_spot.setdefault(spot, []).append(stop)
    return at_spot


def _add(found: TownRoads, question: _Question, answer: Fetched[RoadMatrix]) -> None:
    """What can be true of the answer."""
    matrix, provider = answer.value, answer.value.by.provider
    position = {spot: number for number, spot in enumerate(question.stops)}
    refused, before = 0, len(found.by_pair)
    for (start, end), estimate in question.ways.items():
        road = matrix.roads[position[start]][position[end]]
        if road is None or road.off_road_m > FARTHEST_OFF_ROAD_M:
            continue
        if not _is_believed(road, estimate, question.mode):
            refused += 1
            continue
        way = _town_way(road, question, provider, answer.kind)
        found.by_pair.update({(origin, to): way for origin in question.stops[start] for to in question.stops[end]})
    if refused:
        log.warning("roads_not_believed", provider=provider, mode=question.mode, ways=refused)
    source = source_of(matrix.by, answer, note="ways between stops")
    known = {(other.provider, other.kind, other.note) for other in found.sources}
    if len(found.by_pair) > before and (source.provider, source.kind, source.note) not in known:
        found.sources.append(source)


def _town_way(road: Road, question: _Question, provider: str, provenance: Provenance) -> TownWay:
    """Where water or a railway makes a short walk a long one, nobody walks; and who knows roads knows no timetables."""
    if question.manner == "on foot" and not is_walked(road.distance_km, question.preferred):
        ride = reckoned_ride(road.distance_km, question.preferred)
        return TownWay(ride.minutes, ride.manner, road.distance_km, provider, "estimate")
    return TownWay(_minutes(road, question.manner), question.manner, road.distance_km, provider, provenance)


def _is_believed(road: Road, estimate: Way, mode: Mode) -> bool:
    if not is_plausible(road, estimate.distance_km, mode) or _minutes(road, estimate.manner) > LONGEST_MINUTES:
        return False
    return road.distance_km >= _SLOWEST_KMH[estimate.manner] * road.duration_s / 3600


def _minutes(road: Road, manner: TravelManner) -> int:
    return door_to_door_minutes(road.duration_s / 60, manner)


def _warnings(asked: Iterable[tuple[_Question, _Answer]]) -> Iterator[str]:
    """Towns of which the same is to be said share a sentence."""
    alike: dict[tuple[str, TravelManner, bool], tuple[_Answer, list[str]]] = {}
    for question, answered in asked:
        key = (causes_of(answered), question.manner, answered.answer is None)
        alike.setdefault(key, (answered, []))[1].append(question.town)
    texts = (
        failure_text(answered, f"ways {manner} in {listed(towns)} are estimates")
        for (_, manner, _), (answered, towns) in alike.items()
    )
    yield from dict.fromkeys(text for text in texts if text is not None)

"""Routes: how to get from one place to another, with every mode judged, and how to get about once there."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.routes.chain import RouteChain
from app.services.routes.estimates import ASSUMED_DAYS, Journey, all_options
from app.services.routes.local_transport import local_transport_text
from app.services.routes.trip_roads import Pair, TripRoads, trip_roads
from app.services.routes.words import days_text, hours_text, km_text
from app.trips.places.airports import AIRPORTS_SOURCE
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.reports import Connection, RouteOption, RouteReport, Source
from app.trips.request import LocalTransport

# Nearer than this, within one country, nobody travels: local transport does.
SAME_CITY_KM = 30
# Below this, where a road leads all the way and one day at the wheel is enough, the road is proposed even if the
# estimate for the flight is shorter: it goes from door to door when one wants, and whether a flight goes is not known.
ROAD_BELOW_KM = 500
# One day of nine hours at the wheel, with its breaks.
_ONE_DAY_OF_DRIVING_MIN = 10 * 60

# Up to this distance trains, coaches and ferries are worth a look.
_OTHER_MEANS_BELOW_KM = 1500
_NAMES = {"flight": "flying", "driving": "driving", "cycling": "cycling", "walking": "walking"}

ESTIMATE_SOURCE = Source(
    provider="route estimates",
    kind="estimate",
    retrieved_at=CATALOGUE_EDITION,
    note="Reckoned from the great circle (haversine formula); no timetables, traffic, borders or closures.",
)


class MapsService:
    """Estimates from the map; where `roads` are given, driving, cycling and walking go by what they found, if anything.
    Flights are always estimates."""

    def __init__(self, roads: RouteChain | None = None) -> None:
        self._roads = roads

    async def routes(
        self,
        origin: Place,
        destination: Place,
        days: int | None,
        preferred: LocalTransport | None,
        further: Sequence[Place] = (),
        *,
        keep_order: bool = True,
        deadline: Deadline = NO_DEADLINE,
    ) -> RouteReport:
        """One way, from `origin` to `destination`. `days`: length of the trip, None where it is not known.

        `further`: the destinations after the first; each two places of the trip are then connected, so that any order
        can be planned. `keep_order`: they are visited as listed, and only the ways of that round are warned about.
        `deadline`: of the report.
        """
        places = (origin, destination, *further)
        journeys = {
            (start, end): Journey(places[start], places[end], days)
            for start, end in combinations(range(len(places)), 2)
        }
        roads = await self._found_roads(places, journeys, deadline)
        journey = journeys[0, 1]
        options = all_options(journey, roads.of((0, 1)))
        primary = _best(options, journey)
        others = {option.mode: option for option in options if option is not primary}
        ways = {(0, 1): (journey, primary), **_further_ways(journeys, roads)}
        needed = [way for pair, way in ways.items() if not keep_order or _is_of_round(pair, len(places))]
        return RouteReport(
            origin=origin.resolved(),
            destination=destination.resolved(),
            primary_route=primary,
            alternative_routes=dict(others),
            route_analysis=_analysis(journey, primary, options),
            local_transport=local_transport_text(destination, preferred, primary),
            connections=[_connection(*ways[pair]) for pair in sorted(ways)] if further else [],
            warnings=[*_warnings(needed, places, days), *roads.warnings],
            sources=_sources(places, roads),
        )

    async def _found_roads(
        self, places: Sequence[Place], journeys: Mapping[Pair, Journey], deadline: Deadline
    ) -> TripRoads:
        needed = {pair: journey for pair, journey in journeys.items() if not _is_same_city(journey)}
        if self._roads is None or not needed:
            return TripRoads()
        return await trip_roads(self._roads, places, needed, deadline)


def _further_ways(journeys: Mapping[Pair, Journey], roads: TripRoads) -> dict[Pair, tuple[Journey, RouteOption]]:
    """The best way between each two places, by their positions; the one from the first to the second is left out."""
    return {
        pair: (journey, _best(all_options(journey, roads.of(pair)), journey))
        for pair, journey in journeys.items()
        if pair != (0, 1)
    }


def _is_of_round(pair: Pair, count: int) -> bool:
    """Whether a round through all places in order, from the first back to it, takes the way between these two."""
    start, end = pair
    return end - start == 1 or (start, end) == (0, count - 1)


def _connection(journey: Journey, route: RouteOption) -> Connection:
    return Connection(origin=journey.origin.resolved(), destination=journey.destination.resolved(), route=route)


def _best(options: list[RouteOption], journey: Journey) -> RouteOption:
    return _already_there(journey) if _is_same_city(journey) else _primary(options, journey)


def _is_same_city(journey: Journey) -> bool:
    same_city = journey.origin.city is not None and journey.origin.city is journey.destination.city
    same_country = journey.origin.country_code == journey.destination.country_code
    return same_city or (same_country and journey.straight_km < SAME_CITY_KM)


def _already_there(journey: Journey) -> RouteOption:
    near = f"{journey.origin.name} and {journey.destination.name} are {km_text(journey.straight_km)} apart"
    is_one = journey.straight_km < 1
    return RouteOption(
        mode="none",
        is_feasible=True,
        distance_km=round(journey.straight_km, 1),
        duration_minutes=0,
        description="You are there already." if is_one else f"You are there already: {near}; local transport will do.",
        reason=f"Both places lie within {SAME_CITY_KM} km of each other.",
        kind="estimate",
    )


def _primary(options: list[RouteOption], journey: Journey) -> RouteOption:
    """The quickest feasible mode, the road first on short ways; where none is feasible, the quickest that is reckoned.

    Where nothing can be reckoned (no road, no airport) it is the flight, marked as not feasible.
    """
    feasible = [option for option in options if option.is_feasible]
    road = next((option for option in feasible if option.mode == "driving"), None)
    if road and _is_short_way(road, journey):
        return road
    reckoned = feasible or [option for option in options if option.duration_minutes > 0] or options[:1]
    return min(reckoned, key=lambda option: option.duration_minutes)


def _is_short_way(road: RouteOption, journey: Journey) -> bool:
    whole_road = journey.link.kind == "road"
    return whole_road and journey.straight_km < ROAD_BELOW_KM and road.duration_minutes <= _ONE_DAY_OF_DRIVING_MIN


def _analysis(journey: Journey, primary: RouteOption, options: list[RouteOption]) -> str:
    """The options in words; distances and times are those of the options, not reckoned anew."""
    start, end = journey.origin.full_name, journey.destination.full_name
    if primary.mode == "none":
        return f"No journey is needed between {start} and {end}; {km_text(journey.straight_km)} lie between them."
    sentences = [f"From {start} to {end} it is {km_text(journey.straight_km)} in a straight line.", _verdict(primary)]
    others = [option for option in options if option.is_feasible and option is not primary]
    sentences += [_also_possible(option, primary) for option in others]
    sentences += _not_for_this_trip([option for option in options if not option.is_feasible and option is not primary])
    if journey.straight_km < _OTHER_MEANS_BELOW_KM:
        means = "Ferries" if journey.link.kind == "water" else "Trains and coaches"
        sentences.append(f"{means} are not reckoned here and may be better; look at their timetables.")
    return " ".join(sentences)


def _verdict(primary: RouteOption) -> str:
    if primary.is_feasible:
        return f"Best is {_name_and_time(primary)} for {km_text(primary.distance_km)}."
    if primary.duration_minutes == 0:
        return f"No way of getting there could be reckoned. {primary.reason}"
    return f"No way fits this trip; the quickest is {_name_and_time(primary)}. {primary.reason}"


def _also_possible(option: RouteOption, primary: RouteOption) -> str:
    if option.duration_minutes < primary.duration_minutes:
        return f"Quicker by reckoning is {_name_and_time(option)}, but on so short a way the road needs no timetable."
    return f"Also possible: {_name_and_time(option)}."


def _not_for_this_trip(options: list[RouteOption]) -> list[str]:
    """One sentence a reason, with all modes that share it."""
    modes_by_reason: dict[str, list[str]] = {}
    for option in options:
        modes_by_reason.setdefault(option.reason, []).append(_NAMES[option.mode])
    return [f"Not for this trip: {', '.join(modes)}. {reason}" for reason, modes in modes_by_reason.items()]


def _name_and_time(option: RouteOption) -> str:
    return f"{_NAMES[option.mode]}, {hours_text(option.duration_minutes)} door to door"


def _warnings(ways: Sequence[tuple[Journey, RouteOption]], places: Sequence[Place], days: int | None) -> list[str]:
    """`ways`: those that the trip may need."""
    warnings = [
        f"No way from {journey.origin.name} to {journey.destination.name} fits {journey.trip_text}."
        for journey, route in ways
        if not route.is_feasible
    ]
    if days is None:
        warnings.append(f"The length of the trip is not given; {days_text(ASSUMED_DAYS)} are assumed.")
    assumptions = dict.fromkeys(place.assumption for place in places if place.assumption)
    return [*warnings, *assumptions]


def _sources(places: Sequence[Place], roads: TripRoads) -> list[Source]:
    own = [ESTIMATE_SOURCE, AIRPORTS_SOURCE]
    return list(dict.fromkeys([*own, *roads.sources, *(place.source for place in places)]))

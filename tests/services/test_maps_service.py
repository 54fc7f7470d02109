import re
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.maps_service import MapsService
from app.services.outside.deadlines import Deadline
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openroute import OpenRoute
from app.services.providers.osrm import Osrm
from app.services.routes.chain import RouteChain
from app.services.routes.estimates import Journey, all_options, driving, flight
from app.services.routes.words import hours_text, km_text
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import RouteReport
from app.trips.request import LocalTransport
from tests.services.conftest import MemoryStore
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio


async def _routes(
    origin: str, destination: str, days: int | None = 3, preferred: LocalTransport | None = None
) -> RouteReport:
    return await MapsService().routes(resolve_place(origin), resolve_place(destination), days, preferred)


@pytest.mark.rows("S0-115", "X-32")
async def test_new_delhi_to_paris_is_flown_whatever_the_local_wish() -> None:
    report = await _routes("New Delhi", "Paris", 3, "walking")
    assert report.primary_route.mode == "flight"
    assert report.primary_route.is_feasible
    assert report.primary_route.duration_minutes == 700
    assert "on foot, as you wish" in report.local_transport
    assert "not for the journey" in report.local_transport


@pytest.mark.rows("S0-116", "X-32")
async def test_every_other_mode_is_named_and_judged_with_its_reason() -> None:
    report = await _routes("New Delhi", "Paris", 3)
    assert set(report.alternative_routes) == {"driving", "cycling", "walking"}
    assert not any(option.is_feasible for option in report.alternative_routes.values())
    assert "12 days of driving" in report.alternative_routes["driving"].reason


@pytest.mark.rows("S0-117")
@pytest.mark.parametrize(("origin", "destination"), [("New Delhi", "Paris"), ("Paris", "Lyon"), ("London", "Auckland")])
async def test_the_analysis_uses_the_very_numbers_of_the_routes(origin: str, destination: str) -> None:
    report = await _routes(origin, destination)
    straight_km = resolve_place(origin).distance_km(resolve_place(destination))
    assert km_text(straight_km) in report.route_analysis
    assert hours_text(report.primary_route.duration_minutes) in report.route_analysis
    for option in report.alternative_routes.values():
        told = hours_text(option.duration_minutes) if option.is_feasible else option.reason
        assert told in report.route_analysis


async def test_short_ways_go_by_road_and_the_quicker_flight_is_told() -> None:
    report = await _routes("Paris", "Lyon")
    assert report.primary_route.mode == "driving"
    assert "Quicker by reckoning is flying" in report.route_analysis


async def test_where_the_sea_lies_between_the_flight_stays_and_ferries_are_mentioned() -> None:
    report = await _routes("Helsinki", "Tallinn")
    assert report.primary_route.mode == "flight"
    assert "needs a ferry" in report.alternative_routes["driving"].reason
    assert "Ferries are not reckoned" in report.route_analysis


async def test_the_channel_is_crossed_by_car_shuttle_but_not_on_foot() -> None:
    report = await _routes("Paris", "London")
    assert "car shuttle" in report.alternative_routes["driving"].description
    assert not report.alternative_routes["walking"].is_feasible


@pytest.mark.parametrize(("origin", "destination"), [("Paris", "Paris"), ("Paris", "Versailles"), ("CDG", "Paris")])
async def test_who_is_there_already_needs_no_journey(origin: str, destination: str) -> None:
    report = await _routes(origin, destination, 1)
    assert (report.primary_route.mode, report.primary_route.duration_minutes) == ("none", 0)
    assert "You are there" in report.primary_route.description
    assert set(report.alternative_routes) == {"flight", "driving", "cycling", "walking"}


async def test_neighbours_over_a_border_are_not_the_same_city() -> None:
    report = await _routes("Copenhagen", "Malmö", 2)
    assert report.primary_route.mode == "driving"


async def test_a_trip_too_short_for_the_way_is_told_so() -> None:
    report = await _routes("New York", "Tokyo", 1)
    assert not report.primary_route.is_feasible
    assert report.primary_route.mode == "flight"
    assert report.warnings == ["No way from New York to Tokyo fits a trip of 1 day."]


async def test_an_unknown_length_is_taken_as_a_week_and_said() -> None:
    report = await _routes("Rome", "Milan", None)
    assert "7 days are assumed" in report.warnings[0]


async def test_far_flights_and_small_places_are_told_of_a_likely_change_of_planes() -> None:
    far = await _routes("London", "Sydney", 14)
    small = await _routes("Oslo", "Longyearbyen", 7)
    assert "change of planes is likely" in far.primary_route.description
    assert "change of planes is likely" in small.primary_route.description


async def test_the_antimeridian_is_no_obstacle() -> None:
    report = await _routes("Suva", "Apia", 7)
    assert report.primary_route.distance_km < 1300


async def test_everything_is_an_estimate_with_its_method() -> None:
    report = await _routes("Rome", "Milan", 5)
    options = [report.primary_route, *report.alternative_routes.values()]
    assert {option.kind for option in options} == {"estimate"}
    assert report.sources[0].kind == "estimate"
    assert "haversine" in (report.sources[0].note or "")


async def _round(*names: str, days: int | None = 10, keep_order: bool = True) -> RouteReport:
    origin, destination, *further = [resolve_place(name) for name in names]
    return await MapsService().routes(origin, destination, days, None, further, keep_order=keep_order)


async def test_a_single_destination_has_no_connections() -> None:
    assert (await _routes("Paris", "Rome")).connections == []


async def test_each_two_places_of_a_trip_are_connected_once_by_the_rule_of_the_primary_route() -> None:
    names = ("Paris", "Rome", "Milan", "Venice", "Naples", "Florence", "Palermo")
    report = await _round(*names)
    pairs = [(found.origin.name, found.destination.name) for found in report.connections]
    assert pairs == list(combinations(names, 2))
    for found in report.connections:
        direct = await _routes(found.origin.name, found.destination.name, 10)
        assert found.route == direct.primary_route


async def test_the_first_way_is_as_it_is_without_further_destinations() -> None:
    alone, report = await _routes("New Delhi", "Paris", 5), await _round("New Delhi", "Paris", "Lyon", days=5)
    fields = {"origin", "destination", "primary_route", "alternative_routes", "route_analysis", "local_transport"}
    assert report.model_dump(include=fields) == alone.model_dump(include=fields)


async def test_every_way_that_may_be_needed_and_does_not_fit_is_warned_about() -> None:
    kept = await _round("Paris", "Madrid", "Rome", "Auckland", days=2)
    assert kept.warnings == [
        "No way from Paris to Auckland fits a trip of 2 days.",
        "No way from Rome to Auckland fits a trip of 2 days.",
    ]
    free = await _round("Paris", "Madrid", "Rome", "Auckland", days=2, keep_order=False)
    assert "No way from Madrid to Auckland fits a trip of 2 days." in free.warnings
    assert len(free.warnings) == 3


async def test_assumptions_about_all_places_and_the_length_are_told_once() -> None:
    report = await _round("Paris", "Springfield", "Tuscany", days=None)
    assert len(report.warnings) == len(set(report.warnings))
    assert sum("are assumed" in warning for warning in report.warnings) == 1
    assert any("Springfield" in warning for warning in report.warnings)
    assert any("Tuscany" in warning for warning in report.warnings)


def test_long_drives_need_nights_on_the_way() -> None:
    option = driving(Journey(resolve_place("New York"), resolve_place("Los Angeles"), 30))
    assert option.is_feasible
    assert option.duration_minutes > 6 * 24 * 60


def test_nobody_flies_between_places_with_one_airport() -> None:
    option = flight(Journey(resolve_place("Vienna"), resolve_place("Schwechat"), 3))
    assert not option.is_feasible
    assert "Both places use" in option.reason


CITY_NAMES = sorted(city.name for city in all_cities().values())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CITY_NAMES), st.sampled_from(CITY_NAMES), st.one_of(st.none(), st.integers(1, 30)))
def test_what_is_feasible_fits_into_a_third_of_the_trip(origin: str, destination: str, days: int | None) -> None:
    journey = Journey(resolve_place(origin), resolve_place(destination), days)
    for option in all_options(journey):
        assert not option.is_feasible or 0 < option.duration_minutes <= journey.longest_way_min
        assert option.distance_km >= 0
        assert option.reason.endswith(".")
        assert not re.search(r"  | ,|\.\.|None", option.description + option.reason)


# ---- with road providers


def _table(km: float, hours: float, size: int = 2) -> dict[str, Any]:
    """Every way of a trip alike, as OSRM has it."""
    ends = [{"distance": 1.0}] * size
    metres, seconds_ = [[km * 1000] * size] * size, [[hours * 3600] * size] * size
    return {"code": "Ok", "distances": metres, "durations": seconds_, "sources": ends, "destinations": ends}


def _matrix(km: float, hours: float, size: int = 2) -> dict[str, Any]:
    """The same as OpenRouteService has it."""
    table = _table(km, hours, size)
    ends = [{"snapped_distance": 1.0}] * size
    return {**table, "sources": ends, "destinations": ends}


def _way(km: float, hours: float) -> dict[str, Any]:
    return {"routes": [{"summary": {"distance": km * 1000, "duration": hours * 3600}}]}


@pytest.fixture
def chain(hub: ProviderHub, provider: StandIn) -> RouteChain:
    return RouteChain([OpenRoute(hub, provider.url, "key"), Osrm(hub, provider.url)])


async def _live(
    chain: RouteChain, *names: str, days: int | None = 3, keep_order: bool = True, left_s: float = 3.0
) -> RouteReport:
    origin, destination, *further = [resolve_place(name) for name in names]
    service = MapsService(chain)
    return await service.routes(
        origin, destination, days, None, further, keep_order=keep_order, deadline=Deadline.after(left_s)
    )


@pytest.mark.rows("S0-29", "S0-43")
async def test_driving_goes_by_the_road_that_was_found(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/driving-car", _matrix(465.2, 4.583))
    report = await _live(chain, "Paris", "Lyon")
    road = report.primary_route
    assert (road.mode, road.kind, road.distance_km) == ("driving", "live", 465.2)
    assert road.duration_minutes == 4 * 60 + 35 + 2 * 15, "the wheel time, and a break for every two hours of it"
    assert road.description.startswith("Drive 465 km by road (OpenRouteService): 4 h 35 min at the wheel")
    assert km_text(465.2) in report.route_analysis
    assert report.alternative_routes["flight"].kind == "estimate"
    assert report.warnings == []
    assert [source.kind for source in report.sources if source.provider == "OpenRouteService"] == ["live"]
    assert len(provider.asked) == 1


async def test_the_next_time_it_comes_from_the_cache_and_says_so(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(465.2, 4.583))
    await _live(chain, "Paris", "Lyon")
    assert (await _live(chain, "Paris", "Lyon")).primary_route.kind == "cached"
    assert len(provider.asked) == 1


async def test_long_drives_keep_their_nights_on_the_way(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(1_900, 20.0))
    report = await _live(chain, "Lisbon", "Paris", days=14)
    found = report.alternative_routes["driving"]
    assert found.duration_minutes == 2 * 24 * 60 + 2 * 60 + 15, "nine hours at the wheel, twice, and the rest"
    assert "at most 9 h a day" in found.description


async def test_one_matrix_serves_all_ways_of_a_trip(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(900, 8.0, size=4))
    names = ("Paris", "Lyon", "Marseille", "Nice")
    report = await _live(chain, *names, days=20)
    assert len(provider.asked) == 1
    assert len(provider.asked[0].json["locations"]) == 4
    roads = [found.route for found in report.connections if found.route.mode == "driving"]
    assert len(roads) >= 2
    assert {(road.distance_km, road.kind) for road in roads} == {(900.0, "live")}
    providers = [source.provider for source in report.sources]
    assert providers.count("OpenRouteService") == 1


async def test_the_second_provider_answers_and_the_failure_of_the_first_is_told(
    chain: RouteChain, provider: StandIn
) -> None:
    provider.answers("/v2/", Reply(status=500))
    provider.answers("/table/", _table(465.2, 4.583))
    report = await _live(chain, "Paris", "Lyon")
    assert "465 km by road (OSRM)" in report.primary_route.description
    assert report.warnings == ["OpenRouteService failed (HTTP 500); OSRM was asked instead."]


async def test_where_nobody_answers_the_estimates_stand_and_say_why(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/", Reply(status=500))
    report, estimated = await _live(chain, "Paris", "Lyon"), await _routes("Paris", "Lyon")
    causes = "OpenRouteService failed (HTTP 500); OSRM failed (HTTP 500)"
    assert report.warnings == [f"{causes}; distances by road are estimates."]
    assert report.model_dump(exclude={"warnings"}) == estimated.model_dump(exclude={"warnings"})


async def test_without_a_network_the_report_is_the_same_to_the_byte(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.3))
    nowhere = "http://127.0.0.1:9"
    chain = RouteChain([OpenRoute(hub, nowhere, "key"), Osrm(hub, nowhere)])
    for names in (("Paris", "Lyon"), ("Paris", "Versailles"), ("Paris", "Brussels", "Cologne")):
        report = await _live(chain, *names)
        assert report.model_dump_json() == (await _round(*names, days=3)).model_dump_json()
    await hub.aclose()


async def test_with_no_time_left_nobody_is_asked(chain: RouteChain, provider: StandIn) -> None:
    report = await _live(chain, "Paris", "Lyon", left_s=0.0)
    assert report.primary_route.kind == "estimate"
    assert "no time is left; distances by road are estimates" in report.warnings[0]
    assert provider.asked == []


async def test_where_no_road_leads_nobody_drives(chain: RouteChain, provider: StandIn) -> None:
    body = _matrix(465.2, 4.583)
    body["distances"] = body["durations"] = [[0.0, None], [None, 0.0]]
    provider.answers("/v2/matrix/", body)
    report = await _live(chain, "Paris", "Lyon")
    road = report.alternative_routes["driving"]
    assert (road.is_feasible, road.duration_minutes, road.kind) == (False, 0, "live")
    assert road.reason == "OpenRouteService finds no way from Paris to Lyon by car."
    assert report.primary_route.mode == "flight"
    assert road.reason in report.route_analysis


@pytest.mark.parametrize(
    ("km", "hours"), [(300.0, 4.5), (465.0, 1.0), (465.0, 0.0), (-465.0, 4.5), (465.0, -4.5), (1e300, 1e300)]
)
async def test_what_cannot_be_is_not_believed(chain: RouteChain, provider: StandIn, km: float, hours: float) -> None:
    provider.answers("/v2/matrix/", _matrix(km, hours))
    report, estimated = await _live(chain, "Paris", "Lyon"), await _routes("Paris", "Lyon")
    assert report.model_dump_json() == estimated.model_dump_json()


@pytest.mark.parametrize(
    "names", [("Helsinki", "Tallinn"), ("New York", "Tokyo"), ("Lisbon", "Vladivostok"), ("Paris", "Versailles")]
)
async def test_nobody_is_asked_over_the_sea_across_the_world_and_within_a_city(
    chain: RouteChain, provider: StandIn, names: tuple[str, str]
) -> None:
    report = await _live(chain, *names)
    assert report.model_dump_json() == (await _routes(*names)).model_dump_json()
    assert provider.asked == []


async def test_the_channel_takes_time_to_board(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(460, 5.5))
    road = (await _live(chain, "Paris", "London")).alternative_routes["driving"]
    assert road.duration_minutes == 5 * 60 + 30 + 2 * 15 + 55
    assert "55 min are added for boarding the car shuttle" in road.description


@pytest.mark.rows("X-32")
async def test_short_ways_by_own_power_are_asked_for_once_each(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(34, 0.8))
    provider.answers("/v2/directions/cycling-regular/", _way(36.4, 2.25))
    provider.answers("/v2/directions/foot-walking/", Reply({"error": {"code": 2009, "message": "none"}}, 404))
    report = await _live(chain, "Copenhagen", "Malmö", days=4)
    cycling, walking = report.alternative_routes["cycling"], report.alternative_routes["walking"]
    assert (cycling.kind, cycling.distance_km, cycling.duration_minutes) == ("live", 36.4, 135)
    assert "36 km by road (OpenRouteService) in 2 h 15 min" in cycling.description
    assert (walking.is_feasible, walking.reason) == (
        False,
        "OpenRouteService finds no way from Copenhagen to Malmö on foot.",
    )
    assert len(provider.asked) == 3


async def test_far_ways_by_own_power_stay_estimates(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(900, 8))
    report = await _live(chain, "Paris", "Nice", days=30)
    assert {report.alternative_routes[mode].kind for mode in ("cycling", "walking")} == {"estimate"}
    assert [asked.path for asked in provider.asked] == ["/v2/matrix/driving-car"]


async def test_nothing_is_said_of_modes_that_nobody_reckons(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/table/", _table(34, 0.8))
    report = await _live(RouteChain([Osrm(hub, provider.url)]), "Copenhagen", "Malmö", days=4)
    assert report.alternative_routes["cycling"].kind == "estimate"
    assert report.warnings == []


async def test_who_says_nothing_of_his_time_is_served_as_well(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", _matrix(465.2, 4.583))
    report = await MapsService(chain).routes(resolve_place("Paris"), resolve_place("Lyon"), 3, None)
    assert report.primary_route.kind == "live"

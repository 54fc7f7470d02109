import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.maps_service import MapsService
from app.services.route_estimates import Journey, all_options, driving, flight
from app.services.route_words import hours_text, km_text
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import RouteReport
from app.trips.request import LocalTransport

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

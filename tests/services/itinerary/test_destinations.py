"""Several destinations: their order, their days, and the moves between them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.services.routes.journey_times import duration_in_words
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import Connection, ItineraryReport, RouteOption
from app.trips.request import Destination
from tests.services.itinerary.questions import (
    SOURCE,
    asked,
    entries,
    minutes,
    plan,
    report_on,
    with_budget,
    with_route,
    with_weather,
)

pytestmark = pytest.mark.anyio


def order_of(report: ItineraryReport) -> list[str]:
    return [stretch.name for stretch in report.destinations]


@pytest.mark.rows("S0-182")
async def test_destinations_are_visited_in_the_order_given_and_each_day_says_where_it_is() -> None:
    report = await plan(asked("Prague", "Vienna", "Budapest", origin="Munich", days=7))
    assert order_of(report) == ["Prague", "Vienna", "Budapest"]
    for stretch in report.destinations:
        days = [day for day in report.itinerary_days if day.place == stretch.name]
        assert [day.date for day in days] == [stretch.first_day + timedelta(days=n) for n in range(stretch.days)]
    assert sum(stretch.days for stretch in report.destinations) == 7


@pytest.mark.rows("S0-182")
async def test_the_order_is_chosen_where_it_is_left_open() -> None:
    """There and back again is further than a round."""
    zigzag = ("Vienna", "Milan", "Budapest", "Florence")
    kept = await plan(await with_budget(asked(*zigzag, origin="Munich", days=8)))
    chosen = await plan(await with_budget(asked(*zigzag, origin="Munich", days=8, keep_order=False)))
    assert order_of(kept) == list(zigzag)
    assert sorted(order_of(chosen)) == sorted(zigzag)
    assert order_of(chosen) != list(zigzag)
    assert kept.budget is not None
    assert chosen.budget is not None
    assert chosen.budget.budget_breakdown.transportation < kept.budget.budget_breakdown.transportation


@pytest.mark.rows("S0-182")
async def test_each_move_is_in_the_plan_with_bags_before_and_after_it() -> None:
    report = await plan(asked("Prague", "Vienna", origin="Munich", days=4))
    ((day, move),) = entries(report, "leg")
    kinds = [item.kind for item in day.items]
    at = kinds.index("leg")
    assert (day.place, day.title[:12]) == ("Vienna", "On to Vienna")
    assert kinds[at - 1 : at + 2] == ["departure", "leg", "arrival"]
    assert day.items[at - 1].title == "Collect your bags and leave for Vienna"
    assert move.reasons
    assert all(item.place == ("Prague" if index < at else "Vienna") for index, item in enumerate(day.items))


@pytest.mark.parametrize(
    ("here", "there"), [("London", "New York"), ("New York", "London"), ("Honolulu", "Tokyo"), ("Athens", "Rome")]
)
async def test_a_move_ends_by_the_clocks_of_the_place_where_it_ends(here: str, there: str) -> None:
    report = await plan(asked(here, there, days=8))
    assert_that_the_move_ends_by_the_clocks_there(report, here, there)


@pytest.mark.parametrize("listed", [("London", "New York"), ("New York", "London")])
async def test_so_it_does_in_whichever_order_they_are_listed(listed: tuple[str, str]) -> None:
    report = await plan(asked(*listed, origin="Paris", days=8, keep_order=False))
    here, there = order_of(report)
    assert (here, there) == ("London", "New York"), "in one of the two cases not as listed"
    assert_that_the_move_ends_by_the_clocks_there(report, here, there)


def assert_that_the_move_ends_by_the_clocks_there(report: ItineraryReport, here: str, there: str) -> None:
    ((day, move),) = entries(report, "leg")
    zones = [ZoneInfo(resolve_place(name).timezone) for name in (here, there)]
    leaves = datetime.combine(day.date, time.fromisoformat(move.starts), zones[0])
    arrives = datetime.combine(move.ends_on or day.date, time.fromisoformat(move.ends), zones[1])
    took = arrives.astimezone(UTC) - leaves.astimezone(UTC)
    assert f"in about {duration_in_words(int(took.total_seconds() // 60))}." in move.notes[0]
    assert f"n to {there}" in day.title
    assert report.certificate is not None
    assert report.certificate.is_valid


async def test_where_the_clocks_go_back_by_more_than_a_flight_takes_the_day_begins_when_it_began() -> None:
    report = await plan(asked("Tokyo", "Honolulu", days=8))
    ((day, move),) = entries(report, "leg")
    assert move.ends_on in (None, day.date)
    assert minutes(move.ends) == minutes(move.starts) + 1


async def test_only_the_ways_from_and_to_home_rest_on_assumed_hours() -> None:
    """A move between cities says nothing of flights from home, in whichever order the cities come."""
    report = await plan(asked("Kyoto", "Tokyo", origin="Berlin", days=5, keep_order=False))
    notes = [item.notes for _, item in [*entries(report, "arrival"), *entries(report, "departure")]]
    (way_in, *between), (*onward, way_out) = notes[:2], notes[2:]
    assert "We assume" in way_in[0]
    assert "We assume" in way_out[0]
    assert [*between, *onward] == [[], []]


async def test_the_days_given_for_a_destination_are_spent_there() -> None:
    stops = (Destination(name="Rome", days=4), Destination(name="Florence", days=1), Destination(name="Milan"))
    report = await plan(asked(*stops, days=7))
    assert [(stretch.name, stretch.days) for stretch in report.destinations] == [
        ("Rome", 4),
        ("Florence", 1),
        ("Milan", 2),
    ]


async def test_each_day_has_the_weather_of_its_own_place() -> None:
    question = with_weather(asked("Rome", "Florence", days=4), 10, 10, 10, 10)
    report = question.results.weather
    assert report is not None
    elsewhere = [day.model_copy(update={"condition": "snow"}) for day in report.weather_forecast]
    florence = report.elsewhere[0].model_copy(update={"weather_forecast": elsewhere})
    results = question.results.model_copy(update={"weather": report.model_copy(update={"elsewhere": [florence]})})
    for day in (await plan(replace(question, results=results))).itinerary_days:
        assert (day.weather or "").startswith("Snow") == (day.place == "Florence")


async def test_one_may_start_in_one_of_the_destinations() -> None:
    report = await plan(asked("Paris", "Lyon", origin="Paris", days=4))
    assert order_of(report) == ["Paris", "Lyon"]
    assert report.transport_details["getting_there"] == "You are there already."


@pytest.mark.parametrize("keep_order", [True, False])
async def test_a_round_by_road_is_driven_all_the_way_and_no_other(keep_order: bool) -> None:
    """In a given order, only the ways between neighbours count."""
    by_car = await plan(asked("Brussels", "Amsterdam", origin="Cologne", days=4, keep_order=keep_order))
    flown = await plan(asked("Vienna", "Budapest", origin="London", days=4, keep_order=keep_order))
    assert set(modes_of(by_car)) == {"drive"}
    assert modes_of(flown) == ["flight", "coach", "flight"]


def modes_of(report: ItineraryReport) -> list[str]:
    assert report.itinerary_framework is not None
    return [move.mode for move in report.itinerary_framework.transition_schedules]


async def test_a_way_that_nobody_could_reckon_takes_hours_and_not_no_time() -> None:
    question = with_route(asked("Rome", "Florence", days=4))
    rome, florence = question.places
    report = question.results.maps
    assert report is not None
    unknown = report.primary_route.model_copy(update={"duration_minutes": 0})
    ways = [(question.origin, rome), (question.origin, florence), (rome, florence)]
    connections = [_connection(start, end, unknown) for start, end in ways]
    results = question.results.model_copy(update={"maps": report.model_copy(update={"connections": connections})})
    planned = await plan(replace(question, results=results))
    ((_, move),) = entries(planned, "leg")
    assert (move.starts, move.ends) == ("08:00", "14:00")
    assert "not known" in planned.transport_details["getting_there"]
    assert SOURCE in planned.sources


def _connection(start: Place, end: Place, route: RouteOption) -> Connection:
    return Connection(origin=start.resolved(), destination=end.resolved(), route=route)


async def test_more_destinations_than_there_is_time_for_are_refused_with_a_reason() -> None:
    """Six hours of road on each of two days leave no night for a third city."""
    stops = (Destination(name="Sydney", days=1), Destination(name="Cairo", days=1), Destination(name="Lima", days=1))
    report = await report_on(asked(*stops, origin="London", days=3))
    assert report.status == "infeasible"
    assert report.conflict is not None
    assert report.conflict.text
    assert report.itinerary_days == []
    assert report.warnings[0] == report.conflict.text


async def test_sights_are_those_of_the_place_where_the_day_is() -> None:
    question = asked("Rome", "Florence", days=4)
    sights = {place.name: {sight.name for sight in place.city.sights} for place in question.places if place.city}
    assert all(item.title in sights[item.place or ""] for _, item in entries(await plan(question), "visit"))

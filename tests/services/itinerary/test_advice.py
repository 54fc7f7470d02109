"""The words around a plan: tips, warnings, and how to get there, about and back."""

from datetime import date
from decimal import Decimal

import pytest

from app.trips.places.catalogue import all_cities
from tests.services.itinerary.questions import asked, plan, report_on, seen, with_budget, with_route, with_weather

pytestmark = pytest.mark.anyio


async def test_packing_follows_the_weather() -> None:
    tips = " ".join((await plan(with_weather(asked(), 10, 90, 10))).key_tips)
    assert "rain jacket" in tips
    assert "31 °C" in tips
    assert "down to about 0 °C" in tips
    assert "warm layers" in tips


async def test_what_people_come_for_and_there_was_no_time_for_is_a_tip() -> None:
    report = await plan(asked("Rome", origin="Rome", days=1))
    famed = {sight.name for sight in all_cities()["rome"].sights if sight.rank == 3}
    (tip,) = [tip for tip in report.key_tips if tip.startswith("Worth a faster pace or a longer stay")]
    assert all(name in tip for name in famed - set(seen(report)))


async def test_a_large_party_is_told_to_book_as_a_group() -> None:
    assert any("group" in tip for tip in (await plan(asked(travelers_count=12))).key_tips)
    assert not any("group" in tip for tip in (await plan(asked(travelers_count=2))).key_tips)


async def test_the_tips_of_every_destination_are_there() -> None:
    tips = (await plan(asked("Rome", "Florence", days=4))).key_tips
    assert {*all_cities()["rome"].tips, *all_cities()["florence"].tips} <= set(tips)


async def test_what_a_person_pays_is_that_of_the_plan() -> None:
    report = await plan(await with_budget(asked()))
    assert report.budget is not None
    assert f"Reckon with about {report.budget.cost_per_person:,} EUR a person" in report.key_tips[-1]


async def test_a_journey_that_eats_the_trip_leaves_no_time_for_sights_and_says_so() -> None:
    report = await plan(with_route(asked("Madrid", origin="Paris", days=1), duration_minutes=490))
    assert seen(report) == []
    assert any("leaves no time for sights" in warning for warning in report.warnings)


async def test_getting_about_is_told_for_every_destination() -> None:
    about = (await plan(asked("Rome", "Florence", days=4))).transport_details["getting_around"]
    assert "In Rome, walk" in about
    assert "In Florence, walk" in about
    assert about.endswith("The times between stops are estimates from the distance.")


async def test_getting_there_and_back_are_of_the_first_and_last_in_the_order_of_visit() -> None:
    """Kyoto is asked for first, and may be visited last."""
    report = await plan(asked("Cairo", "Rome", origin="London", days=7, keep_order=False))
    first, last = report.destinations[0].name, report.destinations[-1].name
    km = {"Cairo": "3,5", "Rome": "1,4"}
    assert f"about {km[first]}" in report.transport_details["getting_there"]
    assert first != last


async def test_the_weather_of_a_place_outside_the_catalogue_is_not_made_up() -> None:
    report = await plan(asked("Lyon, France", first=date(2027, 1, 10)))
    assert all(day.weather is None for day in report.itinerary_days)
    assert report.fallbacks[0].endswith("planned as if it stayed dry.")


async def test_without_a_plan_the_reason_comes_first_among_the_warnings() -> None:
    report = await report_on(asked(budget_limit=Decimal(10)))
    assert report.conflict is not None
    assert report.warnings[0] == report.conflict.text
    assert set(report.transport_details) == {"getting_there", "getting_around", "getting_back"}


async def test_a_way_that_does_not_fit_the_trip_is_warned_of_once() -> None:
    """The route's own report says so too; who reads the itinerary alone is told as well."""
    far = with_route(asked("Rome", origin="Sydney", days=2), is_feasible=False, duration_minutes=1435)
    warning = "No way from Sydney to Rome fits a trip of 2 days; the plan takes the quickest."
    assert (await plan(far)).warnings.count(warning) == 1
    near = with_route(asked("Rome", origin="Sydney", days=2), duration_minutes=1435)
    assert not any("No way" in text for text in (await plan(near)).warnings)

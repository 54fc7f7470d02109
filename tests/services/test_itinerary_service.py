from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.agent_results import AgentResults
from app.services.climate_normals import ClimateNormals
from app.services.itinerary_service import ItineraryQuestion, ItineraryService
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import (
    BudgetBreakdown,
    BudgetReport,
    DayWeather,
    Event,
    EventsReport,
    ItineraryReport,
    RouteOption,
    RouteReport,
    Source,
    TemperatureRange,
    WeatherReport,
)
from app.trips.request import UserPreferences, trip_days

pytestmark = pytest.mark.anyio

PARIS = resolve_place("Paris")
DAYS = trip_days([date(2026, 7, 13), date(2026, 7, 15)])
SOURCE = Source(provider="a test", kind="estimate", retrieved_at=date(2026, 1, 1))
QUESTION = ItineraryQuestion(
    destination=PARIS,
    days=DAYS,
    travelers_count=2,
    budget_range="mid-range",
    preferred_transport=None,
    preferences=UserPreferences(),
    results=AgentResults(),
    failures={},
)


def weather(*rain: int) -> WeatherReport:
    days = [
        DayWeather(date=day, high_c=31.2, low_c=3.4, rain_chance_percent=chance, condition="mixed", kind="catalogue")
        for day, chance in zip(DAYS, rain, strict=True)
    ]
    return WeatherReport(
        location=PARIS.resolved(),
        weather_forecast=days,
        weather_summary="",
        average_temp_range=TemperatureRange(min=None, max=None),
        sources=[SOURCE],
    )


def bastille_day() -> EventsReport:
    holiday = Event(
        name="Bastille Day",
        kind="public_holiday",
        starts=date(2026, 7, 14),
        ends=date(2026, 7, 14),
        closes="Banks and many shops close.",
        source=SOURCE,
    )
    return EventsReport(location=PARIS.resolved(), events=[holiday], event_summary="", free_events=[], sources=[SOURCE])


def flight() -> RouteReport:
    way = RouteOption(
        mode="flight",
        is_feasible=True,
        distance_km=6587,
        duration_minutes=700,
        description="",
        reason="",
        kind="estimate",
    )
    return RouteReport(
        origin=resolve_place("New Delhi").resolved(),
        destination=PARIS.resolved(),
        primary_route=way,
        alternative_routes={},
        route_analysis="",
        local_transport="The metro is close everywhere.",
        sources=[SOURCE],
    )


def budget() -> BudgetReport:
    part = Decimal("25.00")
    return BudgetReport(
        budget_breakdown=BudgetBreakdown(
            currency="EUR", total=part * 4, transportation=part, accommodation=part, food=part, activities=part
        ),
        cost_per_person=Decimal("50.00"),
        travelers_count=2,
        days=3,
        budget_range="mid-range",
        lines=[],
        exchange_rates=[],
        assumptions=[],
        sources=[SOURCE],
    )


async def plan(question: ItineraryQuestion, service: ItineraryService | None = None) -> ItineraryReport:
    return await (service or ItineraryService()).itinerary(question)


def with_results(**results: object) -> ItineraryQuestion:
    return replace(QUESTION, results=AgentResults.model_validate(results))


def titles(report: ItineraryReport) -> list[str]:
    return [item.title for day in report.itinerary_days for item in day.items if item.kind == "visit"]


@pytest.mark.rows("S0-120", "S0-121", "S0-122")
async def test_a_plan_has_a_day_for_each_day_and_says_how_to_get_there_about_and_back() -> None:
    report = await plan(QUESTION)
    assert [day.date for day in report.itinerary_days] == DAYS
    assert [day.weekday for day in report.itinerary_days] == ["Monday", "Tuesday", "Wednesday"]
    assert set(report.transport_details) == {"getting_there", "getting_around", "getting_back"}
    assert report.key_tips
    assert all(day.title and day.items for day in report.itinerary_days)


@pytest.mark.rows("S0-149")
async def test_the_results_of_the_other_agents_shape_the_plan() -> None:
    report = await plan(
        with_results(weather=weather(10, 90, 10), events=bastille_day(), maps=flight(), budget=budget())
    )
    _, tuesday, _ = report.itinerary_days
    assert report.fallbacks == []
    assert "The metro is close everywhere." in report.transport_details["getting_around"]
    assert "New Delhi" in report.transport_details["getting_there"]
    assert any("Bastille Day" in note and "Banks" in note for note in tuesday.notes)
    assert all(item.indoor for item in tuesday.items if item.kind == "visit")
    assert any("50.00 EUR" in tip for tip in report.key_tips)
    assert SOURCE in report.sources


async def test_each_missing_report_is_named_with_its_reason_and_what_stands_in() -> None:
    report = await plan(replace(QUESTION, failures={"weather": "timed out after 8 s"}))
    assert len(report.fallbacks) == 4
    assert report.fallbacks[0] == "weather: timed out after 8 s; planned as if it stayed dry."


async def test_climate_averages_stand_in_for_a_missing_weather_report() -> None:
    report = await plan(QUESTION, ItineraryService(ClimateNormals()))
    assert "climate averages" in report.fallbacks[0]
    assert all(day.weather and "long-term average" in day.weather for day in report.itinerary_days)


async def test_packing_follows_the_weather() -> None:
    tips = " ".join((await plan(with_results(weather=weather(10, 90, 10)))).key_tips)
    assert "rain jacket" in tips
    assert "31 °C" in tips
    assert "warm layers" in tips


async def test_a_visit_says_why_for_how_much_and_who_says_so() -> None:
    report = await plan(replace(QUESTION, preferences=UserPreferences(interests=["art"])))
    visits = [item for day in report.itinerary_days for item in day.items if item.kind == "visit"]
    assert all(visit.reason and visit.source and visit.indoor is not None for visit in visits)
    assert any("art" in (visit.reason or "") for visit in visits)
    assert all((visit.price_per_person is None) == (visit.currency is None) for visit in visits)


async def test_a_visit_on_a_public_holiday_asks_to_check() -> None:
    _, tuesday, _ = (await plan(with_results(events=bastille_day()))).itinerary_days
    sights = {sight.name: sight for sight in all_cities()["paris"].sights}
    for item in tuesday.items:
        if item.kind == "visit" and sights[item.title].hours != "always":
            assert any("public holiday" in note for note in item.notes)


async def test_meals_name_dishes_of_the_city_and_no_restaurant() -> None:
    report = await plan(QUESTION)
    lunches = [item for day in report.itinerary_days for item in day.items if item.title.startswith("Lunch")]
    dishes = all_cities()["paris"].dishes
    assert lunches
    assert all(any(dish in note for dish in dishes for note in lunch.notes) for lunch in lunches)


async def test_unknown_interests_are_named() -> None:
    report = await plan(replace(QUESTION, preferences=UserPreferences(interests=["quilting", "art"])))
    assert any("quilting" in warning and "“art”" not in warning for warning in report.warnings)


async def test_a_place_outside_the_catalogue_gets_an_honest_skeleton() -> None:
    report = await plan(replace(QUESTION, destination=resolve_place("Lyon, France")))
    assert titles(report) == []
    assert any("no sights are invented" in warning for warning in report.warnings)
    assert {"arrival", "meal", "rest"} <= {item.kind for item in report.itinerary_days[0].items}


async def test_what_is_closed_on_the_only_day_is_a_tip() -> None:
    tuesday = replace(QUESTION, days=[date(2026, 7, 14)])
    assert any("Closed on all days" in tip and "Louvre" in tip for tip in (await plan(tuesday)).key_tips)


async def test_a_large_party_is_told_to_book_as_a_group() -> None:
    assert any("group" in tip for tip in (await plan(replace(QUESTION, travelers_count=12))).key_tips)


@pytest.mark.rows("S0-105")
async def test_the_pace_changes_how_full_the_days_are() -> None:
    relaxed, fast = [
        len(titles(await plan(replace(QUESTION, preferences=UserPreferences(pace=pace)))))
        for pace in ("relaxed", "fast")
    ]
    assert relaxed < fast


async def test_a_trip_over_new_year_keeps_to_the_closing_dates() -> None:
    days = trip_days([date(2026, 12, 30), date(2027, 1, 2)])
    report = await plan(replace(QUESTION, days=days))
    new_year = next(day for day in report.itinerary_days if day.date == date(2027, 1, 1))
    assert "Louvre Museum" not in [item.title for item in new_year.items]


async def test_a_leap_day_is_a_day_like_any_other() -> None:
    report = await plan(replace(QUESTION, days=[date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]))
    assert len(report.itinerary_days) == 3


@given(
    city=st.sampled_from(list(all_cities().values())),
    first=st.dates(date(2024, 1, 1), date(2035, 12, 1)),
    length=st.integers(1, 30),
    pace=st.sampled_from(["relaxed", "moderate", "fast"]),
    mode=st.sampled_from([None, "walking", "cycling", "driving"]),
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.rows("S0-120")
async def test_every_report_is_whole_sorted_and_reproducible(
    city: object, first: date, length: int, pace: str, mode: str | None
) -> None:
    question = replace(
        QUESTION,
        destination=replace(PARIS, city=city, latitude=city.latitude, longitude=city.longitude),  # type: ignore[attr-defined]
        days=[date.fromordinal(first.toordinal() + offset) for offset in range(length)],
        preferences=UserPreferences(pace=pace),  # type: ignore[arg-type]
        preferred_transport=mode,  # type: ignore[arg-type]
    )
    service = ItineraryService(ClimateNormals())
    report = await plan(question, service)
    assert [day.date for day in report.itinerary_days] == list(question.days)
    for day in report.itinerary_days:
        assert all(item.starts < item.ends for item in day.items)
        assert all(before.ends <= after.starts for before, after in pairwise(day.items))
    assert len(titles(report)) == len(set(titles(report)))
    assert ItineraryReport.model_validate_json(report.model_dump_json()) == report
    assert report.model_dump_json() == (await plan(question, service)).model_dump_json()

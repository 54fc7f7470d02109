"""The report as a whole: what is always in it, what stands in for missing reports, and that it can be relied on."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.itinerary.report import ItineraryQuestion
from app.services.itinerary_service import ItineraryService
from app.services.money.exchange_rates import BundledRates
from app.trips.places.catalogue import all_cities
from app.trips.plan import Answer
from app.trips.planner.solving import plan_trip
from app.trips.reports import ItineraryReport
from tests.services.itinerary.questions import (
    MONDAY,
    SERVICE,
    SOURCE,
    amounts_agree,
    asked,
    entries,
    first_budget,
    minutes,
    plan,
    report_on,
    seen,
    with_budget,
    with_holiday,
    with_route,
    with_weather,
)

pytestmark = pytest.mark.anyio


@pytest.mark.rows("S0-120", "S0-121", "S0-122")
async def test_a_plan_has_a_day_for_each_day_and_says_how_to_get_there_about_and_back() -> None:
    question = asked()
    report = await plan(question)
    assert [day.date for day in report.itinerary_days] == question.days
    assert [day.weekday for day in report.itinerary_days] == ["Monday", "Tuesday", "Wednesday"]
    assert set(report.transport_details) == {"getting_there", "getting_around", "getting_back"}
    assert report.key_tips
    assert all(day.title and day.items for day in report.itinerary_days)


@pytest.mark.rows("S0-149")
async def test_the_results_of_the_other_agents_shape_the_plan() -> None:
    tuesday = MONDAY + timedelta(days=1)
    question = with_route(with_holiday(with_weather(asked(origin="New Delhi", days=4), 10, 90, 10, 10), tuesday))
    report = await plan(await with_budget(question))
    rainy = report.itinerary_days[1]
    assert report.fallbacks == []
    assert "The metro is close everywhere." in report.transport_details["getting_around"]
    assert "New Delhi" in report.transport_details["getting_there"]
    assert any("Bastille Day" in note and "Banks" in note for note in rainy.notes)
    assert all(item.indoor for item in rainy.items if item.kind == "visit")
    assert any("EUR a person" in tip for tip in report.key_tips)
    assert SOURCE in report.sources


async def test_each_missing_report_is_named_with_its_reason_and_what_stands_in() -> None:
    service = ItineraryService(BundledRates())
    report = await service.itinerary(asked(failures={"weather": "timed out after 8 s"}))
    assert len(report.fallbacks) == 4
    assert report.fallbacks[0] == "weather: timed out after 8 s; planned as if it stayed dry."
    assert report.fallbacks[2] == "maps: no report came; the ways are reckoned from the map alone."


async def test_climate_averages_stand_in_for_a_missing_weather_report() -> None:
    report = await plan(asked())
    assert "climate averages" in report.fallbacks[0]
    assert all(day.weather and "long-term average" in day.weather for day in report.itinerary_days)


async def test_without_a_route_report_the_ways_between_destinations_are_there_all_the_same() -> None:
    report = await plan(asked("Rome", "Florence", days=5))
    assert [day.place for day in report.itinerary_days] == ["Rome"] * 3 + ["Florence"] * 2
    assert "By plane from London" in report.transport_details["getting_there"]
    assert "route estimates" in {source.provider for source in report.sources}


async def test_the_sources_are_named_once_each() -> None:
    question = with_route(with_holiday(with_weather(asked(), 10, 10, 10), MONDAY))
    providers = [source.provider for source in (await plan(question)).sources]
    assert providers == ["Ringmaster destination catalogue", "Ringmaster planner", "a test"]


async def test_every_plan_carries_the_certificate_of_an_independent_check() -> None:
    report = await plan(asked("Rome", "Florence", days=5))
    assert report.certificate is not None
    assert len(report.certificate.rules) >= 10
    assert all(rule.checked and rule.is_kept and not rule.faults for rule in report.certificate.rules)


async def test_an_empty_journey_within_one_town_needs_no_arrival() -> None:
    report = await plan(await with_budget(asked("Paris", origin="Paris")))
    kinds = {item.kind for day in report.itinerary_days for item in day.items}
    assert not kinds & {"arrival", "departure", "leg"}
    assert report.transport_details["getting_there"] == "You are there already."
    assert report.budget is not None
    assert not [line for line in report.budget.lines if "home" in line.label]


@pytest.mark.rows("X-31")
@pytest.mark.parametrize(
    ("origin", "currency", "has_a_cap"),
    [("London", None, True), ("London", "EUR", True), ("Harare", None, False), ("London", "XXQ", False)],
)
async def test_a_limit_that_cannot_be_compared_is_said_and_binds_nothing(
    origin: str, currency: str | None, has_a_cap: bool
) -> None:
    """Left out, the limit is meant in the origin's currency; where that has no rate, no other is put in its place."""
    report = await report_on(asked(origin=origin, currency=currency, budget_limit=Decimal(90_000)))
    assert report.itinerary_framework is not None
    assert any("hard cap" in text for text in report.itinerary_framework.optimization_priorities) == has_a_cap
    assert any("could not be compared" in text for text in report.warnings) != has_a_cap


async def test_a_leap_day_is_a_day_like_any_other() -> None:
    report = await plan(asked(first=date(2028, 2, 28)))
    assert [day.date.isoformat() for day in report.itinerary_days] == ["2028-02-28", "2028-02-29", "2028-03-01"]


async def test_a_month_is_spread_out_and_ends_with_days_at_leisure_instead_of_repeats() -> None:
    report = await plan(asked("Singapore", days=30))
    sights_a_day = [sum(item.kind == "visit" for item in day.items) for day in report.itinerary_days]
    assert len(seen(report)) == len(set(seen(report)))
    assert set(sights_a_day[:15]) == {1}
    assert any("at leisure" in day.title for day in report.itinerary_days)
    assert all("meal" in {item.kind for item in day.items} for day in report.itinerary_days)


_LIMITS = st.sampled_from([None, None, 150, 600, 1500, 4000])


@st.composite
def _questions(draw: st.DrawFn) -> ItineraryQuestion:
    names = sorted(city.name for city in all_cities().values())
    stops = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    wishes: dict[str, Any] = {
        "pace": draw(st.sampled_from(["relaxed", "moderate", "fast"])),
        "interests": draw(st.lists(st.sampled_from(["art", "food", "views", "beach", "quilting"]), max_size=3)),
    }
    limit = draw(_LIMITS)
    return asked(
        *stops,
        origin=draw(st.sampled_from(["London", "New York", *stops])),
        first=draw(st.dates(date(2024, 1, 1), date(2035, 12, 1))),
        days=draw(st.integers(len(stops), 14)),
        wishes=wishes,
        travelers_count=draw(st.integers(1, 9)),
        budget_range=draw(st.sampled_from(["budget", "mid-range", "luxury"])),
        preferred_transport=draw(st.sampled_from([None, "walking", "cycling", "driving"])),
        keep_order=draw(st.booleans()),
        budget_limit=None if limit is None else Decimal(limit),
    )


@given(_questions())
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)
@pytest.mark.rows("S0-120", "S0-118")
async def test_whatever_is_asked_the_answer_is_a_plan_that_holds_or_says_why_there_is_none(
    question: ItineraryQuestion,
) -> None:
    report = await report_on(await with_budget(question))
    assert ItineraryReport.model_validate_json(report.model_dump_json()) == report
    if report.status != "planned":
        assert report.conflict is not None
        assert report.conflict.text
        assert report.itinerary_days == []
        assert report.budget == await first_budget(question)
        return
    _holds(report, question)


def _holds(report: ItineraryReport, question: ItineraryQuestion) -> None:
    assert report.certificate is not None
    assert report.certificate.is_valid
    assert report.budget is not None
    assert amounts_agree(report.budget, question.travelers_count)
    assert question.budget_limit is None or report.budget.budget_breakdown.total <= question.budget_limit
    assert [day.date for day in report.itinerary_days] == question.days
    assert len(seen(report)) == len(set(seen(report)))
    for day in report.itinerary_days:
        assert all(before.ends <= after.starts for before, after in pairwise(day.items) if before.ends_on is None)
    assert all(minutes(item.starts) < minutes(item.ends) for _, item in entries(report, "visit"))


@pytest.mark.parametrize("stops", [("Paris",), ("Rome", "Florence", "Milan")])
async def test_the_same_request_gives_the_same_bytes(stops: tuple[str, ...]) -> None:
    question = await with_budget(asked(*stops, days=6, keep_order=False))
    first, second = [(await SERVICE.itinerary(replace(question))).model_dump_json() for _ in range(2)]
    assert first == second


async def test_a_worker_searches_for_one_plan_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches side by side in one process only take turns, and each costs more for it."""
    at_work, most = 0, 0

    def counted(*asked_for: Any, **bounds: Any) -> Answer:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        answer = plan_trip(*asked_for, **bounds)
        at_work -= 1
        return answer

    monkeypatch.setattr("app.services.itinerary_service.plan_trip", counted)
    service = ItineraryService(BundledRates())
    await asyncio.gather(*(service.itinerary(asked(days=3)) for _ in range(4)))
    assert most == 1


def a_day_in_cape_town(*must_see: str) -> ItineraryQuestion:
    wishes = {"interests": ["views", "nature"], "must_see": list(must_see)}
    return asked("Cape Town", origin="Cape Town", first=date(2027, 5, 3), days=1, wishes=wishes)


async def test_a_long_visit_that_nobody_asked_for_is_not_in_the_way_of_what_was_asked_for() -> None:
    """Robben Island takes half a day; the four fit into one without it, if breakfast is early."""
    names = ["Boulders Penguin Colony", "Kirstenbosch National Botanical Garden", "The Company's Garden"]
    report = await plan(a_day_in_cape_town(*names, "V&A Waterfront"))
    assert set(seen(report)) == {*names, "V&A Waterfront"}


async def test_a_refusal_names_a_wish_and_what_there_is_without_it() -> None:
    report = await report_on(a_day_in_cape_town("Cape Point and Cape of Good Hope", "Castle of Good Hope"))
    assert report.status == "not_found"
    assert report.conflict is not None
    assert "Castle of Good Hope" in report.conflict.text
    assert [way.gives_up for way in report.conflict.ways_out] == [["include: cape-town/castle-of-good-hope"]]

"""Questions to the itinerary service as the agent puts them, with the reports of the real services beside it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.services.budget_service import BudgetService
from app.services.itinerary.agent_results import AgentResults
from app.services.itinerary.report import ItineraryQuestion
from app.services.itinerary_service import ItineraryService
from app.services.maps_service import MapsService
from app.services.money.budget_question import BudgetQuestion, BudgetStop
from app.services.money.exchange_rates import BundledRates
from app.services.weather.climate_normals import ClimateNormals
from app.trips.places.resolve import resolve_place
from app.trips.reports import (
    BudgetReport,
    DayWeather,
    Event,
    EventsReport,
    ItineraryDay,
    ItineraryItem,
    ItineraryReport,
    RouteReport,
    Source,
    TemperatureRange,
    WeatherElsewhere,
    WeatherReport,
)
from app.trips.request import Destination, UserPreferences

SERVICE = ItineraryService(BundledRates(), ClimateNormals())
SOURCE = Source(provider="a test", kind="estimate", retrieved_at=date(2026, 1, 1))
MONDAY = date(2026, 7, 13)


def asked(
    *stops: str | Destination,
    origin: str = "London",
    first: date = MONDAY,
    days: int = 3,
    wishes: dict[str, Any] | None = None,
    **fields: Any,
) -> ItineraryQuestion:
    """A question without any reports: two people, mid-range, in euros. `wishes`: the preferences."""
    named = [Destination(name=stop) if isinstance(stop, str) else stop for stop in stops or ("Paris",)]
    usual = ItineraryQuestion(
        origin=resolve_place(origin),
        places=[resolve_place(stop.name) for stop in named],
        days=[first + timedelta(days=offset) for offset in range(days)],
        travelers_count=2,
        budget_range="mid-range",
        preferred_transport=None,
        preferences=UserPreferences.model_validate(wishes or {}),
        results=AgentResults(),
        failures={},
        stops=named,
        currency="EUR",
    )
    return replace(usual, **fields)


async def with_budget(question: ItineraryQuestion) -> ItineraryQuestion:
    """The same with the budget agent's report."""
    return replace(question, results=question.results.model_copy(update={"budget": await first_budget(question)}))


async def first_budget(question: ItineraryQuestion) -> BudgetReport:
    stops = zip(question.places, question.stops, strict=True)
    return await BudgetService(MapsService(), BundledRates()).budget(
        BudgetQuestion(
            stops=tuple(BudgetStop(place, stop.days) for place, stop in stops),
            origin=question.origin,
            travelers_count=question.travelers_count,
            days=len(question.days),
            budget_range=question.budget_range,
            asked_currency=question.currency,
            preferences=question.preferences,
            keep_order=question.keep_order,
            limit=question.budget_limit,
        )
    )


def with_weather(question: ItineraryQuestion, *rain_percent: int) -> ItineraryQuestion:
    """The same with that chance of rain on each of its days, at every destination."""
    chances = zip(question.days, rain_percent, strict=True)
    forecast = [
        DayWeather(date=day, high_c=31.2, low_c=-0.4, rain_chance_percent=chance, condition="mixed", kind="live")
        for day, chance in chances
    ]
    first, *further = [place.resolved() for place in question.places]
    report = WeatherReport(
        location=first,
        weather_forecast=forecast,
        weather_summary="",
        average_temp_range=TemperatureRange(min=None, max=None),
        elsewhere=[WeatherElsewhere(location=place, weather_forecast=forecast) for place in further],
        sources=[SOURCE],
    )
    return replace(question, results=question.results.model_copy(update={"weather": report}))


def with_holiday(question: ItineraryQuestion, on: date, place: str | None = None) -> ItineraryQuestion:
    holiday = Event(
        name="Bastille Day",
        kind="public_holiday",
        starts=on,
        ends=on,
        closes="Banks and many shops close.",
        place=place,
        source=SOURCE,
    )
    report = EventsReport(
        location=question.places[0].resolved(), events=[holiday], event_summary="", free_events=[], sources=[SOURCE]
    )
    return replace(question, results=question.results.model_copy(update={"events": report}))


def with_route(question: ItineraryQuestion, **way: Any) -> ItineraryQuestion:
    """The same with a route report of one destination; `way`: fields of its primary route."""
    usual = {
        "mode": "flight",
        "is_feasible": True,
        "distance_km": 1000,
        "duration_minutes": 300,
        "description": "",
        "reason": "",
        "kind": "estimate",
    }
    report = RouteReport.model_validate(
        {
            "origin": question.origin.resolved(),
            "destination": question.places[0].resolved(),
            "primary_route": {**usual, **way},
            "alternative_routes": {},
            "route_analysis": "",
            "local_transport": "The metro is close everywhere.",
            "sources": [SOURCE],
        }
    )
    return replace(question, results=question.results.model_copy(update={"maps": report}))


_REPORTS: dict[str, ItineraryReport] = {}


async def report_on(question: ItineraryQuestion) -> ItineraryReport:
    """Each question is planned once: the same one has the same answer, of which each test looks at something else."""
    known = repr(question)
    if known not in _REPORTS:
        _REPORTS[known] = await SERVICE.itinerary(question)
    return _REPORTS[known]


async def plan(question: ItineraryQuestion) -> ItineraryReport:
    """The report, which has to be a plan that holds before the independent check."""
    report = await report_on(question)
    assert report.status == "planned", report.conflict
    assert report.certificate is not None
    assert report.certificate.is_valid, [rule for rule in report.certificate.rules if not rule.is_kept]
    return report


def entries(report: ItineraryReport, kind: str) -> Iterator[tuple[ItineraryDay, ItineraryItem]]:
    """Those of that kind; a visit with lunch in its middle is one, and ends when its second half does."""
    return ((day, item) for day in report.itinerary_days for item in entries_of(day, kind))


def entries_of(day: ItineraryDay, kind: str) -> list[ItineraryItem]:
    found: list[ItineraryItem] = []
    for item in day.items:
        if item.kind == kind and item.title.endswith(", continued"):
            found[-1] = found[-1].model_copy(update={"ends": item.ends})
        elif item.kind == kind:
            found.append(item)
    return found


def seen(report: ItineraryReport) -> list[str]:
    """The names of the sights, in order of visit."""
    return [item.title for _, item in entries(report, "visit")]


def minutes(clock_time: str) -> int:
    return int(clock_time[:2]) * 60 + int(clock_time[3:])


def amounts_agree(budget: BudgetReport, people: int) -> bool:
    """Lines add up to their part, parts to the total, exactly; and the share of each person is the total's."""
    parts = budget.budget_breakdown
    by_part = dict.fromkeys(("transportation", "accommodation", "food", "activities"), Decimal(0))
    for line in budget.lines:
        by_part[line.category] += line.amount
    share = parts.total / people
    half_a_unit = Decimal(1).scaleb(int(parts.total.as_tuple().exponent)) / 2
    return (
        all(getattr(parts, name) == amount for name, amount in by_part.items())
        and sum(by_part.values()) == parts.total
        and abs(budget.cost_per_person - share) <= half_a_unit
    )

"""From what the other agents found to a plan of days: builds the planner's problem and puts its answer into words."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.services.agent_results import AgentResults
from app.services.exchange_rates import RatesProvider
from app.services.itinerary_advice import fallbacks, key_tips, plan_warnings, transport_details
from app.services.itinerary_budget import repriced
from app.services.itinerary_days import DayWriter
from app.services.itinerary_framework import framework, place_days
from app.services.itinerary_items import ItemWriter
from app.services.itinerary_money import Money, best_currency
from app.services.itinerary_trip import Asked, TripBuilder, TripFacts
from app.services.journey_times import journey_times
from app.services.price_levels import price_level
from app.services.weather_provider import Forecast, WeatherProvider
from app.trips.check import Certificate, check
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.plan import Answer, Infeasible, NotFound, Plan
from app.trips.planner.interests import UnderstoodInterests, understand
from app.trips.planner.solving import plan_trip
from app.trips.reports import (
    BookedNights,
    BudgetReport,
    DayWeather,
    Event,
    ItineraryDay,
    ItineraryReport,
    LeftOutSight,
    PlanCertificate,
    RuleVerdict,
    Source,
    WayOutOffer,
    WishConflict,
)
from app.trips.request import BudgetRange, Destination, LocalTransport, UserPreferences

# The search's effort: so much for each sight and day, which lets it settle; a safety net against the step's deadline.
_WORK_A_SIGHT_AND_DAY = 700
_LEAST_WORK, _MOST_WORK = 20_000, 450_000
_TIME_LIMIT_S = 8.0

ByPlaceAndDay = dict[str, dict[date, DayWeather]]


@dataclass(frozen=True)
class ItineraryQuestion:
    """`places`: the destinations as they were asked for, in that order. `days`: every day of the trip, in order.
    `failures`: the message of each agent that failed, by its name. `currency`: as asked, None where not at all."""

    places: Sequence[Place]
    days: Sequence[date]
    travelers_count: int
    budget_range: BudgetRange
    preferred_transport: LocalTransport | None
    preferences: UserPreferences
    results: AgentResults
    failures: Mapping[str, str]
    stops: Sequence[Destination] = field(default=())
    keep_order: bool = True
    budget_limit: Decimal | None = None
    currency: str | None = None


class ItineraryService:
    """Plans the days. Without `climate`, a trip without weather report is planned as if it stayed dry."""

    def __init__(self, rates: RatesProvider, climate: WeatherProvider | None = None) -> None:
        self._rates = rates
        self._climate = climate

    async def itinerary(self, question: ItineraryQuestion) -> ItineraryReport:
        """One entry a day, whatever the other agents delivered; or why there can be none."""
        weather = await self._weather(question)
        interests = understand(question.preferences.interests)
        facts = self._facts(question, weather.by_place, interests)
        # The search takes up to half a second: in a thread, so that leases and heartbeats go on.
        answer, certificate = await asyncio.to_thread(_plan_and_check, facts)
        return _Report(question, facts, interests, weather, answer, certificate).report()

    def _facts(self, question: ItineraryQuestion, weather: ByPlaceAndDay, interests: UnderstoodInterests) -> TripFacts:
        money = Money(self._currency(question), self._rates)
        limit = question.budget_limit
        is_comparable = question.currency in (None, money.currency)
        asked = Asked(
            days=question.days,
            stops=question.stops or [Destination(name=place.name) for place in question.places],
            keep_order=question.keep_order,
            travelers_count=question.travelers_count,
            budget_range=question.budget_range,
            budget_limit=None if limit is None or not is_comparable else money.minor(limit, money.currency),
            preferred_transport=question.preferred_transport,
            preferences=question.preferences,
        )
        builder = TripBuilder(asked, question.places, weather, question.results.maps, interests, money, self._rates)
        return builder.facts()

    def _currency(self, question: ItineraryQuestion) -> str:
        """The budget agent's, so that all amounts of the answer are in one; else as it would have chosen."""
        if question.results.budget is not None:
            return question.results.budget.budget_breakdown.currency
        first = question.places[0]
        prices_in = price_level(first, question.budget_range, self._rates).currency
        return best_currency((question.currency, first.currency, "USD"), prices_in, self._rates)

    async def _weather(self, question: ItineraryQuestion) -> "_Weather":
        """The weather agent's, else what the weather usually is, else nothing."""
        report = question.results.weather
        if report is not None:
            by_place = {report.location.name: {day.date: day for day in report.weather_forecast}}
            for elsewhere in report.elsewhere:
                by_place[elsewhere.location.name] = {day.date: day for day in elsewhere.weather_forecast}
            return _Weather(by_place, [], report.sources, has_climate=True)
        if self._climate is None:
            return _Weather({}, [], [], has_climate=False)
        days = list(question.days)
        return _stand_in([(place.name, await self._climate.forecast(place, days)) for place in question.places])


@dataclass(frozen=True)
class _Weather:
    by_place: ByPlaceAndDay
    warnings: list[str]
    sources: list[Source]
    has_climate: bool


def _stand_in(forecasts: Sequence[tuple[str, Forecast]]) -> _Weather:
    by_place = {name: {day.date: day for day in forecast.days} for name, forecast in forecasts}
    says_something = any(day.rain_chance_percent is not None for days in by_place.values() for day in days.values())
    return _Weather(
        by_place,
        [warning for _, forecast in forecasts for warning in forecast.warnings],
        [source for _, forecast in forecasts for source in forecast.sources],
        says_something,
    )


def _plan_and_check(facts: TripFacts) -> tuple[Answer, Certificate | None]:
    trip = facts.trip
    sights = sum(len(city.attractions) for city in trip.cities)
    work = min(_MOST_WORK, max(_LEAST_WORK, _WORK_A_SIGHT_AND_DAY * sights * trip.day_count))
    answer = plan_trip(trip, work=work, time_limit_s=_TIME_LIMIT_S)
    return answer, check(trip, answer) if isinstance(answer, Plan) else None


@dataclass(frozen=True)
class _Report:
    question: ItineraryQuestion
    facts: TripFacts
    interests: UnderstoodInterests
    weather: _Weather
    answer: Answer
    certificate: Certificate | None

    def report(self) -> ItineraryReport:
        question, facts = self.question, self.facts
        plan = self.answer if isinstance(self.answer, Plan) else None
        budget = self._budget(plan)
        return ItineraryReport(
            status=self.answer.status,
            itinerary_days=[*self._days(plan)] if plan else [],
            destinations=place_days(plan, facts) if plan else [],
            transport_details=self._transport_details(plan),
            key_tips=key_tips(question.places, facts, plan, self._weather_there(plan), budget),
            fallbacks=fallbacks(question.results, question.failures, has_climate=self.weather.has_climate),
            stays=[*self._stays(plan)] if plan else [],
            left_out=[*self._left_out(plan)] if plan else [],
            itinerary_framework=framework(plan, facts) if plan else None,
            certificate=_certificate(self.certificate) if self.certificate else None,
            conflict=_conflict(self.answer, facts),
            budget=budget,
            warnings=self._warnings(plan),
            sources=_sources(question.places, self.weather.sources, question.results),
        )

    def _budget(self, plan: Plan | None) -> BudgetReport | None:
        first = self.question.results.budget
        return first if first is None or plan is None else repriced(first, plan, self.facts)

    def _days(self, plan: Plan) -> list[ItineraryDay]:
        items = ItemWriter(self.facts, self.question.budget_range, _holidays(self._events, self.question.days))
        writer = DayWriter(items, self.weather.by_place, self._events)
        return [writer.day(day, index) for index, day in enumerate(plan.days)]

    @property
    def _events(self) -> list[Event]:
        return self.question.results.events.events if self.question.results.events else []

    def _transport_details(self, plan: Plan | None) -> dict[str, str]:
        ids = [city_id for city_id, _ in plan.cities] if plan else list(self.facts.places)
        unknown = journey_times(None, self.question.days[0], self.question.days[-1])
        there = self.facts.journeys.get(ids[0], unknown)
        back = self.facts.journeys.get(ids[-1], unknown)
        return transport_details(self.question.results.maps, there, back, self.question.preferred_transport)

    def _weather_there(self, plan: Plan | None) -> list[DayWeather]:
        """Of each day in the place where it is spent; without a plan, in the first destination."""
        if plan is None:
            return list(self.weather.by_place.get(self.question.places[0].name, {}).values())
        towns = [(self.facts.places[day.city or ""].name, day.day) for day in plan.days]
        found = [self.weather.by_place.get(town, {}).get(day) for town, day in towns]
        return [weather for weather in found if weather is not None]

    def _stays(self, plan: Plan) -> list[BookedNights]:
        money = self.facts.money
        rooms = {stay.id: stay.name for city in self.facts.trip.cities for stay in city.stays}
        return [
            BookedNights(
                name=rooms[stay.ref],
                place=self.facts.places[stay.city].name,
                first_night=stay.first_night,
                nights=stay.nights,
                rooms=stay.rooms,
                cost=money.amount(stay.cost),
                currency=money.currency,
                kind="estimate",
            )
            for stay in plan.stays
        ]

    def _left_out(self, plan: Plan) -> list[LeftOutSight]:
        cities = {sight.id: city.name for city in self.facts.trip.cities for sight in city.attractions}
        return [
            LeftOutSight(name=self.facts.sights[out.ref].name, place=cities[out.ref], reason=out.reason, text=out.text)
            for out in plan.left_out
        ]

    def _warnings(self, plan: Plan | None) -> list[str]:
        found = plan_warnings(self.facts, plan, self.interests)
        if not isinstance(self.answer, Plan):
            found.insert(0, self.answer.text)
        if self.certificate is not None and not self.certificate.is_valid:
            found.insert(0, "The independent check found faults in this plan; see its certificate.")
        limit = self.question.budget_limit
        if limit is not None and self.facts.trip.wishes.budget is None:
            found.insert(0, f"The budget limit could not be compared with amounts in {self.facts.money.currency}.")
        return [*found, *self.weather.warnings]


def _holidays(events: Sequence[Event], days: Sequence[date]) -> dict[date, list[str]]:
    found: dict[date, list[str]] = {}
    for day in days:
        names = [event.name for event in events if event.kind == "public_holiday" and event.starts <= day <= event.ends]
        if names:
            found[day] = names
    return found


def _certificate(certificate: Certificate) -> PlanCertificate:
    return PlanCertificate(
        is_valid=certificate.is_valid,
        rules=[
            RuleVerdict(
                rule=verdict.rule,
                is_kept=verdict.is_kept,
                checked=verdict.checked,
                faults=[fault.text for fault in verdict.faults],
            )
            for verdict in certificate.verdicts
        ],
    )


def _conflict(answer: Answer, facts: TripFacts) -> WishConflict | None:
    match answer:
        case Infeasible():
            return WishConflict(
                text=answer.text,
                conflict=[wish.text for wish in answer.conflict],
                ways_out=[
                    WayOutOffer(
                        text=way.text,
                        gives_up=list(way.gives_up),
                        least_cost=facts.money.amount(way.least_cost),
                        currency=facts.money.currency,
                    )
                    for way in answer.ways_out
                ],
            )
        case NotFound():
            return WishConflict(text=answer.text, conflict=[], ways_out=[])
        case _:
            return None


def _sources(places: Sequence[Place], weather: Sequence[Source], results: AgentResults) -> list[Source]:
    """Each once, in the order of use."""
    planner = Source(
        provider="Ringmaster planner",
        kind="estimate",
        retrieved_at=CATALOGUE_EDITION,
        note="the order and the times of the days; times between stops are estimates from the distance",
    )
    found = [*(_own_source(place) for place in places), planner]
    others = [*weather, *(results.events.sources if results.events else [])]
    others += results.maps.sources if results.maps else []
    for source in others:
        if source not in found:
            found.append(source)
    return found


def _own_source(place: Place) -> Source:
    if place.city is None:
        return place.source
    return Source(
        provider="Ringmaster destination catalogue",
        kind="catalogue",
        retrieved_at=CATALOGUE_EDITION,
        note=f"sights of {place.name}; each visit names who says so",
    )

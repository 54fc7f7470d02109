"""From what the other agents found to a plan of days: builds the planner's problem and puts its answer into words."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.services.agent_results import AgentResults
from app.services.currencies import written
from app.services.exchange_rates import RatesProvider
from app.services.itinerary_advice import fallbacks, key_tips, plan_warnings, transport_details
from app.services.itinerary_budget import repriced
from app.services.itinerary_days import DayWriter
from app.services.itinerary_framework import framework, place_days
from app.services.itinerary_items import ItemWriter
from app.services.itinerary_money import Money, best_currency
from app.services.itinerary_trip import HOME, Asked, TripBuilder, TripFacts
from app.services.maps_service import MapsService
from app.services.price_levels import price_level
from app.services.weather_provider import Forecast, WeatherProvider
from app.trips.check import Certificate, check
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.plan import Answer, Infeasible, NotFound, Plan
from app.trips.planner.interests import UnderstoodInterests, understand
from app.trips.planner.solving import plan_trip
from app.trips.problem import Trip
from app.trips.reports import (
    BookedNights,
    BudgetReport,
    DayWeather,
    Event,
    ItineraryDay,
    ItineraryReport,
    LeftOutSight,
    PlanCertificate,
    RouteReport,
    RuleVerdict,
    Source,
    WayOutOffer,
    WishConflict,
)
from app.trips.request import BudgetRange, Destination, LocalTransport, UserPreferences

# A safety net against the step's deadline.
_TIME_LIMIT_S = 8.0

ByPlaceAndDay = dict[str, dict[date, DayWeather]]


@dataclass(frozen=True)
class ItineraryQuestion:
    """`places`: the destinations as they were asked for, in that order. `days`: every day of the trip, in order.
    `failures`: the message of each agent that failed, by its name. `currency`: as asked, None where not at all."""

    origin: Place
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

    @property
    def limit_currency(self) -> str | None:
        """The one that `budget_limit` is meant in: left out, the origin's, as the budget agent takes it."""
        others = (place.currency for place in (self.origin, *self.places))
        return self.currency or next((code for code in others if code), None)


class ItineraryService:
    """Plans the days. Without `climate`, a trip without weather report is planned as if it stayed dry."""

    def __init__(self, rates: RatesProvider, climate: WeatherProvider | None = None) -> None:
        self._rates = rates
        self._climate = climate

    async def itinerary(self, question: ItineraryQuestion) -> ItineraryReport:
        """One entry a day, whatever the other agents delivered; or why there can be none."""
        weather = await self._weather(question)
        interests = understand(question.preferences.interests)
        route = question.results.maps or await self._reckoned_route(question)
        facts = self._facts(question, weather.by_place, route, interests)
        # The search takes up to half a second: in a thread, so that leases and heartbeats go on.
        outcome = await asyncio.to_thread(_plan_and_check, facts.trip)
        return _Report(question, facts, interests, weather, route, outcome).report()

    async def _reckoned_route(self, question: ItineraryQuestion) -> RouteReport:
        """The ways from the map alone, as a stand-in for a missing route report."""
        first, *further = question.places
        days, preferred = len(question.days), question.preferred_transport
        return await MapsService().routes(
            question.origin, first, days, preferred, further, keep_order=question.keep_order
        )

    def _facts(
        self, question: ItineraryQuestion, weather: ByPlaceAndDay, route: RouteReport, interests: UnderstoodInterests
    ) -> TripFacts:
        money = Money(self._currency(question), self._rates)
        limit = question.budget_limit
        is_comparable = question.limit_currency in (None, money.currency)
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
        builder = TripBuilder(asked, question.places, weather, route, interests, money, self._rates)
        return builder.facts()

    def _currency(self, question: ItineraryQuestion) -> str:
        """The budget agent's, so that all amounts of the answer are in one; else as it would have chosen."""
        if question.results.budget is not None:
            return question.results.budget.budget_breakdown.currency
        prices_in = price_level(question.places[0], question.budget_range, self._rates).currency
        return best_currency((question.limit_currency, "USD"), prices_in, self._rates)

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


@dataclass(frozen=True)
class _Outcome:
    """`certificate`: of a plan. `rescue`: where none was found, the plan without what it had no room for."""

    answer: Answer
    certificate: Certificate | None = None
    rescue: Plan | None = None


def _plan_and_check(trip: Trip) -> _Outcome:
    answer = _planned(trip)
    if isinstance(answer, Plan):
        return _Outcome(answer, check(trip, answer))
    if isinstance(answer, NotFound) and answer.missing:
        include = tuple(wished for wished in trip.wishes.include if wished not in answer.missing)
        rescue = _planned(trip.with_changes(wishes=trip.wishes.model_copy(update={"include": include})))
        return _Outcome(answer, rescue=rescue if isinstance(rescue, Plan) else None)
    return _Outcome(answer)


def _planned(trip: Trip) -> Answer:
    return plan_trip(trip, time_limit_s=_TIME_LIMIT_S)


@dataclass(frozen=True)
class _Report:
    question: ItineraryQuestion
    facts: TripFacts
    interests: UnderstoodInterests
    weather: _Weather
    route: RouteReport
    outcome: _Outcome

    def report(self) -> ItineraryReport:
        question, facts, outcome = self.question, self.facts, self.outcome
        plan = outcome.answer if isinstance(outcome.answer, Plan) else None
        budget = self._budget(plan)
        return ItineraryReport(
            status=outcome.answer.status,
            itinerary_days=[*self._days(plan)] if plan else [],
            destinations=place_days(plan, facts) if plan else [],
            transport_details=self._transport_details(plan),
            key_tips=key_tips(question.places, facts, plan, self._weather_there(plan), budget if plan else None),
            fallbacks=fallbacks(question.results, question.failures, has_climate=self.weather.has_climate),
            stays=[*self._stays(plan)] if plan else [],
            left_out=[*self._left_out(plan)] if plan else [],
            itinerary_framework=framework(plan, facts) if plan else None,
            certificate=_certificate(outcome.certificate) if outcome.certificate else None,
            conflict=_conflict(outcome, facts),
            budget=budget,
            warnings=self._warnings(plan),
            sources=_sources(question.places, self.weather.sources, question.results, self.route),
        )

    def _budget(self, plan: Plan | None) -> BudgetReport | None:
        first = self.question.results.budget
        return first if first is None or plan is None else repriced(first, plan, self.facts)

    def _days(self, plan: Plan) -> list[ItineraryDay]:
        cities = tuple(city_id for city_id, _ in plan.cities)
        items = ItemWriter(self.facts, cities, self.question.budget_range, self._events)
        writer = DayWriter(items, self.weather.by_place)
        return [writer.day(day, index) for index, day in enumerate(plan.days)]

    @property
    def _events(self) -> list[Event]:
        return self.question.results.events.events if self.question.results.events else []

    def _transport_details(self, plan: Plan | None) -> dict[str, str]:
        ids = [city_id for city_id, _ in plan.cities] if plan else list(self.facts.places)
        return transport_details(
            self.route,
            self.question.places,
            self.facts.ways.get(f"{HOME}-{ids[0]}"),
            self.facts.journeys[ids[0]],
            self.facts.journeys[ids[-1]],
            self.question.preferred_transport,
        )

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
        answer, certificate = self.outcome.answer, self.outcome.certificate
        if not isinstance(answer, Plan):
            found.insert(0, answer.text)
        if certificate is not None and not certificate.is_valid:
            found.insert(0, "The independent check found faults in this plan; see its certificate.")
        limit = self.question.budget_limit
        if limit is not None and self.facts.trip.wishes.budget is None:
            found.insert(0, f"The budget limit could not be compared with amounts in {self.facts.money.currency}.")
        return [*found, *self.weather.warnings]


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


def _conflict(outcome: _Outcome, facts: TripFacts) -> WishConflict | None:
    match outcome.answer:
        case Infeasible() as answer:
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
        case NotFound() as answer:
            ways_out = [_giving_up(answer, outcome.rescue, facts)] if outcome.rescue else []
            return WishConflict(text=answer.text, conflict=[], ways_out=ways_out)
        case _:
            return None


def _giving_up(answer: NotFound, rescue: Plan, facts: TripFacts) -> WayOutOffer:
    cost, currency = facts.money.amount(rescue.costs.total), facts.money.currency
    names = "” and “".join(facts.sights[ref].name for ref in answer.missing)
    return WayOutOffer(
        text=f"Without the wish “{names}” there is a plan, for {written(cost, currency)}.",
        gives_up=[f"include: {ref}" for ref in answer.missing],
        least_cost=cost,
        currency=currency,
    )


def _sources(
    places: Sequence[Place], weather: Sequence[Source], results: AgentResults, route: RouteReport
) -> list[Source]:
    """Each once, in the order of use."""
    planner = Source(
        provider="Ringmaster planner",
        kind="estimate",
        retrieved_at=CATALOGUE_EDITION,
        note="the order and the times of the days; times between stops are estimates from the distance",
    )
    found = [*(_own_source(place) for place in places), planner]
    others = [*weather, *(results.events.sources if results.events else []), *route.sources]
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

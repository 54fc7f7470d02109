"""The planner's answer in words: the report of the itinerary, from what was asked, found, planned and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.services.itinerary.advice import fallbacks, key_tips, plan_warnings, transport_details
from app.services.itinerary.agent_results import AgentResults
from app.services.itinerary.budget import repriced
from app.services.itinerary.days import DayWriter
from app.services.itinerary.framework import framework, place_days
from app.services.itinerary.items import ItemWriter
from app.services.itinerary.legs import HOME
from app.services.itinerary.trip import TripFacts
from app.services.routes.town_roads import TownRoads
from app.trips.check import Certificate
from app.trips.currencies import written
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.plan import Answer, Infeasible, NotFound, Plan
from app.trips.planner.interests import UnderstoodInterests
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


@dataclass(frozen=True)
class TripWeather:
    by_place: ByPlaceAndDay
    warnings: list[str]
    sources: list[Source]
    has_climate: bool


@dataclass(frozen=True)
class Outcome:
    """`certificate`: of a plan. `rescue`: where none was found, the plan without what it had no room for."""

    answer: Answer
    certificate: Certificate | None = None
    rescue: Plan | None = None


@dataclass(frozen=True)
class ReportWriter:
    """`outcome`: with its certificate, where it is a plan."""

    question: ItineraryQuestion
    facts: TripFacts
    interests: UnderstoodInterests
    weather: TripWeather
    route: RouteReport
    outcome: Outcome

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
            sources=_sources(question, self.weather.sources, self.route, facts.roads),
        )

    def _budget(self, plan: Plan | None) -> BudgetReport | None:
        first = self.question.results.budget
        return first if first is None or plan is None else repriced(first, plan, self.facts)

    def _days(self, plan: Plan) -> list[ItineraryDay]:
        cities = tuple(city_id for city_id, _ in plan.cities)
        items = ItemWriter(self.facts, cities, self.question.budget_range, self._events)
        writer = DayWriter(items, self.weather.by_place, plan.left_out)
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
            self.facts.roads.times_text,
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
        return [*found, *self.weather.warnings, *self.facts.roads.warnings]


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


def _conflict(outcome: Outcome, facts: TripFacts) -> WishConflict | None:
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
    question: ItineraryQuestion, weather: Sequence[Source], route: RouteReport, roads: TownRoads
) -> list[Source]:
    """Each once, in the order of use."""
    planner = Source(
        provider="Ringmaster planner",
        kind="estimate",
        retrieved_at=CATALOGUE_EDITION,
        note=f"the order and the times of the days; {roads.times_text}",
    )
    found = [*(_own_source(place) for place in question.places), planner]
    events = question.results.events
    others = [*weather, *(events.sources if events else []), *route.sources, *roads.sources]
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

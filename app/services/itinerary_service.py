"""From what the other agents found to a plan of days: builds the planner's problem and puts its answer into words."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.services.itinerary.legs import Asked
from app.services.itinerary.money import Money, best_currency
from app.services.itinerary.narrative import from_the_plan
from app.services.itinerary.report import ByPlaceAndDay, ItineraryQuestion, Outcome, ReportWriter, TripWeather
from app.services.itinerary.trip import TripBuilder, TripFacts
from app.services.maps_service import MapsService
from app.services.money.exchange_rates import DatedRates, RatesOfToday
from app.services.money.price_levels import price_level
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.routes.chain import RouteChain
from app.services.routes.town_roads import town_roads
from app.services.weather.provider import Forecast, WeatherProvider
from app.trips.check import check
from app.trips.plan import Answer, NotFound, Plan
from app.trips.planner.interests import UnderstoodInterests, understand
from app.trips.planner.solving import plan_trip
from app.trips.problem import Trip
from app.trips.reports import ItineraryReport, RouteReport
from app.trips.request import Destination

# Safety nets against the step's deadline: for all searching, and how many routes are tried.
_TIME_LIMIT_S = 8.0
_PATIENCE = 12
# The budget agent has asked for the rates a moment ago: they are in the cache, or whoever has them does not answer.
_RATES_WITHIN_S = 3.0
# The ways within towns are all asked for at once, and never for more than a quarter of the time that is left.
_ROADS_WITHIN_S, _ROADS_SHARE = 4.0, 0.25


class ItineraryService:
    """Plans the days. Without `climate`, a trip without weather report is planned as if it stayed dry; without `roads`,
    the ways between stops are estimates."""

    def __init__(
        self, rates: RatesOfToday, climate: WeatherProvider | None = None, roads: RouteChain | None = None
    ) -> None:
        self._rates = rates
        self._climate = climate
        self._roads = roads
        self._turn = asyncio.Lock()

    async def itinerary(self, question: ItineraryQuestion, deadline: Deadline = NO_DEADLINE) -> ItineraryReport:
        """One entry a day, whatever the other agents delivered; or why there can be none."""
        rates = await self._rates.current(deadline.capped(_RATES_WITHIN_S))
        weather = await self._weather(question)
        interests = understand(question.preferences.interests)
        route = question.results.maps or await self._reckoned_route(question)
        facts = await self._with_roads(self._facts(question, weather.by_place, route, interests, rates), deadline)
        # The search takes up to half a second: in a thread, so that leases and heartbeats go on; one at a time, since
        # threads that search at once only take turns, and lose more by it than they gain.
        async with self._turn:
            outcome = await asyncio.to_thread(_plan_and_check, facts.trip)
        report = ReportWriter(question, facts, interests, weather, route, outcome).report()
        return report.model_copy(update={"narrative": from_the_plan(report, question)})

    async def _reckoned_route(self, question: ItineraryQuestion) -> RouteReport:
        """The ways from the map alone, as a stand-in for a missing route report."""
        first, *further = question.places
        days, preferred = len(question.days), question.preferred_transport
        return await MapsService().routes(
            question.origin, first, days, preferred, further, keep_order=question.keep_order
        )

    async def _with_roads(self, facts: TripFacts, deadline: Deadline) -> TripFacts:
        """The same with the ways between stops that a provider knows."""
        if self._roads is None:
            return facts
        most_s = min(_ROADS_WITHIN_S, _ROADS_SHARE * deadline.left_s())
        roads = await town_roads(self._roads, facts.trip, deadline.capped(most_s))
        return replace(facts, trip=facts.trip.with_changes(travel=roads.travel), roads=roads)

    def _facts(
        self,
        question: ItineraryQuestion,
        weather: ByPlaceAndDay,
        route: RouteReport,
        interests: UnderstoodInterests,
        rates: DatedRates,
    ) -> TripFacts:
        money = Money(_currency(question, rates), rates)
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
        builder = TripBuilder(asked, question.places, weather, route, interests, money, rates)
        return builder.facts()

    async def _weather(self, question: ItineraryQuestion) -> TripWeather:
        """The weather agent's, else what the weather usually is, else nothing."""
        report = question.results.weather
        if report is not None:
            by_place = {report.location.name: {day.date: day for day in report.weather_forecast}}
            for elsewhere in report.elsewhere:
                by_place[elsewhere.location.name] = {day.date: day for day in elsewhere.weather_forecast}
            return TripWeather(by_place, [], report.sources, has_climate=True)
        if self._climate is None:
            return TripWeather({}, [], [], has_climate=False)
        days = list(question.days)
        return _stand_in([(place.name, await self._climate.forecast(place, days)) for place in question.places])


def _currency(question: ItineraryQuestion, rates: DatedRates) -> str:
    """The budget agent's, so that all amounts of the answer are in one; else as it would have chosen."""
    if question.results.budget is not None:
        return question.results.budget.budget_breakdown.currency
    prices_in = price_level(question.places[0], question.budget_range, rates).currency
    return best_currency((question.limit_currency, "USD"), prices_in, rates)


def _stand_in(forecasts: Sequence[tuple[str, Forecast]]) -> TripWeather:
    by_place = {name: {day.date: day for day in forecast.days} for name, forecast in forecasts}
    says_something = any(day.rain_chance_percent is not None for days in by_place.values() for day in days.values())
    return TripWeather(
        by_place,
        [warning for _, forecast in forecasts for warning in forecast.warnings],
        [source for _, forecast in forecasts for source in forecast.sources],
        says_something,
    )


def _plan_and_check(trip: Trip) -> Outcome:
    answer = _planned(trip)
    if isinstance(answer, Plan):
        return Outcome(answer, check(trip, answer))
    if isinstance(answer, NotFound) and answer.missing:
        include = tuple(wished for wished in trip.wishes.include if wished not in answer.missing)
        if include == trip.wishes.include:
            return Outcome(answer)
        rescue = _planned(trip.with_changes(wishes=trip.wishes.model_copy(update={"include": include})))
        return Outcome(answer, rescue=rescue if isinstance(rescue, Plan) else None)
    return Outcome(answer)


def _planned(trip: Trip) -> Answer:
    return plan_trip(trip, time_limit_s=_TIME_LIMIT_S, patience=_PATIENCE)

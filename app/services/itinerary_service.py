"""From what the other agents found to a plan of days: builds the planner's problem and puts its plan into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.services.agent_results import AgentResults
from app.services.itinerary_advice import fallbacks, key_tips, plan_warnings, transport_details
from app.services.itinerary_days import DayWriter
from app.services.itinerary_items import ItemWriter
from app.services.journey_times import JourneyTimes, journey_times
from app.services.weather_provider import Forecast, WeatherProvider
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.planner.interests import UnderstoodInterests, understand
from app.trips.planner.planning import plan_days
from app.trips.planner.problem import DayConditions, Plan, Problem, Spot
from app.trips.reports import DayWeather, Event, ItineraryReport, Source
from app.trips.request import BudgetRange, LocalTransport, UserPreferences


@dataclass(frozen=True)
class ItineraryQuestion:
    """`days`: every day of the trip, in order. `failures`: the message of each agent that failed, by its name."""

    destination: Place
    days: Sequence[date]
    travelers_count: int
    budget_range: BudgetRange
    preferred_transport: LocalTransport | None
    preferences: UserPreferences
    results: AgentResults
    failures: Mapping[str, str]


class ItineraryService:
    """Plans the days. Without `climate`, a trip without weather report is planned as if it stayed dry."""

    def __init__(self, climate: WeatherProvider | None = None) -> None:
        self._climate = climate

    async def itinerary(self, question: ItineraryQuestion) -> ItineraryReport:
        """One entry a day, whatever the other agents delivered."""
        results, place = question.results, question.destination
        weather = await self._weather(question)
        events = results.events.events if results.events else []
        interests = understand(question.preferences.interests)
        journey = journey_times(results.maps, question.days[0], question.days[-1])
        forecast = {day.date: day for day in weather.days}
        plan = plan_days(_problem(question, forecast, events, interests, journey))
        items = ItemWriter(place, journey, interests, question.budget_range)
        writer = DayWriter(items, forecast, events, has_sights=place.city is not None)
        return ItineraryReport(
            itinerary_days=[writer.day(day, index) for index, day in enumerate(plan.days)],
            transport_details=transport_details(results.maps, journey, question.preferred_transport),
            key_tips=key_tips(place, plan, forecast.values(), results, question.travelers_count),
            fallbacks=fallbacks(results, question.failures, has_climate=_says_something(weather)),
            warnings=[*plan_warnings(place, plan, interests), *weather.warnings, *_wet_visits(plan)],
            sources=_sources(place, weather, results),
        )

    async def _weather(self, question: ItineraryQuestion) -> Forecast:
        """The weather agent's, else what the weather usually is, else nothing."""
        report = question.results.weather
        if report is not None:
            return Forecast(report.weather_forecast, report.sources)
        if self._climate is None:
            return Forecast([], [])
        return await self._climate.forecast(question.destination, list(question.days))


def _problem(
    question: ItineraryQuestion,
    forecast: Mapping[date, DayWeather],
    events: Sequence[Event],
    interests: UnderstoodInterests,
    journey: JourneyTimes,
) -> Problem:
    place = question.destination
    return Problem(
        days=tuple(_conditions(day, forecast.get(day), events) for day in question.days),
        sights=tuple(place.city.sights) if place.city else (),
        interests=interests,
        pace=question.preferences.pace,
        local_mode=question.preferred_transport,
        base=Spot(place.latitude, place.longitude),
        arrives=journey.arrives,
        leaves=journey.leaves,
    )


def _conditions(day: date, weather: DayWeather | None, events: Sequence[Event]) -> DayConditions:
    holidays = (event for event in events if event.kind == "public_holiday")
    return DayConditions(
        date=day,
        rain_chance_percent=weather.rain_chance_percent if weather else None,
        holidays=tuple(event.name for event in holidays if event.starts <= day <= event.ends),
    )


def _says_something(weather: Forecast) -> bool:
    return any(day.rain_chance_percent is not None for day in weather.days)


def _wet_visits(plan: Plan) -> list[str]:
    outdoors = [
        f"{sight.name} ({day.conditions.date.isoformat()})"
        for day in plan.days
        if day.conditions.is_wet
        for sight in day.sights
        if not sight.indoor
    ]
    return [f"In the open on days when rain is likely: {', '.join(outdoors)}."] if outdoors else []


def _sources(place: Place, weather: Forecast, results: AgentResults) -> list[Source]:
    """Each once, in the order of use."""
    own = Source(
        provider="Ringmaster destination catalogue",
        kind="catalogue",
        retrieved_at=CATALOGUE_EDITION,
        note=f"sights of {place.name}; each visit names who says so",
    )
    planner = Source(
        provider="Ringmaster planner",
        kind="estimate",
        retrieved_at=CATALOGUE_EDITION,
        note="the order and the times of the days; times between stops are estimates from the distance",
    )
    found = [*([own] if place.city else [place.source]), planner]
    for report in (weather, results.events, results.maps):
        found.extend(source for source in (report.sources if report else []) if source not in found)
    return found

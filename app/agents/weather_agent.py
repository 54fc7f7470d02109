"""Sky Gazer: the weather of each day of a trip."""

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.stops_request import StopsRequest
from app.services.places.words import listed
from app.services.weather_service import WeatherService
from app.trips.reports import WeatherReport
from app.trips.request import TravelDates, trip_days


class WeatherRequest(StopsRequest):
    """`travel_dates`: the report covers every day from the earliest to the latest, at each destination."""

    travel_dates: TravelDates


class WeatherAgent(BaseAgent[WeatherRequest, WeatherReport]):
    name = "weather"
    title = "Sky Gazer"
    capabilities = ("weather_forecast", "climate_normals")
    request_type = WeatherRequest
    is_cacheable = True

    def __init__(self, service: WeatherService) -> None:
        self._service = service

    async def handle(self, request: WeatherRequest, context: AgentContext) -> WeatherReport:
        """Raises UnknownPlaceError for a destination that is nowhere on the map."""
        await context.progress(f"Looking for {request.stops_text} on the map", 20)
        place, *further = await request.stop_places()
        names = listed([found.name for found in (place, *further)])
        await context.progress(f"Looking up the weather of {names}", 50)
        days = trip_days(request.travel_dates)
        report = await self._service.weather(place, days, further, context.deadline)
        await context.progress("Deciding what to pack", 80)
        return report

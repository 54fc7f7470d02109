"""Sky Gazer: the weather of each day of a trip."""

from pydantic import ConfigDict

from app.agents.base_agent import AgentContext, BaseAgent
from app.services.weather_service import WeatherService
from app.trips.places.known import PlacedRequest
from app.trips.reports import WeatherReport
from app.trips.request import PlaceName, TravelDates, trip_days


class WeatherRequest(PlacedRequest):
    """`travel_dates`: the report covers every day from the earliest to the latest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    travel_dates: TravelDates


class WeatherAgent(BaseAgent[WeatherRequest, WeatherReport]):
    name = "weather"
    title = "Sky Gazer"
    capabilities = ("weather_forecast", "climate_normals")
    request_type = WeatherRequest

    def __init__(self, service: WeatherService) -> None:
        self._service = service

    async def handle(self, request: WeatherRequest, context: AgentContext) -> WeatherReport:
        """Raises UnknownPlaceError for a destination that is nowhere on the map."""
        await context.progress(f"Looking for {request.destination} on the map", 20)
        place = await request.place(request.destination)
        await context.progress(f"Looking up the weather of {place.name}", 50)
        report = await self._service.weather(place, trip_days(request.travel_dates))
        await context.progress("Deciding what to pack", 80)
        return report

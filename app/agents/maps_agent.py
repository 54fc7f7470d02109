"""Trailblazer: how to get to the destination, and about in it."""

from pydantic import ConfigDict, Field

from app.agents.base_agent import AgentContext, BaseAgent
from app.services.maps_service import MapsService
from app.trips.places.known import PlacedRequest
from app.trips.reports import RouteReport
from app.trips.request import MAX_TRAVELERS, LocalTransport, PlaceName, TravelDates, trip_days


class MapsRequest(PlacedRequest):
    """`travel_dates` None: the length of the trip is not known. `preferred_transport`: how to get about once there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: PlaceName
    destination: PlaceName
    travel_dates: TravelDates | None = None
    travelers_count: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    preferred_transport: LocalTransport | None = None


class MapsAgent(BaseAgent[MapsRequest, RouteReport]):
    name = "maps"
    title = "Trailblazer"
    capabilities = ("routes", "route_comparison", "local_transport")
    request_type = MapsRequest

    def __init__(self, service: MapsService) -> None:
        self._service = service

    async def handle(self, request: MapsRequest, context: AgentContext) -> RouteReport:
        """Raises UnknownPlaceError for an origin or destination that is nowhere on the map."""
        await context.progress(f"Looking for {request.origin} and {request.destination} on the map", 20)
        origin = await request.place(request.origin)
        destination = await request.place(request.destination)
        await context.progress(f"Comparing the ways from {origin.name} to {destination.name}", 50)
        days = len(trip_days(request.travel_dates)) if request.travel_dates else None
        report = await self._service.routes(origin, destination, days, request.preferred_transport)
        await context.progress("Working out how to get about there", 80)
        return report

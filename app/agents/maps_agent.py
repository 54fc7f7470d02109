"""Trailblazer: how to get to the destination, and about in it."""

from pydantic import Field

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.stops_request import StopsRequest
from app.services.maps_service import MapsService
from app.services.place_words import listed
from app.trips.reports import RouteReport
from app.trips.request import MAX_TRAVELERS, LocalTransport, PlaceName, TravelDates, trip_days


class MapsRequest(StopsRequest):
    """`travel_dates` None: the length of the trip is not known. `preferred_transport`: how to get about once there.

    `keep_order`: several destinations are visited as listed, so that only the ways between neighbours have to fit.
    """

    origin: PlaceName
    keep_order: bool = True
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
        names = listed([request.origin, *(stop.name for stop in request.stops)])
        await context.progress(f"Looking for {names} on the map", 20)
        origin = await request.place(request.origin)
        destination, *further = await request.stop_places()
        ways = f"from {origin.name} to {destination.name}"
        if further:
            ways = f"between {listed([place.name for place in (origin, destination, *further)])}"
        await context.progress(f"Comparing the ways {ways}", 50)
        days = len(trip_days(request.travel_dates)) if request.travel_dates else None
        report = await self._service.routes(
            origin, destination, days, request.preferred_transport, further, keep_order=request.keep_order
        )
        await context.progress("Working out how to get about there", 80)
        return report

"""Event Explorer: holidays and festivals during a trip."""

from pydantic import ConfigDict, Field

from app.agents.base_agent import AgentContext, BaseAgent
from app.services.event_service import EventService
from app.trips.places.known import PlacedRequest
from app.trips.reports import EventsReport
from app.trips.request import PlaceName, TravelDates, trip_days

MAX_EVENTS = 100


class EventsRequest(PlacedRequest):
    """`travel_dates`: every day from the earliest to the latest is looked at. `limit`: most events to report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    travel_dates: TravelDates
    limit: int = Field(default=50, ge=1, le=MAX_EVENTS)


class EventsAgent(BaseAgent[EventsRequest, EventsReport]):
    name = "events"
    title = "Event Explorer"
    capabilities = ("public_holidays", "festivals")
    request_type = EventsRequest

    def __init__(self, service: EventService) -> None:
        self._service = service

    async def handle(self, request: EventsRequest, context: AgentContext) -> EventsReport:
        """Raises UnknownPlaceError for a destination that is nowhere on the map."""
        await context.progress(f"Looking for {request.destination} on the map", 20)
        place = await request.place(request.destination)
        await context.progress(f"Leafing through the calendar of {place.full_name}", 50)
        report = await self._service.events(place, trip_days(request.travel_dates), request.limit)
        await context.progress(f"Holidays and festivals found: {len(report.events)}", 80)
        return report

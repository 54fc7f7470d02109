"""Event Explorer: holidays, festivals and other events during a trip."""

from pydantic import Field

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.stops_request import StopsRequest
from app.services.event_service import EventService
from app.services.places.words import listed
from app.trips.reports import EventsReport
from app.trips.request import TravelDates, trip_days

MAX_EVENTS = 100


class EventsRequest(StopsRequest):
    """`travel_dates`: every day from the earliest to the latest is looked at. `limit`: most events to report, over all
    destinations."""

    travel_dates: TravelDates
    limit: int = Field(default=50, ge=1, le=MAX_EVENTS)


class EventsAgent(BaseAgent[EventsRequest, EventsReport]):
    name = "events"
    title = "Event Explorer"
    capabilities = ("public_holidays", "festivals", "events")
    request_type = EventsRequest
    is_cacheable = True

    def __init__(self, service: EventService) -> None:
        self._service = service

    async def handle(self, request: EventsRequest, context: AgentContext) -> EventsReport:
        """Raises UnknownPlaceError for a destination that is nowhere on the map."""
        await context.progress(f"Looking for {request.stops_text} on the map", 20)
        place, *further = await request.stop_places()
        names = listed([found.name for found in (place, *further)]) if further else place.full_name
        await context.progress(f"Leafing through the calendar of {names}", 50)
        days = trip_days(request.travel_dates)
        report = await self._service.events(place, days, request.limit, further, context.deadline)
        await context.progress(f"{_what(report)} found: {len(report.events)}", 80)
        return report


def _what(report: EventsReport) -> str:
    has_others = any(event.kind == "event" for event in report.events)
    return "Holidays, festivals and other events" if has_others else "Holidays and festivals"

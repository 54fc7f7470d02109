"""The agent `itinerary`: puts what the others found into days."""

from pydantic import ConfigDict, Field

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.storytelling import told_by
from app.llm.task import Writer
from app.services.itinerary.agent_results import AgentResults
from app.services.itinerary.report import ItineraryQuestion
from app.services.itinerary_service import ItineraryService
from app.trips.places.known import PlacedRequest
from app.trips.reports import ItineraryReport
from app.trips.request import TripRequest, trip_days


class ItineraryRequest(PlacedRequest, TripRequest):
    """The trip as it was asked for, and what the other agents made of it.

    `failures`: agent name to the reason why it did not deliver; it is shown to the traveller.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    results: AgentResults = AgentResults()
    failures: dict[str, str] = Field(default={}, max_length=20)


class ItineraryAgent(BaseAgent[ItineraryRequest, ItineraryReport]):
    """Plans with whatever is there: missing reports weaken the plan and are named in it. Raises UnknownPlaceError.

    `writer`: puts the finished plan into words; without one, or where it fails, the words are put together here.
    """

    name = "itinerary"
    title = "Itinerary Weaver"
    capabilities = ("day plans", "opening hours", "rainy day plans", "pace and interests")
    request_type = ItineraryRequest
    is_cacheable = True

    def __init__(self, service: ItineraryService, writer: Writer | None = None) -> None:
        self._service = service
        self._writer = writer

    async def handle(self, request: ItineraryRequest, context: AgentContext) -> ItineraryReport:
        stops = request.stops
        await context.progress(f"Looking through the sights of {', '.join(stop.name for stop in stops)}", 20)
        question = ItineraryQuestion(
            origin=await request.place(request.origin),
            places=[await request.place(stop.name) for stop in stops],
            stops=stops,
            keep_order=request.keep_order,
            budget_limit=request.budget_limit,
            currency=request.currency,
            days=trip_days(request.travel_dates),
            travelers_count=request.travelers_count,
            budget_range=request.budget_range,
            preferred_transport=request.preferred_transport,
            preferences=request.user_preferences,
            results=request.results,
            failures=request.failures,
        )
        await context.progress("Fitting sights, meals and ways into the days", 60)
        report = await self._service.itinerary(question, context.deadline)
        if self._writer is None or report.narrative is None:
            return report
        await context.progress("Putting the plan into words", 90)
        narrative = await told_by(self._writer, report, report.narrative, question, context.deadline)
        return report.model_copy(update={"narrative": narrative})

"""The agent `budget`: what the trip costs, line by line."""

from typing import Self

from pydantic import Field, model_validator

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.stops_request import StopsRequest
from app.services.budget_service import BudgetService
from app.services.money.budget_question import BudgetQuestion, BudgetStop
from app.trips.reports import BudgetReport
from app.trips.request import (
    MAX_TRAVELERS,
    MAX_TRIP_DAYS,
    BudgetLimit,
    BudgetRange,
    CurrencyCode,
    PlaceName,
    TravelDates,
    UserPreferences,
    check_days,
    trip_days,
)


class BudgetRequest(StopsRequest):
    """A trip to reckon. Its length comes from `travel_dates` or from `days`, exactly one of them.

    `budget_limit`: a total above it is warned about.
    """

    keep_order: bool = True
    origin: PlaceName | None = None
    travelers_count: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    travel_dates: TravelDates | None = None
    days: int | None = Field(default=None, ge=1, le=MAX_TRIP_DAYS)
    budget_range: BudgetRange = "mid-range"
    currency: CurrencyCode | None = None
    budget_limit: BudgetLimit | None = None
    user_preferences: UserPreferences = UserPreferences()

    @model_validator(mode="after")
    def _has_one_length_and_days_for_all(self) -> Self:
        if (self.travel_dates is None) == (self.days is None):
            raise ValueError("give either travel_dates or days, and not both")
        check_days(self.destinations, self.day_count)
        return self

    @property
    def day_count(self) -> int:
        return self.days if self.days is not None else len(trip_days(self.travel_dates or []))


class BudgetAgent(BaseAgent[BudgetRequest, BudgetReport]):
    """Raises UnknownPlaceError."""

    name = "budget"
    title = "Quartermaster"
    capabilities = ("trip budget", "cost breakdown", "cost per person", "currency conversion")
    request_type = BudgetRequest
    is_cacheable = True

    def __init__(self, service: BudgetService) -> None:
        self._service = service

    async def handle(self, request: BudgetRequest, context: AgentContext) -> BudgetReport:
        await context.progress(f"Gathering prices in {request.stops_text}", 20)
        places = await request.stop_places()
        question = BudgetQuestion(
            stops=tuple(BudgetStop(place, stop.days) for place, stop in zip(places, request.stops, strict=True)),
            origin=None if request.origin is None else await request.place(request.origin),
            travelers_count=request.travelers_count,
            days=request.day_count,
            budget_range=request.budget_range,
            asked_currency=request.currency,
            preferences=request.user_preferences,
            keep_order=request.keep_order,
            limit=request.budget_limit,
        )
        await context.progress("Adding up the journey, the rooms, the meals and the tickets", 60)
        return await self._service.budget(question, context.deadline)

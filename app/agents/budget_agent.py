"""The agent `budget`: what the trip costs, line by line."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.errors import AgentInputError
from app.services.budget_service import BudgetQuestion, BudgetService
from app.services.currencies import UnknownCurrencyError
from app.trips.places.known import PlacedRequest
from app.trips.reports import BudgetReport
from app.trips.request import (
    MAX_TRAVELERS,
    MAX_TRIP_DAYS,
    BudgetRange,
    CurrencyCode,
    PlaceName,
    TravelDates,
    UserPreferences,
    trip_days,
)


class BudgetRequest(PlacedRequest):
    """A trip to reckon. Its length comes from `travel_dates` or from `days`, exactly one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    origin: PlaceName | None = None
    travelers_count: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    travel_dates: TravelDates | None = None
    days: int | None = Field(default=None, ge=1, le=MAX_TRIP_DAYS)
    budget_range: BudgetRange = "mid-range"
    currency: CurrencyCode | None = None
    user_preferences: UserPreferences = UserPreferences()

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.travel_dates is None) == (self.days is None):
            raise ValueError("give either travel_dates or days, and not both")
        return self

    @property
    def day_count(self) -> int:
        return self.days if self.days is not None else len(trip_days(self.travel_dates or []))


class BudgetAgent(BaseAgent[BudgetRequest, BudgetReport]):
    """Raises UnknownPlaceError for a place, AgentInputError for a currency that does not exist."""

    name = "budget"
    title = "Quartermaster"
    capabilities = ("trip budget", "cost breakdown", "cost per person", "currency conversion")
    request_type = BudgetRequest

    def __init__(self, service: BudgetService) -> None:
        self._service = service

    async def handle(self, request: BudgetRequest, context: AgentContext) -> BudgetReport:
        await context.progress(f"Gathering prices in {request.destination}", 20)
        question = BudgetQuestion(
            destination=await request.place(request.destination),
            origin=None if request.origin is None else await request.place(request.origin),
            travelers_count=request.travelers_count,
            days=request.day_count,
            budget_range=request.budget_range,
            asked_currency=request.currency,
            preferences=request.user_preferences,
        )
        await context.progress("Adding up the journey, the rooms, the meals and the tickets", 60)
        try:
            return await self._service.budget(question)
        except UnknownCurrencyError as error:
            raise AgentInputError(str(error)) from error

"""What the other agents delivered for one trip, as the itinerary takes it: any of it may be missing."""

from pydantic import BaseModel, ConfigDict

from app.trips.reports import BudgetReport, EventsReport, RouteReport, WeatherReport


class AgentResults(BaseModel):
    """None: the agent did not deliver."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weather: WeatherReport | None = None
    events: EventsReport | None = None
    maps: RouteReport | None = None
    budget: BudgetReport | None = None

"""What each agent of a trip is told of the request."""

from typing import Any

import pytest

from app.agents.base_agent import BaseAgent
from app.agents.budget_agent import BudgetAgent
from app.agents.events_agent import EventsAgent
from app.agents.itinerary_agent import ItineraryAgent
from app.agents.maps_agent import MapsAgent
from app.agents.weather_agent import WeatherAgent
from app.core.workflow import payload
from app.trips.request import TripRequest
from app.trips.workflow import trip_workflow

AGENTS: tuple[type[BaseAgent[Any, Any]], ...] = (WeatherAgent, EventsAgent, MapsAgent, BudgetAgent, ItineraryAgent)
WORKFLOW = trip_workflow({agent.name: 1000 for agent in AGENTS}, 5000)
SEVERAL = {"destinations": ["Rome", {"name": "Florence", "days": 2}], "keep_order": False, "budget_limit": "900.5"}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
@pytest.mark.parametrize("where", [{"destination": "Rome"}, SEVERAL], ids=["one", "several"])
def test_every_agent_takes_what_it_is_sent(agent: type[BaseAgent[Any, Any]], where: dict[str, Any]) -> None:
    trip = TripRequest.model_validate({**where, "origin": "Oslo", "travel_dates": ["2027-05-01", "2027-05-04"]})
    (step,) = [step for step in WORKFLOW.steps if step.agent == agent.name]
    sent = payload(step, {**trip.model_dump(mode="json"), "places": {}}, {})
    request = agent.request_type.model_validate(sent)
    # The maps agent answers two kinds of request.
    request = getattr(request, "root", request)
    assert request.stops == trip.stops
    for field in ("keep_order", "budget_limit"):
        assert getattr(request, field, None) in (None, getattr(trip, field))


def test_the_order_and_the_limit_reach_those_that_heed_them() -> None:
    reads = {step.agent: step.reads for step in WORKFLOW.steps}
    assert [agent for agent, fields in reads.items() if "keep_order" in fields] == ["maps", "budget", "itinerary"]
    assert [agent for agent, fields in reads.items() if "budget_limit" in fields] == ["budget", "itinerary"]

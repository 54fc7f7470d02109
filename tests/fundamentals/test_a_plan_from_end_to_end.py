"""Read this first: one idea a test, in the order in which a plan goes through the rooms. All of it on fakeredis."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.api.answers import PlanAnswer
from app.core.decisions import RunStep, decide
from app.core.state import SessionState
from app.messaging.protocols import Envelope, Metadata, decode, encode, new_id
from app.services.outside.deadlines import Deadline
from app.trips.places.resolve import resolve_place
from app.trips.request import TripRequest, trip_days
from app.trips.workflow import trip_workflow
from app.workers import weather_worker
from tests.api.conftest import trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow

pytestmark = pytest.mark.anyio

TRIP: dict[str, Any] = {"destination": "Rome", "origin": "London", "travel_dates": ["2027-03-05", "2027-03-07"]}
TIMEOUTS_MS = dict.fromkeys(("weather", "events", "maps", "budget", "itinerary"), 5_000)


def test_a_trip_runs_from_its_earliest_to_its_latest_date() -> None:
    trip = TripRequest.model_validate(TRIP)
    assert trip_days(trip.travel_dates) == [date(2027, 3, 5), date(2027, 3, 6), date(2027, 3, 7)]


def test_a_place_is_looked_up_by_what_a_traveller_types() -> None:
    assert resolve_place("rome, italy").full_name == "Rome, Italy"


def test_a_workflow_says_who_is_asked_first() -> None:
    state = SessionState.opened(new_id(), trip_workflow(TIMEOUTS_MS, 60_000), TRIP, datetime.now(UTC), 3600)
    first = [decision.step.agent for decision in decide(state, datetime.now(UTC)) if isinstance(decision, RunStep)]
    assert first == ["weather", "events", "maps", "budget"]


def test_a_message_is_one_envelope_in_json() -> None:
    envelope = Envelope(
        session_id=new_id(),
        request_id=new_id(),
        timestamp=datetime.now(UTC),
        agent="weather",
        action="request",
        payload={"destination": "Rome"},
        metadata=Metadata(timeout_ms=5_000),
    )
    assert decode(encode(envelope)) == envelope


async def test_an_agent_takes_a_request_and_gives_a_report() -> None:
    class Quiet:
        deadline = Deadline.after(5.0)

        async def progress(self, message: str, percent: int) -> None: ...

    agent = weather_worker.build()
    request = agent.request_type.model_validate({"destination": "Rome", "travel_dates": TRIP["travel_dates"]})
    report = await agent.handle(request, Quiet())
    assert len(report.weather_forecast) == 3


async def test_a_worker_answers_what_a_gateway_asks(fake_bus: Bus) -> None:
    workflow = fan_in_workflow(("lion",), "tamer")
    async with working(fake_bus, [ScriptedAgent("lion")]), orchestrating(fake_bus, workflow) as orchestrator:
        report = await orchestrator.ask("lion", {"topic": "jump"}, timeout_ms=5_000)
    assert report["topic"] == "jump"


async def test_a_session_is_asked_for_answered_and_kept(fake_bus: Bus) -> None:
    agents = [ScriptedAgent("lion"), ScriptedAgent("tamer")]
    workflow = fan_in_workflow(("lion",), "tamer")
    async with working(fake_bus, agents), orchestrating(fake_bus, workflow) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "jump"})
        await run.finished
        kept = await orchestrator.state(run.state.session_id)
        story = [entry.event["type"] async for entry in await orchestrator.follow(run.state.session_id)]
    assert kept.status == "completed"
    assert story[0] == "started"
    assert story[-1] == "completed"


@pytest.mark.rows("DC-12")
async def test_a_plan_comes_over_http(fake_bus: Bus) -> None:
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        answer = await client.post("/api/v1/plan-trip", json=TRIP)
    plan = PlanAnswer.model_validate_json(answer.content)
    assert plan.status == "completed"
    assert plan.data.itinerary is not None
    assert [day.date for day in plan.data.itinerary.itinerary_days] == plan.days

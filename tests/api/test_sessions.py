"""A session's state and its end, on any gateway."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.api.answers import SessionAnswer
from tests.api.conftest import trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working

pytestmark = pytest.mark.anyio

ASYNC = {"Prefer": "respond-async"}


@pytest.mark.rows("DC-06", "S0-07", "S0-134")
async def test_a_finished_session_has_its_plan(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    plan = (await client.post("/api/v1/plan-trip", json=trip)).json()
    session = (await client.get(f"/api/v1/session/{plan['session_id']}")).json()
    SessionAnswer.model_validate(session)
    assert {name: session[name] for name in plan} == plan, "the same members say the same"
    assert session["overall_percent"] == 100
    assert session["agents"]["weather"]["progress_percent"] == 100


@pytest.mark.rows("S0-08", "S0-135", "DC-06")
async def test_a_running_session_is_seen_and_cancelled(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as client:
        session_id = (await client.post("/plan-trip", json=trip, headers=ASYNC)).json()["session_id"]
        path = f"/api/v1/session/{session_id}"
        assert (await client.get(path)).json()["status"] == "running"
        cancelled = await client.delete(path)
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
        SessionAnswer.model_validate(cancelled.json())
        assert {step["status"] for step in cancelled.json()["agents"].values()} == {"cancelled"}
        assert (await client.get(path)).json()["status"] == "cancelled"
        again = await client.delete(path)
        assert (again.status_code, again.json()["status"]) == (200, "cancelled")


@pytest.mark.rows("S0-135")
async def test_a_finished_session_is_not_changed_by_a_cancel(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    session_id = (await client.post("/plan-trip", json=trip)).json()["session_id"]
    answer = await client.delete(f"/api/v1/session/{session_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "session_ended")
    assert "completed" in answer.json()["detail"]
    assert (await client.get(f"/api/v1/session/{session_id}")).json()["status"] == "completed"


@pytest.mark.rows("S0-134", "S0-135")
@pytest.mark.parametrize(
    "session_id", ["00000000-0000-4000-8000-000000000000", "abc", "%2E%2E", "x" * 500, "state:*", "é"]
)
async def test_an_unknown_session_is_404(client: httpx2.AsyncClient, session_id: str) -> None:
    for answer in (
        await client.get(f"/api/v1/session/{session_id}"),
        await client.delete(f"/api/v1/session/{session_id}"),
        await client.get(f"/api/v1/session/{session_id}/stream"),
    ):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.rows("X-05", "S2-69", "S2-71")
async def test_every_documented_path_of_a_session_answers(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as client:
        session_id = (await client.post("/api/trips/plan", json=trip, headers=ASYNC)).json()["session_id"]
        assert (await client.get(f"/session/{session_id}")).json()["status"] == "running"
        assert (await client.get(f"/api/trips/{session_id}/status")).json()["status"] == "running"
        assert (await client.delete(f"/api/trips/{session_id}/cancel")).json()["status"] == "cancelled"


@pytest.mark.rows("DC-08", "S0-170")
async def test_two_gateways_serve_each_others_sessions(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as first, gateway(fake_bus) as second:
        plan = (await first.post("/plan-trip", json=trip)).json()
        assert (await second.get(f"/session/{plan['session_id']}")).json()["data"] == plan["data"]
        stream = await second.get(f"/session/{plan['session_id']}/stream")
        assert plan["session_id"] in stream.text


async def test_many_plans_at_once_stay_apart(client: httpx2.AsyncClient) -> None:
    """Every answer belongs to its own request."""
    cities = ["Rome", "Tokyo", "Sydney", "Lima", "Cairo", "London", "Toronto", "Mumbai"]
    bodies = [{"destination": city, "origin": "Paris", "travel_dates": ["2027-09-01"]} for city in cities]
    answers = await asyncio.gather(*(client.post("/plan-trip", json=body) for body in bodies))
    found = [answer.json()["data"]["weather"]["location"]["name"] for answer in answers]
    assert found == cities

"""A plan that was made a moment ago, or one like it: what is taken from there, and that it is said."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.api.conftest import is_healthy, trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

ALL = ["weather", "events", "maps", "budget", "itinerary"]


@pytest.fixture
async def client(fake_bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    async with working(fake_bus, trip_agents(), results_ttl_s=60), gateway(fake_bus) as connected:
        await wait_until(lambda: is_healthy(connected))
        yield connected


async def plan(client: httpx2.AsyncClient, trip: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/plan-trip", json={**trip, **changes})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.rows("S2-61", "S0-178")
async def test_an_identical_request_is_answered_from_the_first(
    client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    first, second = await plan(client, trip), await plan(client, trip)
    assert (first["agents_cached"], second["agents_cached"]) == ([], ALL)
    assert second["session_id"] != first["session_id"]
    assert second["data"] == first["data"]


@pytest.mark.rows("S2-62", "S2-64")
async def test_a_changed_budget_asks_for_no_weather(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await plan(client, trip)
    other = await plan(client, trip, budget_range="luxury")
    assert other["agents_cached"] == ["weather", "events", "maps"]
    assert other["data"]["budget"]["budget_range"] == "luxury"


async def test_other_dates_ask_everybody(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await plan(client, trip)
    assert (await plan(client, trip, travel_dates=["2027-05-02", "2027-05-03"]))["agents_cached"] == []


async def test_a_traveller_s_number_of_companions_is_not_taken_from_another(
    client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    await plan(client, trip)
    other = await plan(client, trip, travelers_count=5)
    assert other["agents_cached"] == ["weather", "events"]
    assert other["data"]["budget"]["travelers_count"] == 5


async def test_it_is_told_wherever_the_plan_is(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await plan(client, trip)
    session_id = (await plan(client, trip))["session_id"]
    session = (await client.get(f"/api/v1/session/{session_id}")).json()
    assert session["agents_cached"] == ALL
    assert all(agent["cache_age_s"] is not None for agent in session["agents"].values())
    lines = (await client.get(f"/api/v1/session/{session_id}/stream")).text.splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [event["agent"] for event in events if event.get("cache_age_s") is not None][-1] == "itinerary"
    assert events[-1]["agents_cached"] == ALL


async def test_hits_are_counted_for_prometheus(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await plan(client, trip)
    await plan(client, trip)

    async def counted() -> bool:
        text = (await client.get("/metrics")).text
        return all(f'round_table_agent_cache_hits_total{{agent="{agent}"}} 1.0' in text for agent in ALL)

    await wait_until(counted)


async def test_a_single_agent_s_answer_serves_a_plan_that_asks_the_same(
    client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    """Both ask with the same fields, so it is the same question."""
    await client.post("/api/v1/weather", json={"location": trip["destination"], "dates": trip["travel_dates"]})
    assert (await plan(client, trip))["agents_cached"] == ["weather"]


async def test_from_another_home_the_weather_is_the_same(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await plan(client, trip)
    other = await plan(client, trip, origin="Oslo")
    assert other["agents_cached"] == ["weather", "events"]

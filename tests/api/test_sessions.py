"""A session's state and its end, on any gateway."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from app.api.answers import SessionAnswer
from app.messaging import channels, events
from app.messaging.protocols import new_id
from tests.api.conftest import trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.waiting import wait_until

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


@pytest.mark.rows("S2-24")
async def test_of_two_changes_of_one_version_exactly_one_wins(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as first, gateway(fake_bus) as second:
        path = (await first.post("/api/v1/plan-trip", json=trip, headers=ASYNC)).json()["location"]
        await wait_until(lambda: _all_asked(first, path))
        version = (await second.get(path)).headers["etag"]
        answers = await asyncio.gather(
            *(one.delete(path, headers={"If-Match": version}) for one in (first, second) for _ in range(3))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"version_conflict"}


async def _all_asked(client: httpx2.AsyncClient, path: str) -> bool:
    agents = (await client.get(path)).json()["agents"]
    return [agent["status"] for agent in agents.values()].count("running") == 4


@pytest.mark.rows("S2-24")
@pytest.mark.parametrize("version", ['"1-1"', 'W/"0-1"', "nonsense", '"'])
async def test_a_session_that_has_moved_on_is_not_cancelled_blindly(
    fake_bus: Bus, trip: dict[str, Any], version: str
) -> None:
    async with gateway(fake_bus) as client:
        path = (await client.post("/api/v1/plan-trip", json=trip, headers=ASYNC)).json()["location"]
        refused = await client.delete(path, headers={"If-Match": version})
        assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")
        assert (await client.delete(path, headers={"If-Match": "*"})).json()["status"] == "cancelled"


@pytest.mark.rows("S2-44")
@pytest.mark.parametrize(
    "spoilt", [b"\xff", b"{}", b'{"workflow": "trip"}', {"itinerary_data": None}, {"request_fields": ["destination"]}]
)
async def test_a_read_model_that_is_spoilt_is_made_anew_from_the_log(
    fake_bus: Bus, own_client: httpx2.AsyncClient, trip: dict[str, Any], spoilt: bytes | dict[str, Any]
) -> None:
    """The log is the last consistent state: what contradicts it, or itself, is rolled back to it."""
    redis = fake_bus.make_client()
    plan = (await own_client.post("/api/v1/plan-trip", json=trip)).json()
    key = channels.session_state(plan["session_id"])
    before = json.loads(await redis.get(key))
    await redis.set(key, spoilt if isinstance(spoilt, bytes) else json.dumps({**before, **spoilt}), ex=60)
    session = (await own_client.get(f"/api/v1/session/{plan['session_id']}")).json()
    assert {name: session[name] for name in plan} == plan
    assert json.loads(await redis.get(key)) == before
    await redis.aclose()


async def test_a_session_says_whether_it_was_lost_or_is_over(
    fake_bus: Bus, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    redis = fake_bus.make_client()
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        path = f"/api/v1/session/{(await client.post('/plan-trip', json=trip)).json()['session_id']}"
        await redis.flushdb()
        lost = await client.get(path)
        assert (lost.status_code, lost.json()["code"]) == (404, "session_lost")
        assert "Redis has lost it" in lost.json()["detail"]
        # A version 7 UUID of the year 2020: long over.
        over = await client.get("/api/v1/session/01700000-0000-7000-8000-000000000000")
        assert (over.status_code, over.json()["code"]) == (404, "session_not_found")
        assert "is over" in over.json()["detail"]
    await redis.aclose()


@pytest.mark.rows("S0-134", "S0-135")
@pytest.mark.parametrize(
    "session_id", ["00000000-0000-4000-8000-000000000000", "abc", "%2E%2E", "x" * 500, "state:*", "é"]
)
async def test_an_unknown_session_is_404(lone_gateway: httpx2.AsyncClient, session_id: str) -> None:
    for answer in (
        await lone_gateway.get(f"/api/v1/session/{session_id}"),
        await lone_gateway.delete(f"/api/v1/session/{session_id}"),
        await lone_gateway.get(f"/api/v1/session/{session_id}/stream"),
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


@pytest.mark.rows("S2-24")
@pytest.mark.parametrize("form", ['"1-1", {}', '{} , "1-1"', '"a,b",{}'])
async def test_any_of_several_versions_will_do(fake_bus: Bus, trip: dict[str, Any], form: str) -> None:
    async with gateway(fake_bus) as client:
        path = (await client.post("/api/v1/plan-trip", json=trip, headers=ASYNC)).json()["location"]
        await wait_until(lambda: _all_asked(client, path))
        version = (await client.get(path)).headers["etag"]
        refused = await client.delete(path, headers={"If-Match": '"1-1", "2-2"'})
        assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")
        assert (await client.delete(path, headers={"If-Match": form.format(version)})).status_code == 200


async def test_a_log_whose_request_is_no_trip_is_no_session(fake_bus: Bus, trip: dict[str, Any]) -> None:
    broker, session_id = fake_bus.broker(), new_id()
    opening = events.started(session_id, "trip", 5_000, 60, datetime.now(UTC))
    await broker.open_log(session_id, opening, request=b"{}", ttl_s=60)
    async with gateway(fake_bus) as client:
        assert (await client.get(f"/api/v1/session/{session_id}")).status_code == 404
        assert (await client.delete(f"/api/v1/session/{session_id}")).status_code == 404

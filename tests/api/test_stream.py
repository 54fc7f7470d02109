"""Progress over server-sent events: by GET, by POST, attached to later, and ended."""

import json
from typing import Any

import httpx2
import pytest

from app.messaging.protocols import new_id
from tests.conftest import Bus
from tests.fleet import gateway
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

STREAM = "/api/v1/plan-trip/stream"


async def read_stream(client: httpx2.AsyncClient, method: str, path: str, **options: Any) -> list[dict[str, Any]]:
    """Every event of a stream that ends by itself, its id under `id`. Checks the framing on the way."""
    events: list[dict[str, Any]] = []
    entry_id = ""
    async with client.stream(method, path, **options) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            assert line == "" or line.startswith(("id: ", "data: ", ": ")), line
            if line.startswith("id: "):
                entry_id = line[4:]
            if line.startswith("data: "):
                events.append({**json.loads(line[6:]), "id": entry_id})
    return events


def check_story(events: list[dict[str, Any]]) -> None:
    assert list(events[0])[:2] == ["type", "session_id"]
    assert events[0]["type"] == "started"
    assert events[0]["timestamp"].endswith("Z")
    assert events[-1]["type"] == "completed"
    assert events[-1]["status"] == "completed"
    for agent in ("weather", "events", "maps", "budget", "itinerary"):
        mine = [event for event in events if event.get("agent") == agent]
        percents = [event["progress_percent"] for event in mine]
        assert percents == sorted(percents)
        assert (mine[-1]["progress_percent"], mine[-1]["message"]) == (100, f"{agent.capitalize()} agent completed")
        assert len(mine) >= 3, "asked, at work, completed"
    positions = [tuple(int(part) for part in event["id"].split("-")) for event in events]
    assert positions == sorted(set(positions))
    overall = [event["overall_percent"] for event in events]
    assert overall == sorted(overall)


@pytest.mark.rows("DC-04", "DC-11", "S0-04", "S0-127", "S0-129", "S0-130", "S0-131", "S0-132", "X-01", "X-35")
async def test_post_streams_the_whole_story(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    events = await read_stream(client, "POST", STREAM, json=trip)
    check_story(events)
    session = (await client.get(f"/api/v1/session/{events[0]['session_id']}")).json()
    assert events[-1]["data"] == session["data"]


@pytest.mark.rows("S0-126", "S0-101", "X-01")
async def test_get_streams_the_same_for_event_source(client: httpx2.AsyncClient) -> None:
    query = {
        "destination": "Paris, France",
        "origin": "New Delhi, India",
        "travel_dates": "2027-05-01,2027-05-03",
        "interests": ["art", "food"],
        "pace": "relaxed",
        "travelers_count": "2",
    }
    events = await read_stream(client, "GET", STREAM, params=query)
    check_story(events)
    assert events[-1]["days"] == ["2027-05-01", "2027-05-02", "2027-05-03"]
    session = (await client.get(f"/api/v1/session/{events[0]['session_id']}")).json()
    assert session["request"]["user_preferences"] == {"interests": ["art", "food"], "pace": "relaxed"}


@pytest.mark.rows("S0-128", "X-01")
async def test_get_with_a_json_body_streams_too(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    check_story(await read_stream(client, "GET", STREAM, json=trip))


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "destination"), ({"destination": "Rome", "origin": "London", "travel_dates": "tomorrow"}, "travel_dates.0")],
)
async def test_get_with_bad_parameters_names_them(
    client: httpx2.AsyncClient, query: dict[str, str], field: str
) -> None:
    answer = await client.get(STREAM, params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.rows("S0-06", "X-08")
async def test_a_client_attaches_later_and_misses_nothing(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    events = await read_stream(client, "POST", STREAM, json=trip)
    path = f"/api/v1/session/{events[0]['session_id']}/stream"
    assert await read_stream(client, "GET", path) == events
    middle = events[6]["id"]
    assert await read_stream(client, "GET", path, headers={"Last-Event-ID": middle}) == events[7:]
    assert await read_stream(client, "GET", path, params={"last_event_id": middle}) == events[7:]
    assert await read_stream(client, "GET", path, headers={"Last-Event-ID": events[-1]["id"]}) == []


@pytest.mark.parametrize("position", ["x", "1", "1-", "-1-2", "1-2-3", "9" * 30 + "-1", "$", "+"])
async def test_a_position_that_is_none_is_refused(client: httpx2.AsyncClient, position: str) -> None:
    answer = await client.get(f"/api/v1/session/{new_id()}/stream", headers={"Last-Event-ID": position})
    assert answer.status_code == 422


async def test_an_unknown_session_has_no_stream(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/session/{new_id()}/stream")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


@pytest.mark.rows("S0-47")
async def test_streaming_can_be_switched_off(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus, streaming_enabled=False) as client:
        for answer in (
            await client.post(STREAM, json=trip),
            await client.get(STREAM, params={"destination": "Rome", "origin": "London", "travel_dates": "2027-05-01"}),
            await client.get(f"/api/v1/session/{new_id()}/stream"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "streaming_disabled")


@pytest.mark.rows("S0-133")
async def test_a_client_that_leaves_frees_its_subscription(fake_bus: Bus, trip: dict[str, Any]) -> None:
    """No worker: the session runs on, and the viewer goes."""
    async with gateway(fake_bus) as client:
        redis = fake_bus.make_client()
        async with client.stream("POST", STREAM, json=trip) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    session_id = json.loads(line[6:])["session_id"]
                    break
        await client.delete(f"/api/v1/session/{session_id}")

        async def is_free() -> bool:
            return await redis.pubsub_channels(f"*{session_id}") == []

        await wait_until(is_free)
        await redis.aclose()

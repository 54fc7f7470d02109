"""Progress over server-sent events: by GET, by POST, attached to later, and ended."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from app.core.session_timeline import MAX_LAG_EVENTS
from app.messaging import channels
from app.messaging.protocols import new_id
from tests.api.streams import attached, opened, read_stream, subscribers, tasks, tell
from tests.conftest import Bus
from tests.fleet import gateway
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

STREAM = "/api/v1/plan-trip/stream"


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
    positions = [tuple(int(part) for part in event["id"].partition("@")[0].split("-")) for event in events]
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
    assert session["request"]["user_preferences"].items() >= {"interests": ["art", "food"], "pace": "relaxed"}.items()


@pytest.mark.rows("S0-128", "X-01")
async def test_get_with_a_json_body_streams_too(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    check_story(await read_stream(client, "GET", STREAM, json=trip))


@pytest.mark.parametrize(
    ("query", "field"),
    [({}, "destination"), ({"destination": "Rome", "origin": "London", "travel_dates": "tomorrow"}, "travel_dates.0")],
)
async def test_get_with_bad_parameters_names_them(
    lone_gateway: httpx2.AsyncClient, query: dict[str, str], field: str
) -> None:
    answer = await lone_gateway.get(STREAM, params=query)
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
    over = await client.get(path, headers={"Last-Event-ID": events[-1]["id"]})
    assert (over.status_code, over.content) == (204, b""), "nothing more can come"


@pytest.mark.parametrize("position", ["x", "9" * 20 + "-1", "1", "1-", "-1-2", "1-2-3", "9" * 30 + "-1", "$", "+"])
async def test_a_position_that_is_none_is_refused(lone_gateway: httpx2.AsyncClient, position: str) -> None:
    answer = await lone_gateway.get(f"/api/v1/session/{new_id()}/stream", headers={"Last-Event-ID": position})
    assert answer.status_code == 422


async def test_an_unknown_session_has_no_stream(lone_gateway: httpx2.AsyncClient) -> None:
    answer = await lone_gateway.get(f"/api/v1/session/{new_id()}/stream")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


@pytest.mark.rows("S0-47", "S2-40")
async def test_streaming_can_be_switched_off(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus, streaming_enabled=False) as client:
        for answer in (
            await client.post(STREAM, json=trip),
            await client.get(STREAM, params={"destination": "Rome", "origin": "London", "travel_dates": "2027-05-01"}),
            await client.get(f"/api/v1/session/{new_id()}/stream"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "streaming_disabled")
        accepted = await client.post("/api/v1/plan-trip", json=trip, headers={"Prefer": "respond-async"})
        polled = (await client.get(accepted.json()["location"])).json()
        assert polled["status"] in ("pending", "running"), "the other way to hear of it"
        await client.delete(accepted.json()["location"])


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


# ---- cut and taken up again, by sockets that behave badly

BIG = "x" * 100_000


@pytest.mark.rows("S0-06", "X-08")
async def test_a_stream_cut_anywhere_goes_on_at_another_gateway(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as one, gateway(fake_bus) as other:
        session_id = await opened(one, trip)
        await tell(fake_bus, session_id, "at work", 5)
        path = f"/api/v1/session/{session_id}/stream"
        whole = asyncio.create_task(read_stream(one, "GET", path))
        rests = []
        for number in range(8):
            last_id = await _read_events(one, path, number)
            headers = {"Last-Event-ID": last_id} if last_id else {}
            rests.append(asyncio.create_task(read_stream(other, "GET", path, headers=headers)))
        await tell(fake_bus, session_id, "nearly", 3)
        await one.delete(f"/api/v1/session/{session_id}")
        told = await whole
        assert told[-1]["type"] == "cancelled"
        for number, rest in enumerate(rests):
            assert await rest == told[number:]


async def _read_events(client: httpx2.AsyncClient, path: str, count: int) -> str:
    """Read so many events, then break off. Returns the last one's id, "" where it was cut before the first."""
    last_id = ""
    async with client.stream("GET", path) as response:
        if count == 0:
            return ""
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                last_id = line[4:]
            if line.startswith("data: "):
                count -= 1
            if count == 0:
                break
    return last_id


async def test_a_stream_leaves_it_to_the_server_whether_its_connection_is_kept(client: httpx2.AsyncClient) -> None:
    """HTTP/1.0 has none that is kept: a client must not be told both."""
    query = "destination=Rome&origin=London&travel_dates=2027-05-01"
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(f"GET {STREAM}?{query} HTTP/1.0\r\nHost: t\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert [line for line in head.splitlines() if line.startswith("connection:")] == ["connection: close"]
    assert b'"completed"' in await reader.read(), "and then it is closed"
    writer.close()


async def test_a_stream_is_not_stored_or_buffered_on_its_way(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as client, client.stream("POST", STREAM, json=trip) as response:
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        location = response.headers["content-location"]
        assert location.startswith("/api/v1/session/")
        await client.delete(location.removesuffix("/stream"))


@pytest.mark.rows("S0-133", "S3-41")
async def test_a_client_that_does_not_read_slows_nobody_and_is_let_go(
    fake_bus: Bus, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.api.event_stream.SEND_TIMEOUT_S", 1)
    async with gateway(fake_bus) as client:
        before = tasks()
        session_id = await opened(client, trip)
        path = f"/api/v1/session/{session_id}/stream"
        async with attached(client, session_id):
            others = [asyncio.create_task(read_stream(client, "GET", path)) for _ in range(3)]
            await tell(fake_bus, session_id, BIG, 100)
            await client.delete(f"/api/v1/session/{session_id}")
            for story in await asyncio.wait_for(asyncio.gather(*others), 10):
                assert [event.get("message") for event in story].count(BIG) == 100
            await wait_until(lambda: tasks() <= before)
        log = capsys.readouterr().out
        assert "stream_not_read" in log
        assert "Traceback" not in log


@pytest.mark.rows("S3-41")
async def test_a_client_too_far_behind_is_told_so_and_goes_on_from_there(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as client:
        session_id = await opened(client, trip)
        path = f"/api/v1/session/{session_id}/stream"
        async with client.stream("GET", path) as response:
            # More than any buffer between us holds; then more events than a viewer may be late.
            await tell(fake_bus, session_id, BIG, 100)
            await tell(fake_bus, session_id, "small", MAX_LAG_EVENTS)
            lines = [line async for line in response.aiter_lines() if line.startswith(("id: ", "data: "))]
        cut = json.loads(lines[-1].removeprefix("data: "))
        assert (cut["type"], cut["code"]) == ("cut", "slow_reader")
        seen = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        assert len(lines) == 2 * len(seen) + 1, "the cut has no id: the client's last one stands"
        assert cut["last_event_id"] == seen[-1]
        await client.delete(f"/api/v1/session/{session_id}")
        rest = await read_stream(client, "GET", path, headers={"Last-Event-ID": seen[-1]})
        whole = await read_stream(client, "GET", path)
        assert seen + [event["id"] for event in rest] == [event["id"] for event in whole]


@pytest.mark.rows("S0-133")
async def test_clients_that_vanish_leave_no_subscription_and_no_task(fake_bus: Bus, trip: dict[str, Any]) -> None:
    """The session is another gateway's, so that its channel is the viewers' alone on this one."""
    async with gateway(fake_bus) as driver, gateway(fake_bus) as client:
        session_id = await opened(driver, trip)
        alone, before = await subscribers(fake_bus, session_id), tasks()
        async with AsyncExitStack() as viewers:
            for _ in range(100):
                reader = await viewers.enter_async_context(attached(client, session_id))
                await reader.readuntil(b"data: ")
            assert await subscribers(fake_bus, session_id) == alone + 1

        async def is_free() -> bool:
            return await subscribers(fake_bus, session_id) == alone

        await wait_until(is_free, timeout_s=3)
        await wait_until(lambda: tasks() <= before, timeout_s=3)
        await driver.delete(f"/api/v1/session/{session_id}")


@pytest.mark.rows("S0-06", "X-08")
async def test_viewers_of_a_session_that_redis_has_lost_are_told(
    fake_bus: Bus, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.session_feed.READ_AGAIN_AFTER_S", 0.1)
    async with gateway(fake_bus) as driver, gateway(fake_bus) as client:
        session_id = await opened(driver, trip)
        redis: Any = fake_bus.make_client()
        async with client.stream("GET", f"/api/v1/session/{session_id}/stream") as response:
            lines = response.aiter_lines()
            await anext(lines)
            await redis.delete(channels.session_log(session_id))
            told = [line async for line in lines if line]
        await redis.aclose()
        assert json.loads(told[-1][6:])["code"] == "session_lost"
        assert not told[-2].startswith("id: ")

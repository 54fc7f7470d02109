"""The same key is the same session, on any gateway, while it runs and when it has ended."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from app.messaging import channels
from tests.api.conftest import trip_agents
from tests.api.test_stream import read_stream
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


PLAN = "/api/v1/plan-trip"
STREAM = "/api/v1/plan-trip/stream"
KEY = {"Idempotency-Key": "b2b5f1c4-order 17"}
ASYNC = {"Prefer": "respond-async"}


async def test_the_same_request_with_the_same_key_is_the_same_session(
    own_client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    first = await own_client.post(PLAN, json=trip, headers=KEY)
    second = await own_client.post(PLAN, json=dict(reversed(trip.items())), headers=KEY)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    other = await own_client.post(PLAN, json=trip, headers={"Idempotency-Key": "another"})
    assert other.json()["session_id"] != first.json()["session_id"]


async def test_one_that_is_under_way_is_waited_for_on_any_gateway(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as first, gateway(fake_bus) as second:
        accepted = await first.post(PLAN, json=trip, headers={**KEY, **ASYNC})
        waiting = [asyncio.create_task(one.post(PLAN, json=trip, headers=KEY)) for one in (first, second)]
        again = await second.post(PLAN, json=trip, headers={**KEY, **ASYNC})
        assert (again.status_code, again.headers["location"]) == (202, accepted.headers["location"])
        assert {answer.json()["status"] for answer in (accepted, again)} <= {"pending", "running"}
        async with working(fake_bus, trip_agents()):
            plans = [(await answer).json() for answer in waiting]
    assert plans[0] == plans[1]
    assert plans[0]["session_id"] == accepted.json()["session_id"]


async def test_one_that_is_accepted_again_after_its_end_is_said_to_have_ended(
    fake_bus: Bus, trip: dict[str, Any]
) -> None:
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as first, gateway(fake_bus) as second:
        planned = (await first.post(PLAN, json=trip, headers=KEY)).json()
        for client in (first, second):
            accepted = await client.post(PLAN, json=trip, headers={**KEY, **ASYNC})
            assert accepted.status_code == 202
            assert accepted.json()["session_id"] == planned["session_id"]
            assert accepted.json()["status"] == planned["status"] == "completed"


async def test_of_many_at_once_one_opens_a_session(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as first, gateway(fake_bus) as second:
        answers = await asyncio.gather(
            *((first, second)[number % 2].post(PLAN, json=trip, headers=KEY) for number in range(20))
        )
        audited = (await first.get("/api/v1/audit")).json()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert (audited["accepted"], audited["completed"]) == (1, 1)


async def test_the_key_of_another_request_is_a_conflict(own_client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await own_client.post(PLAN, json=trip, headers=KEY)
    answer = await own_client.post(PLAN, json={**trip, "travelers_count": 7}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    streamed = await own_client.post(STREAM, json={**trip, "travelers_count": 7}, headers=KEY)
    assert streamed.status_code == 409


@pytest.mark.parametrize(("key", "status"), [("x" * 255, 200), ("x" * 256, 422), ("", 422)])
async def test_a_key_has_1_to_255_characters(
    client: httpx2.AsyncClient, trip: dict[str, Any], key: str, status: int
) -> None:
    answer = await client.post(PLAN, json=trip, headers={"Idempotency-Key": key})
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_key_and_its_session_are_kept_for_a_day(fake_bus: Bus, trip: dict[str, Any]) -> None:
    redis = fake_bus.make_client()
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        session_id = (await client.post(PLAN, json=trip, headers=KEY)).json()["session_id"]
        (key,) = await redis.keys("idempotency:*")
        for name in (key, channels.session_log(session_id), channels.session_state(session_id)):
            assert 86_000 < await redis.ttl(name) <= 86_400
    await redis.aclose()


async def test_a_claim_whose_maker_died_before_it_opened_the_session_is_carried_out(
    fake_bus: Bus, trip: dict[str, Any]
) -> None:
    redis = fake_bus.make_client()
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        session_id = (await client.post(PLAN, json=trip, headers=KEY)).json()["session_id"]
        await redis.delete(channels.session_log(session_id), channels.session_state(session_id))
        again = await client.post(PLAN, json=trip, headers=KEY)
        assert (again.status_code, again.json()["session_id"]) == (200, session_id)
    await redis.aclose()


async def test_what_is_no_claim_of_ours_is_a_conflict(fake_bus: Bus, trip: dict[str, Any]) -> None:
    redis = fake_bus.make_client()
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        await client.post(PLAN, json=trip, headers=KEY)
        (key,) = await redis.keys("idempotency:*")
        await redis.set(key, b"\xff", ex=60)
        assert (await client.post(PLAN, json=trip, headers=KEY)).status_code == 409
    await redis.aclose()


@pytest.mark.rows("S0-06", "X-08")
async def test_a_stream_that_broke_before_its_first_event_is_found_again_by_its_key(
    own_client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    async with own_client.stream("POST", STREAM, json=trip, headers=KEY):
        pass
    events = await read_stream(own_client, "POST", STREAM, json=trip, headers=KEY)
    assert [events[0]["type"], events[-1]["type"]] == ["started", "completed"]
    assert (await own_client.get("/api/v1/audit")).json()["accepted"] == 1
    rest = await read_stream(own_client, "POST", STREAM, json=trip, headers={**KEY, "Last-Event-ID": events[5]["id"]})
    assert rest == events[6:]
    by_get = await read_stream(own_client, "GET", STREAM, json=trip, headers={**KEY, "Last-Event-ID": events[5]["id"]})
    assert [event["id"].partition("@")[0] for event in by_get] == [event["id"] for event in events[6:]]


QUERY = {"destination": "Rome", "origin": "London", "travel_dates": "2027-06-29"}


@pytest.mark.rows("S0-06", "X-08")
async def test_an_event_source_that_comes_back_gets_the_rest_of_its_own_session(fake_bus: Bus) -> None:
    """A browser asks the same address again, with the last id that it saw; others have asked the same at once."""
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as first, gateway(fake_bus) as second:
        asked = [read_stream(client, "GET", STREAM, params=QUERY) for client in (first, second) * 4]
        stories = await asyncio.gather(*asked)
        assert len({story[0]["session_id"] for story in stories}) == 8
        for story in stories:
            for number, event in enumerate(story[:-1]):
                back = {"Last-Event-ID": event["id"]}
                assert await read_stream(second, "GET", STREAM, params=QUERY, headers=back) == story[number + 1 :]
        assert (await second.get("/api/v1/audit")).json()["accepted"] == 8, "no new plan is begun"


@pytest.mark.rows("S0-06", "X-08")
async def test_the_ids_of_a_stream_by_get_name_their_session(own_client: httpx2.AsyncClient) -> None:
    """In the ids alone: the events are those of the session's stream. That takes such ids too, in the header or not."""
    mine = await read_stream(own_client, "GET", STREAM, params=QUERY)
    session_id = mine[0]["session_id"]
    path = f"/api/v1/session/{session_id}/stream"
    plain = await read_stream(own_client, "GET", path)
    assert [event["id"] for event in mine] == [f"{event['id']}@{session_id}" for event in plain]
    assert [{**event, "id": ""} for event in mine] == [{**event, "id": ""} for event in plain]
    seen = mine[3]["id"]
    for headers, params in (({"Last-Event-ID": seen}, {}), ({}, {"last_event_id": seen})):
        assert await read_stream(own_client, "GET", path, headers=headers, params=params) == plain[4:]
        again = await read_stream(own_client, "GET", STREAM, headers=headers, params={**QUERY, **params})
        assert again == mine[4:]


@pytest.mark.rows("S0-06", "X-08")
async def test_an_event_source_whose_plan_is_there_is_told_to_come_back_no_more(
    own_client: httpx2.AsyncClient,
) -> None:
    """It would, whenever a stream ends; 204 is how HTML has it told. Nothing is planned anew."""
    mine = await read_stream(own_client, "GET", STREAM, params=QUERY)
    over = await own_client.get(STREAM, params=QUERY, headers={"Last-Event-ID": mine[-1]["id"]})
    assert (over.status_code, over.content) == (204, b"")
    assert (await own_client.get("/api/v1/audit")).json()["accepted"] == 1


NOBODYS = "01a228ff-9593-7e20-8951-208ce9796941"


@pytest.mark.parametrize(
    ("path", "event_id", "status", "code"),
    [
        (STREAM, f"1-1@{NOBODYS}", 404, "session_not_found"),
        (STREAM, "1-1@" + "-" * 36, 404, "session_not_found"),
        (STREAM, "1-1@mine", 422, "invalid_request"),
        (STREAM, f"@{NOBODYS}", 422, "invalid_request"),
        (STREAM, f"1-1@{NOBODYS}@{NOBODYS}", 422, "invalid_request"),
        (STREAM, "1-1", 422, "invalid_request"),
        (f"/api/v1/session/{NOBODYS[:-1]}2/stream", f"1-1@{NOBODYS}", 422, "invalid_request"),
    ],
)
async def test_an_event_of_no_session_or_of_another_one_is_refused(
    lone_gateway: httpx2.AsyncClient, path: str, event_id: str, status: int, code: str
) -> None:
    """An id without its session is none of a GET's, and could be any session's: each log counts for itself."""
    answer = await lone_gateway.get(path, params=QUERY, headers={"Last-Event-ID": event_id})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await lone_gateway.get("/api/v1/audit")).json()["accepted"] == 0


async def test_an_event_source_can_give_a_key_in_its_query(client: httpx2.AsyncClient) -> None:
    async def session_id() -> str:
        async with client.stream("GET", STREAM, params={**QUERY, "idempotency_key": "mine"}) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    return str(json.loads(line[6:])["session_id"])
        raise AssertionError("no event came")

    assert await session_id() == await session_id()


async def test_a_request_that_was_refused_can_be_sent_again_with_its_key(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus, max_concurrent_requests=1) as client:
        running = (await client.post(PLAN, json=trip, headers=ASYNC)).json()["session_id"]
        assert (await client.post(PLAN, json=trip, headers={**KEY, **ASYNC})).status_code == 429
        await client.delete(f"/api/v1/session/{running}")

        async def is_accepted() -> bool:
            return (await client.post(PLAN, json=trip, headers={**KEY, **ASYNC})).status_code == 202

        await wait_until(is_accepted)


@pytest.mark.parametrize("session_id", ["no id", "a\r\nSet-Cookie: b=c", "\u20ac", "x" * 10_000])
async def test_a_key_that_stands_for_no_session_of_ours_is_refused(
    fake_bus: Bus, trip: dict[str, Any], session_id: str
) -> None:
    client: Any = fake_bus.make_client()
    async with gateway(fake_bus) as connected:
        await connected.post(PLAN, json=trip, headers={**KEY, **ASYNC})
        (name,) = await client.keys("idempotency:*")
        claim = json.loads(await client.get(name))
        await client.set(name, json.dumps({**claim, "session_id": session_id}), ex=60)
        answer = await connected.post(PLAN, json=trip, headers={**KEY, **ASYNC})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    await client.aclose()

"""What an operator asks for: the books, and the requests that were put aside."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from app.api.answers import AuditAnswer
from app.messaging import channels
from app.messaging.protocols import decode
from app.messaging.request_queue import DEFAULT_MAX_QUEUE_LENGTH, LETTERS_AT_ONCE
from tests.api.conftest import is_healthy, trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.messaging.test_protocols import request
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


async def test_the_audit_balances(own_client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    for _ in range(2):
        await own_client.post("/plan-trip", json=trip)
    found = AuditAnswer.model_validate((await own_client.get("/api/v1/audit")).json())
    assert (found.accepted, found.completed, found.running, found.is_balanced) == (2, 2, 0, True)
    assert found.dead_letters == 0


async def test_what_was_put_aside_is_listed_and_sent_again(fake_bus: Bus) -> None:
    broker = fake_bus.broker()
    payload = {"destination": "Rome", "travel_dates": ["2027-06-29"]}
    buried = request(agent="weather", payload=payload)
    await broker.bury("weather", "1-1", buried.model_dump_json().encode(), "its worker died 3 times")
    async with gateway(fake_bus) as client:
        (letter,) = (await client.get("/api/v1/dead-letters")).json()
        assert (letter["agent"], letter["cause"]) == ("weather", "its worker died 3 times")
        assert json.loads(letter["envelope"])["request_id"] == buried.request_id
        path = f"/api/v1/dead-letters/weather/{letter['id']}/send-again"
        sent = (await client.post(path)).json()
        (waiting,) = await broker._commands.send("XRANGE", channels.request_stream("weather"), "-", "+")
        again = decode(waiting[1][1])
        assert (again.request_id, again.payload) == (sent["request_id"], payload)
        assert again.metadata.correlation_id == buried.session_id
        assert again.session_id != buried.session_id, "that session has gone on without it"
        assert (await client.get("/api/v1/dead-letters")).json() == []
        assert (await client.post(path)).status_code == 404, "once is enough"
        async with working(fake_bus, trip_agents()):
            await wait_until(lambda: is_healthy(client))
            await wait_until(lambda: _is_worked(broker))


async def test_of_many_who_send_one_again_at_once_one_does(fake_bus: Bus) -> None:
    broker = fake_bus.broker()
    await broker.bury("weather", "1-1", request(agent="weather").model_dump_json().encode(), "its worker died 3 times")
    async with gateway(fake_bus) as one, gateway(fake_bus) as other:
        (letter,) = (await one.get("/api/v1/dead-letters")).json()
        path = f"/api/v1/dead-letters/weather/{letter['id']}/send-again"
        answers = await asyncio.gather(*(client.post(path) for client in (one, other) * 3))
        sent = [answer for answer in answers if answer.status_code == 200]
        refused = {answer.json()["code"] for answer in answers if answer.status_code != 200}
        assert len(sent) == 1
        assert refused <= {"dead_letter_taken", "dead_letter_not_found"}
        assert await broker.queue_length("weather") == 1


async def test_one_that_somebody_is_sending_is_left_to_him(fake_bus: Bus) -> None:
    broker = fake_bus.broker()
    await broker.bury("weather", "1-1", request(agent="weather").model_dump_json().encode(), "its worker died 3 times")
    async with gateway(fake_bus) as client:
        (letter,) = (await client.get("/api/v1/dead-letters")).json()
        path = f"/api/v1/dead-letters/weather/{letter['id']}/send-again"
        assert await broker.take_turn(f"dead:weather:{letter['id']}", 60_000) == 0
        answer = await client.post(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "dead_letter_taken")
        assert await broker.queue_length("weather") == 0
        await broker.end_turn(f"dead:weather:{letter['id']}")
        assert (await client.post(path)).status_code == 200


async def test_one_that_cannot_be_sent_again_just_now_stays_where_it_was(fake_bus: Bus) -> None:
    """The same address works when there is room."""
    broker = fake_bus.broker()
    await broker.bury("weather", "1-1", request(agent="weather").model_dump_json().encode(), "its worker died 3 times")
    redis: Any = fake_bus.make_client()
    async with gateway(fake_bus) as client:
        (letter,) = (await client.get("/api/v1/dead-letters")).json()
        path = f"/api/v1/dead-letters/weather/{letter['id']}/send-again"
        for _ in range(DEFAULT_MAX_QUEUE_LENGTH):
            await broker.send_request("weather", b"in the way")
        answer = await client.post(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "queue_full")
        assert (await client.get("/api/v1/dead-letters")).json() == [letter]
        await redis.delete(channels.request_stream("weather"))
        assert (await client.post(path)).status_code == 200
    await redis.aclose()


async def test_large_dead_letters_are_cut_in_the_list_and_whole_by_themselves(fake_bus: Bus) -> None:
    """The list can be read however large they are, and however many."""
    broker = fake_bus.broker()
    for number in range(LETTERS_AT_ONCE * 2 + 5):
        await broker.bury("maps", f"{number}-1", b"x" * 100_000, f"cause {number}")
    await broker.bury("weather", "1-1", b"small", "no message")
    async with gateway(fake_bus) as client:
        weather, *maps = (await client.get("/api/v1/dead-letters")).json()
        assert (weather["envelope"], weather["envelope_bytes"]) == ("small", 5)
        assert [letter["cause"] for letter in maps] == [f"cause {number}" for number in reversed(range(45))]
        assert {(letter["envelope"], letter["envelope_bytes"]) for letter in maps} == {("x" * 2_000, 100_000)}
        for limit in (1, LETTERS_AT_ONCE, LETTERS_AT_ONCE + 1, 45, 1000):
            _, *some = (await client.get("/api/v1/dead-letters", params={"limit": limit})).json()
            assert some == maps[:limit]
        whole = (await client.get(f"/api/v1/dead-letters/maps/{maps[0]['id']}")).json()
        assert whole == {**maps[0], "envelope": "x" * 100_000}


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", ""])
async def test_a_limit_of_the_list_that_is_none_is_refused(own_gateway: httpx2.AsyncClient, limit: str) -> None:
    answer = await own_gateway.get("/api/v1/dead-letters", params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


async def _is_worked(broker: Any) -> bool:
    return await broker.queue_length("weather") == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("weather/550e8400-e29b-41d4-a716-446655440000", 422),
        ("weather/1-1", 404),
        ("we ather/1-1", 422),
        ("weather/1-1-1", 422),
        ("../1-1", 404),
    ],
)
async def test_a_dead_letter_that_is_none_is_a_problem(fake_bus: Bus, path: str, status: int) -> None:
    async with gateway(fake_bus) as client:
        for answer in (
            await client.post(f"/api/v1/dead-letters/{path}/send-again"),
            await client.get(f"/api/v1/dead-letters/{path}"),
        ):
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_bytes_that_are_no_request_cannot_be_sent_again(fake_bus: Bus) -> None:
    broker = fake_bus.broker()
    await broker.bury("weather", "1-1", b"\xff\x00", "no message")
    async with gateway(fake_bus) as client:
        (letter,) = (await client.get("/api/v1/dead-letters")).json()
        answer = await client.post(f"/api/v1/dead-letters/weather/{letter['id']}/send-again")
        assert (answer.status_code, answer.json()["code"]) == (422, "undecodable_message")
        assert len((await client.get("/api/v1/dead-letters")).json()) == 1, "it is still there"


@pytest.mark.rows("S2-08", "S2-19", "S2-41")
async def test_the_status_shows_breakers_and_attempts(own_client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await own_client.post("/plan-trip", json=trip)
    status = (await own_client.get("/status")).json()
    assert status["breakers"]["weather"] == {"state": "closed", "failures": 0, "open_for_seconds": 0.0}
    assert {"agent": "maps", "outcome": "success", "attempt": 1, "count": 1} in status["attempts"]
    assert status["retries"] == 0
    metrics = (await own_client.get("/metrics")).text
    assert 'round_table_agent_attempts_total{agent="maps",attempt="1",outcome="success"} 1.0' in metrics
    assert 'round_table_breaker_open{agent="maps"} 0.0' in metrics


@pytest.mark.parametrize("letter_id", ["99999999999999999999-0", "%D9%A1-%D9%A1", "1-1%0A"])
async def test_an_id_that_redis_would_not_know_for_one_is_the_clients_fault(fake_bus: Bus, letter_id: str) -> None:
    async with gateway(fake_bus) as client:
        answer = await client.post(f"/api/v1/dead-letters/weather/{letter_id}/send-again")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_dead_letter_of_a_made_up_time_is_listed(fake_bus: Bus) -> None:
    redis: Any = fake_bus.make_client()
    await redis.xadd(channels.dead_stream("weather"), {"cause": "c"}, id="18446744073709551614-1")
    await redis.expire(channels.dead_stream("weather"), 60)
    async with gateway(fake_bus) as client:
        (letter,) = (await client.get("/api/v1/dead-letters")).json()
    assert letter["cause"] == "c"
    await redis.aclose()

"""Requests that cannot be worked, or kill whoever works them: put aside, told of, and in nobody's way."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agents.errors import AgentError
from app.messaging import channels
from app.messaging.protocols import decode, encode
from tests.conftest import Bus
from tests.fake_redis import fake_redis
from tests.scripted_agents import ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, given_to, has_no_requests, opened, outcomes, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_short_leases")]


async def died(client: Any, entry_id: str, times: int) -> None:
    """So many workers took the request and were heard of no more."""
    await client.xclaim(
        channels.request_stream(AGENT), "workers", "ghost", 0, [entry_id], idle=60_000, retrycount=times
    )


@pytest.mark.rows("S0-154", "S2-34", "S2-45")
async def test_a_request_that_kills_its_workers_is_put_aside_with_its_cause_and_others_go_on(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    session_id, heard = await opened(broker), []
    answers = channels.response_channel(AGENT, session_id)
    subscriptions = broker.subscriptions({answers: lambda _, raw: heard.append(decode(raw))})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    envelope = asked(session_id, topic="poison")
    await died(client, await given_to(broker, "ghost", envelope), times=3)
    await given_to(broker, "ghost", asked(topic="harmless"))
    async with worker(bus, agent, "one"):
        await wait_until(lambda: has_no_requests(broker), timeout_s=5)
        await wait_until(lambda: heard)
    await subscriptions.aclose()
    cause = "Agent a: its worker died 3 times while working on this request"
    (dead,) = await broker.dead_letters(AGENT)
    assert (decode(dead.envelope), dead.cause) == (envelope, cause)
    (outcome,) = await outcomes(broker, session_id)
    assert (outcome["type"], outcome["code"], outcome["message"]) == ("agent_failed", "undeliverable", cause)
    assert heard[0].payload == {
        "code": "undeliverable",
        "message": cause,
        "retryable": False,
        "blames_request": False,
    }
    assert agent.worked == ["harmless"]
    await client.aclose()


@pytest.mark.rows("S2-45")
async def test_as_many_deliveries_as_may_be_are_worked(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    await died(client, await given_to(broker, "ghost", asked()), times=1)
    async with worker(bus, agent, "one", max_deliveries=2):
        await wait_until(lambda: has_no_requests(broker), timeout_s=5)
    assert agent.worked == ["t"]
    assert await broker.dead_count(AGENT) == 0
    await client.aclose()


async def test_reconnections_are_no_deliveries(bus: Bus) -> None:
    """A worker that looks again and again for what it may have missed must not make a request look deadly."""
    broker, agent = bus.broker(), ScriptedAgent(AGENT, holds=True)
    async with worker(bus, agent, "one") as made:
        await broker.request(asked())
        await wait_until(lambda: agent.worked)
        for _ in range(5):
            await made._reader.take_pending()
        (pending,) = await broker.unattended(AGENT, 0, 9, "one")
        assert pending.deliveries == 1
        agent.release.set()


async def test_a_request_whose_payload_is_no_json_is_put_aside(bus: Bus) -> None:
    """All around it may be right."""
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    raw = encode(asked()).replace(b'"payload":{', b'"payload":{,')
    async with worker(bus, agent, "one"):
        await client.xadd(channels.request_stream(AGENT), {"envelope": raw})
        await wait_until(lambda: broker.dead_count(AGENT))
        (letter,) = await broker.dead_letters(AGENT)
        await wait_until(lambda: has_no_requests(broker))
    assert letter.envelope == raw
    assert "JSON" in letter.cause
    assert agent.worked == []
    await client.aclose()


async def test_a_member_of_newer_versions_beside_the_payload_is_passed_over(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    raw = encode(asked(topic="tigers")).replace(b',"metadata":', b',"later":{"topic":"lions"},"metadata":')
    async with worker(bus, agent, "one"):
        await client.xadd(channels.request_stream(AGENT), {"envelope": raw})
        await wait_until(lambda: agent.worked)
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked == ["tigers"]
    await client.aclose()


_VALID = json.loads(asked().model_dump_json())
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _encoded(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope).encode()


_NEARLY = st.builds(lambda name, value: _encoded({**_VALID, name: value}), st.sampled_from(sorted(_VALID)), _JSON)
_HOSTILE = st.binary(max_size=200) | _NEARLY | _NEARLY.flatmap(lambda raw: st.integers(0, 400).map(lambda n: raw[:n]))


@pytest.mark.rows("S0-154")
@settings(max_examples=30)
@given(st.lists(_HOSTILE, min_size=1, max_size=8))
def test_no_bytes_stop_a_worker(hostile: list[bytes]) -> None:
    """Each is answered, put aside or dropped; the next request is worked."""

    async def work() -> None:
        with fake_redis() as (url, _):
            await work_on(Bus(url))

    async def work_on(bus: Bus) -> None:
        broker, agent, client = bus.broker(), ScriptedAgent(AGENT), bus.make_client()
        async with worker(bus, agent, "one"):
            for raw in hostile:
                await client.xadd(channels.request_stream(AGENT), {"envelope": raw})
            await broker.request(asked(topic="after all that"))
            await wait_until(lambda: has_no_requests(broker))
            assert "after all that" in agent.worked
        await client.aclose()
        for made in bus.brokers:
            await made.aclose()

    asyncio.run(work())


async def test_an_answer_that_is_too_large_and_an_error_without_end_are_told_of_all_the_same(fake_bus: Bus) -> None:
    class Verbose(ScriptedAgent):
        async def handle(self, request: Any, context: Any) -> Any:
            if request.topic == "report":
                report = await super().handle(request, context)
                return report.model_copy(update={"topic": "x" * 2_000_000})
            raise AgentError("x" * 2_000_000)

    broker = fake_bus.broker()
    session_id = await opened(broker)
    async with worker(fake_bus, Verbose(AGENT), "one"):
        for topic in ("report", "error"):
            await broker.request(asked(session_id, topic))
        await wait_until(lambda: has_no_requests(broker))
    told = {event["code"]: len(event["message"]) for event in await outcomes(broker, session_id)}
    assert sorted(told) == ["agent_error", "message_too_large"]
    assert told["agent_error"] == 1_000

"""A worker: what it takes, what it answers, how it stops."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.agents.errors import AgentError
from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.protocols import Envelope, Metadata, decode
from app.workers.worker import Worker
from tests.conftest import Bus, Logged
from tests.fleet import orchestrating, working
from tests.messaging.test_protocols import request
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until
from tests.workers.wire import has_no_requests, opened, outcomes

pytestmark = pytest.mark.anyio

WORKFLOW = fan_in_workflow(("a",), "z")


async def answer_to(bus: Bus, envelope: Envelope) -> Envelope:
    """Send a request as any client of the wire could, and wait for what is announced."""
    broker, heard = bus.broker(), []
    subscriptions = broker.subscriptions({channels.HEALTH: lambda _, raw: None})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    channel = channels.response_channel(envelope.agent, envelope.session_id)
    await subscriptions.listen([channel], lambda _, raw: heard.append(raw))
    await broker.request(envelope)
    await wait_until(lambda: heard)
    await subscriptions.aclose()
    return decode(heard[0])


@pytest.mark.rows("S0-145", "S0-156")
async def test_an_answer_has_the_ids_of_its_request(bus: Bus) -> None:
    async with working(bus, [ScriptedAgent("a")]):
        envelope = request(agent="a", payload={"topic": "tigers"})
        answer = await answer_to(bus, envelope)
    assert answer.action == "response"
    assert (answer.session_id, answer.request_id) == (envelope.session_id, envelope.request_id)
    assert answer.payload["topic"] == "tigers"


@pytest.mark.rows("S0-153")
async def test_a_request_past_its_time_is_answered_expired_and_not_worked(bus: Bus) -> None:
    agent = ScriptedAgent("a")
    async with working(bus, [agent]):
        sent = datetime.now(UTC) - timedelta(seconds=2)
        answer = await answer_to(bus, request(agent="a", timestamp=sent, metadata=Metadata(timeout_ms=1000)))
    assert (answer.action, answer.payload["code"]) == ("error", "expired")
    assert agent.worked == []


@pytest.mark.rows("S0-153")
async def test_a_request_that_waited_past_its_time_is_answered_expired_whatever_the_clocks_say(bus: Bus) -> None:
    """Redis gave its entry the time; the sender's clock is an hour ahead."""
    agent, broker = ScriptedAgent("a"), bus.broker()
    session_id = await opened(broker)
    ahead = datetime.now(UTC) + timedelta(hours=1)
    metadata = Metadata(timeout_ms=50)
    entry_id = await broker.request(request(agent="a", session_id=session_id, timestamp=ahead, metadata=metadata))
    await wait_until(lambda: broker.clock.age_ms(entry_id) > 50)
    async with working(bus, [agent]):
        await wait_until(lambda: has_no_requests(broker))
    assert [event["code"] for event in await outcomes(broker, session_id)] == ["expired"]
    assert agent.worked == []


class _Error(AgentError):
    def __init__(self, retryable: bool, blames_request: bool) -> None:
        super().__init__("cannot")
        self.retryable = retryable
        self.blames_request = blames_request


@pytest.mark.rows("S2-34", "S2-45")
@pytest.mark.parametrize(
    ("raised", "kind", "payload"),
    [
        (_Error(True, False), "attempt_failed", {"code": "agent_error", "retryable": True, "blames_request": False}),
        (_Error(False, True), "agent_failed", {"code": "agent_error", "retryable": False, "blames_request": True}),
        (TimeoutError(), "attempt_failed", {"code": "unavailable", "retryable": True, "blames_request": False}),
        (KeyError(), "agent_failed", {"code": "internal_error", "retryable": False, "blames_request": False}),
        (
            asyncio.CancelledError(),
            "agent_failed",
            {"code": "internal_error", "retryable": False, "blames_request": False},
        ),
    ],
)
async def test_an_error_says_whether_it_may_pass_and_whom_it_blames(
    fake_bus: Bus, raised: BaseException, kind: str, payload: dict[str, Any]
) -> None:
    """What may pass is an attempt that failed: the gateway decides whether there is another."""

    class Failing(ScriptedAgent):
        async def handle(self, request: Any, context: Any) -> Any:
            raise raised

    broker = fake_bus.broker()
    session_id = await opened(broker)
    async with working(fake_bus, [Failing("a")]):
        answer = await answer_to(fake_bus, request(agent="a", session_id=session_id))
    assert {name: answer.payload[name] for name in payload} == payload
    (event,) = await outcomes(broker, session_id)
    assert (event["type"], event["code"]) == (kind, payload["code"])
    assert event.get("blames_request", False) is payload["blames_request"]


@pytest.mark.rows("S2-45")
async def test_a_request_that_is_sent_twice_counts_once(bus: Bus) -> None:
    broker, agent = bus.broker(), ScriptedAgent("a")
    session_id = await opened(broker)
    envelope = request(agent="a", session_id=session_id, payload={"topic": "t"})
    async with working(bus, [agent, agent]):
        for _ in range(2):
            await broker.request(envelope)
        await wait_until(lambda: has_no_requests(broker))
    assert len(await outcomes(broker, session_id)) == 1


@pytest.mark.parametrize(
    ("agent", "code"),
    [(ScriptedAgent("a", fails=True), "agent_error"), (ScriptedAgent("a", crashes=True), "internal_error")],
)
async def test_whatever_the_agent_does_the_request_is_answered(fake_bus: Bus, agent: ScriptedAgent, code: str) -> None:
    async with working(fake_bus, [agent]):
        answer = await answer_to(fake_bus, request(agent="a"))
    assert (answer.action, answer.payload["code"]) == ("error", code)


async def test_a_payload_that_does_not_fit_names_the_field(bus: Bus) -> None:
    async with working(bus, [ScriptedAgent("a")]):
        answer = await answer_to(bus, request(agent="a", payload={"topic": 7}))
    assert (answer.payload["code"], answer.payload["blames_request"]) == ("invalid_request", True)
    assert "topic" in answer.payload["message"]


@pytest.mark.rows("S0-154")
@pytest.mark.parametrize(
    "fields",
    [
        {"envelope": b"\xff\xfe\x00"},
        {"envelope": b"{}"},
        {"envelope": b""},
        {"something": b"else"},
        {"envelope": json.dumps({"agent": "a"}).encode()},
    ],
)
async def test_bytes_that_are_no_request_go_to_the_dead_stream(bus: Bus, fields: dict[str, bytes]) -> None:
    client: Any = bus.make_client()
    async with working(bus, [ScriptedAgent("a")]), orchestrating(bus, WORKFLOW) as orchestrator:
        await client.xadd(channels.request_stream("a"), fields)
        assert (await orchestrator.ask("a", {}, 5000))["by"] == "a", "the next request is worked"
        await wait_until(lambda: _length(client, channels.dead_stream("a")))
        await wait_until(lambda: _is_empty(client, channels.request_stream("a")))
    await client.aclose()


async def _length(client: Any, stream: str) -> int:
    return int(await client.xlen(stream))


async def _is_empty(client: Any, stream: str) -> bool:
    return await client.xlen(stream) == 0


async def test_a_request_for_another_agent_is_put_aside(fake_bus: Bus) -> None:
    client: Any = fake_bus.make_client()
    async with working(fake_bus, [ScriptedAgent("a")]):
        raw = request(agent="b").model_dump_json()
        await client.xadd(channels.request_stream("a"), {"envelope": raw})
        await wait_until(lambda: _length(client, channels.dead_stream("a")))
    await client.aclose()


async def test_no_more_is_worked_at_a_time_than_there_are_places(bus: Bus) -> None:
    agent = ScriptedAgent("a", holds=True)
    async with working(bus, [agent], concurrency=2), orchestrating(bus, WORKFLOW) as orchestrator:
        asks = [asyncio.create_task(orchestrator.ask("a", {"topic": str(n)}, 9000)) for n in range(5)]
        await wait_until(lambda: len(agent.worked) == 2)
        await orchestrator.redis_standing()
        assert len(agent.worked) == 2
        agent.release.set()
        await asyncio.gather(*asks)
    assert sorted(agent.worked) == list("01234")


@pytest.mark.rows("S0-79")
async def test_a_stopped_worker_finishes_what_it_has_and_leaves_the_rest(bus: Bus) -> None:
    leaving = ScriptedAgent("a", holds=True)
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(leaving, bus.broker(), "leaving", 1, 0.5, block_ms=100).run(stop))
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        asks = [asyncio.create_task(orchestrator.ask("a", {"topic": str(n)}, 9000)) for n in range(2)]
        await wait_until(lambda: leaving.worked)
        stop.set()
        leaving.release.set()
        await worker
        assert len(leaving.worked) == 1, "nothing new after the signal"
        async with working(bus, [ScriptedAgent("a")]):
            answers = await asyncio.gather(*asks)
    assert sorted(answer["topic"] for answer in answers) == ["0", "1"]
    client: Any = bus.make_client()
    assert "leaving" not in str(await client.hkeys(channels.registry("a")))
    await client.aclose()


async def test_the_request_of_a_cancelled_session_is_acknowledged(bus: Bus) -> None:
    """The worker comes when the session is over: its first word is refused, and it lets the request go."""
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        broker = bus.broker()
        await broker.ensure_group("a")
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: _length(client, channels.request_stream("a")))
        (delivery,) = await broker.read_requests("a", "ghost", 1, 100)
        await orchestrator.cancel(run.state.session_id)
        await run.finished
        await client.xadd(channels.request_stream("a"), {"envelope": delivery.raw})
        await broker.acknowledge("a", delivery.entry_id)
        async with working(bus, [ScriptedAgent("a")]):
            await wait_until(lambda: _is_empty(client, channels.request_stream("a")))
            assert (await client.xpending(channels.request_stream("a"), "workers"))["pending"] == 0
    await client.aclose()


async def test_a_session_that_ends_takes_its_open_requests_back(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: _length(client, channels.request_stream("a")))
        await orchestrator.cancel(run.state.session_id)
        await wait_until(lambda: _is_empty(client, channels.request_stream("a")))
    await client.aclose()


async def test_an_agent_whose_provider_is_slow_fails_at_once(fake_bus: Bus) -> None:
    """A TimeoutError of the agent's own is not the request's time running out."""

    class Waiting(ScriptedAgent):
        async def handle(self, request: Any, context: Any) -> Any:
            raise TimeoutError("no word from the provider")

    async with working(fake_bus, [Waiting("a")]):
        answer = await answer_to(fake_bus, request(agent="a"))
    assert (answer.payload["code"], answer.payload["retryable"]) == ("unavailable", True)


async def test_a_sender_with_a_fast_clock_gets_no_more_time_than_it_asked_for(fake_bus: Bus) -> None:
    agent = ScriptedAgent("a", holds=True)
    async with working(fake_bus, [agent]):
        ahead = datetime.now(UTC) + timedelta(minutes=5)
        broker = fake_bus.broker()
        await broker.request(request(agent="a", timestamp=ahead, metadata=Metadata(timeout_ms=100)))
        await wait_until(lambda: agent.stopped == 1, timeout_s=3)


@pytest.mark.usefixtures("_short_leases")
async def test_pending_entries_that_were_deleted_are_passed_over(bus: Bus) -> None:
    broker = bus.broker()
    client: Any = bus.make_client()
    await broker.ensure_group("a")
    for _ in range(5):
        await broker.withdraw("a", await broker.request(request(agent="a")))
        entry_id = await broker.request(request(agent="a"))
        assert await broker.read_requests("a", "a-0", 1, 100)
        await broker.withdraw("a", entry_id)
    async with working(bus, [ScriptedAgent("a")]):
        await wait_until(lambda: _nothing_pending(client))
    assert await _length(client, channels.dead_stream("a")) == 0
    await client.aclose()


async def _nothing_pending(client: Any) -> bool:
    return (await client.xpending(channels.request_stream("a"), "workers"))["pending"] == 0


@pytest.mark.rows("S0-162")
async def test_redis_away_at_the_start_is_said_once(logged: Logged) -> None:
    broker = Broker("redis://127.0.0.1:1/0")
    stop = asyncio.Event()
    worker = asyncio.create_task(Worker(ScriptedAgent("a"), broker, "one", 1).run(stop))
    await wait_until(lambda: "Failed to connect to Redis" in logged.text)
    stop.set()
    await worker
    await broker.aclose()
    assert logged.text.count("Failed to connect to Redis") == 1


@pytest.mark.parametrize(("fails", "level"), [(False, "debug"), (True, "info")])
async def test_a_request_that_went_well_is_a_line_for_whoever_looks_for_faults(
    bus: Bus, logged: Logged, fails: bool, level: str
) -> None:
    """One that did not is told at all times."""
    async with working(bus, [ScriptedAgent("a", fails=fails)]):
        await bus.broker().request(request(agent="a", payload={}))
        await wait_until(lambda: "request_worked" in logged.text)
    (line,) = [line for line in logged.lines if "request_worked" in line]
    assert f"[{level}" in line

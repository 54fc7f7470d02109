"""Redis may go, come back, come back empty, fall silent or refuse: the worker stays, and goes on."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.errors import CommandRefusedError
from app.workers import acknowledgements, request_run
from app.workers.worker import Worker
from tests.conftest import Bus, Logged
from tests.redis_server import required_server, running_server
from tests.scripted_agents import ScriptedAgent
from tests.tunnel import tunnel_to
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, has_no_requests, opened, outcomes, worker

pytestmark = pytest.mark.anyio

BACK_WITHIN_S = 3.0


@asynccontextmanager
async def bus_at(url: str) -> AsyncIterator[Bus]:
    bus = Bus(url)
    try:
        yield bus
    finally:
        for broker in bus.brokers:
            await broker.aclose()


async def _has_its_group(broker: Broker) -> bool:
    """An empty Redis has neither stream nor group until the worker is back."""
    with suppress(CommandRefusedError):
        return bool(await broker.consumers(AGENT))
    return False


@pytest.mark.integration
@pytest.mark.rows("S2-39")
async def test_a_redis_that_comes_back_empty_is_worked_for_again_and_the_outage_is_said_once(
    tmp_path: Path, logged: Logged
) -> None:
    binary = required_server()
    at, agent = tmp_path / "r" / "s", ScriptedAgent(AGENT)
    async with bus_at(f"unix://{at}") as bus:
        with running_server(binary, at):
            running = worker(bus, agent, "one", block_ms=20_000)
            made: Worker = await running.__aenter__()
            await bus.broker().request(asked(topic="before"))
            await wait_until(lambda: agent.worked)
        try:
            await wait_until(lambda: "Failed to connect to Redis" in logged.text)
            with running_server(binary, at):
                back_at, broker = time.monotonic(), bus.broker()
                await wait_until(lambda: _has_its_group(broker))
                await broker.request(asked(topic="after"))
                await wait_until(lambda: len(agent.worked) == 2, timeout_s=BACK_WITHIN_S)
                assert time.monotonic() - back_at < BACK_WITHIN_S
                await wait_until(lambda: has_no_requests(broker))
                assert made.fault() is None
                await running.__aexit__(None, None, None)
        finally:
            shutil.rmtree(at.parent, ignore_errors=True)
    assert agent.worked == ["before", "after"]
    assert logged.text.count("Failed to connect to Redis") == 1
    assert logged.text.count("Connected to Redis") == 1


@pytest.mark.rows("S2-39")
async def test_after_everything_was_deleted_the_next_request_is_worked(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    async with worker(bus, agent, "one"):
        await broker.request(asked(topic="before"))
        await wait_until(lambda: has_no_requests(broker))
        await client.flushall()
        await broker.request(asked(topic="after"))
        await wait_until(lambda: len(agent.worked) == 2, timeout_s=BACK_WITHIN_S)
        await wait_until(lambda: has_no_requests(broker))
        for key in (channels.request_stream(AGENT), channels.registry(AGENT)):
            await wait_until(lambda key=key: _expires(client, key))
    await client.aclose()


async def _expires(client: Any, key: str) -> bool:
    return int(await client.ttl(key)) > 0


@pytest.mark.integration
async def test_a_read_on_a_connection_that_fell_silent_is_not_waited_for(
    redis_server_url: str, real_bus: Bus, tmp_path: Path
) -> None:
    """The waiting read would notice after 25 s; a heartbeat that gets no answer tells of it."""
    agent = ScriptedAgent(AGENT)
    async with (
        tunnel_to(redis_server_url, tmp_path / "t") as (tunnel, url),
        bus_at(url) as bus,
        worker(bus, agent, "one", block_ms=20_000) as made,
    ):
        await bus.broker().request(asked(topic="before"))
        await wait_until(lambda: agent.worked)
        lost = asyncio.Event()
        made._broker.availability.on_lost(lost.set)
        tunnel.silence()
        await asyncio.wait_for(lost.wait(), 10)
        await real_bus.broker().request(asked(topic="after"))
        await wait_until(lambda: len(agent.worked) == 2, timeout_s=BACK_WITHIN_S)


@pytest.mark.integration
@pytest.mark.parametrize("wrong", ["log", "stream"])
async def test_what_redis_refuses_for_ever_keeps_no_place(
    real_bus: Bus, monkeypatch: pytest.MonkeyPatch, logged: Logged, wrong: str
) -> None:
    """A key of another kind stands where the session's log, or the agent's stream, should be."""
    monkeypatch.setattr(request_run, "GIVE_UP_AFTER_S", 0.0)
    monkeypatch.setattr(acknowledgements, "GIVE_UP_AFTER_S", 0.0)
    monkeypatch.setattr(request_run, "ANSWER_RETRY_PAUSE_S", 0.01)
    broker, client, agent = real_bus.broker(), real_bus.make_client(), ScriptedAgent(AGENT, holds=True)
    envelope = asked(timeout_ms=500)
    async with worker(real_bus, agent, "one", concurrency=1) as made:
        await broker.request(envelope)
        await wait_until(lambda: agent.worked)
        key = channels.session_log(envelope.session_id) if wrong == "log" else channels.request_stream(AGENT)
        await client.set(key, "of another kind", ex=60)
        agent.release.set()
        await wait_until(lambda: not made._in_flight, timeout_s=3)
        told = "request_left_for_another_time" if wrong == "log" else "requests_not_acknowledged"
        await wait_until(lambda: told in logged.text)
        if wrong == "log":
            assert await broker.pending_counts(AGENT) == {"one": 1}, "not acknowledged"
        await client.delete(key)
    await client.aclose()


@pytest.mark.rows("S0-79")
async def test_what_is_finished_after_a_stop_signal_keeps_its_lease(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.workers.lease_keeper.RENEW_EVERY_S", 0.05)
    broker, agent, stop = bus.broker(), ScriptedAgent(AGENT, holds=True), asyncio.Event()
    session_id = await opened(broker)
    leaving = asyncio.create_task(Worker(agent, bus.broker(), "leaving", 1, 0.5, block_ms=100).run(stop))
    await broker.ensure_group(AGENT)
    await broker.request(asked(session_id))
    await wait_until(lambda: agent.worked)
    stop.set()
    since = time.monotonic()
    await wait_until(lambda: time.monotonic() - since > 0.5)
    found: list[Any] = []

    async def is_listed() -> bool:
        """A lease that is renewed in this very millisecond has not been idle at all."""
        found[:] = await broker.unattended(AGENT, 0, 9)
        return bool(found)

    await wait_until(is_listed)
    assert found[0].idle_ms < 400
    agent.release.set()
    await leaving
    assert [event["status"] for event in await outcomes(broker, session_id)] == ["completed"]


@pytest.mark.integration
async def test_quick_requests_need_no_renewal_and_an_idle_worker_no_more_than_its_looks(real_bus: Bus) -> None:
    broker, client, agent = real_bus.broker(), real_bus.make_client(), ScriptedAgent(AGENT)

    async def calls(command: str) -> int:
        found: dict[str, Any] = await client.info("commandstats")
        return int(found.get(f"cmdstat_{command}", {"calls": 0})["calls"])

    async with worker(real_bus, agent, "one", block_ms=20_000):
        before = await calls("xclaim")
        for number in range(20):
            await broker.request(asked(topic=str(number)))
        await wait_until(lambda: has_no_requests(broker))
        assert len(agent.worked) == 20
        assert await calls("xclaim") == before
    await client.aclose()

"""Requests of replicas that died are taken over; those of replicas that live are not; each counts once."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.messaging import channels
from app.messaging.broker import Broker, Delivery
from app.messaging.errors import RedisUnavailableError
from app.messaging.protocols import encode
from app.workers import lease_keeper, takeover
from app.workers.worker import Worker
from tests.conftest import Bus
from tests.redis_server import required_server, running_server
from tests.scripted_agents import Question, Report, ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, given_to, has_no_requests, opened, outcomes, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_short_leases")]


async def is_worked(broker: Broker, session_id: str, count: int = 1) -> bool:
    return len(await outcomes(broker, session_id)) >= count and await has_no_requests(broker)


def test_a_death_is_made_up_for_within_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    longest = lease_keeper.REQUEST_LEASE_S + takeover.TAKE_OVER_EVERY_S
    assert longest + takeover.TRUST_WITHIN_S <= 5
    assert takeover.AFTER_TROUBLE_S >= 2 * lease_keeper.RENEW_EVERY_S, "the living renew before anybody takes over"


@pytest.mark.rows("S2-36", "S2-45", "S2-39")
async def test_the_request_of_a_dead_replica_is_worked_by_another_and_counts_once(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    await given_to(broker, "ghost", asked(session_id))
    agent = ScriptedAgent(AGENT)
    async with worker(bus, agent, "living"):
        await wait_until(lambda: is_worked(broker, session_id), timeout_s=5)
    (outcome,) = await outcomes(broker, session_id)
    assert (outcome["status"], outcome["instance"]) == ("completed", "living")
    assert agent.worked == ["t"]


@pytest.mark.rows("S2-45")
async def test_what_a_connection_swallowed_is_begun_by_the_same_instance_and_counted_as_delivered(bus: Bus) -> None:
    """The read's answer was lost: Redis holds the request to be ours, and we have never seen it."""
    broker = bus.broker()
    session_id = await opened(broker)
    await given_to(broker, "same", asked(session_id))
    async with worker(bus, ScriptedAgent(AGENT), "same"):
        await wait_until(lambda: is_worked(broker, session_id))


@pytest.mark.rows("S2-45")
async def test_a_long_request_of_a_living_replica_is_not_taken_over(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    agent = ScriptedAgent(AGENT, holds=True)
    async with worker(bus, agent, "one"), worker(bus, agent, "two"):
        entry_id = await broker.request(asked(session_id))
        held_at = time.monotonic()
        await wait_until(lambda: time.monotonic() - held_at > 3 * lease_keeper.REQUEST_LEASE_S)
        (pending,) = await broker.unattended(AGENT, 0, 9)
        assert (pending.entry_id, pending.deliveries) == (entry_id, 1)
        assert pending.idle_ms < lease_keeper.REQUEST_LEASE_S * 1000
        agent.release.set()
        await wait_until(lambda: is_worked(broker, session_id))
    assert agent.worked == ["t"]


@pytest.mark.rows("S2-39", "S2-45")
async def test_a_late_answer_of_a_replica_that_lost_its_lease_changes_nothing(bus: Bus) -> None:
    broker = bus.broker()
    session_id = await opened(broker)
    late, prompt = ScriptedAgent(AGENT, holds=True), ScriptedAgent(AGENT)
    async with worker(bus, late, "late") as halted:
        await broker.request(asked(session_id))
        await wait_until(lambda: late.worked)
        await halted._keeper.aclose()  # as if its thread had been halted: nothing else in the product does that
        async with worker(bus, prompt, "prompt"):
            await wait_until(lambda: is_worked(broker, session_id), timeout_s=5)
        late.release.set()
        await wait_until(lambda: not halted._in_flight)
    (outcome,) = await outcomes(broker, session_id)
    assert outcome["instance"] == "prompt"
    assert (late.worked, prompt.worked) == (["t"], ["t"])


@pytest.mark.rows("S2-45")
async def test_a_replica_that_learns_that_its_lease_is_lost_stops_without_a_word(bus: Bus) -> None:
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker)
    agent = ScriptedAgent(AGENT, holds=True)
    async with worker(bus, agent, "loser"):
        entry_id = await broker.request(asked(session_id))
        await wait_until(lambda: agent.worked)
        await client.xclaim(channels.request_stream(AGENT), "workers", "winner", 0, [entry_id])
        await wait_until(lambda: agent.stopped == 1, timeout_s=2)
    assert await outcomes(broker, session_id) == []
    assert await broker.pending_counts(AGENT) == {"winner": 1}, "not acknowledged"
    await client.aclose()


async def test_the_work_on_a_withdrawn_request_is_stopped(bus: Bus) -> None:
    broker = bus.broker()
    agent = ScriptedAgent(AGENT, holds=True)
    async with worker(bus, agent, "one"):
        entry_id = await broker.request(asked())
        await wait_until(lambda: agent.worked)
        await broker.withdraw(AGENT, entry_id)
        await wait_until(lambda: agent.stopped == 1, timeout_s=2)
        await wait_until(lambda: has_no_requests(broker))


@pytest.mark.rows("S2-45")
async def test_what_lay_unseen_until_it_was_taken_over_is_not_begun(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered to a process that was halted; when it goes on, the request is another replica's."""
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    envelope = asked()
    entry_id = await given_to(broker, "other", envelope)
    seen: list[str] = []

    async def stale(*_: Any) -> list[Delivery]:
        if not seen:
            seen.append(entry_id)
            return [Delivery(entry_id, encode(envelope))]
        await asyncio.sleep(0.05)
        return []

    async def is_old() -> bool:
        assert await broker.renew(AGENT, "other", [entry_id]) == []
        return broker.clock.age_ms(entry_id) > lease_keeper.REQUEST_LEASE_S * 1000

    await wait_until(is_old)
    monkeypatch.setattr(Broker, "read_requests", stale)
    async with worker(bus, agent, "one") as made:
        await wait_until(lambda: seen)
        await wait_until(lambda: not made._in_flight)
    assert agent.worked == []
    assert await broker.pending_counts(AGENT) == {"other": 1}


@pytest.mark.integration
@pytest.mark.rows("S2-36", "S2-45")
async def test_two_replicas_share_a_thousand_unattended_requests_and_work_each_once(real_bus: Bus) -> None:
    """And more of them than either has places: what is left is taken as places become free."""
    bus = real_bus
    broker, client = bus.broker(), bus.make_client()
    await broker.ensure_group(AGENT)
    pipeline = client.pipeline(transaction=False)
    for number in range(1000):
        raw = encode(asked(topic=str(number), timeout_ms=60_000))
        pipeline.xadd(channels.request_stream(AGENT), {"envelope": raw})
    await pipeline.execute()
    assert len(await broker.read_requests(AGENT, "ghost", 1000, 100)) == 1000
    one, two = ScriptedAgent(AGENT), ScriptedAgent(AGENT)
    async with worker(bus, one, "one", concurrency=50), worker(bus, two, "two", concurrency=50):
        await wait_until(lambda: has_no_requests(broker), timeout_s=20)
    assert sorted(one.worked + two.worked) == sorted(str(number) for number in range(1000))
    assert one.worked
    assert two.worked
    await client.aclose()


@pytest.mark.rows("S2-45")
async def test_taking_over_and_reading_share_the_places(bus: Bus) -> None:
    """A read waits for as many as there are places; what is taken over meanwhile takes these from it."""
    broker = bus.broker()
    agent = ScriptedAgent(AGENT, holds=True)
    for topic in ("left 1", "left 2"):
        await given_to(broker, "ghost", asked(topic=topic))
    async with worker(bus, agent, "one", concurrency=2, block_ms=20_000):
        await wait_until(lambda: len(agent.worked) == 2, timeout_s=5)
        for topic in ("new 1", "new 2"):
            await broker.request(asked(topic=topic))
        assert await broker.pending_counts(AGENT) == {"one": 2}
        agent.release.set()
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked[:2] == ["left 1", "left 2"]
    assert sorted(agent.worked[2:]) == ["new 1", "new 2"]


async def test_a_request_whose_worker_died_does_not_wait_behind_all_the_new_ones(bus: Bus) -> None:
    """There are always more new ones than places."""
    broker, agent = bus.broker(), _Slow(AGENT)
    await given_to(broker, "ghost", asked(topic="left"))

    async def is_worked_though_more_come() -> bool:
        if await broker.queue_length(AGENT) < 10:
            await broker.request(asked(topic="new"))
        return "left" in agent.worked

    async with worker(bus, agent, "one", concurrency=1):
        await wait_until(is_worked_though_more_come, timeout_s=5)
        await wait_until(lambda: has_no_requests(broker))


class _Slow(ScriptedAgent):
    async def handle(self, request: Question, context: Any) -> Report:
        await asyncio.sleep(0.02)
        return await super().handle(request, context)


class _Blocking(ScriptedAgent):
    """Keeps its event loop for `seconds`, as a library that is not made for one does."""

    seconds = 0.0

    async def handle(self, request: Question, context: Any) -> Report:
        report = await super().handle(request, context)
        time.sleep(self.seconds)  # noqa: ASYNC251 - that is what this agent does
        return report


def run_in_a_thread(url: str, make_worker: Callable[[Broker], Worker], stop: threading.Event) -> threading.Thread:
    """A worker in an event loop of its own, which the test's loop does not share."""

    async def work() -> None:
        broker, asyncs = Broker(url), asyncio.Event()
        running = asyncio.create_task(make_worker(broker).run(asyncs))
        await asyncio.to_thread(stop.wait)
        asyncs.set()
        await running
        await broker.aclose()

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    return thread


@pytest.mark.integration
@pytest.mark.rows("S2-45", "S2-34")
async def test_a_request_whose_handler_blocks_the_event_loop_is_not_taken_over(
    real_bus: Bus, redis_server_url: str
) -> None:
    broker = real_bus.broker()
    session_id = await opened(broker)
    blocking, other = _Blocking(AGENT), ScriptedAgent(AGENT)
    blocking.seconds = 3 * lease_keeper.REQUEST_LEASE_S
    stop = threading.Event()
    thread = run_in_a_thread(
        redis_server_url, lambda own: Worker(blocking, own, "blocking", 1, 0.5, block_ms=500), stop
    )
    try:
        await broker.ensure_group(AGENT)
        await broker.request(asked(session_id))
        await wait_until(lambda: blocking.worked)
        async with worker(real_bus, other, "other"):
            await wait_until(lambda: is_worked(broker, session_id))
    finally:
        stop.set()
        await asyncio.to_thread(thread.join)
    (outcome,) = await outcomes(broker, session_id)
    assert outcome["instance"] == "blocking"
    assert other.worked == []


@pytest.mark.rows("S2-45")
async def test_a_look_that_was_answered_late_or_failed_is_not_acted_upon(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the first one after it: the living have to renew first."""
    monkeypatch.setattr(takeover, "TRUST_WITHIN_S", 0.05)
    broker, agent, looks = bus.broker(), ScriptedAgent(AGENT), []
    await given_to(broker, "ghost", asked())
    await wait_until(lambda: broker.unattended(AGENT, int(lease_keeper.REQUEST_LEASE_S * 1000), 9))
    ask = Broker.unattended

    async def troubled(self: Broker, *arguments: Any) -> Any:
        if len(arguments) > 3:
            return await ask(self, *arguments)
        looks.append("late" if len(looks) < 2 else "failed" if len(looks) == 2 else "prompt")
        if looks[-1] == "late":
            await asyncio.sleep(0.1)
        if looks[-1] == "failed":
            raise RedisUnavailableError("away")
        found = await ask(self, *arguments)
        assert agent.worked == []
        return found

    monkeypatch.setattr(Broker, "unattended", troubled)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: agent.worked)
    assert looks[:5] == ["late", "late", "failed", "prompt", "prompt"]


@pytest.mark.integration
@pytest.mark.rows("S2-39", "S2-45")
async def test_a_redis_that_paused_makes_nobody_take_over_from_the_living(tmp_path: Path) -> None:
    """While it pauses nobody can renew, so afterwards all looks unattended."""
    with running_server(required_server(), at=tmp_path / "r" / "s") as url:
        bus = Bus(url)
        broker, agent = bus.broker(), ScriptedAgent(AGENT, holds=True)
        client = bus.make_client()
        pid = (await client.info("server"))["process_id"]
        async with worker(bus, agent, "one"), worker(bus, agent, "two"):
            await broker.request(asked())
            await wait_until(lambda: agent.worked)
            for pause_s in (2 * lease_keeper.REQUEST_LEASE_S, 3.3):
                await _paused(pid, pause_s)
                await _looks_at_least(client, 4)
            assert agent.worked == ["t"]
            assert agent.stopped == 0
            (pending,) = await broker.unattended(AGENT, 0, 9)
            assert pending.deliveries == 1
            agent.release.set()
            await wait_until(lambda: has_no_requests(broker))
        await client.aclose()
        for made in bus.brokers:
            await made.aclose()


async def _paused(pid: int, seconds: float) -> None:
    """Halt a process for so long."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + seconds
    await wait_until(lambda: time.monotonic() > until)
    os.kill(pid, signal.SIGCONT)


async def _looks_at_least(client: Any, count: int) -> None:
    """Wait until so many more looks for unattended requests, or renewals, were answered."""

    async def looks() -> int:
        with suppress(Exception):  # the connection may have been given up during the pause
            return int((await client.info("commandstats"))["cmdstat_xpending"]["calls"])
        return 0

    before = await wait_until(looks)
    await wait_until(lambda: _is_above(looks, before + count))


async def _is_above(looks: Callable[[], Any], count: int) -> bool:
    return await looks() > count

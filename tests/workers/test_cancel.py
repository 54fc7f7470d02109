"""A cancel stops the work on a session: what is under way, what waits, and what comes later."""

import asyncio
from typing import Any

import pytest

from app.workers import agent_call, cancelled_sessions, lease_keeper, request_run
from app.workers.cancelled_sessions import CancelledSessions
from app.workers.errors import WedgedError
from tests.conftest import Bus
from tests.scripted_agents import Question, Report, ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, end, given_to, has_no_requests, opened, outcomes, worker

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_short_leases")]


async def is_listening(client: Any) -> bool:
    """The worker hears cancels."""
    return int(await client.execute_command("PUBSUB", "NUMPAT")) == 1


async def test_a_cancel_stops_the_work_at_once_and_the_request_is_done_with(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT, holds=True)
    session_id = await opened(broker)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: is_listening(client))
        await broker.request(asked(session_id))
        await wait_until(lambda: agent.worked)
        await broker.announce_cancel(session_id, b"{}")
        await wait_until(lambda: agent.stopped == 1, timeout_s=2)
        await wait_until(lambda: has_no_requests(broker))
    assert await outcomes(broker, session_id) == []
    await client.aclose()


async def test_a_request_that_comes_after_the_cancel_of_its_session_is_not_begun(bus: Bus) -> None:
    broker, client, agent = bus.broker(), bus.make_client(), ScriptedAgent(AGENT)
    session_id = await opened(broker)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: is_listening(client))
        await broker.announce_cancel(session_id, b"{}")
        await broker.request(asked(topic="meanwhile"))
        await wait_until(lambda: has_no_requests(broker))
        await broker.request(asked(session_id, topic="late"))
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked == ["meanwhile"]
    await client.aclose()


async def test_one_that_was_delivered_before_is_not_begun_without_a_look_however_young(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_run, "SURELY_WANTED_MS", 60_000)
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    session_id = await opened(broker)
    await given_to(broker, "gone", asked(session_id))
    await end(broker, session_id)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked == []


async def test_a_request_that_waited_while_its_session_ended_is_not_begun(bus: Bus) -> None:
    """No worker was there to hear the cancel."""
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    session_id, running = await opened(broker), await opened(broker)
    entry_ids = [await broker.request(asked(one, topic)) for one, topic in ((session_id, "over"), (running, "wanted"))]
    await end(broker, session_id)
    await wait_until(lambda: broker.clock.age_ms(entry_ids[-1]) > request_run.SURELY_WANTED_MS)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked == ["wanted"]


async def test_a_request_that_is_taken_over_is_not_begun_where_its_session_has_ended(bus: Bus) -> None:
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    session_id = await opened(broker)
    await given_to(broker, "ghost", asked(session_id))
    await end(broker, session_id)
    async with worker(bus, agent, "one"):
        await wait_until(lambda: has_no_requests(broker), timeout_s=5)
    assert agent.worked == []


@pytest.mark.integration
async def test_a_cancel_that_was_announced_to_a_cut_connection_is_found_in_the_log(real_bus: Bus) -> None:
    broker, client, agent = real_bus.broker(), real_bus.make_client(), ScriptedAgent(AGENT, holds=True)
    session_id = await opened(broker)
    async with worker(real_bus, agent, "one"):
        await wait_until(lambda: is_listening(client))
        await broker.request(asked(session_id))
        await wait_until(lambda: agent.worked)
        await end(broker, session_id)
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await wait_until(lambda: agent.stopped == 1, timeout_s=3)
        await wait_until(lambda: has_no_requests(broker))
    await client.aclose()


class _Stubborn(ScriptedAgent):
    """Takes no notice of being cancelled: waits on, and then, by `then`, does something with its context."""

    def __init__(self, then: str = "") -> None:
        super().__init__(AGENT, holds=True)
        self.then = then
        self.is_done = False
        self.time_left_s = -1.0

    async def handle(self, request: Question, context: Any) -> Report:
        self.worked.append(request.topic)
        while not self.release.is_set():
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.stopped += 1
        self.time_left_s = context.deadline.left_s()
        if self.then == "progress":
            await context.progress("goes on", 60)
        self.is_done = True
        return Report(by=self.name, topic=request.topic, heard_of=[])


@pytest.mark.parametrize("then", ["report", "progress"])
async def test_what_an_agent_says_after_its_cancellation_is_not_passed_on(fake_bus: Bus, then: str) -> None:
    """It learns at its next word, or finds that it has no time left."""
    broker, client, agent = fake_bus.broker(), fake_bus.make_client(), _Stubborn(then)
    session_id = await opened(broker)
    async with worker(fake_bus, agent, "one"):
        await wait_until(lambda: is_listening(client))
        await broker.request(asked(session_id))
        await wait_until(lambda: agent.worked)
        await broker.announce_cancel(session_id, b"{}")
        await wait_until(lambda: agent.stopped == 1)
        agent.release.set()
        await wait_until(lambda: has_no_requests(broker))
    assert (agent.is_done, agent.time_left_s) == (then == "report", 0.0)
    assert await outcomes(broker, session_id) == []
    await client.aclose()


@pytest.mark.rows("S2-34")
async def test_an_agent_that_heeds_no_cancel_is_a_fault_and_ends_its_worker(
    fake_bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_call, "CANCEL_GRACE_S", 0.2)
    monkeypatch.setattr(lease_keeper, "WEDGED_AFTER_S", 0.3)
    broker, client, agent = fake_bus.broker(), fake_bus.make_client(), _Stubborn()
    session_id = await opened(broker)

    async def work_until_it_gives_up() -> None:
        async with worker(fake_bus, agent, "one", heartbeat_interval_s=0.05) as made:
            await wait_until(lambda: is_listening(client))
            await broker.request(asked(session_id))
            await wait_until(lambda: agent.worked)
            assert made.fault() is None
            await broker.announce_cancel(session_id, b"{}")
            await wait_until(made.fault)
            await wait_until(lambda: made.has_left_work_behind)

    with pytest.raises(WedgedError, match="heeds no cancellation"):
        await work_until_it_gives_up()
    assert await broker.pending_counts(AGENT) == {"one": 1}, "left to another worker"
    agent.release.set()
    await wait_until(lambda: agent.is_done)
    await client.aclose()


def test_no_more_cancelled_sessions_are_remembered_than_are_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(cancelled_sessions.time, "monotonic", lambda: now)
    monkeypatch.setattr(cancelled_sessions, "REMEMBER_AT_MOST", 3)
    remembered = CancelledSessions()
    for session_id in ("a", "b", "a", "c", "d"):
        remembered.add(session_id)
    assert [one for one in "abcd" if one in remembered] == ["a", "c", "d"]
    now = 61.0
    remembered.add("e")
    assert [one for one in "abcde" if one in remembered] == ["e"]

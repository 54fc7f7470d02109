"""Clocks of gateways and workers need agree neither with each other nor with Redis: sessions have the time of Redis."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.session_ids import opened_at
from app.core.state import SessionStatus
from app.messaging import entry_ids
from app.messaging.redis_clock import RedisClock
from tests.conftest import Bus
from tests.core.test_takeover import die
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.integration]

WORKFLOW = fan_in_workflow(("a", "b"), "z", timeout_ms=20_000, total_ms=30_000)
FAR_OFF_S = (120.0, -120.0)
"""Longer than a session may take."""


class Wrong:
    """This process' clock, from now on. Time still passes as it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def by(self, seconds: float) -> None:
        right, right_ns = time.time, time.time_ns
        self._monkeypatch.setattr(time, "time", lambda: right() + seconds)
        self._monkeypatch.setattr(time, "time_ns", lambda: right_ns() + int(seconds * 1e9))


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wrong]:
    yield Wrong(monkeypatch)
    monkeypatch.undo()


async def test_redis_time_is_known_with_the_first_answer(real_bus: Bus, wrong: Wrong) -> None:
    wrong.by(120.0)
    broker = real_bus.broker()
    await broker.ping()
    assert broker.clock.is_fresh
    assert 110 < time.time() - broker.clock.now_ms() / 1000 < 130


@pytest.mark.rows("S0-123")
@pytest.mark.parametrize("seconds", FAR_OFF_S)
async def test_a_session_has_redis_time_from_beginning_to_end(real_bus: Bus, wrong: Wrong, seconds: float) -> None:
    wrong.by(seconds)
    agents = [ScriptedAgent(name) for name in ("a", "b", "z")]
    async with working(real_bus, agents), orchestrating(real_bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "t"})
        state = await asyncio.wait_for(run.finished, 10)
        entries = [entry async for entry in await orchestrator.follow(state.session_id)]
    assert state.status is SessionStatus.COMPLETED
    assert 0 <= entries[-1].event["processing_time_ms"] < 10_000
    made = opened_at(state.session_id)
    assert made is not None
    assert abs((made - state.created_at).total_seconds()) < 5
    for entry in entries:
        told_ms = datetime.fromisoformat(entry.event["timestamp"]).timestamp() * 1000
        assert abs(told_ms - entry_ids.time_ms(entry.entry_id)) < 5_000, entry.event


@pytest.mark.parametrize("seconds", FAR_OFF_S)
async def test_a_gateway_asks_for_the_time_before_it_opens_a_session(
    real_bus: Bus, wrong: Wrong, seconds: float
) -> None:
    right = datetime.now(UTC)
    wrong.by(seconds)
    async with orchestrating(real_bus, WORKFLOW) as orchestrator:
        orchestrator._broker.clock = RedisClock()  # as in the very first moment
        run = await orchestrator.open("scripted", {"topic": "t"})
    assert abs((run.state.created_at - right).total_seconds()) < 10


@pytest.mark.parametrize("seconds", FAR_OFF_S)
async def test_a_session_is_cancelled_at_redis_time_too(real_bus: Bus, wrong: Wrong, seconds: float) -> None:
    async with orchestrating(real_bus, WORKFLOW) as driving:
        run = await driving.open("scripted", {"topic": "t"})
        wrong.by(seconds)
        async with orchestrating(real_bus, WORKFLOW) as other:
            await other._broker.learn_time()
            await other.cancel(run.state.session_id)
            last = [entry async for entry in await other.follow(run.state.session_id)][-1]
    told_ms = datetime.fromisoformat(last.event["timestamp"]).timestamp() * 1000
    assert abs(told_ms - entry_ids.time_ms(last.entry_id)) < 5_000
    assert 0 <= last.event["processing_time_ms"] < 10_000


@pytest.mark.parametrize("seconds", FAR_OFF_S)
async def test_an_heir_with_another_clock_gives_the_agents_their_time(
    real_bus: Bus, wrong: Wrong, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("app.core.session_leases.SESSION_LEASE_S", 0.6)
    monkeypatch.setattr("app.core.session_leases.RENEW_EVERY_S", 0.1)
    monkeypatch.setattr("app.core.session_leases.LOOK_EVERY_S", 0.1)
    held = ScriptedAgent("a", holds=True)
    agents = [held, ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(real_bus, agents), orchestrating(real_bus, WORKFLOW) as dying:
        run = await dying.open("scripted", {"topic": "t"})
        await wait_until(lambda: held.worked)
        await die(dying)
        wrong.by(seconds)
        async with orchestrating(real_bus, WORKFLOW) as heir:
            await wait_until(lambda: heir.taken_over)
            waiting = asyncio.create_task(heir.finished(run.state.session_id))
            held.release.set()
            state = await asyncio.wait_for(waiting, 10)
    assert (state.status, state.failures()) == (SessionStatus.COMPLETED, {})


@pytest.mark.parametrize("seconds", FAR_OFF_S)
async def test_whoever_waits_at_another_gateway_waits_as_long_as_the_session_may_take(
    real_bus: Bus, wrong: Wrong, seconds: float
) -> None:
    held = ScriptedAgent("a", holds=True)
    agents = [held, ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(real_bus, agents), orchestrating(real_bus, WORKFLOW) as driving:
        run = await driving.open("scripted", {"topic": "t"})
        wrong.by(seconds)
        async with orchestrating(real_bus, WORKFLOW) as other:
            waiting: asyncio.Task[Any] = asyncio.create_task(other.finished(run.state.session_id))
            done, _ = await asyncio.wait([waiting], timeout=1.5)
            assert not done, "it gave up"
            held.release.set()
            assert (await asyncio.wait_for(waiting, 10)).status is SessionStatus.COMPLETED


def test_the_clock_of_these_tests_is_wrong_indeed(wrong: Wrong) -> None:
    before = datetime.now(UTC)
    wrong.by(120)
    assert time.time() - before.timestamp() > 100

"""A gateway that is told to stop: nobody is cut off without a word, and another one goes on."""

import asyncio
import signal

import pytest

from app.core.errors import ShuttingDownError
from app.core.state import SessionStatus
from app.messaging import events
from app.stop_signal import when_told_to_stop
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

WORKFLOW = fan_in_workflow(("a", "b"), "z", timeout_ms=30_000, total_ms=60_000)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.orchestrator.FINISH_WITHIN_S", 0.2)
    monkeypatch.setattr("app.core.session_leases.LOOK_EVERY_S", 0.1)


@pytest.mark.rows("DC-08", "S2-38")
async def test_whoever_waits_is_told_and_another_gateway_finishes(bus: Bus) -> None:
    async with orchestrating(bus, WORKFLOW) as staying, orchestrating(bus, WORKFLOW) as stopping:
        session_id = (await stopping.open("scripted", {})).state.session_id
        elsewhere = (await staying.open("scripted", {})).state.session_id
        waiting = [
            asyncio.create_task(wait)
            for wait in (stopping.finished(session_id), stopping.finished(elsewhere), stopping.ask("a", {}, 20_000))
        ]
        await wait_until(lambda: stopping.queue_lengths()["a"] == 3)
        stopping.stop_soon()
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, ShuttingDownError)
        with pytest.raises(ShuttingDownError):
            await stopping.open("scripted", {})
        async with working(bus, [ScriptedAgent(name) for name in ("a", "b", "z")]):
            for one in (session_id, elsewhere):
                assert (await staying.finished(one)).status is SessionStatus.COMPLETED
    assert staying.taken_over == 1


async def test_the_signal_is_heard_at_once_and_handled_as_before() -> None:
    told: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append("before"))
    try:
        when_told_to_stop(lambda: told.append("ours"))
        signal.raise_signal(signal.SIGTERM)
        await wait_until(lambda: len(told) == 2)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert sorted(told) == ["before", "ours"]


async def test_a_gateway_that_stops_lets_go_of_nothing_that_another_drives(bus: Bus) -> None:
    """It only follows by then: the lease is the other's."""
    heir = bus.broker()
    async with orchestrating(bus, WORKFLOW) as stopping:
        run = await stopping.open("scripted", {})
        session_id = run.state.session_id
        assert (await heir.claim_log(session_id, events.resumed(), epoch=1, ttl_s=60)).outcome == "appended"
        run.check()
        await wait_until(lambda: not run.is_driver)
        await heir.learn_time()
        until_ms = heir.clock.now_ms() + 60_000
        await heir.hold_session(session_id, until_ms)
    registered = await heir.registered_session(session_id)
    assert registered is not None
    assert registered.lease_until_ms == until_ms

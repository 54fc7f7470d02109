"""A cancel is final, on any gateway, with any number of sessions at work and waiting."""

import asyncio
import time
from typing import Any

import pytest

from app.core.state import SessionStatus
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.scripted_agents import Question, Report, ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

WORKFLOW = fan_in_workflow(("a",), "z", timeout_ms=60_000, total_ms=60_000)

NO_CALL_AFTER_S = 0.25
"""What is promised: no call to a provider begins later than that after a cancel."""


class CallingAgent(ScriptedAgent):
    """Calls its provider again and again, and notes for which topic and when."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.calls: list[tuple[str, float]] = []

    async def handle(self, request: Question, context: Any) -> Report:
        while True:
            self.calls.append((request.topic, time.monotonic()))
            await asyncio.sleep(0.01)


@pytest.mark.rows("S0-136")
async def test_no_provider_is_called_after_a_cancel_neither_by_what_is_at_work_nor_by_what_waits(bus: Bus) -> None:
    """Twelve sessions, four places: when all are cancelled on another gateway, eight wait in the queue."""
    agent = CallingAgent("a")
    async with (
        working(bus, [agent], concurrency=4),
        orchestrating(bus, WORKFLOW) as one,
        orchestrating(bus, WORKFLOW) as other,
    ):
        runs = [await one.open("scripted", {"topic": str(number)}) for number in range(12)]
        await wait_until(lambda: len({topic for topic, _ in agent.calls}) == 4)
        cancelled_at = {}
        for run in runs:
            state = await other.cancel(run.state.session_id)
            cancelled_at[state.request["topic"]] = time.monotonic()
            assert state.status is SessionStatus.CANCELLED
        await wait_until(lambda: _is_idle(other))
        for run in runs:
            assert (await run.finished).status is SessionStatus.CANCELLED
    late = [
        (topic, at - cancelled_at[topic]) for topic, at in agent.calls if at > cancelled_at[topic] + NO_CALL_AFTER_S
    ]
    assert late == []


async def _is_idle(gateway: Any) -> bool:
    found = await gateway.audit()
    return (found.requests_waiting, found.requests_in_work) == (0, 0)


@pytest.mark.rows("S0-136", "S2-24")
async def test_of_cancel_and_end_one_wins_and_nothing_changes_it_later(bus: Bus) -> None:
    """Sessions end by themselves in the moment in which they are cancelled."""
    agents = [ScriptedAgent("a"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as one, orchestrating(bus, WORKFLOW) as other:
        for _ in range(15):
            run = await one.open("scripted", {})
            cancel = asyncio.create_task(other.cancel(run.state.session_id))
            ended = (await run.finished).status
            outcome = (await asyncio.gather(cancel, return_exceptions=True))[0]
            told = (await other.state(run.state.session_id)).status
            assert ended is told
            assert (ended is SessionStatus.CANCELLED) == (not isinstance(outcome, Exception)), outcome
        assert (await other.audit()).is_balanced

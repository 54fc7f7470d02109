"""A session as Redis keeps it: its read model, and what its log holds beyond."""

import asyncio
from typing import Any

import pytest

from app.core import read_model
from app.core.state import SessionStatus
from app.messaging import channels
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

FIRST, LAST = ("a", "b"), "z"
WORKFLOW = fan_in_workflow(FIRST, LAST)


@pytest.mark.rows("S2-22", "S2-44")
async def test_what_the_log_holds_beyond_the_read_model_is_folded_in(bus: Bus) -> None:
    """The read model is that of the opening; the log has gone on to the end since then, and any gateway sees it."""
    client: Any = bus.make_client()
    agents = [ScriptedAgent(name, holds=True) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as driver, orchestrating(bus, WORKFLOW) as other:
        run = await driver.open("scripted", {"topic": "t"})
        behind = read_model.encode(run.state)
        for agent in agents:
            agent.release.set()
        ended = await run.finished
        await wait_until(lambda: not driver.running)
        await client.set(channels.session_state(ended.session_id), behind, ex=60)
        found = await other.state(ended.session_id)
        assert (found.status, found.log_id) == (SessionStatus.COMPLETED, ended.log_id)
        assert found.results == ended.results
        assert await other.status(ended.session_id) is SessionStatus.COMPLETED
    await client.aclose()


async def test_what_stands_in_the_place_of_a_read_model_is_replaced_whatever_it_is(bus: Bus) -> None:
    """The log is whole, and that is what counts."""
    client: Any = bus.make_client()
    agents = [ScriptedAgent(name) for name in ("a", "b", "z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "t"})
        session_id = (await asyncio.wait_for(run.finished, 10)).session_id
        await wait_until(lambda: not orchestrator.running)
        key = channels.session_state(session_id)
        await client.delete(key)
        await client.rpush(key, "no read model")
        await client.expire(key, 60)
        assert (await orchestrator.state(session_id)).status is SessionStatus.COMPLETED
        assert await client.type(key) == b"string", "it is a read model again"
    await client.aclose()

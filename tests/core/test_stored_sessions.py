"""A session as Redis keeps it: its read model, and what its log holds beyond."""

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

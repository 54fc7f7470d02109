"""What is said in one moment leaves in one write: opening a session asks its first agents too."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import RFC_4122, UUID

import pytest

from app.core.session_ids import new_session_id
from app.core.session_run import SessionRun
from app.core.state import SessionStatus
from app.messaging import channels, events
from app.messaging.connection import Connection
from app.messaging.errors import RedisUnavailableError
from app.messaging.link import Link
from app.messaging.protocols import new_id
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

FIRST, LAST = ("a", "b"), "z"
WORKFLOW = fan_in_workflow(FIRST, LAST)


@pytest.mark.rows("S0-143")
async def test_a_session_is_opened_and_its_first_agents_are_asked_in_one_write(bus: Bus) -> None:
    writes: list[list[str]] = []
    patched = pytest.MonkeyPatch()
    write = Link.write

    def noted(link: Any, data: bytes, due: Any) -> None:
        writes.append([one.name for one in due])
        write(link, data, due)

    async with orchestrating(bus, WORKFLOW) as orchestrator:
        patched.setattr(Link, "write", noted)
        await orchestrator.open("scripted", {})
        patched.undo()
    (opening,) = [names for names in writes if "append" in names]
    assert [name for name in opening if name in ("SUBSCRIBE", "ZADD", "SET", "append", "request")] == [
        "ZADD",
        "SET",
        "append",
        "SUBSCRIBE",
        "request",
        "request",
    ], "held before it is in the log, stored before anything is published, heard of before anybody is asked"


async def test_what_could_not_be_heard_is_not_opened(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        orchestrator._subscriptions.is_connected = False
        with pytest.raises(RedisUnavailableError):
            await orchestrator.open("scripted", {})
        await orchestrator._broker.ping()
        assert [key async for key in client.scan_iter("s*")] == [], "neither state nor log nor lease"
        assert await client.xlen(channels.request_stream("a")) == 0
    await client.aclose()


async def test_one_that_opened_a_session_knows_its_place_in_the_log(bus: Bus) -> None:
    """What it wrote at the opening is announced before it listens."""
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        assert run.state.log_id == (await bus.broker().read_log(run.state.session_id))[-1].id


@pytest.mark.rows("S0-15", "S0-151")
async def test_a_steps_request_has_the_documented_form(bus: Bus) -> None:
    client = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        ((_, entry),) = await client.xrange(channels.request_stream("a"))
        step, session_id = run.state.steps["a"], run.state.session_id
    asked = json.loads(entry[b"envelope"])
    metadata = asked.pop("metadata")
    assert metadata.pop("timeout_ms") > 0
    assert metadata == {"retry_count": 0, "priority": "normal", "correlation_id": session_id}
    assert (asked["session_id"], asked["request_id"], asked["agent"]) == (session_id, step.request_id, "a")
    assert list(asked) == ["session_id", "request_id", "timestamp", "agent", "action", "payload"]
    await client.aclose()


async def test_the_end_is_written_by_one_who_listens_no_more(bus: Bus) -> None:
    """What comes of it is in the answer: that it is announced to others need not come back."""
    written: list[str] = []
    patched = pytest.MonkeyPatch()
    put = Connection._put

    def noted(pipe: Any, command: Any, name: str, *others: Any, **more: Any) -> Any:
        written.append("final" if name == "append" and "final" in command else name)
        return put(pipe, command, name, *others, **more)

    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        patched.setattr(Connection, "_put", noted)
        run = await orchestrator.open("scripted", {})
        await asyncio.wait_for(run.finished, 10)
        patched.undo()
    end = written.index("final")
    assert written[end - 1] == "UNSUBSCRIBE"


@pytest.mark.parametrize("how", ["completed", "cancelled"])
async def test_the_end_repeats_nothing_that_stands_in_the_log_already(bus: Bus, how: str) -> None:
    agents = [ScriptedAgent("a"), ScriptedAgent("b", holds=how == "cancelled"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        session_id = run.state.session_id
        if how == "cancelled":
            await wait_until(lambda: agents[1].worked)
            await orchestrator.cancel(session_id)
        else:
            await asyncio.wait_for(run.finished, 10)
        end = (await bus.broker().read_log(session_id))[-1]
    assert end.is_final
    told = json.loads(end.event)
    assert (told["status"], "data" in told) == (how, False)
    assert {"message", "agents_completed", "agents_failed", "processing_time_ms"} <= told.keys()


async def test_one_whose_end_is_refused_listens_again(bus: Bus) -> None:
    """Another gateway took the session over in that very moment: its end is the end."""
    patched = pytest.MonkeyPatch()
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        broker, heir = orchestrator._broker, bus.broker()
        end_log = broker.end_log

        async def too_late(session_id: str, *told: Any, **options: Any) -> Any:
            patched.undo()
            assert (await heir.claim_log(session_id, events.resumed(), epoch=1, ttl_s=60)).outcome == "appended"
            return await end_log(session_id, *told, **options)

        patched.setattr(broker, "end_log", too_late)
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: not run.is_driver)
        at = datetime.now(UTC)
        ended = events.ended("cancelled", b'{"status":"cancelled"}', at)
        await heir.end_log(run.state.session_id, ended, ttl_s=60, epoch=2)
        state = await asyncio.wait_for(run.finished, 2)
    assert state.status is SessionStatus.CANCELLED


async def test_of_two_that_open_one_session_one_asks_its_agents(bus: Bus) -> None:
    """Where others may have the id, nothing is asked before it is known who has opened it."""
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    session_id, client = new_id(), bus.make_client()
    async with orchestrating(bus, WORKFLOW) as one, orchestrating(bus, WORKFLOW) as other:
        opened = await asyncio.gather(*(_opened(gateway, session_id) for gateway in (one, other)))
        assert sorted(run is not None for run in opened) == [False, True]
        async with working(bus, agents):
            run: Any = next(filter(None, opened))
            await asyncio.wait_for(run.finished, 10)
    assert [agent.worked for agent in agents] == [["t"]] * 3
    assert await client.xlen(channels.request_stream("a")) == 0


async def _opened(gateway: Any, session_id: str) -> SessionRun | None:
    run: SessionRun | None = await gateway._open(session_id, "scripted", {"topic": "t"}, 60)
    return run


async def test_the_state_keeps_up_with_what_we_wrote_ourselves(bus: Bus) -> None:
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        entries = await orchestrator._broker.read_log(run.state.session_id)
        assert len(entries) == 3
        await wait_until(lambda: run.state.log_id == entries[-1].id)


async def test_a_session_is_among_the_running_ones_until_it_has_ended(bus: Bus) -> None:
    agents = [ScriptedAgent("a", holds=True), ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        assert list(orchestrator.running) == [run.state.session_id]
        agents[0].release.set()
        assert (await asyncio.wait_for(orchestrator.finished(run.state.session_id), 10)).status == "completed"
        await wait_until(lambda: not orchestrator.running)


def test_a_sessions_id_is_random_but_for_its_time() -> None:
    """A UUID of version 7: of the bits after the time all but the version's and the variant's are drawn."""
    drawn = [UUID(new_session_id()) for _ in range(300)]
    assert {(one.version, one.variant) for one in drawn} == {(7, RFC_4122)}
    always = never = (1 << 80) - 1
    for one in drawn:
        always, never = always & one.int, never & ~one.int
    assert (always, never) == (7 << 76 | 1 << 63, 8 << 76 | 1 << 62)

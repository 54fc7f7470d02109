"""The books: every accepted session is counted once, and what must not be is found."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.audit import audit
from app.core.state import SessionStatus
from app.messaging import channels, events
from app.messaging.broker import Broker
from app.messaging.protocols import new_id
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

AGENTS = ("a", "b", "z")
WORKFLOW = fan_in_workflow(("a", "b"), "z")
TTL_S = 3600


async def opened(broker: Broker, until_ms: int, session_id: str | None = None) -> str:
    """A session in the books and in the log, driven by nobody."""
    session_id = session_id or new_id()
    await broker.hold_session(session_id, until_ms)
    opening = events.started(session_id, "scripted", 5_000, TTL_S, datetime.now(UTC))
    await broker.open_log(session_id, opening, request=b"{}", ttl_s=TTL_S)
    return session_id


@pytest.mark.rows("S2-50")
async def test_every_session_is_counted_by_its_state(bus: Bus) -> None:
    agents = [ScriptedAgent("a"), ScriptedAgent("b", fails=True), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        for _ in range(3):
            await (await orchestrator.open("scripted", {})).finished
        agents[0].release.clear()
        running, cancelled = [await orchestrator.open("scripted", {}) for _ in range(2)]
        await orchestrator.cancel(cancelled.state.session_id)
        found = await orchestrator.audit()
        agents[0].release.set()
        await running.finished
        later = await orchestrator.audit()
    assert (found.accepted, found.states["partial"], found.states["running"], found.states["cancelled"]) == (5, 3, 1, 1)
    assert (later.accepted, later.states["partial"], later.states["running"]) == (5, 4, 0)
    assert (later.is_balanced, later.findings, later.requests_waiting) == (True, [], 0)


async def test_a_session_whose_log_is_gone_before_its_time_is_lost(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with working(bus, [ScriptedAgent(name) for name in AGENTS]), orchestrating(bus, WORKFLOW) as orchestrator:
        state = await (await orchestrator.open("scripted", {})).finished
        await client.delete(channels.session_log(state.session_id))
        found = await orchestrator.audit()
    assert (found.accepted, found.lost, found.is_balanced) == (1, 1, False)
    assert found.findings[0].session_id == state.session_id
    await client.aclose()


async def test_a_session_that_ended_long_ago_may_be_gone(bus: Bus) -> None:
    broker = bus.broker()
    await broker.hold_session("long-ago", 1)
    await broker.end_session("long-ago", broker.clock.now_ms() - TTL_S * 1000)
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.accepted, found.is_balanced) == (0, True)


async def test_a_session_that_nobody_drives_is_stuck(bus: Bus) -> None:
    broker = bus.broker()
    await opened(broker, 1)
    fresh = await opened(broker, broker.clock.now_ms() + 5_000)
    unregistered = await opened(broker, 1)
    await broker.unregister_session(unregistered)
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.accepted, found.states["running"], found.stuck) == (3, 3, 2)
    assert fresh not in {finding.session_id for finding in found.findings}
    assert {finding.what for finding in found.findings} == {
        "nobody drives it",
        "it runs, and is not in the registry as running",
    }


async def test_a_request_with_two_outcomes_is_found(bus: Bus) -> None:
    """The wire does not let it happen; so the second one is written past it."""
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker, broker.clock.now_ms() + 5_000)
    request_id = new_id()
    outcome = events.step_completed("a", request_id, "one", 5)
    assert (await broker.append_outcome(session_id, outcome, b"", request_id)).outcome == "appended"
    assert (await broker.append_outcome(session_id, outcome, b"", request_id)).outcome == "repeated"
    assert (await audit(broker, AGENTS, TTL_S)).executed_twice == 0
    await client.xadd(channels.session_log(session_id), {"event": outcome})
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.executed_twice, found.is_balanced) == (1, False)
    await client.aclose()


async def test_junk_in_the_books_is_passed_over(bus: Bus) -> None:
    broker, client = bus.broker(), bus.make_client()
    session_id = await opened(broker, broker.clock.now_ms() + 5_000)
    await client.xadd(channels.session_log(session_id), {"event": b"\xff"})
    await client.xadd(channels.session_log(session_id), {"final": b"\xff"})
    await client.zadd(channels.SESSIONS, {b"\xff": 5})
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.accepted, found.states[SessionStatus.FAILED]) == (1, 1)
    await client.aclose()


async def test_the_figures_are_json(bus: Bus) -> None:
    figures = json.loads(json.dumps((await audit(bus.broker(), AGENTS, TTL_S)).as_dict()))
    assert (figures["accepted"], figures["is_balanced"], figures["findings"]) == (0, True, [])


async def test_requests_that_wait_and_those_in_work_are_told_apart(bus: Bus) -> None:
    held = ScriptedAgent("a", holds=True)
    async with working(bus, [held], concurrency=1), orchestrating(bus, WORKFLOW) as orchestrator:
        runs = [await orchestrator.open("scripted", {}) for _ in range(2)]
        await wait_until(lambda: held.worked)
        found = await orchestrator.audit()
        for run in runs:
            await orchestrator.cancel(run.state.session_id)
    assert (found.requests_in_work, found.requests_waiting) == (1, 3)


async def test_a_session_that_is_opened_while_the_books_are_read_is_not_stuck(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes after the registry was read, and before the logs are listed."""
    broker = bus.broker()
    listed = broker.logged_sessions

    async def opened_before(cursor: int = 0) -> tuple[int, list[str]]:
        if not cursor:
            await opened(broker, broker.clock.now_ms() + 5_000)
        return await listed(cursor)

    monkeypatch.setattr(broker, "logged_sessions", opened_before)
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.states["running"], found.stuck, found.findings) == (1, 0, [])


async def test_a_lease_that_was_renewed_while_the_books_are_read_counts(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading took longer than a lease lasts."""
    broker = bus.broker()
    session_id = await opened(broker, 1)
    listed = broker.logged_sessions

    async def renewed_before(cursor: int = 0) -> tuple[int, list[str]]:
        await broker.renew_sessions([session_id], broker.clock.now_ms() + 5_000)
        return await listed(cursor)

    monkeypatch.setattr(broker, "logged_sessions", renewed_before)
    assert (await audit(broker, AGENTS, TTL_S)).is_balanced


async def test_keys_that_are_no_logs_do_not_keep_the_books_from_being_read(bus: Bus) -> None:
    client: Any = bus.make_client()
    broker = bus.broker()
    session_id = await opened(broker, broker.clock.now_ms() - 60_000)
    await client.set(channels.session_log("stray"), "no log", ex=60)
    await client.xadd(channels.session_log("").encode() + b"\xff\xfe", {"event": "{}"})
    await client.expire(channels.session_log("").encode() + b"\xff\xfe", 60)
    await client.delete(channels.session_log(session_id))
    await client.set(channels.session_log(session_id), "no log", ex=60)
    found = await audit(broker, AGENTS, TTL_S)
    assert (found.accepted, found.lost, found.stuck) == (1, 1, 0)
    await client.aclose()


@pytest.mark.parametrize("wrong", [{"timeout_ms": 10**30}, {"timestamp": "9999-12-31T23:59:59Z"}])
async def test_an_opening_out_of_all_time_is_found(bus: Bus, wrong: dict[str, Any]) -> None:
    client: Any = bus.make_client()
    broker = bus.broker()
    session_id = new_id()
    await broker.hold_session(session_id, broker.clock.now_ms() + 5_000)
    opening = {
        "type": "started",
        "workflow": "scripted",
        "timeout_ms": 5,
        "ttl_s": 5,
        "timestamp": events.timestamp(datetime.now(UTC)),
    }
    await client.xadd(channels.session_log(session_id), {"event": json.dumps({**opening, **wrong}), "data": "{}"})
    await client.expire(channels.session_log(session_id), 60)
    found = await audit(broker, AGENTS, TTL_S)
    assert [finding.what for finding in found.findings] == ["its log has no opening"]
    await client.aclose()

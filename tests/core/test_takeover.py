"""Gateways may die, stop and come back: every session is finished by one of them, and by one only."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.decisions import FailStep
from app.core.errors import SessionLostError
from app.core.idempotency import IdempotencyKey
from app.core.orchestrator import Orchestrator
from app.core.state import SessionStatus
from app.messaging import channels, events
from app.messaging.cancellation import cancel_and_wait
from app.messaging.errors import RedisUnavailableError
from app.messaging.protocols import decode, new_id
from tests.conftest import Bus, Logged
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

FIRST, LAST = ("a", "b"), "z"
WORKFLOW = fan_in_workflow(FIRST, LAST, timeout_ms=30_000, total_ms=60_000)
LEASE_S = 0.6


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.session_leases.SESSION_LEASE_S", LEASE_S)
    monkeypatch.setattr("app.core.session_leases.RENEW_EVERY_S", 0.1)
    monkeypatch.setattr("app.core.session_leases.LOOK_EVERY_S", 0.1)
    monkeypatch.setattr("app.core.session_leases.AFTER_TROUBLE_S", 0.2)
    monkeypatch.setattr("app.core.session_run.LOOK_AGAIN_S", 0.3)


async def die(gateway: Orchestrator) -> None:
    """As kill -9 leaves it: nothing more is said, nothing is handed over."""
    await cancel_and_wait(*gateway._tasks)
    gateway._sessions.drives.clear()


async def stop_renewing(gateway: Orchestrator) -> None:
    """As a halt leaves it: no lease is renewed any more, and nothing is taken over."""
    await cancel_and_wait(*(task for task in gateway._tasks if task not in gateway._sessions.drives))


async def story(gateway: Orchestrator, session_id: str) -> list[dict[str, Any]]:
    return [entry.event async for entry in await gateway.follow(session_id)]


@pytest.mark.rows("S0-06", "DC-08", "S0-170", "S2-36")
async def test_another_gateway_finishes_the_session_of_one_that_died(bus: Bus) -> None:
    held = ScriptedAgent("a", holds=True)
    agents = [held, ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as dying, orchestrating(bus, WORKFLOW) as heir:
        run = await dying.open("scripted", {"topic": "t"})
        session_id = run.state.session_id
        await wait_until(lambda: held.worked and run.state.steps["b"].status.is_settled)
        await die(dying)
        await wait_until(lambda: session_id in heir.running)
        held.release.set()
        state = await asyncio.wait_for(heir.finished(session_id), 10)
        told = await story(heir, session_id)
    assert state.status is SessionStatus.COMPLETED
    assert [agent.worked for agent in agents] == [["t"]] * 3, "nothing that was under way is asked for again"
    assert [event["type"] for event in told].count("resumed") == 1
    assert (heir.taken_over, heir.ended["completed"]) == (1, 1)


@pytest.mark.rows("S0-06")
async def test_a_gateway_that_starts_after_everything_died_finishes_what_it_finds(bus: Bus) -> None:
    async with orchestrating(bus, WORKFLOW) as dying:
        runs = [await dying.open("scripted", {"topic": str(number)}) for number in range(5)]
        await wait_until(lambda: all(set(run.requests.entries) == {"a", "b"} for run in runs))
        await die(dying)
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as heir:
        await wait_until(lambda: heir.taken_over == 5)
        for run in runs:
            assert (await heir.finished(run.state.session_id)).status is SessionStatus.COMPLETED
    assert Counter(agents[0].worked) == Counter(map(str, range(5)))


async def test_what_died_between_the_log_and_the_request_is_asked_for(bus: Bus) -> None:
    """The log says that an agent was asked, and no stream holds the request: it goes out, under the same id."""
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as dying:
        run = await dying.open("scripted", {"topic": "t"})
        await wait_until(lambda: set(run.requests.entries) == {"a", "b"})
        asked = run.state.steps["a"].request_id
        await die(dying)
    await client.delete(channels.request_stream("a"))
    async with orchestrating(bus, WORKFLOW) as heir:
        await wait_until(lambda: heir.taken_over)
        entries = await wait_until(lambda: client.xrange(channels.request_stream("a")))
        assert [decode(fields[b"envelope"]).request_id for _, fields in entries] == [asked]
        assert await client.xlen(channels.request_stream("b")) == 1, "this one is still there, and is not sent twice"
        agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
        async with working(bus, agents):
            assert (await heir.finished(run.state.session_id)).status is SessionStatus.COMPLETED
    await client.aclose()


@pytest.mark.rows("S2-24")
async def test_a_stale_holders_writes_do_nothing(bus: Bus) -> None:
    """A gateway is halted, its session taken over; when it goes on, its words do not count, and it follows."""
    held = ScriptedAgent("a", holds=True)
    agents = [held, ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as stale, orchestrating(bus, WORKFLOW) as heir:
        run = await stale.open("scripted", {"topic": "t"})
        session_id = run.state.session_id
        await wait_until(lambda: held.worked)
        await stop_renewing(stale)
        await wait_until(lambda: session_id in heir.running)
        fenced = await stale._broker.append(session_id, events.resumed(), epoch=1)
        assert fenced.outcome == "fenced"
        await wait_until(lambda: not run.is_driver)
        held.release.set()
        assert (await asyncio.wait_for(run.finished, 10)).status is SessionStatus.COMPLETED, "who waits there is told"
        told = await story(stale, session_id)
    assert [agent.worked for agent in agents] == [["t"]] * 3
    assert [event["type"] for event in told].count("completed") == 1
    assert (stale.ended, heir.ended) == (Counter(), Counter(completed=1))
    counted = stale.attempts.counted + heir.attempts.counted
    assert counted == {(name, "success", 1): 1 for name in (*FIRST, LAST)}, "each answer by one of them"


async def test_a_stale_holder_that_heard_nothing_finds_out_when_it_looks(bus: Bus) -> None:
    """It was deaf while its session was taken over; the log tells it."""
    held = ScriptedAgent("a", holds=True)
    async with working(bus, [held]), orchestrating(bus, WORKFLOW) as stale, orchestrating(bus, WORKFLOW) as heir:
        run = await stale.open("scripted", {})
        await wait_until(lambda: held.worked)
        await stop_renewing(stale)
        stale._subscriptions.leave(run._news.channels, run._news.heard)
        await wait_until(lambda: run.state.session_id in heir.running)
        run.check()
        await wait_until(lambda: not run.is_driver)
        await heir.cancel(run.state.session_id)
        assert (await asyncio.wait_for(run.finished, 10)).status is SessionStatus.CANCELLED


async def test_of_many_gateways_exactly_one_takes_a_session_over(bus: Bus) -> None:
    async with orchestrating(bus, WORKFLOW) as dying:
        session_id = (await dying.open("scripted", {})).state.session_id
        await die(dying)
    async with (
        orchestrating(bus, WORKFLOW) as one,
        orchestrating(bus, WORKFLOW) as two,
        orchestrating(bus, WORKFLOW) as three,
    ):
        heirs = (one, two, three)
        await wait_until(lambda: any(session_id in heir.running for heir in heirs))
        async with working(bus, [ScriptedAgent(name) for name in (*FIRST, LAST)]):
            await one.finished(session_id)
        assert sum(heir.taken_over for heir in heirs) == 1
        assert [event["type"] for event in await story(one, session_id)].count("resumed") == 1


async def test_a_gateway_that_stops_hands_its_sessions_over_at_once(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.orchestrator.FINISH_WITHIN_S", 0.05)
    monkeypatch.setattr("app.core.session_leases.SESSION_LEASE_S", 60.0)
    async with orchestrating(bus, WORKFLOW) as heir:
        async with orchestrating(bus, WORKFLOW) as leaving:
            session_id = (await leaving.open("scripted", {})).state.session_id
        await wait_until(lambda: session_id in heir.running)
        await heir.cancel(session_id)


@pytest.mark.rows("S0-136")
async def test_no_takeover_changes_a_session_that_has_ended(bus: Bus) -> None:
    """The gateway died after the last entry and before it said that nobody need look after the session."""
    async with orchestrating(bus, WORKFLOW) as dying, orchestrating(bus, WORKFLOW) as heir:
        session_id = (await dying.open("scripted", {})).state.session_id
        await dying.cancel(session_id)
        await die(dying)
        broker = bus.broker()
        await broker.hold_session(session_id, 1)
        await wait_until(lambda: _is_ended(broker, session_id))
        assert (await heir.state(session_id)).status is SessionStatus.CANCELLED
        assert heir.taken_over == 0


async def _is_ended(broker: Any, session_id: str) -> bool:
    return any(
        session.session_id == session_id and session.lease_until_ms is None
        for session in await broker.registered_sessions(0, 10)
    )


@pytest.mark.parametrize("junk", [b"", b"\xff", b"not a session"])
async def test_what_is_no_session_is_struck_from_the_registry(bus: Bus, junk: bytes) -> None:
    client: Any = bus.make_client()
    await client.zadd(channels.SESSIONS, {junk: 1, new_id(): 2})
    await client.expire(channels.SESSIONS, 60)
    async with orchestrating(bus, WORKFLOW):
        await wait_until(lambda: _is_empty(client))
    await client.aclose()


async def _is_empty(client: Any) -> bool:
    return await client.zcard(channels.SESSIONS) == 0


@pytest.mark.rows("S2-38")
async def test_a_session_that_redis_lost_is_answered_as_lost_and_hangs_nobody(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator, orchestrating(bus, WORKFLOW) as other:
        run = await orchestrator.open("scripted", {})
        session_id = run.state.session_id
        await client.flushdb()
        with pytest.raises(SessionLostError, match="lost it"):
            await asyncio.wait_for(run.finished, 5)
        for gateway in (orchestrator, other):
            with pytest.raises(SessionLostError):
                await gateway.state(session_id)
        async with working(bus, [ScriptedAgent(name) for name in (*FIRST, LAST)]):
            again = await orchestrator.open("scripted", {})
            assert (await again.finished).status is SessionStatus.COMPLETED, "the next one is as any other"
    await client.aclose()


async def test_a_registry_that_was_lost_alone_is_entered_again(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        session_id = (await orchestrator.open("scripted", {})).state.session_id
        await client.delete(channels.SESSIONS)

        async def is_registered() -> bool:
            return await client.zscore(channels.SESSIONS, session_id) is not None

        await wait_until(is_registered)
        await orchestrator.cancel(session_id)
    await client.aclose()


async def test_two_who_open_one_session_at_one_gateway_leave_it_held(bus: Bus) -> None:
    """The one who comes second lets go of what is its own, not of the lease of the one who drives."""
    key = IdempotencyKey("k", {})
    client: Any = bus.make_client()
    agents = [ScriptedAgent("a", holds=True), ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as gateway:
        opened = await asyncio.gather(*(gateway.open_once("scripted", {"topic": "t"}, key) for _ in range(5)))
        await wait_until(lambda: agents[0].worked)
        assert len(set(opened)) == 1
        first_until_ms = await client.zscore(channels.SESSIONS, opened[0])

        async def has_outlived_its_first_lease() -> bool:
            return bool(await client.zscore(channels.SESSIONS, opened[0]) > first_until_ms + 2000 * LEASE_S)

        await wait_until(has_outlived_its_first_lease)
        assert gateway.taken_over == 0, "its lease is renewed all the time"
        agents[0].release.set()
        assert (await gateway.finished(opened[0])).status is SessionStatus.COMPLETED
    await client.aclose()


async def test_a_takeover_that_redis_refuses_leaves_no_listener(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    async with orchestrating(bus, WORKFLOW) as dying:
        session_id = (await dying.open("scripted", {"topic": "t"})).state.session_id
        await die(dying)
        async with orchestrating(bus, WORKFLOW) as heir:
            before = dict(heir._subscriptions._handlers)
            hold, refused = heir._broker.hold_session, []

            async def refuses_once(*args: Any) -> None:
                if not refused:
                    refused.append(args)
                    raise RedisUnavailableError("away")
                await hold(*args)

            monkeypatch.setattr(heir._broker, "hold_session", refuses_once)
            await wait_until(lambda: heir.taken_over == 1)
            assert refused
            await heir.cancel(session_id)
            await wait_until(lambda: not heir.running)
            await wait_until(lambda: heir._subscriptions._handlers == before)


@pytest.mark.parametrize("score", [1.5, float("inf"), float("-inf"), 0.0])
async def test_what_stands_in_the_registry_with_no_time_holds_nobody_up(bus: Bus, score: float) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as dying:
        session_id = (await dying.open("scripted", {"topic": "t"})).state.session_id
        await die(dying)
    await client.zadd(channels.SESSIONS, {f"stray-{number}": score for number in range(30)})
    async with orchestrating(bus, WORKFLOW) as heir:
        await wait_until(lambda: session_id in heir.running)
        assert (await heir.audit()).states["running"] == 1
        await heir.cancel(session_id)
    await client.aclose()


async def test_a_log_that_makes_no_sense_does_not_end_the_looking_after_others(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as dying:
        session_id = (await dying.open("scripted", {"topic": "t"})).state.session_id
        await die(dying)
    poison = new_id()
    started = {"type": "started", "workflow": "scripted", "timeout_ms": 5000, "ttl_s": 60}
    opening = json.dumps({**started, "timestamp": "2026-01-01T00:00:00Z"})
    await client.xadd(channels.session_log(poison), {"head": "9" * 5000, "event": opening, "data": "{}"})
    await client.expire(channels.session_log(poison), 60)
    await client.zadd(channels.SESSIONS, {poison: 1})
    async with orchestrating(bus, WORKFLOW) as heir:
        await wait_until(lambda: session_id in heir.running)
        await heir.audit()
        await heir.cancel(session_id)
    await client.aclose()


async def test_a_session_found_ended_is_entered_with_the_time_of_its_end(bus: Bus) -> None:
    """The audit reckons from it when the log may be gone."""
    client: Any = bus.make_client()
    session_id = new_id()
    ended_ms = (await client.time())[0] * 1000 - 60_000
    ended = {"type": "cancelled", "status": "cancelled"}
    await client.xadd(channels.session_log(session_id), {"final": json.dumps(ended)}, id=f"{ended_ms}-0")
    await client.expire(channels.session_log(session_id), 60)
    await client.zadd(channels.SESSIONS, {session_id: ended_ms})
    await client.expire(channels.SESSIONS, 60)
    async with orchestrating(bus, WORKFLOW):

        async def entered() -> bool:
            return bool(await client.zscore(channels.SESSIONS, session_id) == -ended_ms)

        await wait_until(entered)
    await client.aclose()


async def test_one_that_was_fenced_off_takes_back_no_request(bus: Bus) -> None:
    """Its successor waits for that very request."""
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as stale:
        run = await stale.open("scripted", {"topic": "t"})
        await wait_until(lambda: set(run.requests.entries) == set(FIRST))
        # It is halted, and has not heard of its successor when it goes on.
        await die(stale)
        await stale._broker.claim_log(run.state.session_id, events.resumed(), epoch=1, ttl_s=60)
        await run._carry_out([FailStep(run.state.workflow.by_name["a"], "timeout", "late")])
        assert await client.xlen(channels.request_stream("a")) == 1
    await client.aclose()


async def test_a_session_of_an_unknown_kind_is_told_of_once(bus: Bus, logged: Logged) -> None:
    broker, session_id = bus.broker(), new_id()
    await broker.hold_session(session_id, 1)
    opening = events.started(session_id, "of another version", 5_000, 60, datetime.now(UTC))
    await broker.open_log(session_id, opening, request=b"{}", ttl_s=60)
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        await wait_until(lambda: "session_cannot_be_taken_over" in logged.text)
        for _ in range(2):
            await broker.hold_session(session_id, 1)
            await wait_until(lambda: _is_claimed(broker))
        assert orchestrator.taken_over == 0
    assert logged.text.count("session_cannot_be_taken_over") == 1


async def _is_claimed(broker: Any) -> bool:
    return all((session.lease_until_ms or 0) > 1 for session in await broker.registered_sessions(0, 10))

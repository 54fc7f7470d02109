"""A session from its opening to its end, on fakeredis and on a real server."""

import asyncio
import json

import pytest

from app.core.errors import (
    AgentExecutionError,
    AgentTimeoutError,
    SessionEndedError,
    SessionNotFoundError,
    ShuttingDownError,
)
from app.core.state import SessionStatus
from app.messaging import channels
from app.messaging.protocols import new_id
from tests.conftest import Bus, Logged
from tests.fleet import orchestrating, working
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

FIRST, LAST = ("a", "b"), "z"


@pytest.mark.rows("DC-09", "DC-10", "S0-143", "S0-147", "S0-148", "S0-149")
async def test_results_fan_in_and_reach_the_last_agent(bus: Bus) -> None:
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "circus"})
        state = await run.finished
        answer = json.loads(state.answer(state.status, state.updated_at))
    assert answer["status"] == "completed"
    assert answer["agents_completed"] == ["a", "b", "z"]
    assert answer["data"]["z"] == {"by": "z", "topic": "circus", "heard_of": ["a", "b"]}


@pytest.mark.rows("S0-09", "S0-17")
async def test_a_failing_agent_is_named_and_the_others_deliver(bus: Bus) -> None:
    agents = [ScriptedAgent("a", fails=True), ScriptedAgent("b", crashes=True), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        state = await (await orchestrator.open("scripted", {})).finished
    answer = json.loads(state.answer(state.status, state.updated_at))
    assert answer["status"] == "partial"
    assert answer["agents_failed"] == ["a", "b"]
    assert answer["failures"][0] == {"agent": "a", "code": "agent_error", "message": "a cannot"}
    assert answer["failures"][1]["message"] == "Agent b failed unexpectedly", "a bug's text stays in the log"
    assert answer["data"]["z"]["heard_of"] == ["a", "b"], "the last agent hears of the failures"


@pytest.mark.rows("S0-16", "S0-163", "S0-164")
async def test_an_absent_agent_times_out_by_name(bus: Bus, logged: Logged) -> None:
    workflow = fan_in_workflow(FIRST, LAST, timeout_ms=300)
    async with working(bus, [ScriptedAgent("a"), ScriptedAgent("z")]), orchestrating(bus, workflow) as orchestrator:
        state = await (await orchestrator.open("scripted", {})).finished
        left = await orchestrator._broker._commands.send("XLEN", channels.request_stream("b"))
    assert state.status is SessionStatus.PARTIAL
    assert state.steps["b"].message == "Agent b timed out after 300ms"
    assert state.steps["b"].failure_code == "timeout"
    assert left == 0, "a request that nobody waits for is taken back"


@pytest.mark.rows("S0-58")
async def test_no_session_outlives_its_whole_time(bus: Bus) -> None:
    workflow = fan_in_workflow(FIRST, LAST, timeout_ms=60_000, total_ms=300)
    async with orchestrating(bus, workflow) as orchestrator:
        state = await asyncio.wait_for((await orchestrator.open("scripted", {})).finished, 3)
    assert state.status is SessionStatus.TIMEOUT
    assert {step.message for step in state.steps.values()} == {"Session timed out after 300ms"}


@pytest.mark.rows("X-02")
async def test_a_request_waits_for_a_worker_that_comes_back_in_time(bus: Bus) -> None:
    async with orchestrating(bus, fan_in_workflow(("a",), LAST)) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: run.state.steps["a"].requested_at)
        async with working(bus, [ScriptedAgent("a"), ScriptedAgent("z")]):
            assert (await run.finished).status is SessionStatus.COMPLETED


@pytest.mark.rows("DC-06", "S0-08", "S0-136", "S0-159")
async def test_cancel_is_final_and_stops_the_work(bus: Bus) -> None:
    held = ScriptedAgent("a", holds=True)
    agents = [held, ScriptedAgent("b"), ScriptedAgent("z")]
    # No deadline is near: what stops the work is the cancel.
    workflow = fan_in_workflow(FIRST, LAST, timeout_ms=60_000, total_ms=60_000)
    async with (
        working(bus, agents),
        orchestrating(bus, workflow) as orchestrator,
        orchestrating(bus, workflow) as other_gateway,
    ):
        run = await orchestrator.open("scripted", {})
        session_id = run.state.session_id
        await wait_until(lambda: held.worked)
        assert (await other_gateway.cancel(session_id)).status is SessionStatus.CANCELLED
        assert (await other_gateway.state(session_id)).status is SessionStatus.CANCELLED
        assert (await run.finished).status is SessionStatus.CANCELLED
        await wait_until(lambda: held.stopped == 1, timeout_s=2)
        held.release.set()
        assert (await orchestrator.cancel(session_id)).status is SessionStatus.CANCELLED, "twice is the same"
        entries = [entry async for entry in await orchestrator.follow(session_id)]
    assert entries[-1].event["type"] == "cancelled"


async def test_a_session_that_ended_cannot_be_cancelled(bus: Bus) -> None:
    async with (
        working(bus, [ScriptedAgent(n) for n in (*FIRST, LAST)]),
        orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator,
    ):
        state = await (await orchestrator.open("scripted", {})).finished
        with pytest.raises(SessionEndedError, match="completed"):
            await orchestrator.cancel(state.session_id)
        with pytest.raises(SessionNotFoundError):
            await orchestrator.cancel(new_id())


@pytest.mark.rows("S0-129", "S0-131", "S0-146", "S0-157", "X-35")
async def test_the_log_tells_the_whole_story_in_order(bus: Bus) -> None:
    async with (
        working(bus, [ScriptedAgent(n) for n in (*FIRST, LAST)]),
        orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator,
    ):
        run = await orchestrator.open("scripted", {})
        seen = [entry async for entry in await orchestrator.follow(run.state.session_id)]
        again = [entry async for entry in await orchestrator.follow(run.state.session_id)]
        rest = [entry async for entry in await orchestrator.follow(run.state.session_id, seen[4].entry_id)]
    assert again == seen, "a late viewer sees what an early one saw"
    assert rest == seen[5:], "one that comes back gets the rest"
    assert seen[0].event["type"] == "started"
    assert seen[-1].event["type"] == "completed"
    assert [entry.is_final for entry in seen[:-1]] == [False] * (len(seen) - 1)
    for agent in ("a", "b", "z"):
        mine = [entry.event for entry in seen if entry.event.get("agent") == agent]
        percents = [event["progress_percent"] for event in mine]
        assert percents == sorted(percents)
        assert (percents[-1], mine[-1]["message"]) == (100, f"{agent.capitalize()} agent completed")
    overall = [entry.event["overall_percent"] for entry in seen]
    assert overall == sorted(overall)
    assert overall[-1] == 100


@pytest.mark.rows("S0-13", "S0-14", "S0-160", "S0-161", "S2-23")
async def test_the_read_model_has_request_and_results_and_expires(bus: Bus) -> None:
    async with (
        working(bus, [ScriptedAgent(n) for n in (*FIRST, LAST)]),
        orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator,
    ):
        state = await (await orchestrator.open("scripted", {"topic": "tent"})).finished
        client = bus.make_client()
        key = channels.session_state(state.session_id)
        await wait_until(lambda: _status(client, key, "completed"))
        model, ttl_s = json.loads(await client.get(key)), await client.ttl(key)
        await client.aclose()
    assert model["topic"] == "tent"
    assert model["a_data"]["by"] == "a"
    assert 3500 < ttl_s <= 3600


async def _status(client, key: str, status: str) -> bool:
    return json.loads(await client.get(key))["status"] == status


@pytest.mark.rows("S0-142")
async def test_one_agent_is_asked_directly_and_nothing_is_kept(bus: Bus) -> None:
    agents = [ScriptedAgent("a"), ScriptedAgent("b", fails=True)]
    async with working(bus, agents), orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        report = await orchestrator.ask("a", {"topic": "lions"}, 3000)
        with pytest.raises(AgentExecutionError, match="b cannot"):
            await orchestrator.ask("b", {}, 3000)
        with pytest.raises(AgentTimeoutError, match="Agent z timed out after 100ms"):
            await orchestrator.ask("z", {}, 100)
        client = bus.make_client()
        kept = [key async for key in client.scan_iter("s*")]
        await client.aclose()
    assert report["topic"] == "lions"
    assert kept == []


async def test_agents_leave_the_registry_with_their_worker(bus: Bus) -> None:
    async with orchestrating(bus, fan_in_workflow(("a",), LAST)) as orchestrator:
        async with working(bus, [ScriptedAgent("a"), ScriptedAgent("a")]):
            await wait_until(lambda: len(orchestrator.fleet.instances("a")) == 2)
            assert orchestrator.fleet.health() == {"a": "healthy", "z": "unhealthy"}
        await wait_until(lambda: orchestrator.fleet.instances("a") == [])


@pytest.mark.rows("DC-05", "S0-18", "S0-145", "X-02")
async def test_replicas_share_requests_and_each_is_worked_once(bus: Bus) -> None:
    replicas = [ScriptedAgent("a") for _ in range(3)]
    async with working(bus, replicas, concurrency=2), orchestrating(bus, fan_in_workflow(("a",), LAST)) as orchestrator:
        topics = [f"topic {number}" for number in range(60)]
        await asyncio.gather(*(orchestrator.ask("a", {"topic": topic}, 10_000) for topic in topics))
    assert sorted(topic for agent in replicas for topic in agent.worked) == sorted(topics)
    assert all(agent.worked for agent in replicas)


@pytest.mark.rows("S0-07", "S0-161")
async def test_the_read_model_grows_with_each_answer(bus: Bus) -> None:
    """One agent has answered, the other is still at work: the stored state has the first one's result."""
    agents = [ScriptedAgent("a"), ScriptedAgent("b", holds=True), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        run = await orchestrator.open("scripted", {})
        client = bus.make_client()
        key = channels.session_state(run.state.session_id)

        async def has_first_result() -> bool:
            return json.loads(await client.get(key))["a_data"] is not None

        await wait_until(has_first_result)
        stored = json.loads(await client.get(key))
        assert (stored["b_data"], stored["status"]) == (None, "running"), "before anything ends it"
        agents[1].release.set()
        await run.finished
        await client.aclose()


async def test_a_gateway_that_stops_lets_its_sessions_end(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.orchestrator.FINISH_WITHIN_S", 10.0)
    agents = [ScriptedAgent("a"), ScriptedAgent("b", holds=True), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: agents[1].worked)
        closing = asyncio.create_task(orchestrator.aclose())
        agents[1].release.set()
        await closing
    assert run.finished.result().status is SessionStatus.COMPLETED


async def test_a_session_that_cannot_end_in_time_is_told_so(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.orchestrator.FINISH_WITHIN_S", 0.05)
    async with orchestrating(bus, fan_in_workflow(FIRST, LAST)) as orchestrator:
        run = await orchestrator.open("scripted", {})
    with pytest.raises(ShuttingDownError):
        await run.finished

"""A session while Redis misbehaves, or what is in it does."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app.core import read_model
from app.core.errors import CoreError
from app.core.state import SessionStatus, StepStatus
from app.messaging import channels, events
from app.messaging.errors import MessagingError, RedisUnavailableError
from app.messaging.protocols import answer_to
from app.messaging.request_queue import RequestQueue
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.messaging.test_protocols import request
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.tunnel import tunnel_to
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

FIRST, LAST = ("a", "b"), "z"
WORKFLOW = fan_in_workflow(FIRST, LAST)
ALWAYS = {b"agent:health", b"agent:breaker", b"agent:requests_lost"}
"""Channels that a gateway listens to whatever runs."""


async def test_what_redis_did_not_take_is_written_when_it_is_back(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis refuses the last request twice; it is sent again, and each step is worked once."""
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "t"})
        send, refused = orchestrator._broker.send_request, []

        async def refuse() -> str:
            raise RedisUnavailableError("away")

        def flaky(agent: str, *others: Any) -> Any:
            if len(refused) < 2:
                refused.append(agent)
                return asyncio.ensure_future(refuse())
            return send(agent, *others)

        monkeypatch.setattr(orchestrator._broker, "send_request", flaky)
        state = await asyncio.wait_for(run.finished, 10)
        assert refused == ["z", "z"]
        story = [entry.event async for entry in await orchestrator.follow(state.session_id)]
    assert state.status is SessionStatus.COMPLETED
    assert [agent.worked for agent in agents] == [["t"]] * 3
    asked = [event["agent"] for event in story if event.get("status") == "requested"]
    assert sorted(asked) == ["a", "b", "z"], "viewers hear of each request once"


async def test_news_that_are_lost_are_read_from_the_log(bus: Bus) -> None:
    """The subscription connection is cut while an answer is due."""
    agents = [ScriptedAgent("a", holds=True), ScriptedAgent("b"), ScriptedAgent("z")]
    client: Any = bus.make_client()
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: run.state.steps["b"].status.is_settled and agents[0].worked)
        orchestrator._broker._commands.drop("cut by the test")
        agents[0].release.set()
        state = await asyncio.wait_for(run.finished, 10)
    await client.aclose()
    assert state.status is SessionStatus.COMPLETED


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"type":"agent_failed","step":"a","message":7}',
        b'{"type":"progress","step":"a","progress_percent":null}',
        b'{"type":"progress","status":[]}',
        b'{"type":"completed","status":"completed"}',
        b'{"type":"cancelled","status":"cancelled"}',
        b'{"type":"progress","status":"completed","step":"a","message":"done"}',
        b'{"type":"progress","id":"banana"}',
    ],
)
async def test_bytes_on_a_sessions_channels_do_not_end_it(bus: Bus, junk: bytes) -> None:
    held = ScriptedAgent("a", holds=True)
    client: Any = bus.make_client()
    async with (
        working(bus, [held, ScriptedAgent("b"), ScriptedAgent("z")]),
        orchestrating(bus, WORKFLOW) as orchestrator,
    ):
        run = await orchestrator.open("scripted", {})
        session_id = run.state.session_id
        viewer = asyncio.create_task(_types(await orchestrator.follow(session_id)))
        await wait_until(lambda: held.worked)
        for channel in (channels.session_log(session_id), channels.response_channel("a", session_id)):
            await client.publish(channel, junk)
        await client.publish(channels.HEALTH, junk)
        held.release.set()
        assert (await asyncio.wait_for(run.finished, 10)).status is SessionStatus.COMPLETED
        assert (await asyncio.wait_for(viewer, 10))[-1] == "completed"
    await client.aclose()


async def _types(events: Any) -> list[str]:
    return [entry.event["type"] async for entry in events]


async def test_entries_of_the_log_that_cannot_be_read_are_passed_over(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with working(bus, [ScriptedAgent(n) for n in (*FIRST, LAST)]), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        key = channels.session_log(run.state.session_id)
        await client.xadd(key, {"event": b"\x00"})
        await client.xadd(key, {"something": "else"})
        await client.xadd(key, {"event": json.dumps({"type": "progress"}), "data": b"no envelope"})
        await run.finished
        assert (await orchestrator.state(run.state.session_id)).status is SessionStatus.COMPLETED
        assert (await _types(await orchestrator.follow(run.state.session_id)))[-1] == "completed"
    await client.aclose()


async def test_a_final_entry_of_a_newer_version_ends_the_session_as_failed(bus: Bus) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: run.state.steps["a"].requested_at)
        raw = json.dumps({"type": "paused", "status": "paused"})
        await client.xadd(channels.session_log(run.state.session_id), {"final": raw})
        await client.publish(channels.session_log(run.state.session_id), raw)
        assert (await asyncio.wait_for(run.finished, 5)).status is SessionStatus.FAILED
    await client.aclose()


async def test_a_viewer_of_a_log_that_is_gone_is_let_go(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.session_feed.READ_AGAIN_AFTER_S", 0.1)
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        viewer = asyncio.create_task(_types(await orchestrator.follow(run.state.session_id)))
        await wait_until(lambda: run.state.steps["b"].requested_at)
        await client.delete(channels.session_log(run.state.session_id))
        assert (await asyncio.wait_for(viewer, 5))[-1] == "lost"
    await client.aclose()


async def test_results_too_large_to_be_handed_on_fail_the_step_by_name(fake_bus: Bus) -> None:
    agents = [ScriptedAgent(n) for n in (*FIRST, LAST)]
    async with working(fake_bus, agents), orchestrating(fake_bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "x" * 400_000})
        state = await asyncio.wait_for(run.finished, 10)
    assert state.status is SessionStatus.PARTIAL
    assert state.steps["z"].failure_code == "message_too_large"


@pytest.mark.integration
async def test_channels_that_were_left_while_redis_was_away_stay_left(real_bus: Bus) -> None:
    client: Any = real_bus.make_client()
    async with orchestrating(real_bus, WORKFLOW) as orchestrator:
        subscriptions = orchestrator._subscriptions
        names = [f"agent:a:response:{number}" for number in range(20)]

        def heard(channel: str, raw: bytes) -> None: ...

        await subscriptions.listen(names, heard)
        subscriptions.is_connected = False
        subscriptions.leave(names, heard)
        await client.client_kill_filter(_type="pubsub")

        async def only_health() -> bool:
            return set(await client.pubsub_channels("agent:*")) == ALWAYS

        await wait_until(only_health)
    await client.aclose()


@pytest.mark.integration
async def test_a_connection_that_falls_silent_is_replaced(
    redis_server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is closed, bytes just stop: gateway and worker notice by themselves, and work again."""
    monkeypatch.setattr("app.messaging.subscriptions.PROBE_AFTER_S", 0.3)
    monkeypatch.setattr("app.messaging.waiting_read.SILENCE_S", 0.3)
    monkeypatch.setattr("app.messaging.connection.ANSWER_TIMEOUT_S", 0.5)
    with TemporaryDirectory(prefix="rr") as folder:
        async with tunnel_to(redis_server_url, Path(folder) / "t") as (tunnel, url):
            bus = Bus(url)
            async with working(bus, [ScriptedAgent("a")]), orchestrating(bus, WORKFLOW) as orchestrator:
                assert await orchestrator.ask("a", {}, 2000)
                tunnel.silence()

                async def is_answered() -> bool:
                    with suppress(CoreError, MessagingError):
                        return bool(await orchestrator.ask("a", {}, 500))
                    return False

                await wait_until(is_answered, timeout_s=20)
            for broker in bus.brokers:
                await broker.aclose()


async def test_a_request_that_redis_has_lost_goes_out_again_though_it_was_sent_by_us(bus: Bus) -> None:
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "t"})
        await wait_until(lambda: set(run.requests.entries) == set(FIRST))
        await client.delete(channels.request_stream("a"))
        run.check()
        async with working(bus, agents):
            state = await asyncio.wait_for(run.finished, 10)
    await client.aclose()
    assert state.status is SessionStatus.COMPLETED
    assert [agent.worked for agent in agents] == [["t"]] * 3


@pytest.mark.parametrize(
    "entry", [{"event": b"\x00"}, {"something": "else"}, {"event": json.dumps({"type": "progress"}), "data": b"none"}]
)
async def test_a_session_is_cancelled_though_its_last_entry_cannot_be_read(bus: Bus, entry: Any) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: set(run.requests.entries) == set(FIRST))
        await client.xadd(channels.session_log(run.state.session_id), entry)
        state = await asyncio.wait_for(orchestrator.cancel(run.state.session_id), 5)
        assert state.status is SessionStatus.CANCELLED
        assert (await asyncio.wait_for(run.finished, 5)).status is SessionStatus.CANCELLED
    await client.aclose()


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_id": "99999999999999-0"},
        {"log_id": "banana"},
        {"log_id": 5},
        {"session_id": "00000000-0000-4000-8000-000000000000"},
        {"created_at": "2026-01-01T00:00:00"},
        {"created_at": 7},
        {"ttl_s": float("inf")},
        {"epoch": float("inf")},
        {"request": []},
        {"request_fields": "topic"},
        {"request_fields": ["nowhere"]},
        {"a_data": 5},
    ],
)
async def test_a_read_model_that_is_not_the_sessions_is_replaced(bus: Bus, wrong: dict[str, Any]) -> None:
    client: Any = bus.make_client()
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {"topic": "t"})
        session_id = run.state.session_id
        await wait_until(lambda: set(run.requests.entries) == set(FIRST))
        await wait_until(lambda: run.state.log_id)
        model = json.loads(read_model.encode(run.state))
        await client.set(channels.session_state(session_id), json.dumps({**model, **wrong}), ex=60)
        state = await orchestrator.state(session_id)
        answer = json.loads(state.answer(state.status, state.updated_at))
        assert (answer["session_id"], state.request, state.results) == (session_id, {"topic": "t"}, {})
        cancelled = await asyncio.wait_for(orchestrator.cancel(session_id), 5)
        assert cancelled.status is SessionStatus.CANCELLED
    await client.aclose()


async def test_an_outcome_in_the_name_of_an_agent_that_there_is_not_ends_its_step(bus: Bus) -> None:
    """The log says which request has its outcome; whose name is written beside it does not matter."""
    agents = [ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        await wait_until(lambda: "a" in run.requests.entries)  # it stands in the log by now
        asked = run.state.steps["a"].request_id or ""
        done = {"type": "progress", "status": "completed", "agent": "ghost", "request_id": asked}
        answer = answer_to(request(session_id=run.state.session_id, request_id=asked), "response", b'{"by":"ghost"}')
        await bus.broker().append_outcome(run.state.session_id, json.dumps(done).encode(), answer, "")
        assert (await asyncio.wait_for(run.finished, 5)).status is SessionStatus.COMPLETED
        assert {agent for agent, _, _ in orchestrator.attempts.counted} <= {"a", "b", "z"}


async def test_an_answer_to_another_request_is_not_taken_for_the_one_that_is_due(bus: Bus) -> None:
    """What the log has counts, whatever was heard last on the agent's channel."""
    client, broker = bus.make_client(), bus.broker()
    agents = [ScriptedAgent("b"), ScriptedAgent("z")]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        run = await orchestrator.open("scripted", {})
        session_id, asked = run.state.session_id, run.state.steps["a"].request_id or ""
        other, right = request(session_id=session_id), request(session_id=session_id, request_id=asked)
        channel = channels.response_channel("a", session_id)
        await client.publish(channel, answer_to(other, "response", b'{"by":"another"}'))
        done = events.step_completed("a", asked, "one", 5)
        await broker.append_outcome(session_id, done, answer_to(right, "response", b'{"by":"a"}'), asked)
        state = await asyncio.wait_for(run.finished, 10)
    assert json.loads(state.result_json("a")) == {"by": "a"}
    await client.aclose()


async def test_a_question_that_could_not_be_asked_leaves_nothing_behind(bus: Bus) -> None:
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        subscriptions = orchestrator._subscriptions
        before = len(subscriptions._on_gap)
        subscriptions.is_connected = False
        with pytest.raises(RedisUnavailableError):
            await orchestrator.ask("a", {}, 1000)
        assert len(subscriptions._on_gap) == before
        assert orchestrator._admission.under_way == 0


async def test_a_session_that_the_registry_refuses_is_not_in_the_log(bus: Bus) -> None:
    """Else nobody would drive it, and the audit would find it stuck."""
    client: Any = bus.make_client()
    await client.set(channels.SESSIONS, "no registry", ex=60)
    async with orchestrating(bus, WORKFLOW) as orchestrator:
        with pytest.raises(MessagingError):
            await orchestrator.open("scripted", {})
        assert await client.keys(channels.session_log("*")) == []
        for agent in FIRST:
            assert await client.xlen(channels.request_stream(agent)) == 0, "and no agent is asked"
        assert orchestrator._admission.under_way == 0
    await client.aclose()


async def test_a_session_that_was_opened_runs_though_redis_is_gone_a_moment_later(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No queue took its first requests, and the log could not be told."""
    agents = [ScriptedAgent(name) for name in (*FIRST, LAST)]
    async with working(bus, agents), orchestrating(bus, WORKFLOW) as orchestrator:
        send, append, refused = orchestrator._broker.send_request, orchestrator._broker.append, []

        def full_at_first(agent: str, raw: bytes, max_length: int) -> Any:
            if len(refused) < 2:
                refused.append(agent)
                return send(agent, raw, 0)
            return send(agent, raw, max_length)

        def away_once(session_id: str, *said: bytes, **options: Any) -> Any:
            if b"queue_full" in said[0] and "away" not in refused:
                refused.append("away")
                raise RedisUnavailableError("away")
            return append(session_id, *said, **options)

        monkeypatch.setattr(orchestrator._broker, "send_request", full_at_first)
        monkeypatch.setattr(orchestrator._broker, "append", away_once)
        run = await orchestrator.open("scripted", {"topic": "t"})
        state = await asyncio.wait_for(run.finished, 10)
    assert refused == ["a", "b", "away"]
    assert state.status is SessionStatus.COMPLETED


async def test_an_answer_that_nobody_heard_of_counts_at_the_deadline(bus: Bus) -> None:
    """Before a step fails by its time, the log is asked."""
    broker = bus.broker()
    async with orchestrating(bus, fan_in_workflow(FIRST, LAST, timeout_ms=600)) as orchestrator:
        run = await orchestrator.open("scripted", {})
        orchestrator._subscriptions.leave(run._news.channels, run._news.heard)
        asked = run.state.steps["a"].request_id or ""
        raw = answer_to(request(session_id=run.state.session_id, request_id=asked), "response", b'{"by":"a"}')
        done = events.step_completed("a", asked, "one", 5)
        await broker.append_outcome(run.state.session_id, done, raw, asked)
        state = await asyncio.wait_for(run.finished, 10)
    assert (state.steps["a"].status, state.steps["b"].failure_code) == (StepStatus.COMPLETED, "timeout")
    assert json.loads(state.result_json("a")) == {"by": "a"}


@pytest.mark.parametrize("how", ["the stream is deleted", "the group is destroyed"])
async def test_requests_that_redis_loses_while_all_else_stands_are_worked_all_the_same(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Evicted, or deleted by hand; no connection breaks. What is in hand is worked on, what waited comes again."""
    renew, answers = RequestQueue.renew, []

    async def renewed(queue: RequestQueue, *asked: Any) -> list[str]:
        answers.append(await renew(queue, *asked))
        return answers[-1]

    monkeypatch.setattr(RequestQueue, "renew", renewed)
    held = ScriptedAgent("a", holds=True)
    client: Any = bus.make_client()
    async with (
        working(bus, [held, ScriptedAgent("b"), ScriptedAgent("z")], concurrency=1),
        orchestrating(bus, WORKFLOW) as orchestrator,
    ):
        runs = [await orchestrator.open("scripted", {"topic": str(number)}) for number in range(5)]
        await wait_until(lambda: held.worked)
        if how == "the stream is deleted":
            await client.delete(channels.request_stream("a"))
        else:
            await client.xgroup_destroy(channels.request_stream("a"), channels.WORKERS_GROUP)
        before = len(answers)
        await wait_until(lambda: len(answers) > before + 1)
        held.release.set()
        states = await asyncio.wait_for(asyncio.gather(*(run.finished for run in runs)), 15)
    await client.aclose()
    assert [(state.status, state.failures()) for state in states] == [(SessionStatus.COMPLETED, {})] * 5
    assert held.stopped == 0, "what was in hand was not given up"
    assert not any(answers)

"""Too much is refused with a word on when to come back; what was accepted is not dropped."""

import asyncio
from typing import Any

import pytest

from app.core.fleet import Fleet
from app.core.load import LONGEST_S, Load
from app.core.state import SessionStatus
from app.messaging import channels
from app.messaging.errors import QueueFullError
from tests.api.conftest import is_healthy, trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, orchestrating, working
from tests.heartbeats import heartbeat
from tests.scripted_agents import ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


PLAN = "/api/v1/plan-trip"
ASYNC = {"Prefer": "respond-async"}


@pytest.mark.rows("S2-55")
async def test_no_more_sessions_are_under_way_than_may(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus, max_concurrent_requests=3) as client:
        accepted = [await client.post(PLAN, json=trip, headers=ASYNC) for _ in range(3)]
        assert [answer.status_code for answer in accepted] == [202] * 3
        for refused in (
            await client.post(PLAN, json=trip, headers=ASYNC),
            await client.post(f"{PLAN}/stream", json=trip),
            await client.post("/api/v1/budget", json={"destination": "Rome", "days": 3}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_sessions")
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) >= 1
        assert (await client.get("/api/v1/audit")).json()["accepted"] == 3, "nothing of the refused is stored"
        await client.delete(accepted[0].json()["location"])

        async def has_room() -> bool:
            return (await client.post(PLAN, json=trip, headers=ASYNC)).status_code == 202

        await wait_until(has_room)


@pytest.mark.rows("S2-58")
async def test_no_more_requests_wait_than_may_and_none_is_dropped(fake_bus: Bus, trip: dict[str, Any]) -> None:
    redis = fake_bus.make_client()
    async with gateway(fake_bus, message_queue_size=4) as client:
        accepted = []
        for _ in range(4):
            accepted.append(await client.post(PLAN, json=trip, headers=ASYNC))
            await wait_until(lambda: _has(redis, len(accepted)))
        assert [answer.status_code for answer in accepted] == [202] * 4
        for refused in (
            await client.post(PLAN, json=trip, headers=ASYNC),
            await client.post("/api/v1/weather", json={"location": "Rome", "dates": ["2027-06-29"]}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (503, "queue_full")
            assert int(refused.headers["retry-after"]) >= 1
        assert await redis.xlen(channels.request_stream("weather")) == 4
        async with working(fake_bus, trip_agents()):
            await wait_until(lambda: is_healthy(client))
            for answer in accepted:
                path = answer.json()["location"]
                await wait_until(lambda path=path: _is_completed(client, path))
            await wait_until(lambda: _is_accepted(client, trip))
    await redis.aclose()


async def _has(redis: Any, length: int) -> bool:
    return await redis.xlen(channels.request_stream("weather")) == length


async def _is_completed(client: Any, path: str) -> bool:
    return (await client.get(path)).json()["status"] == "completed"


async def _is_accepted(client: Any, trip: dict[str, Any]) -> bool:
    return (await client.post(PLAN, json=trip)).status_code == 200


@pytest.mark.rows("S2-58")
async def test_a_step_that_finds_its_queue_full_tries_again(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted session is not failed because the last agent's queue is full for a moment."""
    monkeypatch.setattr("app.core.retry.BASE_S", 0.1)
    workflow = fan_in_workflow(("a",), "z", max_attempts=3)
    redis = bus.make_client()
    async with orchestrating(bus, workflow) as orchestrator:
        object.__setattr__(orchestrator._shared, "max_queue_length", 1)
        blocking = await redis.xadd(channels.request_stream("z"), {"envelope": b"in the way"})
        async with working(bus, [ScriptedAgent("a")]):
            run = await orchestrator.open("scripted", {})
            await wait_until(lambda: run.state.steps["z"].failure_code == "queue_full")
            await redis.xdel(channels.request_stream("z"), blocking)
            async with working(bus, [ScriptedAgent("z")]):
                state = await asyncio.wait_for(run.finished, 10)
    await redis.aclose()
    assert (state.status, state.steps["z"].retry_count) == (SessionStatus.COMPLETED, 1)


def beating(agent: str, average_ms: float, slots: int) -> bytes:
    beat = heartbeat(f"{agent}-1", agent).model_copy(update={"response_time_avg_ms": average_ms, "max_capacity": slots})
    return beat.model_dump_json().encode()


@pytest.mark.rows("S2-58")
async def test_what_its_last_agent_could_not_answer_in_time_is_not_accepted(bus: Bus) -> None:
    """The first agents have room; the last one is busy for longer than it may take, with what is under way already."""
    workflow = fan_in_workflow(("a", "b"), "z", timeout_ms=5_000)
    async with orchestrating(bus, workflow) as orchestrator:
        orchestrator.fleet.heard(beating("z", average_ms=4_000, slots=2))
        for _ in range(3):
            await orchestrator.open("scripted", {})
        with pytest.raises(QueueFullError, match="z already, about 6 s of work") as caught:
            await orchestrator.open("scripted", {})
        assert caught.value.retry_after_s == 6.0
        assert len(orchestrator.running) == 3, "the accepted go on"


async def test_where_nobody_works_for_an_agent_plans_are_made_without_it(bus: Bus) -> None:
    """That is another thing than too much work: coming back later would help nobody."""
    async with orchestrating(bus, fan_in_workflow(("a", "b"), "z", timeout_ms=5_000)) as orchestrator:
        for _ in range(20):
            await orchestrator.open("scripted", {})


async def test_a_queue_that_was_long_a_while_ago_is_looked_at_again(bus: Bus) -> None:
    """What this gateway knows of a queue is as old as its last request to that agent."""
    async with orchestrating(bus, fan_in_workflow(("a",), "z", timeout_ms=5_000)) as orchestrator:
        orchestrator.fleet.heard(beating("a", average_ms=1_000, slots=1))
        orchestrator._broker.queue_lengths["a"] = 50
        await orchestrator.open("scripted", {})


def test_one_slow_instance_does_not_slow_the_others() -> None:
    fleet = Fleet(["weather"])
    for name, average_ms in (("one", 100.0), ("two", 10_000.0), ("new", None)):
        beat = heartbeat(name).model_copy(update={"response_time_avg_ms": average_ms, "max_capacity": 1})
        fleet.heard(beat.model_dump_json().encode())
    assert Load(fleet).wait_s("weather", 100) == pytest.approx(6.6, rel=0.01), (
        "10.1 requests a second, and half as many more"
    )


def test_how_fast_an_agent_works_is_measured_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(["weather"])
    load = Load(fleet)
    fleet.heard(beating("weather", average_ms=1_000, slots=1))
    assert load.wait_s("weather", 10) == 10
    fleet.heard(beating("weather", average_ms=2_000, slots=1))
    assert load.wait_s("weather", 10) == 10, "for a moment: it is asked for each session"
    monkeypatch.setattr("app.core.load.MEASURE_EVERY_S", 0.0)
    assert load.wait_s("weather", 10) == 20


def test_when_to_come_back_is_reckoned_from_what_was_measured() -> None:
    fleet = Fleet(["weather"])
    load = Load(fleet)
    assert load.queue_s("weather", 1000) == LONGEST_S, "nobody works"
    busy = heartbeat("one").model_copy(update={"response_time_avg_ms": 200.0, "max_capacity": 10})
    fleet.heard(busy.model_dump_json().encode())
    assert load.queue_s("weather", 1000) == 20.0
    fleet.heard(busy.model_copy(update={"instance": "two"}).model_dump_json().encode())
    assert load.queue_s("weather", 1000) == 10.0
    assert load.queue_s("weather", 1) == 1.0, "whole seconds, one at least"
    for _ in range(100):
        load.session_ended(7.0)
    assert load.session_s() == 7.0

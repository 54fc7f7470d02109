"""Requests that are done with: told of together, until Redis has taken it, and in nobody's way meanwhile."""

import asyncio
from typing import Any

import pytest

from app.messaging import channels
from app.messaging.errors import CommandRefusedError, RedisUnavailableError
from app.workers.acknowledgements import Acknowledgements
from tests.conftest import Bus
from tests.scripted_agents import ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, has_no_requests, opened, outcomes, worker

pytestmark = pytest.mark.anyio


async def test_requests_that_end_together_are_acknowledged_in_one_word(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    async with worker(bus, agent, "one", concurrency=8) as made:
        acknowledge, told = made._broker.acknowledge, []

        async def counted(agent: str, *entry_ids: str) -> None:
            told.append(len(entry_ids))
            await acknowledge(agent, *entry_ids)

        monkeypatch.setattr(made._broker, "acknowledge", counted)
        await asyncio.gather(*(broker.request(asked(topic=str(number))) for number in range(8)))
        await wait_until(lambda: sum(told) == 8)
        await wait_until(lambda: has_no_requests(broker))
    assert len(told) < 8


async def test_those_that_end_a_moment_later_are_waited_for() -> None:
    told: list[tuple[str, ...]] = []

    class Broker:
        async def acknowledge(self, _: str, *entry_ids: str) -> None:
            told.append(entry_ids)

    broker: Any = Broker()
    acknowledgements = Acknowledgements(broker, AGENT, lambda _: None)
    acknowledgements.add("1-1")
    for _ in range(5):
        await asyncio.sleep(0)
    acknowledgements.add("2-1")
    await acknowledgements.flush(5)
    assert told == [("1-1", "2-1")]


@pytest.mark.parametrize("error", [RedisUnavailableError("away"), CommandRefusedError("OOM")])
async def test_what_redis_did_not_take_is_said_again_and_the_work_is_not_done_again(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """While it is not acknowledged it is still in hand: neither read again nor given to others."""
    monkeypatch.setattr("app.workers.acknowledgements.RETRY_PAUSE_S", 0.01)
    broker, agent = bus.broker(), ScriptedAgent(AGENT)
    session_id = await opened(broker)
    async with worker(bus, agent, "one") as made:
        acknowledge, refused = made._broker.acknowledge, []

        async def refuses_at_first(agent: str, *entry_ids: str) -> None:
            if len(refused) < 3:
                refused.append(entry_ids)
                await made._reader.take_pending()
                raise error
            await acknowledge(agent, *entry_ids)

        monkeypatch.setattr(made._broker, "acknowledge", refuses_at_first)
        await broker.request(asked(session_id, topic="once"))
        await wait_until(lambda: len(refused) == 3)
        await wait_until(lambda: has_no_requests(broker))
    assert agent.worked == ["once"]
    assert len(await outcomes(broker, session_id)) == 1


async def test_a_worker_that_stops_tells_first(bus: Bus) -> None:
    broker, agent, client = bus.broker(), ScriptedAgent(AGENT), bus.make_client()
    async with worker(bus, agent, "one"):
        await broker.request(asked(topic="last"))
        await wait_until(lambda: agent.worked)
    assert await client.xlen(channels.request_stream(AGENT)) == 0


async def test_what_is_refused_for_too_long_is_left_to_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.workers.acknowledgements.GIVE_UP_AFTER_S", 0.05)
    monkeypatch.setattr("app.workers.acknowledgements.RETRY_PAUSE_S", 0.01)

    class Refusing:
        async def acknowledge(self, *_: str) -> None:
            raise CommandRefusedError("for ever")

    left: list[str] = []
    broker: Any = Refusing()
    acknowledgements = Acknowledgements(broker, AGENT, left.extend)
    acknowledgements.add("1-1")
    assert "1-1" in acknowledgements
    await acknowledgements.flush(5)
    assert left == ["1-1"]
    assert "1-1" not in acknowledgements

"""Whether Redis takes what we say is told once when it no longer does, and once when it does again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.messaging import channels
from app.messaging.availability import Availability
from app.messaging.broker import Broker
from app.messaging.errors import CommandRefusedError, RedisUnavailableError
from app.messaging.protocols import new_id
from tests.conftest import Logged
from tests.redis_server import required_server, running_server

AWAY = "Failed to connect to Redis"
BACK = "Connected to Redis"


def test_many_failures_are_one_outage(logged: Logged) -> None:
    availability, lost = Availability(), []
    stop = availability.on_lost(lambda: lost.append(1))
    for _ in range(10):
        availability.failed("subscription", "refused")
        availability.failed("commands", "refused")
    availability.works("subscription")
    assert not availability.is_whole
    assert BACK not in logged.text, "commands still fail"
    availability.works("commands")
    assert availability.is_whole
    assert (logged.text.count(AWAY), logged.text.count(BACK), len(lost)) == (1, 1, 1)
    stop()
    availability.failed("commands", "again")
    assert (logged.text.count(AWAY), len(lost)) == (2, 1)


@pytest.mark.anyio
@pytest.mark.rows("S0-162")
async def test_a_redis_that_is_away_is_told_once_however_many_ask(logged: Logged) -> None:
    broker = Broker("redis://127.0.0.1:1/0")
    for _ in range(5):
        answers = await asyncio.gather(*(broker.ping() for _ in range(20)), return_exceptions=True)
        assert all(isinstance(answer, RedisUnavailableError) for answer in answers)
    await broker.aclose()
    assert logged.text.count(AWAY) == 1


@pytest.mark.anyio
@pytest.mark.integration
async def test_a_full_memory_is_told_once_and_writes_go_on_when_there_is_room(logged: Logged) -> None:
    with running_server(required_server()) as url:
        broker = Broker(url)
        await broker._commands.send("CONFIG", "SET", "maxmemory", "1")
        for _ in range(5):
            with pytest.raises(CommandRefusedError, match="maxmemory"):
                await broker.put_state("s", b"x", 60)
        await broker.ping()
        assert not broker.availability.is_whole, "that PING works says nothing about writes"
        await broker._commands.send("CONFIG", "SET", "maxmemory", "0")
        await broker.put_state("s", b"x", 60)
        assert broker.availability.is_whole
        await broker.aclose()
    assert (logged.text.count(AWAY), logged.text.count(BACK)) == (1, 1)


@pytest.mark.anyio
@pytest.mark.integration
async def test_no_word_of_a_replica_is_taken_for_the_primarys() -> None:
    """What it has may be out of date: a session that it does not know of yet may well be there."""
    async with demoted() as broker:
        for ask in (
            broker.append("no-session", b'{"type":"p"}'),
            broker.append_outcome("no-session", b'{"type":"p"}', b"", new_id()),
            broker.renew("weather", "instance", ["1-0"]),
        ):
            with pytest.raises(RedisUnavailableError, match="READONLY"):
                await ask


@pytest.mark.anyio
@pytest.mark.integration
async def test_what_one_connection_finds_out_of_a_demotion_all_act_upon() -> None:
    async with demoted() as broker:
        await broker.ping()
        assert broker._commands.is_connected
        with pytest.raises(RedisUnavailableError, match="READONLY"):
            await broker.read_requests("weather", "instance", 1, 20_000)
        assert not broker._commands.is_connected


@pytest.mark.anyio
@pytest.mark.integration
async def test_leases_are_renewed_while_the_memory_is_full() -> None:
    with running_server(required_server()) as url:
        broker = Broker(url)
        await broker.ensure_group("weather")
        await broker._commands.send("XADD", channels.request_stream("weather"), "*", "envelope", "x")
        [delivery] = await broker.read_requests("weather", "instance", 1, 1_000)
        await broker._commands.send("CONFIG", "SET", "maxmemory", "1")
        assert await broker.renew("weather", "instance", [delivery.entry_id]) == []
        assert await broker.renew("weather", "another", [delivery.entry_id]) == [delivery.entry_id]
        state, _ = await broker.breaker("failed", "weather", 5, 1_000)
        assert state.failures == 1, "nor are failures forgotten"
        assert await broker.drop_consumer("weather", "another"), "nor the dead kept"
        await broker.aclose()


@asynccontextmanager
async def demoted() -> AsyncIterator[Broker]:
    """To a Redis that is a replica by now, of a primary that it cannot reach."""
    with running_server(required_server()) as url:
        broker = Broker(url)
        await broker.ensure_group("weather")
        await broker._commands.send("REPLICAOF", "127.0.0.1", 1)
        yield broker
        await broker.aclose()

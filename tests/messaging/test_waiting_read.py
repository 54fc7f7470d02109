"""Reads that wait in Redis: their silence is what they usually get, and must not hide a dead connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.messaging import waiting_read
from app.messaging.availability import Availability
from app.messaging.connection import Connection
from app.messaging.errors import RedisUnavailableError
from app.messaging.redis_address import parse_redis_url
from app.messaging.waiting_read import WaitingRead
from tests.conftest import Bus
from tests.messaging.servers import served
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

GREETED = b"%0\r\n"
READ = ("BLPOP", "list", 0)


@asynccontextmanager
async def reading(url: str, availability: Availability | None = None) -> AsyncIterator[WaitingRead]:
    read = WaitingRead(Connection(parse_redis_url(url), availability or Availability(), answers_within_s=None))
    try:
        yield read
    finally:
        await read.aclose()


async def test_one_that_stays_silent_past_its_time_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection looks whole, and is dead."""
    monkeypatch.setattr(waiting_read, "SILENCE_S", 0.05)
    availability = Availability(is_told=False)
    async with served(lambda said: GREETED if b"HELLO" in said else b"") as url, reading(url, availability) as read:
        with pytest.raises(RedisUnavailableError, match="no answer to a waiting read"):
            await asyncio.wait_for(read.send(*READ, block_ms=10), 5)
        assert not availability.is_whole


async def test_one_that_was_answered_is_watched_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without a free slot reads nothing, for as long as it likes; its connection is none the worse."""
    monkeypatch.setattr(waiting_read, "SILENCE_S", 0.0)
    greetings: list[bytes] = []

    def answer(said: bytes) -> bytes:
        if b"HELLO" not in said:
            return b"_\r\n"
        greetings.append(said)
        return GREETED

    async with served(answer) as url, reading(url) as read:
        for _ in range(3):
            assert await read.send(*READ, block_ms=500) is None
        await wait_until(lambda: read._timer._timer is None)  # it has looked after the time of each
        assert await read.send(*READ, block_ms=500) is None
    assert len(greetings) == 1, "one connection"


@pytest.mark.integration
async def test_whoever_stops_waiting_ends_it_in_redis_too(real_bus: Bus) -> None:
    """What Redis gave to it later would be given to nobody."""
    client = real_bus.make_client()

    async def waiting() -> int:
        return sum(one["cmd"] == "blpop" for one in await client.client_list())

    async def nobody_waits() -> bool:
        return not await waiting()

    async with reading(real_bus.url) as read:
        left = asyncio.create_task(read.send(*READ, block_ms=60_000))
        await wait_until(waiting)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        await wait_until(nobody_waits)
        await client.rpush("list", "kept")
        await client.expire("list", 60)
        assert await read.send(*READ, block_ms=60_000) == [b"list", b"kept"]
    await client.aclose()

"""The one subscription connection of a process, while it is dropped under everybody's hands."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.errors import RedisUnavailableError
from tests.conftest import Bus
from tests.tunnel import tunnel_to
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


@pytest.mark.rows("S0-133")
async def test_channels_come_and_go_while_the_connection_is_dropped(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """None stays subscribed, and the process is not deaf afterwards."""
    monkeypatch.setattr("app.messaging.connection.RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr("app.messaging.subscriptions.RETRY_PAUSE_S", 0.01)
    client: Any = bus.make_client()
    subscriptions = bus.broker().subscriptions({channels.HEALTH: lambda _, raw: None})
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    heard: list[bytes] = []

    def hear(_: str, raw: bytes) -> None:
        heard.append(raw)

    async def come_and_go(number: int) -> None:
        names = [f"agent:a:response:{number}", "agent:a:response:shared"]
        for turn in range(10):
            with suppress(RedisUnavailableError):
                await subscriptions.listen(names, hear)
                subscriptions.leave(names, hear)
            if turn % 3 == number % 3:
                subscriptions._connection.drop("cut by the test")
            await asyncio.sleep(0)

    await asyncio.gather(*(come_and_go(number) for number in range(10)))

    async def is_only_health() -> bool:
        return await client.pubsub_channels("agent:*") == [channels.HEALTH.encode()]

    async def is_listening() -> bool:
        with suppress(RedisUnavailableError):
            await subscriptions.listen(["agent:a:response:last"], hear)
            return True
        return False

    await wait_until(is_only_health)
    await wait_until(is_listening)
    await client.publish("agent:a:response:last", b"news")
    await wait_until(lambda: heard == [b"news"])
    await subscriptions.aclose()
    await client.aclose()


async def test_after_each_reconnection_everybody_hears_that_news_were_lost(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.messaging.connection.RETRY_PAUSE_S", 0.01)
    client, subscriptions = bus.make_client(), bus.broker().subscriptions()
    heard: list[bytes] = []
    told: list[list[bytes]] = []
    stop = subscriptions.on_gap(lambda: told.append(list(heard)))
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    assert told == [], "nothing can be lost before the first connection"
    await subscriptions.listen(["agent:a:response:1"], lambda _, raw: heard.append(raw))
    for times in (1, 2):
        subscriptions._connection.drop("cut by the test")
        await wait_until(lambda times=times: len(told) == times)
        assert subscriptions.is_connected, "what is published from now on is heard"
        await client.publish("agent:a:response:1", b"%d" % times)
        await wait_until(lambda times=times: len(heard) == times)
    stop()
    subscriptions._connection.drop("cut by the test")
    await wait_until(lambda: subscriptions.is_connected)
    assert told == [[], [b"1"]]
    await subscriptions.aclose()


async def test_one_that_stops_waiting_for_a_channel_takes_it_from_nobody(bus: Bus) -> None:
    client, subscriptions = bus.make_client(), bus.broker().subscriptions()
    subscriptions.start()
    await wait_until(lambda: subscriptions.is_connected)
    heard: list[bytes] = []
    name = ["agent:a:response:1"]
    first = asyncio.create_task(subscriptions.listen(name, lambda _, raw: heard.append(b"first: " + raw)))
    second = asyncio.create_task(subscriptions.listen(name, lambda _, raw: heard.append(b"second: " + raw)))
    await asyncio.sleep(0)
    first.cancel()
    await second
    await client.publish(name[0], b"news")
    await wait_until(lambda: heard)
    assert heard == [b"second: news"]
    await subscriptions.aclose()


@pytest.mark.integration
async def test_one_who_only_listens_notices_a_connection_that_fell_silent(
    redis_server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is due on it, so nothing would be missed: it asks for a sign of life."""
    monkeypatch.setattr("app.messaging.subscriptions.PROBE_AFTER_S", 0.05)
    monkeypatch.setattr("app.messaging.connection.ANSWER_TIMEOUT_S", 0.3)
    async with tunnel_to(redis_server_url, tmp_path / "t") as (tunnel, url):
        broker = Broker(url)
        subscriptions = broker.subscriptions()
        subscriptions.start()
        await wait_until(lambda: subscriptions.is_connected)
        lost = asyncio.Event()
        broker.availability.on_lost(lost.set)
        tunnel.silence()
        await asyncio.wait_for(lost.wait(), 10)
        await wait_until(lambda: subscriptions.is_connected)
        await subscriptions.aclose()
        await broker.aclose()

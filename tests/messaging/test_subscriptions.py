"""The one subscription connection of a process, while it is dropped under everybody's hands."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from app.messaging import channels
from app.messaging.errors import RedisUnavailableError
from tests.conftest import Bus
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

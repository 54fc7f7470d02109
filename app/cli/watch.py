"""`python -m app watch`: everything that the fleet says over Redis, as it says it."""

import asyncio

from rich.console import Console
from rich.text import Text

from app.cli.message_lines import Filter, MessageReader
from app.cli.redis_access import address_of, broker_at, redis_of_fleet
from app.config.settings import load_settings

PATTERNS = ("agent:*", "streaming:update:*")

POLL_S = 0.25
"""Between two looks whether Redis is there."""


async def watch_traffic(console: Console, wanted: Filter) -> int:
    """Until cancelled; Redis may go and come back, and what passed meanwhile is not seen."""
    url = redis_of_fleet(load_settings())
    broker = broker_at(url)
    reader = MessageReader()
    is_wide = not console.is_terminal

    def heard(channel: str, raw: bytes) -> None:
        line = reader.read(channel, raw)
        if wanted.lets(line):
            console.print(line.rendered(), soft_wrap=is_wide, no_wrap=True, overflow="ellipsis")

    subscriptions = broker.subscriptions(patterns=dict.fromkeys(PATTERNS, heard))
    subscriptions.on_gap(lambda: console.print(Text("Listening again; some was missed.", "yellow")))
    subscriptions.start()
    try:
        was_connected: bool | None = None
        while True:
            if subscriptions.is_connected is not was_connected:
                console.print(_connection(subscriptions.is_connected, was_connected, address_of(url)))
                was_connected = subscriptions.is_connected
            await asyncio.sleep(POLL_S)
    finally:
        await subscriptions.aclose()
        await broker.aclose()


def _connection(is_connected: bool, was_connected: bool | None, address: str) -> Text:
    if is_connected:
        return Text(f"Listening on {address}; Ctrl-C ends.", "green")
    if was_connected is None:
        return Text(f"Connecting to {address} …", "dim")
    return Text(f"Redis is away ({address}); listening again when it is back.", "yellow")

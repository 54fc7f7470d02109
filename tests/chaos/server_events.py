"""Reads a session's stream as a client does: whole events only, comments passed over.

Lines end with LF alone, as the product promises: text that merely looks like a line's end stays as it is.
"""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx2

from tests.chaos.client_record import Seen


@dataclass(frozen=True)
class ServerEvent:
    """`event_id` is "" for an event that is not in the session's log."""

    event_id: str
    data: str

    @property
    def content(self) -> dict[str, Any]:
        return dict(json.loads(self.data))

    def seen(self) -> Seen:
        return Seen(self.event_id, str(self.content.get("type")), sha256(self.data.encode()).hexdigest()[:16])


def event_of(lines: Iterable[str]) -> ServerEvent | None:
    """The event that these lines make; None for comments alone."""
    fields = [line.partition(":") for line in lines if not line.startswith(":")]
    data = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
    ids = [value.strip() for name, _, value in fields if name == "id"]
    return ServerEvent(ids[-1] if ids else "", "\n".join(data)) if data else None


async def events_of(response: httpx2.Response) -> AsyncIterator[ServerEvent]:
    """Ends with the stream; an event that broke off in its middle is none."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            if event := event_of(block.decode().split("\n")):
                yield event

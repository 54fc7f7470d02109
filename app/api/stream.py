"""Server-sent events: a session's log, framed. `data:` lines with an `id:` each; comments keep the line alive."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import structlog
from fastapi import Header, Query
from pydantic_core import to_json
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from app.api.errors import FieldError, FieldProblem, StreamingDisabledError
from app.api.gateway import Gateway
from app.core.session_feed import LogEvent

log = structlog.get_logger(__name__)

KEEP_ALIVE_S = 15
SEND_TIMEOUT_S = 30
"""A client that takes nothing for that long is let go; it can attach again where it was."""

_EVENT_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")

LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="Go on after this event; browsers send it by themselves")
]
LastEventIdQuery = Annotated[
    str | None, Query(alias="last_event_id", description="The same for clients that cannot set headers")
]


def refuse_where_disabled(gateway: Gateway) -> None:
    """Raises StreamingDisabledError."""
    if not gateway.is_streaming_enabled:
        raise StreamingDisabledError


def position(header: str | None, query: str | None) -> str:
    """The event id to go on after, "" for the beginning. Raises FieldError for what is no event id."""
    after = header or query or ""
    if after and not _EVENT_ID.fullmatch(after):
        raise FieldError([FieldProblem(field="Last-Event-ID", message="is not the id of an event of ours")])
    return after


class EventStream(EventSourceResponse):
    """`no-store`, unbuffered by proxies, ended when its client leaves: the library sees to it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            # Nobody's fault but the client's: no trace of it in the server's log.
            log.info("stream_not_read", path=scope["path"], after_s=self.send_timeout)


async def event_stream(gateway: Gateway, session_id: str, after: str = "") -> EventStream:
    """The session's events after that id, to the last one. Raises SessionNotFoundError before anything is sent."""
    events = await gateway.orchestrator.follow(session_id, after)

    async def framed() -> AsyncIterator[bytes]:
        async with aclosing(events):
            async for found in events:
                yield found.encoded(_frame)

    return EventStream(
        framed(),
        ping=KEEP_ALIVE_S,
        send_timeout=SEND_TIMEOUT_S,
        sep="\n",
        headers={"Content-Location": f"/api/v1/session/{session_id}/stream"},
    )


def _frame(found: LogEvent) -> bytes:
    """Without an id where it is none of the log's: a client that comes back then names the last one that is."""
    line = f"id: {found.entry_id}\n".encode() if found.entry_id else b""
    return b"%bdata: %b\n\n" % (line, to_json(found.event))

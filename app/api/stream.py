"""Server-sent events: a session's log, framed. `data:` lines with an `id:` each; comments keep the line alive."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Query
from pydantic_core import to_json
from sse_starlette import EventSourceResponse, ServerSentEvent

from app.api.errors import FieldError, FieldProblem, StreamingDisabledError
from app.api.gateway import Gateway

KEEP_ALIVE_S = 15
SEND_TIMEOUT_S = 30
"""A client that takes nothing for that long is let go; it can attach again where it was."""

_EVENT_ID = re.compile(r"^\d{1,20}-\d{1,20}$")

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
    if after and not _EVENT_ID.match(after):
        raise FieldError([FieldProblem(field="Last-Event-ID", message="is not the id of an event of ours")])
    return after


async def event_stream(gateway: Gateway, session_id: str, after: str = "") -> EventSourceResponse:
    """The session's events after that id, to the last one. Raises SessionNotFoundError before anything is sent."""
    events = await gateway.orchestrator.follow(session_id, after)

    async def framed() -> AsyncIterator[ServerSentEvent]:
        async for found in events:
            yield ServerSentEvent(data=to_json(found.event).decode(), id=found.entry_id, sep="\n")

    return EventSourceResponse(
        framed(),
        ping=KEEP_ALIVE_S,
        send_timeout=SEND_TIMEOUT_S,
        sep="\n",
        headers={"Content-Location": f"/api/v1/session/{session_id}/stream"},
    )

"""What the routes of streams share: who may have one, from where on, and the response."""

import re
from typing import Annotated

from fastapi import Header, Query

from app.api.errors import FieldError, FieldProblem, StreamingDisabledError
from app.api.event_stream import EventStream
from app.api.gateway import Gateway

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


async def event_stream(gateway: Gateway, session_id: str, after: str = "") -> EventStream:
    """The session's events after that id, to the last one. Raises SessionNotFoundError before anything is sent."""
    viewing = await gateway.orchestrator.viewing(session_id, after)
    return EventStream(viewing, gateway.open_streams, {"Content-Location": f"/api/v1/session/{session_id}/stream"})

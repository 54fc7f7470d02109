"""What the routes of streams share: who may have one, from where on, and the response."""

import re
from typing import Annotated, NamedTuple

from fastapi import Header, Query, Response

from app.api.errors import FieldError, FieldProblem, StreamingDisabledError
from app.api.event_stream import EventStream, Frame
from app.api.gateway import Gateway
from app.api.session_ids import known_form

_EVENT_ID = re.compile(r"([0-9]{1,19}-[0-9]{1,19})(?:@([0-9a-f-]{36}))?")

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


class Place(NamedTuple):
    """Where a stream is to go on: after the log entry of that id, "" for its beginning. `session_id`: whose log that
    is, "" where the event's id does not say."""

    entry_id: str = ""
    session_id: str = ""

    def within(self, session_id: str) -> str:
        """The entry id. Raises FieldError where it is another session's."""
        if self.session_id not in ("", session_id):
            raise _bad_event_id("is the id of an event of another session")
        return self.entry_id


def place(header: str | None, query: str | None = None) -> Place:
    """What a client says it has seen last. Raises FieldError for what is no event id, SessionNotFoundError for one of a
    session that cannot be ours."""
    after = header or query or ""
    if not after:
        return Place()
    found = _EVENT_ID.fullmatch(after)
    if found is None:
        raise _bad_event_id("is not the id of an event of ours")
    entry_id, session_id = found.groups("")
    return Place(entry_id, session_id and known_form(session_id))


def session_of(seen: Place) -> str:
    """The session of an event whose id alone has to say it. Raises FieldError where it does not."""
    if not seen.session_id:
        raise _bad_event_id(
            "does not say whose event it is: give the id as this stream has it, <entry>@<session>, or attach to "
            "/api/v1/session/{session_id}/stream"
        )
    return seen.session_id


async def event_stream(gateway: Gateway, session_id: str, after: str = "", *, names_session: bool = False) -> Response:
    """The session's events after that entry id, to the last one; 204 where that was the last one.

    `names_session`: each event's id tells the session too. Raises SessionNotFoundError before anything is sent.
    """
    viewing = await gateway.orchestrator.viewing(session_id, after)
    headers = {"Content-Location": f"/api/v1/session/{session_id}/stream"}
    if viewing is None:
        # An EventSource comes back whenever a stream ends, until it is told that there is no more.
        return Response(status_code=204, headers={**headers, "Cache-Control": "no-store"})
    return EventStream(viewing, gateway.open_streams, headers, Frame(session_id if names_session else ""))


def _bad_event_id(message: str) -> FieldError:
    return FieldError([FieldProblem(field="Last-Event-ID", message=message)])

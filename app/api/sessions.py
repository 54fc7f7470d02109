"""A session's state, its end, and its stream: on whichever gateway it runs."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic_core import to_json

from app.api.answers import SessionAnswer
from app.api.errors import problem_responses
from app.api.examples import answer_example
from app.api.gateway import CurrentGateway
from app.api.plan import STREAM
from app.api.session_ids import known_form
from app.api.stream import LastEventId, LastEventIdQuery, event_stream, place, refuse_where_disabled
from app.core.state import STEPS, SessionState

_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,]+)')
"""One of a list, quoted as it should be or not."""


async def session_state(session_id: str, gateway: CurrentGateway) -> Response:
    """How far the session is, and what the agents have reported so far."""
    return _answer(await gateway.orchestrator.state(known_form(session_id)))


async def cancel_session(
    session_id: str,
    gateway: CurrentGateway,
    if_match: Annotated[
        str | None, Header(description="The `ETag` that you saw: cancel only where nothing has happened since")
    ] = None,
) -> Response:
    """End the session at once. Cancelling again answers the same; one that ended otherwise answers 409."""
    return _answer(await gateway.orchestrator.cancel(known_form(session_id), _versions(if_match)))


async def session_stream(
    session_id: str,
    gateway: CurrentGateway,
    last_event_id: LastEventId = None,
    last_event_id_query: LastEventIdQuery = None,
) -> Response:
    """Attach to a session, or come back to it: everything after `Last-Event-ID`, then what comes, to the last event."""
    refuse_where_disabled(gateway)
    found = known_form(session_id)
    return await event_stream(gateway, found, place(last_event_id, last_event_id_query).within(found))


def add_routes(
    router: APIRouter, state_path: str, cancel_path: str, stream_path: str | None, is_alias: bool = False
) -> None:
    """The session's routes at paths with a `session_id` in them."""
    options: dict[str, Any] = {"tags": ["aliases"] if is_alias else ["session"], "response_model": None}
    marked = " (alias)" if is_alias else ""
    found: dict[int | str, dict[str, Any]] = {
        200: answer_example("session", SessionAnswer),
        **problem_responses(404, 503),
    }
    router.get(state_path, summary=f"A session's state{marked}", responses=found, **options)(session_state)
    ended = {**found, **problem_responses(409)}
    router.delete(cancel_path, summary=f"Cancel a session{marked}", responses=ended, **options)(cancel_session)
    if stream_path is not None:
        streamed = {**STREAM, **problem_responses(404, 422, 503)}
        summary = f"Attach to a session's stream{marked}"
        options["response_class"] = Response
        router.get(stream_path, summary=summary, responses=streamed, **options)(session_stream)


def _versions(if_match: str | None) -> list[str] | None:
    """The event ids in an If-Match header, None where any version will do. What is no event id matches none."""
    if if_match is None or if_match.strip() == "*":
        return None
    return [quoted or bare for quoted, bare in _ENTITY_TAG.findall(if_match)]


def _answer(state: SessionState) -> Response:
    more = {
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "overall_percent": state.overall_percent,
        "last_event_id": state.log_id,
        "request": state.request,
        "agents": STEPS.dump_python(
            state.steps, mode="json", exclude={"__all__": {"request_id", "requested_at", "retry_at"}}
        ),
    }
    body = state.answer(state.status, state.updated_at)[:-1] + b"," + to_json(more)[1:]
    return Response(body, 200, {"ETag": f'"{state.log_id}"'}, "application/json")

"""Plan a trip: wait for it, be told where it will be, or watch it come about."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from app.api.answers import AcceptedAnswer, PlanAnswer
from app.api.errors import FieldError, FieldProblem, problem_responses
from app.api.examples import STREAM_EXAMPLE, TRIP_REQUESTS, answer_example
from app.api.gateway import CurrentGateway, Gateway
from app.api.places import places_of
from app.api.stream import (
    LastEventId,
    LastEventIdQuery,
    Place,
    event_stream,
    place,
    refuse_where_disabled,
    session_of,
)
from app.core.idempotency import IdempotencyKey
from app.core.state import SessionStatus
from app.trips import workflow
from app.trips.request import TripRequest

LONGEST_KEY = 255
"""Characters of an `Idempotency-Key`."""

IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        description="A key of your own, kept for 24 h: the same key is the same session",
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_KEY},
    ),
]

TripBody = Annotated[TripRequest, Body(openapi_examples=TRIP_REQUESTS)]

PLAN_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: answer_example("plan", PlanAnswer),
    202: {"model": AcceptedAnswer, "description": "With `Prefer: respond-async`: the plan is being made"},
    **problem_responses(404, 409, 413, 415, 422, 429, 503),
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One `data:` line an event, from `started` to `completed`",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": STREAM_EXAMPLE}},
    },
    204: {"description": "`Last-Event-ID` was the last event: there is no more to come back for"},
}
"""What every stream answers where nothing is wrong."""


async def plan_trip(
    trip: TripBody,
    gateway: CurrentGateway,
    prefer: Annotated[list[str] | None, Header(description="`respond-async`: answer 202 at once")] = None,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """Plan a whole trip and answer when it is there.

    An agent that fails or is late is named in `failures`; the plan then comes with `status: partial`. With an
    `Idempotency-Key`, sending the same again answers about the same session, on any gateway.
    """
    session_id = await _open(gateway, trip, idempotency_key)
    if "respond-async" in _preferences(prefer or []):
        return _accepted(session_id, await gateway.orchestrator.status(session_id))
    state = await gateway.orchestrator.finished(session_id)
    headers = {"Content-Location": _location(session_id)}
    return Response(state.answer(state.status, state.updated_at), 200, headers, "application/json")


async def stream_trip(
    trip: TripBody,
    gateway: CurrentGateway,
    idempotency_key: IdempotencyKeyHeader = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Plan a whole trip and watch: server-sent events from `started` to `completed`, the last with the whole plan.

    With the `Idempotency-Key` of an earlier request it is that session's stream, after `Last-Event-ID` where given.
    """
    refuse_where_disabled(gateway)
    seen = place(last_event_id) if idempotency_key is not None else Place()
    session_id = seen.session_id or await _open(gateway, trip, idempotency_key)
    return await event_stream(gateway, session_id, seen.entry_id)


class TripQuery(BaseModel):
    """A trip as query parameters, for clients that can only GET. Lists: repeat the parameter, or separate by commas.

    In `destinations`, `must_see` and `avoid` a name may have a comma of its own (`Paris, France`): where the parameter
    is repeated, each is one name as it stands; given once, it is separated at its commas.
    """

    destination: str | None = None
    destinations: list[str] = []
    keep_order: bool | None = None
    origin: str | None = None
    travel_dates: list[str] = []
    travelers_count: int | None = None
    budget_range: str | None = None
    budget_limit: str | None = None
    preferred_transport: str | None = None
    currency: str | None = None
    interests: list[str] = []
    pace: str | None = None
    must_see: list[str] = []
    avoid: list[str] = []
    day_starts: str | None = None
    day_ends: str | None = None
    idempotency_key: str | None = Field(None, json_schema_extra={"minLength": 1, "maxLength": LONGEST_KEY})

    def as_body(self) -> dict[str, Any]:
        """The same trip as a body of POST; what was not given is left out."""
        lists = {"destinations": _names(self.destinations), "travel_dates": _split(self.travel_dates)}
        preferences = {
            "interests": _split(self.interests),
            "pace": self.pace,
            "must_see": _names(self.must_see),
            "avoid": _names(self.avoid),
            "day_starts": self.day_starts,
            "day_ends": self.day_ends,
        }
        elsewhere = {*lists, *preferences, "idempotency_key"}
        given = {
            **self.model_dump(exclude=elsewhere, exclude_none=True),
            **{name: values for name, values in lists.items() if values},
        }
        wishes = {name: value for name, value in preferences.items() if value}
        return {**given, "user_preferences": wishes} if wishes else given


async def stream_trip_by_get(
    request: Request,
    query: Annotated[TripQuery, Query()],
    gateway: CurrentGateway,
    idempotency_key: IdempotencyKeyHeader = None,
    last_event_id: LastEventId = None,
    last_event_id_query: LastEventIdQuery = None,
) -> Response:
    """The same for EventSource: the trip comes as query parameters (a JSON body is read too, where there is one).

    The ids of its events name their session: a browser that lost the connection asks the same again with
    `Last-Event-ID`, and gets the rest of its own session, whatever else it asks for. Give an `idempotency_key` of your
    own to be sure of it also before the first event.
    """
    refuse_where_disabled(gateway)
    seen = place(last_event_id, last_event_id_query)
    key = idempotency_key or query.idempotency_key
    if seen.session_id or (seen.entry_id and key is None):
        session_id = session_of(seen)
    else:
        session_id = await _open(gateway, await _trip_of(request, query), key)
    return await event_stream(gateway, session_id, seen.entry_id, names_session=True)


async def _trip_of(request: Request, query: TripQuery) -> TripRequest:
    """Raises RequestValidationError, which names the parameters at fault."""
    body = await request.body()
    try:
        content = from_json(body) if body.strip() else query.as_body()
        return TripRequest.model_validate(content)
    except ValidationError as error:
        faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
    except ValueError as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "no JSON"}]) from error


def add_routes(router: APIRouter, plan_path: str, stream_path: str | None, is_alias: bool = False) -> None:
    """The plan's routes at a path; every path has the same handlers."""
    options: dict[str, Any] = {"tags": ["aliases"] if is_alias else ["plan"], "response_model": None}
    marked = " (alias)" if is_alias else ""
    router.post(plan_path, summary=f"Plan a trip{marked}", responses=PLAN_RESPONSES, **options)(plan_trip)
    if stream_path is not None:
        summary = f"Plan a trip, streamed{marked}"
        posted = {**STREAM, **problem_responses(404, 409, 413, 415, 422, 429, 503)}
        options["response_class"] = Response
        router.post(stream_path, summary=summary, responses=posted, **options)(stream_trip)
        got = {**STREAM, **problem_responses(404, 409, 413, 422, 429, 503)}
        router.get(stream_path, summary=summary, responses=got, **options)(stream_trip_by_get)


async def _open(gateway: Gateway, trip: TripRequest, key: str | None) -> str:
    """The id of the trip's session: a new one, or the key's."""
    body = trip.model_dump(mode="json")
    named = None if key is None else IdempotencyKey(_checked(key), body)
    if named is not None and (earlier := await gateway.orchestrator.opened_by(named)) is not None:
        # Whoever asks again gets that session, also where its places could not be looked up just now.
        return earlier
    # One spelling of the first destination for all agents: "destination" may differ from it in capitals.
    request = {**body, "destination": trip.stops[0].name, "places": await places_of(trip, gateway.geocoder)}
    if named is None:
        return (await gateway.orchestrator.open(workflow.NAME, request)).state.session_id
    return await gateway.orchestrator.open_once(workflow.NAME, request, named)


def _checked(key: str) -> str:
    """Raises FieldError."""
    if not 1 <= len(key.strip()) <= LONGEST_KEY or len(key) > LONGEST_KEY:
        message = f"must have 1 to {LONGEST_KEY} characters"
        raise FieldError([FieldProblem(field="Idempotency-Key", message=message)])
    return key


def _location(session_id: str) -> str:
    return f"/api/v1/session/{session_id}"


def _accepted(session_id: str, status: SessionStatus) -> JSONResponse:
    location = _location(session_id)
    answer = AcceptedAnswer(session_id=session_id, status=status.value, location=location, stream=f"{location}/stream")
    headers = {"Location": location, "Preference-Applied": "respond-async"}
    return JSONResponse(answer.model_dump(), status_code=202, headers=headers)


def _preferences(headers: list[str]) -> list[str]:
    """The names of what is preferred, without their parameters. Several headers are one list (RFC 7240)."""
    return [preference.partition(";")[0].strip().lower() for header in headers for preference in header.split(",")]


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _names(values: list[str]) -> list[str]:
    """Names as they stand where each has a parameter of its own, else those that one parameter lists."""
    return [name for name in values if name.strip()] if len(values) > 1 else _split(values)

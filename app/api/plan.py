"""Plan a trip: wait for it, be told where it will be, or watch it come about."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from app.api.answers import AcceptedAnswer, PlanAnswer
from app.api.errors import problem_responses
from app.api.examples import STREAM_EXAMPLE, TRIP_REQUESTS, answer_example
from app.api.gateway import CurrentGateway, Gateway
from app.api.places import known_places
from app.api.stream import event_stream, refuse_where_disabled
from app.core.session_run import SessionRun
from app.trips import workflow
from app.trips.request import TripRequest

TripBody = Annotated[TripRequest, Body(openapi_examples=TRIP_REQUESTS)]

PLAN_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: answer_example("plan", PlanAnswer),
    202: {"model": AcceptedAnswer, "description": "With `Prefer: respond-async`: the plan is being made"},
    **problem_responses(422, 503),
}
STREAM_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One `data:` line an event, from `started` to `completed`",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": STREAM_EXAMPLE}},
    },
    **problem_responses(422, 503),
}


async def plan_trip(
    trip: TripBody,
    gateway: CurrentGateway,
    prefer: Annotated[str | None, Header(description="`respond-async`: answer 202 at once")] = None,
) -> Response:
    """Plan a whole trip and answer when it is there.

    An agent that fails or is late is named in `failures`; the plan then comes with `status: partial`.
    """
    run = await _open(gateway, trip)
    if "respond-async" in _preferences(prefer or ""):
        return _accepted(run)
    state = await run.finished
    return Response(to_json(state.answer(state.status, state.updated_at)), media_type="application/json")


async def stream_trip(trip: TripBody, gateway: CurrentGateway) -> Response:
    """Plan a whole trip and watch: server-sent events from `started` to `completed`, the last with the whole plan."""
    refuse_where_disabled(gateway)
    run = await _open(gateway, trip)
    return await event_stream(gateway, run.state.session_id)


class TripQuery(BaseModel):
    """A trip as query parameters, for clients that can only GET. Lists: repeat the parameter, or separate by commas."""

    destination: str | None = None
    origin: str | None = None
    travel_dates: list[str] = []
    travelers_count: str | None = None
    budget_range: str | None = None
    preferred_transport: str | None = None
    currency: str | None = None
    interests: list[str] = []
    pace: str | None = None

    def as_body(self) -> dict[str, Any]:
        """The same trip as a body of POST; what was not given is left out."""
        plain = self.model_dump(exclude={"travel_dates", "interests", "pace"}, exclude_none=True)
        preferences = {"interests": _split(self.interests), "pace": self.pace or None}
        given = {name: value for name, value in preferences.items() if value}
        dates = _split(self.travel_dates)
        return {**plain, **({"travel_dates": dates} if dates else {}), **({"user_preferences": given} if given else {})}


async def stream_trip_by_get(
    request: Request, query: Annotated[TripQuery, Query()], gateway: CurrentGateway
) -> Response:
    """The same for EventSource: the trip comes as query parameters (a JSON body is read too, where there is one)."""
    body = await request.body()
    try:
        content = from_json(body) if body.strip() else query.as_body()
        trip = TripRequest.model_validate(content)
    except ValidationError as error:
        faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
    except ValueError as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "no JSON"}]) from error
    return await stream_trip(trip, gateway)


def add_routes(router: APIRouter, plan_path: str, stream_path: str | None, is_alias: bool = False) -> None:
    """The plan's routes at a path; every path has the same handlers."""
    options: dict[str, Any] = {"tags": ["aliases"] if is_alias else ["plan"], "response_model": None}
    marked = " (alias)" if is_alias else ""
    router.post(plan_path, summary=f"Plan a trip{marked}", responses=PLAN_RESPONSES, **options)(plan_trip)
    if stream_path is not None:
        summary = f"Plan a trip, streamed{marked}"
        router.post(stream_path, summary=summary, responses=STREAM_RESPONSES, **options)(stream_trip)
        router.get(stream_path, summary=summary, responses=STREAM_RESPONSES, **options)(stream_trip_by_get)


async def _open(gateway: Gateway, trip: TripRequest) -> SessionRun:
    places = await known_places(destination=trip.destination, origin=trip.origin)
    return await gateway.orchestrator.open(workflow.NAME, {**trip.model_dump(mode="json"), "places": places})


def _accepted(run: SessionRun) -> JSONResponse:
    session_id = run.state.session_id
    location = f"/api/v1/session/{session_id}"
    answer = AcceptedAnswer(
        session_id=session_id, status=run.state.status.value, location=location, stream=f"{location}/stream"
    )
    headers = {"Location": location, "Preference-Applied": "respond-async"}
    return JSONResponse(answer.model_dump(), status_code=202, headers=headers)


def _preferences(header: str) -> list[str]:
    """The names of what is preferred (RFC 7240), without their parameters."""
    return [preference.partition(";")[0].strip().lower() for preference in header.split(",")]


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]

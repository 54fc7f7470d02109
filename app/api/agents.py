"""One agent each, asked straight through the fleet. No session is kept."""

from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from app.api.errors import FieldError, FieldProblem, problem_responses
from app.api.examples import answer_example
from app.api.gateway import CurrentGateway, Gateway
from app.api.places import known_places
from app.today import today
from app.trips.reports import BudgetReport, EventsReport, RouteReport, WeatherReport
from app.trips.request import (
    MAX_TRAVELERS,
    MAX_TRIP_DAYS,
    BudgetRange,
    Count,
    CurrencyCode,
    PlaceName,
    TravelDates,
    TripDate,
)

LOOK_AHEAD_DAYS = MAX_TRIP_DAYS

FAULTS = problem_responses(422, 429, 502, 503, 504)
BODY_FAULTS = problem_responses(413, 415)


class WeatherQuery(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"location": "Paris, France", "dates": ["2027-05-01", "2027-05-02"]}]},
    )

    location: PlaceName
    dates: TravelDates


class BudgetQuery(BaseModel):
    """`origin` left out: the way there is not in the reckoning."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"destination": "Paris", "travelers_count": 2, "days": 3}]}
    )

    destination: PlaceName
    travelers_count: Count = Field(default=1, ge=1, le=MAX_TRAVELERS)
    days: Count = Field(ge=1, le=MAX_TRIP_DAYS)
    origin: PlaceName | None = None
    budget_range: BudgetRange = "mid-range"
    currency: CurrencyCode | None = None


async def weather(query: WeatherQuery, gateway: CurrentGateway) -> Response:
    """The weather at a place on given dates."""
    places = await known_places(gateway.geocoder, location=query.location)
    dates = [day.isoformat() for day in query.dates]
    return await _ask(gateway, "weather", {"destination": query.location, "travel_dates": dates, "places": places})


async def popular_events(
    location: str,
    gateway: CurrentGateway,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many events")] = 10,
    starts: Annotated[
        TripDate | None,
        Query(ge=date(1990, 1, 1), le=date(2099, 1, 1), description="First day; today where it is left out"),
    ] = None,
) -> Response:
    """What is on at a place within thirty days. Encode the name: `Paris,%20France`."""
    places = await known_places(gateway.geocoder, location=location)
    first = starts or today()
    days = [first.isoformat(), (first + timedelta(days=LOOK_AHEAD_DAYS - 1)).isoformat()]
    return await _ask(
        gateway, "events", {"destination": location, "travel_dates": days, "limit": limit, "places": places}
    )


async def compare_routes(request: Request, gateway: CurrentGateway) -> Response:
    """Every way from one place to another, those that are not feasible named. Encode the names; a slash is `%2F`."""
    origin, destination = _two_names(request)
    return await _compare(gateway, origin, destination)


async def compare_routes_by_query(
    gateway: CurrentGateway, origin: Annotated[PlaceName, Query()], destination: Annotated[PlaceName, Query()]
) -> Response:
    """The same with the names as query parameters."""
    return await _compare(gateway, origin, destination)


async def budget(query: BudgetQuery, gateway: CurrentGateway) -> Response:
    """What a stay costs, and the way there where an origin is given."""
    places = await known_places(gateway.geocoder, destination=query.destination, origin=query.origin)
    return await _ask(gateway, "budget", {**query.model_dump(mode="json", exclude_none=True), "places": places})


def add_routes(router: APIRouter) -> None:
    options: dict[str, Any] = {"tags": ["single agents"], "response_model": None}

    def reports(name: str, model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
        return {200: answer_example(name, model), **FAULTS}

    forecast = {**reports("weather", WeatherReport), **BODY_FAULTS}
    router.post("/weather", summary="Weather", responses=forecast, **options)(weather)
    events = reports("events", EventsReport)
    router.get("/events/popular", summary="Events by query", responses=events, **options)(popular_events)
    router.get("/events/popular/{location:path}", summary="Events", responses=events, **options)(popular_events)
    routes = reports("route", RouteReport)
    router.get("/route/compare", summary="Routes by query", responses=routes, **options)(compare_routes_by_query)
    router.get(
        "/route/compare/{origin}/{destination:path}",
        summary="Routes",
        responses=routes,
        openapi_extra={"parameters": [_path_parameter("origin"), _path_parameter("destination")]},
        **options,
    )(compare_routes)
    costs = {**reports("budget", BudgetReport), **BODY_FAULTS}
    router.post("/budget", summary="Budget", responses=costs, **options)(budget)


async def _compare(gateway: Gateway, origin: str, destination: str) -> Response:
    places = await known_places(gateway.geocoder, origin=origin, destination=destination)
    return await _ask(gateway, "maps", {"origin": origin, "destination": destination, "places": places})


async def _ask(gateway: Gateway, agent: str, payload: dict[str, Any]) -> Response:
    report = await gateway.orchestrator.ask(agent, payload, gateway.agent_timeouts_ms[agent])
    return Response(to_json(report), media_type="application/json")


def _two_names(request: Request) -> tuple[str, str]:
    """Origin and destination from the path as it was sent: an encoded slash belongs to a name. Raises FieldError."""
    sent = request.scope.get("raw_path", b"").decode("ascii", errors="replace").partition("?")[0]
    names = [unquote(part).strip() for part in sent.partition("/route/compare/")[2].split("/")]
    if len(names) != 2 or not all(names):
        message = "give origin and destination as two parts of the path; encode a slash in a name as %2F"
        raise FieldError([FieldProblem(field="path", message=message)])
    return names[0], names[1]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

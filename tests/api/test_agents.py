"""The four routes that ask one agent each, past any session."""

from typing import Any

import httpx2
import pytest

from app.trips.reports import BudgetReport, EventsReport, RouteReport, WeatherReport
from tests.conftest import Bus
from tests.fleet import gateway

pytestmark = pytest.mark.anyio


@pytest.mark.rows("S0-137", "S0-142")
async def test_weather_at_a_place(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/weather", json={"location": "Paris, France", "dates": ["2025-07-01", "2025-07-02"]}
    )
    report = WeatherReport.model_validate(answer.json())
    assert len(report.weather_forecast) == 2


@pytest.mark.rows("S0-138", "X-14")
@pytest.mark.parametrize("path", ["/events/popular/Paris,%20France?limit=10&", "/events/popular?location=Paris&"])
async def test_events_at_a_place(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1{path}starts=2027-06-20")
    report = EventsReport.model_validate(answer.json())
    assert "Bastille Day" in " ".join(event.name for event in report.events)


@pytest.mark.parametrize("starts", ["9999-12-31", "0001-01-01", "soon", "1809129600"])
async def test_a_first_day_out_of_reach_is_refused(lone_gateway: httpx2.AsyncClient, starts: str) -> None:
    answer = await lone_gateway.get("/api/v1/events/popular/Paris", params={"starts": starts})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "starts")


@pytest.mark.rows("S0-139")
async def test_the_limit_is_honoured_and_bounded(client: httpx2.AsyncClient) -> None:
    path = "/api/v1/events/popular/Paris"
    one = await client.get(path, params={"limit": 1, "starts": "2027-06-20"})
    assert len(one.json()["events"]) == 1
    for limit in ("0", "101", "-1", "many"):
        answer = await client.get(path, params={"limit": limit})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


@pytest.mark.rows("S0-140", "X-14")
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("New%20Delhi,%20India/Paris,%20France", ("New Delhi", "Paris")),
        ("S%C3%A3o%20Paulo/Z%C3%BCrich", ("São Paulo", "Zurich")),
        ("Rome/Qzxw", None),
        ("Rome/Paris/Milan", None),
    ],
)
async def test_routes_between_names_of_any_form(
    client: httpx2.AsyncClient, path: str, names: tuple[str, str] | None
) -> None:
    answer = await client.get(f"/api/v1/route/compare/{path}")
    if names is None:
        assert answer.status_code == 422
        return
    report = RouteReport.model_validate(answer.json())
    assert (report.origin.name, report.destination.name) == names


async def test_an_encoded_slash_belongs_to_the_name(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/route/compare/Rome/Qz%2Fxw")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "destination"
    assert "Qz/xw" in answer.json()["detail"]


async def test_routes_by_query(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/route/compare", params={"origin": "Rome", "destination": "Milan"})
    assert RouteReport.model_validate(answer.json()).primary_route.distance_km > 0


@pytest.mark.rows("S0-141")
async def test_a_budget_for_a_stay(client: httpx2.AsyncClient) -> None:
    body = {"destination": "Paris", "travelers_count": 2, "days": 3}
    report = BudgetReport.model_validate((await client.post("/api/v1/budget", json=body)).json())
    assert (report.days, report.travelers_count) == (3, 2)
    assert report.budget_breakdown.currency == "EUR"


async def test_a_currency_that_is_none_is_the_fields_fault(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/v1/budget", json={"destination": "Paris", "days": 3, "currency": "XXQ"})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], "XXQ" in error["message"]) == ("currency", True)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("weather", {"location": "Paris", "dates": [1_809_129_600]}, "dates.0"),
        ("budget", {"destination": "Paris", "days": True}, "days"),
        ("budget", {"destination": "Paris", "days": 2, "travelers_count": "2"}, "travelers_count"),
    ],
)
async def test_what_has_another_type_than_the_schema_says_is_refused(
    lone_gateway: httpx2.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await lone_gateway.post(f"/api/v1/{path}", json=body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_an_unknown_place_is_422_everywhere(client: httpx2.AsyncClient) -> None:
    for answer in (
        await client.post("/api/v1/weather", json={"location": "Qzxw", "dates": ["2027-05-01"]}),
        await client.get("/api/v1/events/popular/Qzxw"),
        await client.get("/api/v1/route/compare/Qzxw/Rome"),
        await client.post("/api/v1/budget", json={"destination": "Qzxw", "days": 2}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_place")


async def test_an_agent_that_is_not_there_is_504(fake_bus: Bus) -> None:
    async with gateway(fake_bus, timeout_weather=100) as client:
        answer = await client.post("/api/v1/weather", json={"location": "Rome", "dates": ["2027-05-01"]})
    assert (answer.status_code, answer.json()["code"]) == (504, "agent_timeout")
    assert answer.json()["detail"] == "Agent weather timed out after 100ms"

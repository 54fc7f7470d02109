"""The answers shown in the documentation are real ones: the fleet still gives them, word for word.

UPDATE_EXAMPLES=1 python -m pytest tests/api/test_examples.py     writes them anew
"""

import json
import os
from datetime import date
from typing import Any

import httpx2
import pytest

from app.api.answers import PlanAnswer, SessionAnswer
from app.api.examples import ANSWERS, ANSWERS_FILE
from app.trips.reports import BudgetReport, EventsReport, RouteReport, WeatherReport
from app.workers import events_worker, weather_worker
from tests.api.conftest import is_healthy, trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

TRIP = {"destination": "Rome", "origin": "London", "travel_dates": ["2027-06-29"], "budget_range": "budget"}
MODELS = {
    "plan": PlanAnswer,
    "session": SessionAnswer,
    "weather": WeatherReport,
    "events": EventsReport,
    "route": RouteReport,
    "budget": BudgetReport,
}
CHANGING = ("session_id", "processing_time_ms", "created_at", "updated_at", "last_event_id", "duration_ms")


def _lasting(answer: Any) -> Any:
    """The answer without what differs from run to run."""
    if isinstance(answer, dict):
        return {name: _lasting(value) for name, value in answer.items() if name not in CHANGING}
    return [_lasting(value) for value in answer] if isinstance(answer, list) else answer


def _without_nulls(answer: Any) -> Any:
    """As OpenAPI's own encoder leaves it."""
    if isinstance(answer, dict):
        return {name: _without_nulls(value) for name, value in answer.items() if value is not None}
    return [_without_nulls(value) for value in answer] if isinstance(answer, list) else answer


async def _answers(client: httpx2.AsyncClient) -> dict[str, Any]:
    plan = (await client.post("/api/v1/plan-trip", json=TRIP)).json()
    session = (await client.get(f"/api/v1/session/{plan['session_id']}")).json()
    session["data"] = {**dict.fromkeys(session["data"]), "weather": session["data"]["weather"]}
    body = {"location": "Rome", "dates": TRIP["travel_dates"]}
    return {
        "plan": plan,
        "session": session,
        "weather": (await client.post("/api/v1/weather", json=body)).json(),
        "events": (await client.get("/api/v1/events/popular/Rome?starts=2027-06-29&limit=2")).json(),
        "route": (await client.get("/api/v1/route/compare/London/Rome")).json(),
        "budget": (await client.post("/api/v1/budget", json={"destination": "Rome", "days": 3})).json(),
    }


async def test_the_fleet_gives_the_documented_answers(fake_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in (weather_worker, events_worker):
        monkeypatch.setattr(worker, "today", lambda: date(2026, 11, 21))
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as client:
        await wait_until(lambda: is_healthy(client))
        answers = await _answers(client)
    if os.environ.get("UPDATE_EXAMPLES"):
        ANSWERS_FILE.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    for name, answer in answers.items():
        assert _lasting(answer) == _lasting(ANSWERS[name]), name


@pytest.mark.parametrize("name", MODELS)
def test_each_documented_answer_fits_its_model(name: str) -> None:
    MODELS[name].model_validate(ANSWERS[name])


async def test_the_documentation_shows_them(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    def shown(path: str, method: str) -> Any:
        return paths[path][method]["responses"]["200"]["content"]["application/json"]["example"]

    assert shown("/api/v1/plan-trip", "post") == _without_nulls(ANSWERS["plan"])
    assert shown("/api/v1/session/{session_id}", "get") == _without_nulls(ANSWERS["session"])
    assert shown("/api/v1/weather", "post") == _without_nulls(ANSWERS["weather"])
    assert shown("/api/v1/budget", "post") == _without_nulls(ANSWERS["budget"])
    assert shown("/api/v1/events/popular/{location}", "get") == _without_nulls(ANSWERS["events"])
    assert shown("/api/v1/route/compare/{origin}/{destination}", "get") == _without_nulls(ANSWERS["route"])

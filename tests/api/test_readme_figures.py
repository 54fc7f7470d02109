"""The sums that the README shows are the ones that the fleet gives."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.anyio

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def shown(budget: dict[str, Any]) -> list[str]:
    """A budget's figures, each as the README writes it."""
    figures = [f'"{name}": {value}' for name, value in budget["budget_breakdown"].items() if name != "currency"]
    return [*figures, f'"cost_per_person": {budget["cost_per_person"]}']


async def test_the_plans_sums_are_those_of_the_readme(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    dates = ["2025-07-01", "2025-07-02", "2025-07-03"]
    plan = (await client.post("/plan-trip", json={**trip, "travel_dates": dates})).json()
    assert [figure for figure in shown(plan["data"]["budget"]) if figure not in README] == []


async def test_the_terminals_sum_is_that_of_the_readme(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    plan = (await client.post("/plan-trip", json=trip)).json()
    assert f"{plan['data']['budget']['budget_breakdown']['total']:,.2f} INR" in README


async def test_the_conflict_shown_is_the_one_that_is_answered(client: httpx2.AsyncClient) -> None:
    dates = {"travel_dates": ["2027-05-01", "2027-05-03"], "travelers_count": 2, "budget_limit": 500}
    plan = (await client.post("/plan-trip", json={"destination": "Paris", "origin": "London", **dates})).json()
    assert plan["data"]["itinerary"]["conflict"]["text"] in README


async def test_the_stays_sums_are_those_of_the_readme(client: httpx2.AsyncClient) -> None:
    body = {"destination": "Paris", "travelers_count": 2, "days": 3}
    budget = (await client.post("/api/v1/budget", json=body)).json()
    assert [figure for figure in shown(budget) if figure not in README] == []

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
    for dates in (trip["travel_dates"], ["2025-07-01", "2025-07-02", "2025-07-03"]):
        plan = (await client.post("/plan-trip", json={**trip, "travel_dates": dates})).json()
        budget = plan["data"]["budget"]
        assert [figure for figure in shown(budget) if figure not in README] == []
    assert f"{budget['budget_breakdown']['total']:,.2f} INR" in README, "the terminal's sample"


async def test_the_stays_sums_are_those_of_the_readme(client: httpx2.AsyncClient) -> None:
    body = {"destination": "Paris", "travelers_count": 2, "days": 3}
    budget = (await client.post("/api/v1/budget", json=body)).json()
    assert [figure for figure in shown(budget) if figure not in README] == []

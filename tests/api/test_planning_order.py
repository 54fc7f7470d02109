"""In which order a trip comes about, as its own log tells it."""

from typing import Any

import httpx2
import pytest

from tests.api.streams import read_stream

pytestmark = pytest.mark.anyio

STREAM = "/api/v1/plan-trip/stream"
FINDERS = ("weather", "events", "maps", "budget")
SIMPLE = {"destination": "Lisbon", "origin": "Berlin", "travel_dates": ["2027-05-01", "2027-05-04"]}
SEVERAL = {
    "destinations": ["Florence", "Rome"],
    "keep_order": False,
    "origin": "Vienna",
    "travel_dates": ["2027-05-01", "2027-05-06"],
    "budget_limit": 1900,
    "currency": "EUR",
    "user_preferences": {"must_see": ["Colosseum"]},
}


async def told(client: httpx2.AsyncClient, trip: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """`weather asked`, `weather completed` … in the order of the log, and the last event."""
    events = await read_stream(client, "POST", STREAM, json=trip)
    words = [
        f"{event['agent']} {event['message'].rsplit(' ', 1)[-1]}"
        for event in events
        if event["type"] == "progress" and event["message"].endswith(("agent asked", "agent completed"))
    ]
    return words, events[-1]


@pytest.mark.rows("S2-31", "X-06")
async def test_days_and_places_come_first_then_location_and_transport_at_once_then_where_to_stay(
    client: httpx2.AsyncClient,
) -> None:
    """The frame (days, places) is there before any agent is asked; the stay is chosen when all of them have told."""
    words, last = await told(client, SIMPLE)
    assert len(last["days"]) == 4
    assert set(words[:4]) == {f"{agent} asked" for agent in FINDERS}
    assert words[-2:] == ["itinerary asked", "itinerary completed"]
    itinerary = last["data"]["itinerary"]
    assert sum(stay["nights"] for stay in itinerary["stays"]) == 3
    assert itinerary["itinerary_framework"]["total_duration"] == 4


@pytest.mark.rows("S2-32", "S2-33", "S0-182")
async def test_several_cities_are_analysed_at_once_then_joined_then_assembled_without_conflict(
    client: httpx2.AsyncClient,
) -> None:
    """Analysis: weather and events of every city. Coordination: the ways between them, and the money. Assembly: order,
    days and sights within the cap, the wish kept, and all of it checked."""
    words, last = await told(client, SEVERAL)
    assert set(words[:4]) == {f"{agent} asked" for agent in FINDERS}
    assert max(words.index(f"{agent} completed") for agent in FINDERS) < words.index("itinerary asked")
    data = last["data"]
    assert [report["location"]["name"] for report in data["weather"]["elsewhere"]] == ["Rome"]
    assert len(data["route"]["connections"]) == 3
    itinerary = data["itinerary"]
    assert sorted(place["name"] for place in itinerary["destinations"]) == ["Florence", "Rome"]
    assert itinerary["certificate"]["is_valid"]
    assert data["budget"]["budget_breakdown"]["total"] <= 1900
    assert "Colosseum" in {item["title"] for day in itinerary["itinerary_days"] for item in day["items"]}


@pytest.mark.rows("S2-32", "S2-33")
async def test_a_conflict_that_cannot_be_resolved_is_presented_with_its_ways_out(client: httpx2.AsyncClient) -> None:
    _, last = await told(client, {**SEVERAL, "budget_limit": 300})
    itinerary = last["data"]["itinerary"]
    assert (last["status"], itinerary["status"], itinerary["itinerary_days"]) == ("completed", "infeasible", [])
    assert itinerary["conflict"]["conflict"] == ["a budget of 300.00 EUR"]
    assert itinerary["conflict"]["ways_out"]

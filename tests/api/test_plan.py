"""`POST /api/v1/plan-trip`: a whole trip in one answer, and clear errors for what cannot be planned."""

import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from app.api.answers import PlanAnswer
from app.api.examples import TRIP_REQUESTS
from app.api.plan import TripQuery
from app.trips.request import TripRequest
from tests.api.conftest import trip_agents
from tests.conftest import Bus
from tests.fleet import gateway, working

pytestmark = pytest.mark.anyio

AGENTS = ["weather", "events", "maps", "budget", "itinerary"]


@pytest.mark.rows(
    *("DC-03", "S0-97", "S0-106", "S0-107", "S0-108", "S0-109", "S0-110", "S0-111", "S0-112", "S0-113", "S0-114"),
    *("S0-115", "S0-116", "S0-117", "S0-118", "S0-119", "S0-120", "S0-121", "S0-122", "S0-124", "S0-125", "S0-150"),
    *("X-04", "X-30", "X-31"),
)
async def test_the_readme_request_gives_a_whole_plan(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    answer = await client.post("/api/v1/plan-trip", json=trip)
    assert answer.status_code == 200
    plan = answer.json()
    PlanAnswer.model_validate(plan)
    assert plan["status"] == "completed"
    assert plan["message"] == "Trip planning completed successfully"
    assert plan["agents_completed"] == AGENTS
    assert plan["agents_failed"] == plan["failures"] == []
    assert plan["days"] == ["2027-05-01", "2027-05-02", "2027-05-03"]
    data = plan["data"]
    assert [day["date"] for day in data["weather"]["weather_forecast"]] == plan["days"]
    assert data["weather"]["average_temp_range"]["min"] < data["weather"]["average_temp_range"]["max"]
    assert all(event in data["events"]["events"] for event in data["events"]["free_events"])
    assert data["route"]["primary_route"]["mode"] == "flight"
    assert data["route"]["alternative_routes"]["driving"]["is_feasible"] is False
    assert [day["date"] for day in data["itinerary"]["itinerary_days"]] == plan["days"]
    assert data["itinerary"]["key_tips"]
    for report in data.values():
        assert report["sources"], "every report names its sources"
    breakdown = data["budget"]["budget_breakdown"]
    parts = [Decimal(str(breakdown[part])) for part in ("transportation", "accommodation", "food", "activities")]
    assert sum(parts) == Decimal(str(breakdown["total"]))
    assert breakdown["currency"] == "INR", "the currency of the origin's country"
    per_person = Decimal(str(data["budget"]["cost_per_person"]))
    assert abs(per_person * 2 - Decimal(str(breakdown["total"]))) <= Decimal("0.02")


@pytest.mark.rows("X-05", "DC-03")
@pytest.mark.parametrize("path", ["/plan-trip", "/api/trips/plan"])
async def test_every_documented_path_plans(client: httpx2.AsyncClient, trip: dict[str, Any], path: str) -> None:
    assert (await client.post(path, json=trip)).json()["status"] == "completed"


@pytest.mark.rows("X-04")
async def test_two_dates_are_a_range(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    trip["travel_dates"] = ["2027-05-03", "2027-05-01"]
    assert (await client.post("/plan-trip", json=trip)).json()["days"] == ["2027-05-01", "2027-05-02", "2027-05-03"]


@pytest.mark.rows("S0-101")
async def test_only_three_fields_are_needed(client: httpx2.AsyncClient) -> None:
    least = {"destination": "Rome", "origin": "London", "travel_dates": ["2027-03-05"]}
    plan = (await client.post("/plan-trip", json=least)).json()
    assert plan["status"] == "completed"
    assert plan["data"]["budget"]["travelers_count"] == 1


@pytest.mark.rows("X-11")
async def test_past_dates_are_planned_with_a_warning(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    trip["travel_dates"] = ["2025-07-01", "2025-07-02", "2025-07-03"]
    plan = (await client.post("/plan-trip", json=trip)).json()
    assert plan["status"] == "completed"
    assert "passed" in " ".join(plan["data"]["weather"]["warnings"]).lower()


@pytest.mark.rows("S0-98", "S0-99", "S0-100", "S0-102", "S0-103", "S0-104", "S0-105")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"destination": None}, "destination"),
        ({"destination": "  "}, "destination"),
        ({"destination": "x" * 121}, "destination"),
        ({"destination": "Par\u0000is"}, "destination"),
        ({"origin": 7}, "origin"),
        ({"travel_dates": []}, "travel_dates"),
        ({"travel_dates": ["2027-02-30"]}, "travel_dates.0"),
        ({"travel_dates": ["soon"]}, "travel_dates.0"),
        ({"travel_dates": "2027-05-01"}, "travel_dates"),
        ({"travel_dates": [1_809_129_600]}, "travel_dates.0"),
        ({"travel_dates": ["1809129600"]}, "travel_dates.0"),
        ({"travel_dates": [True]}, "travel_dates.0"),
        ({"travel_dates": ["2027-05-01", "2027-06-15"]}, "travel_dates"),
        ({"travel_dates": ["9999-12-31"]}, "travel_dates"),
        ({"travelers_count": 0}, "travelers_count"),
        ({"travelers_count": 51}, "travelers_count"),
        ({"travelers_count": "two"}, "travelers_count"),
        ({"travelers_count": "2"}, "travelers_count"),
        ({"travelers_count": True}, "travelers_count"),
        ({"travelers_count": 2.5}, "travelers_count"),
        ({"budget_range": "cheap"}, "budget_range"),
        ({"preferred_transport": "teleport"}, "preferred_transport"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "xxx"}, "currency"),
        ({"user_preferences": {"pace": "frantic"}}, "user_preferences.pace"),
        ({"user_preferences": {"interests": "art"}}, "user_preferences.interests"),
        ({"user_preferences": {"interests": ["a" * 41]}}, "user_preferences.interests.0"),
        ({"traveller_count": 3}, "traveller_count"),
        ({"destinations": [f"Town {number}" for number in range(13)]}, "destinations"),
        ({"destinations": "Paris, France"}, "destinations"),
        ({"destinations": ["Paris, France", "  "]}, "destinations.1.name"),
        ({"destinations": ["Paris, France", 7]}, "destinations.1"),
        ({"destinations": ["Paris, France", {"name": "Rome", "days": 0}]}, "destinations.1.days"),
        ({"destinations": ["Paris, France", {"name": "Rome", "days": True}]}, "destinations.1.days"),
        ({"destinations": ["Paris, France", {"name": "Rome", "nights": 1}]}, "destinations.1.nights"),
        ({"keep_order": "perhaps"}, "keep_order"),
        ({"keep_order": 1}, "keep_order"),
        ({"budget_limit": True}, "budget_limit"),
        ({"budget_limit": 0}, "budget_limit"),
    ],
)
async def test_bad_input_names_the_field(
    lone_gateway: httpx2.AsyncClient, trip: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = await lone_gateway.post("/api/v1/plan-trip", json={**trip, **change})
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == 422
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["instance"] == "/api/v1/plan-trip"


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"Paris"', b"\xff\xfe", b"null", b"{}" * 3])
async def test_a_body_that_is_no_trip_is_a_clear_error(lone_gateway: httpx2.AsyncClient, body: bytes) -> None:
    answer = await lone_gateway.post("/plan-trip", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"destination": "M\xfcnchen"}', "UTF-8"),
        (b'{"destination": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"travelers_count": ' + b"9" * 6_000 + b"}", "too many digits"),
    ],
)
async def test_a_body_that_cannot_be_read_is_an_error_of_the_body(
    lone_gateway: httpx2.AsyncClient, body: bytes, words: str
) -> None:
    """As any other that is no JSON: with a field, and a word on what is wrong with it."""
    answer = await lone_gateway.post("/plan-trip", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    (error,) = answer.json()["errors"]
    assert (error["field"], words in error["message"]) == ("body", True)


@pytest.mark.parametrize("path", ["/plan-trip", "/api/v1/plan-trip/stream", "/api/v1/weather", "/api/v1/budget"])
@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "text/plain", "json"])
async def test_a_body_that_is_not_said_to_be_json_is_415_and_the_header_is_named(
    lone_gateway: httpx2.AsyncClient, trip: dict[str, Any], path: str, content_type: str | None
) -> None:
    """What `curl -d` sends unless it is told otherwise."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await lone_gateway.post(path, content=json.dumps(trip), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert [error["field"] for error in answer.json()["errors"]] == ["Content-Type"]
    assert "Content-Type: application/json" in answer.json()["detail"]
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/a+json"])
async def test_json_may_be_called_so_in_other_words(
    client: httpx2.AsyncClient, trip: dict[str, Any], content_type: str
) -> None:
    answer = await client.post("/plan-trip", content=json.dumps(trip), headers={"Content-Type": content_type})
    assert answer.status_code == 200


async def test_a_huge_body_is_refused(lone_gateway: httpx2.AsyncClient) -> None:
    body = b'{"destination": "' + b"x" * 1_100_000 + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    for content in (body, chunks()):
        answer = await lone_gateway.post("/plan-trip", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_place_is_named_with_near_matches(
    own_client: httpx2.AsyncClient, trip: dict[str, Any], fake_bus: Bus
) -> None:
    answer = await own_client.post("/plan-trip", json={**trip, "destination": "Pariss", "origin": "Qzxw"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_place")
    assert [error["field"] for error in problem["errors"]] == ["destination", "origin"]
    assert "Paris" in problem["errors"][0]["message"]
    client_of_redis = fake_bus.make_client()
    assert [key async for key in client_of_redis.scan_iter("state:*")] == [], "nothing is stored"
    await client_of_redis.aclose()


@pytest.mark.parametrize(
    ("destinations", "field", "words"),
    [
        (["Paris, France", "Romme"], "destinations.1.name", "did you mean"),
        (["Paris, France", {"name": "Rome", "days": 1}, "CDG"], "destinations.2.name", "is the same place as"),
        (["Paris, France", "Delhi"], "destinations.1.name", "is where the trip starts"),
    ],
)
async def test_several_destinations_that_cannot_be_planned_are_named_and_nothing_is_stored(
    own_gateway: httpx2.AsyncClient,
    trip: dict[str, Any],
    fake_bus: Bus,
    destinations: list[Any],
    field: str,
    words: str,
) -> None:
    answer = await own_gateway.post("/plan-trip", json={**trip, "destinations": destinations})
    problem = answer.json()
    assert answer.status_code == 422
    assert [error["field"] for error in problem["errors"]] == [field]
    assert words in problem["detail"]
    client_of_redis = fake_bus.make_client()
    assert [key async for key in client_of_redis.scan_iter("state:*")] == [], "nothing is stored"
    await client_of_redis.aclose()


async def test_days_beyond_the_trip_are_refused(lone_gateway: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    destinations = ["Paris, France", {"name": "Rome", "days": 30}]
    answer = await lone_gateway.post("/plan-trip", json={**trip, "destinations": destinations})
    assert answer.status_code == 422
    assert "they take 31 days, the trip has 3" in answer.json()["detail"]


async def test_every_agent_hears_of_every_destination(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    del trip["destination"]
    trip |= {"destinations": ["Rome", {"name": "Florence, Italy", "days": 1}]}
    data = (await client.post("/plan-trip", json=trip)).json()["data"]
    assert [found["location"]["name"] for found in data["weather"]["elsewhere"]] == ["Florence"]
    assert len(data["route"]["connections"]) == 3
    assert {event["place"] for event in data["events"]["events"]} <= {None, "Rome", "Florence"}


async def test_one_spelling_of_the_first_destination_reaches_the_agents(
    own_gateway: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    trip |= {"destination": "ROME", "destinations": ["Rome", "Florence"]}
    accepted = await own_gateway.post("/plan-trip", json=trip, headers={"Prefer": "respond-async"})
    session = (await own_gateway.get(accepted.headers["location"])).json()
    assert session["request"]["destination"] == "Rome"


def test_a_query_says_all_that_a_body_can() -> None:
    query = TripQuery(
        destinations=["Kyoto,Tokyo"],
        keep_order=False,
        origin="Paris",
        travel_dates=["2027-05-01,2027-05-06"],
        budget_limit="2500.50",
        must_see=["Gion", "MOTAT, Museum of Transport and Technology"],
        avoid=["Ginza , Shibuya"],
        day_starts="10:00",
        day_ends="17:30",
        idempotency_key="mine",
    )
    assert query.as_body() == {
        "destinations": ["Kyoto", "Tokyo"],
        "keep_order": False,
        "origin": "Paris",
        "travel_dates": ["2027-05-01", "2027-05-06"],
        "budget_limit": "2500.50",
        "user_preferences": {
            "must_see": ["Gion", "MOTAT, Museum of Transport and Technology"],
            "avoid": ["Ginza", "Shibuya"],
            "day_starts": "10:00",
            "day_ends": "17:30",
        },
    }
    trip = TripRequest.model_validate(query.as_body())
    assert (trip.destination, trip.keep_order, trip.budget_limit) == ("Kyoto", False, Decimal("2500.50"))


def test_a_repeated_parameter_holds_whole_names_with_their_commas() -> None:
    body = TripQuery(destinations=["Paris, France", "Rome, Italy", " "]).as_body()
    assert body == {"destinations": ["Paris, France", "Rome, Italy"]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"destinations": ["Paris,,Rome,paris"]}, "query"),
        ({"destinations": ["Paris", "Roome"]}, "destinations.1.name"),
        ({"destinations": ["Paris", "Rome"], "destination": "Rome"}, "query"),
        ({"destination": "Paris", "keep_order": "perhaps"}, "keep_order"),
        ({"destination": "Paris", "travelers_count": "true"}, "travelers_count"),
        ({"destination": "Paris", "budget_limit": "much"}, "budget_limit"),
        ({"destination": "Paris", "day_starts": "25:00"}, "user_preferences.day_starts"),
    ],
)
async def test_a_query_that_is_no_trip_names_the_parameter(
    lone_gateway: httpx2.AsyncClient, query: dict[str, Any], field: str
) -> None:
    least = {"origin": "London", "travel_dates": "2027-03-05,2027-03-09"}
    answer = await lone_gateway.get("/api/v1/plan-trip/stream", params={**least, **query})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_ambiguous_place_states_its_assumption(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    plan = (await client.post("/plan-trip", json={**trip, "destination": "Springfield"})).json()
    assert "Springfield" in plan["data"]["weather"]["location"]["assumption"]


@pytest.mark.rows("S0-123")
async def test_the_processing_time_is_true(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    await client.post("/plan-trip", json=trip)
    started = time.perf_counter()
    plan = (await client.post("/plan-trip", json=trip)).json()
    measured_ms = (time.perf_counter() - started) * 1000
    assert 0 < plan["processing_time_ms"] <= measured_ms + 1


async def test_the_same_request_gives_the_same_plan(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    first, second = [(await client.post("/plan-trip", json=trip)).json() for _ in range(2)]
    assert first["data"] == second["data"]


@pytest.mark.parametrize(
    "prefer",
    [
        ["respond-async"],
        ["wait=1, Respond-Async"],
        ["respond-async; foo=bar"],
        ["wait=5", "respond-async"],
        ["respond-async", "wait=5"],
    ],
)
async def test_prefer_respond_async_answers_at_once(
    client: httpx2.AsyncClient, trip: dict[str, Any], prefer: list[str]
) -> None:
    """However it is said: several headers are one list (RFC 7240)."""
    headers = [("Prefer", value) for value in prefer]
    answer = await client.post("/api/v1/plan-trip", json=trip, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.json()["status"] == "running", "its first agents are asked"
    session = await client.get(answer.headers["location"])
    assert session.json()["session_id"] == answer.json()["session_id"]


async def test_without_redis_the_answer_is_503_with_retry_after() -> None:
    from app.config.settings import Settings
    from app.main import create_app
    from app.messaging.broker import Broker
    from tests.fleet import serving

    app = create_app(Settings(_env_file=None), Broker("redis://127.0.0.1:1/0"))
    trip = {"destination": "Rome", "origin": "London", "travel_dates": ["2027-03-05"]}
    async with serving(app) as client:
        answer = await client.post("/plan-trip", json=trip)
        health = await client.get("/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "redis_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert (health.status_code, health.json()["redis_connected"]) == (200, False)
    assert health.json()["status"] == "unhealthy"


@pytest.mark.rows("S0-10", "S0-125")
async def test_the_examples_of_the_documentation_hold(client: httpx2.AsyncClient) -> None:
    for example in TRIP_REQUESTS.values():
        assert (await client.post("/api/v1/plan-trip", json=example["value"])).json()["status"] == "completed"


async def test_the_gateway_needs_no_more_than_the_agents_that_there_are(fake_bus: Bus, trip: dict[str, Any]) -> None:
    """No worker at all: every agent is named as failed, and the body still has its form."""
    short = {f"timeout_{agent}": 100 for agent in AGENTS}
    async with gateway(fake_bus, **short) as client:
        plan = (await client.post("/plan-trip", json=trip)).json()
    PlanAnswer.model_validate(plan)
    assert plan["status"] == "failed"
    assert sorted(plan["agents_failed"]) == sorted(AGENTS)
    assert plan["failures"][0]["message"] == "Agent weather timed out after 100ms"


@pytest.mark.rows("S2-37", "S2-42")
async def test_with_all_other_agents_absent_a_simpler_plan_comes_and_says_so(
    fake_bus: Bus, trip: dict[str, Any]
) -> None:
    """The itinerary agent alone: it plans with what the catalogue knows, and names what stood in for whom."""
    (itinerary,) = [agent for agent in trip_agents() if agent.name == "itinerary"]
    short = {f"timeout_{agent}": 200 for agent in ("weather", "events", "maps", "budget")}
    async with working(fake_bus, [itinerary]), gateway(fake_bus, **short) as client:
        plan = (await client.post("/api/v1/plan-trip", json=trip)).json()
    assert (plan["status"], plan["agents_completed"]) == ("partial", ["itinerary"])
    assert plan["agents_failed"] == ["weather", "events", "maps", "budget"]
    assert len(plan["data"]["itinerary"]["itinerary_days"]) == 3
    assert len(plan["data"]["itinerary"]["fallbacks"]) == 4

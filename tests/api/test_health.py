"""Health, status, metrics and documentation."""

import json
import re
from typing import Any

import httpx2
import pytest

from app.api.answers import HealthAnswer, StatusAnswer
from app.api.errors import Problem
from tests.api.conftest import fleet
from tests.conftest import Bus
from tests.fleet import gateway
from tests.redis_server import required_server, running_server

pytestmark = pytest.mark.anyio

AGENTS = {"weather", "events", "maps", "budget", "itinerary"}


@pytest.mark.rows("S0-89", "S0-90", "S0-91", "S0-92", "S0-93", "S0-94", "S0-95")
async def test_all_is_well(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/status", "/api/v1/health"):
        found = (await client.get(path)).json()
        assert found["status"] == "healthy"
        assert found["redis_connected"] is True
        assert found["agents"] == dict.fromkeys(AGENTS, "healthy")
    later = (await client.get("/health")).json()
    assert later["uptime_seconds"] > found["uptime_seconds"] > 0
    HealthAnswer.model_validate(later)


@pytest.mark.rows("S0-11", "S2-07", "S2-08")
async def test_status_knows_each_instance(client: httpx2.AsyncClient) -> None:
    status = StatusAnswer.model_validate((await client.get("/status")).json())
    assert {agent: len(found) for agent, found in status.instances.items()} == dict.fromkeys(AGENTS, 1)
    assert status.instances["weather"][0].max_capacity == 4


@pytest.mark.rows("S0-95")
async def test_agents_without_workers_are_unhealthy(fake_bus: Bus) -> None:
    async with gateway(fake_bus) as client:
        found = (await client.get("/health")).json()
    assert found["status"] == "degraded"
    assert found["agents"] == dict.fromkeys(AGENTS, "unhealthy")


@pytest.mark.integration
@pytest.mark.rows("S0-92", "S0-93")
async def test_a_redis_that_answers_and_stores_nothing_is_told(trip: dict[str, Any]) -> None:
    """Its memory is full: a gateway that refuses every plan must not be called healthy. It is again when there is
    room, without a plan that finds it out."""
    with running_server(required_server()) as url:
        bus = Bus(url)
        redis: Any = bus.make_client()
        async with fleet(bus) as client:
            await redis.config_set("maxmemory", "1")
            refused = await client.post("/plan-trip", json=trip)
            assert (refused.status_code, refused.json()["code"]) == (503, "redis_refused")
            found = HealthAnswer.model_validate((await client.get("/health")).json())
            assert (found.status, found.redis_connected, found.redis_writable) == ("degraded", True, False)
            assert found.agents == dict.fromkeys(AGENTS, "healthy")
            metrics = (await client.get("/metrics")).text
            assert "round_table_redis_up 1.0" in metrics
            assert "round_table_redis_writable 0.0" in metrics
            await redis.config_set("maxmemory", "0")
            assert (await client.get("/health")).json()["status"] == "healthy"
            assert await redis.keys("state:*") == [], "looking leaves nothing behind"
        await redis.aclose()


@pytest.mark.rows("S0-96")
async def test_metrics_are_prometheus_text(own_client: httpx2.AsyncClient) -> None:
    await own_client.post(
        "/plan-trip", json={"destination": "Rome", "origin": "London", "travel_dates": ["2027-05-01"]}
    )
    answer = await own_client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'round_table_sessions_ended_total{status="completed"} 1.0' in answer.text
    assert 'round_table_agent_instances{agent="weather"} 1.0' in answer.text
    assert "round_table_redis_up 1.0" in answer.text


@pytest.mark.rows("S0-87", "S0-88", "S0-20")
async def test_the_documentation_is_served(client: httpx2.AsyncClient) -> None:
    assert "swagger-ui" in (await client.get("/docs")).text
    assert "redoc" in (await client.get("/redoc")).text


async def test_openapi_is_complete(client: httpx2.AsyncClient) -> None:
    """Every operation has a summary and a typed answer; aliases are marked; errors are problems."""
    schema = (await client.get("/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            content = operation["responses"]["200"]["content"]
            assert any("schema" in media for media in content.values()), path
            if path.startswith("/api/v1/plan") or "session" in path:
                assert "application/problem+json" in str(operation["responses"])
            if operation["tags"] == ["aliases"]:
                assert operation["summary"].endswith("(alias)")
    assert "/api/v1/plan-trip" in schema["paths"]
    assert "WeatherReport" in schema["components"]["schemas"]


async def test_errors_in_openapi_are_those_that_are_sent(lone_gateway: httpx2.AsyncClient) -> None:
    """As problem+json, of our own form, and as nothing else; each route that takes a body says what it refuses."""
    schema = (await lone_gateway.get("/openapi.json")).json()
    ours = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            errors = {status: found for status, found in operation["responses"].items() if int(status) >= 400}
            assert [found["content"] for found in errors.values()] == [ours] * len(errors), path
            if "requestBody" in operation:
                assert {"413", "415", "422"} <= set(errors), path
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schema)))
    assert named <= set(schema["components"]["schemas"])
    assert "ValidationError" not in schema["components"]["schemas"], "the framework's own, which nobody gets"
    told = (await lone_gateway.post("/plan-trip", json={})).json()
    assert set(told) == set(schema["components"]["schemas"]["Problem"]["properties"])


async def test_streams_in_openapi_are_streams(lone_gateway: httpx2.AsyncClient) -> None:
    schema = (await lone_gateway.get("/openapi.json")).json()
    found = [path for path in schema["paths"] if path.endswith("/stream")]
    assert len(found) == 4
    for path in found:
        for operation in schema["paths"][path].values():
            assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
            assert "204" in operation["responses"], "where there is no more to come back for"


async def test_the_length_of_a_key_is_in_openapi(lone_gateway: httpx2.AsyncClient) -> None:
    schema = (await lone_gateway.get("/openapi.json")).json()
    stream = schema["paths"]["/api/v1/plan-trip/stream"]
    keys = [
        parameter["schema"]
        for operation in (schema["paths"]["/api/v1/plan-trip"]["post"], stream["post"], stream["get"])
        for parameter in operation["parameters"]
        if parameter["name"] in ("idempotency-key", "idempotency_key")
    ]
    assert [(key["minLength"], key["maxLength"]) for key in keys] == [(1, 255)] * 4


async def test_a_destination_in_openapi_may_be_its_name_alone(lone_gateway: httpx2.AsyncClient) -> None:
    trip = (await lone_gateway.get("/openapi.json")).json()["components"]["schemas"]["TripRequest"]
    kinds = trip["properties"]["destinations"]["items"]["anyOf"]
    assert kinds == [{"type": "string"}, {"$ref": "#/components/schemas/Destination"}]


async def test_every_example_of_a_request_in_openapi_works(client: httpx2.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    tried = 0
    for path, operations in schema["paths"].items():
        if "requestBody" not in operations.get("post", {}) or path.endswith("/stream"):
            continue
        media = operations["post"]["requestBody"]["content"]["application/json"]
        name = media["schema"]["$ref"].rpartition("/")[2]
        found = [example["value"] for example in media.get("examples", {}).values()]
        for example in found or schema["components"]["schemas"][name]["examples"]:
            assert (await client.post(path, json=example)).status_code == 200, path
            tried += 1
    assert tried >= 8


async def test_every_example_of_an_answer_in_openapi_fits_its_schema(client: httpx2.AsyncClient) -> None:
    for model in (HealthAnswer, Problem):
        (example,) = model.model_config["json_schema_extra"]["examples"]
        model.model_validate(example)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/api/v1/plan-trip", 405)])
async def test_what_is_not_there_is_a_problem_too(
    lone_gateway: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await lone_gateway.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/plan-trip", "POST"),
        ("/api/v1/plan-trip/stream", "GET, POST"),
        ("/api/v1/session/x", "DELETE, GET, HEAD"),
        ("/session/x", "DELETE, GET, HEAD"),
        ("/api/trips/x/cancel", "DELETE"),
        ("/api/v1/session/x/stream", "GET"),
        ("/api/v1/session/x/export.ics", "GET, HEAD"),
        ("/api/v1/events/popular", "GET"),
        ("/health", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_allowed_is_told_all_that_are(
    lone_gateway: httpx2.AsyncClient, path: str, methods: str
) -> None:
    answer = await lone_gateway.put(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_what_is_only_looked_up_answers_head_as_get_without_the_body(
    client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    session_id = (await client.post("/plan-trip", json=trip)).json()["session_id"]
    session = f"/api/v1/session/{session_id}"
    for path in ("/health", "/status", "/metrics", "/docs", "/openapi.json", session, f"{session}/export.ics"):
        got, headed = await client.get(path), await client.head(path)
        assert (headed.status_code, headed.content) == (200, b""), path
        assert int(headed.headers["content-length"]) > 0
        for name in ("content-type", "etag"):
            assert headed.headers.get(name) == got.headers.get(name)
    assert (await client.head(f"/session/{session_id[:-4]}0000")).status_code == 404


async def test_the_bare_address_leads_to_the_documentation(lone_gateway: httpx2.AsyncClient) -> None:
    answer = await lone_gateway.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")

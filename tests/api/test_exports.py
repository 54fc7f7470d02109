"""A session's plan as a file, over HTTP."""

import json
from typing import Any

import httpx2
import pytest

from app.trips.exports import FORMATS
from tests.conftest import Bus
from tests.fleet import gateway

pytestmark = pytest.mark.anyio

MEDIA_TYPES = {
    "ics": "text/calendar; charset=utf-8",
    "gpx": "application/gpx+xml",
    "geojson": "application/geo+json",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def planned(client: httpx2.AsyncClient, trip: dict[str, Any]) -> str:
    return str((await client.post("/api/v1/plan-trip", json=trip)).json()["session_id"])


async def test_a_plan_can_be_had_in_every_format(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    session_id = await planned(client, trip)
    path = f"/api/v1/session/{session_id}"
    etag = (await client.get(path)).headers["etag"]
    assert set(FORMATS) == set(MEDIA_TYPES)
    for file_format, media_type in MEDIA_TYPES.items():
        answer = await client.get(f"{path}/export.{file_format}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["etag"] == etag
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-cache"
        manner = "inline" if file_format == "html" else "attachment"
        assert answer.headers["content-disposition"] == (
            f'{manner}; filename="trip-to-paris-2027-05-01.{file_format}"; '
            f"filename*=UTF-8''Trip%20to%20Paris%202027-05-01.{file_format}"
        )
        assert answer.content == (await client.get(f"{path}/export.{file_format}")).content
        assert "Paris" in answer.text
    calendar = (await client.get(f"{path}/export.ics")).text
    assert "DTSTART;TZID=Europe/Paris:2027050" in calendar


async def test_the_page_is_under_a_policy_that_lets_nothing_run(
    client: httpx2.AsyncClient, trip: dict[str, Any]
) -> None:
    path = f"/api/v1/session/{await planned(client, trip)}/export"
    policy = (await client.get(f"{path}.html")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("; frame-ancestors 'self'")
    assert "content-security-policy" not in (await client.get(f"{path}.md")).headers


async def test_a_file_that_has_not_changed_is_not_sent_again(client: httpx2.AsyncClient, trip: dict[str, Any]) -> None:
    path = f"/api/v1/session/{await planned(client, trip)}/export.gpx"
    etag = (await client.get(path)).headers["etag"]
    for form in (etag, f"W/{etag}", f'"1-1", {etag}', "*"):
        again = await client.get(path, headers={"If-None-Match": form})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = await client.get(path, headers={"If-None-Match": '"1-1"'})
    assert other.status_code == 200


async def test_an_unknown_format_is_404_and_names_those_there_are(lone_gateway: httpx2.AsyncClient) -> None:
    for file_format in ("pdf", "ICS", "ics%00", "html.exe", "%2E%2E"):
        answer = await lone_gateway.get(f"/api/v1/session/{UNKNOWN}/export.{file_format}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["code"] == "unknown_format"
        assert "ics, gpx, geojson, md, html" in answer.json()["detail"]


async def test_an_unknown_session_is_404(lone_gateway: httpx2.AsyncClient) -> None:
    for session_id in (UNKNOWN, "abc", "state:*", "x" * 500):
        answer = await lone_gateway.get(f"/api/v1/session/{session_id}/export.ics")
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_a_session_without_an_itinerary_is_409(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as client:
        opened = (await client.post("/plan-trip", json=trip, headers={"Prefer": "respond-async"})).json()
        path = f"/api/v1/session/{opened['session_id']}"
        running = await client.get(f"{path}/export.html", headers={"If-None-Match": "*"})
        assert (running.status_code, running.headers["content-type"]) == (409, "application/problem+json")
        assert running.json()["code"] == "no_itinerary"
        assert "the session is running" in running.json()["detail"]
        await client.delete(path)
        cancelled = await client.get(f"{path}/export.html")
        assert (cancelled.status_code, cancelled.json()["code"]) == (409, "no_itinerary")
        assert "the session is cancelled" in cancelled.json()["detail"]


@pytest.mark.parametrize(
    ("destination", "name"), [("Zürich", "trip-to-zurich-2027"), ("Reykjavík", "trip-to-reykjavik-2027")]
)
async def test_the_file_is_named_after_the_destination(
    client: httpx2.AsyncClient, trip: dict[str, Any], destination: str, name: str
) -> None:
    session_id = await planned(client, {**trip, "destination": destination})
    answer = await client.get(f"/api/v1/session/{session_id}/export.md")
    disposition = answer.headers["content-disposition"]
    assert disposition.isascii()
    assert name in disposition


async def test_openapi_lists_the_route_with_its_answers(lone_gateway: httpx2.AsyncClient) -> None:
    schema = (await lone_gateway.get("/openapi.json")).json()
    operation = schema["paths"]["/api/v1/session/{session_id}/export.{file_format}"]["get"]
    assert set(operation["responses"]) >= {"200", "304", "404", "409", "503"}
    assert set(operation["responses"]["200"]["content"]) == {kind.split(";")[0] for kind in MEDIA_TYPES.values()}
    (parameter,) = [found for found in operation["parameters"] if found["name"] == "file_format"]
    assert parameter["schema"]["enum"] == list(MEDIA_TYPES)
    assert "for calendars" in json.dumps(operation)

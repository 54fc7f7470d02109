"""The gateway's client against answers written by hand: streams that break, streams that are switched off, silence."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from app.cli import gateway_client
from app.cli.errors import CommandError, GatewayAwayError, RefusedError
from app.cli.gateway_client import GatewayClient

pytestmark = pytest.mark.anyio

STARTED = {"type": "started", "session_id": "550e8400"}
ENDED = {"type": "completed", "status": "completed", "session_id": "550e8400", "data": {}}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_client, "ATTEMPT_PAUSE_S", 0.0)


def _stream(*events: tuple[str, dict[str, Any]]) -> httpx2.Response:
    body = "".join(f"id: {entry}\ndata: {json.dumps(event)}\n\n" for entry, event in events)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=": hello\n\n" + body)


def _client(answer: Callable[[httpx2.Request], httpx2.Response]) -> GatewayClient:
    return GatewayClient("http://127.0.0.1:8000", httpx2.MockTransport(answer))


async def _events(client: GatewayClient) -> list[dict[str, Any]]:
    async with client:
        return [event async for event in client.plan({"destination": "Paris"})]


async def test_a_stream_that_breaks_is_taken_up_after_its_last_event() -> None:
    seen: list[tuple[str, str, str | None]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, request.url.path, request.headers.get("last-event-id")))
        if len(seen) == 1:
            return _stream(("7-0", STARTED))
        if len(seen) == 2:
            raise httpx2.ConnectError("restarting")
        return _stream(("8-0", ENDED))

    assert [event["type"] for event in await _events(_client(answer))] == ["started", "completed"]
    assert seen == [
        ("POST", "/api/v1/plan-trip/stream", None),
        ("GET", "/api/v1/session/550e8400/stream", "7-0"),
        ("GET", "/api/v1/session/550e8400/stream", "7-0"),
    ]


async def test_a_stream_that_was_cut_is_taken_up_and_one_that_is_lost_is_not() -> None:
    asked: list[str | None] = []
    endings = [
        {"type": "cut", "code": "slow_reader", "message": "attach again", "last_event_id": "7-0"},
        {"type": "lost", "code": "session_lost", "message": "no log", "last_event_id": "7-0"},
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("last-event-id"))
        body = f"id: 7-0\ndata: {json.dumps(STARTED)}\n\n" if len(asked) == 1 else ""
        body += f"data: {json.dumps(endings[len(asked) - 1])}\n\n"
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=body)

    with pytest.raises(CommandError, match="no log"):
        await _events(_client(answer))
    assert asked == [None, "7-0"]


async def test_a_gateway_that_does_not_come_back_is_given_up() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        return _stream(("7-0", STARTED)) if len(asked) == 1 else httpx2.Response(502, text="<html>")

    with pytest.raises(GatewayAwayError, match=r"http://127\.0\.0\.1:8000"):
        await _events(_client(answer))
    assert len(asked) == gateway_client.ATTEMPTS + 1


async def test_a_new_session_is_not_asked_for_twice() -> None:
    """Nobody knows whether the first was opened."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        raise httpx2.ConnectError("no")

    with pytest.raises(GatewayAwayError):
        await _events(_client(answer))
    assert len(asked) == 1


async def test_where_streaming_is_switched_off_the_plan_is_waited_for() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/stream"):
            return httpx2.Response(503, json={"code": "streaming_disabled", "detail": "off"})
        return httpx2.Response(200, json=ENDED)

    assert await _events(_client(answer)) == [ENDED]


async def test_a_refusal_carries_the_gateways_sentence() -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(422, json={"detail": "origin: no place called 'Xyz' is known"})

    with pytest.raises(RefusedError, match="no place called"):
        await _events(_client(answer))


@pytest.mark.parametrize("body", ["<html>", "[]", '{"status": "ok"}', '{"agents": ["weather"]}'])
async def test_another_service_on_the_port_is_not_taken_for_a_gateway(body: str) -> None:
    async with _client(lambda _: httpx2.Response(200, text=body)) as client:
        assert await client.status() is None


@pytest.mark.parametrize("body", ["<html>", "[]"])
async def test_what_is_no_plan_is_no_gateways_answer(body: str) -> None:
    async with _client(lambda _: httpx2.Response(200, text=body)) as client:
        with pytest.raises(GatewayAwayError, match="no plan"):
            await client.plan_raw({"destination": "Paris"})


def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    with pytest.raises(CommandError, match="ALL_PROXY"):
        GatewayClient("http://gateway.example")

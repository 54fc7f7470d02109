"""What an open stream costs and leaves behind: sends, tasks, places in a feed, connections."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from app.api import event_stream
from app.api.event_stream import KEEP_ALIVE
from tests.api.streams import attached, bare_gateway, opened, stream_path, subscribers, tasks, tell
from tests.conftest import Bus
from tests.fleet import gateway, serving
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio


class Request:
    """A stream's request, made by hand. `sent`: what the app has sent; `leave` disconnects."""

    def __init__(self, on_send: Callable[[Message], None] = lambda message: None) -> None:
        self.sent: list[Message] = []
        self._on_send = on_send
        self._received = 0
        self._left = asyncio.Event()

    async def make(self, app: ASGIApp, path: str) -> None:
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await app({**scope, "http_version": "1.1", "scheme": "http", "server": None}, self.receive, self.send)

    def leave(self) -> None:
        self._left.set()

    async def receive(self) -> Message:
        self._received += 1
        if self._received == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self._on_send(message)
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message["more_body"]:
            self.leave()

    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]


async def test_events_that_are_there_together_leave_in_one_send(fake_bus: Bus, trip: dict[str, Any]) -> None:
    app = bare_gateway(fake_bus)
    async with gateway(fake_bus) as driver, serving(app):
        await wait_until(app.state.gateway.orchestrator.is_listening)
        session_id = await opened(driver, trip)
        await tell(fake_bus, session_id, "at work", 5)
        request = Request()
        stream = asyncio.create_task(request.make(app, stream_path(session_id)))
        await wait_until(lambda: b"".join(request.bodies()).count(b"at work") == 5)
        assert len(request.bodies()) == 1
        await tell(fake_bus, session_id, "still", 1)
        await wait_until(lambda: len(request.bodies()) == 2)
        assert request.bodies()[1].startswith(b"id: ")
        assert request.bodies()[1].endswith(b"}\n\n")
        await driver.delete(f"/api/v1/session/{session_id}")
        await stream
        assert b'"cancelled"' in request.bodies()[-2]
        assert request.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_large_events_leave_in_portions(fake_bus: Bus, trip: dict[str, Any]) -> None:
    app = bare_gateway(fake_bus)
    async with gateway(fake_bus) as driver, serving(app):
        await wait_until(app.state.gateway.orchestrator.is_listening)
        session_id = await opened(driver, trip)
        await tell(fake_bus, session_id, "x" * 40_000, 10)
        await driver.delete(f"/api/v1/session/{session_id}")
        request = Request()
        await request.make(app, stream_path(session_id))
        assert [body.count(b"x" * 40_000) for body in request.bodies()[:-1]] == [2, 2, 2, 2, 2, 0]


@pytest.mark.rows("S0-133")
async def test_a_viewer_of_a_quiet_session_that_leaves_leaves_nothing_behind(
    fake_bus: Bus, trip: dict[str, Any]
) -> None:
    async with gateway(fake_bus) as driver, gateway(fake_bus) as client:
        session_id = await opened(driver, trip)
        alone, before = await subscribers(fake_bus, session_id), tasks()
        async with attached(client, session_id) as reader:
            await reader.readuntil(b"data: ")
            assert await subscribers(fake_bus, session_id) == alone + 1
            assert tasks() <= before + 2, "the request's, and the feed's"

        async def is_free() -> bool:
            return await subscribers(fake_bus, session_id) == alone

        await wait_until(is_free, timeout_s=3)
        await wait_until(lambda: tasks() <= before, timeout_s=3)
        await driver.delete(f"/api/v1/session/{session_id}")


@pytest.mark.rows("S0-133")
async def test_500_viewers_have_a_task_each_and_none_when_they_vanish(fake_bus: Bus, trip: dict[str, Any]) -> None:
    async with gateway(fake_bus) as driver, gateway(fake_bus) as client:
        session_id = await opened(driver, trip)
        before = tasks()
        async with AsyncExitStack() as viewers:
            for _ in range(500):
                reader = await viewers.enter_async_context(attached(client, session_id))
                await reader.readuntil(b"data: ")
            assert tasks() <= before + 501, "one each, and the feed's"
        await wait_until(lambda: tasks() <= before, timeout_s=5)
        await driver.delete(f"/api/v1/session/{session_id}")


@pytest.mark.rows("S0-133")
async def test_a_silent_stream_is_kept_alive(
    fake_bus: Bus, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_S", 0.1)
    async with gateway(fake_bus) as client:
        session_id = await opened(client, trip)
        async with attached(client, session_id) as reader:
            for _ in range(3):
                await reader.readuntil(KEEP_ALIVE)
            await tell(fake_bus, session_id, "after silence", 1)
            await reader.readuntil(b"after silence")
        await client.delete(f"/api/v1/session/{session_id}")
    assert KEEP_ALIVE.startswith(b": ")
    assert KEEP_ALIVE.endswith(b"\n\n")


@pytest.mark.rows("S0-133", "S3-41")
async def test_the_connection_of_a_client_that_does_not_read_is_dropped(
    fake_bus: Bus, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would hold its buffer, and at the end the server, for as long as the client likes."""
    monkeypatch.setattr(event_stream, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(event_stream, "SEND_TIMEOUT_S", 0.2)
    log = ""

    def is_let_go() -> bool:
        nonlocal log
        log += capsys.readouterr().out
        return "stream_not_read" in log

    async with AsyncExitStack() as beyond:
        async with gateway(fake_bus) as client:
            session_id = await opened(client, trip)
            await beyond.enter_async_context(attached(client, session_id))
            await tell(fake_bus, session_id, "x" * 100_000, 50)
            await wait_until(is_let_go)
            await client.delete(f"/api/v1/session/{session_id}")
        log += capsys.readouterr().out
    assert log.count("stream_not_read") == 1
    assert "[error" not in log, "the server waited for it until its time was up"


@pytest.mark.rows("DC-08", "S2-38")
async def test_streams_end_with_their_gateway_which_they_do_not_hold_up(fake_bus: Bus, trip: dict[str, Any]) -> None:
    app = bare_gateway(fake_bus)
    async with gateway(fake_bus) as driver:
        session_id = await opened(driver, trip)
        async with serving(app) as client, AsyncExitStack() as viewers:
            await wait_until(app.state.gateway.orchestrator.is_listening)
            readers = [await viewers.enter_async_context(attached(client, session_id)) for _ in range(20)]
            for reader in readers:
                await reader.readuntil(b"data: ")
            app.state.gateway.orchestrator.stop_soon()
            told_at = time.monotonic()
            for reader in readers:
                last = await reader.readuntil(b"\r\n0\r\n\r\n")
                cut = json.loads(last[last.rindex(b"data: ") + 6 : last.rindex(b"}") + 1])
                assert (cut["type"], cut["code"]) == ("cut", "shutting_down")
                assert cut["last_event_id"]
            assert time.monotonic() - told_at < 1
            late = await client.get(stream_path(session_id))
            assert json.loads(late.text.removeprefix("data: "))["code"] == "shutting_down"
        await driver.delete(f"/api/v1/session/{session_id}")


@pytest.mark.parametrize("fails_at", [1, 2])
async def test_a_stream_that_cannot_be_sent_fails_alone(fake_bus: Bus, trip: dict[str, Any], fails_at: int) -> None:
    def fail(message: Message) -> None:
        if len(broken.sent) == fails_at:
            raise KeyError("a bug")

    app = bare_gateway(fake_bus)
    async with gateway(fake_bus) as driver, serving(app):
        await wait_until(app.state.gateway.orchestrator.is_listening)
        session_id = await opened(driver, trip)
        broken, whole = Request(fail), Request()
        streams = [asyncio.create_task(request.make(app, stream_path(session_id))) for request in (broken, whole)]
        await wait_until(lambda: whole.bodies())
        await tell(fake_bus, session_id, "go on", 1)
        with pytest.raises(KeyError):
            await streams[0]
        await driver.delete(f"/api/v1/session/{session_id}")
        await streams[1]
        assert b'"cancelled"' in whole.bodies()[-2]


async def test_there_is_no_head_of_a_stream(own_gateway: Any, trip: dict[str, Any]) -> None:
    session_id = await opened(own_gateway, trip)
    answer = await own_gateway.head(stream_path(session_id))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    await own_gateway.delete(f"/api/v1/session/{session_id}")

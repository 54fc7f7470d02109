"""A provider's stand-in: a real server on loopback that answers as it was told, and remembers what it was asked.

It is a server and no mocked transport, since half of what may go wrong happens below HTTP.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderRefusedQuestionError,
    ProviderTimeoutError,
)


@dataclass(frozen=True)
class Reply:
    """`body`: bytes as they are, a function of what was asked (`Asked`) that makes it, anything else as JSON. `drip_s`:
    pause after each byte. `hangs`: nothing is ever sent. `cut_after`: so many bytes of the body are sent, then the
    connection is closed."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    drip_s: float = 0.0
    hangs: bool = False
    cut_after: int | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """`headers` by their names in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandIn:
    """`url` has no slash at its end."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    _replies: dict[str, list[Reply]] = field(default_factory=dict)

    def answers(self, path: str, *replies: Reply | Any) -> None:
        """What is answered to a path that begins so, the longest such beginning first: one after the other, and the
        last again and again. Anything that is no Reply is sent as JSON."""
        self._replies[path] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def _reply_to(self, path: str) -> Reply:
        for beginning in sorted(self._replies, key=len, reverse=True):
            if path.startswith(beginning):
                replies = self._replies[beginning]
                return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply({"error": "no such page"}, status=404)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._serve_one(reader, writer):
                pass
        writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.asked.append(Asked(method, parts.path, query, headers, body))
        reply = self._reply_to(parts.path)
        if callable(reply.body):
            reply = replace(reply, body=reply.body(self.asked[-1]))
        return await self._send(reply, writer)

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can be used again."""
        if reply.hangs:
            await asyncio.Event().wait()
        lines = [f"HTTP/1.1 {reply.status} Reply", f"Content-Type: {reply.content_type}"]
        lines += [f"Content-Length: {len(reply.raw)}", *(f"{name}: {value}" for name, value in reply.headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        body = reply.raw[: reply.cut_after] if reply.cut_after is not None else reply.raw
        for piece in [bytes([byte]) for byte in body] if reply.drip_s else [body]:
            writer.write(piece)
            await writer.drain()
            if reply.drip_s:
                await asyncio.sleep(reply.drip_s)
        return reply.cut_after is None


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    provider, open_connections = StandIn(), set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections.add(task)
        try:
            await provider.serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()
        finally:
            open_connections.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.close()
        for task in list(open_connections):
            task.cancel()
        if open_connections:
            await asyncio.wait(list(open_connections))
        await server.wait_closed()


PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
XML = b'<?xml version="1.0" encoding="UTF-8"?><error><code>500</code><message>Internal Error</message></error>'


@dataclass(frozen=True)
class Failure:
    """What a provider may do in place of answering, and what that is to us. `with_key`: where it was given one."""

    reply: Reply
    error: type[ProviderError]
    with_key: type[ProviderError] | None = None

    def expected(self, has_key: bool) -> type[ProviderError]:
        return self.with_key if has_key and self.with_key else self.error


FAILURES = [
    pytest.param(Failure(Reply({"message": "bad"}, 400), ProviderRefusedQuestionError), id="400"),
    pytest.param(
        Failure(Reply({"message": "Invalid API key"}, 401), ProviderFailedError, ProviderKeyRefusedError), id="401"
    ),
    pytest.param(Failure(Reply({"message": "no"}, 403), ProviderFailedError, ProviderKeyRefusedError), id="403"),
    pytest.param(Failure(Reply({"message": "none"}, 404), ProviderRefusedQuestionError), id="404"),
    pytest.param(Failure(Reply({"message": "wait"}, 429), ProviderBusyError), id="429"),
    pytest.param(
        Failure(Reply({"message": "wait"}, 429, {"Retry-After": "3600"}), ProviderBusyError), id="429-retry-after"
    ),
    pytest.param(
        Failure(Reply(PAGE, 429, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), ProviderBusyError),
        id="429-retry-after-a-date",
    ),
    pytest.param(Failure(Reply(PAGE, 500, content_type="text/html"), ProviderFailedError), id="500"),
    pytest.param(Failure(Reply(PAGE, 502, content_type="text/html"), ProviderFailedError), id="502"),
    pytest.param(Failure(Reply(PAGE, 503, content_type="text/html"), ProviderBusyError), id="503"),
    pytest.param(Failure(Reply(b"", 302, {"Location": "http://127.0.0.1:9/"}), ProviderFailedError), id="redirect"),
    pytest.param(Failure(Reply(PAGE, content_type="text/html"), ProviderAnswerError), id="html-in-200"),
    pytest.param(Failure(Reply(XML, content_type="text/xml"), ProviderAnswerError), id="xml-in-200"),
    pytest.param(Failure(Reply(b""), ProviderAnswerError), id="empty-body"),
    pytest.param(Failure(Reply(b"\xff\xfe\x00\x80"), ProviderAnswerError), id="bytes-that-are-no-text"),
    pytest.param(Failure(Reply(b"[" * 100_000), ProviderAnswerError), id="nested-without-end"),
    pytest.param(Failure(Reply(b'{"a": NaN}'), ProviderAnswerError), id="nan"),
    pytest.param(Failure(Reply("a text"), ProviderAnswerError), id="json-text"),
    pytest.param(Failure(Reply(17), ProviderAnswerError), id="json-number"),
    pytest.param(Failure(Reply(b'{"a": "' + b"x" * 5_000_000 + b'"}'), ProviderAnswerError), id="far-too-large"),
    pytest.param(Failure(Reply({"a": [1] * 100}, cut_after=20), ProviderFailedError), id="cut-off"),
    pytest.param(Failure(Reply({"a": "b" * 10_000}, drip_s=0.05), ProviderTimeoutError), id="slow-drip"),
    pytest.param(Failure(Reply(hangs=True), ProviderTimeoutError), id="hangs"),
]
"""What every provider's contract test goes through; what is peculiar to one stands in its own test. Give each question
about a second: the slow ones use all of it."""

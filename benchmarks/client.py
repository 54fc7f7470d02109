"""A lean HTTP client: keep-alive connections without a client library, so that asking costs little beside what is
measured."""

import json
from asyncio import StreamReader, StreamWriter, open_connection
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic_core import from_json

LONGEST_HEAD = 64 * 1024

TRIP = {
    "destination": "Lisbon, Portugal",
    "origin": "Berlin, Germany",
    "travel_dates": ["2027-05-01", "2027-05-03"],
    "travelers_count": 2,
    "user_preferences": {"interests": ["art", "food", "history"]},
}
"""A trip for agents that do not look at it."""

PLAN_PATH = "/api/v1/plan-trip"


class Connection:
    """One connection, on which one request at a time is under way."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host

    @classmethod
    async def open(cls, url: str) -> Self:
        """Raises OSError where nobody listens."""
        address = urlsplit(url)
        reader, writer = await open_connection(address.hostname, address.port, limit=LONGEST_HEAD)
        return cls(reader, writer, address.netloc)

    async def aclose(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer, which has to say how long it is."""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self._writer.write(f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{kind}\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return int(head[9:12]), await self._reader.readexactly(length)

    async def get(self, path: str) -> Any:
        """The JSON of a GET; anything but 200 is an error."""
        return _parsed(path, *await self.ask("GET", path))

    async def post(self, path: str, body: bytes) -> Any:
        return _parsed(path, *await self.ask("POST", path, body))

    async def plan(self, trip: bytes) -> dict[str, Any]:
        """A plan that is complete; any other is an error."""
        answer: dict[str, Any] = await self.post(PLAN_PATH, trip)
        assert answer["status"] == "completed", f"not complete: {answer['status']}, {answer.get('failures')}"
        return answer


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many, all open."""
    opened = [await Connection.open(url) for _ in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            await connection.aclose()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    async with connections(url, 1) as [connection]:
        yield connection


def as_body(content: Any) -> bytes:
    return json.dumps(content).encode()


def _parsed(path: str, status: int, body: bytes) -> Any:
    assert status == 200, f"{path}: {status} {body[:300]!r}"
    return from_json(body)

"""Sessions that tests watch, and viewers that behave well or badly."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI

from app.config.settings import Settings
from app.main import create_app
from app.messaging import channels, events
from tests.conftest import Bus


async def read_stream(client: httpx2.AsyncClient, method: str, path: str, **options: Any) -> list[dict[str, Any]]:
    """Every event of a stream that ends by itself, its id under `id`. Checks the framing on the way."""
    events: list[dict[str, Any]] = []
    entry_id = ""
    async with client.stream(method, path, **options) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            assert line == "" or line.startswith(("id: ", "data: ", ": ")), line
            if line.startswith("id: "):
                entry_id = line[4:]
            if line.startswith("data: "):
                events.append({**json.loads(line[6:]), "id": entry_id})
    return events


async def opened(client: httpx2.AsyncClient, trip: dict[str, Any]) -> str:
    """A session of this gateway's that no worker works at."""
    answer = await client.post("/api/v1/plan-trip", json=trip, headers={"Prefer": "respond-async"})
    return str(answer.json()["session_id"])


async def tell(bus: Bus, session_id: str, message: str, times: int) -> None:
    broker = bus.broker()
    for _ in range(times):
        await broker.append(session_id, events.progress("weather", "r", message, 10))


@asynccontextmanager
async def attached(client: httpx2.AsyncClient, session_id: str) -> AsyncIterator[asyncio.StreamReader]:
    """A bare connection to a session's stream, with small buffers: it reads when the test does, and ends abruptly."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", client.base_url.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
    writer.write(b"GET /api/v1/session/%b/stream HTTP/1.1\r\nHost: t\r\n\r\n" % session_id.encode())
    try:
        yield reader
    finally:
        writer.transport.abort()


async def subscribers(bus: Bus, session_id: str) -> int:
    redis: Any = bus.make_client()
    found = await redis.pubsub_numsub(channels.session_log(session_id))
    await redis.aclose()
    return int(found[0][1])


def tasks() -> int:
    """How many run."""
    return len(asyncio.all_tasks())


def stream_path(session_id: str) -> str:
    return f"/api/v1/session/{session_id}/stream"


def bare_gateway(bus: Bus, **settings: Any) -> FastAPI:
    """One that `serving` starts, for tests that also look at it from inside."""
    return create_app(Settings(_env_file=None, **settings), bus.broker())

"""How late events reach many viewers of one gateway, and what a viewer costs (goal: 5,000 viewers, p99 below 250 ms).

    python -m benchmarks.streams [--short]           (row S4-67: 1,000 events a second and more, nobody blocked)

A real gateway on a Redis of its own holds sessions open; each gets an event a second, at a moment of its own. Viewers
are spread over fifty sessions, or all watch one. An event's lag runs from just before it is appended to the session's
log until its last byte is at a viewer. Beside each stands a bare server that writes the same bytes to everybody
(`bare_streams.py`). With --short: 1,000 viewers, a few seconds.
"""

import asyncio
import json
import platform
import random
import resource
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2
import psutil

from app.messaging import events
from app.messaging.broker import Broker
from benchmarks.measure import Processes, free_port, machine, quantile, redis_server, this_python
from benchmarks.viewers import SENT, clock

MANY_SESSIONS = 50
GOAL_P99_S = 0.25
READY_WITHIN_S = 60.0
LATECOMERS_S = 2.0
"""How long is waited after the last event for what is late."""

HOURS_MS = "3600000"
PATIENT = {f"TIMEOUT_{agent}": HOURS_MS for agent in ("WEATHER", "EVENTS", "MAPS", "BUDGET", "ITINERARY")}
"""Sessions stay open by themselves: no worker is started, and their agents have an hour."""

TRIP = {"destination": "Rome", "origin": "Berlin", "travel_dates": ["2027-05-01", "2027-05-03"], "travelers_count": 2}


@dataclass(frozen=True)
class Layout:
    viewers: int
    sessions: int

    def __str__(self) -> str:
        return f"{self.viewers:,} viewers of {'one session' if self.sessions == 1 else f'{self.sessions} sessions'}"


@dataclass(frozen=True)
class Figures:
    """What one run showed. `memory_bytes`: what the server grew by for a viewer. `connections`: how many it has to
    Redis, and how many of them subscribe."""

    lags_s: Sequence[float]
    lost: str
    seconds: float
    cpu_s: float
    memory_bytes: float
    connections: tuple[int, int] = (0, 0)

    @property
    def p99_s(self) -> float:
        return quantile(self.lags_s, 0.99)

    @property
    def cpu_us(self) -> float:
        """A delivered event's."""
        return self.cpu_s / len(self.lags_s) * 1e6

    def __str__(self) -> str:
        lags = [quantile(self.lags_s, 0.5), self.p99_s, max(self.lags_s)]
        return (
            f"{len(self.lags_s):,} events, {self.lost or 'none missing or doubled'}; "
            f"lag p50 / p99 / max {' / '.join(f'{lag_s * 1000:.1f}' for lag_s in lags)} ms; "
            f"CPU {self.cpu_s / self.seconds:.0%} of a core, {self.cpu_us:.1f} µs an event; "
            f"{self.memory_bytes / 1024:.1f} KiB a viewer"
        )


class Server(Protocol):
    """What viewers are attached to. `paths`: one a session."""

    processes: Processes
    port: int
    paths: list[str]

    async def tell(self, path: str) -> str:
        """Write an event to that session now. Returns its id."""
        ...


# ---- the gateway


class Gateway:
    """The product's, with sessions that wait."""

    def __init__(self, processes: Processes, port: int, pid: int, broker: Broker) -> None:
        self.processes = processes
        self.port = port
        self.paths: list[str] = []
        self._pid = pid
        self._broker = broker
        self._of_path: dict[str, tuple[str, str]] = {}

    async def open(self, client: httpx2.AsyncClient, sessions: int) -> None:
        for _ in range(sessions):
            answer = await client.post("/api/v1/plan-trip", json=TRIP, headers={"Prefer": "respond-async"})
            session_id = answer.raise_for_status().json()["session_id"]
            path = f"/api/v1/session/{session_id}/stream"
            self.paths.append(path)
            self._of_path[path] = session_id, await self._request_id(session_id)

    async def _request_id(self, session_id: str) -> str:
        """That of the request to the weather agent."""
        while True:
            for entry in await self._broker.read_log(session_id):
                event = events.decode_event(entry.event)
                if event.get("agent") == "weather":
                    return str(event["request_id"])
            await asyncio.sleep(0.02)

    async def tell(self, path: str) -> str:
        session_id, request_id = self._of_path[path]
        event = events.progress("weather", request_id, f"{SENT}{clock():.6f}", 50)
        return (await self._broker.append(session_id, event)).entry_id

    def connections(self, clients: list[dict[str, str]]) -> tuple[int, int]:
        """How many the gateway has to Redis, and how many of them subscribe. `clients`: Redis' list."""
        ports = {found.laddr.port for found in psutil.Process(self._pid).net_connections() if found.laddr}
        mine = [client for client in clients if int(client["addr"].rpartition(":")[2]) in ports]
        return len(mine), sum(client["sub"] != "0" or client["psub"] != "0" for client in mine)


@asynccontextmanager
async def a_gateway(redis_url: str, sessions: int) -> AsyncIterator[Gateway]:
    """A fresh one, as `make run` starts it."""
    processes, port = Processes(), free_port()
    environment = {**PATIENT, "ORCHESTRATOR_TIMEOUT": HOURS_MS, "REDIS_URL": redis_url, "DEBUG": "false"}
    options = ("--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "5", "--log-level", "warning")
    process = await processes.start("server", *this_python("uvicorn", "app.main:app", *options), env=environment)
    broker = Broker(redis_url)
    gateway = Gateway(processes, port, process.pid, broker)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            await _until_ready(client)
            await gateway.open(client, sessions)
            yield gateway
            for path in gateway.paths:
                await client.delete(path.removesuffix("/stream"))
    finally:
        await processes.stop()
        await broker.aclose()


async def _until_ready(client: httpx2.AsyncClient) -> None:
    """Ready: it serves a stream's route, for which it must be listening to Redis."""
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with suppress(httpx2.HTTPError):
                if (await client.get("/api/v1/session/00000000-0000-0000-0000-000000000000/stream")).status_code == 404:
                    return
            await asyncio.sleep(0.05)


# ---- the bare server


class BareServer:
    def __init__(self, processes: Processes, port: int, sessions: int, orders: asyncio.StreamWriter) -> None:
        self.processes = processes
        self.port = port
        self.paths = [f"/{number}" for number in range(sessions)]
        self._orders = orders
        self._told = 0

    async def tell(self, path: str) -> str:
        self._told += 1
        entry_id = f"1700000000000-{self._told}"
        event = json.loads(events.progress("weather", "0" * 36, f"{SENT}{clock():.6f}", 50)) | {"overall_percent": 7}
        frame = f"id: {entry_id}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n"
        self._orders.write(json.dumps([path, frame]).encode() + b"\n")
        return entry_id


@asynccontextmanager
async def a_bare_server(sessions: int) -> AsyncIterator[BareServer]:
    processes, port, orders_port = Processes(), free_port(), free_port()
    await processes.start("server", *this_python("benchmarks.bare_streams", str(port), str(orders_port)))
    try:
        orders = await _connected(orders_port)
        yield BareServer(processes, port, sessions, orders)
        orders.close()
    finally:
        await processes.stop()


async def _connected(port: int) -> asyncio.StreamWriter:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            with suppress(OSError):
                return (await asyncio.open_connection("127.0.0.1", port))[1]
            await asyncio.sleep(0.02)


# ---- measuring


class Audience:
    """A client process, `viewers.py`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, what: Any) -> Any:
        self._writer.write(json.dumps(what).encode() + b"\n")
        return json.loads(await self._reader.readline())


@asynccontextmanager
async def an_audience() -> AsyncIterator[Audience]:
    arrived: asyncio.Queue[Audience] = asyncio.Queue()
    processes = Processes()
    # Its answer is one line, and a long one.
    listener = await asyncio.start_server(lambda *pair: arrived.put_nowait(Audience(*pair)), "127.0.0.1", limit=1 << 30)
    port = listener.sockets[0].getsockname()[1]
    try:
        await processes.start("viewers", *this_python("benchmarks.viewers", str(port)))
        yield await arrived.get()
    finally:
        listener.close()
        await processes.stop()


async def measure(server: Server, layout: Layout, seconds: float) -> Figures:
    """Attach viewers, have an event a second written to each session, and ask what the viewers saw."""
    async with an_audience() as audience:
        memory = server.processes.memory_bytes()["server"]
        paths = [server.paths[number % layout.sessions] for number in range(layout.viewers)]
        await audience.ask({"port": server.port, "paths": paths})
        grown = server.processes.memory_bytes()["server"] - memory
        cpu_s = server.processes.cpu_s()["server"]
        written = await _write(server, seconds)
        cpu_s = server.processes.cpu_s()["server"] - cpu_s
        seen = await audience.ask(written)
    faults = {name: seen[name] for name in ("missing", "doubled", "disordered") if seen[name]}
    lost = ", ".join(f"{count:,} {name}" for name, count in faults.items())
    return Figures(seen["lags_s"], lost, seconds, cpu_s, grown / layout.viewers)


async def _write(server: Server, seconds: float) -> dict[str, list[str]]:
    """Ids of what was written on each path. Returns when viewers have had time to read it."""
    written: defaultdict[str, list[str]] = defaultdict(list)

    async def write(path: str) -> None:
        at = clock() + random.random()
        for _ in range(int(seconds)):
            await asyncio.sleep(max(0.0, at - clock()))
            written[path].append(await server.tell(path))
            at += 1.0

    await asyncio.gather(*map(write, server.paths))
    await asyncio.sleep(LATECOMERS_S)
    return written


async def redis_clients(url: str) -> list[dict[str, str]]:
    """Redis' own list of its connections."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2].partition("/")[0]))
    writer.write(b"CLIENT LIST\r\n")
    size = int((await reader.readline())[1:])
    listed = (await reader.readexactly(size)).decode()
    writer.close()
    return [dict(word.partition("=")[::2] for word in line.split()) for line in listed.splitlines()]


async def compare(redis_url: str, layout: Layout, seconds: float) -> bool:
    """Print both servers' figures and their ratio. True where nothing was lost and the goal is met."""
    async with a_gateway(redis_url, layout.sessions) as gateway:
        ours = await measure(gateway, layout, seconds)
        connections, subscribing = gateway.connections(await redis_clients(redis_url))
    async with a_bare_server(layout.sessions) as bare_server:
        bare = await measure(bare_server, layout, seconds)
    print(f"\n{layout}\n  gateway: {ours}\n  bare server: {bare}")
    print(f"  ratio: CPU an event {ours.cpu_us / bare.cpu_us:.2f}, p99 {ours.p99_s / bare.p99_s:.2f}")
    print(f"  the gateway's connections to Redis: {connections}, of which {subscribing} subscribe", flush=True)
    return not ours.lost and ours.p99_s < GOAL_P99_S


def allow_open_files() -> None:
    """As many as the system lets us; processes that we start inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS says "unlimited", and takes no more than this.
    most = min(most, 10_240) if platform.system() == "Darwin" else most
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def main(is_short: bool) -> int:
    allow_open_files()
    print(machine("uvicorn", "fastapi", "uvloop"))
    audiences, seconds = ([1_000], 5.0) if is_short else ([1_000, 5_000], 20.0)
    layouts = [Layout(viewers, sessions) for viewers in audiences for sessions in (MANY_SESSIONS, 1)]
    async with redis_server(Processes()) as redis_url:
        met = [await compare(redis_url, layout, seconds) for layout in layouts]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main("--short" in sys.argv[1:])))

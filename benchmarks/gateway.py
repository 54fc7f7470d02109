"""Fleets to measure through HTTP: a real gateway with agents that do nothing or wait, or the fleet of `make run`."""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import structlog
from pydantic import SecretStr

from app.cli.local_fleet import LocalFleet, until_ready
from app.config.settings import Settings
from benchmarks.bodies import AGENTS
from benchmarks.client import PLAN_PATH, TRIP, as_body, connected
from benchmarks.measure import FINISH_WITHIN_S, Processes, free_port, redis_server, this_python

READY_WITHIN_S = 90.0
POLL_S = 0.05

GATEWAY = "app.main:app"

Status = dict[str, Any]
"""What GET /status answers."""


@dataclass
class Fleet:
    """One gateway, and of each agent as many workers as `grow` was told. `wait_ms`: by agent, see `agents.py`.

    `settings`: environment of every process. All is stopped with `processes`.
    """

    processes: Processes
    redis_url: str
    wait_ms: Mapping[str, str]
    settings: Mapping[str, str]
    url: str = ""
    replicas: int = 0
    _workers: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start_gateway(self, *app: str) -> None:
        """As the image does; it is on its way when this returns."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        options = ("--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "5")
        quiet = ("--log-level", "warning")
        await self.processes.start("gateway", *this_python("uvicorn", *app, *options, *quiet), env=self._environment())

    async def grow(self, replicas: int) -> None:
        """Start workers until there are so many of each agent, and wait until the gateway knows them all."""
        for number in range(self.replicas, replicas):
            for agent in AGENTS:
                own = {"BENCH_WAIT_MS": self.wait_ms.get(agent, "0"), "BENCH_SEED": str(number)}
                env = self._environment() | own
                command = this_python("benchmarks.agents", agent)
                self._workers.append(await self.processes.start("workers", *command, env=env))
        self.replicas = replicas
        missing = await until_ready(self.url, READY_WITHIN_S)
        assert not missing, f"not ready: {', '.join(missing)}"
        await self.until(lambda status: all(len(found) == replicas for found in status["instances"].values()))

    async def until(self, condition: Callable[[Status], bool]) -> Status:
        """The first status that the condition holds for."""
        deadline = time.monotonic() + READY_WITHIN_S
        async with connected(self.url) as connection:
            while not condition(status := await connection.get("/status")):
                assert time.monotonic() < deadline, f"waited in vain; the last status was {status}"
                await asyncio.sleep(POLL_S)
        return status

    async def stop_workers(self) -> None:
        """All together, which is quicker than one after another; whoever does not heed it is left to `processes`."""
        for worker in self._workers:
            if worker.returncode is None:
                worker.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(worker.wait() for worker in self._workers)), FINISH_WITHIN_S)

    def _environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.redis_url, "DEBUG": "false", "MAX_CONCURRENT_REQUESTS": "1000", **self.settings}


@asynccontextmanager
async def waiting_fleet(
    wait_ms: Mapping[str, str] | None = None, gateway: tuple[str, ...] = (GATEWAY,), **settings: str
) -> AsyncIterator[Fleet]:
    """A gateway and one worker of each agent, ready, with a Redis of their own. `gateway`: what uvicorn is to serve."""
    processes = Processes()
    async with redis_server(processes) as redis_url:
        fleet = Fleet(processes, redis_url, wait_ms or {}, settings)
        await fleet.start_gateway(*gateway)
        await fleet.grow(1)
        try:
            await _load_gazetteer(fleet.url)
            yield fleet
        finally:
            await fleet.stop_workers()


async def _load_gazetteer(url: str) -> None:
    """It loads with the first place that is not in the catalogue, and would count as that plan's time."""
    async with connected(url) as connection:
        status, _ = await connection.ask("POST", PLAN_PATH, as_body({**TRIP, "destination": "No such place"}))
        assert status == 422


@asynccontextmanager
async def real_fleet(redis_url: str | None = None) -> AsyncIterator[LocalFleet]:
    """The fleet of `make run`, ready, on that Redis or on one of its own."""
    with tempfile.TemporaryDirectory(prefix="rr") as folder:
        url = None if redis_url is None else SecretStr(redis_url)
        settings = Settings(_env_file=None, redis_url=url)  # type: ignore[call-arg]
        fleet = LocalFleet(settings, "127.0.0.1", 0, Path(folder), {"DEBUG": "false"}, _quiet, _quiet)
        try:
            await fleet.start()
            missing = await until_ready(fleet.gateway_url, READY_WITHIN_S)
            assert not missing, f"not ready: {', '.join(missing)}"
            yield fleet
        finally:
            await fleet.stop()


def quiet_logs() -> None:
    """What of the product runs in the benchmark's own process has nothing to say in a report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def cpu_s_of(fleet: LocalFleet) -> dict[str, float]:
    """CPU seconds by part so far, as `Processes.cpu_s` tells them."""
    total: dict[str, float] = {}
    for name, pid in fleet.supervisor.pids().items():
        part = "workers" if name in AGENTS else name
        times = psutil.Process(pid).cpu_times()
        total[part] = total.get(part, 0.0) + times.user + times.system
    return total


def _quiet(_name: str, _line: str) -> None:
    """What the fleet's processes say is not of interest here."""

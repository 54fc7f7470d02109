"""A whole fleet on this machine: Redis, five workers, one gateway, each a process of its own, and when it is ready."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from app.cli.child import LineHandler, Program
from app.cli.errors import StartError
from app.cli.listening import check_port, url_for
from app.cli.own_redis import find_server, redis_program
from app.cli.redis_access import address_of, broker_at
from app.cli.run_place import RunPlace
from app.cli.supervisor import Supervisor
from app.config.settings import Settings
from app.errors import RoundTableError
from app.orphan import SUPERVISED

AGENTS = ("weather", "events", "maps", "budget", "itinerary")

REDIS_WITHIN_S = 10.0
"""How long Redis may take to answer, after its start or where it runs already."""

POLL_S = 0.05
"""Between two looks whether Redis, or the fleet, is there."""

WORKER_STOP_WITHIN_S = 35.0
"""A worker finishes what it has in hand, for which it takes at most 30 s."""


class LocalFleet:
    """`host`, `port`: where the gateway listens, port 0 for a free one. `environment`: for every child, above ours.

    Its Redis is the one that REDIS_URL names, else one of its own.
    """

    def __init__(
        self,
        settings: Settings,
        host: str,
        port: int,
        folder: Path,
        environment: dict[str, str],
        on_event: LineHandler,
        on_output: LineHandler,
    ) -> None:
        self._settings = settings
        self._host = host
        self._port = port
        self._folder = folder
        self._environment = {"PYTHONUNBUFFERED": "1", SUPERVISED: "1", **environment}
        self._place: RunPlace | None = None
        self.supervisor = Supervisor(on_event, on_output)
        self.gateway_url = ""
        self.redis = ""

    async def start(self) -> None:
        """Start everything; Redis answers when it returns, the others are on their way. Raises CommandError.

        After an error `stop` takes away what had been started.
        """
        self._port = check_port(self._host, self._port)
        self.gateway_url = url_for(self._host, self._port)
        redis_url = await self._start_redis()
        environment = {**self._environment, "REDIS_URL": redis_url}
        self.supervisor.start(_worker(agent, environment) for agent in AGENTS)
        self.supervisor.start([_gateway(self._host, self._port, environment)])

    async def stop(self) -> None:
        await self.supervisor.stop()
        if self._place is not None:
            self._place.release()
            self._place = None

    async def _start_redis(self) -> str:
        if self._settings.redis_url is not None:
            url = self._settings.redis_url.get_secret_value()
            self.redis = address_of(url)
            await _reach(url, f"REDIS_URL ({self.redis}) does not answer; start it, or unset REDIS_URL")
            return url
        server = find_server()
        place = self._place = RunPlace.take(self._folder)
        place.leave_note(self.gateway_url, uses_own_redis=True)
        self.supervisor.start([redis_program(server, place)])
        await _reach(place.redis_url, f"The bundled Redis ({server}) does not answer on {place.socket_path}")
        self.redis = f"{server.name} on {place.socket_path}"
        return place.redis_url


async def until_ready(
    gateway_url: str, give_up_after_s: float, still_wanted: Callable[[], bool] = lambda: True
) -> list[str]:
    """Wait until the gateway answers and every agent is healthy. Returns what is missing, empty when all is there."""
    deadline = time.monotonic() + give_up_after_s
    missing = ["gateway"]
    async with httpx2.AsyncClient(base_url=gateway_url, trust_env=False, timeout=2.0) as client:
        while missing and time.monotonic() < deadline and still_wanted():
            missing = await _missing(client)
            if missing:
                await asyncio.sleep(POLL_S)
    return missing


async def _missing(client: httpx2.AsyncClient) -> list[str]:
    try:
        if (await client.get("/health")).status_code != 200:
            return ["gateway"]
        agents = (await client.get("/status")).json()["agents"]
        return [agent for agent, health in agents.items() if health != "healthy"]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        return ["gateway"]


async def _reach(redis_url: str, otherwise: str) -> None:
    """Wait for Redis to take a command. Raises StartError with that text, CommandError for what is no address."""
    broker = broker_at(redis_url)
    reason = ""
    deadline = time.monotonic() + REDIS_WITHIN_S
    try:
        while time.monotonic() < deadline:
            try:
                async with asyncio.timeout(REDIS_WITHIN_S):
                    await broker.ping()
                return
            except (RoundTableError, TimeoutError) as error:
                reason = str(error)
                await asyncio.sleep(POLL_S)
    finally:
        await broker.aclose()
    raise StartError(f"{otherwise}. {reason}".rstrip(". "))


def _worker(agent: str, environment: dict[str, str]) -> Program:
    command = (sys.executable, "-m", f"app.workers.{agent}_worker")
    return Program(agent, command, environment, stop_within_s=WORKER_STOP_WITHIN_S)


def _gateway(host: str, port: int, environment: dict[str, str]) -> Program:
    options = ("--host", host, "--port", str(port), "--timeout-graceful-shutdown", "5")
    return Program("gateway", (sys.executable, "-m", "uvicorn", "app.main:app", *options), environment)

"""How soon processes are ready, and what the gateway imports for it; a part of `cost.py`.

Beside it, in the same minute, a Python that does nothing and one that imports FastAPI alone.
"""

import asyncio
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from app.messaging import channels
from app.messaging.heartbeat import decode_heartbeat
from benchmarks.bodies import AGENTS
from benchmarks.client import connected
from benchmarks.measure import Processes, aligned, free_port, redis_server, spread, this_python

ROUNDS, SHORT_ROUNDS = 5, 2
POLL_S = 0.01
SHOWN = 8

NOT_FOR_THE_GATEWAY = (
    "app.agents",
    "app.services",
    "app.workers",
    "app.trips.planner",
    "holidays",
    "currency_converter",
)
"""Agents, what they ask, and the planner that solves for days."""

_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", re.MULTILINE)

BARE = "python -c pass"


async def startup(is_short: bool) -> None:
    took: dict[str, list[float]] = {}
    for _ in range(SHORT_ROUNDS if is_short else ROUNDS):
        for name, seconds in (await _round()).items():
            took.setdefault(name, []).append(seconds)
    bare_s = statistics.median(took[BARE])
    print("\nSeconds from a process' start until it is ready")
    rows = [["", "s", "times the bare Python"]]
    rows += [[name, spread(seconds, 3), f"{statistics.median(seconds) / bare_s:.1f}"] for name, seconds in took.items()]
    print(aligned(rows))
    await _imports()


async def _round() -> dict[str, float]:
    """Seconds by what was started."""
    took = {BARE: await _ends("pass"), "python -c 'import fastapi'": await _ends("import fastapi")}
    processes = Processes()
    async with redis_server(processes) as redis_url:
        env = {"REDIS_URL": redis_url, "DEBUG": "false"}
        for agent in AGENTS:
            took[f"{agent} worker, first heartbeat"] = await _worker(processes, env, redis_url, agent)
        url, began = await _start_gateway(processes, env)
        took["gateway, /health answers"] = await _until(began, lambda: _answers(url))
        took["gateway, /status is healthy"] = await _until(began, lambda: _is_healthy(url))
    return took


async def _ends(code: str) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == 0
    return time.perf_counter() - began


async def _worker(processes: Processes, env: dict[str, str], redis_url: str, agent: str) -> float:
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as heard:
        await heard.subscribe(channels.HEALTH)
        began = time.perf_counter()
        await processes.start("workers", *this_python(f"app.workers.{agent}_worker"), env=env)
        async for message in heard.listen():
            if message["type"] == "message" and decode_heartbeat(message["data"]).agent == agent:
                return time.perf_counter() - began
    raise AssertionError("the subscription ended")


async def _start_gateway(processes: Processes, env: dict[str, str]) -> tuple[str, float]:
    port = free_port()
    began = time.perf_counter()
    options = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    await processes.start("gateway", *this_python("uvicorn", "app.main:app", *options), env=env)
    return f"http://127.0.0.1:{port}", began


async def _until(began: float, is_so: Callable[[], Awaitable[bool]]) -> float:
    while not await is_so():  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(POLL_S)
    return time.perf_counter() - began


async def _answers(url: str) -> bool:
    try:
        async with connected(url) as connection:
            await connection.get("/health")
    except OSError:
        return False
    return True


async def _is_healthy(url: str) -> bool:
    async with connected(url) as connection:
        return bool((await connection.get("/status"))["status"] == "healthy")


async def _imports() -> None:
    """What takes the gateway's time, by package, and whether it imports what it has no use for."""
    command = (sys.executable, "-X", "importtime", "-c", "import app.main")
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, told = await process.communicate()
    assert process.returncode == 0, told.decode()
    found = [(name, int(own_us)) for own_us, name in _IMPORT.findall(told.decode())]
    by_package: Counter[str] = Counter()
    for name, own_us in found:
        by_package[name.partition(".")[0]] += own_us
    most = ", ".join(f"{name} {own_us / 1000:.0f}" for name, own_us in by_package.most_common(SHOWN))
    print(f"The gateway imports {len(found)} modules; ms by package, its own modules only: {most}")
    needless = [name for name, _ in found if f"{name}.".startswith(tuple(f"{room}." for room in NOT_FOR_THE_GATEWAY))]
    print(f"Needlessly: {', '.join(needless)}" if needless else "No agent, no service and no planner among them.")

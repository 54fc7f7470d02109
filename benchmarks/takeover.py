"""How soon after a worker's death another replica works its request (goal: p99 at most 5 s at default settings).

    python -m benchmarks.takeover [ROUNDS]

Two worker processes, one request in hand at a time. Each round kills (SIGKILL) the worker that has it, at a random
moment of its work, and measures until the other one begins with it. Beside it stands the lease alone: the least that
any design needs that cannot tell a dead worker from a slow one before its lease has run out.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app.agents.base_agent import AgentContext, BaseAgent
from app.cli.own_redis import find_server
from app.messaging.broker import Broker
from app.messaging.protocols import Envelope, Metadata, new_id
from app.workers.launch import launch
from app.workers.lease_keeper import REQUEST_LEASE_S

ROUNDS = 30
WORKERS = 2
WORK_S = 60.0

Started = tuple[str, int, float]
"""Which request was begun, by which process, when."""


class _Question(BaseModel):
    name: str


class _SlowAgent(BaseAgent[_Question, _Question]):
    """Says when it begins, and takes long."""

    name = "slow"
    title = "Slow"
    capabilities = ("slowness",)
    request_type = _Question

    async def handle(self, request: _Question, context: AgentContext) -> _Question:
        print(f"began {request.name}", flush=True)
        await asyncio.sleep(WORK_S)
        return request


async def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="rr") as folder:
        socket = Path(folder) / "s"
        options = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder)
        redis = await asyncio.create_subprocess_exec(str(find_server()), *options, stdout=asyncio.subprocess.DEVNULL)
        try:
            while not socket.is_socket():  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)
            took = await _measure(f"unix://{socket}", rounds)
        finally:
            redis.terminate()
            await redis.wait()
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    print(
        f"{len(took)} deaths; another replica began after {statistics.median(took):.2f} s (median), "
        f"{p99:.2f} s (p99), {took[0]:.2f} to {took[-1]:.2f} s; the lease alone is {REQUEST_LEASE_S:g} s: "
        f"{statistics.median(took) / REQUEST_LEASE_S:.2f} times that"
    )


async def _measure(url: str, rounds: int) -> list[float]:
    fleet = _Fleet(url)
    broker = Broker(url)
    try:
        await broker.ping()
        for _ in range(WORKERS):
            await fleet.start_one()
        took = []
        for number in range(rounds):
            entry_id = await broker.request(_request(f"round-{number}"))
            _, first, _ = await fleet.began.get()
            await asyncio.sleep(random.uniform(0.0, 1.5))
            died_at = await fleet.kill(first)
            _, _, began_at = await fleet.began.get()
            took.append(began_at - died_at)
            await broker.withdraw("slow", entry_id)
            await fleet.start_one()
        return sorted(took)
    finally:
        await fleet.stop()
        await broker.aclose()


class _Fleet:
    def __init__(self, url: str) -> None:
        self._environment = {**os.environ, "REDIS_URL": url, "DEBUG": "true"}
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.began: asyncio.Queue[Started] = asyncio.Queue()

    async def start_one(self) -> None:
        """Returns when it is ready."""
        command = (sys.executable, "-m", "benchmarks.takeover", "worker")
        process = await asyncio.create_subprocess_exec(
            *command, env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        self._processes[process.pid] = process
        ready = asyncio.Event()
        task = asyncio.create_task(self._listen(process, ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await ready.wait()

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            words = line.decode(errors="replace").split()
            if words[:1] == ["began"]:
                self.began.put_nowait((words[1], process.pid, time.monotonic()))
            elif b"worker_started" in line:
                ready.set()

    async def kill(self, pid: int) -> float:
        process = self._processes.pop(pid)
        process.kill()
        died_at = time.monotonic()
        await process.wait()
        return died_at

    async def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            await process.wait()


def _request(name: str) -> Envelope:
    values: dict[str, Any] = {"session_id": new_id(), "request_id": new_id(), "timestamp": datetime.now(UTC)}
    metadata = Metadata(timeout_ms=int(WORK_S * 1000))
    return Envelope(**values, agent="slow", action="request", payload={"name": name}, metadata=metadata)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        launch(lambda _: _SlowAgent())
    else:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))

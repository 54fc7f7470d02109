"""The product's own worker process, its agent slowed down so that faults hit requests in the middle of their work.

    python -m tests.chaos.slow_workers weather

`CHAOS_SEED`: what the slowness and the errors are drawn from, together with the process id. `CHAOS_RECORD`: a file to
which two lines of JSON an execution are appended, one when it begins and one when it ends; after a kill the second one
is missing.
"""

import asyncio
import importlib
import itertools
import json
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog

from app.agents.base_agent import AgentContext, BaseAgent
from app.errors import RoundTableError
from app.services.outside.deadlines import Deadline
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup

LONGEST_PAUSE_S = 0.8
"""Before each thing that the agent tells the traveller; agents tell about three."""

ERROR_SHARE = 0.03


class PassingError(RoundTableError):
    """An error that the next attempt probably does not meet."""

    code = "chaos"
    retryable = True


class Record:
    """Appends to the record of executions; a line is one write, so that processes do not tear each other's."""

    def __init__(self, path: str | None) -> None:
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600) if path else None

    def add(self, **said: Any) -> None:
        if self._file is not None:
            os.write(self._file, (json.dumps({**said, "pid": os.getpid(), "at": time.time()}) + "\n").encode())


class SlowContext:
    """Lets time pass whenever the agent tells how far it is, so that faults come between any two of its events."""

    def __init__(self, context: AgentContext, chance: random.Random) -> None:
        self._context = context
        self._chance = chance

    @property
    def deadline(self) -> Deadline:
        return self._context.deadline

    async def progress(self, message: str, percent: int) -> None:
        await asyncio.sleep(self._chance.uniform(0, LONGEST_PAUSE_S))
        await self._context.progress(message, percent)


class SlowAgent(BaseAgent[Any, Any]):
    """In all that the fleet sees of it, the agent that it wraps."""

    def __init__(self, agent: BaseAgent[Any, Any], chance: random.Random, record: Record) -> None:
        self.name = agent.name  # type: ignore[misc]
        self.title = agent.title  # type: ignore[misc]
        self.capabilities = agent.capabilities
        self.request_type = agent.request_type
        self._agent = agent
        self._chance = chance
        self._record = record
        self._numbers = itertools.count(1)

    async def handle(self, request: Any, context: AgentContext) -> Any:
        """Raises PassingError now and then; else as the agent, later."""
        number, session_id = next(self._numbers), structlog.contextvars.get_contextvars().get("session_id")
        said = {"agent": self.name, "session_id": session_id, "number": number}
        self._record.add(what="began", **said)
        how = "cancelled"
        try:
            report = await self._slowly(request, context)
            how = "completed"
            return report
        except RoundTableError:
            how = "failed"
            raise
        finally:
            self._record.add(what="ended", how=how, **said)

    async def _slowly(self, request: Any, context: AgentContext) -> Any:
        if self._chance.random() < ERROR_SHARE:
            raise PassingError(f"Agent {self.name} had no luck")
        return await self._agent.handle(request, SlowContext(context, self._chance))


def slowed(
    build: Callable[[ProviderSetup | None], BaseAgent[Any, Any]],
) -> Callable[[ProviderSetup | None], BaseAgent[Any, Any]]:
    """Builds the same agent, slowed down as the environment says."""
    chance = random.Random(f"{os.environ.get('CHAOS_SEED', '0')} {os.getpid()}")
    return lambda setup: SlowAgent(build(setup), chance, Record(os.environ.get("CHAOS_RECORD")))


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m tests.chaos.slow_workers AGENT")
    worker = importlib.import_module(f"app.workers.{sys.argv[1]}_worker")
    launch(slowed(worker.build))


if __name__ == "__main__":
    main()

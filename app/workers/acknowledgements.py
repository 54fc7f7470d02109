"""Tells Redis of requests that are done with, several in one write: each has its outcome in the log by then, so nobody
waits for this. A crash before it only means that the request is worked again, to no effect."""

import asyncio
import time
from collections.abc import Callable

import structlog

from app.messaging.broker import Broker
from app.messaging.cancellation import cancel_and_wait
from app.messaging.errors import MessagingError

log = structlog.get_logger(__name__)

GATHER_S = 0.02
"""How long the first one waits for others. Each round costs as much as half a request."""

RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER_S = 60.0
"""How long Redis may refuse, before a request is left to its lease."""


class Acknowledgements:
    """`done` is called with the entry ids that are dealt with."""

    def __init__(self, broker: Broker, agent: str, done: Callable[[list[str]], None]) -> None:
        self._broker = broker
        self._agent = agent
        self._done = done
        self._waiting: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._waiting

    def add(self, entry_id: str) -> None:
        self._waiting[entry_id] = time.monotonic() + GIVE_UP_AFTER_S
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell())

    async def flush(self, within_s: float) -> None:
        """Wait until all is told."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=within_s)

    async def aclose(self) -> None:
        """What is not told by now is left to its lease."""
        await cancel_and_wait(self._task)

    async def _tell(self) -> None:
        pause_s = GATHER_S
        while self._waiting:
            await asyncio.sleep(pause_s)
            told = list(self._waiting)
            try:
                await self._broker.acknowledge(self._agent, *told)
                pause_s = GATHER_S
            except MessagingError as error:
                told, pause_s = self._given_up(error), RETRY_PAUSE_S
            for entry_id in told:
                del self._waiting[entry_id]
            self._done(told)

    def _given_up(self, error: MessagingError) -> list[str]:
        now = time.monotonic()
        given_up = [entry_id for entry_id, until in self._waiting.items() if until <= now]
        if given_up:
            log.error("requests_not_acknowledged", agent=self._agent, count=len(given_up), reason=str(error))
        return given_up

"""A worker: one agent, any number of instances of which share the agent's requests.

Reads as many requests as it has free places, works them side by side, and on a stop signal takes nothing new,
finishes what it has and leaves the registry.
"""

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from app.agents.base_agent import BaseAgent
from app.messaging import channels
from app.messaging.broker import Broker, Delivery
from app.messaging.ending import end
from app.messaging.errors import MessagingError
from app.messaging.heartbeat import HEARTBEAT_INTERVAL_S
from app.workers.presence import Presence
from app.workers.request_run import RequestRun

log = structlog.get_logger(__name__)

BLOCK_MS = 10_000
"""How long a read waits. Long, because an idle fleet on a hosted Redis is billed by the command."""

RETRY_PAUSES_S = (0.1, 0.25, 0.5, 1.0)
"""Pauses between attempts to reach Redis; the last one repeats."""

FINISH_WITHIN_S = 30.0
"""How long work in hand may take after a stop signal; what is not done then is left for another instance."""


class Worker:
    """`concurrency`: requests worked at the same time. `instance`: a name no other process has."""

    def __init__(
        self,
        agent: BaseAgent[Any, Any],
        broker: Broker,
        instance: str,
        concurrency: int,
        heartbeat_interval_s: float = HEARTBEAT_INTERVAL_S,
        block_ms: int = BLOCK_MS,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._block_ms = block_ms
        self._concurrency = concurrency
        self._runs: dict[str, tuple[RequestRun, asyncio.Task[None]]] = {}
        self._place_free = asyncio.Event()
        self._presence = Presence(broker, agent.name, agent.capabilities, instance, concurrency, heartbeat_interval_s)
        self._subscriptions = broker.subscriptions(patterns={channels.CANCEL_PATTERN: self._cancelled})

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; Redis may come later, and may go and come back."""
        if not await self._reach_redis(stop):
            return
        self._subscriptions.start()
        presence = asyncio.create_task(self._presence.beat_forever())
        reader = asyncio.create_task(self._read())
        log.info("worker_started", agent=self._agent.name, instance=self._instance, concurrency=self._concurrency)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, reader, presence], return_when=asyncio.FIRST_COMPLETED)
        await end(reader, presence, stopping)
        await self._finish()
        await self._presence.leave()
        await self._subscriptions.aclose()
        log.info("worker_stopped", agent=self._agent.name, instance=self._instance)
        for task in (reader, presence):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _reach_redis(self, stop: asyncio.Event) -> bool:
        """Wait for Redis, saying so once. False where the worker is told to stop meanwhile."""
        attempt = 0
        while not stop.is_set():
            try:
                await self._broker.ensure_group(self._agent.name)
                if attempt:
                    log.info("Connected to Redis")
                return True
            except MessagingError as error:
                if attempt == 0:
                    log.error(f"Failed to connect to Redis: {error}; trying again until it is there")
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _pause_s(attempt))
                attempt += 1
        return False

    async def _read(self) -> None:
        """Take requests for ever. After each loss of the connection first what it may have swallowed."""
        failures, is_recovering = 0, True
        while True:
            if len(self._runs) >= self._concurrency:
                self._place_free.clear()
                await self._place_free.wait()
            free = self._concurrency - len(self._runs)
            try:
                if is_recovering:
                    await self._take_pending()
                    is_recovering = False
                    continue
                deliveries = await self._broker.read_requests(self._agent.name, self._instance, free, self._block_ms)
            except MessagingError as error:
                if failures == 0:
                    log.error(f"Failed to connect to Redis: {error}; trying again until it is back")
                is_recovering = True
                await asyncio.sleep(_pause_s(failures))
                failures += 1
                continue
            if failures:
                log.info("Connected to Redis")
            failures = 0
            for delivery in deliveries:
                self._begin(delivery)

    async def _take_pending(self) -> None:
        after = "0"
        while found := await self._broker.read_pending(self._agent.name, self._instance, self._concurrency, after):
            after = found[-1].entry_id
            for delivery in found:
                if delivery.entry_id not in self._runs:
                    self._begin(delivery)

    def _begin(self, delivery: Delivery) -> None:
        run = RequestRun(self._agent, self._broker, self._instance, delivery)
        task = asyncio.create_task(run.work())
        self._runs[delivery.entry_id] = (run, task)
        self._presence.load = len(self._runs)
        task.add_done_callback(lambda done: self._ended(delivery.entry_id, run, done))

    def _ended(self, entry_id: str, run: RequestRun, task: "asyncio.Task[None]") -> None:
        del self._runs[entry_id]
        self._presence.load = len(self._runs)
        self._place_free.set()
        if run.duration_ms:
            self._presence.worked(run.duration_ms, run.succeeded)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("request_run_failed", reason=repr(error), exc_info=error)

    def _cancelled(self, channel: str, _: bytes) -> None:
        session_id = channel.rpartition(":")[2]
        for run, _task in list(self._runs.values()):
            if run.session_id == session_id:
                run.stop_session()

    async def _finish(self) -> None:
        """Work to its end what is in hand, and what the ended read had been given and did not see."""
        await self._broker.stop_reading()
        with suppress(MessagingError):
            await self._take_pending()
        tasks = [task for _, task in self._runs.values()]
        if not tasks:
            return
        log.info("worker_finishing", agent=self._agent.name, requests=len(tasks))
        _, unfinished = await asyncio.wait(tasks, timeout=FINISH_WITHIN_S)
        await end(*unfinished)


def _pause_s(attempt: int) -> float:
    return RETRY_PAUSES_S[min(attempt, len(RETRY_PAUSES_S) - 1)]

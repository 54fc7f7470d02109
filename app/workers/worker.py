"""A worker: one agent, any number of instances of which share the agent's requests.

Reads as many requests as it has free places, works them side by side, takes over those of instances that died, and on a
stop signal takes nothing new, finishes what it has and leaves the registry.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog

from app.agents.base_agent import BaseAgent
from app.messaging import channels
from app.messaging.broker import Broker, Delivery
from app.messaging.ending import end
from app.messaging.errors import MessagingError
from app.messaging.heartbeat import HEARTBEAT_INTERVAL_S
from app.workers.cancelled_sessions import CancelledSessions
from app.workers.lease_keeper import WEDGED_AFTER_S, LeaseKeeper
from app.workers.presence import Presence
from app.workers.request_run import OVERDUE_AFTER_S, RequestRun
from app.workers.takeover import Takeover

log = structlog.get_logger(__name__)

BLOCK_MS = 20_000
"""How long a read waits. Long, because an idle fleet on a hosted Redis is billed by the command."""

RETRY_PAUSES_S = (0.1, 0.25, 0.5)
"""Pauses between attempts to reach Redis; the last one repeats."""

STUCK_AFTER_S = 10.0
"""How long past its time a loop of ours may stay away before it is taken to be stuck."""

WATCH_EVERY_S = 1.0

MAX_DELIVERIES = 3

FINISH_WITHIN_S = 30.0
"""How long work in hand may take after a stop signal; what is not done then is left for another instance."""


class Worker:
    """`concurrency`: requests worked at the same time. `instance`: a name no other process has.

    `max_deliveries`: a request delivered more often, because its workers died of it, is put aside. `on_wedged`: called
    when the worker cannot work any more and will not recover; it should end the process.
    """

    def __init__(
        self,
        agent: BaseAgent[Any, Any],
        broker: Broker,
        instance: str,
        concurrency: int,
        heartbeat_interval_s: float = HEARTBEAT_INTERVAL_S,
        block_ms: int = BLOCK_MS,
        max_deliveries: int = MAX_DELIVERIES,
        on_wedged: Callable[[], None] = lambda: None,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._block_ms = block_ms
        self._concurrency = concurrency
        self._max_deliveries = max_deliveries
        self._on_wedged = on_wedged
        self._runs: dict[str, tuple[RequestRun, asyncio.Task[None]]] = {}
        self._place_free = asyncio.Event()
        self._read_at = time.monotonic()
        self._cancelled_lately = CancelledSessions()
        self._checks: set[asyncio.Task[None]] = set()
        self._presence = Presence(
            broker, agent.name, agent.capabilities, instance, concurrency, heartbeat_interval_s, self.fault
        )
        self._subscriptions = broker.subscriptions(patterns={channels.CANCEL_PATTERN: self._cancelled})
        self._takeover = Takeover(broker, agent.name, instance, self._free, self._runs, self._begin)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; Redis may come later, and may go and come back."""
        if not await self._reach_redis(stop):
            return
        self._keeper = LeaseKeeper(self._broker, self._agent.name, self._instance, self._lost, self._wedged)
        self._keeper.start()
        self._subscriptions.when_news_were_lost(self._look_for_cancels)
        self._subscriptions.start()
        stop_telling = self._broker.availability.when_lost(self._drop_waiting_read)
        log.info("worker_started", agent=self._agent.name, instance=self._instance, concurrency=self._concurrency)
        loops = [
            asyncio.create_task(loop)
            for loop in (self._read(), self._takeover.look_for_ever(), self._presence.beat_forever(), self._watch())
        ]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
        stop_telling()
        await end(*loops, stopping, *self._checks)
        await self._finish()
        await self._presence.leave()
        await self._subscriptions.aclose()
        await self._keeper.aclose()
        log.info("worker_stopped", agent=self._agent.name, instance=self._instance)
        for task in loops:
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    # ---- is it well

    def fault(self) -> str | None:
        """Why this instance cannot work, though it lives; None where it can. That Redis is away is no fault of it."""
        now = time.monotonic()
        if not self._broker.availability.is_whole:
            return None
        silent_s = now - self._read_at
        if self._free() > 0 and silent_s > self._block_ms / 1000 + STUCK_AFTER_S:
            return f"the reader has not come round for {silent_s:.0f} s"
        away_s = now - self._takeover.came_round_at
        if away_s > 2 * STUCK_AFTER_S:
            return f"unattended requests were not looked for since {away_s:.0f} s"
        overdue_s = max((run.overdue_s() for run, _ in self._runs.values()), default=0.0)
        return f"the agent goes on {overdue_s:.0f} s past its deadline" if overdue_s > OVERDUE_AFTER_S else None

    async def _watch(self) -> None:
        """A fault that does not go away by itself ends the process: whoever keeps it running starts a new one."""
        well_at = time.monotonic()
        while True:
            found = self.fault()
            if found is None:
                well_at = time.monotonic()
            elif time.monotonic() - well_at > WEDGED_AFTER_S:
                self._wedged(found)
            await asyncio.sleep(WATCH_EVERY_S)

    def _wedged(self, reason: str) -> None:
        log.error("worker_wedged", agent=self._agent.name, instance=self._instance, reason=reason)
        self._on_wedged()

    def _free(self) -> int:
        return self._concurrency - len(self._runs)

    # ---- requests

    def _drop_waiting_read(self) -> None:
        """Redis does not answer elsewhere: a read that waits on a dead connection would notice much later."""
        self._check(self._broker.stop_reading())

    def _check(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _reach_redis(self, stop: asyncio.Event) -> bool:
        """Wait for Redis; the broker says once that it does. False where the worker is told to stop meanwhile."""
        attempt = 0
        while not stop.is_set():
            try:
                await self._broker.ensure_group(self._agent.name)
                await self._broker.learn_time()
                return True
            except MessagingError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _pause_s(attempt))
                attempt += 1
        return False

    async def _read(self) -> None:
        """Take requests for ever. After each loss of the connection first what it may have swallowed."""
        failures, is_recovering = 0, True
        while True:
            if self._free() <= 0:
                self._place_free.clear()
                await self._place_free.wait()
            self._read_at = time.monotonic()
            try:
                if is_recovering:
                    await self._take_pending()
                    is_recovering = False
                    continue
                deliveries = await self._broker.read_requests(
                    self._agent.name, self._instance, self._free(), self._block_ms
                )
            except MessagingError:
                is_recovering = True
                await asyncio.sleep(_pause_s(failures))
                failures += 1
                continue
            failures = 0
            for delivery in deliveries:
                self._begin(delivery)

    async def _take_pending(self) -> None:
        after = "0"
        while found := await self._broker.read_pending(self._agent.name, self._instance, self._concurrency, after):
            after = found[-1].entry_id
            for delivery in found:
                self._begin(delivery)

    def _begin(self, delivery: Delivery) -> None:
        """Work it, unless we do already: what is pending for us is delivered again after each reconnection."""
        if delivery.entry_id in self._runs:
            return
        run = RequestRun(
            self._agent,
            self._broker,
            self._instance,
            delivery,
            self._max_deliveries,
            self._cancelled_lately.__contains__,
        )
        self._keeper.hold(delivery.entry_id)
        task = asyncio.create_task(run.work())
        self._runs[delivery.entry_id] = (run, task)
        self._presence.load = len(self._runs)
        task.add_done_callback(lambda done: self._ended(delivery.entry_id, run, done))

    def _ended(self, entry_id: str, run: RequestRun, task: "asyncio.Task[None]") -> None:
        del self._runs[entry_id]
        self._keeper.let_go(entry_id)
        self._presence.load = len(self._runs)
        self._place_free.set()
        if run.duration_ms:
            self._presence.worked(run.duration_ms, run.succeeded)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("request_run_failed", reason=repr(error), exc_info=error)

    def _cancelled(self, channel: str, _: bytes) -> None:
        session_id = channel.rpartition(":")[2]
        self._cancelled_lately.add(session_id)
        for run, _task in list(self._runs.values()):
            if run.session_id == session_id:
                run.stop_session()

    def _look_for_cancels(self) -> None:
        """Cancels may have been announced while we did not listen."""
        for run, _task in list(self._runs.values()):
            self._check(run.stop_where_session_is_over())

    def _lost(self, entry_id: str) -> None:
        """Another replica has taken the request over, or nobody waits for it any more."""
        if entry_id in self._runs:
            self._runs[entry_id][0].leave()

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

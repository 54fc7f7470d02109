"""A worker: one agent, any number of instances of which share the agent's requests.

Reads as many requests as it has free slots, works them side by side, takes over those of instances that died, and on a
stop signal takes nothing new, finishes what it has and leaves the registry.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from app.agents.base_agent import BaseAgent
from app.messaging import channels
from app.messaging.broker import Broker, Delivery
from app.messaging.cancellation import cancel_and_wait
from app.messaging.errors import CommandRefusedError, MessagingError
from app.messaging.heartbeat import HEARTBEAT_INTERVAL_S, ProviderBeat
from app.workers.cancelled_sessions import CancelledSessions
from app.workers.in_flight import InFlight
from app.workers.lease_keeper import LeaseKeeper
from app.workers.presence import Presence
from app.workers.reader import BLOCK_MS, RETRY_PAUSES_S, Reader
from app.workers.request_run import RequestRun
from app.workers.result_cache import ResultCache
from app.workers.takeover import Takeover
from app.workers.timeouts import Timeouts

log = structlog.get_logger(__name__)

MAX_DELIVERIES = 3

TAKE_WITHIN_S = 5.0
"""How long a stopping worker asks Redis what it was given last; what is not learned is left to its lease."""

FINISH_WITHIN_S = 30.0
"""How long work in hand may take after a stop signal; what is not done then is left for another instance."""


class Worker:
    """`concurrency`: requests worked at the same time. `instance`: a name no other process has.

    `max_deliveries`: a request delivered more often, because its workers died of it, is put aside. `on_wedged`: called,
    in another thread, when the event loop is wedged; it should end the process. `results`: where the agent's results
    are kept for identical requests; None: nowhere. `providers`: how the agent's providers do, for the heartbeats.
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
        results: ResultCache | None = None,
        providers: Callable[[], list[ProviderBeat]] = list,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._max_deliveries = max_deliveries
        self._cancelled_lately = CancelledSessions()
        self._timeouts = Timeouts()
        self._results = results or ResultCache(broker, ttl_s=0)
        name = agent.name
        self._presence = Presence(
            broker,
            name,
            agent.capabilities,
            instance,
            concurrency,
            heartbeat_interval_s,
            self.fault,
            lambda: self._results.hits,
            providers,
        )
        self._keeper = LeaseKeeper(broker, name, instance, on_wedged)
        self._in_flight = InFlight(broker, name, concurrency, self._make_run, self._keeper, self._presence)
        self._reader = Reader(broker, name, instance, self._in_flight, block_ms)
        self._takeover = Takeover(broker, name, instance, self._in_flight, self._reader)
        self._subscriptions = broker.subscriptions(patterns={channels.CANCEL_PATTERN: self._cancelled})
        self._subscriptions.on_gap(self._in_flight.look_for_cancels)
        self.has_left_work_behind = False
        """After `run`: an agent that heeds no cancellation is still at it, so the event loop will not end by itself."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; Redis may come later, and may go and come back. Raises WedgedError."""
        structlog.contextvars.bind_contextvars(agent=self._agent.name)
        if not await self._reach_redis(stop):
            return
        self._keeper.start(self._in_flight.on_lease_lost)
        self._subscriptions.start()
        log.info("worker_started", agent=self._agent.name, instance=self._instance, concurrency=self._in_flight.slots)
        loops = [
            asyncio.create_task(loop)
            for loop in (
                self._reader.read_forever(),
                self._takeover.look_forever(),
                self._presence.beat_forever(),
            )
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
            await cancel_and_wait(*loops, stopping)
            await self._finish()
        finally:
            await cancel_and_wait(*loops, stopping)
            self.has_left_work_behind = not await self._in_flight.cancel()
            await self._keeper.aclose()
            await self._subscriptions.aclose()
        await self._presence.leave()
        log.info("worker_stopped", agent=self._agent.name, instance=self._instance)
        for task in loops:
            if not task.cancelled():
                task.result()

    def fault(self) -> str | None:
        """Why this instance cannot work, though it lives; None where it can. That Redis is away is no fault of it."""
        if not self._broker.availability.is_whole:
            return None
        return self._reader.fault() or self._takeover.fault() or self._in_flight.fault() or self._keeper.fault()

    async def _reach_redis(self, stop: asyncio.Event) -> bool:
        """Wait for Redis; the broker says once that it does. False where the worker is told to stop meanwhile."""
        attempt, refusal = 0, ""
        while not stop.is_set():
            try:
                await self._broker.ensure_group(self._agent.name)
                return True
            except MessagingError as error:
                if isinstance(error, CommandRefusedError) and refusal != str(error):
                    refusal = str(error)
                    log.error("group_not_made", agent=self._agent.name, reason=refusal)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_PAUSES_S[min(attempt, len(RETRY_PAUSES_S) - 1)])
                attempt += 1
        return False

    def _make_run(self, delivery: Delivery) -> RequestRun:
        return RequestRun(
            self._agent,
            self._broker,
            self._instance,
            delivery,
            self._max_deliveries,
            self._cancelled_lately,
            self._results,
            self._timeouts,
        )

    def _cancelled(self, channel: str, _: bytes) -> None:
        session_id = channel.rpartition(":")[2]
        self._cancelled_lately.add(session_id)
        self._in_flight.on_session_ended(session_id)

    async def _finish(self) -> None:
        """Work to its end what is in hand, and what the ended read had been given and did not see."""
        self._broker.stop_reading()
        with suppress(MessagingError, TimeoutError):
            async with asyncio.timeout(TAKE_WITHIN_S):
                await self._reader.take_pending(even_beyond_places=True)
        await self._in_flight.finish(FINISH_WITHIN_S)

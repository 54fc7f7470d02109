"""Tells the fleet, every few seconds, that this instance is there, how busy it is and how well it does."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.heartbeat import MISSED_BEATS, Heartbeat, ProviderBeat, decode_heartbeat
from app.version import VERSION
from app.workers import lease_keeper
from app.workers.errors import WedgedError

log = structlog.get_logger(__name__)

BEATS_PER_RENEWAL = 12
"""Expiries are renewed, and the dead struck from the registry, with every so many beats."""

FORGET_AFTER_S = 60.0

SMOOTHING = 0.1
"""Weight of the newest request in the moving average of response times."""


class Presence:
    """One instance's place in the registry. The counters are kept by whoever works.

    `fault` says why this instance cannot work, where it cannot; it is asked before every beat.
    """

    def __init__(
        self,
        broker: Broker,
        agent: str,
        capabilities: tuple[str, ...],
        instance: str,
        capacity: int,
        interval_s: float,
        fault: Callable[[], str | None],
        cache_hits: Callable[[], int] = lambda: 0,
        providers: Callable[[], list[ProviderBeat]] = list,
    ) -> None:
        self._ask_fault = fault
        self._cache_hits = cache_hits
        self._providers = providers
        self._fault: str | None = None
        self._well_at = time.monotonic()
        self._broker = broker
        self._agent = agent
        self._capabilities = capabilities
        self._instance = instance
        self._capacity = capacity
        self._interval_s = interval_s
        self._average_ms: float | None = None
        self._last_finished_at: datetime | None = None
        self._finished = 0
        self._failed = 0
        self.load = 0

    def worked(self, duration_ms: float, succeeded: bool) -> None:
        """Count one request that was worked to its end."""
        self._finished += succeeded
        self._failed += not succeeded
        self._last_finished_at = datetime.now(UTC)
        previous = duration_ms if self._average_ms is None else self._average_ms
        self._average_ms = previous + SMOOTHING * (duration_ms - previous)

    async def beat_forever(self) -> None:
        """Beats until cancelled; while Redis is away beats are lost, and nothing else is.

        Raises WedgedError for a fault that does not go away.
        """
        beats = 0
        while True:
            self._look_for_fault()
            with suppress(MessagingError):
                await self._broker.learn_time()
                await self._broker.beat(self._agent, self._instance, self._beat(), beats % BEATS_PER_RENEWAL == 0)
                if beats % BEATS_PER_RENEWAL == 0:
                    await self._strike_the_dead()
            beats += 1
            await asyncio.sleep(self._interval_s)

    def _look_for_fault(self) -> None:
        found = self._ask_fault()
        if found is None:
            self._well_at = time.monotonic()
        elif self._fault is None:
            log.warning("worker_faulty", agent=self._agent, instance=self._instance, reason=found)
        self._fault = found
        if found is not None and time.monotonic() - self._well_at > lease_keeper.WEDGED_AFTER_S:
            log.error("worker_wedged", agent=self._agent, instance=self._instance, reason=found)
            raise WedgedError(found)

    async def leave(self) -> None:
        with suppress(MessagingError):
            await self._broker.leave(self._agent, self._instance, self._beat(is_leaving=True))

    def _beat(self, is_leaving: bool = False) -> bytes:
        status = "offline" if is_leaving else "busy" if self.load >= self._capacity else "available"
        beat = Heartbeat(
            instance=self._instance,
            agent=self._agent,
            status=status,
            capabilities=list(self._capabilities),
            current_load=self.load,
            max_capacity=self._capacity,
            finished=self._finished,
            failed=self._failed,
            cache_hits=self._cache_hits(),
            response_time_avg_ms=None if self._average_ms is None else round(self._average_ms, 1),
            last_finished_at=self._last_finished_at,
            fault=self._fault,
            providers=self._providers(),
            version=VERSION,
            interval_s=self._interval_s,
            sent_at=datetime.now(UTC),
        )
        return beat.model_dump_json().encode()

    async def _strike_the_dead(self) -> None:
        """From the registry and, where nothing is pending for them, from the group of those who read.

        Beats age by the clocks of those who sent them; so who was active in the group lately is alive all the same.
        """
        registered = (await self._broker.heartbeats([self._agent]))[self._agent]
        consumers = await self._broker.consumers(self._agent)
        active = {name for name, (_, idle_ms) in consumers.items() if idle_ms <= FORGET_AFTER_S * 1000}
        beats = [beat for raw in registered if (beat := _decoded(raw)) is not None]
        dead = [beat.instance for beat in beats if beat.instance not in active and _is_long_silent(beat)]
        if dead:
            log.warning("instances_struck_from_registry", agent=self._agent, instances=dead)
            await self._broker.forget(self._agent, dead)
        living = {self._instance, *active, *(beat.instance for beat in beats)} - set(dead)
        for name, (pending, _) in consumers.items():
            if name not in living and pending == 0:
                await self._broker.drop_consumer(self._agent, name)


def _decoded(raw: bytes) -> Heartbeat | None:
    try:
        return decode_heartbeat(raw)
    except DecodeError:
        return None


def _is_long_silent(beat: Heartbeat) -> bool:
    return beat.age_s() > max(FORGET_AFTER_S, MISSED_BEATS * beat.interval_s)

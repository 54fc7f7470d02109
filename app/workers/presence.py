"""Tells the fleet, every few seconds, that this instance is there, how busy it is and how well it does."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.heartbeat import MISSED_BEATS, Heartbeat, decode_heartbeat
from app.version import VERSION

log = structlog.get_logger(__name__)

BEATS_PER_RENEWAL = 12
"""Expiries are renewed, and the dead struck from the registry, with every so many beats."""

FORGET_AFTER_S = 60.0

SMOOTHING = 0.1
"""Weight of the newest request in the moving average of response times."""


class Presence:
    """One instance's place in the registry. The counters are kept by whoever works.

    `fault` says why this instance cannot work, where it cannot.
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
    ) -> None:
        self._fault = fault
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
        """Beats until cancelled; while Redis is away beats are lost, and nothing else is."""
        beats = 0
        while True:
            with suppress(MessagingError):
                await self._broker.learn_time()
                await self._broker.beat(self._agent, self._instance, self._beat(), beats % BEATS_PER_RENEWAL == 0)
                if beats % BEATS_PER_RENEWAL == 0:
                    await self._strike_the_dead()
            beats += 1
            await asyncio.sleep(self._interval_s)

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
            response_time_avg_ms=None if self._average_ms is None else round(self._average_ms, 1),
            last_finished_at=self._last_finished_at,
            fault=self._fault(),
            version=VERSION,
            interval_s=self._interval_s,
            sent_at=datetime.now(UTC),
        )
        return beat.model_dump_json().encode()

    async def _strike_the_dead(self) -> None:
        """From the registry and, where they have nothing in hand any more, from the group of those who read."""
        dead: list[str] = []
        living = {self._instance}
        for raw in (await self._broker.heartbeats([self._agent]))[self._agent]:
            with suppress(DecodeError):
                beat = decode_heartbeat(raw)
                is_dead = beat.age_s() > max(FORGET_AFTER_S, MISSED_BEATS * beat.interval_s)
                if is_dead:
                    dead.append(beat.instance)
                else:
                    living.add(beat.instance)
        if dead:
            log.warning("instances_struck_from_registry", agent=self._agent, instances=dead)
            await self._broker.forget(self._agent, dead)
        for name, (pending, idle_ms) in (await self._broker.consumers(self._agent)).items():
            if name not in living and pending == 0 and idle_ms > FORGET_AFTER_S * 1000:
                await self._broker.drop_consumer(self._agent, name)

"""Reads new requests from the agent's stream, as many as there are free slots, and after each loss of the connection
first what that may have swallowed."""

import asyncio
import time

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError
from app.workers.in_flight import InFlight

log = structlog.get_logger(__name__)

BLOCK_MS = 20_000
"""How long a read waits. Long, because an idle fleet on a hosted Redis is billed by the command."""

FIRST_BLOCK_MS = 500
"""The first read after trouble is short: its answer is what tells that Redis is back."""

RETRY_PAUSES_S = (0.1, 0.25, 0.5)
"""Pauses between attempts to reach Redis; the last one repeats."""

STUCK_AFTER_S = 10.0
"""How long past its time a read may stay away before the reader is taken to be stuck."""

PENDING_AT_MOST = 1_000


class Reader:
    """`block_ms`: how long a read waits."""

    def __init__(self, broker: Broker, agent: str, instance: str, in_flight: InFlight, block_ms: int) -> None:
        self._broker = broker
        self._agent = agent
        self._instance = instance
        self._in_flight = in_flight
        self._block_ms = block_ms
        self._task: asyncio.Task[None] | None = None
        self._is_cut = False
        self._is_recovering = True
        self._failures = 0
        self._came_round_at = time.monotonic()
        self._refusal = ""

    async def read_forever(self) -> None:
        self._task = asyncio.current_task()
        unsubscribe = self._broker.availability.on_lost(self._connection_is_dead)
        try:
            while True:
                await self._round_that_may_be_cut()
        finally:
            unsubscribe()

    def cut(self) -> None:
        """End a read under way, and read again. What Redis gave to it meanwhile is pending for us, and taken first."""
        if self._task is not None and not self._is_cut:
            self._is_cut = True
            self._task.cancel()

    async def take_pending(self, even_beyond_places: bool = False) -> None:
        """Begin what Redis holds to be ours and we do not have. What has no slot is left to its lease."""
        async with self._in_flight.intake:
            ours = await self._broker.unattended(self._agent, 0, PENDING_AT_MOST, self._instance)
            missed = [one for one in ours if one.entry_id not in self._in_flight]
            slots = len(missed) if even_beyond_places else self._in_flight.free
            for delivery in await self._broker.take_over(self._agent, self._instance, missed[:slots]):
                self._in_flight.begin(delivery)

    def fault(self) -> str | None:
        """Why no requests are read though there are slots; None where they are."""
        silent_s = time.monotonic() - self._came_round_at
        if self._in_flight.free_for_new and silent_s > self._block_ms / 1000 + STUCK_AFTER_S:
            return f"the reader has not come round for {silent_s:.0f} s"
        return None

    async def _round_that_may_be_cut(self) -> None:
        assert self._task is not None
        try:
            await self._round()
        except asyncio.CancelledError:
            if not self._is_cut or self._task.cancelling() > 1:
                raise
        if self._is_cut:
            self._is_cut, self._is_recovering = False, True
            self._task.uncancel()

    async def _round(self) -> None:
        if not self._in_flight.free_for_new:
            await self._in_flight.wait_for_new_slot()
            self._came_round_at = time.monotonic()
        try:
            if self._is_recovering:
                await self.take_pending()
                self._is_recovering = False
            await self._read()
            self._failures, self._refusal = 0, ""
            self._came_round_at = time.monotonic()
        except MessagingError as error:
            self._is_recovering = True
            self._note(error)
            await asyncio.sleep(RETRY_PAUSES_S[min(self._failures, len(RETRY_PAUSES_S) - 1)])
            self._failures += 1

    async def _read(self) -> None:
        block_ms = min(self._block_ms, FIRST_BLOCK_MS) if self._failures else self._block_ms
        free = self._in_flight.free_for_new
        if not free:
            return
        for delivery in await self._broker.read_requests(self._agent, self._instance, free, block_ms):
            self._in_flight.begin(delivery)

    def _connection_is_dead(self) -> None:
        """Redis does not answer elsewhere: a read that waits on a dead connection would notice much later."""
        self._broker.stop_reading()

    def _note(self, error: MessagingError) -> None:
        """That Redis is away, the broker says. That it refuses us, we do, once; and we have not come round."""
        if isinstance(error, RedisUnavailableError):
            self._came_round_at = time.monotonic()
        elif isinstance(error, CommandRefusedError) and self._refusal != str(error):
            self._refusal = str(error)
            log.error("requests_not_read", agent=self._agent, reason=self._refusal)

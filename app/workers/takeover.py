"""Takes over the requests of replicas that died, were halted or lost the network: those nobody has renewed."""

import asyncio
import time
from contextlib import suppress

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import MessagingError
from app.messaging.request_queue import Unattended
from app.workers import lease_keeper
from app.workers.in_flight import InFlight
from app.workers.reader import Reader

log = structlog.get_logger(__name__)

TAKE_OVER_EVERY_S = 2.25
"""With the lease, at most 4.25 s pass from a death to another's look. A look is one command, of which an idle worker is
to send few."""

TRUST_WITHIN_S = 0.5
"""An answer that took longer came from a Redis that had paused: nobody could renew meanwhile, so all looks unattended.
"""

AFTER_TROUBLE_S = 1.0
"""How long the living have to renew before we look again."""

STUCK_AFTER_S = 20.0


class Takeover:
    def __init__(self, broker: Broker, agent: str, instance: str, in_flight: InFlight, reader: Reader) -> None:
        self._broker = broker
        self._agent = agent
        self._instance = instance
        self._in_flight = in_flight
        self._reader = reader
        self._answered_at = float("-inf")
        self._came_round_at = time.monotonic()

    async def look_forever(self) -> None:
        while True:
            pause_s, left = AFTER_TROUBLE_S, 0
            try:
                is_trusted, found = await self._look()
                if is_trusted:
                    pause_s, left = TAKE_OVER_EVERY_S, await self._take(found)
            except MessagingError as error:
                self._answered_at = float("-inf")
                log.debug("not_looked_for_unattended", reason=str(error))
            self._came_round_at = time.monotonic()
            await self._pause(pause_s, left)

    def fault(self) -> str | None:
        """Why unattended requests are not looked for; None where they are."""
        silent_s = time.monotonic() - self._came_round_at
        if silent_s > STUCK_AFTER_S:
            return f"unattended requests have not been looked for since {silent_s:.0f} s"
        return None

    async def _look(self) -> tuple[bool, list[Unattended]]:
        """Whether the answer is to be trusted, and what is unattended, as many as could be taken and one more.

        After Redis paused or was away all looks unattended, and may be in good hands.
        """
        asked_at, answered_before = time.monotonic(), self._answered_at
        count = self._in_flight.slots + len(self._in_flight) + 1
        found = await self._broker.unattended(self._agent, int(lease_keeper.REQUEST_LEASE_S * 1000), count)
        self._answered_at = time.monotonic()
        was_prompt = self._answered_at - asked_at <= TRUST_WITHIN_S
        was_there_before = asked_at - answered_before <= 2 * TAKE_OVER_EVERY_S
        return was_prompt and was_there_before, found

    async def _take(self, found: list[Unattended]) -> int:
        """Take over what there are slots for. Returns how many are left for want of slots."""
        others = [one for one in found if one.entry_id not in self._in_flight]
        slots = self._in_flight.free
        if others and slots:
            async with self._in_flight.intake:
                # The read under way has been promised the same slots.
                self._reader.cut()
                slots = self._in_flight.free
                for delivery in await self._broker.take_over(self._agent, self._instance, others[:slots]):
                    log.warning("request_taken_over", agent=self._agent, deliveries=delivery.deliveries)
                    self._in_flight.begin(delivery)
        return max(0, len(others) - slots)

    async def _pause(self, pause_s: float, left: int) -> None:
        """Until the next look. What is left has waited longer than new requests, so the next slot is not theirs."""
        self._in_flight.reserve(min(1, left))
        if not left:
            await asyncio.sleep(pause_s)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._in_flight.wait_for_slot(), pause_s)

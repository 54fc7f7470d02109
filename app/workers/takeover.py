"""Takes over the requests of replicas that died, were halted or lost the network: those nobody has renewed."""

import asyncio
import time
from collections.abc import Callable, Container

import structlog

from app.messaging.broker import Broker, Delivery
from app.messaging.errors import MessagingError
from app.workers.lease_keeper import LEASE_S

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0

TRUST_WITHIN_S = 0.5
"""An answer that took longer came from a Redis that had paused: nobody could renew meanwhile, all looks unattended."""

AFTER_TROUBLE_S = 1.0
"""How long the living have to renew before we look again."""


class Takeover:
    """`free`: how many more requests this instance can take. `in_hand`: entry ids of those that it has. `begin` is
    called with each request that was taken over."""

    def __init__(
        self,
        broker: Broker,
        agent: str,
        instance: str,
        free: Callable[[], int],
        in_hand: Container[str],
        begin: Callable[[Delivery], None],
    ) -> None:
        self._broker = broker
        self._agent = agent
        self._instance = instance
        self._free = free
        self._in_hand = in_hand
        self._begin = begin
        self._trusted_at = float("-inf")
        self.came_round_at = time.monotonic()

    async def look_for_ever(self) -> None:
        while True:
            pause_s = LOOK_EVERY_S
            try:
                if not await self._look():
                    pause_s = AFTER_TROUBLE_S
            except MessagingError as error:
                self._trusted_at = float("-inf")
                log.debug("not_looked_for_unattended", reason=str(error))
            self.came_round_at = time.monotonic()
            await asyncio.sleep(pause_s)

    async def _look(self) -> bool:
        """One look, acted upon. False where it is not to be trusted: all may look unattended and be in good hands."""
        asked_at, last = time.monotonic(), self._trusted_at
        found = await self._broker.unattended(self._agent, int(LEASE_S * 1000), 100)
        self._trusted_at = time.monotonic()
        if self._trusted_at - asked_at > TRUST_WITHIN_S or asked_at - last > 2 * LOOK_EVERY_S:
            return False
        others = [one for one in found if one.entry_id not in self._in_hand][: max(0, self._free())]
        if others:
            for delivery in await self._broker.take_over(self._agent, self._instance, others):
                log.warning("request_taken_over", agent=self._agent, deliveries=delivery.deliveries)
                self._begin(delivery)
        return True

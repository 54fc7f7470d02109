"""Says of the requests in hand, twice a second, that they are being worked; so nobody else takes them over.

It is a thread with an event loop of its own, because an agent that keeps the worker's loop busy for a few seconds has
not died. One that keeps it busy for much longer has: then the worker is wedged, and better ended.
"""

import asyncio
import threading
import time
from collections.abc import Callable

import structlog

from app.messaging.broker import Broker
from app.messaging.errors import MessagingError

log = structlog.get_logger(__name__)

LEASE_S = 2.0
"""How long a request may go without a word before another replica takes it over."""

RENEW_EVERY_S = 0.5

WEDGED_AFTER_S = 15.0
"""How long the worker's loop may do nothing before it is taken for wedged."""


class LeaseKeeper:
    """`lost` is called, in the worker's loop, with the entry id of a request that is not ours any more. `wedged` is
    called, in the thread, when the worker's loop does nothing any more; its leases are then let go."""

    def __init__(
        self, broker: Broker, agent: str, instance: str, lost: Callable[[str], None], wedged: Callable[[str], None]
    ) -> None:
        self._broker = broker
        self._agent = agent
        self._instance = instance
        self._lost = lost
        self._wedged = wedged
        self._in_hand: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._worker_loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._ticked_at = time.monotonic()
        self._last_round_at = time.monotonic()

    def start(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._keep()), name="lease-keeper", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 5.0)

    def hold(self, entry_id: str) -> None:
        """Delivered just now: its lease begins with that."""
        self._in_hand[entry_id] = time.monotonic()

    def let_go(self, entry_id: str) -> None:
        self._in_hand.pop(entry_id, None)

    async def _keep(self) -> None:
        broker = self._broker.another()
        try:
            while not self._stop.is_set():
                if not self._is_loop_alive():
                    return
                await self._renew(broker)
                await asyncio.sleep(RENEW_EVERY_S)
        finally:
            await broker.aclose()

    async def _renew(self, broker: Broker) -> None:
        now = time.monotonic()
        held = [entry_id for entry_id, since in self._in_hand.copy().items() if now - since >= RENEW_EVERY_S]
        if not held:
            return
        try:
            lost = await broker.renew(self._agent, self._instance, held)
        except MessagingError as error:
            log.debug("leases_not_renewed", reason=str(error))
            return
        for entry_id in lost:
            self._call_worker(lambda entry_id=entry_id: self._lost(entry_id))  # type: ignore[misc]

    def _is_loop_alive(self) -> bool:
        now = time.monotonic()
        if now - self._last_round_at > 2 * RENEW_EVERY_S + 1.0:
            # The whole process was halted: the loop could not tick, which says nothing about it.
            self._ticked_at = now
        self._last_round_at = now
        self._call_worker(self._tick)
        silent_s = now - self._ticked_at
        if silent_s > WEDGED_AFTER_S:
            self._wedged(f"the event loop has done nothing for {silent_s:.0f} s")
            return False
        return True

    def _tick(self) -> None:
        self._ticked_at = time.monotonic()

    def _call_worker(self, call: Callable[[], None]) -> None:
        try:
            self._worker_loop.call_soon_threadsafe(call)
        except RuntimeError:
            # The worker's loop is closed: nobody is left to be told.
            self._stop.set()

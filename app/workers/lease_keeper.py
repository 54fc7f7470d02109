"""Says of the requests in hand, twice a second, that they are being worked; so nobody else takes them over.

It is a thread with an event loop of its own, because an agent that keeps the worker's loop busy for a few seconds has
not died. One that keeps it busy for much longer has: then the worker is wedged, and better ended.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from app.messaging.broker import Broker
from app.messaging.cancellation import cancel_and_wait
from app.messaging.errors import MessagingError

log = structlog.get_logger(__name__)

REQUEST_LEASE_S = 2.0
"""How long a request may go without a word before another replica takes it over."""

RENEW_EVERY_S = 0.5

WEDGED_AFTER_S = 15.0
"""How long the worker's loop may do nothing before it is taken for wedged."""

LOG_WITHIN_S = 1.0


class LeaseKeeper:
    """`on_wedged` is called, in the thread, when the worker's loop does nothing any more; its leases then go."""

    def __init__(self, broker: Broker, agent: str, instance: str, on_wedged: Callable[[], None]) -> None:
        self._broker = broker
        self._agent = agent
        self._instance = instance
        self._lost: Callable[[str], None] = lambda _: None
        self._on_wedged = on_wedged
        self._in_hand: dict[str, float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._worker_loop: asyncio.AbstractEventLoop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._is_stopping = False
        self._ended = asyncio.Event()
        self._silent_s = 0.0

    def start(self, lost: Callable[[str], None]) -> None:
        """`lost` is called, in the loop of now, with the entry id of a request that is not ours any more."""
        self._lost = lost
        self._worker_loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """Let the leases go."""
        self._is_stopping = True
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        await self._ended.wait()
        self._thread.join()

    def hold(self, entry_id: str) -> None:
        """Delivered just now: its lease begins with that."""
        with self._lock:
            self._in_hand[entry_id] = time.monotonic()

    def let_go(self, entry_id: str) -> None:
        with self._lock:
            self._in_hand.pop(entry_id, None)

    def fault(self) -> str | None:
        """Why leases are not kept; None where they are."""
        is_there = self._thread is None or self._thread.is_alive()
        return None if is_there else "nobody renews the leases of what is in hand"

    # ---- in the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._keep())
        except Exception:
            # The worker notices that the thread is gone, and says so.
            log.exception("lease_keeper_failed")
        finally:
            self._call_worker(self._ended.set)

    async def _keep(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._is_stopping:
            return
        broker = self._broker.for_another_loop()
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._stop.wait()),
            asyncio.create_task(self._renew_forever(broker)),
            asyncio.create_task(self._watch_worker()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await cancel_and_wait(*tasks)
        await broker.aclose()
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _renew_forever(self, broker: Broker) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            if held := self._due():
                try:
                    lost = await broker.renew(self._agent, self._instance, held)
                except MessagingError as error:
                    log.debug("leases_not_renewed", reason=str(error))
                    continue
                for entry_id in lost:
                    self.let_go(entry_id)
                    self._call_worker(self._lost, entry_id)

    def _due(self) -> list[str]:
        """What has been in hand for so long that it must be renewed; quick requests need not be."""
        since = time.monotonic() - RENEW_EVERY_S
        with self._lock:
            return [entry_id for entry_id, held_since in self._in_hand.items() if held_since <= since]

    async def _watch_worker(self) -> None:
        """Returns when the worker's loop is wedged."""
        last = time.monotonic()
        while self._silent_s <= WEDGED_AFTER_S:
            self._call_worker(self._tick)
            await asyncio.sleep(RENEW_EVERY_S)
            now = time.monotonic()
            # Where we were halted ourselves, the whole process was; that says nothing about the loop.
            self._silent_s += min(now - last, 2 * RENEW_EVERY_S)
            last = now
        reason = f"the event loop has done nothing for {self._silent_s:.0f} s"
        # Whoever keeps the loop may keep the log's lock as well.
        said = threading.Thread(target=self._say, args=(reason,), daemon=True)
        said.start()
        said.join(LOG_WITHIN_S)
        self._on_wedged()

    def _say(self, reason: str) -> None:
        log.error("worker_wedged", agent=self._agent, instance=self._instance, reason=reason)

    def _tick(self) -> None:
        self._silent_s = 0.0

    def _call_worker(self, call: Callable[..., None], *arguments: Any) -> None:
        """Where the worker's loop is closed, nobody is left to be told."""
        if self._worker_loop is not None:
            with suppress(RuntimeError):
                self._worker_loop.call_soon_threadsafe(call, *arguments)

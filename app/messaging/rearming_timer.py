"""A timer that is set again and again, nearly always for a later moment than before."""

import asyncio
from collections.abc import Callable


class RearmingTimer:
    """Rings once at the earliest moment that it was set for since it rang last. It is left as it is where that is early
    enough: who is woken too early looks and sets it again, which happens far less often than news come.
    """

    def __init__(self, ring: Callable[[], object]) -> None:
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None

    def set(self, in_s: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0.0, in_s)
        if self._timer is None or at < self._timer.when():
            self.stop()
            self._timer = loop.call_at(at, self._rings)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rings(self) -> None:
        self._timer = None
        self._ring()

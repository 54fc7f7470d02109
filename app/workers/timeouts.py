"""Time limits for many pieces of work at once, on one timer. `asyncio.timeout` makes a timer for each; nearly all of
them are never needed, and making them was a sixth of what a quick request cost.
"""

import asyncio
from types import TracebackType


class Timeouts:
    """Of one event loop."""

    def __init__(self) -> None:
        self._running: set[Timeout] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> "Timeout":
        """A context, used as `asyncio.timeout` is but for the word `async`: when the time is up the current task is
        cancelled, and of that a TimeoutError is made at the context's end."""
        return Timeout(self, seconds)

    def add(self, timeout: "Timeout") -> None:
        self._running.add(timeout)
        if self._timer is None or timeout.ends_at < self._timer.when():
            self._arm(timeout.ends_at)

    def discard(self, timeout: "Timeout") -> None:
        """The timer stays: it finds nothing to do, or the next to wait for."""
        self._running.discard(timeout)

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for timeout in [timeout for timeout in self._running if timeout.ends_at <= now]:
            self._running.discard(timeout)
            timeout.reach()
        if self._running:
            self._arm(min(timeout.ends_at for timeout in self._running))


class Timeout:
    """`ends_at`: by the event loop's clock."""

    __slots__ = ("_cancelling", "_is_reached", "_task", "_timeouts", "ends_at")

    def __init__(self, timeouts: Timeouts, seconds: float) -> None:
        self._timeouts = timeouts
        self._is_reached = False
        self.ends_at = asyncio.get_running_loop().time() + seconds

    def __enter__(self) -> "Timeout":
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._timeouts.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timeouts.discard(self)
        is_ours_alone = self._is_reached and self._task.uncancel() <= self._cancelling
        if is_ours_alone and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def reach(self) -> None:
        self._is_reached = True
        self._task.cancel()

    def expired(self) -> bool:
        return self._is_reached

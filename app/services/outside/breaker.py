"""A breaker for one provider in one process: it is passed over for a while after it failed, then asked once again."""

import time
from collections.abc import Callable

from app.services.outside.errors import (
    ProviderBusyError,
    ProviderError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderRefusedQuestionError,
    ProviderSpentError,
    ProviderUnreachableError,
)

FAILURES_IN_A_ROW = 3
COOLDOWN_S = 30.0
KEY_COOLDOWN_S = 600.0
"""Nobody mends a key within minutes; a provider that is asked with a wrong one all the time may block us."""
LONGEST_WAIT_S = 24 * 3600.0

# What says nothing of the provider's health, or is remembered elsewhere.
_NOT_COUNTED = (ProviderNotAskedError, ProviderSpentError, ProviderUnreachableError)


class Breaker:
    """`clock` in seconds; only differences count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._is_probed = False
        self.reason: ProviderError | None = None
        """What opened it; None while it is closed."""

    def is_open(self) -> bool:
        """Whether it is to be passed over. Once its time is over, one caller is let through, as a probe."""
        if self.reason is None:
            return False
        if self._clock() < self._open_until or self._is_probed:
            return True
        self._is_probed = True
        return False

    def open_for_s(self) -> float:
        return max(0.0, self._open_until - self._clock()) if self.reason else 0.0

    def succeeded(self) -> None:
        self._failures, self._is_probed, self.reason = 0, False, None

    def ended_without_news(self) -> None:
        """A probe was cancelled, or got nowhere near the provider: the next caller is one."""
        self._is_probed = False

    def failed(self, error: ProviderError) -> None:
        if isinstance(error, ProviderRefusedQuestionError):
            # It is well enough to say so.
            self.succeeded()
            return
        was_probed, self._is_probed = self._is_probed, False
        if isinstance(error, _NOT_COUNTED):
            return
        self._failures += 1
        if isinstance(error, ProviderKeyRefusedError):
            self._open(error, KEY_COOLDOWN_S)
        elif isinstance(error, ProviderBusyError) and error.retry_after_s is not None:
            self._open(error, min(error.retry_after_s, LONGEST_WAIT_S))
        elif self._failures >= FAILURES_IN_A_ROW or was_probed:
            self._open(error, COOLDOWN_S)

    def _open(self, error: ProviderError, for_s: float) -> None:
        self.reason, self._open_until = error.again(), self._clock() + for_s

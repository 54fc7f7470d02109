"""Redis' clock, as far as this process knows it. Ages and leases are judged by it, so that the clocks of gateways and
workers need not agree with each other."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from app.messaging import entry_ids

LEARN_EVERY_S = 60.0

TRUST_WITHIN_S = 0.2
"""An answer that took longer may tell the time of any moment in between: it is better than none, and than no other."""


def in_ms(told: Sequence[bytes]) -> float:
    """An answer to TIME as milliseconds since 1970."""
    seconds, microseconds = told
    return int(seconds) * 1000 + int(microseconds) / 1000


class RedisClock:
    """Learned from an answer to TIME, carried on by our own monotonic clock until the next one."""

    def __init__(self) -> None:
        self._ahead_ms: float | None = None
        self._learned_at = float("-inf")

    def learned(self, redis_ms: float, asked_at: float, answered_at: float) -> None:
        """`asked_at`, `answered_at`: `time.monotonic()` around the question; Redis is taken to answer half-way."""
        if answered_at - asked_at > TRUST_WITHIN_S and self._ahead_ms is not None:
            return
        self._ahead_ms = redis_ms - (asked_at + answered_at) * 500
        if answered_at - asked_at <= TRUST_WITHIN_S:
            self._learned_at = answered_at

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self._learned_at < LEARN_EVERY_S

    def now_ms(self) -> int:
        """Milliseconds since 1970. Before anything was learned: by this machine's own clock."""
        if self._ahead_ms is None:
            return int(time.time() * 1000)
        return int(time.monotonic() * 1000 + self._ahead_ms)

    def now(self) -> datetime:
        """The same as a time, UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def age_ms(self, entry_id: str) -> int:
        """How long ago Redis gave out that entry id; never negative."""
        return max(0, self.now_ms() - entry_ids.time_ms(entry_id))

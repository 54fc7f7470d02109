"""Sessions that were cancelled lately: a request of theirs may still be on its way to us."""

import time
from collections import OrderedDict

REMEMBER_S = 60.0
REMEMBER_AT_MOST = 10_000


class CancelledSessions:
    """Forgets the oldest first."""

    def __init__(self) -> None:
        self._cancelled_at: OrderedDict[str, float] = OrderedDict()

    def add(self, session_id: str) -> None:
        self._cancelled_at[session_id] = time.monotonic()
        self._cancelled_at.move_to_end(session_id)
        while len(self._cancelled_at) > REMEMBER_AT_MOST or self._is_oldest_over():
            self._cancelled_at.popitem(last=False)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._cancelled_at

    def _is_oldest_over(self) -> bool:
        oldest = next(iter(self._cancelled_at.values()))
        return time.monotonic() - oldest > REMEMBER_S

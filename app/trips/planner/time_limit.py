"""The safety net under a whole plan's search; apart because every search of it draws on the same time."""

import time


class TimeLimit:
    """`seconds` None: no limit. No decision hangs on it but the one to stop, which the plan then says."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds

    def left_s(self) -> float | None:
        """Never below 0."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    @property
    def is_over(self) -> bool:
        return self.left_s() == 0.0

"""How much may be under way, and when it is worth coming back to a gateway or an agent that has too much to do."""

import math
import time
from dataclasses import dataclass

from app.core.fleet import Fleet

SMOOTHING = 0.1
"""Weight of the newest session in the moving average of their durations."""

UNKNOWN_S = 2.0
"""What is assumed before anything was measured."""

LONGEST_S = 60.0
"""The latest that anybody is asked to come back."""

MEASURE_EVERY_S = 1.0
"""How long it is taken to hold how fast an agent works. Heartbeats tell, every few seconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_concurrent_requests`: sessions and single requests that one gateway has under way. `max_queue_length`: how
    many requests may wait for one agent. `attempts`: how often an agent is asked where its errors may pass."""

    max_concurrent_requests: int = 100
    max_queue_length: int = 1000
    attempts: int = 3


class Load:
    """Measures, so that `Retry-After` is more than a guess."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._session_s: float | None = None
        self._paces: dict[str, tuple[float, float | None]] = {}

    def session_ended(self, duration_s: float) -> None:
        previous = duration_s if self._session_s is None else self._session_s
        self._session_s = previous + SMOOTHING * (duration_s - previous)

    def session_s(self) -> float:
        """Seconds until about every session of now has ended: the usual duration of one."""
        return _bounded(UNKNOWN_S if self._session_s is None else self._session_s)

    def wait_s(self, agent: str, length: int) -> float | None:
        """Seconds in which the living instances have worked a queue of that length off; None where that is not known,
        since none lives or none has worked anything yet."""
        now = time.monotonic()
        measured_at, pace_s = self._paces.get(agent, (float("-inf"), None))
        if now - measured_at > MEASURE_EVERY_S:
            pace_s = self._pace_s(agent)
            self._paces[agent] = now, pace_s
        return None if pace_s is None else length * pace_s

    def _pace_s(self, agent: str) -> float | None:
        """Seconds that a request adds to the queue. An instance that has worked nothing yet is taken to be as fast as
        the others."""
        instances = self._fleet.instances(agent)
        measured = [(beat.max_capacity, beat.response_time_avg_ms) for beat in instances if beat.response_time_avg_ms]
        if not measured:
            return None
        per_s = sum(slots * 1000 / average_ms for slots, average_ms in measured)
        return sum(slots for slots, _ in measured) / sum(beat.max_capacity for beat in instances) / per_s

    def queue_s(self, agent: str, length: int) -> float:
        """Seconds after which to come back to an agent with a queue of that length."""
        if (pace_s := self._pace_s(agent)) is not None:
            return _bounded(length * pace_s)
        return _bounded(UNKNOWN_S if self._fleet.instances(agent) else LONGEST_S)


def _bounded(seconds: float) -> float:
    return float(min(LONGEST_S, max(1, math.ceil(seconds))))

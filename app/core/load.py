"""How much may be under way, and when it is worth coming back to a gateway or an agent that has too much to do."""

import math
from dataclasses import dataclass

from app.core.fleet import Fleet

SMOOTHING = 0.1
"""Weight of the newest session in the moving average of their durations."""

UNKNOWN_S = 2.0
"""What is assumed before anything was measured."""

LONGEST_S = 60.0


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

    def session_ended(self, duration_s: float) -> None:
        previous = duration_s if self._session_s is None else self._session_s
        self._session_s = previous + SMOOTHING * (duration_s - previous)

    def session_s(self) -> float:
        """Seconds until about every session of now has ended: the usual duration of one."""
        return _bounded(UNKNOWN_S if self._session_s is None else self._session_s)

    def queue_s(self, agent: str, length: int) -> float:
        """Seconds in which the living instances have worked a queue of that length off."""
        instances = self._fleet.instances(agent)
        places = sum(beat.max_capacity for beat in instances)
        averages = [beat.response_time_avg_ms for beat in instances if beat.response_time_avg_ms is not None]
        if not places or not averages:
            return _bounded(LONGEST_S if not places else UNKNOWN_S)
        return _bounded(length * max(averages) / 1000 / places)


def _bounded(seconds: float) -> float:
    return float(min(LONGEST_S, max(1, math.ceil(seconds))))

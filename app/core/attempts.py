"""What became of every request to an agent, counted for the metrics."""

import time
from collections import Counter
from typing import Any, Literal

from app.core.breakers import Breakers
from app.core.decisions import QUEUE_FULL
from app.messaging import events

Outcome = Literal["success", "timeout", "error"]


class Attempts:
    """`counted`: by agent, outcome and attempt (1 for the first). `given_up`: final failures by agent.

    What tells of the agent's health also goes to its breaker.
    """

    def __init__(self, breakers: Breakers) -> None:
        self.counted: Counter[tuple[str, Outcome, int]] = Counter()
        self.given_up: Counter[str] = Counter()
        self._breakers = breakers
        self._answered_at: dict[str, float] = {}

    def succeeded(self, agent: str, retry_count: int) -> None:
        self._answered_at[agent] = time.monotonic()
        self.counted[agent, "success", retry_count + 1] += 1
        self._breakers.record(agent, succeeded=True)

    def timed_out(self, agent: str, retry_count: int, waited_s: float) -> None:
        """An agent that answered others while this request waited has too much to do, or does not like the request:
        to skip it would help nobody, so its breaker hears nothing."""
        self.counted[agent, "timeout", retry_count + 1] += 1
        if time.monotonic() - self._answered_at.get(agent, float("-inf")) > waited_s:
            self._breakers.record(agent, succeeded=False)

    def failed(self, agent: str, retry_count: int, blames_request: bool) -> None:
        """`blames_request`: the agent answered as it should, so its breaker hears nothing."""
        self.counted[agent, "error", retry_count + 1] += 1
        if not blames_request:
            self._breakers.record(agent, succeeded=False)

    def count(self, agent: str, event: dict[str, Any], retry_count: int) -> None:
        """Count what an event of a session's log says became of a request; one that tells of no end counts nothing."""
        if event.get("status") == events.COMPLETED:
            self.succeeded(agent, retry_count)
        elif event["type"] == events.AGENT_FAILED:
            self.failed(agent, retry_count, bool(event.get("blames_request")))
            self.given_up[agent] += 1
        elif event["type"] == events.ATTEMPT_FAILED:
            self.failed(agent, retry_count, event.get("code") == QUEUE_FULL)

    def retries(self) -> int:
        """How often an agent was asked again."""
        return sum(count for (_, _, attempt), count in self.counted.items() if attempt > 1)

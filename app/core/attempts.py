"""What became of every request to an agent, counted for the metrics."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from app.core.breakers import Breakers
from app.core.decisions import QUEUE_FULL
from app.messaging import events

OF_A_BUSY_AGENT = frozenset((QUEUE_FULL, "expired"))
"""Codes of errors that tell of too much work: a request had no room, or came to its worker too late."""

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

    def failed(self, agent: str, retry_count: int, error: Mapping[str, Any]) -> None:
        """`error`: the answer, or the event of it. Of one for which the agent is not to blame, but what or when it was
        asked, its breaker hears nothing."""
        self.counted[agent, "error", retry_count + 1] += 1
        if not error.get("blames_request") and error.get("code") not in OF_A_BUSY_AGENT:
            self._breakers.record(agent, succeeded=False)

    def count(self, agent: str, event: dict[str, Any], retry_count: int) -> None:
        """Count what an event of a session's log says became of a request; one that tells of no end counts nothing."""
        if event.get("status") == events.COMPLETED:
            self.succeeded(agent, retry_count)
        elif event["type"] == events.AGENT_FAILED:
            self.failed(agent, retry_count, event)
            self.given_up[agent] += 1
        elif event["type"] == events.ATTEMPT_FAILED:
            self.failed(agent, retry_count, event)

    def retries(self) -> int:
        """How often an agent was asked again."""
        return sum(count for (_, _, attempt), count in self.counted.items() if attempt > 1)

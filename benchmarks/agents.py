"""Agents that do nothing, or only wait, so that what is measured is the fleet.

    BENCH_WAIT_MS=50 python -m benchmarks.agents weather
    BENCH_WAIT_MS=2000-3000 BENCH_SEED=1 python -m benchmarks.agents weather

Each is a real worker process under the name of one of the trip's agents.
"""

import asyncio
import os
import random
import sys
import time
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.agents.base_agent import AgentContext, BaseAgent
from app.workers.launch import launch
from benchmarks.bodies import ANSWERS

WAIT_MS = "BENCH_WAIT_MS"
"""Environment variable: how long each request takes, in milliseconds; or, as `least-most`, between which two times."""

SEED = "BENCH_SEED"
"""Environment variable: what the times of this process are drawn from, together with its agent's name."""


class Question(BaseModel):
    """Whatever is asked."""

    model_config = ConfigDict(extra="allow")


class Report(BaseModel):
    """An agent that waits adds `took_ms`, its own time for the request."""

    model_config = ConfigDict(extra="allow")

    rows: list[dict[str, Any]]


def waiting_agent(
    agent: str, wait_s: float, longest_wait_s: float = 0.0, seed: str = "0"
) -> BaseAgent[Question, Report]:
    """An agent of that name that takes that long and answers with the body that `bodies.py` has for it.

    With a `longest_wait_s`, each request takes a time drawn evenly between the two.
    """

    class WaitingAgent(BaseAgent[Question, Report]):
        name = agent
        title = agent.capitalize()
        capabilities = ("waiting",)
        request_type = Question

        async def handle(self, request: Question, context: AgentContext) -> Report:
            if not longest_s:
                return report
            began = time.perf_counter()
            await asyncio.sleep(drawn.uniform(wait_s, longest_s))
            return report.model_copy(update={"took_ms": (time.perf_counter() - began) * 1000})

    drawn, longest_s = random.Random(f"{agent} {seed}"), max(wait_s, longest_wait_s)
    report = Report(rows=ANSWERS[agent])
    return WaitingAgent()


def _range_s(wait_ms: str) -> tuple[float, float]:
    least, _, most = wait_ms.partition("-")
    return float(least) / 1000, float(most or least) / 1000


if __name__ == "__main__":
    name = sys.argv[1]
    shortest_s, longest_s = _range_s(os.environ.get(WAIT_MS, "0"))
    launch(lambda _: waiting_agent(name, shortest_s, longest_s, os.environ.get(SEED, "0")))

"""Agents that do nothing, or only wait, so that what is measured is the fleet.

    BENCH_WAIT_MS=50 python -m benchmarks.agents weather

Each is a real worker process under the name of one of the trip's agents.
"""

import asyncio
import os
import sys
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.agents.base_agent import AgentContext, BaseAgent
from app.workers.launch import launch
from benchmarks.bodies import ANSWERS

WAIT_MS = "BENCH_WAIT_MS"
"""Environment variable: how long each request takes, in milliseconds."""


class Question(BaseModel):
    """Whatever is asked."""

    model_config = ConfigDict(extra="allow")


class Report(BaseModel):
    rows: list[dict[str, Any]]


def waiting_agent(agent: str, wait_s: float) -> BaseAgent[Question, Report]:
    """An agent of that name that takes that long and answers with the body that `bodies.py` has for it."""

    class WaitingAgent(BaseAgent[Question, Report]):
        name = agent
        title = agent.capitalize()
        capabilities = ("waiting",)
        request_type = Question

        async def handle(self, request: Question, context: AgentContext) -> Report:
            if wait_s:
                await asyncio.sleep(wait_s)
            return report

    report = Report(rows=ANSWERS[agent])
    return WaitingAgent()


if __name__ == "__main__":
    name = sys.argv[1]
    seconds = float(os.environ.get(WAIT_MS, "0")) / 1000
    launch(lambda: waiting_agent(name, seconds))

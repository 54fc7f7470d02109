"""Agents that do as a test tells them, and workflows of them. They are whole agents."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.agents.base_agent import AgentContext, BaseAgent
from app.agents.errors import AgentError
from app.core.workflow import Outcome, Step, Workflow


class Question(BaseModel):
    model_config = ConfigDict(extra="ignore")

    topic: str = "none"
    results: dict[str, Any] = {}
    failures: dict[str, str] = {}


class Report(BaseModel):
    by: str
    topic: str
    heard_of: list[str]


class ScriptedAgent(BaseAgent[Question, Report]):
    """`fails`: raises; `crashes`: raises what no agent should; `holds`: waits for `release`. Counts what it worked."""

    title = "Scripted"
    capabilities = ("anything",)
    request_type = Question

    def __init__(self, name: str, fails: bool = False, crashes: bool = False, holds: bool = False) -> None:
        self.name = name  # type: ignore[misc]
        self.fails = fails
        self.crashes = crashes
        self.release = asyncio.Event()
        if not holds:
            self.release.set()
        self.worked: list[str] = []
        self.stopped = 0

    async def handle(self, request: Question, context: AgentContext) -> Report:
        self.worked.append(request.topic)
        await context.progress("half way", 50)
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.fails:
            raise AgentError(f"{self.name} cannot")
        if self.crashes:
            raise KeyError("a bug")
        return Report(by=self.name, topic=request.topic, heard_of=sorted(request.results) + sorted(request.failures))


def conclude(outcome: Outcome) -> dict[str, Any]:
    return {"message": f"{len(outcome.completed)} of {len(outcome.completed) + len(outcome.failed)}"}


def fan_in_workflow(
    first: Sequence[str], last: str, timeout_ms: int = 5_000, total_ms: int = 20_000, max_attempts: int = 1
) -> Workflow:
    """All of `first` at once, then `last` with what arrived."""
    needs = {**dict.fromkeys(first, ()), last: tuple(first)}
    steps = [
        Step(name, name, timeout_ms, ("topic",), name, f"{name}_data", before, max_attempts=max_attempts)
        for name, before in needs.items()
    ]
    return Workflow("scripted", tuple(steps), total_ms, conclude)

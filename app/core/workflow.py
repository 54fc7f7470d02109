"""A workflow is data: its steps, what each needs, which fields of the request it reads, how long it may take.

Which agents there are, and in which order they are asked, is declared by a domain; core runs any of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.core.errors import WorkflowError


@dataclass(frozen=True, slots=True)
class Step:
    """One request to one agent.

    `needs`: steps whose outcome, result or failure, it waits for; their results and failures go into its payload.
    `reads`: the request's fields that go into its payload. `result_key` and `state_key`: what its result is called in
    the answer and in the read model. `is_required`: without it the session has failed. `max_attempts`: how often it is
    asked within its time, where its errors are of a kind that may pass. `revises`: steps that it needs and whose
    results it brings anew, each as a member of its own result that is called like theirs in the answer.
    """

    name: str
    agent: str
    timeout_ms: int
    reads: tuple[str, ...]
    result_key: str
    state_key: str
    needs: tuple[str, ...] = ()
    is_required: bool = False
    max_attempts: int = 1
    revises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a session is, for a domain to put into words. Names of steps, in the workflow's order."""

    status: str
    request: Mapping[str, Any]
    completed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Workflow:
    """`timeout_ms` bounds the whole session. `conclude` gives the domain's own members of the answer, `message` (one
    sentence on how it went) among them.

    Raises WorkflowError where names repeat, a need does not exist, or needs run in a circle.
    """

    name: str
    steps: tuple[Step, ...]
    timeout_ms: int
    conclude: Callable[[Outcome], dict[str, Any]]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for step in self.steps:
            if step.name in known:
                raise WorkflowError(f"step {step.name} is declared twice")
            if missing := set(step.needs) - known:
                raise WorkflowError(f"step {step.name} needs {', '.join(sorted(missing))}, not declared before it")
            if stray := set(step.revises) - set(step.needs):
                raise WorkflowError(f"step {step.name} revises {', '.join(sorted(stray))} without needing it")
            known.add(step.name)

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """The steps by their names."""
        return {step.name: step for step in self.steps}

    @cached_property
    def first(self) -> tuple[Step, ...]:
        """The steps that wait for nothing."""
        return tuple(step for step in self.steps if not step.needs)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The steps without which a session has failed."""
        return tuple(step.name for step in self.steps if step.is_required)

    @cached_property
    def state_keys(self) -> frozenset[str]:
        """What the steps' results are called in the read model."""
        return frozenset(step.state_key for step in self.steps)

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """Every agent that is asked, once, in order."""
        return tuple(dict.fromkeys(step.agent for step in self.steps))

    def ready(self, started: set[str], settled: set[str]) -> list[Step]:
        """The steps to ask for now: not started yet, with everything they need settled."""
        return [step for step in self.steps if step.name not in started and settled.issuperset(step.needs)]


def payload(step: Step, request: Mapping[str, Any], failures: Mapping[str, str]) -> dict[str, Any]:
    """What a step's agent is sent: the fields it reads and, where it needs other steps, which of them failed and why.

    The results of those that did not go with it as `results`.
    """
    body = {field: request[field] for field in step.reads if field in request}
    if step.needs:
        body["failures"] = {name: failures[name] for name in step.needs if name in failures}
    return body

"""A session's state: the fold of its log, and the read model that is kept of it.

The log is the truth. `SessionState.apply` takes its entries one by one; applying an entry again changes nothing, and
nothing changes a session that has ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from app.core.retry import backoff_s
from app.core.workflow import Outcome, Step, Workflow
from app.messaging import events
from app.messaging.protocols import with_members


class SessionStatus(StrEnum):
    """The closed set of a session's states."""

    PENDING = "pending"
    """Opened; no agent has been asked."""
    RUNNING = "running"
    """Agents are at work."""
    COMPLETED = "completed"
    """Every agent delivered."""
    PARTIAL = "partial"
    """There is a result; at least one agent did not deliver, and is named."""
    FAILED = "failed"
    """No agent delivered, or one that the workflow cannot do without did not."""
    CANCELLED = "cancelled"
    """Ended by the one who asked."""
    TIMEOUT = "timeout"
    """The session's whole time passed before any agent delivered."""

    is_terminal: bool

    def __init__(self, word: str) -> None:
        self.is_terminal = word not in ("pending", "running")


_ENDS = {status.value: status for status in SessionStatus if status.is_terminal}


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Given up, because the session ended without it."""

    is_settled: bool

    def __init__(self, word: str) -> None:
        self.is_settled = word in ("completed", "failed")


@dataclass(slots=True)
class StepState:
    """How far one step is. `failure_code` and `message`: why it failed. `duration_ms`: the agent's own time.
    `cache_age_s`: how old its result is, where it was kept from an earlier request.

    `requested_at`: when it was asked for first. `retry_count`: which attempt runs, 0 for the first. `retry_at`: set
    when that attempt has failed; the next one is not to begin before.
    """

    agent: str
    status: StepStatus = StepStatus.PENDING
    progress_percent: int = 0
    message: str = ""
    request_id: str | None = None
    requested_at: datetime | None = None
    duration_ms: int | None = None
    cache_age_s: int | None = None
    failure_code: str | None = None
    retry_count: int = 0
    retry_at: datetime | None = None


STEPS = TypeAdapter(dict[str, StepState])

CONTENT_FAULTS = (ValueError, KeyError, TypeError, AttributeError)
"""What content of another form than ours raises, in the domain's hands too."""


@dataclass
class SessionState:
    """One session. `results`: what each completed step gave, JSON as it came: nobody here looks into it. `log_id`: the
    last log entry folded in, "" for none.

    `ttl_s`: how long it is kept after its last change. `epoch`: which of its successive drivers the log names.
    """

    session_id: str
    workflow: Workflow
    request: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    ttl_s: int
    status: SessionStatus = SessionStatus.PENDING
    steps: dict[str, StepState] = field(default_factory=dict)
    results: dict[str, bytes] = field(default_factory=dict)
    log_id: str = ""
    epoch: int = 1

    @classmethod
    def opened(
        cls, session_id: str, workflow: Workflow, request: dict[str, Any], at: datetime, ttl_s: int
    ) -> "SessionState":
        steps = {step.name: StepState(agent=step.agent) for step in workflow.steps}
        return cls(session_id, workflow, request, at, at, ttl_s, steps=steps)

    @cached_property
    def deadline(self) -> datetime:
        """When the session's whole time is over."""
        return self.created_at + timedelta(milliseconds=self.workflow.timeout_ms)

    @cached_property
    def request_json(self) -> bytes:
        """The request as JSON. It is what it was when the session was opened."""
        return to_json(self.request)

    def check(self) -> None:
        """Raises one of CONTENT_FAULTS for a request that the domain can make nothing of: no answer could ever tell of
        it."""
        self.workflow.conclude(Outcome(self.status.value, self.request, (), ()))

    def as_opened(self) -> "SessionState":
        """The same session before its first event."""
        return SessionState.opened(self.session_id, self.workflow, self.request, self.created_at, self.ttl_s)

    def apply(
        self,
        event: dict[str, Any],
        result: bytes | None = None,
        entry_id: str = "",
        is_final: bool = False,
    ) -> bool:
        """Fold one event in; `result` is what came with it. Returns whether a step or the session changed its status.

        Events that belong to no step, come again or come too late change nothing. Only the log's final entry ends the
        session; one whose status this version does not know ends it as failed.
        """
        if entry_id:
            self.log_id = entry_id
        if self.status.is_terminal:
            return False
        changed = self._end(event) if is_final else self._step_event(event, result)
        if changed and isinstance(event.get("timestamp"), str):
            self.updated_at = datetime.fromisoformat(event["timestamp"])
        return changed

    def take(self, entry: "LoggedEvent") -> bool:
        """Fold one entry of the log in; as `apply`."""
        self.epoch = max(self.epoch, entry.epoch)
        return self.apply(entry.event, entry.result, entry.entry_id, entry.is_final)

    def _end(self, event: dict[str, Any]) -> bool:
        self.status = _ENDS.get(str(event.get("status")), SessionStatus.FAILED)
        for step in self.steps.values():
            if not step.status.is_settled:
                step.status, step.message = StepStatus.CANCELLED, "given up when the session ended"
        return True

    def _requested(self, event: dict[str, Any]) -> bool:
        """The first request for a step, or the next after an attempt that failed."""
        step = self.steps.get(event.get("step", ""))
        if step is None or not event.get("timestamp"):
            return False
        retry_count = event.get("retry_count", 0)
        is_retry = step.retry_at is not None and retry_count == step.retry_count + 1
        if step.status is not StepStatus.PENDING and not (step.status is StepStatus.RUNNING and is_retry):
            return False
        step.requested_at = step.requested_at or datetime.fromisoformat(event["timestamp"])
        step.status, step.request_id = StepStatus.RUNNING, event.get("request_id")
        step.retry_count, step.retry_at, step.failure_code = retry_count, None, None
        step.message = event.get("message", "")
        self.status = SessionStatus.RUNNING
        return True

    def _step_event(self, event: dict[str, Any], result: bytes | None) -> bool:
        if not events.is_of_a_step(event):
            return False
        if event.get("status") == events.REQUESTED:
            return self._requested(event)
        name = self.step_of(event)
        if name is None or self.steps[name].status.is_settled:
            return False
        step = self.steps[name]
        if event["type"] == events.AGENT_FAILED:
            step.status, step.failure_code, step.retry_at = StepStatus.FAILED, event.get("code"), None
            step.message = event.get("message", "")
            return True
        if event["type"] == events.ATTEMPT_FAILED:
            return self._attempt_failed(step, event)
        percent = int(event.get("progress_percent", 0))
        # An attempt that has failed makes no progress any more; why it failed is not to be overwritten.
        if percent >= step.progress_percent and step.retry_at is None:
            step.progress_percent, step.message = percent, event.get("message", "")
        if event.get("status") == events.COMPLETED and result is not None:
            step.status, step.duration_ms = StepStatus.COMPLETED, event.get("duration_ms")
            step.cache_age_s = event.get("cache_age_s")
            step.retry_at = step.failure_code = None
            self.results[name] = result
            self._revise(self.workflow.by_name[name])
            return True
        return False

    def _revise(self, step: Step) -> None:
        """What the step's result brings anew of other steps takes their results' place, where they delivered."""
        if not step.revises:
            return
        found = self.results[step.name]
        keys = {name: self.workflow.by_name[name].result_key for name in step.revises}
        # One that revises nothing goes on as it came: parsing it would take longer than all else that is done with it.
        if not any(f'"{key}"'.encode() in found for key in keys.values()):
            return
        body = from_json(found)
        if not isinstance(body, dict):
            return
        for name, key in keys.items():
            revised = body.pop(key, None)
            if isinstance(revised, dict) and name in self.results:
                self.results[name] = to_json(revised)
        self.results[step.name] = to_json(body)

    @staticmethod
    def _attempt_failed(step: StepState, event: dict[str, Any]) -> bool:
        if step.retry_at is not None or not event.get("timestamp"):
            return False
        pause = timedelta(seconds=backoff_s(step.retry_count, step.request_id or ""))
        step.retry_at = datetime.fromisoformat(event["timestamp"]) + pause
        step.failure_code, step.message = event.get("code"), event.get("message", "")
        return True

    def step_of(self, event: dict[str, Any]) -> str | None:
        """The name of the step that the event tells of: it has that name, or the id of the step's request."""
        named: str | None = event.get("step")
        if named:
            return named if named in self.steps else None
        if (request_id := event.get("request_id")) is not None:
            for name, step in self.steps.items():
                if step.request_id == request_id:
                    return name
        return None

    @property
    def overall_percent(self) -> int:
        """The share of the work that is done, failed steps counted as done. 100 is kept for the end."""
        if self.status.is_terminal:
            return 100
        done = sum(100 if step.status.is_settled else step.progress_percent for step in self.steps.values())
        return min(99, done // max(1, len(self.steps)))

    def names(self, status: StepStatus) -> tuple[str, ...]:
        """The steps in that status, in the workflow's order."""
        return tuple(name for name, step in self.steps.items() if step.status is status)

    def failures(self) -> dict[str, str]:
        """Why each failed step failed, in words."""
        return {name: self.steps[name].message for name in self.names(StepStatus.FAILED)}

    def is_repeated(self, event: dict[str, Any]) -> bool:
        """Whether the event says again that a step was asked for, or comes after its outcome: the first one counts."""
        name = self.step_of(event)
        if name is None:
            return False
        step = self.steps[name]
        if step.status.is_settled:
            return True
        if event["type"] == events.ATTEMPT_FAILED:
            return step.retry_at is not None
        if event.get("status") != events.REQUESTED or step.status is StepStatus.PENDING:
            return False
        return step.retry_at is None or event.get("retry_count", 0) != step.retry_count + 1

    def contradictions(self) -> list[str]:
        """What cannot all be true of one session, in words; empty for every state that a log leads to.

        Across its agents: a result belongs to a completed step and to no other, a step that has begun has everything it
        needs settled, and an ended session has nothing running.
        """
        found = []
        if [step.name for step in self.workflow.steps] != list(self.steps):
            return [f"the steps are not those of workflow {self.workflow.name}"]
        for step in self.workflow.steps:
            current = self.steps[step.name]
            if (current.status is StepStatus.COMPLETED) != (step.name in self.results):
                found.append(
                    f"step {step.name} is {current.status} and has {'a' if step.name in self.results else 'no'} result"
                )
            if current.status is StepStatus.COMPLETED and not all(
                self.steps[need].status.is_settled for need in step.needs
            ):
                found.append(f"step {step.name} is completed before what it needs")
            if self.status.is_terminal and current.status in (StepStatus.PENDING, StepStatus.RUNNING):
                found.append(f"step {step.name} is {current.status} in a session that has ended")
        return found

    def result_json(self, step: str) -> bytes:
        """The step's result, `null` where there is none."""
        return self.results.get(step, b"null")

    def answer(self, status: SessionStatus, at: datetime) -> bytes:
        """The body, JSON, that the one who asked is given: for the session in that status at that time."""
        return with_members(to_json(self.outline(status, at)), {"data": self.data_json()})

    def data_json(self) -> bytes:
        """What the agents reported, by the names that the answer has for it."""
        return with_members(b"{}", {step.result_key: self.result_json(step.name) for step in self.workflow.steps})

    def outline(self, status: SessionStatus, at: datetime) -> dict[str, Any]:
        """The same without `data`: how it went."""
        completed, failed = self.names(StepStatus.COMPLETED), self.names(StepStatus.FAILED)
        return {
            "session_id": self.session_id,
            "status": status.value,
            **self.workflow.conclude(Outcome(status.value, self.request, completed, failed)),
            "processing_time_ms": max(0, round((at - self.created_at).total_seconds() * 1000)),
            "agents_completed": [self.steps[name].agent for name in completed],
            "agents_failed": [self.steps[name].agent for name in failed],
            "agents_cached": [step.agent for step in self.steps.values() if step.cache_age_s is not None],
            "failures": [
                {"agent": step.agent, "code": step.failure_code, "message": step.message}
                for step in (self.steps[name] for name in failed)
            ],
        }


class LoggedEvent(NamedTuple):
    """One entry of the log as the fold takes it. `result`: what an agent's answer brought along."""

    entry_id: str
    event: dict[str, Any]
    result: bytes | None
    is_final: bool
    epoch: int = 1


def fold(state: SessionState, entries: Iterable[LoggedEvent]) -> SessionState:
    """Apply the entries in order."""
    for entry in entries:
        state.take(entry)
    return state

"""A session's state: the fold of its log, and the read model that is kept of it.

The log is the truth. `SessionState.apply` takes its entries one by one; applying an entry again changes nothing, and
nothing changes a session that has ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json, to_json

from app.core.workflow import Outcome, Workflow
from app.messaging import events


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

    @property
    def is_terminal(self) -> bool:
        return self not in (SessionStatus.PENDING, SessionStatus.RUNNING)


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Given up, because the session ended without it."""


class StepState(BaseModel):
    """How far one step is. `failure_code` and `message`: why it failed. `duration_ms`: the agent's own time."""

    agent: str
    status: StepStatus = StepStatus.PENDING
    progress_percent: int = 0
    message: str = ""
    request_id: str | None = None
    requested_at: datetime | None = None
    duration_ms: int | None = None
    failure_code: str | None = None

    @property
    def is_settled(self) -> bool:
        return self.status in (StepStatus.COMPLETED, StepStatus.FAILED)


_STEPS = TypeAdapter(dict[str, StepState])


@dataclass
class SessionState:
    """One session. `results`: what each completed step gave. `log_id`: the last log entry folded in, "" for none."""

    session_id: str
    workflow: Workflow
    request: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    status: SessionStatus = SessionStatus.PENDING
    steps: dict[str, StepState] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    log_id: str = ""

    @classmethod
    def opened(cls, session_id: str, workflow: Workflow, request: dict[str, Any], at: datetime) -> "SessionState":
        steps = {step.name: StepState(agent=step.agent) for step in workflow.steps}
        return cls(session_id, workflow, request, at, at, steps=steps)

    def apply(
        self,
        event: dict[str, Any],
        result: dict[str, Any] | None = None,
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

    def _end(self, event: dict[str, Any]) -> bool:
        told = str(event.get("status"))
        known = SessionStatus(told) if told in set(SessionStatus) else SessionStatus.FAILED
        self.status = known if known.is_terminal else SessionStatus.FAILED
        for step in self.steps.values():
            if not step.is_settled:
                step.status, step.message = StepStatus.CANCELLED, "given up when the session ended"
        return True

    def _requested(self, event: dict[str, Any]) -> bool:
        step = self.steps.get(event.get("step", ""))
        if step is None or step.status is not StepStatus.PENDING or not event.get("timestamp"):
            return False
        step.status, step.request_id, step.message = (
            StepStatus.RUNNING,
            event.get("request_id"),
            event.get("message", ""),
        )
        step.requested_at = datetime.fromisoformat(event["timestamp"])
        self.status = SessionStatus.RUNNING
        return True

    def _step_event(self, event: dict[str, Any], result: dict[str, Any] | None) -> bool:
        if not events.is_of_a_step(event):
            return False
        if event.get("status") == events.REQUESTED:
            return self._requested(event)
        name = event.get("step") or self.step_of(event.get("request_id"))
        if name not in self.steps or self.steps[name].is_settled:
            return False
        step = self.steps[name]
        if event["type"] == events.AGENT_FAILED:
            step.status, step.failure_code = StepStatus.FAILED, event.get("code")
            step.message = event.get("message", "")
            return True
        percent = int(event.get("progress_percent", 0))
        if percent >= step.progress_percent:
            step.progress_percent, step.message = percent, event.get("message", "")
        if event.get("status") == events.COMPLETED and result is not None:
            step.status, step.duration_ms = StepStatus.COMPLETED, event.get("duration_ms")
            self.results[name] = result
            return True
        return False

    def step_of(self, request_id: str | None) -> str | None:
        """The name of the step that this request was sent for."""
        if request_id is None:
            return None
        return next((name for name, step in self.steps.items() if step.request_id == request_id), None)

    @property
    def overall_percent(self) -> int:
        """The share of the work that is done, failed steps counted as done. 100 is kept for the end."""
        if self.status.is_terminal:
            return 100
        done = sum(100 if step.is_settled else step.progress_percent for step in self.steps.values())
        return min(99, done // max(1, len(self.steps)))

    def names(self, status: StepStatus) -> tuple[str, ...]:
        """The steps in that status, in the workflow's order."""
        return tuple(name for name, step in self.steps.items() if step.status is status)

    def failures(self) -> dict[str, str]:
        """Why each failed step failed, in words."""
        return {name: self.steps[name].message for name in self.names(StepStatus.FAILED)}

    def is_repeated(self, event: dict[str, Any]) -> bool:
        """Whether the event says again that a step was asked for, or comes after its outcome: the first one counts."""
        name = event.get("step") or self.step_of(event.get("request_id"))
        if name not in self.steps:
            return False
        is_request = event.get("status") == events.REQUESTED
        return self.steps[name].is_settled or (is_request and self.steps[name].status is not StepStatus.PENDING)

    def answer(self, status: SessionStatus, at: datetime) -> dict[str, Any]:
        """The body that the one who asked is given: for the session in that status at that time."""
        completed, failed = self.names(StepStatus.COMPLETED), self.names(StepStatus.FAILED)
        steps = self.workflow.steps
        return {
            "session_id": self.session_id,
            "status": status.value,
            **self.workflow.conclude(Outcome(status.value, self.request, completed, failed)),
            "data": {step.result_key: self.results.get(step.name) for step in steps},
            "processing_time_ms": round((at - self.created_at).total_seconds() * 1000),
            "agents_completed": [self.steps[name].agent for name in completed],
            "agents_failed": [self.steps[name].agent for name in failed],
            "failures": [
                {"agent": step.agent, "code": step.failure_code, "message": step.message}
                for step in (self.steps[name] for name in failed)
            ],
        }

    def to_json(self) -> bytes:
        """The read model: our own members, the request's fields, and each step's result under its `state_key`."""
        return to_json(
            {
                **self.request,
                **{step.state_key: self.results.get(step.name) for step in self.workflow.steps},
                "session_id": self.session_id,
                "workflow": self.workflow.name,
                "status": self.status.value,
                "created_at": self.created_at,
                "updated_at": self.updated_at,
                "log_id": self.log_id,
                "request": self.request,
                "agents": _STEPS.dump_python(self.steps, mode="json"),
            }
        )


def workflow_named(raw_state: bytes) -> str:
    """Which workflow a stored read model belongs to."""
    return str(from_json(raw_state)["workflow"])


def from_read_model(raw_state: bytes, workflow: Workflow) -> SessionState:
    """The session as of the read model's `log_id`; what the log holds beyond it is still to be applied."""
    model = from_json(raw_state)
    return SessionState(
        session_id=model["session_id"],
        workflow=workflow,
        request=model["request"],
        created_at=datetime.fromisoformat(model["created_at"]),
        updated_at=datetime.fromisoformat(model["updated_at"]),
        status=SessionStatus(model["status"]),
        steps=_STEPS.validate_python(model["agents"]),
        results={s.name: model[s.state_key] for s in workflow.steps if model.get(s.state_key) is not None},
        log_id=model["log_id"],
    )


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One entry of the log as the fold takes it. `result`: what an agent's answer brought along."""

    entry_id: str
    event: dict[str, Any]
    result: dict[str, Any] | None
    is_final: bool


def fold(state: SessionState, entries: Iterable[LoggedEvent]) -> SessionState:
    """Apply the entries in order."""
    for entry in entries:
        state.apply(entry.event, entry.result, entry.entry_id, entry.is_final)
    return state

"""What to do next in a session: pure functions of its state and the clock. The orchestrator carries it out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.state import SessionState, SessionStatus, StepStatus
from app.core.workflow import Step


@dataclass(frozen=True, slots=True)
class RunStep:
    step: Step
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class FailStep:
    step: Step
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class EndSession:
    status: SessionStatus


Decision = RunStep | FailStep | EndSession


def session_deadline(state: SessionState) -> datetime:
    return state.created_at + timedelta(milliseconds=state.workflow.timeout_ms)


def step_deadline(state: SessionState, step: Step) -> datetime | None:
    """When a running step is late: its own time or the session's, whichever ends first. None: it does not run."""
    current = state.steps[step.name]
    if current.status is not StepStatus.RUNNING or current.requested_at is None:
        return None
    return min(current.requested_at + timedelta(milliseconds=step.timeout_ms), session_deadline(state))


def next_deadline(state: SessionState) -> datetime:
    """The next moment at which something has to be decided even if nothing happens."""
    deadlines = [step_deadline(state, step) for step in state.workflow.steps]
    return min([moment for moment in deadlines if moment is not None] + [session_deadline(state)])


def decide(state: SessionState, now: datetime) -> list[Decision]:
    """What is to be done now, in order; nothing for a session that has ended.

    A step that fails may set others free or end the session: decide again once that is in the state.
    """
    if state.status.is_terminal:
        return []
    if now >= session_deadline(state):
        text = f"Session timed out after {state.workflow.timeout_ms}ms"
        late: list[Decision] = [
            FailStep(step, "timeout", text) for step in state.workflow.steps if not state.steps[step.name].is_settled
        ]
        return late or [EndSession(_final_status(state, now))]
    late = [
        FailStep(step, "timeout", f"Agent {step.agent} timed out after {step.timeout_ms}ms")
        for step in state.workflow.steps
        if (deadline := step_deadline(state, step)) is not None and now >= deadline
    ]
    if late:
        return late
    settled = {name for name, step in state.steps.items() if step.is_settled}
    if len(settled) == len(state.steps) or _lacks_a_required_step(state):
        return [EndSession(_final_status(state, now))]
    started = {name for name, step in state.steps.items() if step.status is not StepStatus.PENDING}
    left_ms = max(1, int((session_deadline(state) - now).total_seconds() * 1000))
    return [RunStep(step, min(step.timeout_ms, left_ms)) for step in state.workflow.ready(started, settled)]


def _lacks_a_required_step(state: SessionState) -> bool:
    return any(step.is_required and state.steps[step.name].status is StepStatus.FAILED for step in state.workflow.steps)


def _final_status(state: SessionState, now: datetime) -> SessionStatus:
    if _lacks_a_required_step(state):
        return SessionStatus.FAILED
    if not state.names(StepStatus.FAILED):
        return SessionStatus.COMPLETED
    if state.names(StepStatus.COMPLETED):
        return SessionStatus.PARTIAL
    return SessionStatus.TIMEOUT if now >= session_deadline(state) else SessionStatus.FAILED

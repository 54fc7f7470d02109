"""What to do next in a session: pure functions of its state and the clock. The orchestrator carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from app.core.state import SessionState, SessionStatus, StepState, StepStatus
from app.core.workflow import Step

CIRCUIT_OPEN = "circuit_open"
QUEUE_FULL = "queue_full"

NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class RunStep:
    """`retry_count`: 0 for the first attempt."""

    step: Step
    timeout_ms: int
    retry_count: int = 0


@dataclass(frozen=True, slots=True)
class FailStep:
    step: Step
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class EndSession:
    status: SessionStatus


Decision = RunStep | FailStep | EndSession


def step_deadline(state: SessionState, step: Step) -> datetime | None:
    """When a running step is late: its own time or the session's, whichever ends first. None: it does not run."""
    current = state.steps[step.name]
    return _deadline(state, step, current) if current.status is StepStatus.RUNNING else None


def next_deadline(state: SessionState) -> datetime:
    """The next moment at which something has to be decided even if nothing happens."""
    first = state.deadline
    for step, current in _running(state):
        if (at := current.requested_at) is not None and (late_at := at + _span(step.timeout_ms)) < first:
            first = late_at
        if (retry_at := current.retry_at) is not None and retry_at < first:
            first = retry_at
    return first


_Running = list[tuple[Step, StepState]]


def _running(state: SessionState) -> _Running:
    """Steps that were asked for and have no outcome yet."""
    steps, running = state.steps, StepStatus.RUNNING
    return [(step, steps[step.name]) for step in state.workflow.steps if steps[step.name].status is running]


def _deadline(state: SessionState, step: Step, current: StepState) -> datetime | None:
    if current.requested_at is None:
        return None
    return min(current.requested_at + _span(step.timeout_ms), state.deadline)


def decide(state: SessionState, now: datetime, skipped: Mapping[str, str] = NOBODY) -> list[Decision]:
    """What is to be done now, in order; nothing for a session that has ended.

    `skipped`: agents that are not to be asked, and why. A step that fails may set others free or end the session:
    decide again once that is in the state.
    """
    if state.status.is_terminal:
        return []
    if now >= state.deadline:
        return _out_of_time(state, now)
    running = _running(state)
    if late := _late(now, running):
        return late
    settled = {name for name, step in state.steps.items() if step.status.is_settled}
    if len(settled) == len(state.steps) or _lacks_a_required_step(state):
        return [EndSession(_final_status(state, now))]
    asked = [*_ready(state, settled, now), *_after_failed_attempts(state, now, running)]
    return [_unless_skipped(decision, skipped) for decision in asked]


def _ready(state: SessionState, settled: set[str], now: datetime) -> list[RunStep]:
    started = {name for name, step in state.steps.items() if step.status is not StepStatus.PENDING}
    ready = state.workflow.ready(started, settled)
    left_ms = max(1, _ms(state.deadline - now)) if ready else 0
    return [RunStep(step, min(step.timeout_ms, left_ms)) for step in ready]


def _out_of_time(state: SessionState, now: datetime) -> list[Decision]:
    text = f"Session timed out after {state.workflow.timeout_ms}ms"
    late: list[Decision] = [
        FailStep(step, "timeout", text) for step in state.workflow.steps if not state.steps[step.name].status.is_settled
    ]
    return late or [EndSession(_final_status(state, now))]


def _late(now: datetime, running: _Running) -> list[Decision]:
    """Steps whose own time is over. One that waits for another attempt has failed already, for a reason of its own."""
    return [
        FailStep(step, "timeout", f"Agent {step.agent} timed out after {step.timeout_ms}ms")
        for step, current in running
        if current.retry_at is None and (at := current.requested_at) is not None and now >= at + _span(step.timeout_ms)
    ]


def _after_failed_attempts(state: SessionState, now: datetime, running: _Running) -> list[RunStep | FailStep]:
    """Steps whose last attempt failed: asked again when their pause is over, given up where no attempt is left."""
    found: list[RunStep | FailStep] = []
    for step, current in running:
        if current.retry_at is None or (deadline := _deadline(state, step, current)) is None:
            continue
        # A full queue is no answer of the agent: it is tried again for as long as there is time.
        is_spent = current.retry_count + 1 >= step.max_attempts and current.failure_code != QUEUE_FULL
        if is_spent or current.retry_at >= deadline:
            found.append(_give_up(step, current))
        elif now >= current.retry_at:
            found.append(RunStep(step, max(1, _ms(deadline - now)), current.retry_count + 1))
    return found


def _give_up(step: Step, current: StepState) -> FailStep:
    attempts = current.retry_count + 1
    tried = f" (asked {attempts} times)" if attempts > 1 else ""
    return FailStep(step, current.failure_code or "agent_error", current.message + tried)


def _unless_skipped(decision: RunStep | FailStep, skipped: Mapping[str, str]) -> Decision:
    reason = skipped.get(decision.step.agent)
    if reason is None or isinstance(decision, FailStep):
        return decision
    return FailStep(decision.step, CIRCUIT_OPEN, reason)


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


@lru_cache
def _span(ms: int) -> timedelta:
    return timedelta(milliseconds=ms)


def _lacks_a_required_step(state: SessionState) -> bool:
    return any(state.steps[name].status is StepStatus.FAILED for name in state.workflow.required)


def _final_status(state: SessionState, now: datetime) -> SessionStatus:
    if _lacks_a_required_step(state):
        return SessionStatus.FAILED
    if not state.names(StepStatus.FAILED):
        return SessionStatus.COMPLETED
    if state.names(StepStatus.COMPLETED):
        return SessionStatus.PARTIAL
    return SessionStatus.TIMEOUT if now >= state.deadline else SessionStatus.FAILED

"""Histories of sessions, made up: a clock, agents that answer as they please, and the orchestrator's own decisions.

No Redis and no loop: what is decided is a pure function of the log and the clock, so a history is a list of events.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from app.core.decisions import EndSession, FailStep, RunStep, decide, next_deadline
from app.core.state import LoggedEvent, SessionState, fold
from app.messaging import events
from tests.scripted_agents import fan_in_workflow

START = datetime(2027, 5, 1, 12, tzinfo=UTC)
WORKFLOW = fan_in_workflow(("a", "b", "c"), "z", timeout_ms=8_000, total_ms=30_000, max_attempts=3)
MOST_STEPS = 200

ANSWERS = ("progress", "completed", "passing error", "error", "silence", "someone else's")


def opened() -> SessionState:
    return SessionState.opened("s", WORKFLOW, {"topic": "t"}, START, 3600)


@dataclass
class History:
    """`log`: what happened so far. `now`: the clock."""

    log: list[LoggedEvent] = field(default_factory=list)
    now: datetime = START
    asked: int = 0

    def state(self) -> SessionState:
        return fold(opened(), self.log)

    def add(self, raw: bytes, result: bytes | None = None, is_final: bool = False) -> None:
        event = {**events.decode_event(raw), "timestamp": events.timestamp(self.now)}
        self.log.append(LoggedEvent(f"{len(self.log) + 1}-0", event, result, is_final))

    def decide(self) -> bool:
        """Carry out what is to be done now. False where there is nothing."""
        state = self.state()
        decisions = decide(state, self.now)
        for decision in decisions:
            if isinstance(decision, RunStep):
                self.asked += 1
                step = decision.step
                request_id = f"request {self.asked} at {len(self.log)}"
                self.add(events.step_requested(step.agent, step.name, request_id, decision.retry_count))
            elif isinstance(decision, FailStep):
                step = decision.step
                self.add(events.step_failed(step.agent, decision.code, decision.message, step=step.name))
            elif isinstance(decision, EndSession):
                body = state.answer(decision.status, self.now)
                self.add(events.ended(decision.status.value, body, self.now), is_final=True)
        return bool(decisions)

    def answer(self, name: str, how: str) -> None:
        """The agent of that step says something; nothing where it was not asked."""
        step = self.state().steps[name]
        request_id = step.request_id or "never asked"
        if how == "progress":
            self.add(events.progress(step.agent, request_id, "at work", 40))
        elif how == "completed":
            self.add(events.step_completed(step.agent, request_id, "one", 5), b'{"from":"%b"}' % name.encode())
        elif how == "passing error":
            self.add(events.attempt_failed(step.agent, "unavailable", "not now", request_id))
        elif how == "error":
            self.add(events.step_failed(step.agent, "agent_error", "no", request_id=request_id))
        elif how == "someone else's":
            self.add(events.step_completed(step.agent, "another session's", "one", 5), b'{"from":"elsewhere"}')

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def to_its_end(self) -> "History":
        """Nobody answers any more; only the clock goes on. Raises AssertionError where that does not end it."""
        for _ in range(MOST_STEPS):
            while self.decide():
                pass
            state = self.state()
            if state.status.is_terminal:
                return self
            self.now = max(self.now, next_deadline(state))
        raise AssertionError(f"it does not end: {self.state()}")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Histories that are over, or in the midst of things."""
    history = History()
    for _ in range(draw(st.integers(0, 25))):
        while history.decide():
            pass
        history.wait(draw(st.sampled_from((0.0, 0.1, 1.0, 3.0))))
        history.answer(draw(st.sampled_from(list(opened().steps))), draw(st.sampled_from(ANSWERS)))
        if history.state().status.is_terminal:
            return history
    return history.to_its_end() if draw(st.booleans()) else history

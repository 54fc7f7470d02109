"""A session's state is the fold of its log."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.state import SessionState, SessionStatus, StepStatus, from_read_model, workflow_named
from app.messaging import events
from tests.core.test_decisions import START, ask, deliver, fail, opened
from tests.scripted_agents import fan_in_workflow


def test_the_first_outcome_of_a_step_counts() -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    ask(state, "a")
    fail(state, "a")
    deliver(state, "a")
    assert state.steps["a"].status is StepStatus.FAILED
    assert state.results == {}


@pytest.mark.rows("S0-136")
@pytest.mark.parametrize("end", [status for status in SessionStatus if status.is_terminal])
def test_nothing_changes_a_session_that_has_ended(end: SessionStatus) -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    ask(state, "a")
    assert state.apply({"type": "x", "status": end.value})
    deliver(state, "a")
    assert not state.apply({"type": "completed", "status": "completed"})
    assert (state.status, state.results) == (end, {})


@pytest.mark.rows("S0-131")
def test_a_percentage_only_rises() -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    ask(state, "a")
    for percent in (30, 80, 50):
        state.apply(events.decode_event(events.progress("a", "request of a", f"at {percent}", percent)))
    assert (state.steps["a"].progress_percent, state.steps["a"].message) == (80, "at 80")
    assert state.overall_percent == 40


def test_events_that_belong_to_no_step_change_nothing() -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    before = state.to_json()
    for event in (
        {"type": "progress", "request_id": "nobody's", "message": "m", "progress_percent": 5},
        {"type": "agent_failed", "step": "nobody", "message": "m"},
        {"type": "progress", "status": "requested", "step": "nobody", "request_id": "x", "message": "m"},
        {"type": "party", "status": "wild"},
        {"type": "started"},
    ):
        assert not state.apply(event)
    assert state.to_json() == before


@pytest.mark.rows("S0-161", "S2-22")
@given(st.permutations(["ask a", "ask b", "deliver a", "fail b"]))
def test_the_read_model_gives_the_session_back(order: list[str]) -> None:
    state = opened(fan_in_workflow(("a", "b"), "z"))
    for step in order:
        what, name = step.split()
        {"ask": ask, "deliver": deliver, "fail": fail}[what](state, name)
    state.log_id = "17-3"
    raw = state.to_json()
    assert workflow_named(raw) == "scripted"
    again = from_read_model(raw, state.workflow)
    assert again == state
    assert json.loads(raw)["a_data"] == state.results.get("a")


def test_times_are_told_in_whole_milliseconds() -> None:
    at = datetime(2027, 5, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    state = SessionState.opened("s", fan_in_workflow(("a",), "z"), {}, START)
    event = events.decode_event(events.ended("failed", state.answer(SessionStatus.FAILED, at), at))
    state.apply(event)
    assert state.updated_at == at
    assert event["processing_time_ms"] == state.answer(state.status, state.updated_at)["processing_time_ms"] == 123

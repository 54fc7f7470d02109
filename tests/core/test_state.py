"""A session's state is the fold of its log."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import read_model
from app.core.state import LoggedEvent, SessionState, SessionStatus, StepStatus, fold
from app.core.workflow import Step, Workflow
from app.messaging import events
from tests.core.test_decisions import START, ask, deliver, event_of, fail, opened
from tests.scripted_agents import conclude, fan_in_workflow


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
    assert state.apply({"type": "x", "status": end.value}, is_final=True)
    deliver(state, "a")
    assert not state.apply({"type": "completed", "status": "completed"}, is_final=True)
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
    before = read_model.encode(state)
    for event in (
        {"type": "progress", "request_id": "nobody's", "message": "m", "progress_percent": 5},
        {"type": "agent_failed", "step": "nobody", "message": "m"},
        {"type": "progress", "status": "requested", "step": "nobody", "request_id": "x", "message": "m"},
        {"type": "party", "status": "wild"},
        {"type": "started"},
    ):
        assert not state.apply(event)
    assert read_model.encode(state) == before


@pytest.mark.rows("S0-161", "S2-22")
@given(st.permutations(["ask a", "ask b", "deliver a", "fail b"]))
def test_the_read_model_gives_the_session_back(order: list[str]) -> None:
    state = opened(fan_in_workflow(("a", "b"), "z"))
    for step in order:
        what, name = step.split()
        {"ask": ask, "deliver": deliver, "fail": fail}[what](state, name)
    state.log_id = "17-3"
    raw = read_model.encode(state)
    again = read_model.decode(raw, {"scripted": state.workflow})
    assert again == state
    assert json.loads(raw)["a_data"] == json.loads(state.result_json("a"))


@pytest.mark.parametrize("status", ["completed", "running", "unheard-of", None, ["failed"]])
def test_only_the_final_entry_ends_a_session_and_it_always_does(status: object) -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    assert not state.apply({"type": "x", "status": status})
    assert state.apply({"type": "x", "status": status}, is_final=True)
    assert state.status is (SessionStatus.COMPLETED if status == "completed" else SessionStatus.FAILED)
    assert {step.status for step in state.steps.values()} == {StepStatus.CANCELLED}


def test_an_event_that_says_again_what_is_known_is_told_from_news() -> None:
    state = opened(fan_in_workflow(("a",), "z"))
    asked = events.decode_event(events.step_requested("a", "a", "request of a"))
    assert not state.is_repeated(asked)
    state.apply(asked)
    assert state.is_repeated(asked)
    late = events.decode_event(events.progress("a", "request of a", "still at it", 90))
    assert not state.is_repeated(late)
    deliver(state, "a")
    assert state.is_repeated(late)


def test_no_session_took_less_than_no_time() -> None:
    """Redis' clock may be set back in between."""
    state = SessionState.opened("s", fan_in_workflow(("a",), "z"), {}, START, 3600)
    before = START - timedelta(seconds=1)
    assert state.outline(SessionStatus.CANCELLED, before)["processing_time_ms"] == 0


def test_times_are_told_in_whole_milliseconds() -> None:
    at = datetime(2027, 5, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    state = SessionState.opened("s", fan_in_workflow(("a",), "z"), {}, START, 3600)
    event = events.decode_event(events.ended("failed", state.answer(SessionStatus.FAILED, at), at))
    state.apply(event, is_final=True)
    assert state.updated_at == at
    assert event["processing_time_ms"] == state.outline(state.status, state.updated_at)["processing_time_ms"] == 123


# ---- a step that brings another's result anew


def delivered(state: SessionState, name: str, result: bytes) -> None:
    ask(state, name)
    state.apply(event_of(events.step_completed(name, f"request of {name}", "one", 5), START), result)


def data_of(state: SessionState) -> dict[str, object]:
    answer = json.loads(state.answer(SessionStatus.COMPLETED, START))
    assert isinstance(answer["data"], dict)
    return answer["data"]


REVISING = Workflow(
    "revising",
    (
        Step("rough", "rough", 1000, (), "price", "price_data"),
        Step("exact", "exact", 1000, (), "plan", "plan_data", needs=("rough",), revises=("rough",)),
    ),
    5000,
    conclude,
)
ROUGH, EXACT = b'{"total":90}', b'{"days":2,"price":{"total":100}}'


@pytest.mark.rows("X-06")
def test_a_revised_result_takes_the_others_place_in_the_answer_and_the_read_model() -> None:
    """And only there: the step that brought it does not say it a second time."""
    state = opened(REVISING)
    delivered(state, "rough", ROUGH)
    assert data_of(state) == {"price": {"total": 90}, "plan": None}
    delivered(state, "exact", EXACT)
    assert data_of(state) == {"price": {"total": 100}, "plan": {"days": 2}}
    raw = read_model.encode(state)
    assert json.loads(raw)["price_data"] == {"total": 100}
    assert json.loads(raw)["plan_data"] == {"days": 2}
    assert read_model.decode(raw, {"revising": REVISING}) == state


@pytest.mark.rows("X-06", "S0-161")
def test_the_log_replayed_gives_the_revised_result_again() -> None:
    """Once more from the start, and from a read model that was written in between."""
    rough = event_of(events.step_completed("rough", "request of rough", "one", 5), START)
    exact = event_of(events.step_completed("exact", "request of exact", "one", 5), START)
    state = opened(REVISING)
    ask(state, "rough")
    ask(state, "exact")
    between = read_model.decode(read_model.encode(state), {"revising": REVISING})
    log = [LoggedEvent("1-0", rough, ROUGH, False), LoggedEvent("2-0", exact, EXACT, False)]
    fold(state, log)
    assert fold(between, log).results == state.results
    assert fold(state, log).results == {"rough": b'{"total":100}', "exact": b'{"days":2}'}


@pytest.mark.rows("X-06")
def test_a_step_that_failed_is_not_revised() -> None:
    """It has failed for whoever asked, too: there is no result where none was delivered."""
    state = opened(REVISING)
    ask(state, "rough")
    fail(state, "rough")
    delivered(state, "exact", EXACT)
    assert data_of(state) == {"price": None, "plan": {"days": 2}}
    assert state.contradictions() == []
    assert read_model.decode(read_model.encode(state), {"revising": REVISING}) == state


@pytest.mark.parametrize(
    "result", [b'{"days":2,"price":null}', b'{"days":2}', b'[{"price":{"total":1}}]', b'"plan"', b"7"]
)
def test_a_result_without_anything_new_changes_no_other(result: bytes) -> None:
    """Nothing, no such member, or no object at all."""
    state = opened(REVISING)
    delivered(state, "rough", ROUGH)
    delivered(state, "exact", result)
    assert state.results["rough"] == ROUGH
    assert data_of(state)["price"] == {"total": 90}
    assert state.steps["exact"].status is StepStatus.COMPLETED


@pytest.mark.parametrize("result", [b'{ "days": 2 }', b'{"days":2,"note":"the price is as it was"}', b'{"days":2.0}'])
def test_a_result_that_revises_nothing_goes_on_byte_for_byte(result: bytes) -> None:
    state = opened(REVISING)
    delivered(state, "rough", ROUGH)
    delivered(state, "exact", result)
    assert state.results["exact"] == result


def test_a_result_may_bring_one_of_several_anew() -> None:
    first, second = (Step(name, name, 1000, (), name, f"{name}_data") for name in ("first", "second"))
    last = Step("last", "last", 1000, (), "last", "last_data", needs=("first", "second"), revises=("first", "second"))
    state = opened(Workflow("both", (first, second, last), 5000, conclude))
    delivered(state, "first", b'{"at":1}')
    delivered(state, "second", b'{"at":2}')
    delivered(state, "last", b'{"second":{"at":3}}')
    assert state.results == {"first": b'{"at":1}', "second": b'{"at":3}', "last": b"{}"}


def test_which_statuses_are_the_last() -> None:
    assert {status for status in SessionStatus if not status.is_terminal} == {"pending", "running"}
    assert {status for status in StepStatus if status.is_settled} == {"completed", "failed"}


def test_a_step_that_failed_revises_nothing() -> None:
    state = opened(REVISING)
    delivered(state, "rough", ROUGH)
    ask(state, "exact")
    fail(state, "exact")
    assert data_of(state) == {"price": {"total": 90}, "plan": None}


def test_a_requests_fields_never_stand_in_for_the_read_models_own() -> None:
    state = opened(fan_in_workflow(("a", "b"), "z"))
    taken = {"status": "mine", "session_id": "mine", "agents": "mine", "a_data": "mine", "request": "mine"}
    state.request = {**taken, state.workflow.steps[0].state_key: "mine", "free": 1}
    members: list[tuple[str, Any]] = json.loads(read_model.encode(state), object_pairs_hook=list)
    names = [name for name, _ in members]
    assert len(names) == len(set(names)), "each name once"
    model = json.loads(read_model.encode(state))
    assert (model["session_id"], model["status"], model["free"]) == (state.session_id, state.status.value, 1)
    assert model[state.workflow.steps[0].state_key] is None
    assert {**model["request"], **{name: model[name] for name in model["request_fields"]}} == state.request
    assert read_model.decode(read_model.encode(state), {state.workflow.name: state.workflow}).request == state.request

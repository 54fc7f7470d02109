"""Whatever part of its log a session is left with, it comes to an end, and to the same one where nothing is missing."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import read_model
from app.core.decisions import decide
from app.core.errors import InconsistentStateError
from app.core.state import LoggedEvent, SessionState, StepStatus, fold
from tests.core.histories import WORKFLOW, History, histories, opened

WORKFLOWS = {"scripted": WORKFLOW}
MANY = settings(max_examples=80)


def shape(state: SessionState) -> Any:
    """What makes two states the same: everything but the place in the log."""
    return (state.status, {name: asdict(step) for name, step in state.steps.items()}, state.results)


def recovers(log: list[LoggedEvent], history: History) -> None:
    """A gateway that finds this log brings the session to an end."""
    ended = History(log=list(log), now=history.now).to_its_end().state()
    assert ended.status.is_terminal
    assert all(step.status not in (StepStatus.PENDING, StepStatus.RUNNING) for step in ended.steps.values())
    assert {name for name, step in ended.steps.items() if step.status is StepStatus.COMPLETED} == set(ended.results)
    assert decide(ended, history.now) == []


@pytest.mark.rows("S2-18", "S2-22")
@given(history=histories())
@MANY
def test_every_history_keeps_the_order_of_the_workflow(history: History) -> None:
    """What depends on others is asked for when they are settled, and everything ends once."""
    asked = [entry.event["step"] for entry in history.log if entry.event.get("status") == "requested"]
    assert "z" not in asked[:3]
    assert [entry.is_final for entry in history.log].count(True) <= 1
    assert history.state().contradictions() == []


@pytest.mark.rows("S0-06", "S2-44")
@given(history=histories(), data=st.data())
@MANY
def test_from_any_prefix_a_session_is_brought_to_its_end(history: History, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history.log)))
    recovers(history.log[:cut], history)
    assert fold(opened(), history.log[:cut]).contradictions() == []


@given(history=histories(), data=st.data())
@MANY
def test_what_is_told_twice_changes_nothing(history: History, data: st.DataObject) -> None:
    """Each event may come again at any later place."""
    repeated = list(history.log)
    for _ in range(data.draw(st.integers(1, 5))):
        if history.log:
            which = data.draw(st.integers(0, len(history.log) - 1))
            first = repeated.index(history.log[which])
            repeated.insert(data.draw(st.integers(first + 1, len(repeated))), history.log[which])
    assert shape(fold(opened(), repeated)) == shape(history.state())


@given(history=histories(), data=st.data())
@MANY
def test_what_comes_in_another_order_leaves_a_state_that_recovers(history: History, data: st.DataObject) -> None:
    recovers(data.draw(st.permutations(history.log)), history)


@given(history=histories(), data=st.data())
@MANY
def test_what_is_dropped_leaves_a_state_that_recovers(history: History, data: st.DataObject) -> None:
    recovers([entry for entry in history.log if data.draw(st.booleans())], history)


@pytest.mark.rows("S2-25")
@given(history=histories(), data=st.data())
@MANY
def test_a_snapshot_and_the_tail_equal_the_full_replay(history: History, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history.log)))
    snapshot = read_model.encode(fold(opened(), history.log[:cut]))
    recovered = fold(read_model.decode(snapshot, WORKFLOWS), history.log[cut:])
    assert shape(recovered) == shape(history.state())
    # A snapshot that is older than its tail: entries that it holds already come again.
    earlier = data.draw(st.integers(0, cut))
    assert shape(fold(read_model.decode(snapshot, WORKFLOWS), history.log[earlier:])) == shape(history.state())


@given(history=histories())
@MANY
def test_nothing_changes_a_session_that_has_ended(history: History) -> None:
    ended = history.to_its_end()
    before = shape(ended.state())
    for name in opened().steps:
        for how in ("completed", "error", "passing error", "progress"):
            ended.answer(name, how)
    assert shape(ended.state()) == before
    assert decide(ended.state(), ended.now) == []


@given(history=histories())
@MANY
def test_no_step_has_more_attempts_than_it_may(history: History) -> None:
    for name in opened().steps:
        asked = [e for e in history.log if e.event.get("step") == name and e.event.get("status") == "requested"]
        assert len(asked) <= WORKFLOW.by_name[name].max_attempts


@pytest.mark.rows("S2-43")
@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda state: state.results.clear(), "has no result"),
        (lambda state: state.results.update(c=b'{"made":"up"}'), "step c is failed and has a result"),
        (lambda state: setattr(state.steps["b"], "status", StepStatus.RUNNING), "completed before what it needs"),
        (lambda state: state.steps.pop("a"), "steps are not those of workflow"),
    ],
)
def test_a_state_that_contradicts_itself_is_found_out(spoil: Any, found: str) -> None:
    history = History()
    history.decide()
    for name, how in (("a", "completed"), ("b", "completed"), ("c", "error")):
        history.answer(name, how)
    history.decide()
    history.answer("z", "completed")
    state = history.state()
    assert state.contradictions() == []
    spoil(state)
    assert any(found in text for text in state.contradictions())
    with pytest.raises(InconsistentStateError):
        read_model.decode(read_model.encode(state), WORKFLOWS)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"7", b'"x"', b"{}", b'{"workflow":"scripted"}', b'{"workflow":[]}']
)
def test_bytes_that_are_no_read_model_are_told_from_one(raw: bytes) -> None:
    with pytest.raises(InconsistentStateError):
        read_model.decode(raw, WORKFLOWS)

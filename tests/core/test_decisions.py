"""What to do next is a pure function of the state and the clock."""

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.decisions import EndSession, FailStep, RunStep, decide, next_deadline
from app.core.state import SessionState, SessionStatus, StepStatus
from app.core.workflow import Step, Workflow
from app.messaging import events
from app.messaging.protocols import new_id
from app.trips.workflow import trip_workflow
from tests.scripted_agents import conclude, fan_in_workflow

START = datetime(2027, 5, 1, 12, tzinfo=UTC)
AGENTS = ("weather", "events", "maps", "budget", "itinerary")
TIMEOUTS_MS = {"weather": 10_000, "events": 15_000, "maps": 12_000, "budget": 8_000, "itinerary": 20_000}


def opened(workflow: Workflow | None = None) -> SessionState:
    workflow = workflow or trip_workflow(TIMEOUTS_MS, 60_000)
    request = {"destination": "Paris", "origin": "Rome", "travel_dates": ["2027-05-01"]}
    return SessionState.opened(new_id(), workflow, request, START, 3600)


def event_of(raw: bytes, at: datetime) -> dict[str, Any]:
    return {**events.decode_event(raw), "timestamp": events.timestamp(at)}


def ask(state: SessionState, name: str, at: datetime = START) -> None:
    state.apply(event_of(events.step_requested(state.steps[name].agent, name, f"request of {name}"), at))


def deliver(state: SessionState, name: str) -> None:
    result = b'{"from":"%b"}' % name.encode()
    state.apply(event_of(events.step_completed(name, f"request of {name}", "one", 5), START), result)


def fail(state: SessionState, name: str) -> None:
    state.apply(event_of(events.step_failed(name, "agent_error", "no", step=name), START))


def names(decisions: list[Any]) -> list[str]:
    return [decision.step.name for decision in decisions]


@pytest.mark.rows("S0-02", "S0-144", "X-06")
def test_four_agents_are_asked_at_once_and_the_itinerary_after_them() -> None:
    state = opened()
    decisions = decide(state, START)
    assert names(decisions) == ["weather", "events", "maps", "budget"]
    assert [decision.timeout_ms for decision in decisions] == [10_000, 15_000, 12_000, 8_000]
    for name in AGENTS[:4]:
        ask(state, name)
    for name in AGENTS[:3]:
        deliver(state, name)
    assert decide(state, START) == [], "the itinerary waits for the last one"
    fail(state, "budget")
    assert names(decide(state, START)) == ["itinerary"]


@pytest.mark.rows("S0-10", "S0-107", "S0-125", "X-13")
@pytest.mark.parametrize("failing", [set(some) for size in range(6) for some in combinations(AGENTS, size)])
def test_every_subset_of_failed_agents_gives_a_valid_end(failing: set[str]) -> None:
    state = opened()
    for name in AGENTS:
        ask(state, name)
        (fail if name in failing else deliver)(state, name)
    (decision,) = decide(state, START)
    expected = "completed" if not failing else "failed" if len(failing) == 5 else "partial"
    assert decision == EndSession(SessionStatus(expected))
    answer = json.loads(state.answer(decision.status, START))
    assert answer["status"] == expected
    assert set(answer["agents_failed"]) == failing
    assert answer["agents_completed"] == [name for name in AGENTS if name not in failing]
    assert answer["message"]
    keys = {"weather": "weather", "events": "events", "maps": "route", "budget": "budget", "itinerary": "itinerary"}
    assert answer["data"] == {key: None if name in failing else {"from": name} for name, key in keys.items()}


@pytest.mark.rows("S0-16", "S0-164")
def test_each_agent_has_its_own_deadline() -> None:
    state = opened()
    for name in AGENTS[:4]:
        ask(state, name)
    ask(state, "itinerary")
    assert next_deadline(state) == START + timedelta(seconds=8), "the budget agent's, neither the first nor the last"
    assert decide(state, START + timedelta(seconds=7.9)) == []
    (late,) = decide(state, START + timedelta(seconds=8))
    assert late == FailStep(state.workflow.by_name["budget"], "timeout", "Agent budget timed out after 8000ms")


def test_the_next_attempt_is_waited_for_as_well() -> None:
    state = opened()
    ask(state, "weather")
    state.apply(event_of(events.attempt_failed("weather", "busy", "later", "request of weather"), START))
    retry_at = state.steps["weather"].retry_at
    assert retry_at is not None
    assert START < next_deadline(state) == retry_at < START + timedelta(seconds=10)


@pytest.mark.rows("S0-58")
def test_a_full_queue_is_tried_again_for_as_long_as_there_is_time() -> None:
    """It is no answer of the agent, so it does not count among the attempts that the agent has."""
    state, at = opened(), START
    ask(state, "weather")
    tried = 0
    while True:
        refused = events.attempt_failed("weather", "queue_full", "full", "request of weather")
        state.apply(event_of(refused, at))
        at = next_deadline(state)
        decision = next(
            one for one in decide(state, at) if not isinstance(one, EndSession) and one.step.name == "weather"
        )
        if isinstance(decision, FailStep):
            break
        tried += 1
        state.apply(event_of(events.step_requested("weather", "weather", "request of weather", tried), at))
    assert (decision.code, tried) == ("queue_full", 4), "after 1, 3, 7 and, less the jitter, 11 s of its 10"


def test_the_whole_session_has_a_deadline() -> None:
    state = opened(trip_workflow(TIMEOUTS_MS, 9_000))
    for name in AGENTS[:4]:
        ask(state, name, START + timedelta(seconds=2))
    assert next_deadline(state) == START + timedelta(seconds=9), "shorter than any agent's own"
    deliver(state, "weather")
    late = decide(state, START + timedelta(seconds=9))
    assert names(late) == ["events", "maps", "budget", "itinerary"]
    for decision in late:
        assert isinstance(decision, FailStep)
        assert decision.message == "Session timed out after 9000ms"
        fail(state, decision.step.name)
    assert decide(state, START + timedelta(seconds=9)) == [EndSession(SessionStatus.PARTIAL)]


def test_a_late_step_gets_only_what_is_left_of_the_session() -> None:
    (first,) = decide(opened(fan_in_workflow(("a",), "z", timeout_ms=5_000, total_ms=2_000)), START)
    assert isinstance(first, RunStep)
    assert first.timeout_ms == 2_000


def test_a_session_without_any_delivery_in_time_has_timed_out() -> None:
    state = opened(trip_workflow(TIMEOUTS_MS, 5_000))
    for name in AGENTS:
        fail(state, name)
    assert decide(state, START + timedelta(seconds=6)) == [EndSession(SessionStatus.TIMEOUT)]


def test_a_step_that_is_required_ends_the_session_where_it_fails() -> None:
    steps = (Step("a", "a", 1_000, (), "a", "a", is_required=True), Step("b", "b", 1_000, (), "b", "b"))
    state = opened(Workflow("w", steps, 9_000, conclude))
    ask(state, "a")
    ask(state, "b")
    fail(state, "a")
    assert decide(state, START) == [EndSession(SessionStatus.FAILED)]


def test_nothing_is_decided_for_a_session_that_has_ended() -> None:
    state = opened()
    state.apply({"type": "cancelled", "status": "cancelled"}, is_final=True)
    assert decide(state, START + timedelta(days=1)) == []


@given(
    st.lists(st.tuples(st.sampled_from(AGENTS), st.sampled_from(["ask", "deliver", "fail", "progress"])), max_size=40)
)
def test_any_history_leads_to_an_end(history: list[tuple[str, str]]) -> None:
    """Whatever arrived, in whatever order: carrying out what is decided ends the session, and once."""
    state = opened()
    for name, what in history:
        {"ask": ask, "deliver": deliver, "fail": fail, "progress": _progress}[what](state, name)
    for _ in range(20):
        decisions = decide(state, START + timedelta(seconds=1))
        if not decisions:
            waiting = state.names(StepStatus.RUNNING)
            assert waiting, "something is decided, or somebody is waited for"
            deliver(state, waiting[0])
        for decision in decisions:
            if isinstance(decision, EndSession):
                state.apply({"type": "completed", "status": decision.status.value}, is_final=True)
                assert state.status.is_terminal
                return
            (ask if isinstance(decision, RunStep) else fail)(state, decision.step.name)
    raise AssertionError("the session never ended")


def _progress(state: SessionState, name: str) -> None:
    state.apply(event_of(events.progress(name, f"request of {name}", "at it", 50), START))

"""The limit does what it is the limit of: its state and its last request hold every body, once, as it came."""

import json
from collections import Counter
from typing import Any

import pytest
from pydantic_core import to_json

from benchmarks.bodies import AGENTS, ANSWER_BYTES, ANSWERS, FAN_OUT, LAST, LAST_BYTES, REQUEST_BYTES, REQUESTS
from benchmarks.limit import Client, Plan, envelope, log_of

pytestmark = pytest.mark.anyio


def answered(plan: Plan, *agents: str) -> None:
    for agent in agents:
        plan.heard(agent, envelope(plan.session_id, "r", agent, "response", to_json({"rows": ANSWERS[agent]})))


async def test_its_state_grows_with_each_answer() -> None:
    plan = Plan()
    answered(plan, "weather", "maps")
    state = json.loads(plan.state("running"))
    assert (state["session_id"], state["request"]) == (plan.session_id, REQUESTS)
    assert state["weather"]["payload"]["rows"] == ANSWERS["weather"]
    assert {agent for agent in AGENTS if state["agents"][agent]["is_done"]} == {"weather", "maps"}
    assert "budget" not in state


async def test_it_goes_on_when_all_four_have_answered_and_ends_with_the_fifth() -> None:
    plan = Plan()
    answered(plan, *FAN_OUT[:3])
    assert not plan.fanned_out.done()
    answered(plan, FAN_OUT[3])
    assert plan.fanned_out.done()
    assert not plan.finished.done()
    answered(plan, LAST)
    assert plan.finished.done()
    state = json.loads(plan.state("completed"))
    assert {agent: state[agent]["payload"]["rows"] for agent in AGENTS} == ANSWERS


async def test_its_last_request_carries_what_arrived_as_ours_does() -> None:
    plan = Plan()
    answered(plan, *FAN_OUT)
    asked = json.loads(envelope(plan.session_id, "r", LAST, "request", plan.last_request()))["payload"]
    assert {agent: asked[f"{agent}_data"]["payload"]["rows"] for agent in FAN_OUT} == {
        agent: ANSWERS[agent] for agent in FAN_OUT
    }


def test_bodies_have_the_sizes_that_they_are_said_to_have() -> None:
    assert all(len(REQUESTS[agent]) == pytest.approx(REQUEST_BYTES, rel=0.05) for agent in FAN_OUT)
    for agent in AGENTS:
        size = LAST_BYTES if agent == LAST else ANSWER_BYTES
        assert len(json.dumps(ANSWERS[agent], separators=(",", ":"))) == pytest.approx(size, rel=0.15)


async def test_its_client_says_what_ours_says_and_no_more() -> None:
    """The state at the beginning and at the end, seven log entries, each announced, and five requests."""
    said: list[tuple[Any, ...]] = []
    client, plan = Client(), Plan()
    client._commands = Recorder(said)  # type: ignore[assignment]
    client._open(plan)
    answered(plan, *FAN_OUT)
    client._go_on(plan)
    answered(plan, LAST)
    client._end(plan)
    log = log_of(plan.session_id)
    assert Counter((verb, key == log) for verb, key, *_ in said) == {
        ("SET", False): 2,
        ("XADD", True): 7,
        ("PUBLISH", True): 7,
        ("XADD", False): 5,
        ("EXPIRE", True): 2,
    }
    opening = next(command for command in said if command[:2] == ("XADD", log))
    assert opening[-2:] == ("data", to_json(REQUESTS))


class Recorder:
    """In the place of the limit's connection."""

    def __init__(self, said: list[tuple[Any, ...]]) -> None:
        self._said = said

    def send(self, *command: Any) -> None:
        self._said.append(command)

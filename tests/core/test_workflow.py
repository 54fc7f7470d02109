"""A workflow is data, and checked when it is declared."""

import pytest

from app.core.errors import WorkflowError
from app.core.workflow import Step, Workflow, payload
from tests.scripted_agents import conclude


def step(name: str, needs: tuple[str, ...] = (), reads: tuple[str, ...] = (), revises: tuple[str, ...] = ()) -> Step:
    return Step(name, name, 1000, reads, name, f"{name}_data", needs, revises=revises)


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ((step("a"), step("a")), "declared twice"),
        ((step("a", needs=("b",)),), "needs b"),
        ((step("a", needs=("b",)), step("b", needs=("a",))), "needs b"),
        ((step("a", needs=("a",)),), "needs a"),
        ((step("a"), step("b", revises=("a",))), "revises a without needing it"),
        ((step("a"), step("b"), step("c", needs=("a",), revises=("a", "b"))), "revises b without needing it"),
        ((step("a"), step("b", needs=("a",), revises=("nobody",))), "revises nobody without needing it"),
    ],
)
def test_a_workflow_that_cannot_run_is_refused(steps: tuple[Step, ...], fault: str) -> None:
    with pytest.raises(WorkflowError, match=fault):
        Workflow("w", steps, 1000, conclude)


def test_steps_are_ready_when_what_they_need_is_settled() -> None:
    workflow = Workflow("w", (step("a"), step("b", ("a",)), step("c", ("a", "b"))), 1000, conclude)
    assert [s.name for s in workflow.ready(set(), set())] == ["a"]
    assert [s.name for s in workflow.ready({"a"}, {"a"})] == ["b"]
    assert [s.name for s in workflow.ready({"a", "b"}, {"a"})] == []


def test_a_step_may_revise_what_it_needs() -> None:
    workflow = Workflow("w", (step("a"), step("b", needs=("a",), revises=("a",))), 1000, conclude)
    assert workflow.by_name["b"].revises == ("a",)


def test_an_agent_with_two_steps_is_one_agent() -> None:
    """Whoever listens to it for a session listens once."""
    again = Step("again", "a", 1000, (), "again", "again_data", ("a", "b"))
    workflow = Workflow("w", (step("a"), step("b"), again), 1000, conclude)
    assert workflow.agents == ("a", "b")
    assert workflow.state_keys == {"a_data", "b_data", "again_data"}


@pytest.mark.rows("S0-149")
def test_a_payload_has_the_fields_read_and_what_became_of_the_needs() -> None:
    request = {"city": "Rome", "secret": 1}
    assert payload(step("a", reads=("city", "pace")), request, {}) == {"city": "Rome"}
    last = payload(step("z", ("a", "b"), ("city",)), request, {"b": "late", "q": "other"})
    assert last == {"city": "Rome", "failures": {"b": "late"}}

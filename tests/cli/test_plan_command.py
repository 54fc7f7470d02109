"""What the options become, and how a refusal reads."""

import json
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.commands import app
from app.cli.errors import CommandError, RefusedError
from app.cli.gateway_client import problem
from app.cli.plan_command import trip_of

START = date(2027, 3, 1)


def _trip(end: date | None = None, days: int | None = None, **wishes: Any) -> dict[str, Any]:
    return trip_of("Paris", "Rome", START, end, days, **{"interests": [], "pace": None, **wishes})


@pytest.mark.parametrize(
    ("end", "days", "dates"),
    [
        (None, None, ["2027-03-01", "2027-03-03"]),
        (None, 1, ["2027-03-01"]),
        (None, 5, ["2027-03-01", "2027-03-05"]),
        (date(2027, 3, 2), None, ["2027-03-01", "2027-03-02"]),
    ],
)
def test_dates_come_from_an_end_or_a_length(end: date | None, days: int | None, dates: list[str]) -> None:
    assert _trip(end, days)["travel_dates"] == dates


@pytest.mark.parametrize(
    ("end", "days"),
    [(START, 2), (None, 0), (date(2027, 2, 28), None), (None, 10**7)],
    ids=["both", "0", "before", "much"],
)
def test_dates_that_are_none_are_refused(end: date | None, days: int | None) -> None:
    with pytest.raises(RefusedError, match="--"):
        _trip(end, days)


def test_only_the_wishes_that_were_given_are_sent() -> None:
    trip = _trip(currency=None, travelers_count=2, interests=["art"], pace="fast")
    assert "currency" not in trip
    assert trip["travelers_count"] == 2
    assert trip["user_preferences"] == {"interests": ["art"], "pace": "fast"}
    assert "user_preferences" not in _trip()


def test_further_destinations_follow_the_first() -> None:
    assert _trip(also=["Oslo", "Vienna"])["destinations"] == ["Paris", "Oslo", "Vienna"]
    assert "destinations" not in _trip()


def test_a_problem_is_one_sentence_with_the_fields_it_does_not_name_itself() -> None:
    body = '{"detail": "no such place", "errors": [{"field": "origin", "message": "did you mean Rome?"}]}'
    error = problem(422, body)
    assert isinstance(error, RefusedError)
    assert str(error) == "no such place; origin: did you mean Rome?"
    assert error.exit_code == 2


def test_a_name_of_bytes_that_are_no_text_is_refused() -> None:
    with pytest.raises(RefusedError, match="no text"):
        _trip(also=[b"Z\xfcrich".decode(errors="surrogateescape")])


@pytest.mark.parametrize("errors", [5, "x", {"field": "origin"}, [5, None]])
def test_a_problem_of_another_form_is_told_as_far_as_it_can_be_read(errors: Any) -> None:
    assert str(problem(422, json.dumps({"detail": "no", "errors": errors}))) == "no"


@pytest.mark.parametrize(
    "url", ["http://[", "http://127.0.0.1:99999", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://\x1b[2Jx"]
)
def test_an_address_that_is_none_is_refused_in_one_visible_sentence(url: str) -> None:
    asked = ["plan", "Paris", "--from", "Rome", "--start", "2027-03-01", "--url", url]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 2
    assert "no address of a gateway" in result.stderr
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_gateway_that_cannot_plan_now_is_no_fault_of_the_request() -> None:
    error = problem(503, "<html>")
    assert isinstance(error, CommandError)
    assert not isinstance(error, RefusedError)
    assert error.exit_code == 1

"""The page of a plan at 80 columns, from a real answer of the fleet."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app.cli.plan_costs import faults
from app.cli.plan_view import plan_view
from app.cli.plan_words import duration
from app.trips.currencies import in_full
from app.trips.reports import BudgetReport

ANSWER = Path(__file__).parent / "answers" / "paris.json"
TRIP = {
    "destination": "Paris",
    "origin": "New Delhi",
    "travel_dates": ["2027-07-13", "2027-07-14"],
    "travelers_count": 2,
    "budget_range": "mid-range",
}


def _answer() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(ANSWER.read_text(encoding="utf-8"), parse_float=Decimal)
    return answer


def _page(answer: dict[str, Any], width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    for part in plan_view(answer, TRIP):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = [line.rstrip() for line in _page(_answer(), width).splitlines()]
    assert max(len(line) for line in lines) <= width


def test_the_page_has_every_part_and_says_where_facts_come_from() -> None:
    page = _page(_answer())
    parts = (
        "Weather ─",
        "How to get there ─",
        "Day by day ─",
        "Costs ─",
        "Holidays and events ─",
        "Tips ─",
        "Sources ─",
    )
    assert [part for part in parts if part not in page] == []
    assert "Paris, France  from New Delhi, India" in page
    assert "Tue 13 Jul 2027 to Wed 14 Jul 2027 · 2 days · 2 travellers · mid-range" in page
    assert "[catalogue]" in page
    assert "[estimate]" in page


def test_clock_times_stand_unbroken_at_the_beginning_of_their_lines() -> None:
    items = [item for day in _answer()["data"]["itinerary"]["itinerary_days"] for item in day["items"]]
    lines = [line.strip() for line in _page(_answer()).splitlines()]
    for item in items:
        assert any(line.startswith(f"{item['starts']}–{item['ends']}  ") for line in lines)


def test_the_sums_are_shown_to_the_cent() -> None:
    sums = _answer()["data"]["budget"]["budget_breakdown"]
    page = _page(_answer())
    for part in ("total", "transportation", "accommodation", "food", "activities"):
        assert in_full(Decimal(sums[part]), sums["currency"]) in page
    assert "add up to" not in page


def test_sums_that_do_not_add_up_are_named() -> None:
    answer = _answer()
    answer["data"]["budget"]["budget_breakdown"]["total"] += 1
    assert "The parts add up to" in _page(answer)
    found = faults(BudgetReport.model_validate(answer["data"]["budget"]))
    assert len(found) == 1


def test_failed_agents_are_named_and_the_rest_is_shown() -> None:
    answer = _answer()
    answer["data"]["weather"] = answer["data"]["route"] = None
    answer["status"] = "partial"
    answer["failures"] = [{"agent": "weather", "code": "timeout", "message": "Agent weather timed out after 10000ms"}]
    page = _page(answer)
    assert "✗ weather: Agent weather timed out after 10000ms (timeout)" in page
    assert "Weather ─" not in page
    assert "Costs ─" in page


def test_a_plan_without_anything_still_has_its_header() -> None:
    answer = {**_answer(), "data": None, "days": None, "status": "failed", "message": "Trip planning failed"}
    assert "Trip planning failed" in _page(answer)


def test_a_report_of_another_version_is_named_and_new_members_are_passed_over() -> None:
    answer = _answer()
    answer["data"]["weather"] = {"weather_forecast": "none"}
    answer["data"]["budget"]["a_new_member"] = {"nested": 1}
    page = _page(answer)
    assert "✗ weather: of a form that this version cannot show" in page
    assert "Costs ─" in page


def test_texts_of_the_plan_cannot_move_the_cursor_or_use_markup() -> None:
    answer = _answer()
    answer["data"]["itinerary"]["key_tips"] = ["\x1b[2Jgone [bold]here[/bold]\nnext"]
    answer["data"]["budget"]["budget_breakdown"]["currency"] = "\x1b[2J[/red]"
    page = _page(answer)
    assert "\x1b" not in page
    assert "\\x1b[2Jgone [bold]here[/bold] next" in page


def test_amounts_have_the_places_of_their_currency_and_lose_nothing() -> None:
    assert in_full(Decimal("1234.5"), "EUR") == "1,234.50"
    assert in_full(Decimal("1234"), "JPY") == "1,234"
    assert in_full(Decimal("1.2"), "KWD") == "1.200"
    assert in_full(Decimal("0.125"), "EUR") == "0.125"
    assert in_full(Decimal("1E+3"), "EUR") == "1,000.00"


def test_durations_in_words() -> None:
    assert [duration(minutes) for minutes in (45, 60, 125)] == ["45 min", "1 h", "2 h 05 min"]


@pytest.mark.parametrize(
    ("narrative", "line"),
    [
        ({"written_by": "template"}, ""),
        ({"written_by": "a-model"}, "Written by a-model; names and numbers checked against the plan."),
        ({"written_by": "template", "note": "Not written by a model: it slept."}, "Not written by a model: it slept."),
    ],
)
def test_the_trip_is_told_in_short_and_by_whom(narrative: dict[str, Any], line: str) -> None:
    answer = _answer()
    days = [""] * len(answer["data"]["itinerary"]["itinerary_days"])
    answer["data"]["itinerary"]["narrative"] = {"overview": "Two days\x1b[2J of art.", "days": days, **narrative}
    page = _page(answer, 100)
    assert "Two days\\x1b[2J of art." in page
    assert "\x1b" not in page
    assert line in page
    assert ("ritten by" in page) == bool(line)

"""The plan in a few sentences, put together from its entries; and all that a model is told of it."""

import re
from datetime import date
from decimal import Decimal

import pytest

from app.services.itinerary.narrative import data_of, from_the_plan
from app.trips.request import Destination
from tests.services.itinerary.questions import SERVICE, asked, seen, with_budget

pytestmark = pytest.mark.anyio


async def test_the_overview_says_where_when_for_whom_and_for_how_much() -> None:
    question = await with_budget(asked("Rome", Destination(name="Florence", days=2), days=4))
    report = await SERVICE.itinerary(question)
    narrative, budget = report.narrative, report.budget
    assert narrative is not None
    assert budget is not None
    assert narrative.written_by == "template"
    assert (narrative.note, narrative.usage) == (None, None)
    first, *others = re.split(r"(?<=\.) ", narrative.overview)
    assert first == "4 days in Rome and Florence, 13 July 2026 to 16 July 2026, for 2 people."
    visits = {item.title for day in report.itinerary_days for item in day.items if item.kind == "visit"}
    assert f"You see {len(visits)} sights" in others[0]
    assert f"{budget.budget_breakdown.total:,.2f} EUR" in others[1]
    assert f"{budget.cost_per_person:,.2f} EUR a person" in others[1]


async def test_each_day_is_told_in_its_order_and_nothing_in_it_is_new() -> None:
    report = await SERVICE.itinerary(asked("Lisbon", days=5))
    narrative = report.narrative
    assert narrative is not None
    assert len(narrative.days) == 5
    for text, day in zip(narrative.days, report.itinerary_days, strict=True):
        titles = [item.title for item in day.items if item.kind == "visit"]
        told = [text.index(title) for title in titles]
        assert told == sorted(told), text
    assert narrative.days[0].startswith("Arrive in Lisbon")
    assert "leave for home" in narrative.days[-1]


async def test_the_best_known_sights_of_each_place_are_named_first() -> None:
    report = await SERVICE.itinerary(asked("Rome", Destination(name="Paris", days=3), days=6))
    assert report.narrative is not None
    assert report.itinerary_framework is not None
    rome, paris = (phase.focus for phase in report.itinerary_framework.phases)
    assert f"among them {rome[0]}, {paris[0]} and {rome[1]}." in report.narrative.overview


async def test_a_visit_with_lunch_in_its_middle_is_one() -> None:
    report = await SERVICE.itinerary(asked("Osaka", days=4, wishes={"must_see": ["Universal Studios Japan"]}))
    assert report.narrative is not None
    assert any(item.title.endswith(", continued") for day in report.itinerary_days for item in day.items)
    told = f"{report.narrative.overview} {' '.join(report.narrative.days)}"
    assert "continued" not in told
    assert f"You see {len(set(seen(report)))} sights" in told


async def test_one_person_on_one_day() -> None:
    report = await SERVICE.itinerary(asked("Paris", origin="Paris", days=1, travelers_count=1))
    assert report.narrative is not None
    assert report.narrative.overview.startswith("1 day in Paris, 13 July 2026, for one person.")


async def test_without_a_plan_there_is_nothing_to_tell() -> None:
    question = asked("Paris", budget_limit=Decimal(1))
    report = await SERVICE.itinerary(question)
    assert report.status == "infeasible"
    assert report.narrative is None
    assert from_the_plan(report, question) is None


async def test_a_model_is_told_the_plan_and_nothing_of_who_asks_for_it() -> None:
    question = await with_budget(asked("Paris", first=date(2026, 7, 13), wishes={"interests": ["my ex Bob's grave"]}))
    data = data_of(await SERVICE.itinerary(question), question)
    assert [day.date for day in data.days] == [
        "Monday, 13 July 2026",
        "Tuesday, 14 July 2026",
        "Wednesday, 15 July 2026",
    ]
    assert {entry["kind"] for day in data.days for entry in day.entries} <= {
        *("arrival", "departure", "visit", "meal", "leg", "event")
    }
    assert "Bob" not in data.model_dump_json()


async def test_a_model_is_told_of_no_sight_that_is_left_out() -> None:
    question = asked("Paris", days=3)
    report = await SERVICE.itinerary(question)
    left_out = [sight.name for sight in report.left_out]
    reasons = " ".join(item.reason or "" for day in report.itinerary_days for item in day.items)
    assert any(name in reasons for name in left_out), "else nothing is shown here"
    told = [entry.get("reason", "") for day in data_of(report, question).days for entry in day.entries]
    assert not [name for name in left_out if name in " ".join(told)]
    assert any(told)

"""The Markdown, rendered by markdown-it: as CommonMark, and with tables."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.trips.exports import export
from app.trips.exports.loose import one_line
from app.trips.exports.markdown import escaped
from tests.trips.exports.plans import HOSTILE, answer, day, documented, everywhere, item

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> Iterator[Token]:
    for token in RENDERER.parse(text):
        yield token
        yield from token.children or ()


def text_of(markdown: str) -> str:
    """What a reader sees."""
    return "".join(token.content for token in tokens(markdown) if token.type in ("text", "text_special"))


def markdown(plan: dict[str, Any]) -> str:
    return export(plan, "md").decode()


def shape(text: str) -> list[tuple[str, Any]]:
    """Everything that is no text: headings, lists, links with their targets."""
    return [
        (token.type, token.attrGet("href"))
        for token in tokens(text)
        if token.type not in ("text", "text_special") and token.type != "inline"
    ]


@cache
def plain_shape() -> list[tuple[str, Any]]:
    return shape(markdown(everywhere("word")))


def headings(text: str) -> list[str]:
    found = RENDERER.parse(text)
    return [found[index + 1].content for index, token in enumerate(found) if token.type == "heading_open"]


def test_the_documented_plan_reads_from_title_to_sources() -> None:
    plan = documented()
    text = markdown(plan)
    (found,) = plan["data"]["itinerary"]["itinerary_days"]
    expected = [
        "Trip to Rome",
        "At a glance",
        "Getting there and about",
        f"Day 1, Tuesday, 29 June 2027: {found['title']}",
        "Tips",
        "What it may cost",
        "What is on",
        "Sources",
    ]
    assert [heading for heading in headings(text) if heading in expected] == expected
    read = text_of(text)
    items = found["items"]
    told = [told for entry in items for told in (entry["title"], entry["reason"], *entry["notes"], entry["source"])]
    times = [f"{entry['starts']}–{entry['ends']} " for entry in items]
    itinerary = plan["data"]["itinerary"]
    prose = (itinerary["narrative"]["overview"], *itinerary["narrative"]["days"])
    for part in (*filter(None, told), *times, *prose, *itinerary["key_tips"], *found["notes"]):
        assert part in read


@pytest.mark.parametrize(
    ("narrative", "told"),
    [
        ({"written_by": "a-model"}, "Texts: The words in short and below each day's title are by a-model; names and"),
        ({"written_by": "template", "note": "Not written by a model: it slept."}, "Texts: Not written by a model: it"),
        ({"written_by": "template"}, ""),
        ({}, ""),
    ],
)
def test_who_wrote_the_texts_is_said_beside_them(narrative: dict[str, Any], told: str) -> None:
    plan = answer(day("2027-06-29", item()))
    plan["data"]["itinerary"]["narrative"] = {"overview": "A day of art.", "days": ["Art."], **narrative}
    read = text_of(markdown(plan))
    assert told in read
    assert ("Texts:" in read) == bool(told)


def test_costs_add_up_in_a_table() -> None:
    plan = answer(day("2027-06-29", item(price_per_person=5.0, currency="EUR")))
    parts = {"transportation": 30.5, "accommodation": 0.0, "food": 20.0, "activities": 1000.0}
    lines = [{"category": "food", "label": "Meals", "amount": 20.0, "basis": "2 days"}]
    plan["data"]["budget"] = {
        "budget_breakdown": {"currency": "EUR", "total": 1050.5, **parts},
        "cost_per_person": 525.25,
        "lines": lines,
    }
    text = markdown(plan)
    assert "| Meals | 20.00 EUR | 2 days |" in text
    assert "| **Activities** | **1,000.00 EUR** |  |" in text
    assert "| **Total** | **1,050.50 EUR** |  |" in text
    assert "5.00 EUR a person" in text_of(text)


def test_the_costs_of_just_this_plan_take_the_place_of_the_estimate() -> None:
    def budget(total: float) -> dict[str, Any]:
        return {"budget_breakdown": {"currency": "EUR", "total": total}, "warnings": [f"Of {total}."]}

    plan = answer(day("2027-06-29", item()), budget=budget(100.5))
    plan["data"]["budget"] = budget(90.5)
    read = text_of(markdown(plan))
    assert "100.50 EUR in all" in read
    assert "90.5" not in read


def test_sources_are_linked_and_nothing_else_is() -> None:
    plan = documented()
    targets = {href for kind, href in shape(markdown(plan)) if kind == "link_open"}
    reports = plan["data"].values()
    assert targets == {source["url"] for report in reports for source in report["sources"] if source["url"]}


def test_what_failed_and_what_stood_in_for_it_is_said() -> None:
    plan = answer(
        day("2027-06-29", item()),
        fallbacks=["Weather is taken as mild (an estimate)."],
        warnings=["The dates are past."],
        left_out=[{"name": "Eiffel Tower", "place": "Paris", "reason": "no time", "text": "There was no time left."}],
        certificate={"is_valid": True, "rules": [{"rule": "meals", "is_kept": True, "checked": "Meals every day."}]},
        stays=[
            {
                "name": "A mid-range room",
                "place": "Paris",
                "first_night": "2027-06-29",
                "nights": 2,
                "rooms": 1,
                "cost": 210.5,
                "currency": "EUR",
                "kind": "estimate",
            }
        ],
        itinerary_framework={
            "transition_schedules": [
                {
                    "date": "2027-06-30",
                    "origin": "Paris",
                    "destination": "Lyon",
                    "mode": "train",
                    "departs": "09:00",
                    "arrives": None,
                    "note": "An estimate.",
                }
            ],
            "flexibility_points": ["Swap the first two days."],
        },
        destinations=[{"name": "Paris", "days": 1}, {"name": "Lyon", "days": 1}],
    )
    read = text_of(markdown(plan))
    for told in (
        "Trip to Paris, Lyon",
        "Missing: weather (Agent weather timed out after 5000ms)",
        "Weather is taken as mild (an estimate).",
        "The dates are past.",
        "Eiffel Tower: There was no time left.",
        "Verdict: The plan keeps every rule.",
        "Meals: Kept. Meals every day.",
        "A mid-range room: Paris, 2 nights, from 2027-06-29, 1 room, 210.50 EUR (estimate)",
        "2027-06-30: Paris to Lyon, train, departs 09:00. An estimate.",
        "Swap the first two days.",
    ):
        assert told in read


def test_an_empty_day_and_an_untimed_stop_are_said() -> None:
    read = text_of(markdown(answer(day("2027-06-29"), day("2027-06-30", item(None, None)))))
    assert "Nothing is planned." in read
    assert "no time set" in read


@pytest.mark.parametrize("text", [text for text in HOSTILE if one_line(text)])
@pytest.mark.parametrize("form", ["{}", "- {}", "| a |\n| --- |\n| {} |", "x {} y", "**{}**", "# {}"])
def test_an_escaped_text_stays_the_text_that_it_was(text: str, form: str) -> None:
    line = one_line(text)
    token_types = [kind for kind, _ in shape(form.format(escaped(line)))]
    assert token_types == [kind for kind, _ in shape(form.format("word"))]
    assert text_of(form.format(escaped(line))) == text_of(form.format("word")).replace("word", line)


@pytest.mark.parametrize("text", [text for text in HOSTILE if one_line(text)])
def test_no_text_changes_the_shape_of_the_page(text: str) -> None:
    assert shape(markdown(everywhere(text))) == plain_shape()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://evil.example", "https\\://evil.example"),
        ("see www.evil.example", "see www\\.evil.example"),
        ("a@evil.example", "a\\@evil.example"),
        ("mailto:a", "mailto\\:a"),
        ("at 18:30; 1.5 km", "at 18:30; 1.5 km"),
        ("5.00 EUR", "5.00 EUR"),
    ],
)
def test_renderers_that_link_bare_addresses_find_none(text: str, written: str) -> None:
    """They look for a whole `https://`, `www.`, `mailto:` or `@` in the source."""
    assert escaped(text) == written

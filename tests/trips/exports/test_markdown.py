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
    text = markdown(documented())
    assert headings(text) == [
        "Trip to Rome",
        "At a glance",
        "Getting there and about",
        "Day 1, Tuesday, 29 June 2027: Roman Forum and Palatine Hill; Pantheon in one day",
        "Tips",
        "What it may cost",
        "What is on",
        "Sources",
    ]
    read = text_of(text)
    for told in (
        "It is what most first-time visitors come for.",
        "Last entry 18:30; closed to visitors during Mass.",
        "193.09 GBP",
        "5 EUR a person",
        "16:25–17:10 ",
        "Shoulders and knees must be covered",
    ):
        assert told in read


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
        left_out=[{"ref": "eiffel", "reason": "no time", "text": "Eiffel Tower: no time was left."}],
        certificate={"checked_by": "an independent checker", "rules": [{"name": "opening hours", "is_kept": True}]},
        legs=[{"origin": "Paris", "destination": "Lyon", "duration_minutes": 120}],
    )
    read = text_of(markdown(plan))
    for told in (
        "Missing: weather (Agent weather timed out after 5000ms)",
        "Weather is taken as mild (an estimate).",
        "The dates are past.",
        "Eiffel Tower: no time was left.",
        "Checked by: an independent checker",
        "Is kept: yes",
        "Destination: Lyon",
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

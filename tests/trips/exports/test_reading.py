"""From an answer to the document: what is missing or odd is no error."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.trips.exports import FORMATS, NothingToExportError, export, read
from app.trips.exports.loose import one_line, web_address
from tests.trips.exports.plans import answer, day, documented, item


@pytest.mark.parametrize("missing", ["weather", "events", "route", "budget"])
def test_any_report_but_the_itinerary_may_be_missing(missing: str) -> None:
    plan = documented()
    plan["data"][missing] = None
    document = read(plan)
    assert (document.destinations, document.timezone) == (("Rome",), "Europe/Rome")


def test_with_the_itinerary_alone_the_request_tells_the_destination() -> None:
    plan = documented()
    plan["data"] = {"itinerary": plan["data"]["itinerary"]}
    document = read(plan)
    assert (document.title, document.timezone, document.origin) == ("Trip to Rome", "Europe/Rome", "London")


def test_a_trip_to_several_places_is_named_after_all_of_them() -> None:
    plan = answer(day("2027-06-29", item()))
    plan["request"] = {"destination": "Paris", "destinations": [{"name": "Paris", "days": 2}, {"name": "Lyon"}]}
    assert read(plan).title == "Trip to Paris, Lyon"


@pytest.mark.parametrize("itinerary", [None, {}, {"itinerary_days": []}, {"itinerary_days": [{}]}, "nonsense", 7])
def test_without_a_day_there_is_nothing_to_export(itinerary: Any) -> None:
    plan = {"status": "running", "data": {"itinerary": itinerary}}
    with pytest.raises(NothingToExportError, match="the session is running"):
        read(plan)


def test_where_there_is_no_plan_the_refusal_says_why() -> None:
    plan = answer(status="infeasible", conflict={"text": "Ten sights do not fit into one day."})
    with pytest.raises(NothingToExportError, match="to export: Ten sights do not fit into one day"):
        read(plan)


def test_a_day_whose_date_cannot_be_read_is_left_out_and_said_so() -> None:
    plan = answer(day("2027-06-29", item()), day("someday", item()))
    document = read(plan)
    assert [found.number for found in document.days] == [1]
    assert "Entry 2 of the itinerary has no date" in document.cautions[0]


def test_a_plans_answer_without_times_of_its_own_is_dated_by_its_first_day() -> None:
    plan = answer(day("2027-06-29", item()))
    del plan["updated_at"]
    assert read(plan).updated_at == datetime(2027, 6, 29, tzinfo=UTC)


def test_warnings_and_sources_of_all_agents_are_told_once() -> None:
    plan = documented()
    for name in ("itinerary", "weather", "budget"):
        plan["data"][name]["warnings"] = ["Past dates.", f"Of {name}."]
    document = read(plan)
    assert document.warnings == ("Past dates.", "Of itinerary.", "Of weather.", "Of budget.")
    assert len(set(document.sources)) == len(document.sources)


def test_an_hour_that_comes_twice_is_told_apart_by_the_order_of_the_day() -> None:
    """The clocks go from 3:00 back to 2:00: what follows 2:45 at 2:15 is in the second of the two hours."""
    (found,) = read(answer(day("2027-10-31", item("02:30", "02:45"), item("02:15", "02:40")))).days
    starts = [stop.starts.astimezone(UTC).hour for stop in found.stops if stop.starts]
    assert starts == [0, 1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\tc", "a b c"),
        ("\x00\x1b\x9f\ud800\ufdd0\U0001ffff", ""),
        ("\u202eabc", "abc"),
        ("👩‍👧", "👩‍👧"),
        ("5 €", "5 €"),
    ],
)
def test_text_is_one_line_without_controls(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("http://example.org:8080", "http://example.org:8080"),
        ("https://de.wikipedia.org/wiki/Köln", "https://de.wikipedia.org/wiki/K%C3%B6ln"),
        ("https://example.org/@user", "https://example.org/@user"),
        ("https://example.org@evil.example/", ""),
        ("HTTPS://example.org", ""),
        ("ftp://example.org", ""),
        ("javascript:alert(1)//https://", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_are_addresses(address: str, expected: str) -> None:
    assert web_address(address) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["10:00", "2027-06-29"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=20)
@given(st.data())
def test_whatever_an_answer_holds_is_exported_or_refused_by_name(data: st.DataObject) -> None:
    """Any member of a whole answer may be any JSON."""
    plan = documented()
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = plan
        while True:
            name = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            inside = place[name]
            if not isinstance(inside, dict | list) or not inside or data.draw(st.booleans()):
                place[name] = data.draw(JSON)
                break
            place = inside
    try:
        bodies = [export(plan, file_format) for file_format in FORMATS]
    except NothingToExportError:
        return
    assert all(bodies)

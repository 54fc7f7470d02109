"""The calendar, read by a strict reader of its own and its time zones by dateutil."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz

from app.trips.exports import export
from tests.trips.exports.calendar_lines import Component, read_calendar
from tests.trips.exports.plans import HOSTILE, answer, day, documented, everywhere, item


def calendar(*days: dict[str, Any], **more: Any) -> Component:
    return read_calendar(export(answer(*days, **more), "ics"))


def events(*days: dict[str, Any], **more: Any) -> list[Component]:
    return calendar(*days, **more).all("VEVENT")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_each_engagement_is_an_event_and_ways_and_rests_are_none() -> None:
    read = read_calendar(export(documented(), "ics"))
    items = [entry for found in documented()["data"]["itinerary"]["itinerary_days"] for entry in found["items"]]
    expected = [entry["title"] for entry in items if entry["kind"] not in ("travel", "rest")]
    assert [event.value("SUMMARY") for event in read.all("VEVENT")] == expected
    assert (read.value("VERSION"), read.value("CALSCALE")) == ("2.0", "GREGORIAN")
    assert "Ringmaster" in read.value("PRODID")


def test_an_event_tells_what_where_when_and_why() -> None:
    way = item("09:40", "10:00", "Walk to Louvre", "travel", notes=["About 1 km."])
    visit = item(
        reason="You like art.",
        notes=["Closed on Tuesdays; book."],
        source="louvre.fr",
        price_per_person=22.0,
        currency="EUR",
    )
    (event,) = events(day("2027-06-29", way, visit))
    assert event.moment("DTSTART") == utc("2027-06-29T08:00")
    assert event.moment("DTEND") == utc("2027-06-29T09:00")
    assert event.value("LOCATION") == "Louvre, Paris, France"
    assert event.value("GEO") == "48.8606;2.3376"
    assert event.value("DTSTAMP") == "20261124T213712Z"
    told = event.value("DESCRIPTION").split("\n")
    assert told[1:] == [
        "Why: You like art.",
        "Price: 22.00 EUR a person",
        "Closed on Tuesdays; book.",
        "Source: louvre.fr",
        "Before, at 09:40: Walk to Louvre. About 1 km.",
    ]


@pytest.mark.parametrize(
    "zone",
    ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo", "Europe/Dublin"],
)
def test_the_described_zone_is_the_real_one_around_the_trip(zone: str) -> None:
    """Compared at every half hour from 300 days before to 300 days after, with the tz database."""
    body = export(answer(day("2027-06-29", item()), timezone=zone), "ics").decode()
    described, real = tz.tzical(StringIO(body)).get(zone), ZoneInfo(zone)
    first = utc("2027-06-29T00:00") - timedelta(days=300)
    moments = [first + timedelta(minutes=30 * step) for step in range(600 * 48)]
    local = [moment.astimezone(real) for moment in moments]
    # A local time that comes twice has no one answer in iCalendar; the reader takes the first.
    once = [found for found in local if found.replace(fold=1).utcoffset() == found.utcoffset()]
    wrong = [found for found in once if found.replace(tzinfo=described).utcoffset() != found.utcoffset()]
    assert wrong == []


@pytest.mark.parametrize(
    ("date", "starts", "ends", "from_utc", "to_utc"),
    [
        ("2027-03-27", "09:00", "10:00", "2027-03-27T08:00", "2027-03-27T09:00"),
        ("2027-03-28", "09:00", "10:00", "2027-03-28T07:00", "2027-03-28T08:00"),
        ("2027-03-28", "01:30", "03:30", "2027-03-28T00:30", "2027-03-28T01:30"),
        ("2027-10-30", "09:00", "10:00", "2027-10-30T07:00", "2027-10-30T08:00"),
        ("2027-10-31", "09:00", "10:00", "2027-10-31T08:00", "2027-10-31T09:00"),
        ("2027-06-29", "23:00", "23:59", "2027-06-29T21:00", "2027-06-29T21:59"),
        ("2027-06-29", "23:00", "24:00", "2027-06-29T21:00", "2027-06-29T22:00"),
        ("2027-06-29", "23:30", "00:40", "2027-06-29T21:30", "2027-06-29T22:40"),
        ("2027-06-29", "23:30", "25:30", "2027-06-29T21:30", "2027-06-29T23:30"),
        ("2027-12-31", "22:00", "24:00", "2027-12-31T21:00", "2027-12-31T23:00"),
    ],
)
def test_days_across_a_change_of_the_clocks_and_across_midnight(
    date: str, starts: str, ends: str, from_utc: str, to_utc: str
) -> None:
    (event,) = events(day(date, item(starts, ends)))
    assert (event.moment("DTSTART"), event.moment("DTEND")) == (utc(from_utc), utc(to_utc))


def test_what_comes_after_midnight_is_on_the_next_day() -> None:
    flight, arrival = events(
        day("2027-06-29", item("23:10", "00:30", "Flight", "leg"), item("00:30", "01:00", "Arrive", "arrival"))
    )
    assert flight.moment("DTEND") == arrival.moment("DTSTART") == utc("2027-06-29T22:30")


def at_place(zone: str, *times: str, kind: str = "visit", **more: Any) -> dict[str, Any]:
    return item(*times, f"{kind} in {zone}", kind, timezone=zone, **more)


@pytest.mark.parametrize(
    ("origin", "destination", "times", "ends_on", "to_utc"),
    [
        ("Europe/London", "Europe/Paris", ("10:00", "12:20"), None, "2027-06-29T10:20"),
        ("Europe/Paris", "Europe/London", ("10:00", "10:05"), None, "2027-06-29T09:05"),
        ("Europe/Paris", "Europe/London", ("10:00", "09:55"), None, "2027-06-29T08:55"),
        ("Asia/Tokyo", "Pacific/Honolulu", ("20:00", "08:00"), None, "2027-06-29T18:00"),
        ("Europe/London", "Asia/Tokyo", ("10:00", "07:00"), "2027-06-30", "2027-06-29T22:00"),
    ],
)
def test_a_journey_begins_by_the_clocks_here_and_ends_by_those_there(
    origin: str, destination: str, times: tuple[str, str], ends_on: str | None, to_utc: str
) -> None:
    """The plan names the zone of one end alone."""
    leg = at_place(destination, *times, kind="leg", ends_on=ends_on)
    later = at_place(destination, "12:00", "13:00")
    read = calendar(day("2027-06-29", at_place(origin, "06:00", "07:00"), leg), day("2027-06-30", later))
    _, event, _ = read.all("VEVENT")
    begins = datetime.fromisoformat(f"2027-06-29T{times[0]}").replace(tzinfo=ZoneInfo(origin))
    assert event.moment("DTSTART") == begins.astimezone(UTC)
    assert event.moment("DTEND") == utc(to_utc)
    assert f"starts by the clocks of {origin} and ends by those of {destination}" in event.value("DESCRIPTION")


def test_what_has_a_reference_keeps_its_id_under_another_title() -> None:
    before = events(day("2027-06-29", item(title="Louvre", ref="paris/louvre")))
    after = events(day("2027-06-30", item(title="The Louvre", ref="paris/louvre")))
    assert before[0].value("UID") == after[0].value("UID")


def test_an_hour_that_the_clocks_skip_is_the_one_that_they_show_then() -> None:
    (event,) = events(day("2027-03-28", item("02:30", "04:00")))
    assert event.properties["DTSTART"][1] == "20270328T033000"


def test_an_event_without_length_has_no_end_and_one_without_time_takes_the_day() -> None:
    brief, open_ended, untimed = events(
        day("2027-06-29", item("10:00", "10:00"), item("11:00", None), item(None, None))
    )
    assert "DTEND" not in brief.properties
    assert "DTEND" not in open_ended.properties
    assert untimed.properties["DTSTART"] == ({"VALUE": "DATE"}, "20270629")


def test_each_entry_has_the_zone_of_its_place() -> None:
    read = calendar(
        day("2027-06-29", item("09:00", "10:00", "Paris")),
        day("2027-06-30", item("09:00", "10:00", "London", timezone="Europe/London")),
        day("2027-07-01", item("09:00", "10:00", "Ship", timezone="UTC")),
        day("2027-07-02", item("09:00", "10:00", "Iceland", timezone="Atlantic/Reykjavik")),
    )
    assert [event.moment("DTSTART").hour for event in read.all("VEVENT")] == [7, 8, 9, 9]
    described = [zone.value("TZID") for zone in read.all("VTIMEZONE")]
    assert described == ["Atlantic/Reykjavik", "Europe/London", "Europe/Paris"]


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../../etc/passwd", "localtime", "right/Europe/Paris", "", None, "A" * 5000]
)
def test_a_zone_that_is_not_known_is_utc_and_said_so(name: str | None) -> None:
    read = calendar(day("2027-06-29", item()), timezone=name)
    (event,) = read.all("VEVENT")
    assert event.properties["DTSTART"] == ({}, "20270629T100000Z")
    assert read.all("VTIMEZONE") == []
    assert "times are written as UTC" in read.value("DESCRIPTION")


def uids(*days: dict[str, Any]) -> dict[str, str]:
    return {event.value("SUMMARY"): event.value("UID") for event in events(*days)}


def test_what_stays_in_a_changed_plan_keeps_its_id() -> None:
    lunch = item("12:00", "13:00", "Lunch near where you stay", "meal")
    before = uids(day("2027-06-29", item(title="Louvre"), lunch), day("2027-06-30", item(title="Orsay")))
    after = uids(
        day("2027-06-29", item("08:00", "09:00", "Sainte-Chapelle"), {**lunch, "starts": "12:30", "ends": "13:30"}),
        day("2027-06-30", item("15:00", "17:00", "Louvre")),
    )
    assert after["Louvre"] == before["Louvre"], "moved to another day"
    assert after["Lunch near where you stay"] == before["Lunch near where you stay"], "moved within its day"
    assert after["Sainte-Chapelle"] not in before.values()


def test_no_two_events_have_one_id_and_no_two_sessions_share_one() -> None:
    lunch = item("12:00", "13:00", "Lunch", "meal")
    days = (day("2027-06-29", item(), lunch, item("14:00", "15:00")), day("2027-06-30", item(), lunch, lunch))
    found = [event.value("UID") for event in events(*days)]
    assert len(set(found)) == len(found) == 6
    other = read_calendar(export({**answer(*days), "session_id": "another"}, "ics"))
    assert {event.value("UID") for event in other.all("VEVENT")}.isdisjoint(found)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_property(text: str) -> None:
    read = read_calendar(export(everywhere(text), "ics"))
    plain = read_calendar(export(documented(), "ics"))
    known = {name for event in plain.all("VEVENT") for name in event.properties}
    assert len(read.all("VEVENT")) == len(plain.all("VEVENT"))
    assert {name for event in read.all("VEVENT") for name in event.properties} <= known


def test_a_name_is_written_whole_whatever_is_in_it() -> None:
    name = "Café; “A, B” \\ C\\n " + "é漢😀" * 100
    (event,) = events(day("2027-06-29", item(title=name)))
    assert event.value("SUMMARY") == name


@pytest.mark.parametrize("value", [1e-7, -0.00001, -0.0])
def test_a_position_near_the_equator_has_no_exponent(value: float) -> None:
    (event,) = events(day("2027-06-29", item(coordinates={"latitude": value, "longitude": -180.0})))
    assert event.value("GEO") == "0.0;-180.0"


def test_a_day_with_nothing_on_it_gives_no_event() -> None:
    assert events(day("2027-06-29"), day("2027-06-30", item("09:00", "10:00", "Rest", "rest"))) == []

"""OpenWeb Ninja: what is asked, whose clock its times are by, and what is made of everything that is no answer.

The answer is a recorded one of `search-events`, trimmed: the second event has no zone, and its UTC time is its local
time; the fourth is a night, the fifth ends at midnight, the last is in another country, without link and end.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.services.events.found_events import FoundEvent
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderBusyError, ProviderSpentError
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openweb_ninja import OpenWebNinja
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

KEY = "k3y-that-nobody-may-see"
PATH = "/realtime-events-data/search-events"
SAN_FRANCISCO, LONDON = resolve_place("San Francisco"), resolve_place("London")
MAY = (date(2025, 5, 1), date(2025, 5, 31))
BODY = json.loads((Path(__file__).parents[1] / "answers" / "openweb_ninja_events.json").read_text())


def of(*events: Any) -> Any:
    return {"status": "OK", "request_id": "df25137d", "parameters": {}, "data": list(events)}


def told(**members: Any) -> Any:
    """An event with nothing but a name and a start, and these members."""
    return {"name": "Jazz Night", "start_time": "2025-05-10 20:00:00", "start_time_precision_sec": 1, **members}


async def found(
    hub: ProviderHub,
    provider: StandIn,
    *events: Any,
    days: tuple[date, date] = MAY,
    place: Place = SAN_FRANCISCO,
    left_s: float = 2.0,
) -> list[FoundEvent]:
    """What is made of an answer with these events."""
    provider.answers(PATH, of(*events), of())
    ninja = OpenWebNinja(hub, provider.url, KEY)
    return (await ninja.search(place, *days, Deadline.after(left_s))).value


async def test_events_have_their_local_times_zones_venues_and_links(hub: ProviderHub, provider: StandIn) -> None:
    film, firebird, dance = await found(hub, provider, *BODY["data"])
    assert (film.name.split(" - ")[0], film.starts, film.ends) == (
        "San Francisco Symphony",
        date(2025, 5, 10),
        date(2025, 5, 10),
    )
    assert (film.starts_at, film.ends_at, film.timezone) == ("14:00", "17:00", "America/Los_Angeles")
    assert film.venue == "Louise M. Davies Symphony Hall"
    assert film.address is not None
    assert film.address.endswith("San Francisco, CA 94102")
    assert film.coordinates is not None
    assert film.coordinates.latitude == 37.7779294
    assert film.url is not None
    assert film.url.startswith("https://www.sfexaminer.com/")
    assert film.is_free is None, "it tells no prices, and a price that is not told is not nothing"
    assert (firebird.name.split(" - ")[1], dance.name) == ("Salonen Conducts The Firebird", "Royksopp")


@pytest.mark.rows("S0-28")
async def test_the_month_is_asked_for_in_words_and_two_pages_of_it(hub: ProviderHub, provider: StandIn) -> None:
    await found(hub, provider)
    assert {asked.path for asked in provider.asked} == {PATH}
    query = {"query": "events in San Francisco, United States May 2025", "date": "any", "is_virtual": "false"}
    assert sorted((asked.query for asked in provider.asked), key=str) == [
        {**query, "start": "0"},
        {**query, "start": "10"},
    ]
    assert {asked.headers["x-api-key"] for asked in provider.asked} == {KEY}
    assert all(KEY not in str(asked.query) for asked in provider.asked)


async def test_a_trip_over_several_months_asks_for_the_first_page_of_each(hub: ProviderHub, provider: StandIn) -> None:
    await found(hub, provider, days=(date(2026, 12, 30), date(2027, 2, 2)))
    asked = sorted((asked.query["query"].split(" States ")[1], asked.query["start"]) for asked in provider.asked)
    assert asked == [("December 2026", "0"), ("February 2027", "0"), ("January 2027", "0")]


async def test_other_days_of_the_month_come_from_the_cache(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(PATH, BODY)
    ninja = OpenWebNinja(hub, provider.url, KEY)
    first = await ninja.search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))
    second = await ninja.search(SAN_FRANCISCO, date(2025, 5, 30), date(2025, 5, 31), Deadline.after(1.0))
    assert (first.kind, second.kind, len(provider.asked)) == ("live", "cached", 2)
    assert {event.name for event in second.value} == {"Royksopp"}
    assert second.value[0] in first.value


async def test_times_that_are_told_as_utc_as_well_are_local_and_nothing_is_converted(
    hub: ProviderHub, provider: StandIn
) -> None:
    """The zone is then the venue's; without one it is not known, and is not said to be."""
    at_venue, nowhere = await found(
        hub,
        provider,
        told(start_time_utc="2025-05-10 20:00:00", venue={"name": "Hall", "timezone": "America/Los_Angeles"}),
        told(start_time_utc="2025-05-10 20:00:00"),
    )
    assert (at_venue.starts_at, at_venue.timezone) == ("20:00", "America/Los_Angeles")
    assert (nowhere.starts_at, nowhere.timezone) == ("20:00", None)


async def test_a_zone_is_named_only_where_it_fits_the_times(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[str | None, Any, str | None]] = [
        ("2025-05-11 03:00:00", None, "America/Los_Angeles"),  # the place's, which it fits
        ("2025-05-11 03:00:00", "Not/AZone", "America/Los_Angeles"),
        ("2025-05-11 01:00:00", None, None),  # told by a clock elsewhere
        ("2025-05-11 01:00:00", "America/Los_Angeles", None),
        (None, "America/Los_Angeles", "America/Los_Angeles"),
        (None, None, None),
        ("tomorrow", "../../etc/passwd", None),
        (None, "America", None),
        (None, 17, None),
    ]
    events = [told(start_time_utc=utc, venue={"timezone": zone}) for utc, zone, _ in cases]
    answers = await found(hub, provider, *events)
    assert [event.timezone for event in answers] == [expected for _, _, expected in cases]
    assert {event.starts_at for event in answers} == {"20:00"}


async def test_in_winter_london_a_time_that_is_utcs_as_well_says_nothing_of_the_zone(
    hub: ProviderHub, provider: StandIn
) -> None:
    event = told(start_time="2025-01-10 20:00:00", start_time_utc="2025-01-10 20:00:00")
    january = (date(2025, 1, 1), date(2025, 1, 31))
    assert [one.timezone for one in await found(hub, provider, event, days=january, place=LONDON)] == [None]


async def test_a_midnight_that_is_not_exact_is_a_day_without_an_hour(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[str, Any, str | None]] = [
        ("2025-05-10 00:00:00", 86_400, None),
        ("2025-05-10 00:00:00", 3_600, None),
        ("2025-05-10 00:00:00", None, None),
        ("2025-05-10 00:00:00", 1, "00:00"),
        ("2025-05-10 12:00:00", 86_400, None),
        ("2025-05-10 19:00:00", 3_600, "19:00"),
        ("2025-05-10 19:00:00", "soon", "19:00"),
        ("2025-05-10 19:00:00", -5, "19:00"),
        ("2025-05-10 19:00:00", 10**400, None),
        ("2025-05-10", None, None),
    ]
    events = [told(start_time=start, start_time_precision_sec=precision) for start, precision, _ in cases]
    answers = await found(hub, provider, *events)
    assert [event.starts_at for event in answers] == [expected for _, _, expected in cases]
    assert {event.starts for event in answers} == {date(2025, 5, 10)}


async def test_the_last_day_and_hour(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[Any, Any, tuple[str, str | None]]] = [
        (None, None, ("2025-05-10", None)),
        ("2025-05-10 22:30:00", 1, ("2025-05-10", "22:30")),
        ("2025-05-11 02:00:00", 1, ("2025-05-10", "02:00")),  # the night belongs to the evening
        ("2025-05-12 00:00:00", 1, ("2025-05-11", "00:00")),
        ("2025-05-12 00:00:00", 86_400, ("2025-05-12", None)),
        ("2025-05-12 18:00:00", 1, ("2025-05-12", "18:00")),
        ("2025-05-10 19:00:00", 1, ("2025-05-10", None)),  # before it begins
        ("1970-01-01 00:00:00", 1, ("2025-05-10", None)),
        ("9999-12-31 23:59:59", 1, ("9999-12-31", "23:59")),
        ("late", 1, ("2025-05-10", None)),
        (1e308, 1, ("2025-05-10", None)),
    ]
    events = [told(end_time=end, end_time_precision_sec=precision) for end, precision, _ in cases]
    answers = await found(hub, provider, *events)
    assert [(event.ends.isoformat(), event.ends_at) for event in answers] == [expected for _, _, expected in cases]


async def test_a_night_before_the_trip_is_not_part_of_it(hub: ProviderHub, provider: StandIn) -> None:
    night, midnight = (date(2025, 4, 19), date(2025, 4, 18))
    assert await found(hub, provider, *BODY["data"], days=(night, night)) == []
    both = await found(hub, provider, *BODY["data"], days=(midnight, midnight))
    assert [event.name for event in both] == ["6LACK"]


async def test_an_event_without_end_link_venue_and_zone_is_one_all_the_same(
    hub: ProviderHub, provider: StandIn
) -> None:
    nothing = dict.fromkeys(("end_time", "link", "description", "venue", "ticket_links", "start_time_utc"))
    for members in ({}, nothing):
        (event,) = await found(hub, provider, told(**members))
        assert event == FoundEvent("Jazz Night", date(2025, 5, 10), date(2025, 5, 10), starts_at="20:00")


async def test_without_a_link_of_its_own_the_first_of_its_tickets_is_taken(hub: ProviderHub, provider: StandIn) -> None:
    tickets = [{"link": "javascript:alert(1)"}, {"source": "Karabas"}, {"link": "https://karabas.example/1"}]
    (event,) = await found(hub, provider, told(link="ftp://files.example", ticket_links=tickets))
    assert event.url == "https://karabas.example/1"


async def test_what_is_streamed_or_far_away_or_on_other_days_is_left_out(hub: ProviderHub, provider: StandIn) -> None:
    events = [
        told(name="Online", is_virtual=True),
        told(name="Far away", venue={"name": "PK Berezil", "latitude": 49.54, "longitude": 25.57}),
        told(name="Before", start_time="2025-04-30 20:00:00"),
        told(name="After", start_time="2025-06-01 20:00:00"),
        told(name="Over", start_time="2025-04-01 10:00:00", end_time="2025-06-30 18:00:00"),
        told(name="In Oakland", venue={"latitude": 37.7963889, "longitude": -122.2788889}),
    ]
    assert [event.name for event in await found(hub, provider, *events)] == ["Over", "In Oakland"]


async def test_one_broken_event_does_not_lose_the_others(hub: ProviderHub, provider: StandIn) -> None:
    broken = [None, 17, "text", [], {}, {"name": None}, told(name=""), told(name=[1]), told(start_time=None)]
    odd = [
        told(name="A", venue="at home", ticket_links={"a": 1}, is_virtual="perhaps"),
        told(name="B", venue={"latitude": 1e308, "longitude": -999, "name": {"a": 1}}),
        told(name="C", venue={"latitude": 0, "longitude": 0}),
        told(name="D", start_time="0001-01-01 00:00:00"),
        told(name="E", start_time="9999-12-31 23:59:59"),
        told(name="F", start_time=1_746_900_000),
    ]
    events = await found(hub, provider, *broken, *odd)
    assert [(event.name, event.coordinates) for event in events] == [("A", None), ("B", None), ("C", None)]


async def test_hostile_text_is_made_plain(hub: ProviderHub, provider: StandIn) -> None:
    name = "<b>Jazz</b>\x02 Night\u202e <script>alert(1)</script>"
    (event,) = await found(hub, provider, told(name=name, description="x" * 5000, venue={"name": "A\x00B"}))
    assert (event.name, event.venue) == ("Jazz Night", "A B")
    assert event.description is not None
    assert len(event.description) == 240


async def test_of_ten_thousand_events_the_first_ones_are_read(hub: ProviderHub, provider: StandIn) -> None:
    events = [told(name=f"Concert {number}") for number in range(10_000)]
    assert len(await found(hub, provider, *events)) == 100


async def test_nothing_found_is_an_answer(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(PATH, {"status": "OK", "data": None}, of())
    none = await OpenWebNinja(hub, provider.url, KEY).search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))
    assert (none.value, none.kind) == ([], "live")


async def test_another_form_is_no_answer(hub: ProviderHub, provider: StandIn) -> None:
    bodies: list[Any] = [
        {"status": "ERROR", "error": {"message": "Service unavailable", "code": 500}},
        {"status": "OK"},
        {"status": "OK", "data": {"events": []}},
        {"status": "OK", "data": "none"},
        {"data": []},
        [],
    ]
    for body in bodies:
        provider.answers(PATH, body)
        with pytest.raises(ProviderAnswerError, match="another form than it documents"):
            await OpenWebNinja(hub, provider.url, KEY).search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))


async def test_a_second_page_that_fails_is_done_without(hub: ProviderHub, provider: StandIn) -> None:
    """Both pages are asked at once; here the first one is known from a trip that went on into June."""
    provider.answers(PATH, BODY)
    ninja = OpenWebNinja(hub, provider.url, KEY)
    await ninja.search(SAN_FRANCISCO, MAY[0], date(2025, 6, 1), Deadline.after(1.0))
    provider.answers(PATH, Reply(status=404))
    found = await ninja.search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))
    assert (len(found.value), found.kind, provider.asked[-1].query["start"]) == (3, "cached", "10")


async def test_beyond_the_calls_of_the_free_plan_it_is_not_asked(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers(PATH, of())
    store.calls["openweb-ninja", f"{datetime.now(UTC):%Y-%m}"] = 48
    ninja = OpenWebNinja(hub, provider.url, KEY)
    await ninja.search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))
    with pytest.raises(ProviderSpentError, match=r"no calls left of its quota \(50 a month\)"):
        await ninja.search(LONDON, *MAY, Deadline.after(1.0))
    assert len(provider.asked) == 2


async def test_a_used_up_plan_says_so(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(PATH, Reply({"message": "You have exceeded the MONTHLY quota for Requests on your plan"}, 429))
    with pytest.raises(ProviderBusyError, match="OpenWeb Ninja asks us to wait"):
        await OpenWebNinja(hub, provider.url, KEY).search(SAN_FRANCISCO, *MAY, Deadline.after(1.0))


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
    hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
) -> None:
    provider.answers(PATH, failure.reply)
    ninja = OpenWebNinja(hub, provider.url, KEY)
    with pytest.raises(failure.expected(has_key=True)) as caught:
        await ninja.search(SAN_FRANCISCO, *MAY, Deadline.after(0.8))
    assert "OpenWeb Ninja" in str(caught.value)
    assert KEY not in f"{caught.value!r} {logged.text} {hub.health()}"

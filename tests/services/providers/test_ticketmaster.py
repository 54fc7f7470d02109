"""Ticketmaster: what is asked, what is known of each event, and what is made of everything that is no answer.

The answers have the form of recorded ones of `events.json`, trimmed: the second event is a resale, which has a zone
only at its venue, the third is on at no certain time.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.services.events.found_events import FoundEvent
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderBusyError, ProviderKeyRefusedError
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.ticketmaster import Ticketmaster
from app.trips.places.resolve import resolve_place
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

KEY = "k3y-that-nobody-may-see"
PATH = "/discovery/v2/events.json"
SACRAMENTO = resolve_place("Sacramento, California")
DAYS = (date(2023, 3, 20), date(2023, 3, 31))


def answer(name: str) -> Any:
    return json.loads((Path(__file__).parents[1] / "answers" / f"ticketmaster_{name}.json").read_text())


def of(*events: Any) -> Any:
    return {"_embedded": {"events": list(events)}, "page": {"totalElements": len(events)}}


def told(start: Any = None, **members: Any) -> Any:
    """An event with nothing but a name and a day, and these members."""
    return {"name": "Jazz Night", "dates": {"start": start or {"localDate": "2023-03-24"}}, **members}


async def found(hub: ProviderHub, provider: StandIn, body: Any, left_s: float = 2.0) -> list[FoundEvent]:
    provider.answers(PATH, body)
    return (await Ticketmaster(hub, provider.url, KEY).search(SACRAMENTO, *DAYS, Deadline.after(left_s))).value


async def test_events_have_their_local_times_zones_venues_links_and_kinds(hub: ProviderHub, provider: StandIn) -> None:
    match, concert, golf = await found(hub, provider, answer("events"))
    assert (match.name, match.starts, match.ends) == (
        "Sacramento Kings vs. Phoenix Suns",
        date(2023, 3, 24),
        date(2023, 3, 24),
    )
    assert (match.starts_at, match.ends_at, match.timezone) == ("19:00", None, "America/Los_Angeles")
    assert (match.venue, match.address) == ("Golden 1 Center", "500 David J Stern Walk, Sacramento")
    assert match.coordinates is not None
    assert (match.coordinates.latitude, match.coordinates.longitude) == (38.580372, -121.500231)
    assert match.url is not None
    assert match.url.endswith("/event/1C005D04ED22925D")
    assert (match.description, match.is_free) == ("Sports, Basketball.", False)
    assert (concert.starts_at, concert.timezone, concert.description) == ("19:00", "America/Los_Angeles", "Music.")
    assert concert.is_free is None, "a price that is missing is not nothing"
    assert (golf.starts, golf.starts_at, golf.coordinates) == (date(2023, 3, 26), None, None)


async def test_the_days_are_asked_for_by_the_venues_clock_around_the_place(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    await found(hub, provider, answer("events"))
    (asked,) = provider.asked
    assert asked.path == PATH
    assert asked.query == {
        "geoPoint": "9qce7",
        "radius": "30",
        "unit": "km",
        "localStartEndDateTime": "2023-03-20T00:00:00,2023-03-31T23:59:59",
        "locale": "en,*",
        "sort": "relevance,desc",
        "size": "100",
        "apikey": KEY,
    }
    assert list(store.calls.values()) == [1], "each call counts for the daily quota"
    assert store.turns == ["ticketmaster"], "and waits for its turn"


async def test_places_are_asked_for_by_their_geohash(hub: ProviderHub, provider: StandIn) -> None:
    cells = {
        (42.605, -5.603): "ezs42",
        (57.64911, 10.40744): "u4pru",
        (-25.382708, -49.265506): "6gkzw",
        (37.8324, 112.5584): "ww8p1",
        (90.0, 180.0): "zzzzz",
        (-90.0, -180.0): "00000",
    }
    provider.answers(PATH, answer("none"))
    ticketmaster = Ticketmaster(hub, provider.url, KEY)
    for latitude, longitude in cells:
        place = replace(SACRAMENTO, latitude=latitude, longitude=longitude)
        await ticketmaster.search(place, *DAYS, Deadline.after(1.0))
    assert [asked.query["geoPoint"] for asked in provider.asked] == list(cells.values())


async def test_the_same_from_the_cache(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(PATH, answer("events"))
    ticketmaster = Ticketmaster(hub, provider.url, KEY)
    first, second = [await ticketmaster.search(SACRAMENTO, *DAYS, Deadline.after(1.0)) for _ in range(2)]
    assert (first.kind, second.kind, len(provider.asked)) == ("live", "cached", 1)
    assert second.value == first.value
    assert len(second.value) == 3


async def test_nothing_found_is_an_answer(hub: ProviderHub, provider: StandIn) -> None:
    for body in (answer("none"), {"page": {"totalElements": 0}, "_embedded": None}, of(), {**of(), "_embedded": {}}):
        hub.store = MemoryStore()
        assert await found(hub, provider, body) == []


async def test_an_hour_that_is_to_be_announced_is_not_told(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[Any, str | None]] = [
        ({"localTime": "19:00:00"}, "19:00"),
        ({"localTime": "19:00:00", "timeTBA": True}, None),
        ({"localTime": "00:00:00", "noSpecificTime": True}, None),
        ({"localTime": None}, None),
        ({"localTime": "19:00:00", "timeTBA": "no idea"}, "19:00"),
    ]
    events = [told({"localDate": "2023-03-24", **start}) for start, _ in cases]
    answers = await found(hub, provider, of(*events))
    assert [event.starts_at for event in answers] == [expected for _, expected in cases]
    assert {(event.starts, event.timezone) for event in answers} == {(date(2023, 3, 24), None)}


async def test_an_event_on_no_known_day_of_the_trip_is_left_out(hub: ProviderHub, provider: StandIn) -> None:
    starts: list[Any] = [
        {"localDate": "2023-03-24", "dateTBD": True},
        {"localDate": "2023-03-24", "dateTBA": True},
        {"localDate": None},
        {"localDate": "soon"},
        {"localDate": "2023-03-24", "localTime": "at seven"},
        {"localDate": "2023-02-30"},
        {"localDate": "2024-03-24"},
        {"localDate": 20230324},
        {"dateTime": "2023-03-24T02:00:00Z"},
    ]
    assert await found(hub, provider, of(*map(told, starts))) == []


async def test_where_only_utc_is_told_the_venues_zone_gives_the_local_time(hub: ProviderHub, provider: StandIn) -> None:
    event = told({"dateTime": "2023-03-25T02:00:00Z"}, _embedded={"venues": [{"timezone": "America/Los_Angeles"}]})
    (found_event,) = await found(hub, provider, of(event))
    assert (found_event.starts, found_event.starts_at) == (date(2023, 3, 24), "19:00")


async def test_what_does_not_take_place_is_left_out(hub: ProviderHub, provider: StandIn) -> None:
    codes = ["cancelled", "canceled", "postponed", "Cancelled", "rescheduled", "offsale", None, 5]
    events = [told(name=str(code)) for code in codes]
    for event, code in zip(events, codes, strict=True):
        event["dates"]["status"] = {"code": code}
    kept = await found(hub, provider, of(*events))
    assert [event.name for event in kept] == ["rescheduled", "offsale", "None", "5"]


async def test_free_is_only_what_is_said_to_cost_nothing(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[Any, bool | None]] = [
        (None, None),
        ([], None),
        ([{"type": "standard", "currency": "USD", "min": 0.0, "max": 0.0}], True),
        ([{"min": 0.0, "max": 50.0}], False),
        ([{"min": 0.0, "max": 0.0}, {"min": 20, "max": 20}], False),
        ([{"min": 15}], False),
        ([{"min": 0}], None),
        ([{"min": None, "max": None}], None),
        ([{}], None),
        ([{"min": -5, "max": -5}], None),
        ([{"min": 1e308, "max": 1e308}], None),
        ([{"min": "free", "max": "free"}], None),
        ([None, 17], None),
    ]
    answers = await found(hub, provider, of(*(told(priceRanges=prices) for prices, _ in cases)))
    assert [event.is_free for event in answers] == [expected for _, expected in cases]


async def test_the_last_day_and_hour(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[Any, tuple[str, str | None]]] = [
        (None, ("2023-03-24", None)),
        ({"localDate": "2023-03-26"}, ("2023-03-26", None)),
        ({"localDate": "2023-03-26", "localTime": "18:00:00"}, ("2023-03-26", "18:00")),
        ({"localDate": "2023-03-26", "localTime": "18:00:00", "approximate": True}, ("2023-03-26", None)),
        ({"localDate": "2023-03-25", "localTime": "02:00:00"}, ("2023-03-24", "02:00")),
        ({"localDate": "2023-03-24", "localTime": "18:00:00"}, ("2023-03-24", None)),
        ({"localDate": "2023-03-01"}, ("2023-03-24", None)),
        ({"localTime": "22:00:00"}, ("2023-03-24", None)),
        ({"localDate": "2023-03-24", "localTime": "22:00:00Z"}, ("2023-03-24", "22:00")),
        ({"localDate": "2023-03-25", "localTime": "02:00:00+01:00"}, ("2023-03-24", "02:00")),
        ("never", ("2023-03-24", None)),
    ]
    events = [told({"localDate": "2023-03-24", "localTime": "19:00:00"}) for _ in cases]
    for event, (end, _) in zip(events, cases, strict=True):
        event["dates"]["end"] = end
    answers = await found(hub, provider, of(*events))
    assert [(event.ends.isoformat(), event.ends_at) for event in answers] == [expected for _, expected in cases]


async def test_a_run_that_began_before_the_trip_is_on(hub: ProviderHub, provider: StandIn) -> None:
    event = told({"localDate": "2022-10-17"})
    event["dates"]["end"] = {"localDate": "2023-04-30"}
    (run,) = await found(hub, provider, of(event))
    assert (run.starts, run.ends) == (date(2022, 10, 17), date(2023, 4, 30))


async def test_one_broken_event_does_not_lose_the_others(hub: ProviderHub, provider: StandIn) -> None:
    broken = [None, 17, "text", {}, {"name": "No dates"}, told(name=None), told(classifications="many")]
    odd = [
        told(name="A", url="javascript:alert(1)", _embedded="nowhere", classifications=[None, 17]),
        told(name="B", _embedded={"venues": [{"location": {"latitude": "1e308", "longitude": "east"}}]}),
        told(name="C", _embedded={"venues": [{"location": {"latitude": "0.0", "longitude": "0.0"}}]}),
        told(name="D", _embedded={"venues": [None]}),
        told(name="E", dates={"start": {"localDate": "2023-03-24"}, "timezone": "Mars/Olympus", "status": 5}),
    ]
    events = await found(hub, provider, of(*broken, *odd))
    assert [(event.name, event.coordinates, event.url, event.timezone) for event in events] == [
        (name, None, None, None) for name in "ABCDE"
    ]


async def test_hostile_text_is_made_plain(hub: ProviderHub, provider: StandIn) -> None:
    event = told(
        name="<b>Jazz</b>\x02 Night\u202e <script>alert(1)</script>",
        _embedded={"venues": [{"name": "<i>Hall</i>\x00"}]},
        classifications=[{"segment": {"name": "<img src=x onerror=alert(1)>Music"}}],
    )
    (plain,) = await found(hub, provider, of(event))
    assert (plain.name, plain.venue, plain.description) == ("Jazz Night", "Hall", "Music.")


async def test_of_ten_thousand_events_the_first_ones_are_read(hub: ProviderHub, provider: StandIn) -> None:
    events = [told(name=f"Concert {number}") for number in range(10_000)]
    assert len(await found(hub, provider, of(*events))) == 200


async def test_another_form_is_no_answer(hub: ProviderHub, provider: StandIn) -> None:
    bodies: list[Any] = [
        answer("bad_key"),
        {"_embedded": {"events": []}},
        {"page": None},
        {"page": {}},
        of() | {"_embedded": []},
        of() | {"_embedded": {"events": {"a": 1}}},
    ]
    for body in bodies:
        with pytest.raises(ProviderAnswerError, match="another form than it documents"):
            await found(hub, provider, body)


async def test_a_wrong_key_is_a_fault_of_the_key(hub: ProviderHub, provider: StandIn) -> None:
    with pytest.raises(ProviderKeyRefusedError, match="Ticketmaster refuses our key"):
        await found(hub, provider, Reply(answer("bad_key"), 401))


async def test_a_used_up_quota_says_so(hub: ProviderHub, provider: StandIn) -> None:
    with pytest.raises(ProviderBusyError, match="Ticketmaster asks us to wait"):
        await found(hub, provider, Reply(answer("quota"), 429))


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
    hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
) -> None:
    with pytest.raises(failure.expected(has_key=True)) as caught:
        await found(hub, provider, failure.reply, left_s=0.8)
    assert "Ticketmaster" in str(caught.value)
    assert KEY not in f"{caught.value!r} {logged.text} {hub.health()}"

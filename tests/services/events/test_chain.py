"""Who is asked for events, and which of those that are found are one."""

from dataclasses import replace
from datetime import date

import pytest

from app.services.events.chain import EventChain, EventProvider, LiveEvents, events_of
from app.services.events.found_events import FoundEvent, are_called_alike, without_doubles
from app.services.outside.deadlines import Deadline
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openweb_ninja import OpenWebNinja
from app.services.providers.ticketmaster import Ticketmaster
from app.trips.places.resolve import resolve_place
from app.trips.reports import Coordinates, Event, Source
from tests.services.events.told_events import Told
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

PARIS, KYOTO, OSAKA = (resolve_place(name) for name in ("Paris", "Kyoto", "Osaka"))
FIRST, LAST = date(2027, 5, 10), date(2027, 5, 14)
NINJA, TICKETMASTER = "/realtime-events-data", "/discovery"
CONCERT = {"name": "A Concert", "start_time": "2027-05-11 20:00:00", "start_time_precision_sec": 1}
MATCH = {"name": "A Match", "dates": {"start": {"localDate": "2027-05-12", "localTime": "15:00:00"}}}
TOLD = Source(provider="Told", kind="live", retrieved_at=FIRST)


def ninja_with(*events: object) -> object:
    return {"status": "OK", "data": list(events)}


def ticketmaster_with(*events: object) -> object:
    return {"_embedded": {"events": list(events)}, "page": {"totalElements": len(events)}}


def both(hub: ProviderHub, provider: StandIn) -> list[EventProvider]:
    return [OpenWebNinja(hub, provider.url, "key"), Ticketmaster(hub, provider.url, "key")]


async def searched(hub: ProviderHub, provider: StandIn, left_s: float = 4.0) -> LiveEvents:
    return await EventChain(both(hub, provider)).search(PARIS, FIRST, LAST, Deadline.after(left_s))


@pytest.mark.rows("S0-28")
async def test_the_first_that_finds_something_is_the_only_one_asked(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(NINJA, ninja_with(CONCERT))
    found = await searched(hub, provider)
    assert {event.name for event in found.events} == {"A Concert"}
    assert found.source is not None
    assert (found.source.provider, found.source.kind, found.is_searched) == ("OpenWeb Ninja", "live", True)
    assert found.warnings == []
    assert not any(path.startswith(TICKETMASTER) for path in provider.paths())


async def test_one_that_finds_nothing_lets_the_next_try(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(NINJA, ninja_with())
    provider.answers(TICKETMASTER, ticketmaster_with(MATCH))
    found = await searched(hub, provider)
    assert [event.name for event in found.events] == ["A Match"]
    assert found.source is not None
    assert (found.source.provider, found.answered, found.warnings) == ("Ticketmaster", ("OpenWeb Ninja",), [])


async def test_nothing_anywhere_is_known_to_be_nothing(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(NINJA, ninja_with())
    provider.answers(TICKETMASTER, ticketmaster_with())
    found = await searched(hub, provider)
    assert (found.events, found.source, found.is_searched) == ([], None, True)
    assert found.answered == ("OpenWeb Ninja", "Ticketmaster")


async def test_one_that_fails_is_a_warning_and_the_next_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(NINJA, Reply(status=401))
    provider.answers(TICKETMASTER, ticketmaster_with(MATCH))
    found = await searched(hub, provider)
    assert [event.name for event in found.events] == ["A Match"]
    assert found.warnings == ["OpenWeb Ninja refuses our key (401); Ticketmaster was asked instead."]


async def test_where_all_fail_nothing_is_known(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(NINJA, Reply(status=500))
    provider.answers(TICKETMASTER, Reply({"fault": {"faultstring": "Invalid ApiKey"}}, 401))
    found = await searched(hub, provider)
    assert (found.events, found.source, found.is_searched) == ([], None, False)
    assert found.warnings == [
        "OpenWeb Ninja failed (HTTP 500): events that only it knows are not included.",
        "Ticketmaster refuses our key (401): events that only it knows are not included.",
    ]


async def test_with_no_time_left_nobody_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    found = await searched(hub, provider, left_s=0.0)
    assert (provider.asked, found.is_searched, len(found.warnings)) == ([], False, 2)


# ---- which are one


def event(name: str = "Jazz Night", **members: object) -> Event:
    made = {"name": name, "kind": "event", "starts": FIRST, "ends": FIRST, "source": TOLD, **members}
    return Event.model_validate(made)


def test_one_event_on_several_sites_is_one_with_what_each_of_them_knows() -> None:
    (one,) = without_doubles(
        [
            event("Jazz-Night!", venue="The Hall", url="https://a.example"),
            event("JAZZ NIGHT", venue="the hall", description="A quartet.", is_free=True, starts_at="20:00"),
            event("Jàzz Night", url="https://b.example", timezone="Europe/Paris"),
        ]
    )
    assert (one.name, one.venue, one.url, one.description) == (
        "Jazz-Night!",
        "The Hall",
        "https://a.example",
        "A quartet.",
    )
    assert (one.is_free, one.starts_at, one.timezone) == (True, "20:00", "Europe/Paris")


def test_time_slots_of_one_day_are_one_event_from_the_first_on() -> None:
    slots = [event("Museum of Banksy", venue="Museum", starts_at=f"{hour}:00") for hour in (13, 10, 19)]
    assert [(one.starts_at, one.venue) for one in without_doubles(slots)] == [("10:00", "Museum")]


def test_other_days_venues_and_destinations_are_other_events() -> None:
    here, near, far = (Coordinates(latitude=48.86, longitude=east) for east in (2.35, 2.355, 2.5))
    events = [
        event(venue="A", coordinates=here),
        event(venue="A, Paris", coordinates=near),
        event(venue="B", coordinates=far),
        event(venue="C"),
        event(starts=LAST, ends=LAST, venue="A", coordinates=here),
        event(venue="A", coordinates=here, place="Lyon"),
    ]
    assert [(one.venue, one.starts, one.place) for one in without_doubles(events)] == [
        ("A", FIRST, None),
        ("B", FIRST, None),
        ("C", FIRST, None),
        ("A", LAST, None),
        ("A", FIRST, "Lyon"),
    ]


def test_names_without_a_letter_are_not_all_the_same() -> None:
    assert len(without_doubles([event("!!!"), event("???"), event("!!!")])) == 2


def test_ten_thousand_events_take_no_time() -> None:
    events = [event(f"Concert {number % 5000}", venue=f"Hall {number % 5000}") for number in range(10_000)]
    assert len(without_doubles(events)) == 5000


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Fête de la Musique", "fete de la musique", True),
        ("Fête de la Musique 2027", "Fête de la Musique", True),
        ("Nuit Blanche", "Paris Nuit Blanche 2027", True),
        ("Holi", "Holi Festival", True),
        ("Holi", "Holi Party at the Blue Room", False),
        ("Sanja Matsuri", "Kanda Matsuri", False),
        ("Festival", "Feast", False),
        ("1984", "2027", False),
        ("1984", "1984", True),
        ("", "", False),
        ("祇園祭", "祇園祭 2027", True),
    ],
)
def test_names_of_one_festival(one: str, other: str, expected: bool) -> None:
    assert are_called_alike(one, other) is are_called_alike(other, one) is expected


# ---- several places


async def test_each_event_is_at_the_destination_that_is_nearest() -> None:
    concert = FoundEvent("Concert", FIRST, FIRST, coordinates=Coordinates(latitude=34.69, longitude=135.5))
    anywhere = FoundEvent("Anywhere", FIRST, FIRST)
    told = Told({"Kyoto": [concert, anywhere], "Osaka": [concert, replace(anywhere, name="Elsewhere")]})
    chain = EventChain([told])
    answers = [await chain.search(place, FIRST, LAST, Deadline.after(1.0)) for place in (KYOTO, OSAKA)]
    assert [(one.name, one.place) for one in events_of(answers)] == [
        ("Concert", "Osaka"),
        ("Anywhere", "Kyoto"),
        ("Elsewhere", "Osaka"),
    ]


async def test_one_place_is_not_named_and_an_address_stands_for_a_venue() -> None:
    found = FoundEvent(
        "Concert", FIRST, LAST, "20:00", "02:00", "Europe/Paris", None, "1 Rue A, Paris", url="https://a.example"
    )
    answer = await EventChain([Told({"Paris": [found]})]).search(PARIS, FIRST, LAST, Deadline.after(1.0))
    (one,) = events_of([answer])
    assert (one.kind, one.place, one.venue, one.starts, one.ends) == ("event", None, "1 Rue A, Paris", FIRST, LAST)
    assert (one.starts_at, one.ends_at, one.timezone) == ("20:00", "02:00", "Europe/Paris")
    assert (one.url, one.is_free, one.source.url) == ("https://a.example", None, "https://told.example")


def test_without_answers_there_are_no_events() -> None:
    assert events_of([]) == []

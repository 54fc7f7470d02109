"""Nominatim: what it is asked and how often, which of its finds one can travel to, and everything that is no answer."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.errors import ProviderAnswerError, ProviderError
from app.services.outside.known import Known
from app.services.outside.outside import Outside
from app.services.places.found_places import FoundPlace
from app.services.providers.nominatim import Nominatim
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, XML, Failure, Reply, StandIn
from tests.services.time_left import seconds

pytestmark = pytest.mark.anyio

ANSWER: Any = json.loads((Path(__file__).parents[1] / "answers" / "nominatim_hallstatt.json").read_text())


async def search(outside: Outside, provider: StandIn, name: str = "Hallstatt") -> Known[list[FoundPlace]]:
    return await Nominatim(outside, provider.url).search(name, seconds())


def with_entry(**members: Any) -> Any:
    """One entry, changed, and the good one after it. None takes a member away."""
    changed = deepcopy(ANSWER[0]) | {"osm_id": 1}
    for member, value in members.items():
        changed.pop(member, None)
        if value is not None:
            changed[member] = value
    return [changed, ANSWER[0]]


async def test_what_one_can_travel_to_is_found_best_first(outside: Outside, provider: StandIn) -> None:
    provider.answers("/search", ANSWER)
    known = await search(outside, provider)
    assert known.value == [
        FoundPlace(
            name="Hallstatt",
            country_code="AT",
            latitude=47.5613772,
            longitude=13.6463933,
            region="Upper Austria",
            kind="village",
            url="https://www.openstreetmap.org/relation/106797",
            certainty=0.5340226,
        )
    ], "no halt of a railway, and nothing without a country"


async def test_what_it_is_asked_and_that_we_say_who_we_are(outside: Outside, provider: StandIn) -> None:
    provider.answers("/search", ANSWER)
    await search(outside, provider, " Hallstatt ")
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", "/search")
    assert asked.query == {
        "q": "Hallstatt",
        "format": "jsonv2",
        "addressdetails": "1",
        "limit": "5",
        "accept-language": "en",
    }
    assert asked.headers["user-agent"] == "Ringmaster Round Table/test"


@pytest.mark.parametrize(
    ("url", "turns"), [("http://nominatim.openstreetmap.org", ["nominatim"]), ("http://nominatim.example", [])]
)
async def test_the_public_server_is_asked_once_a_second_and_no_other(
    provider: StandIn, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, url: str, turns: list[str]
) -> None:
    monkeypatch.setenv("http_proxy", provider.url)  # so that a call to any host reaches the stand-in
    monkeypatch.delenv("no_proxy", raising=False)
    provider.answers("/search", ANSWER)
    outside = Outside(store, "test")
    assert (await Nominatim(outside, url).search("Hallstatt", seconds())).value
    assert store.turns == turns
    await outside.aclose()


@pytest.mark.rows("S2-63")
async def test_the_same_name_is_asked_for_once(outside: Outside, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/search", ANSWER)
    first = await search(outside, provider)
    second = await search(outside, provider)
    assert (second.kind, second.value) == ("cached", first.value)
    assert len(provider.asked) == 1
    assert list(store.ttls_s.values()) == [90 * 24 * 3600]


async def test_one_broken_entry_does_not_lose_the_rest(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        with_entry(name=None),
        with_entry(name=""),
        with_entry(name=["Hallstatt"]),
        with_entry(name="<i></i>"),
        with_entry(address=None),
        with_entry(address={}),
        with_entry(address={"country_code": 43}),
        with_entry(address="Austria"),
        with_entry(lat=None),
        with_entry(lat="north"),
        with_entry(lat="147.56"),
        with_entry(lon="1e308"),
        with_entry(lon={}),
        with_entry(category=None),
        with_entry(type=7),
        with_entry(importance="very"),
        with_entry(osm_id="many"),
        [None, 3, "text", [], {}, ANSWER[0]],
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", body)
            assert [place.url for place in (await search(outside, provider)).value] == [
                "https://www.openstreetmap.org/relation/106797"
            ]


async def test_members_that_are_missing_are_none(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for members, url, region in [
        ({"osm_id": None, "osm_type": None}, None, "Upper Austria"),
        ({"osm_id": "240095771", "osm_type": "node"}, "https://www.openstreetmap.org/node/240095771", "Upper Austria"),
        (
            {"address": {"country_code": "at", "county": "Gmunden"}},
            "https://www.openstreetmap.org/relation/1",
            "Gmunden",
        ),
        ({"address": {"country_code": "at", "state": None}}, "https://www.openstreetmap.org/relation/1", None),
    ]:
        with subtests.test(members=repr(members)[:80], url=repr(url)[:80], region=repr(region)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", with_entry(**members))
            found = (await search(outside, provider)).value[0]
            assert (found.url, found.region) == (url, region)


async def test_which_kinds_are_goals(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for category, kind, addresstype, is_goal in [
        ("place", "village", "village", True),
        ("boundary", "administrative", "city", True),
        ("boundary", "administrative", "state", False),
        ("boundary", "administrative", "country", False),
        ("boundary", "national_park", "boundary", True),
        ("place", "house", "place", False),
        ("highway", "primary", "road", False),
    ]:
        with subtests.test(
            category=repr(category)[:80],
            kind=repr(kind)[:80],
            addresstype=repr(addresstype)[:80],
            is_goal=repr(is_goal)[:80],
        ):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", with_entry(category=category, type=kind, addresstype=addresstype)[:1])
            assert bool((await search(outside, provider)).value) is is_goal


async def test_names_with_markup_become_plain(outside: Outside, provider: StandIn) -> None:
    provider.answers("/search", with_entry(name="&lt;img src=x&gt;Hall\u202estatt\x07 <script>x</script>"))
    assert (await search(outside, provider)).value[0].name == "Hallstatt"


async def test_nothing_found_is_no_failure(outside: Outside, provider: StandIn) -> None:
    provider.answers("/search", [])
    assert (await search(outside, provider)).value == []


async def test_what_is_no_list_in_200_is_a_failure(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        {"error": "Unable to geocode"},
        {"error": {"code": 500, "message": "Internal Server Error"}},
        {},
        None,
        "text",
        Reply(XML, content_type="text/xml"),
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", body)
            with pytest.raises(ProviderAnswerError):
                await search(outside, provider)


async def test_errors_in_xml_are_errors_like_others(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for status in [400, 403, 500, 503]:
        with subtests.test(status=repr(status)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", Reply(XML, status, content_type="text/xml; charset=utf-8"))
            with pytest.raises(ProviderError) as caught:
                await search(outside, provider)
            assert "xml" not in str(caught.value)


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors(outside: Outside, provider: StandIn, failure: Failure) -> None:
    provider.answers("/", failure.reply)
    with pytest.raises(failure.expected(has_key=False)) as caught:
        await search(outside, provider)
    assert "Nominatim" in str(caught.value)

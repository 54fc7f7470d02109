"""Nominatim: what it is asked and how often, which of its finds one can travel to, and everything that is no answer."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderError
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import FoundPlace
from app.services.providers.nominatim import Nominatim
from tests.services.conftest import MemoryStore
from tests.services.providers.geocoder_contract import GeocoderContract
from tests.services.stand_in import XML, Reply, StandIn

pytestmark = pytest.mark.anyio

ANSWER: Any = json.loads((Path(__file__).parents[1] / "answers" / "nominatim_hallstatt.json").read_text())


async def search(hub: ProviderHub, provider: StandIn, name: str = "Hallstatt") -> Fetched[list[FoundPlace]]:
    return await Nominatim(hub, provider.url).search(name, Deadline.after(1.0))


def with_entry(**members: Any) -> Any:
    """One entry, changed, and the good one after it. None takes a member away."""
    changed = deepcopy(ANSWER[0]) | {"osm_id": 1}
    for member, value in members.items():
        changed.pop(member, None)
        if value is not None:
            changed[member] = value
    return [changed, ANSWER[0]]


async def test_what_one_can_travel_to_is_found_best_first(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/search", ANSWER)
    fetched = await search(hub, provider)
    assert fetched.value == [
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


async def test_what_it_is_asked_and_that_we_say_who_we_are(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/search", ANSWER)
    await search(hub, provider, " Hallstatt ")
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
    hub = ProviderHub(store, "test")
    assert (await Nominatim(hub, url).search("Hallstatt", Deadline.after(1.0))).value
    assert store.turns == turns
    await hub.aclose()


async def test_names_with_markup_become_plain(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/search", with_entry(name="&lt;img src=x&gt;Hall\u202estatt\x07 <script>x</script>"))
    assert (await search(hub, provider)).value[0].name == "Hallstatt"


async def test_errors_in_xml_are_errors_like_others(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for status in [400, 403, 500, 503]:
        with subtests.test(status=repr(status)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/search", Reply(XML, status, content_type="text/xml; charset=utf-8"))
            with pytest.raises(ProviderError) as caught:
                await search(hub, provider)
            assert "xml" not in str(caught.value)


def of_kind(category: str, kind: str, addresstype: str) -> Any:
    return with_entry(category=category, type=kind, addresstype=addresstype)[:1]


class TestAsAnyGeocoder(GeocoderContract):
    name = "Nominatim"
    path = "/search"
    answer = ANSWER
    nothing = ([],)
    other_forms = (
        {"error": "Unable to geocode"},
        {"error": {"code": 500, "message": "Internal Server Error"}},
        {},
        None,
        "text",
        Reply(XML, content_type="text/xml"),
    )
    good_url = "https://www.openstreetmap.org/relation/106797"
    broken = (
        *(with_entry(name=name) for name in (None, "", ["Hallstatt"], "<i></i>")),
        *(with_entry(address=address) for address in (None, {}, {"country_code": 43}, "Austria")),
        *(with_entry(lat=latitude) for latitude in (None, "north", "147.56")),
        *(with_entry(lon=longitude) for longitude in ("1e308", {})),
        with_entry(category=None),
        with_entry(type=7),
        with_entry(importance="very"),
        with_entry(osm_id="many"),
        [None, 3, "text", [], {}, ANSWER[0]],
    )
    of_first = (
        (with_entry(osm_id=None, osm_type=None), None, "Upper Austria"),
        (with_entry(osm_id="24", osm_type="node"), "https://www.openstreetmap.org/node/24", "Upper Austria"),
        (
            with_entry(address={"country_code": "at", "county": "Gmunden"}),
            "https://www.openstreetmap.org/relation/1",
            "Gmunden",
        ),
        (with_entry(address={"country_code": "at", "state": None}), "https://www.openstreetmap.org/relation/1", None),
    )
    goals = (
        (of_kind("place", "village", "village"), True),
        (of_kind("boundary", "administrative", "city"), True),
        (of_kind("boundary", "administrative", "state"), False),
        (of_kind("boundary", "administrative", "country"), False),
        (of_kind("boundary", "national_park", "boundary"), True),
        (of_kind("place", "house", "place"), False),
        (of_kind("highway", "primary", "road"), False),
    )

    def made(self, hub: ProviderHub, url: str) -> Nominatim:
        return Nominatim(hub, url)

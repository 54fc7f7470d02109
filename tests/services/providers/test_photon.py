"""Photon: what it is asked, which of its finds one can travel to, and what is made of everything else."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import FoundPlace
from app.services.providers.photon import Photon
from tests.services.conftest import MemoryStore
from tests.services.providers.geocoder_contract import GeocoderContract
from tests.services.stand_in import StandIn

pytestmark = pytest.mark.anyio

ANSWER: Any = json.loads((Path(__file__).parents[1] / "answers" / "photon_hallstatt.json").read_text())


async def search(hub: ProviderHub, provider: StandIn, name: str = "Hallstatt") -> Fetched[list[FoundPlace]]:
    return await Photon(hub, provider.url).search(name, Deadline.after(1.0))


def with_feature(*, geometry: Any = None, **properties: Any) -> Any:
    """One entry, changed, and the good one after it. None takes a member away."""
    changed, good = deepcopy(ANSWER["features"][0]), ANSWER["features"][0]
    changed["properties"]["osm_id"] = 1
    for member, value in properties.items():
        changed["properties"].pop(member, None)
        if value is not None:
            changed["properties"][member] = value
    if geometry is not None:
        changed["geometry"] = geometry
    return {"type": "FeatureCollection", "features": [changed, good]}


async def test_what_one_can_travel_to_is_found_best_first(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/api", ANSWER)
    fetched = await search(hub, provider)
    assert fetched.kind == "live"
    assert fetched.value[0] == FoundPlace(
        name="Hallstatt",
        country_code="AT",
        latitude=47.5613772,
        longitude=13.6463933,
        region="Upper Austria",
        kind="village",
        url="https://www.openstreetmap.org/relation/106797",
        certainty=None,
    )
    assert [place.name for place in fetched.value] == ["Hallstatt", "Lake Hallstatt"], "no halt of a railway, no state"


async def test_what_it_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/api", ANSWER)
    await search(hub, provider, " Hallstatt,\n\x00 Austria ")
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", "/api")
    assert asked.query == {"q": "Hallstatt, Austria", "limit": "5", "lang": "en"}
    assert asked.headers["user-agent"] == "Ringmaster Round Table/test"


async def test_names_with_markup_become_plain(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/api", with_feature(name="<b onclick=x>Hall</b>\u202estatt<script>alert(1)</script>\x00"))
    assert (await search(hub, provider, "Hall statt")).value[0].name == "Hall statt"


async def test_what_only_resembles_the_name_is_not_meant(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for asked, is_meant in [
        ("hallstat", True),
        ("Hallstadt", True),
        ("Hallstatt am See", True),
        ("Hallstatt, Austria", True),
        ("ハルシュタット", True),  # which its English names cannot be compared with
        ("Halle", False),
        ("Qwxzt", False),
        ("!!!", False),
    ]:
        with subtests.test(asked=repr(asked)[:80], is_meant=repr(is_meant)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", {"features": ANSWER["features"][:1]})
            assert bool((await search(hub, provider, asked)).value) is is_meant


def of_kind(key: str, value: str, kind: str | None) -> Any:
    return {"features": with_feature(osm_key=key, osm_value=value, type=kind)["features"][:1]}


class TestAsAnyGeocoder(GeocoderContract):
    name = "Photon"
    path = "/api"
    answer = ANSWER
    nothing = ({"features": []}, {"features": None})
    other_forms = ({}, {"features": "none"}, {"features": {}}, {"message": "x"}, [], None)
    good_url = "https://www.openstreetmap.org/relation/106797"
    broken = (
        *(with_feature(name=name) for name in (None, "", 17, "<b></b>", "x" * 200)),
        *(with_feature(countrycode=code) for code in (None, ["AT"])),
        with_feature(osm_key=None),
        with_feature(osm_id="many"),
        with_feature(geometry={"type": "Point"}),
        with_feature(geometry={"type": "Point", "coordinates": []}),
        with_feature(geometry={"type": "Point", "coordinates": [13.6]}),
        with_feature(geometry={"type": "Point", "coordinates": [13.6, 147.5]}),
        with_feature(geometry={"type": "Point", "coordinates": [1e308, 47.5]}),
        with_feature(geometry={"type": "Point", "coordinates": ["east", "north"]}),
        with_feature(geometry={"type": "LineString", "coordinates": [[13.6, 47.5], [13.7, 47.6]]}),
        with_feature(geometry=[]),
        {"features": [None, 3, "text", [], {}, {"properties": None, "geometry": None}, ANSWER["features"][0]]},
    )
    of_first = (
        (with_feature(osm_id=None), None, "Upper Austria"),
        (with_feature(osm_id=-5), None, "Upper Austria"),
        (with_feature(osm_type="X"), None, "Upper Austria"),
        (with_feature(osm_type="N", osm_id=7), "https://www.openstreetmap.org/node/7", "Upper Austria"),
        (with_feature(osm_type="W", osm_id=7, state=None), "https://www.openstreetmap.org/way/7", "Gmunden"),
        (with_feature(state=None, county=None), "https://www.openstreetmap.org/relation/1", None),
        (with_feature(state=5, county={}), "https://www.openstreetmap.org/relation/1", None),
    )
    goals = (
        (of_kind("place", "hamlet", "house"), True),
        (of_kind("place", "island", "other"), True),
        (of_kind("place", "country", "country"), False),
        (of_kind("place", "state", "state"), False),
        (of_kind("place", "house", "house"), False),
        (of_kind("boundary", "administrative", "city"), True),
        (of_kind("boundary", "administrative", "county"), False),
        (of_kind("boundary", "administrative", None), False),
        (of_kind("boundary", "national_park", "other"), True),
        (of_kind("natural", "peak", "other"), True),
        (of_kind("highway", "residential", "street"), False),
        (of_kind("shop", "bakery", "house"), False),
        (of_kind("tourism", "hotel", "house"), False),
    )

    def made(self, hub: ProviderHub, url: str) -> Photon:
        return Photon(hub, url)

"""OpenRouteService's geocoder: what it is asked, which of its finds are meant, and everything that is no answer."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import FoundPlace
from app.services.providers.openroute_geocoding import OpenRouteGeocoding
from tests.services.conftest import MemoryStore
from tests.services.providers.geocoder_contract import GeocoderContract
from tests.services.stand_in import StandIn

pytestmark = pytest.mark.anyio

KEY = "5b3ce3-k3y-that-nobody-may-see"
ANSWER: Any = json.loads((Path(__file__).parents[1] / "answers" / "openroute_geocoding_hallstatt.json").read_text())


async def search(hub: ProviderHub, provider: StandIn, name: str = "Hallstatt") -> Fetched[list[FoundPlace]]:
    return await OpenRouteGeocoding(hub, provider.url + "/pelias/v1", KEY).search(name, Deadline.after(1.0))


def with_feature(*, coordinates: Any = None, **properties: Any) -> Any:
    """One entry, changed, and the good one after it. None takes a member away."""
    changed, good = deepcopy(ANSWER["features"][0]), ANSWER["features"][0]
    changed["properties"]["source_id"] = "1"
    for member, value in properties.items():
        changed["properties"].pop(member, None)
        if value is not None:
            changed["properties"][member] = value
    if coordinates is not None:
        changed["geometry"]["coordinates"] = coordinates
    return {"type": "FeatureCollection", "features": [changed, good]}


async def test_what_is_meant_is_found_best_first(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/pelias/v1/search", ANSWER)
    fetched = await search(hub, provider)
    assert fetched.value[0] == FoundPlace(
        name="Hallstatt",
        country_code="AT",
        latitude=47.562105,
        longitude=13.649331,
        region="Upper Austria",
        kind="locality",
        url="https://spelunker.whosonfirst.org/id/101739133",
        certainty=1.0,
    )
    assert [place.name for place in fetched.value] == ["Hallstatt", "Hallstatt-Lahn"], "a guess at part of it is none"
    assert fetched.value[1].url == "https://www.openstreetmap.org/node/240095771"


async def test_what_it_is_asked_and_where_the_key_stands(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/", ANSWER)
    await search(hub, provider)
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", "/pelias/v1/search")
    assert asked.query == {
        "text": "Hallstatt",
        "size": "5",
        "layers": "locality,localadmin,borough,neighbourhood",
        "lang": "en",
    }
    assert asked.headers["authorization"] == KEY
    assert KEY not in f"{asked.path} {asked.query} {store.entries}"


async def test_searches_are_counted(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/", ANSWER)
    await search(hub, provider)
    assert [owner for owner, _ in store.calls] == ["openroute-geocoding"]
    assert hub.health()[0].quota == 1000


async def test_codes_are_read_in_each_of_their_forms(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for members in [
        {"country_code": None},
        {"country_code": None, "country_a": "aut"},
        {"country_code": "at"},
        {"confidence": None},
    ]:
        with subtests.test(members=repr(members)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", with_feature(**members))
            found = (await search(hub, provider)).value
            assert [place.country_code for place in found] == ["AT", "AT"]


async def test_names_with_markup_become_plain(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/", with_feature(name="Hall<br>statt\u202e", region="<b>Upper</b> Austria"))
    found = (await search(hub, provider)).value[0]
    assert (found.name, found.region) == ("Hall statt", "Upper Austria")


def from_source(source: str | None, source_id: str | None) -> Any:
    return with_feature(source=source, source_id=source_id)


class TestAsAnyGeocoder(GeocoderContract):
    name = "OpenRouteService"
    key = KEY
    path = "/pelias/v1/search"
    name_in = "text"
    answer = ANSWER
    nothing = ({**ANSWER, "features": []},)
    other_forms = ({}, {"features": 3}, {"geocoding": {"errors": ["no"]}}, [], "text", None)
    good_url = "https://spelunker.whosonfirst.org/id/101739133"
    broken = (
        *(with_feature(name=name) for name in (None, 3, "<p>", "x" * 200)),
        with_feature(country_code=None, country_a=None),
        *(with_feature(country_code=code) for code in ("QQ", "Austria")),
        with_feature(match_type="fallback"),
        *(with_feature(confidence=confidence) for confidence in (0.3, "high")),
        *(with_feature(coordinates=at) for at in ([], [47.56], [13.6, 190.0], [-1e308, 47.5], "13.6,47.5")),
        {"features": [None, 3, [], {}, {"geometry": None, "properties": None}, ANSWER["features"][0]]},
    )
    of_first = (
        (from_source("geonames", "2776951"), "https://www.geonames.org/2776951", "Upper Austria"),
        (
            from_source("openstreetmap", "relation/106797"),
            "https://www.openstreetmap.org/relation/106797",
            "Upper Austria",
        ),
        (from_source("openstreetmap", "106797"), None, "Upper Austria"),
        (from_source("openstreetmap", "node/\u0661"), None, "Upper Austria"),
        (from_source("openstreetmap", "node/../../x"), None, "Upper Austria"),
        (from_source("openaddresses", "1"), None, "Upper Austria"),
        (from_source(None, None), None, "Upper Austria"),
    )
    goals = tuple(
        ({"features": with_feature(layer=layer)["features"][:1]}, layer == "locality")
        for layer in ("locality", "country", "street", None)
    )

    def made(self, hub: ProviderHub, url: str) -> OpenRouteGeocoding:
        return OpenRouteGeocoding(hub, url + "/pelias/v1", KEY)

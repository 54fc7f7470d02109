"""Photon: what it is asked, which of its finds one can travel to, and what is made of everything else."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.errors import ProviderAnswerError
from app.services.outside.known import Known
from app.services.outside.outside import Outside
from app.services.places.found_places import FoundPlace
from app.services.providers.photon import Photon
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn
from tests.services.time_left import seconds

pytestmark = pytest.mark.anyio

ANSWER: Any = json.loads((Path(__file__).parents[1] / "answers" / "photon_hallstatt.json").read_text())
DAY_S = 24 * 3600


async def search(outside: Outside, provider: StandIn, name: str = "Hallstatt") -> Known[list[FoundPlace]]:
    return await Photon(outside, provider.url).search(name, seconds())


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


async def test_what_one_can_travel_to_is_found_best_first(outside: Outside, provider: StandIn) -> None:
    provider.answers("/api", ANSWER)
    known = await search(outside, provider)
    assert known.kind == "live"
    assert known.value[0] == FoundPlace(
        name="Hallstatt",
        country_code="AT",
        latitude=47.5613772,
        longitude=13.6463933,
        region="Upper Austria",
        kind="village",
        url="https://www.openstreetmap.org/relation/106797",
        certainty=None,
    )
    assert [place.name for place in known.value] == ["Hallstatt", "Lake Hallstatt"], "no halt of a railway, no state"


async def test_what_it_is_asked(outside: Outside, provider: StandIn) -> None:
    provider.answers("/api", ANSWER)
    await search(outside, provider, " Hallstatt,\n\x00 Austria ")
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", "/api")
    assert asked.query == {"q": "Hallstatt, Austria", "limit": "5", "lang": "en"}
    assert asked.headers["user-agent"] == "Ringmaster Round Table/test"


async def test_any_text_can_be_asked_for(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for text in ["x" * 5_000, "Hallstatt&limit=50#", "../../etc", "Halle\u202e\u200bstatt"]:
        with subtests.test(text=repr(text)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", ANSWER)
            await search(outside, provider, text)
            assert set(provider.asked[0].query) == {"q", "limit", "lang"}
            assert len(provider.asked[0].query["q"]) <= 120


async def test_one_broken_entry_does_not_lose_the_rest(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        with_feature(name=None),
        with_feature(name=""),
        with_feature(name=17),
        with_feature(name="<b></b>"),
        with_feature(name="x" * 200),
        with_feature(countrycode=None),
        with_feature(countrycode=["AT"]),
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
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", body)
            assert [place.url for place in (await search(outside, provider)).value] == [
                "https://www.openstreetmap.org/relation/106797"
            ]


async def test_members_that_are_missing_are_none(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for members, url, region in [
        ({"osm_id": None}, None, "Upper Austria"),
        ({"osm_id": -5}, None, "Upper Austria"),
        ({"osm_type": "X"}, None, "Upper Austria"),
        ({"osm_type": "N", "osm_id": 7}, "https://www.openstreetmap.org/node/7", "Upper Austria"),
        ({"osm_type": "W", "osm_id": 7, "state": None}, "https://www.openstreetmap.org/way/7", "Gmunden"),
        ({"state": None, "county": None}, "https://www.openstreetmap.org/relation/1", None),
        ({"state": 5, "county": {}}, "https://www.openstreetmap.org/relation/1", None),
    ]:
        with subtests.test(members=repr(members)[:80], url=repr(url)[:80], region=repr(region)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", with_feature(**members))
            found = (await search(outside, provider)).value[0]
            assert (found.url, found.region) == (url, region)


async def test_names_with_markup_become_plain(outside: Outside, provider: StandIn) -> None:
    provider.answers("/api", with_feature(name="<b onclick=x>Hall</b>\u202estatt<script>alert(1)</script>\x00"))
    assert (await search(outside, provider, "Hall statt")).value[0].name == "Hall statt"


async def test_which_kinds_are_goals(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for key, value, kind, is_goal in [
        ("place", "hamlet", "house", True),
        ("place", "island", "other", True),
        ("place", "country", "country", False),
        ("place", "state", "state", False),
        ("place", "house", "house", False),
        ("boundary", "administrative", "city", True),
        ("boundary", "administrative", "county", False),
        ("boundary", "administrative", None, False),
        ("boundary", "national_park", "other", True),
        ("natural", "peak", "other", True),
        ("highway", "residential", "street", False),
        ("shop", "bakery", "house", False),
        ("tourism", "hotel", "house", False),
    ]:
        with subtests.test(
            key=repr(key)[:80], value=repr(value)[:80], kind=repr(kind)[:80], is_goal=repr(is_goal)[:80]
        ):
            store.entries.clear()
            provider.asked.clear()
            provider.answers(
                "/api", {"features": with_feature(osm_key=key, osm_value=value, type=kind)["features"][:1]}
            )
            assert bool((await search(outside, provider)).value) is is_goal


async def test_what_only_resembles_the_name_is_not_meant(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
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
            assert bool((await search(outside, provider, asked)).value) is is_meant


async def test_another_form_is_a_failure(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [{}, {"features": "none"}, {"features": {}}, {"message": "x"}, [], None]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", body)
            with pytest.raises(ProviderAnswerError):
                await search(outside, provider)


async def test_nothing_found_is_no_failure(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [{"features": []}, {"features": None}]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", body)
            assert (await search(outside, provider)).value == []


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors(outside: Outside, provider: StandIn, failure: Failure) -> None:
    provider.answers("/", failure.reply)
    with pytest.raises(failure.expected(has_key=False)) as caught:
        await search(outside, provider)
    assert "Photon" in str(caught.value)


def aged(store: MemoryStore, days: float) -> None:
    """What is kept was read so long ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    for key, raw in store.entries.items():
        store.entries[key] = json.dumps({**json.loads(raw), "at": at}).encode()


@pytest.mark.rows("S2-63")
async def test_what_is_found_is_fresh_for_a_month_and_nothing_for_a_day(
    outside: Outside, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body, days, calls in [(ANSWER, 29, 1), (ANSWER, 31, 2), ({"features": []}, 0.9, 1), ({"features": []}, 1.1, 2)]:
        with subtests.test(body=repr(body)[:80], days=repr(days)[:80], calls=repr(calls)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/api", body)
            await search(outside, provider)
            aged(store, days)
            await search(outside, provider)
            assert len(provider.asked) == calls
            assert set(store.ttls_s.values()) == {90 * DAY_S}


async def test_an_outdated_nothing_serves_where_it_does_not_answer(
    outside: Outside, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/api", {"features": []}, Reply(status=500))
    await search(outside, provider)
    aged(store, 5)
    known = await search(outside, provider)
    assert (known.value, known.stale_because) == ([], "Photon failed (HTTP 500)")

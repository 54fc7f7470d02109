"""OSRM: what it is asked, what is made of its tables and routes, and of everything that is none."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderRefusedQuestionError
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.osrm import Osrm
from app.services.routes.roads import FoundRoad, Mode, Road, RoadMatrix
from app.trips.problem import Spot
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

ANSWERS = Path(__file__).parents[1] / "answers"
PARIS = Spot(latitude=48.8566, longitude=2.3522)
LYON = Spot(latitude=45.764, longitude=4.8357)
MARSEILLE = Spot(latitude=43.2965, longitude=5.3698)
SPOTS = (PARIS, LYON, MARSEILLE)


def answer(name: str) -> Any:
    return json.loads((ANSWERS / f"osrm_{name}.json").read_text())


def changed(name: str, **members: Any) -> Any:
    return {**deepcopy(answer(name)), **members}


async def matrix(
    hub: ProviderHub, provider: StandIn, spots: tuple[Spot, ...] = SPOTS, mode: Mode = "driving"
) -> Fetched[RoadMatrix] | None:
    return await Osrm(hub, provider.url).matrix(spots, mode, Deadline.after(1.0))


async def route(hub: ProviderHub, provider: StandIn, mode: Mode = "driving") -> Fetched[FoundRoad] | None:
    return await Osrm(hub, provider.url).route(PARIS, LYON, mode, Deadline.after(1.0))


async def test_one_call_brings_all_ways_of_a_trip(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/table/v1/driving/", answer("table"))
    fetched = await matrix(hub, provider)
    assert fetched is not None
    assert fetched.kind == "live"
    assert fetched.value.between(0, 1).road == Road(464.9012, 16633.5)
    back = fetched.value.between(2, 0).road
    assert back is not None
    assert (back.distance_km, back.duration_s) == (pytest.approx(774.0116), 27133.9)
    assert len(provider.asked) == 1


async def test_what_the_table_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/table/", answer("table"))
    await matrix(hub, provider)
    asked = provider.asked[0]
    assert asked.method == "GET"
    assert asked.path == "/table/v1/driving/2.35220,48.85660;4.83570,45.76400;5.36980,43.29650"
    assert asked.query == {"annotations": "duration,distance", "generate_hints": "false"}
    assert asked.headers["user-agent"] == "Ringmaster Round Table/test"
    assert "authorization" not in asked.headers


async def test_one_way_and_what_is_asked_for_it(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/route/v1/driving/", answer("route"))
    fetched = await route(hub, provider)
    assert fetched is not None
    assert fetched.value == FoundRoad(Road(464.9012, 16633.5), Osrm.ATTRIBUTION)
    assert provider.asked[0].path == "/route/v1/driving/2.35220,48.85660;4.83570,45.76400"
    assert provider.asked[0].query == {"overview": "false", "generate_hints": "false"}


async def test_modes_that_the_server_was_not_prepared_for_are_not_asked(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for mode in ["cycling", "walking"]:
        with subtests.test(mode=repr(mode)[:80]):
            store.entries.clear()
            provider.asked.clear()
            assert await matrix(hub, provider, mode=mode) is None
            assert await route(hub, provider, mode) is None
            assert provider.asked == []


async def test_an_instance_of_ones_own_may_have_another_mode(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/route/v1/bike/", answer("route"))
    assert await Osrm(hub, provider.url, ("cycling",)).route(PARIS, LYON, "cycling", Deadline.after(1.0)) is not None


async def test_more_spots_than_it_takes_are_not_asked(hub: ProviderHub, provider: StandIn) -> None:
    assert await matrix(hub, provider, (PARIS,) * 101) is None
    assert provider.asked == []


@pytest.mark.parametrize(("url", "turns"), [("http://router.project-osrm.org", ["osrm"]), ("http://osrm.example", [])])
async def test_the_public_server_is_asked_once_a_second_and_no_other(
    provider: StandIn, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, url: str, turns: list[str]
) -> None:
    monkeypatch.setenv("http_proxy", provider.url)  # so that a call to any host reaches the stand-in
    monkeypatch.delenv("no_proxy", raising=False)
    provider.answers("/table/", answer("table"))
    hub = ProviderHub(store, "test")
    assert await Osrm(hub, url).matrix(SPOTS, "driving", Deadline.after(1.0)) is not None
    assert store.turns == turns
    await hub.aclose()


async def test_a_pair_without_a_road_is_none_and_the_others_stay(hub: ProviderHub, provider: StandIn) -> None:
    body = answer("table")
    body["durations"][0][2] = body["distances"][0][2] = None
    provider.answers("/", body)
    fetched = await matrix(hub, provider)
    assert fetched is not None
    assert fetched.value.between(0, 2).road is None
    assert fetched.value.between(0, 1).road is not None


async def test_a_road_that_begins_far_from_the_place_is_none_of_it(hub: ProviderHub, provider: StandIn) -> None:
    table, way = answer("table"), answer("route")
    table["sources"][0]["distance"] = way["waypoints"][1]["distance"] = 5_001
    provider.answers("/table/", table)
    provider.answers("/route/", way)
    fetched, single = await matrix(hub, provider), await route(hub, provider)
    assert fetched is not None
    assert single is not None
    assert fetched.value.between(0, 1).road is None
    assert fetched.value.between(1, 0).road is not None
    assert single.value.road is None


async def test_no_road_is_an_answer_in_400_and_in_200(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for code in ["NoRoute", "NoSegment"]:
        for status in [200, 400]:
            with subtests.test(code=repr(code)[:80], status=repr(status)[:80]):
                store.entries.clear()
                provider.asked.clear()
                provider.answers("/", Reply({"message": "Impossible route between points", "code": code}, status))
                fetched = await route(hub, provider)
                assert fetched is not None
                assert fetched.value.road is None


async def test_a_table_that_it_cannot_give_is_no_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for code in ["NoSegment", "NoTable", "TooBig"]:
        for status in [200, 400]:
            with subtests.test(code=repr(code)[:80], status=repr(status)[:80]):
                store.entries.clear()
                provider.asked.clear()
                provider.answers("/", Reply({"message": "Too many table coordinates", "code": code}, status))
                assert await matrix(hub, provider) is None


async def test_any_other_code_is_an_error(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for code in ["InvalidQuery", "InvalidOptions", "ok", ""]:
        for status in [200, 400]:
            with subtests.test(code=repr(code)[:80], status=repr(status)[:80]):
                store.entries.clear()
                provider.asked.clear()
                provider.answers("/", Reply({"code": code}, status))
                with pytest.raises(ProviderRefusedQuestionError):
                    await matrix(hub, provider)
                with pytest.raises(ProviderRefusedQuestionError):
                    await route(hub, provider)


async def test_a_table_of_another_size_or_form_is_a_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        changed("table", durations=[[0, 1], [1, 0]]),
        changed("table", distances=[[0, 1, 2]] * 2),
        changed("table", distances=[[0, 1, 2], [0, 1], [0]]),
        changed("table", sources=[]),
        changed("table", destinations=[{"distance": 1}] * 4),
        changed("table", durations="none"),
        changed("table", durations=None),
        changed("table", distances=[[[0]] * 3] * 3),
        changed("table", sources=[None] * 3),
        {"code": "Ok"},
        {"code": None},
        {},
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", body)
            with pytest.raises(ProviderAnswerError):
                await matrix(hub, provider)


async def test_an_answer_without_a_route_is_a_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        changed("route", routes=[]),
        changed("route", waypoints=[]),
        changed("route", routes=[{"distance": 1.0}]),
        changed("route", routes=[{"distance": "far", "duration": 1.0}]),
        {"code": "Ok"},
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", body)
            with pytest.raises(ProviderAnswerError):
                await route(hub, provider)


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors(hub: ProviderHub, provider: StandIn, failure: Failure) -> None:
    provider.answers("/", failure.reply)
    with pytest.raises(failure.expected(has_key=False)) as caught:
        await matrix(hub, provider)
    assert "OSRM" in str(caught.value)


@pytest.mark.rows("S2-63")
async def test_a_table_is_kept(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/", answer("table"))
    await matrix(hub, provider)
    fetched = await matrix(hub, provider)
    assert fetched is not None
    assert fetched.kind == "cached"
    assert list(store.ttls_s.values()) == [60 * 24 * 3600]

"""OpenRouteService: what it is asked, what is made of its matrices and routes, and of everything that is none."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderError, ProviderRefusedQuestionError
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openroute import OpenRoute
from app.services.routes.roads import FoundRoad, Mode, Road, RoadMatrix
from app.trips.problem import Spot
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

KEY = "5b3ce3-k3y-that-nobody-may-see"
ANSWERS = Path(__file__).parents[1] / "answers"
PARIS = Spot(latitude=48.8566, longitude=2.3522)
LYON = Spot(latitude=45.764, longitude=4.8357)
MARSEILLE = Spot(latitude=43.2965, longitude=5.3698)
SPOTS = (PARIS, LYON, MARSEILLE)


def answer(name: str) -> Any:
    return json.loads((ANSWERS / f"openroute_{name}.json").read_text())


def at(hub: ProviderHub, provider: StandIn) -> OpenRoute:
    return OpenRoute(hub, provider.url + "/openrouteservice", KEY)


async def matrix(
    openroute: OpenRoute, spots: tuple[Spot, ...] = SPOTS, mode: Mode = "driving", left_s: float = 1.0
) -> Fetched[RoadMatrix] | None:
    return await openroute.matrix(spots, mode, Deadline.after(left_s))


async def route(openroute: OpenRoute, mode: Mode = "driving") -> Fetched[FoundRoad] | None:
    return await openroute.route(PARIS, LYON, mode, Deadline.after(1.0))


def changed(**members: Any) -> Any:
    return {**deepcopy(answer("matrix")), **members}


async def test_one_call_brings_all_ways_of_a_trip(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/openrouteservice/v2/matrix/driving-car", answer("matrix"))
    fetched = await matrix(at(hub, provider))
    assert fetched is not None
    assert fetched.kind == "live"
    assert fetched.value.between(0, 1).road == Road(465.21347, 16498.32)
    assert fetched.value.between(2, 0).road == Road(774.98735, 27530.08)
    assert fetched.value.between(1, 1).road == Road(0.0, 0.0)
    assert len(provider.asked) == 1


async def test_what_the_matrix_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/", answer("matrix"))
    await matrix(at(hub, provider), mode="cycling")
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("POST", "/openrouteservice/v2/matrix/cycling-regular")
    assert asked.json == {
        "locations": [[2.3522, 48.8566], [4.8357, 45.764], [5.3698, 43.2965]],
        "metrics": ["distance", "duration"],
        "units": "m",
    }
    assert asked.query == {}


async def test_the_key_stands_in_its_header_only(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/", answer("matrix"))
    await matrix(at(hub, provider))
    asked = provider.asked[0]
    assert asked.headers["authorization"] == KEY
    assert KEY not in f"{asked.path} {asked.query} {asked.body!r} {store.entries}"


@pytest.mark.rows("S2-63")
async def test_a_matrix_is_kept_a_week_and_told_two_months(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/", answer("matrix"))
    first = await matrix(at(hub, provider))
    second = await matrix(at(hub, provider))
    assert first is not None
    assert second is not None
    assert (second.kind, second.value) == ("cached", first.value)
    assert len(provider.asked) == 1
    assert list(store.ttls_s.values()) == [60 * 24 * 3600]


async def test_matrices_and_routes_are_counted_apart(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/openrouteservice/v2/matrix", answer("matrix"))
    provider.answers("/openrouteservice/v2/directions", answer("directions"))
    openroute = at(hub, provider)
    await matrix(openroute)
    await route(openroute)
    assert sorted(owner for owner, _ in store.calls) == ["openroute-directions", "openroute-matrix"]
    assert [health.quota for health in hub.health()] == [500, 2000]


async def test_a_pair_without_a_road_is_none_and_the_others_stay(hub: ProviderHub, provider: StandIn) -> None:
    body = answer("matrix")
    body["durations"][0][2] = body["distances"][0][2] = None
    provider.answers("/", body)
    fetched = await matrix(at(hub, provider))
    assert fetched is not None
    assert fetched.value.between(0, 2).road is None
    assert fetched.value.between(0, 1).road is not None


async def test_a_road_that_begins_far_from_the_place_is_none_of_it(hub: ProviderHub, provider: StandIn) -> None:
    body = answer("matrix")
    body["destinations"][1]["snapped_distance"] = 5_001
    provider.answers("/", body)
    fetched = await matrix(at(hub, provider))
    assert fetched is not None
    assert fetched.value.between(0, 1).road is None
    assert fetched.value.between(0, 2).road is not None


async def test_a_place_off_every_road_is_left_to_the_next_provider(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for side in ["sources", "destinations"]:
        with subtests.test(side=repr(side)[:80]):
            store.entries.clear()
            provider.asked.clear()
            body = answer("matrix")
            body[side][2] = None
            provider.answers("/", body)
            assert await matrix(at(hub, provider)) is None


async def test_more_spots_than_it_takes_are_not_asked(hub: ProviderHub, provider: StandIn) -> None:
    assert await matrix(at(hub, provider), (PARIS,) * 60) is None
    assert provider.asked == []


async def test_what_is_said_of_the_question_is_no_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for code in [6004, 6010, 6020]:
        with subtests.test(code=repr(code)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", Reply({"error": {"code": code, "message": "no"}}, 400))
            assert await matrix(at(hub, provider)) is None


async def test_a_matrix_of_another_size_or_form_is_a_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        changed(durations=[[0.0, 1.0], [1.0, 0.0]]),
        changed(distances=[[0.0, 1.0, 2.0]] * 2),
        changed(distances=[[0.0, 1.0, 2.0, 3.0]] * 3),
        changed(durations=[[0.0, 1.0, 2.0], [0.0, 1.0], []]),
        changed(durations=[]),
        changed(sources=[]),
        changed(destinations=[{"snapped_distance": 1.0}]),
        changed(durations=None),
        changed(distances={"0": 1}),
        changed(durations=[["far"] * 3] * 3),
        {"durations": [[0.0] * 3] * 3},
        {},
        [],
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", body)
            with pytest.raises(ProviderAnswerError):
                await matrix(at(hub, provider))


async def test_numbers_without_end_are_a_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for number in [b"1e999", b"-1e999", b"1" + b"0" * 400]:
        with subtests.test(number=repr(number)[:80]):
            store.entries.clear()
            provider.asked.clear()
            raw = json.dumps(answer("matrix")).encode().replace(b"16498.32", number)
            provider.answers("/", Reply(raw))
            with pytest.raises(ProviderAnswerError):
                await matrix(at(hub, provider))


async def test_names_of_streets_may_be_anything(hub: ProviderHub, provider: StandIn) -> None:
    body = answer("matrix")
    body["sources"][0]["name"] = "<script>\u202e\x00" * 50
    body["metadata"] = None
    provider.answers("/", body)
    assert await matrix(at(hub, provider)) is not None


# ---- one way


async def test_one_way_and_what_is_asked_for_it(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/openrouteservice/v2/directions", answer("directions"))
    fetched = await route(at(hub, provider), "walking")
    assert fetched is not None
    assert fetched.value == FoundRoad(Road(465.2135, 16498.3), OpenRoute.ATTRIBUTION)
    asked = provider.asked[0]
    assert asked.path == "/openrouteservice/v2/directions/foot-walking/json"
    assert asked.json["coordinates"] == [[2.3522, 48.8566], [4.8357, 45.764]]
    assert asked.json["radiuses"] == [5000, 5000]


async def test_no_road_is_an_answer(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [answer("no_point"), {"error": {"code": 2009, "message": "Route could not be found"}}]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", Reply(body, 404))
            fetched = await route(at(hub, provider))
            assert fetched is not None
            assert fetched.value.road is None


async def test_a_way_too_long_for_it_is_left_to_the_next_provider(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/", Reply(answer("too_long"), 400))
    assert await route(at(hub, provider)) is None


async def test_a_refusal_that_says_nothing_of_the_question_is_an_error(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [
        {"error": "no"},
        {"error": {"code": "2009"}},
        {"error": {"code": None}},
        {"error": []},
        [],
        None,
        "text",
    ]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", Reply(body, 404))
            with pytest.raises(ProviderRefusedQuestionError):
                await route(at(hub, provider))


async def test_an_answer_without_a_route_is_a_failure(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for body in [{}, {"routes": []}, {"routes": None}, {"routes": [{"summary": {"distance": "far"}}]}]:
        with subtests.test(body=repr(body)[:80]):
            store.entries.clear()
            provider.asked.clear()
            provider.answers("/", body)
            with pytest.raises(ProviderAnswerError):
                await route(at(hub, provider))


# ---- what every provider may do


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
    hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
) -> None:
    provider.answers("/", failure.reply)
    with pytest.raises(failure.expected(has_key=True)) as caught:
        await matrix(at(hub, provider))
    assert "OpenRouteService" in str(caught.value)
    assert KEY not in f"{caught.value!r} {logged.text} {hub.health()}"


async def test_an_outdated_matrix_serves_where_it_does_not_answer(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/", answer("matrix"), Reply(status=500))
    openroute = at(hub, provider)
    await matrix(openroute)
    aged = {key: raw.replace(b'"at":"2', b'"at":"1') for key, raw in store.entries.items()}
    store.entries.update(aged)
    fetched = await matrix(openroute)
    assert fetched is not None
    assert fetched.stale_because == "OpenRouteService failed (HTTP 500)"


async def test_a_limit_a_minute_is_waited_for(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/", Reply({"error": "Rate Limit Exceeded"}, 429))
    openroute = at(hub, provider)
    for _ in range(3):
        with pytest.raises(ProviderError):
            await matrix(openroute)
    assert len(provider.asked) == 1
    assert hub.health()[0].state == "waiting"

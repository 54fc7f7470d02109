"""OpenRouteService, then OSRM: who is asked when, and what is heard of those who failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.chain import Answered
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openroute import OpenRoute
from app.services.providers.osrm import Osrm
from app.services.routes.chain import RouteChain
from app.services.routes.roads import FoundRoad, Mode, Road, RoadMatrix, is_plausible
from app.trips.problem import Spot
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

PARIS = Spot(latitude=48.8566, longitude=2.3522)
LYON = Spot(latitude=45.764, longitude=4.8357)
MARSEILLE = Spot(latitude=43.2965, longitude=5.3698)
SPOTS = (PARIS, LYON, MARSEILLE)


def answer(name: str) -> Any:
    return json.loads((Path(__file__).parents[1] / "answers" / f"{name}.json").read_text())


@pytest.fixture
def chain(hub: ProviderHub, provider: StandIn) -> RouteChain:
    return RouteChain([OpenRoute(hub, provider.url, "key"), Osrm(hub, provider.url)])


async def matrix(chain: RouteChain, mode: Mode = "driving") -> Answered[Fetched[RoadMatrix]]:
    return await chain.matrix(SPOTS, mode, Deadline.after(2))


async def route(chain: RouteChain, mode: Mode = "driving") -> Answered[Fetched[FoundRoad]]:
    return await chain.route(PARIS, LYON, mode, Deadline.after(2))


def who(answered: Answered[Fetched[RoadMatrix]] | Answered[Fetched[FoundRoad]]) -> str | None:
    return None if answered.answer is None else answered.answer.value.by.provider


async def test_the_first_that_answers_is_the_only_one_asked(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", answer("openroute_matrix"))
    assert who(await matrix(chain)) == "OpenRouteService"
    assert len(provider.asked) == 1


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_where_one_fails_the_next_is_asked_and_the_failure_is_told(
    chain: RouteChain, provider: StandIn, status: int
) -> None:
    provider.answers("/v2/", Reply(status=status))
    provider.answers("/table/", answer("osrm_table"))
    provider.answers("/route/", answer("osrm_route"))
    for answered in (await matrix(chain), await route(chain)):
        assert who(answered) == "OSRM"
        assert [error.provider for error in answered.errors] == ["OpenRouteService"]


async def test_a_question_that_is_not_for_one_leads_on_without_an_error(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/matrix/", Reply({"error": {"code": 6010, "message": "Point not found."}}, 404))
    provider.answers("/v2/directions/", Reply(answer("openroute_too_long"), 400))
    provider.answers("/table/", answer("osrm_table"))
    provider.answers("/route/", answer("osrm_route"))
    for answered in (await matrix(chain), await route(chain)):
        assert who(answered) == "OSRM"
        assert answered.errors == ()


async def test_that_no_road_leads_there_is_an_answer(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/directions/", Reply(answer("openroute_no_point"), 404))
    answered = await route(chain)
    assert who(answered) == "OpenRouteService"
    assert answered.answer is not None
    assert answered.answer.value.road is None


async def test_where_all_fail_every_cause_is_told(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/", Reply(status=500))
    answered = await matrix(chain)
    assert answered.answer is None
    assert [error.provider for error in answered.errors] == ["OpenRouteService", "OSRM"]


async def test_modes_that_nobody_has_are_no_error(hub: ProviderHub, provider: StandIn) -> None:
    answered = await route(RouteChain([Osrm(hub, provider.url)]), "cycling")
    assert (answered.answer, answered.errors) == (None, ())
    assert provider.asked == []


async def test_nobody_to_ask_is_no_error() -> None:
    answered = await matrix(RouteChain([]))
    assert (answered.answer, answered.errors) == (None, ())


@pytest.mark.parametrize(
    ("distance_km", "hours", "straight_km", "mode", "plausible"),
    [
        (465, 4.5, 392, "driving", True),
        (373, 4.5, 392, "driving", True),  # as long as the straight line, but for what the sphere is off
        (370, 4.5, 392, "driving", False),
        (465, 2.0, 392, "driving", False),
        (465, 4.5, 392, "cycling", False),
        (45, 3.0, 40, "walking", True),
        (45, 2.9, 40, "walking", False),
        (0, 0, 0, "driving", False),
        (465, 0, 392, "driving", False),
        (465, -4.5, 392, "driving", False),
        (-465, 4.5, 392, "driving", False),
        (1e308, 1e308, 392, "driving", False),
        (465, 1e308, 392, "driving", False),
        (1e305, 4.5, 392, "driving", False),
    ],
)
def test_only_ways_that_can_be_are_believed(
    distance_km: float, hours: float, straight_km: float, mode: Mode, plausible: bool
) -> None:
    assert is_plausible(Road(distance_km, hours * 3600), straight_km, mode) is plausible

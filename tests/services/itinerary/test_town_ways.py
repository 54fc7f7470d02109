"""Ways between stops in the plan that travellers read: by whose roads, or estimated, and never both at once."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from app.services.itinerary.report import ItineraryQuestion
from app.services.itinerary_service import ItineraryService
from app.services.money.exchange_rates import BundledRates
from app.services.outside.deadlines import Deadline
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openroute import OpenRoute
from app.services.providers.osrm import Osrm
from app.services.routes.chain import RouteChain
from app.services.weather.climate_normals import ClimateNormals
from app.trips.problem import Spot
from app.trips.reports import ItineraryItem, ItineraryReport
from tests.services.conftest import MemoryStore
from tests.services.itinerary.questions import asked, entries, minutes, report_on
from tests.services.routes.road_bodies import Rule, Straight, Way, openroute_matrix, osrm_table
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

WALKING = "/v2/matrix/foot-walking"
SLOWLY = Straight(factor=1.4, kmh=3.0)
ESTIMATE, PLANNER = "estimate from the distance", "Ringmaster planner"


@pytest.fixture
def chain(hub: ProviderHub, provider: StandIn) -> RouteChain:
    return RouteChain([OpenRoute(hub, provider.url, "key"), Osrm(hub, provider.url)])


async def live(chain: RouteChain, question: ItineraryQuestion, left_s: float = 20.0) -> ItineraryReport:
    """A plan that holds before the independent check, which reads the same table."""
    report = await ItineraryService(BundledRates(), ClimateNormals(), chain).itinerary(question, Deadline.after(left_s))
    assert report.certificate is not None
    assert report.certificate.is_valid, [rule for rule in report.certificate.rules if not rule.is_kept]
    return report


def ways(report: ItineraryReport, source: str) -> list[ItineraryItem]:
    return [item for _, item in entries(report, "travel") if item.source == source]


def took(way: ItineraryItem) -> int:
    return minutes(way.ends) - minutes(way.starts)


def note_on_times(report: ItineraryReport) -> str:
    return next(source.note or "" for source in report.sources if source.provider == PLANNER)


@pytest.mark.rows("S0-43")
async def test_a_way_by_road_names_its_provider_and_length_and_takes_its_time(
    chain: RouteChain, provider: StandIn
) -> None:
    provider.answers(WALKING, openroute_matrix(SLOWLY))
    report = await live(chain, asked("Rome"))
    walked = ways(report, "OpenRouteService")
    assert walked
    for way in walked:
        (note,) = way.notes
        km = float(note.split(" ")[0])
        assert note == f"{km:.1f} km by road (OpenRouteService); reckon with {took(way)} minutes."
        assert way.title.startswith("Walk to ")
        assert way.provenance == "live"
        assert abs(took(way) - km / 3.0 * 60) <= 6, "rounded up to five, the length to a tenth"
    assert provider.paths() == [WALKING]
    assert report.warnings == (await report_on(asked("Rome"))).warnings


async def test_what_is_too_far_to_walk_by_road_is_ridden_and_reckoned(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(Straight(factor=8.0, kmh=4.0)))
    report = await live(chain, asked("Rome"))
    ridden = [way for way in ways(report, "OpenRouteService") if "too far to walk" in way.notes[0]]
    assert ridden
    for way in ridden:
        assert way.title.startswith("Local transport to ")
        assert way.notes[0].endswith(f"{took(way)} minutes are an estimate.")
        assert way.provenance == "estimate"


async def test_other_ways_of_the_same_plan_stay_estimates_and_say_so(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(SLOWLY))
    report = await live(chain, asked("Rome", days=5))
    estimated = ways(report, ESTIMATE)
    assert estimated
    assert all("are an estimate" in way.notes[0] and way.provenance == "estimate" for way in estimated)
    assert not [way for way in estimated if way.title.startswith("Walk")]
    assert len(ways(report, "OpenRouteService")) + len(estimated) == len(list(entries(report, "travel")))


@pytest.mark.rows("S0-29")
async def test_where_times_are_from_is_said_in_one_way_everywhere(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(SLOWLY))
    first, again = await live(chain, asked("Rome")), await live(chain, asked("Rome"))
    for report, kind in ((first, "live"), (again, "cached")):
        (source,) = [source for source in report.sources if source.provider == "OpenRouteService"]
        assert (source.kind, source.fetched_at is None) == (kind, False)
        assert "by HeiGIT" in (source.note or "")
        assert "go by the roads of OpenRouteService where a way says so" in note_on_times(report)
        assert "go by the roads of OpenRouteService" in report.transport_details["getting_around"]
    assert len(provider.asked) == 1
    assert note_on_times(await report_on(asked("Rome"))).endswith("times between stops are estimates from the distance")


async def test_parking_is_told_of_and_counted(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/", Reply({"error": {"code": 6010, "message": "Point not found."}}, 404))
    provider.answers("/table/v1/driving/", osrm_table(Straight(factor=1.3, kmh=20)))
    report = await live(chain, asked("Rome", preferred_transport="driving"))
    driven = ways(report, "OSRM")
    assert driven
    assert all(way.title.startswith("Drive to ") for way in driven)
    assert all(way.notes[0].endswith(f"{took(way)} minutes, 10 of them for unlocking and parking.") for way in driven)
    assert {way.title.split(" ")[0] for way in ways(report, ESTIMATE)} <= {"Walk"}


async def test_each_town_of_a_trip_is_one_matrix(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(SLOWLY))
    report = await live(chain, asked("Rome", "Florence", days=5))
    assert provider.paths() == [WALKING] * 2
    assert {day.place for day, item in entries(report, "travel") if item.source == "OpenRouteService"} == {
        "Rome",
        "Florence",
    }


def rough(random: Random) -> Rule:
    """Roads by which a detour may be quicker than the straight way, and the way back quite another."""
    drawn: dict[tuple[Spot, Spot], Way] = {}

    def rule(start: Spot, end: Spot) -> Way:
        if (start, end) not in drawn:
            way = Straight(factor=random.choice((1.1, 1.5, 4.0)), kmh=random.choice((2.0, 4.5, 9.0)))
            drawn[start, end] = None if random.random() < 0.2 else way(start, end)
        return drawn[start, end]

    return rule


def questions() -> Iterator[ItineraryQuestion]:
    yield asked("Paris", days=4, preferred_transport="walking", wishes={"pace": "fast"})
    yield asked("Rome", "Florence", days=6, preferred_transport="driving")
    yield asked("Kyoto", days=3, preferred_transport="driving", wishes={"must_see": ["Kinkaku-ji"]})
    yield asked("Cusco", days=5, wishes={"pace": "relaxed"})


@pytest.mark.parametrize("question", list(questions()), ids=lambda question: question.places[0].name)
async def test_plans_hold_whatever_the_roads_are_like(
    chain: RouteChain, provider: StandIn, question: ItineraryQuestion
) -> None:
    rule = rough(Random(question.places[0].name))
    provider.answers("/v2/matrix/", openroute_matrix(rule))
    report = await live(chain, question)
    assert ways(report, "OpenRouteService")
    assert all(took(way) > 0 for _, way in entries(report, "travel"))


async def test_without_a_network_the_report_is_the_same_to_the_byte(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.3))
    nowhere = "http://127.0.0.1:9"
    chain = RouteChain([OpenRoute(hub, nowhere, "key"), Osrm(hub, nowhere)])
    question = asked("Rome", preferred_transport="driving")
    assert (await live(chain, question)).model_dump_json() == (await report_on(question)).model_dump_json()
    await hub.aclose()


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(hangs=True), Reply({"no": "matrix"})], ids=["500", "hangs", "no-matrix"]
)
async def test_a_provider_that_fails_costs_its_roads_and_nothing_else(
    chain: RouteChain, provider: StandIn, reply: Reply
) -> None:
    provider.answers("/", reply)
    report, estimated = await live(chain, asked("Rome"), left_s=2.0), await report_on(asked("Rome"))
    (warning,) = set(report.warnings) - set(estimated.warnings)
    assert warning.startswith("OpenRouteService ")
    assert warning.endswith("; ways on foot in Rome are estimates.")
    without: dict[str, Any] = {"exclude": {"warnings"}}
    assert report.model_dump_json(**without) == estimated.model_dump_json(**without)


@pytest.mark.parametrize(("left_s", "most_s"), [(20.0, 4.0), (2.0, 0.5)])
async def test_of_the_time_that_is_left_a_quarter_goes_to_asking_and_never_more_than_four_seconds(
    hub: ProviderHub, provider: StandIn, left_s: float, most_s: float
) -> None:
    given_s: list[float] = []

    class Timed(RouteChain):
        async def matrix(self, spots: Any, mode: Any, deadline: Deadline) -> Any:
            given_s.append(deadline.left_s())
            return await super().matrix(spots, mode, deadline)

    provider.answers(WALKING, openroute_matrix(SLOWLY))
    await live(Timed([OpenRoute(hub, provider.url, "key")]), asked("Rome"), left_s)
    (had_s,) = given_s
    assert 0 < had_s <= most_s

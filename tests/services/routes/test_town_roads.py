"""Ways between the stops of a town: who is asked for what, and what of the answers is put in the estimates' place."""

from datetime import date
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openroute import MOST_CELLS, OpenRoute
from app.services.providers.osrm import MOST_SPOTS as MOST_SPOTS_OF_OSRM
from app.services.providers.osrm import Osrm
from app.services.routes.chain import RouteChain
from app.services.routes.town_roads import MOST_SPOTS, TownRoads, TownWay, town_roads
from app.trips.problem import City, Eatery, Sight, Spot, Stay, Trip, Wishes
from app.trips.request import LocalTransport
from app.trips.travel_times import spots_of, travel_minutes
from tests.services.conftest import MemoryStore
from tests.services.routes.road_bodies import Straight, Way, locations, openroute_matrix, osrm_table
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

CENTRE = Spot(latitude=48.0, longitude=2.0)
WALKING, CYCLING, DRIVING = (f"/v2/matrix/{name}" for name in ("foot-walking", "cycling-regular", "driving-car"))
ON_FOOT, BY_CAR = Straight(factor=1.5, kmh=4.5), Straight(factor=1.5, kmh=30)


def north(km: float, of: Spot = CENTRE) -> Spot:
    return Spot(latitude=of.latitude + km / 111.195, longitude=of.longitude)


def sight(name: str, spot: Spot | None, score: int = 10) -> Sight:
    return Sight(id=name, name=name, spot=spot, visit_minutes=60, score=score)


def town(*sights: Sight, name: str = "rome", spot: Spot = CENTRE) -> City:
    """With a room and a meal that are not on the map."""
    stays = (Stay(id=f"{name}/inn", name="Inn", nightly=9000),)
    meal = Eatery(id=f"{name}/lunch", name="lunch", price=900, is_generic=True, meals=("lunch",))
    return City(id=name, name=name.title(), spot=spot, sights=sights, stays=stays, eateries=(meal,))


ROME = town(sight("arch", north(1.0)), sight("tower", north(1.6)), sight("villa", north(6.0)), sight("cellar", None))


def trip(*cities: City, on: LocalTransport | None = None, **fields: Any) -> Trip:
    return Trip(
        first_day=date(2027, 5, 3),
        day_count=len(cities or (ROME,)),
        currency="EUR",
        cities=cities or (ROME,),
        local_transport=on,
        **fields,
    )


@pytest.fixture
def chain(hub: ProviderHub, provider: StandIn) -> RouteChain:
    return RouteChain([OpenRoute(hub, provider.url, "key"), Osrm(hub, provider.url)])


def ways_of(roads: TownRoads) -> set[tuple[str, str]]:
    return set(roads.by_pair)


def both_ways(*pairs: tuple[str, str]) -> set[tuple[str, str]]:
    return {way for origin, destination in pairs for way in ((origin, destination), (destination, origin))}


AROUND_THE_CENTRE = both_ways(
    ("rome", "arch"), ("rome/inn", "arch"), ("rome", "tower"), ("rome/inn", "tower"), ("arch", "tower")
)


@pytest.mark.rows("S0-43")
async def test_one_matrix_brings_all_ways_on_foot_and_the_others_stay_estimates(
    chain: RouteChain, provider: StandIn
) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    roads = await town_roads(chain, trip(), Deadline.after(3))
    assert provider.paths() == [WALKING]
    assert ways_of(roads) == AROUND_THE_CENTRE, "the villa is out of walking distance, the cellar is nowhere"
    way = roads.by_pair["rome/inn", "arch"]
    assert way == TownWay(20, "on foot", pytest.approx(1.5, abs=0.01), "OpenRouteService", "live")
    (source,) = roads.sources
    assert (source.provider, source.kind) == ("OpenRouteService", "live")
    assert "ways between stops" in (source.note or "")
    assert "OpenStreetMap contributors" in (source.note or "")
    assert roads.warnings == []


async def test_only_the_ends_of_ways_in_that_manner_are_asked_about(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    await town_roads(chain, trip(), Deadline.after(3))
    assert [round(spot.latitude, 3) for spot in locations(provider.asked[0])] == [48.0, 48.009, 48.014]


@pytest.mark.parametrize(
    ("on", "road_km", "way"),
    [
        (None, 2.8, (45, "on foot", "live")),
        (None, 5.4, (30, "by local transport", "estimate")),
        ("walking", 5.4, (85, "on foot", "live")),
    ],
)
async def test_a_short_way_that_is_long_by_road_is_not_walked(
    chain: RouteChain, provider: StandIn, on: LocalTransport | None, road_km: float, way: tuple[int, str, str]
) -> None:
    """One kilometre away, beyond the water; who likes to walk does so."""
    provider.answers(WALKING, openroute_matrix(lambda start, end: (road_km, road_km / 3.9 * 60)))
    roads = await town_roads(chain, trip(on=on), Deadline.after(3))
    found = roads.by_pair["rome", "arch"]
    assert (found.minutes, found.manner, found.provenance) == way
    assert found.distance_km == pytest.approx(road_km)


async def test_planner_and_checker_read_the_same_minutes(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    estimated = trip()
    planned = estimated.with_changes(travel=(await town_roads(chain, estimated, Deadline.after(3))).travel)
    spots = spots_of(ROME)
    assert travel_minutes(estimated, spots, "arch", "rome/inn") == 15
    assert travel_minutes(planned, spots, "arch", "rome/inn") == 20
    assert travel_minutes(planned, spots, "rome", "rome/inn") == 0
    assert travel_minutes(planned, spots, "arch", "villa") == travel_minutes(estimated, spots, "arch", "villa")


@pytest.mark.parametrize(
    ("on", "path", "minutes"),
    [("driving", DRIVING, 30), ("cycling", CYCLING, 25)],  # eighteen minutes, and ten for parking or five to unlock
)
async def test_each_manner_has_a_matrix_of_its_own_and_minutes_beside_those_on_the_move(
    chain: RouteChain, provider: StandIn, on: LocalTransport, path: str, minutes: int
) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    provider.answers(path, openroute_matrix(Straight(factor=1.5, kmh=30)))
    roads = await town_roads(chain, trip(on=on), Deadline.after(3))
    assert sorted(provider.paths()) == sorted([path, WALKING]), "and the arch and the tower are walked between"
    assert roads.by_pair["rome", "villa"].minutes == minutes
    assert len(roads.sources) == 1


async def test_nobody_is_asked_for_local_transport_or_within_one_spot(chain: RouteChain, provider: StandIn) -> None:
    far, here = town(sight("villa", north(6.0))), town(sight("arch", CENTRE), name="pisa")
    roads = await town_roads(chain, trip(far, here), Deadline.after(3))
    assert (roads, provider.asked) == (TownRoads(), [])


async def test_the_way_back_may_take_another_time(chain: RouteChain, provider: StandIn) -> None:
    def uphill(start: Spot, end: Spot) -> Way:
        return 2.0, 40.0 if end.latitude > start.latitude else 26.0

    provider.answers(WALKING, openroute_matrix(uphill))
    by_pair = (await town_roads(chain, trip(), Deadline.after(3))).by_pair
    assert (by_pair["rome", "arch"].minutes, by_pair["arch", "rome"].minutes) == (40, 30)


@pytest.mark.parametrize(
    "way",
    [None, (0.5, 20.0), (1.5, 1.0), (1.5, 0.0), (-1.5, 20.0), (1.5, -20.0), (1e300, 1e300), (1.5, 91.0), (7.0, 361.0)],
    ids=str,
)
async def test_where_there_is_no_way_that_can_be_true_the_estimate_stands(
    chain: RouteChain, provider: StandIn, way: Way
) -> None:
    def rule(start: Spot, end: Spot) -> Way:
        return way if (start, end) == (north_of_asked, CENTRE) else ON_FOOT(start, end)

    north_of_asked = Spot(latitude=round(north(1.0).latitude, 5), longitude=2.0)
    provider.answers(WALKING, openroute_matrix(rule))
    roads = await town_roads(chain, trip(), Deadline.after(3))
    assert AROUND_THE_CENTRE - ways_of(roads) == {("arch", "rome"), ("arch", "rome/inn")}
    assert roads.warnings == []


async def test_a_road_that_begins_far_from_the_stop_is_no_way_to_it(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT, off_road_m=501))
    assert await town_roads(chain, trip(), Deadline.after(3)) == TownRoads()


async def test_of_more_sights_than_fit_those_that_count_are_asked_about_in_one_call(
    chain: RouteChain, provider: StandIn
) -> None:
    """A hundred sights on the way north, the farther the better; the first has to be seen."""
    sights = [sight(f"s{number:02}", north(0.1 + number / 100), score=number) for number in range(100)]
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    roads = await town_roads(chain, trip(town(*sights), wishes=Wishes(include=("s00",))), Deadline.after(3))
    assert MOST_SPOTS**2 <= MOST_CELLS
    assert MOST_SPOTS <= MOST_SPOTS_OF_OSRM
    assert len(provider.asked) == 1
    assert len(locations(provider.asked[0])) == MOST_SPOTS
    known = {origin for origin, _ in ways_of(roads)}
    assert known == {"rome", "rome/inn", "s00", *(f"s{number:02}" for number in range(100 - MOST_SPOTS + 2, 100))}


async def test_a_town_is_the_same_question_whatever_is_wished_for(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    first = await town_roads(chain, trip(), Deadline.after(3))
    again = await town_roads(chain, trip(wishes=Wishes(include=("tower",), interests={"art": 9})), Deadline.after(3))
    assert len(provider.asked) == 1
    assert [source.kind for source in (*first.sources, *again.sources)] == ["live", "cached"]


PISA = town(sight("leaning", north(121.0)), sight("dome", north(121.5)), name="pisa", spot=north(120.0))


async def test_several_towns_are_one_call_each_and_one_source(chain: RouteChain, provider: StandIn) -> None:
    provider.answers(WALKING, openroute_matrix(ON_FOOT))
    roads = await town_roads(chain, trip(ROME, PISA), Deadline.after(3))
    assert provider.paths() == [WALKING] * 2
    in_pisa = both_ways(
        ("pisa", "leaning"), ("pisa/inn", "leaning"), ("pisa", "dome"), ("pisa/inn", "dome"), ("leaning", "dome")
    )
    assert ways_of(roads) == AROUND_THE_CENTRE | in_pisa
    assert len(roads.sources) == 1


async def test_where_nobody_answers_one_sentence_names_all_towns(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/", Reply(status=401))
    roads = await town_roads(chain, trip(ROME, PISA), Deadline.after(3))
    assert roads.by_pair == {}
    assert roads.warnings == ["OpenRouteService refuses our key (401); ways on foot in Rome and Pisa are estimates."]


async def test_the_second_provider_has_roads_for_cars(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/v2/", Reply(status=500))
    provider.answers("/table/v1/driving/", osrm_table(BY_CAR))
    roads = await town_roads(chain, trip(on="driving"), Deadline.after(3))
    assert roads.by_pair["rome/inn", "villa"].provider == "OSRM"
    assert {source.provider for source in roads.sources} == {"OSRM"}
    assert sorted(roads.warnings) == [
        "OpenRouteService failed (HTTP 500); OSRM was asked instead.",
        "OpenRouteService failed (HTTP 500); ways on foot in Rome are estimates.",
    ]


async def test_who_has_no_key_and_walks_asks_nobody_and_nothing_is_said(hub: ProviderHub, provider: StandIn) -> None:
    assert await town_roads(RouteChain([Osrm(hub, provider.url)]), trip(), Deadline.after(3)) == TownRoads()
    assert provider.asked == []


async def test_without_a_network_nothing_is_said(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.3))
    nowhere = "http://127.0.0.1:9"
    chain = RouteChain([OpenRoute(hub, nowhere, "key"), Osrm(hub, nowhere)])
    assert await town_roads(chain, trip(ROME, PISA, on="driving"), Deadline.after(3)) == TownRoads()
    await hub.aclose()


async def test_who_is_too_slow_is_not_waited_for(chain: RouteChain, provider: StandIn) -> None:
    provider.answers("/", Reply(hangs=True))
    roads = await town_roads(chain, trip(ROME, PISA), Deadline.after(0.4))
    assert roads.by_pair == {}
    (warning,) = roads.warnings
    assert warning.startswith("OpenRouteService")
    assert warning.endswith("; ways on foot in Rome and Pisa are estimates.")


@pytest.mark.parametrize("left_s", [0.0, -1.0])
async def test_with_no_time_left_nobody_is_asked(chain: RouteChain, provider: StandIn, left_s: float) -> None:
    roads = await town_roads(chain, trip(), Deadline.after(left_s))
    assert "no time is left; ways on foot in Rome are estimates" in roads.warnings[0]
    assert provider.asked == []


def test_how_the_times_were_come_by_is_said() -> None:
    assert TownRoads().times_text == "times between stops are estimates from the distance"

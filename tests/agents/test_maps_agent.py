from collections.abc import AsyncIterator
from datetime import date

import pytest

from app.agents.maps_agent import MapsAgent, MapsRequest
from app.services.maps_service import MapsService
from app.services.outside.provider_hub import ProviderHub
from app.services.places.surroundings import Surroundings
from app.services.providers.overpass import Overpass
from app.services.providers.wikidata import Wikidata
from app.trips.errors import UnknownPlaceError
from tests.agents.listener import Listener
from tests.services.conftest import MemoryStore

pytestmark = pytest.mark.anyio
AGENT = MapsAgent(MapsService())


@pytest.fixture
async def hub() -> AsyncIterator[ProviderHub]:
    shared = ProviderHub(MemoryStore(), "test")
    yield shared
    await shared.aclose()


@pytest.mark.rows("S0-29")
async def test_trailblazer_compares_the_ways_and_says_how_far_it_is() -> None:
    listener = Listener()
    request = MapsRequest(
        origin="New Delhi", destination="Paris", travel_dates=[date(2027, 7, 1), date(2027, 7, 3)], travelers_count=2
    )
    report = await AGENT.handle(request, listener)
    assert (AGENT.name, AGENT.title) == ("maps", "Trailblazer")
    assert report.primary_route.mode == "flight"
    assert listener.percents == [20, 50, 80]
    assert listener.heard[1][0] == "Comparing the ways from New Delhi to Paris"


async def test_the_length_of_the_trip_comes_from_its_dates() -> None:
    one_day = MapsRequest(origin="New York", destination="Tokyo", travel_dates=[date(2027, 7, 1)])
    report = await AGENT.handle(one_day, Listener())
    assert not report.primary_route.is_feasible


async def test_dates_may_be_left_out() -> None:
    report = await AGENT.handle(MapsRequest(origin="Rome", destination="Milan"), Listener())
    assert "assumed" in report.warnings[0]


async def test_an_unknown_origin_is_refused() -> None:
    with pytest.raises(UnknownPlaceError, match="Qwxzt"):
        await AGENT.handle(MapsRequest(origin="Qwxzt", destination="Paris"), Listener())


async def test_several_destinations_are_connected_with_each_other_and_with_home() -> None:
    listener = Listener()
    several = {"destination": "Kyoto", "destinations": [{"name": "Kyoto"}, {"name": "Tokyo"}]}
    request = MapsRequest.model_validate({**several, "origin": "Paris", "travel_dates": ["2027-07-01", "2027-07-09"]})
    report = await AGENT.handle(request, listener)
    assert len(report.connections) == 3
    assert listener.heard[0][0] == "Looking for Paris, Kyoto and Tokyo on the map"
    assert listener.heard[1][0] == "Comparing the ways between Paris, Kyoto and Tokyo"


async def test_what_cannot_be_looked_up_around_several_destinations_is_one_warning(hub: ProviderHub) -> None:
    nobody = "http://127.0.0.1:9"
    surroundings = Surroundings(Overpass(hub, nobody), Wikidata(hub, nobody))
    several = {"destination": "Lyon", "destinations": [{"name": name} for name in ("Lyon", "Vienna", "Braunschweig")]}
    trip = {**several, "origin": "Paris", "travel_dates": ["2027-07-01", "2027-07-09"]}
    request = MapsRequest.model_validate(trip)
    report = await MapsAgent(MapsService(), surroundings=surroundings).handle(request, Listener())
    assert [text for text in report.warnings if "could not be looked up" in text] == [
        "Sights, restaurants and stays around Lyon, Vienna and Braunschweig could not be looked up: "
        "OpenStreetMap (Overpass) cannot be reached."
    ]
    assert report.places_found == []
    assert "OpenStreetMap (Overpass)" not in {source.provider for source in report.sources}


@pytest.mark.parametrize(("keep_order", "warned"), [(True, 0), (False, 1)])
async def test_only_an_open_order_is_warned_of_ways_that_the_listed_one_does_not_take(
    keep_order: bool, warned: int
) -> None:
    names = ["Madrid", "London", "Auckland", "Singapore"]
    several = {"destination": "Madrid", "destinations": [{"name": name} for name in names]}
    trip = {**several, "origin": "Paris", "keep_order": keep_order, "travel_dates": ["2027-07-01", "2027-07-02"]}
    report = await AGENT.handle(MapsRequest.model_validate(trip), Listener())
    assert report.warnings.count("No way from Madrid to Auckland fits a trip of 2 days.") == warned
    assert "No way from London to Auckland fits a trip of 2 days." in report.warnings

"""Sights that a provider found, in a plan: like those of the catalogue, with what is not known left out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.services.itinerary.found_sights import MOST_A_PLACE, as_sight, of_place, windows_of
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import Coordinates, FoundSight, ItineraryReport, PlacesFound, Provenance
from tests.services.itinerary.questions import MONDAY, asked, entries, plan, with_route

PARIS, BRAUNSCHWEIG = resolve_place("Paris"), resolve_place("Braunschweig, Germany")


def found(name: str = "Castle Museum", **facts: object) -> FoundSight:
    told: dict[str, object] = {
        "id": f"osm:way/{sum(map(ord, name))}",
        "name": name,
        "kind": "museum",
        "interests": ["art", "history"],
        "coordinates": Coordinates(latitude=52.2646, longitude=10.5284),
        "indoor": True,
        "visit_minutes": 90,
        "rank": 3,
        "url": "https://www.openstreetmap.org/way/1",
        "source": "OpenStreetMap",
    }
    return FoundSight.model_validate({**told, **facts})


@pytest.mark.parametrize(("is_free", "price"), [(True, 0.0), (False, None), (None, None)])
def test_a_price_is_told_only_where_it_is_free(is_free: bool | None, price: float | None) -> None:
    sight = as_sight(found(is_free=is_free), BRAUNSCHWEIG)
    assert (sight.price.adult if sight.price else None) == price


@pytest.mark.parametrize(("place", "rank"), [(BRAUNSCHWEIG, 3), (PARIS, 2)])
def test_beside_the_catalogue_nothing_is_what_most_visitors_come_for(place: Place, rank: int) -> None:
    assert as_sight(found(rank=3), place).rank == rank


def test_who_says_so_is_named_and_the_length_of_the_visit_is_called_a_guess() -> None:
    sight = as_sight(found(description="museum in Braunschweig"), BRAUNSCHWEIG)
    assert sight.source == "OpenStreetMap: https://www.openstreetmap.org/way/1"
    assert sight.note == "Museum in Braunschweig. How long a visit takes is a guess by its kind."


def test_no_more_are_planned_with_than_the_search_can_bear() -> None:
    assert len(of_place([found(f"Sight {number}") for number in range(MOST_A_PLACE + 5)])) == MOST_A_PLACE


def test_hours_are_those_of_each_day() -> None:
    days = [MONDAY, MONDAY + timedelta(days=1)]
    windows = windows_of(found(opening_hours="Tu-Su 10:00-18:00"), days, BRAUNSCHWEIG)
    assert windows is not None
    assert [[(one.opens, one.closes) for one in windows[day]] for day in days] == [[], [(600, 1080)]]
    assert windows_of(found(opening_hours="now and then"), days, BRAUNSCHWEIG) is None
    assert windows_of(found(), days, BRAUNSCHWEIG) is None


async def _report(*sights: FoundSight, first: date = MONDAY, provenance: Provenance = "live") -> ItineraryReport:
    question = with_route(asked("Braunschweig, Germany", first=first, days=3))
    assert question.results.maps is not None
    places = [PlacesFound(place="Braunschweig", provenance=provenance, sights=list(sights), eateries=[], stays=[])]
    maps = question.results.maps.model_copy(update={"places_found": places})
    results = question.results.model_copy(update={"maps": maps})
    return await plan(replace(question, results=results))


async def _visits(*sights: FoundSight, first: date = MONDAY) -> list[tuple[date, str, str, list[str]]]:
    report = await _report(*sights, first=first)
    return [(day.date, item.title, item.starts, item.notes) for day, item in entries(report, "visit")]


@pytest.mark.anyio
async def test_they_are_visited_on_a_day_on_which_they_are_open() -> None:
    (visit,) = await _visits(found(opening_hours="We 10:00-18:00"))
    assert visit[:2] == (MONDAY + timedelta(days=2), "Castle Museum")
    assert not [note for note in visit[3] if "not known" in note]


@pytest.mark.anyio
async def test_one_that_is_shut_all_the_time_is_not_visited() -> None:
    assert await _visits(found(opening_hours="Su 10:00-18:00")) == []


@pytest.mark.anyio
async def test_where_hours_are_not_known_it_is_said() -> None:
    (visit,) = await _visits(found())
    assert "The opening hours are not known to us: check the hours before you go." in visit[3]


@pytest.mark.anyio
@pytest.mark.parametrize("provenance", ["live", "cached"])
async def test_a_visit_says_whether_its_place_was_read_just_now(provenance: Provenance) -> None:
    report = await _report(found(), provenance=provenance)
    (visit,) = [item for _, item in entries(report, "visit")]
    assert (visit.title, visit.provenance) == ("Castle Museum", provenance)


@pytest.mark.anyio
async def test_what_is_of_the_catalogue_or_reckoned_says_so() -> None:
    report = await plan(asked("Paris", days=2))
    told = {
        item.kind: item.provenance
        for kind in ("visit", "travel", "meal", "arrival")
        for _, item in entries(report, kind)
    }
    assert told == {"visit": "catalogue", "travel": "estimate", "meal": "estimate", "arrival": "estimate"}

"""Names of places, looked up once."""

import asyncio
from typing import Any

import httpx2
import pytest

from app.api import places
from app.api.errors import FieldError
from app.trips.request import TripRequest

pytestmark = pytest.mark.anyio


async def test_a_name_that_was_asked_for_before_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_remembered", {})
    first = await places.known_places(destination="Lisbon", origin="Berlin")

    async def refuse(*_: object) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr(asyncio, "to_thread", refuse)
    assert await places.known_places(destination="Lisbon", origin="Berlin") == first


async def test_not_more_names_are_remembered_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_remembered", {})
    monkeypatch.setattr(places, "REMEMBER_AT_MOST", 2)
    for name in ("Lisbon", "Berlin", "Rome", "Oslo", "Paris"):
        assert name in await places.known_places(destination=name)
        assert len(places._remembered) <= 2


async def test_a_name_that_is_none_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(FieldError):
            await places.known_places(destination="Nowhere at all 123")


def _trip(*names: str, origin: str = "Berlin", **fields: Any) -> TripRequest:
    dates = ["2027-05-01", "2027-05-09"]
    return TripRequest.model_validate({"destinations": names, "origin": origin, "travel_dates": dates, **fields})


async def test_every_place_of_a_trip_is_known_by_its_name_in_it() -> None:
    names = ("Rome", "Oslo", "Lisbon", "Paris", "Vienna", "Athens")
    assert list(await places.places_of(_trip(*names))) == [*names, "Berlin"]
    alone = TripRequest.model_validate({"destination": "Rome", "origin": "Oslo", "travel_dates": ["2027-05-01"]})
    assert list(await places.places_of(alone)) == ["Rome", "Oslo"]


async def test_unknown_destinations_are_named_by_where_they_stand_in_the_list() -> None:
    with pytest.raises(FieldError) as caught:
        await places.places_of(_trip("Rome", "Pariss", "Qzxw", origin="Xqqqz"))
    assert [problem.field for problem in caught.value.problems] == [
        "destinations.1.name",
        "destinations.2.name",
        "origin",
    ]
    assert caught.value.code == "unknown_place"
    assert "Paris, France" in caught.value.problems[0].message


@pytest.mark.parametrize("again", ["Paris, France", "CDG", "paris france"])
async def test_two_names_of_one_place_are_refused(again: str) -> None:
    with pytest.raises(FieldError) as caught:
        await places.places_of(_trip("Paris", "Rome", again))
    (problem,) = caught.value.problems
    assert (problem.field, caught.value.code) == ("destinations.2.name", "invalid_request")
    assert f"{again!r} is the same place as 'Paris'" in problem.message


async def test_where_the_trip_starts_is_none_of_several_destinations() -> None:
    with pytest.raises(FieldError) as caught:
        await places.places_of(_trip("Rome", "Paris", origin="Paris, France"))
    (problem,) = caught.value.problems
    assert problem.field == "destinations.1.name"
    assert "'Paris' is where the trip starts ('Paris, France')" in problem.message


async def test_a_single_destination_may_be_where_the_trip_starts() -> None:
    assert list(await places.places_of(_trip("Paris", origin="Paris, France"))) == ["Paris", "Paris, France"]


async def test_towns_of_one_name_are_different_places() -> None:
    assert len(await places.places_of(_trip("Paris", "Paris, Texas"))) == 3


async def test_a_plan_needs_no_thread(
    own_client: httpx2.AsyncClient, trip: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The framework gives what is not async to one; each would cost a plan more than all of Redis."""
    assert (await own_client.post("/api/v1/plan-trip", json=trip)).status_code == 200

    async def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr("anyio.to_thread.run_sync", refuse)
    monkeypatch.setattr("starlette.concurrency.run_in_threadpool", refuse)
    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", refuse)
    monkeypatch.setattr(places, "resolve_place", refuse)
    assert (await own_client.post("/api/v1/plan-trip", json=trip)).json()["status"] == "completed"

"""Places that a request brings along are not looked up again."""

import json

import pytest

from app.trips.places import known
from app.trips.places.known import KnownPlace, PlacedRequest
from app.trips.places.resolve import resolve_place

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["Paris, France", "Lyon", "Springfield", "JFK", "Bali"])
def test_a_place_survives_its_way_over_the_wire(name: str) -> None:
    place = resolve_place(name)
    wire = json.dumps(KnownPlace.of(place).model_dump(mode="json"))
    assert KnownPlace.model_validate_json(wire).place() == place


async def test_a_place_brought_along_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    request = PlacedRequest(places={"there": KnownPlace.of(resolve_place("Rome"))})
    monkeypatch.setattr(known, "resolve_place", lambda name: pytest.fail(f"{name} was looked up"))
    assert (await request.place("there")).name == "Rome"

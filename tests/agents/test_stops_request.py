"""One destination or several: what every agent that is asked so takes and refuses."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.agents.stops_request import StopsRequest
from app.trips.errors import UnknownPlaceError
from app.trips.places.known import KnownPlace
from app.trips.places.resolve import resolve_place

pytestmark = pytest.mark.anyio


def asked(*names: str, **fields: Any) -> StopsRequest:
    stops = [{"name": name} for name in names]
    return StopsRequest.model_validate({"destination": names[0], "destinations": stops, **fields})


def test_a_single_destination_is_the_only_stop() -> None:
    request = StopsRequest(destination="Paris")
    assert [(stop.name, stop.days) for stop in request.stops] == [("Paris", None)]
    assert request.stops_text == "Paris"


async def test_stops_are_looked_up_in_their_order() -> None:
    request = asked("Rome", "Oslo", "Paris, France")
    assert request.stops_text == "Rome, Oslo and Paris, France"
    assert [place.name for place in await request.stop_places()] == ["Rome", "Oslo", "Paris"]


async def test_places_that_were_brought_along_are_taken() -> None:
    oslo = KnownPlace.of(resolve_place("Oslo")).model_dump(mode="json")
    request = asked("Rome", "Qwxzt", places={"Qwxzt": oslo})
    assert [place.name for place in await request.stop_places()] == ["Rome", "Oslo"]


async def test_the_first_unknown_one_is_the_error() -> None:
    with pytest.raises(UnknownPlaceError, match="Qwxzt"):
        await asked("Rome", "Qwxzt", "Xqqqz").stop_places()


@pytest.mark.parametrize(
    ("destination", "destinations", "complaint"),
    [
        ("P0", [{"name": f"P{number}"} for number in range(13)], "destinations"),
        ("Paris", [{"name": "Paris"}, {"name": "Rome"}, {"name": "PARIS"}], "each can be given once"),
        ("Paris", [{"name": "Rome"}, {"name": "Paris"}], "the first of destinations"),
        ("Paris", [{"name": "Paris"}, {"name": "  "}], "destinations.1.name"),
        ("Paris", [{"name": "Paris"}, {"name": "Ro\u0000me"}], "destinations.1.name"),
        ("Paris", [{"name": "Paris", "days": 0}], "destinations.0.days"),
        ("Paris", [{"name": "Paris", "days": 31}], "destinations.0.days"),
        ("Paris", [{"name": "Paris", "nights": 2}], "destinations.0.nights"),
        ("Paris", None, "destinations"),
        ("Paris", "Paris", "destinations"),
    ],
)
def test_hostile_lists_are_refused(destination: str, destinations: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        StopsRequest.model_validate({"destination": destination, "destinations": destinations})

"""A trip as a problem is read from outside: what makes no sense is refused by name, before anything is planned."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from app.trips.problem import Eatery, Event, Leg, Party, Sight, Trip, Window
from tests.trips.example_trips import LIMA_SIGHTS, city, day, legs, one_city, sight, two_cities

MAY_3 = date(2027, 5, 3)


def refused(make: Any, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        make()
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day_count": 0}, "greater than or equal to 1"),
        ({"day_count": 31}, "less than or equal to 30"),
        ({"currency": "euro"}, "String should match pattern"),
        ({"cities": ()}, "at least 1 item"),
        ({"cities": (city("lima", LIMA_SIGHTS), city("lima", ()))}, "'lima' is given twice"),
        ({"cities": (city("lima", (*LIMA_SIGHTS, LIMA_SIGHTS[0])),)}, "'lima/museum' is given twice"),
        ({"origin": "lima"}, "'lima' is given twice"),
        ({"legs": legs("lima", "oslo")}, "somewhere that is no city of this trip"),
        ({"cities": (city("lima", LIMA_SIGHTS, days=2),)}, "the cities' days add up to 2, the trip has 3"),
        ({"party": {"adults": 0}}, "greater than or equal to 1"),
        ({"a_new_member": 1}, "Extra inputs are not permitted"),
        ({"first_day": "someday"}, "valid date"),
    ],
)
def test_a_trip_that_does_not_hang_together_is_refused(fields: dict[str, Any], words: str) -> None:
    refused(lambda: one_city(**{"day_count": 3, **fields}), words)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"include": ["nowhere"]}, "nowhere"),
        ({"include": ["lima/inn"]}, "lima/inn"),
        ({"avoid": ["lima"]}, "no such thing is in the trip: lima"),
        ({"locks": [{"kind": "visit", "id": "lima/inn", "day": "2027-05-03"}]}, "lima/inn"),
        ({"locks": [{"kind": "stay", "id": "lima/museum"}]}, "lima/museum"),
        ({"locks": [{"kind": "wish", "id": "lima/museum"}]}, "does not match any of the expected tags"),
        ({"budget": -1}, "greater than or equal to 0"),
        ({"budget": 0.5}, "valid integer"),
        ({"cuisines": ["a"] * 9}, "at most 8 items"),
        ({"pace": "hectic"}, "relaxed"),
        ({"day_starts": 1441}, "less than or equal to 1440"),
        ({"interests": {"art": -1}}, "greater than or equal to 0"),
    ],
)
def test_a_wish_for_what_is_not_there_is_refused(wishes: dict[str, Any], words: str) -> None:
    refused(lambda: one_city(3, wishes=wishes), words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Window(opens=600, closes=600), "has to open before it closes"),
        (lambda: Window(opens=-1, closes=600), "greater than or equal to 0"),
        (lambda: Event(id="e", name="E", day=MAY_3, starts=600, ends=600), "has to start before it ends"),
        (lambda: Eatery(id="e", name="E", price=1, meals=()), "has to serve some meal"),
        (lambda: Eatery(id="e", name="E", price=1, is_generic=True, spot={"latitude": 0, "longitude": 0}), "no spot"),
        (lambda: Party(adults=1, children_under_10=1), "count among the children"),
        (lambda: Sight(id="s", name="S", visit_minutes=0), "greater than or equal to 1"),
        (lambda: Sight(id="s", name="S", visit_minutes=60, spot={"latitude": 91, "longitude": 0}), "equal to 90"),
        (lambda: Sight(id="s", name="S", visit_minutes=60, price=10**13), "less than or equal to"),
    ],
)
def test_a_fact_that_cannot_be_is_refused(make: Any, words: str) -> None:
    refused(make, words)


def test_windows_of_a_day_are_in_order_and_apart() -> None:
    overlapping = [{"opens": 600, "closes": 700}, {"opens": 690, "closes": 800}]
    refused(
        lambda: Sight(id="s", name="S", visit_minutes=60, hours={MAY_3: overlapping}), "overlap or are out of order"
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"departs": 600}, "departure and arrival are given together"),
        ({}, "needs a departure and an arrival, or a duration"),
        ({"departs": 600, "arrives": 600}, "arrives before it departs"),
        ({"duration_minutes": 60, "destination": "home"}, "ends where it begins"),
        ({"duration_minutes": 60, "capacity": 0}, "greater than or equal to 1"),
        ({"duration_minutes": 60, "mode": "rocket"}, "flight"),
    ],
)
def test_a_leg_has_one_kind_of_times(fields: dict[str, Any], words: str) -> None:
    leg = {"id": "l", "mode": "flight", "origin": "home", "destination": "lima", **fields}
    refused(lambda: Leg.model_validate(leg), words)


def test_a_trip_comes_back_from_json_as_it_went() -> None:
    trip = two_cities(4)
    assert Trip.model_validate_json(trip.model_dump_json()) == trip


def test_a_changed_copy_forgets_what_was_looked_up_before() -> None:
    before = one_city(3)
    assert len(before.dates) == 3
    assert len(before.with_changes(day_count=5).dates) == 5
    lima = before.cities[0]
    assert len(lima.attractions) == len(LIMA_SIGHTS)
    assert lima.model_copy(update={"sights": ()}).attractions == ()


def test_prices_are_for_the_party_by_head_or_by_vehicle() -> None:
    leg = legs("lima")[0]
    assert leg.cost_for(3) == 30000
    taxi = leg.model_copy(update={"priced_per": "vehicle", "capacity": 4})
    assert [taxi.cost_for(size) for size in (1, 4, 5)] == [10000, 10000, 20000]


def test_a_closed_day_and_open_access_are_told_apart() -> None:
    assert sight("lima", "ruin", open_on=(1,)).windows(day(0)) == ()
    assert sight("lima", "square", hours=None).windows(day(0)) == (Window(opens=0, closes=1440),)

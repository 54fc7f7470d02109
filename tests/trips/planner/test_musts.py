"""Whether two sights that have to be seen fit one day, lunch between them: what is said not to fit must not."""

import pytest

from app.trips.planner.musts import Musts
from app.trips.planner.route import Part
from app.trips.problem import Window
from app.trips.travel_times import estimated_way
from tests.trips.example_trips import city, day, near, one_city, sight

PART = Part(day=1, begins=480, ends=1320, is_arrival=False, is_departure=False)
FAR = 20
WAY_MINUTES = estimated_way(near("lima", 0), near("lima", FAR), None).minutes
LUNCH_MINUTES, NOON = 60, 720


def fit(first_at: int, second_at: int) -> bool:
    """Whether visits of an hour that begin at these minutes do, far from each other, and lunch from noon on."""
    places = {"first": (0, first_at), "second": (FAR, second_at)}
    sights = tuple(
        sight("lima", name, step=step, minutes=60, hours={day(1): (Window(opens=opens, closes=opens + 60),)})
        for name, (step, opens) in places.items()
    )
    there = city("lima", sights)
    trip = one_city(3, cities=(there,))
    sets = Musts(trip, there, {found.id: None for found in sights}).sets_on(PART, ("lunch",), day(1))
    assert {0b01, 0b10} <= sets, "each alone does"
    return 0b11 in sets


@pytest.mark.parametrize(("spare", "is_possible"), [(0, True), (-5, False)])
def test_lunch_takes_its_time_beside_the_way(spare: int, is_possible: bool) -> None:
    first_ends = NOON + 30
    assert fit(first_ends - 60, first_ends + LUNCH_MINUTES + WAY_MINUTES + spare) is is_possible


@pytest.mark.parametrize(("spare", "is_possible"), [(0, True), (-5, False)])
def test_the_way_may_be_gone_while_one_waits_for_lunch(spare: int, is_possible: bool) -> None:
    """Lunch is not before noon, and there is one where the second sight is."""
    first_ends = NOON - WAY_MINUTES + 20
    assert fit(first_ends - 60, first_ends + LUNCH_MINUTES + WAY_MINUTES + spare) is is_possible

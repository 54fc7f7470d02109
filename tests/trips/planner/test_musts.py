"""Whether two sights that have to be seen fit one day, lunch or a detour between them: what is said not to fit must
not."""

from itertools import pairwise

import pytest

from app.trips.check import check
from app.trips.plan import Infeasible, Plan
from app.trips.planner.musts import Musts
from app.trips.planner.route import Part
from app.trips.planner.solving import plan_trip
from app.trips.problem import Spot, TravelTime, Trip, Window, Wishes
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


# ---- detours

BED = ("lima", "lima/hostel", "lima/inn")
MORNING = (Window(opens=540, closes=690),)


def by_table(vias: int, seen_minutes: int) -> Trip:
    """Two sights that have to be seen in one morning, fifteen hours apart but for a way of five minutes each from sight
    to sight over so many others."""
    names = ["first", *(f"via-{number}" for number in range(vias)), "second"]
    sights = tuple(
        sight(
            "lima",
            name,
            step=step,
            minutes=60 if name in ("first", "second") else seen_minutes,
            hours={day(0): MORNING},
        )
        for step, name in enumerate(names, 1)
    )
    ids = [found.id for found in sights]
    chain = set(pairwise(ids))

    def minutes(origin: str, destination: str) -> int:
        if origin in BED and destination in BED:
            return 0
        if origin in BED or destination in BED:
            return 30
        return 5 if (origin, destination) in chain else 900

    stops = [*ids, *BED]
    table = tuple(
        TravelTime(origin=start, destination=end, minutes=minutes(start, end))
        for start in stops
        for end in stops
        if start != end
    )
    wishes = Wishes(include=("lima/first", "lima/second"), pace="fast")
    return one_city(1, wishes, cities=(city("lima", sights),), travel=table, origin=None, legs=())


@pytest.mark.parametrize("vias", [0, 1, 2])
def test_a_detour_over_other_sights_may_be_the_shortest_way(vias: int) -> None:
    trip = by_table(vias, seen_minutes=5)
    plan = plan_trip(trip)
    assert isinstance(plan, Plan), plan
    assert check(trip, plan).is_valid


def test_what_is_seen_on_a_detour_takes_its_time() -> None:
    assert isinstance(plan_trip(by_table(1, seen_minutes=60)), Infeasible)


def test_who_walks_far_may_be_quicker_over_a_place_beyond() -> None:
    """Up to four kilometres are walked, in 55 minutes; a little farther there is a bus, and a short way back."""

    def north(km: float) -> Spot:
        return Spot(latitude=10.0 + km / 111.2, longitude=10.0)

    places = {"first": (0.1, 60, 540, 600), "second": (4.05, 60, 600, 710), "beyond": (4.2, 15, 540, 900)}
    sights = tuple(
        sight("lima", name, minutes=minutes, hours={day(0): (Window(opens=opens, closes=closes),)}).model_copy(
            update={"spot": north(km)}
        )
        for name, (km, minutes, opens, closes) in places.items()
    )
    wishes = Wishes(include=("lima/first", "lima/second"), pace="fast")
    trip = one_city(1, wishes, cities=(city("lima", sights),), origin=None, legs=(), local_transport="walking")
    plan = plan_trip(trip)
    assert isinstance(plan, Plan), plan
    assert check(trip, plan).is_valid

"""Made-up trips, small enough to try everything: plans are valid, refusals right, and say why and what would do."""

from functools import cache
from itertools import combinations

import pytest

from app.trips.check import check
from app.trips.plan import Answer, Infeasible, NotFound, Plan, WayOut
from app.trips.planner.solving import plan_trip
from app.trips.problem import Trip
from benchmarks.generated_trips import SMALL, WISH_SETS, generated_trip
from tests.trips.planner.brute_force import is_possible, least_cost, of_length, wish_names, without

# Enough for each wish alone and each pair.
TRIPS = 180
PART = 45
# Longer ones take the search through everything too long.
MOST_DAYS_TRIED = 3


def parts() -> list[range]:
    return [range(first, first + PART) for first in range(0, TRIPS, PART)]


@cache
def answered(number: int) -> tuple[Trip, Answer]:
    trip = generated_trip(number, SMALL)
    return trip, plan_trip(trip)


def refusals(numbers: range) -> list[tuple[int, Trip, Infeasible]]:
    answers = [(number, *answered(number)) for number in numbers]
    return [(number, trip, answer) for number, trip, answer in answers if isinstance(answer, Infeasible)]


def with_wishes_alone(trip: Trip, names: tuple[str, ...]) -> Trip:
    return without(trip, (name for name in wish_names(trip) if name not in names))


def test_every_wish_alone_and_every_pair_occurs() -> None:
    assert len(WISH_SETS) <= TRIPS
    assert {len(kinds) for kinds in WISH_SETS} == {0, 1, 2}


def test_the_same_number_is_the_same_trip() -> None:
    assert [generated_trip(number) for number in range(20)] == [generated_trip(number) for number in range(20)]


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_what_is_planned_is_valid_and_costs_no_less_than_possible(numbers: range) -> None:
    faults: list[tuple[int, str, str]] = []
    for number in numbers:
        trip, answer = answered(number)
        if isinstance(answer, Plan):
            least = least_cost(trip)
            verdicts = check(trip, answer).verdicts
            faults += [(number, verdict.rule, verdict.faults[0].text) for verdict in verdicts if not verdict.is_kept]
            if least is None or least > answer.costs.total:
                faults.append((number, "cost", f"{answer.costs.total}, and {least} is the least by trying everything"))
    assert faults == []


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_a_trip_is_refused_only_where_trying_everything_finds_none(numbers: range) -> None:
    assert [(number, answer.text) for number, trip, answer in refusals(numbers) if is_possible(trip)] == []


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_what_is_possible_is_planned(numbers: range) -> None:
    not_planned = [number for number in numbers if not isinstance(answered(number)[1], Plan)]
    assert [number for number in not_planned if is_possible(answered(number)[0])] == []


# In some an eatery is too far for one meal and not for another, in others dinner has to be had where an event is. In
# 3073 breakfast is far away, in 3967 a nearer place takes that of the cheapest and is too far on the day of a move.
HIDDEN = (83, 545, 752, 1089, 1248, 1481, 1596, 3073, 3967)


@pytest.mark.parametrize("number", HIDDEN)
def test_a_plan_is_found_where_the_cheapest_route_leaves_no_room(number: int) -> None:
    trip, answer = answered(number)
    assert isinstance(answer, Plan)
    assert check(trip, answer).is_valid


def test_the_way_to_the_next_sight_may_be_gone_before_a_meal_in_between() -> None:
    """Museum, lunch, the way across the town, dinner there, concert: between dinner and concert there is no time."""
    trip, answer = answered(32736)
    assert is_possible(trip)
    assert isinstance(answer, Plan)
    assert check(trip, answer).is_valid


def test_a_meal_at_the_hotel_that_there_is_no_room_for_is_named() -> None:
    trip, answer = answered(53185)
    assert isinstance(answer, NotFound)
    assert "city1 stay0" in answer.text
    assert [stay.name for city in trip.cities for stay in city.stays if stay.id in answer.missing] == ["city1 stay0"]


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_a_conflict_is_one_and_none_is_smaller(numbers: range) -> None:
    wrong: list[tuple[int, tuple[str, ...], object]] = []
    for number, trip, answer in refusals(numbers):
        named = tuple(wish.name for wish in answer.conflict)
        if is_possible(with_wishes_alone(trip, named)):
            wrong.append((number, named, "is no conflict"))
        for size in range(len(named)):
            smaller = combinations(wish_names(trip), size)
            wrong += [(number, named, few) for few in smaller if not is_possible(with_wishes_alone(trip, few))]
    assert wrong == []


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_where_only_the_budget_is_too_low_the_least_is_told(numbers: range) -> None:
    for _, trip, answer in refusals(numbers):
        if [wish.name for wish in answer.conflict] == ["budget"]:
            way = next(way for way in answer.ways_out if way.gives_up == ("budget",))
            assert way.least_cost == least_cost(trip)


@pytest.mark.parametrize("numbers", parts(), ids=str)
def test_each_way_out_leads_to_a_plan_for_as_much_as_it_says(numbers: range) -> None:
    wrong = []
    for number, trip, answer in refusals(numbers):
        for way in answer.ways_out:
            other = taken(trip, way)
            if other is None:
                continue
            least, answer_then = least_cost(other), plan_trip(with_budget(other, way.least_cost))
            if least is None or least > way.least_cost or not is_possible(other) or not isinstance(answer_then, Plan):
                wrong.append((number, way.gives_up, way.least_cost, least, answer_then.status))
    assert wrong == []


def with_budget(trip: Trip, budget: int) -> Trip:
    fields = {name: getattr(trip, name) for name in Trip.model_fields}
    return Trip(**{**fields, "wishes": trip.wishes.model_copy(update={"budget": budget})})


def taken(trip: Trip, way: WayOut) -> Trip | None:
    """The trip changed as the way out says; None where it is too long to be tried."""
    if way.gives_up[0] != "days":
        return without(trip, way.gives_up)
    days = int(way.text.split()[0])
    return of_length(without(trip, way.gives_up[1:]), days) if days <= MOST_DAYS_TRIED else None

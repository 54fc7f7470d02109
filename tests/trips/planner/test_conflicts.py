"""No plan is an answer too: which wishes rule each other out, and what to do about it at the least cost."""

import pytest

from app.trips.plan import Infeasible, NotFound, Plan
from app.trips.planner.solving import plan_trip
from app.trips.problem import StayLock, Trip, VisitLock, Wishes
from tests.trips.example_trips import LIMA_SIGHTS, OSLO_SIGHTS, city, day, legs, one_city, sight, two_cities

pytestmark = pytest.mark.rows("S2-33")


def refused(trip: Trip) -> Infeasible:
    answer = plan_trip(trip)
    assert isinstance(answer, Infeasible), answer
    return answer


def names(answer: Infeasible) -> list[str]:
    return [wish.name for wish in answer.conflict]


def test_a_budget_below_the_least_possible_says_what_that_is() -> None:
    answer = refused(one_city(3, Wishes(budget=30000)))
    assert names(answer) == ["budget"]
    # Flights 2 x (100 + 120), two nights at 40, and for two: two dinners, two breakfasts, three lunches.
    least = 2 * 22000 + 2 * 4000 + 2 * (2 * 2000 + 2 * 500 + 3 * 1000)
    assert f"{least / 100:.2f} EUR" in answer.text
    assert "300.00 EUR is below the least possible" in answer.text
    assert isinstance(plan_trip(one_city(3, Wishes(budget=least))), Plan)
    assert names(refused(one_city(3, Wishes(budget=least - 1)))) == ["budget"]


def test_fewer_days_are_offered_where_they_fit() -> None:
    least_of_two = plan_trip(one_city(2, Wishes(avoid=tuple(found.id for found in LIMA_SIGHTS))))
    assert isinstance(least_of_two, Plan)
    answer = refused(one_city(3, Wishes(budget=least_of_two.costs.total)))
    shorter = next(way for way in answer.ways_out if way.gives_up == ("days",))
    assert shorter.text.startswith("2 days instead of 3 fit")
    assert shorter.least_cost == least_of_two.costs.total


def test_only_the_wishes_that_conflict_are_named() -> None:
    cheap = plan_trip(one_city(3, Wishes(avoid=tuple(found.id for found in LIMA_SIGHTS))))
    assert isinstance(cheap, Plan)
    wishes = Wishes(budget=cheap.costs.total + 100, room_types=("private room",), cuisines=(), include=("lima/chapel",))
    answer = refused(one_city(3, wishes))
    assert names(answer) == ["budget", "room type"]
    assert {way.gives_up for way in answer.ways_out} == {("budget",), ("room type",), ("days",)}


def test_a_wish_that_nothing_meets_is_named_alone() -> None:
    assert names(refused(one_city(3, Wishes(cuisines=("thai",))))) == ["cuisine: thai"]
    assert names(refused(one_city(3, Wishes(excluded_modes=("flight",))))) == ["mode: flight"]
    closed = city("lima", (*LIMA_SIGHTS, sight("lima", "ruin", open_on=())))
    assert names(refused(one_city(3, Wishes(include=("lima/ruin",)), cities=(closed,)))) == ["include: lima/ruin"]


def test_two_sights_that_are_open_at_the_same_hour_only_rule_each_other_out() -> None:
    both = tuple(sight("lima", name, minutes=230, open_on=(1,)) for name in ("opera", "ballet"))
    wishes = Wishes(include=("lima/opera", "lima/ballet"), day_starts=600, day_ends=1080)
    answer = refused(one_city(3, wishes, cities=(city("lima", both),)))
    assert names(answer) == ["include: lima/opera", "include: lima/ballet"]
    assert {way.gives_up for way in answer.ways_out} >= {("include: lima/opera",), ("include: lima/ballet",)}


def test_avoided_and_wanted_is_a_conflict_of_two() -> None:
    answer = refused(one_city(3, Wishes(include=("lima/museum",), avoid=("lima/museum",))))
    assert sorted(names(answer)) == ["avoid: lima/museum", "include: lima/museum"]


def test_a_lock_that_cannot_be_kept_is_named() -> None:
    answer = refused(one_city(3, Wishes(locks=(VisitLock(id="lima/chapel", day=day(2)),))))
    assert names(answer) == ["lock: lima/chapel on 2027-05-05"]
    two_rooms = Wishes(locks=(StayLock(id="lima/inn"), StayLock(id="lima/hostel")))
    assert sorted(names(refused(one_city(3, two_rooms)))) == ["lock: lima/hostel", "lock: lima/inn"]


def test_a_trip_without_a_way_is_nobodys_wish() -> None:
    answer = refused(one_city(3, legs=legs("lima")[:1]))
    assert answer.conflict == ()
    assert "whatever is wished" in answer.text


def test_an_order_that_has_no_ways_can_be_given_up() -> None:
    ways = tuple(leg for leg in legs("lima", "oslo") if leg.id in ("out-oslo", "oslo-lima", "back-lima"))
    assert names(refused(two_cities(4, legs=ways))) == ["order"]


def test_giving_up_one_wish_may_take_another_along() -> None:
    """Two conflicts at once: no thai food, and too little money; the way out has to deal with both."""
    answer = refused(one_city(3, Wishes(cuisines=("thai",), budget=10000)))
    assert len(answer.conflict) == 1
    assert all(len(way.gives_up) == 2 for way in answer.ways_out)


def test_where_neither_more_days_nor_giving_up_a_wish_is_enough_both_together_are_offered() -> None:
    """The train is on the way overnight, so that a single day in Oslo ends before it arrives; two days are too few."""
    night = legs("lima", "oslo")[2].model_copy(update={"arrives": 1440 + 600})
    ways = (legs("lima")[0], night, legs("oslo")[1])
    cities = (city("lima", LIMA_SIGHTS), city("oslo", OSLO_SIGHTS, days=1))
    answer = refused(two_cities(2, cities=cities, legs=ways))
    assert answer.conflict == ()
    assert [way.gives_up for way in answer.ways_out] == [("days", "days: oslo")]
    assert answer.ways_out[0].text.startswith("3 days instead of 2 fit without the wish “1 day in Oslo”, from ")


def test_what_is_not_proven_is_not_called_impossible() -> None:
    """Two long visits on one day, which dinner in between leaves no time for: the proof looks at no meals."""
    long = tuple(sight("lima", name, minutes=280, open_on=(1,), step=3) for name in ("opera", "ballet"))
    wishes = Wishes(include=("lima/opera", "lima/ballet"), day_starts=600, day_ends=1080)
    answer = plan_trip(one_city(3, wishes, cities=(city("lima", long),)))
    assert isinstance(answer, NotFound | Infeasible)
    if isinstance(answer, NotFound):
        assert "not proven" in answer.text


def test_of_several_conflicts_the_smallest_is_named() -> None:
    """One wish is too much by itself; two others rule each other out as well."""
    wishes = Wishes(budget=10000, include=("lima/museum",), avoid=("lima/museum",))
    assert names(refused(one_city(3, wishes))) == ["budget"]


def test_a_refusal_for_which_time_ran_out_says_so_and_is_still_one() -> None:
    wishes = Wishes(budget=10000, include=("lima/museum",), avoid=("lima/museum",))
    answer = plan_trip(one_city(3, wishes), time_limit_s=0.0)
    assert isinstance(answer, Infeasible)
    assert set(names(answer)) == {"budget", "include: lima/museum", "avoid: lima/museum"}
    assert "Time ran out" in answer.text
    assert "Time ran out" not in refused(one_city(3, wishes)).text

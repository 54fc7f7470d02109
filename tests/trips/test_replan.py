"""One thing changes about a plan; what the traveller does not mind moving moves as little as it can."""

from datetime import timedelta

import pytest

from app.trips.changes import (
    Avoid,
    CannotChangeError,
    Change,
    Closed,
    Include,
    NewBudget,
    NewFirstDay,
    NewLength,
    NewPace,
)
from app.trips.check import check
from app.trips.plan import Infeasible, Plan
from app.trips.planner.solving import plan_trip
from app.trips.problem import StayLock, Trip, VisitLock, Wishes
from app.trips.replan import Difference, replan
from tests.trips.example_trips import FIRST_DAY, city, day, one_city, sight, two_cities

pytestmark = pytest.mark.rows("S2-70")
TRIP = two_cities(5)


def planned(trip: Trip) -> Plan:
    answer = plan_trip(trip)
    assert isinstance(answer, Plan), answer
    return answer


def changed(trip: Trip, change: Change, **more: object) -> tuple[Trip, Plan, Difference]:
    """The new plan, which the checker has to find valid."""
    before = planned(trip)
    result = replan(trip, before, change, **more)  # type: ignore[arg-type]
    assert isinstance(result.answer, Plan), result.answer
    assert result.difference is not None
    assert check(result.trip, result.answer).is_valid
    return result.trip, result.answer, result.difference


def visits(plan: Plan) -> dict[str, tuple[object, int]]:
    found = [(item, day) for day in plan.days for item in day.items if item.kind == "visit"]
    return {item.ref or "": (day.day, item.starts) for item, day in found}


def test_a_sight_that_is_not_wanted_goes_and_nothing_else_moves() -> None:
    before = planned(TRIP)
    _, plan, difference = changed(TRIP, Avoid(id="lima/museum"))
    assert "lima/museum" not in visits(plan)
    assert [entry.ref for entry in difference.removed] == ["lima/museum"]
    stayed = {ref: place for ref, place in visits(before).items() if ref != "lima/museum"}
    assert {ref: visits(plan)[ref] for ref in stayed} == stayed
    assert difference.moved == ()


def test_a_freed_hour_is_used_again() -> None:
    trip = one_city(1, Wishes(pace="relaxed"))
    _, _, difference = changed(trip, Avoid(id="lima/museum"))
    assert [entry.kind for entry in difference.added] == ["visit"]


def test_a_closed_sight_is_seen_on_another_day_or_not_at_all() -> None:
    when = visits(planned(TRIP))["lima/museum"][0]
    _, plan, difference = changed(TRIP, Closed(id="lima/museum", days=(when,)))  # type: ignore[arg-type]
    assert visits(plan).get("lima/museum", (None, 0))[0] != when
    _, plan, _ = changed(TRIP, Closed(id="lima/museum"))
    assert "lima/museum" not in visits(plan)
    assert difference.kept > len(difference.moved)


def test_a_lower_budget_lets_the_dearest_tickets_go_before_anything_else() -> None:
    before = planned(TRIP)
    cap = before.costs.total - 1000
    _, plan, difference = changed(TRIP, NewBudget(budget=cap))
    assert plan.costs.total <= cap
    assert [entry.kind for entry in difference.removed] == ["visit"]
    assert difference.moved == ()
    assert plan.stays == before.stays
    assert difference.cost == plan.costs.total - before.costs.total


def test_a_budget_below_the_least_possible_is_refused_with_ways_out() -> None:
    result = replan(TRIP, planned(TRIP), NewBudget(budget=100))
    assert isinstance(result.answer, Infeasible)
    assert result.difference is None
    assert [wish.name for wish in result.answer.conflict] == ["budget"]


def test_a_new_date_takes_the_plan_along() -> None:
    before = planned(TRIP)
    _, plan, difference = changed(TRIP, NewFirstDay(first_day=FIRST_DAY + timedelta(days=7)))
    assert [found.day - timedelta(days=7) for found in plan.days] == [found.day for found in before.days]
    assert set(visits(before)) - {"lima/chapel"} <= set(visits(plan))
    assert {moved.kind for moved in difference.moved} <= {"meal"}


def test_one_day_less_is_cut_from_the_end() -> None:
    _, plan, _ = changed(TRIP, NewLength(day_count=4))
    assert len(plan.days) == 4
    assert plan.days[-1].items[-1].kind == "leg"


def test_one_day_more_leaves_the_days_before_as_they_are() -> None:
    before = planned(TRIP)
    _, plan, _ = changed(TRIP, NewLength(day_count=6))
    assert len(plan.days) == 6
    assert set(visits(before)) <= set(visits(plan))


def test_a_wish_is_added_to_the_plan_as_it_is() -> None:
    trip = one_city(1, Wishes(pace="relaxed"))
    left = planned(trip).left_out[0].ref
    _, plan, _ = changed(trip, Include(id=left))
    assert left in visits(plan)


def test_a_wish_that_is_added_to_full_days_takes_the_place_of_one_visit() -> None:
    short = tuple(
        sight("lima", f"statue-{number}", step=number % 4, minutes=30, score=30 - number) for number in range(14)
    )
    trip = one_city(3, Wishes(pace="relaxed"), cities=(city("lima", short),))
    left = planned(trip).left_out[-1].ref
    _, plan, difference = changed(trip, Include(id=left))
    assert left in visits(plan)
    assert [entry.kind for entry in difference.removed] == ["visit"]
    assert all(moved.before.day == moved.after.day for moved in difference.moved)


def test_a_slower_pace_keeps_what_it_has_room_for() -> None:
    short = tuple(sight("lima", f"statue-{number}", step=number, minutes=30) for number in range(8))
    trip = one_city(1, Wishes(pace="fast"), cities=(city("lima", short),))
    before = planned(trip)
    _, plan, _ = changed(trip, NewPace(pace="relaxed"))
    assert len(visits(plan)) < len(visits(before))
    assert set(visits(plan)) & set(visits(before))


def test_what_is_locked_stays_whatever_happens() -> None:
    before = planned(TRIP)
    when, starts = visits(before)["lima/museum"]
    stay = next(stay.ref for stay in before.stays if stay.city == "oslo")
    locks = (VisitLock(id="lima/museum", day=when, starts=starts), StayLock(id=stay))  # type: ignore[arg-type]
    _, plan, _ = changed(TRIP, NewBudget(budget=before.costs.total - 1500), locks=locks)
    assert visits(plan)["lima/museum"] == (when, starts)
    assert stay in {found.ref for found in plan.stays}


def test_what_was_asked_for_and_is_not_wanted_any_more_is_no_conflict() -> None:
    trip = two_cities(5, Wishes(include=("lima/museum",)))
    _, plan, _ = changed(trip, Avoid(id="lima/museum"))
    assert "lima/museum" not in visits(plan)


def test_what_was_avoided_can_be_asked_for_again() -> None:
    trip = two_cities(5, Wishes(avoid=("lima/museum",)))
    _, plan, _ = changed(trip, Include(id="lima/museum"))
    assert "lima/museum" in visits(plan)


def test_what_the_traveller_fixed_moves_along_to_the_new_date() -> None:
    trip = two_cities(5, Wishes(locks=(VisitLock(id="lima/tower", day=day(1), starts=900),)))
    _, plan, _ = changed(trip, NewFirstDay(first_day=FIRST_DAY + timedelta(days=7)))
    assert visits(plan)["lima/tower"] == (day(8), 900)


@pytest.mark.parametrize("change", [Avoid(id="nowhere"), Closed(id="lima/inn"), NewLength(day_count=1)])
def test_a_change_that_makes_no_sense_is_refused(change: Change) -> None:
    with pytest.raises(CannotChangeError):
        replan(TRIP, planned(TRIP), change)


def test_nothing_changes_where_the_change_asks_for_nothing() -> None:
    before = planned(TRIP)
    _, plan, difference = changed(TRIP, NewBudget(budget=before.costs.total))
    assert (difference.added, difference.removed, difference.moved, difference.cost) == ((), (), (), 0)
    assert visits(plan) == visits(before)


def test_the_first_days_are_those_of_the_example() -> None:
    assert planned(TRIP).days[0].day == day(0)

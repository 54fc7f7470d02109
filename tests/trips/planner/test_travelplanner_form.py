"""Trips in TravelPlanner's form: our plans keep its rules, and what is refused cannot be had."""

from dataclasses import replace
from functools import cache

import pytest

from app.trips.plan import Answer, Infeasible, Item, Plan, PlanDay
from app.trips.planner.solving import plan_trip
from benchmarks.travelplanner.__main__ import faults_of
from benchmarks.travelplanner.form import Instance
from benchmarks.travelplanner.instances import instance
from benchmarks.travelplanner.judge import broken_rules
from benchmarks.travelplanner.mapping import as_trip
from benchmarks.travelplanner.possible import least_cost

INSTANCES = 18


@cache
def planned(number: int) -> tuple[Instance, Answer]:
    found = instance(number)
    return found, plan_trip(as_trip(found))


def one_with_a_plan(days: int) -> tuple[Instance, Plan]:
    for number in range(INSTANCES):
        found, answer = planned(number)
        if isinstance(answer, Plan) and len(found.days) == days:
            return found, answer
    raise AssertionError(f"none of {days} days has a plan")


def with_days(plan: Plan, days: list[PlanDay]) -> Plan:
    return plan.model_copy(update={"days": tuple(days)})


def without_items(plan: Plan, number: int, kind: str) -> Plan:
    days = list(plan.days)
    kept: tuple[Item, ...] = tuple(item for item in days[number].items if item.kind != kind)
    days[number] = days[number].model_copy(update={"items": kept})
    return with_days(plan, days)


@pytest.mark.parametrize("number", range(INSTANCES))
def test_every_plan_passes_and_every_refusal_is_right(number: int) -> None:
    found, answer = planned(number)
    assert faults_of(found, answer) == {}


def test_some_are_planned_and_some_refused() -> None:
    answers = [planned(number)[1] for number in range(INSTANCES)]
    assert any(isinstance(answer, Plan) for answer in answers)
    assert any(isinstance(answer, Infeasible) for answer in answers)


def test_skipped_meals_make_no_trip_dearer() -> None:
    for number in range(INSTANCES):
        found = instance(number)
        with_meals, without_some = least_cost(found, "meals when due"), least_cost(found, "meals skipped on the way")
        assert with_meals is None or (without_some is not None and without_some <= with_meals)


def test_the_judge_misses_a_meal_an_attraction_and_a_way_home() -> None:
    found, plan = one_with_a_plan(3)
    assert "complete" in broken_rules(found, without_items(plan, 1, "meal"))
    assert "complete" in broken_rules(found, without_items(plan, 1, "visit"))
    assert "reasonable route" in broken_rules(found, without_items(plan, 2, "leg"))


def test_the_judge_sees_a_repeated_restaurant() -> None:
    found, plan = one_with_a_plan(3)
    days = list(plan.days)
    first, second = [item for item in days[1].items if item.kind == "meal"][:2]
    again = second.model_copy(update={"ref": first.ref})
    items = tuple(again if item is second else item for item in days[1].items)
    days[1] = days[1].model_copy(update={"items": items})
    assert "restaurants differ" in broken_rules(found, with_days(plan, days))


def test_the_judge_sums_the_money_itself() -> None:
    found, plan = one_with_a_plan(5)
    total = plan.costs.total // 100
    assert "budget" not in broken_rules(replace(found, budget=total), plan)
    assert broken_rules(replace(found, budget=total - 1), plan)["budget"] == f"{total} of {total - 1}"


def test_the_judge_sees_a_house_that_is_not_as_wished() -> None:
    found, plan = one_with_a_plan(3)
    house = found.accommodations_by_name[plan.stays[0].ref]
    closed = replace(house, house_rules=("pets",), minimum_nights=9, room_type="Shared room")
    others = tuple(closed if other is house else other for other in found.accommodations)
    strict = replace(found, accommodations=others, house_rule="pets", room_type="not shared room")
    assert {"house rule", "room type", "minimum nights"} <= set(broken_rules(strict, plan))


def test_the_judge_knows_only_what_the_instance_lists() -> None:
    found, plan = one_with_a_plan(3)
    assert "in the sandbox" in broken_rules(replace(found, restaurants=()), plan)

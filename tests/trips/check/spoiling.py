"""Small changes to a plan or its trip, for tests that spoil a good one."""

from collections.abc import Callable
from typing import Any, TypeVar

from app.trips.check import Rule, check
from app.trips.plan import Item, Plan
from app.trips.problem import Fact, Trip

Pair = tuple[Trip, Plan]
F = TypeVar("F", bound=Fact)
Spoil = Callable[[Trip, Plan], Pair]


def broken(pair: Pair) -> set[Rule]:
    return {verdict.rule for verdict in check(*pair).verdicts if not verdict.is_kept}


def texts(pair: Pair) -> list[str]:
    return [fault.text for verdict in check(*pair).verdicts for fault in verdict.faults]


def on_plan(change: Callable[[Plan], Plan]) -> Spoil:
    return lambda trip, plan: (trip, change(plan))


def plan_with(**changes: Any) -> Spoil:
    return on_plan(lambda plan: plan.model_copy(update=changes))


def items(day: int, change: Callable[[list[Item]], list[Item]]) -> Spoil:
    """The items of the day of that index, changed."""

    def spoil(plan: Plan) -> Plan:
        days = list(plan.days)
        days[day] = days[day].model_copy(update={"items": tuple(change(list(days[day].items)))})
        return plan.model_copy(update={"days": tuple(days)})

    return on_plan(spoil)


def item_with(day: int, index: int, **changes: Any) -> Spoil:
    """One item of a day, with other fields."""

    def change(listed: list[Item]) -> list[Item]:
        listed[index] = listed[index].model_copy(update=changes)
        return listed

    return items(day, change)


def shifted(day: int, index: int, starts: int = 0, ends: int | None = None) -> Spoil:
    """Later by so many minutes; the end as the start, unless it is given."""

    def change(listed: list[Item]) -> list[Item]:
        one = listed[index]
        by = starts if ends is None else ends
        listed[index] = one.model_copy(update={"starts": one.starts + starts, "ends": one.ends + by})
        return listed

    return items(day, change)


def without(day: int, *indices: int) -> Spoil:
    return items(day, lambda listed: [one for index, one in enumerate(listed) if index not in indices])


def added(day: int, index: int, *more: Item) -> Spoil:
    return items(day, lambda listed: [*listed[:index], *more, *listed[index:]])


def day_with(day: int, /, **changes: Any) -> Spoil:
    def spoil(plan: Plan) -> Plan:
        days = list(plan.days)
        days[day] = days[day].model_copy(update=changes)
        return plan.model_copy(update={"days": tuple(days)})

    return on_plan(spoil)


def stay_with(index: int, **changes: Any) -> Spoil:
    def spoil(plan: Plan) -> Plan:
        stays = list(plan.stays)
        stays[index] = stays[index].model_copy(update=changes)
        return plan.model_copy(update={"stays": tuple(stays)})

    return on_plan(spoil)


def costs_with(**more: int) -> Spoil:
    """Each named amount raised by so much."""

    def spoil(plan: Plan) -> Plan:
        raised = {name: getattr(plan.costs, name) + by for name, by in more.items()}
        return plan.model_copy(update={"costs": plan.costs.model_copy(update=raised)})

    return on_plan(spoil)


def anew(fact: F, **changes: Any) -> F:
    """Validated, so that what is spoilt is still a fact, and nothing that was worked out before is copied along."""
    return type(fact).model_validate({name: getattr(fact, name) for name in type(fact).model_fields} | changes)


def trip_with(**changes: Any) -> Spoil:
    return lambda trip, plan: (anew(trip, **changes), plan)


def wishes_with(**changes: Any) -> Spoil:
    return lambda trip, plan: (anew(trip, wishes=anew(trip.wishes, **changes)), plan)


def fact_with(field: str, ref: str, **changes: Any) -> Spoil:
    """One of a city's `sights`, `events`, `eateries` or `stays`, with other fields."""

    def spoil(trip: Trip, plan: Plan) -> Pair:
        cities = tuple(
            anew(city, **{field: tuple(anew(f, **changes) if f.id == ref else f for f in getattr(city, field))})
            for city in trip.cities
        )
        return anew(trip, cities=cities), plan

    return spoil


def city_with(ref: str, **changes: Any) -> Spoil:
    def spoil(trip: Trip, plan: Plan) -> Pair:
        cities = tuple(anew(city, **changes) if city.id == ref else city for city in trip.cities)
        return anew(trip, cities=cities), plan

    return spoil


def leg_with(ref: str, **changes: Any) -> Spoil:
    def spoil(trip: Trip, plan: Plan) -> Pair:
        legs = tuple(anew(leg, **changes) if leg.id == ref else leg for leg in trip.legs)
        return anew(trip, legs=legs), plan

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(trip: Trip, plan: Plan) -> Pair:
        for one in spoils:
            trip, plan = one(trip, plan)
        return trip, plan

    return spoil

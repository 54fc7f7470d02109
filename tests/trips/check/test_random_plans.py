"""Plans spoilt at random are found out, and plans made up at random are judged without an exception."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.trips.check import Rule, check
from app.trips.check.checking import RULES
from app.trips.plan import Costs, Item, ItemKind, LeftOut, LeftOutReason, Plan, PlanDay, PlannedStay
from app.trips.problem import MEALS, Trip
from tests.trips.check.small_trips import SMALL
from tests.trips.check.spoiling import (
    Spoil,
    added,
    both,
    broken,
    city_with,
    costs_with,
    day_with,
    fact_with,
    item_with,
    items,
    leg_with,
    plan_with,
    shifted,
    stay_with,
    texts,
    wishes_with,
    without,
)
from tests.trips.check.two_cities import MON, PLAN, TRIP, TUE, WED, at

ITEMS = [(day, index, one) for day, listed in enumerate(PLAN.days) for index, one in enumerate(listed.items)]
MANY = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
Draw = Callable[[st.DataObject], Spoil]


def one_of(data: st.DataObject, *kinds: ItemKind) -> tuple[int, int, Item]:
    """Any item of the plan of these kinds, with where it stands."""
    return data.draw(st.sampled_from([found for found in ITEMS if found[2].kind in kinds]))


def minutes(data: st.DataObject, most: int = 600) -> int:
    """Some, earlier or later, but not none."""
    return data.draw(st.integers(1, most)) * data.draw(st.sampled_from((-1, 1)))


def longer(*kinds: ItemKind) -> Draw:
    """An item that lasts longer or shorter than it has to."""

    def draw(data: st.DataObject) -> Spoil:
        day, index, one = one_of(data, *kinds)
        by = data.draw(st.integers(1 - (one.ends - one.starts), 300).filter(bool))
        return shifted(day, index, 0, by)

    return draw


def dropped(*kinds: ItemKind) -> Draw:
    return lambda data: without(*one_of(data, *kinds)[:2])


def renamed(ref: str | None, *kinds: ItemKind) -> Draw:
    """An item that says it is something else."""

    def draw(data: st.DataObject) -> Spoil:
        found = [(day, index) for day, index, one in ITEMS if one.kind in kinds and one.ref != ref]
        return item_with(*data.draw(st.sampled_from(found)), ref=ref)

    return draw


def moved(*kinds: ItemKind) -> Draw:
    """An item that starts and ends at another time of its day."""

    def draw(data: st.DataObject) -> Spoil:
        day, index, one = one_of(data, *kinds)
        starts = data.draw(st.integers(0, 1440).filter(lambda minute: minute != one.starts))
        return item_with(day, index, starts=starts, ends=starts + one.ends - one.starts)

    return draw


def cents(name: str) -> Draw:
    def draw(data: st.DataObject) -> Spoil:
        return costs_with(**{name: data.draw(st.integers(-1000, 10**6).filter(bool))})

    return draw


def item_cents(data: st.DataObject) -> Spoil:
    day, index, one = data.draw(st.sampled_from(ITEMS))
    return item_with(day, index, cost=data.draw(st.integers(0, 10**6).filter(lambda cost: cost != one.cost)))


def overlap(data: st.DataObject) -> Spoil:
    """Something in the middle of something else."""
    day, index, one = data.draw(st.sampled_from(ITEMS))
    starts = data.draw(st.integers(one.starts, one.ends - 1))
    more = Item(kind="rest", starts=starts, ends=starts + data.draw(st.integers(1, 60)), city="vienna")
    return added(day, index + 1, more)


def swapped_days(data: st.DataObject) -> Spoil:
    one, other = data.draw(st.lists(st.integers(0, 4), min_size=2, max_size=2, unique=True))
    days = list(PLAN.days)
    days[one], days[other] = days[other], days[one]
    return plan_with(days=tuple(days))


def swapped_programmes(data: st.DataObject) -> Spoil:
    """What is done on one day is done on another: hours, legs and nights are no longer right."""
    one, other = data.draw(st.sampled_from([(0, 3), (0, 4), (1, 4), (3, 4), (1, 3)]))
    return both(day_with(one, items=PLAN.days[other].items), day_with(other, items=PLAN.days[one].items))


def leg_on_another_day(data: st.DataObject) -> Spoil:
    """Where the clock would allow it."""
    day, index, one = one_of(data, "leg")
    to = data.draw(st.integers(0, 4).filter(lambda number: number != day))
    return both(without(day, index), items(to, lambda listed: sorted([*listed, one], key=lambda i: i.starts)))


SPOILT: dict[Rule, list[Draw]] = {
    "days": [
        swapped_days,
        overlap,
        lambda data: day_with(data.draw(st.integers(0, 4)), day=MON - timedelta(days=data.draw(st.integers(1, 99)))),
        lambda data: plan_with(days=PLAN.days[: data.draw(st.integers(0, 4))]),
        lambda data: item_with(*one_of(data, "visit", "rest")[:2], ends=data.draw(st.integers(1426, 9999))),
    ],
    "route": [
        dropped("leg"),
        leg_on_another_day,
        swapped_programmes,
        lambda data: plan_with(cities=(("vienna", data.draw(st.integers(4, 99))), ("prague", 2))),
        lambda data: day_with(data.draw(st.integers(0, 2)), city="prague"),
    ],
    "legs": [
        longer("leg"),
        moved("leg"),
        lambda data: leg_with("train", dates=data.draw(st.lists(st.sampled_from((MON, TUE, WED))))),
        lambda data: leg_with(data.draw(st.sampled_from(("train", "flight out", "flight home"))), mode="drive"),
    ],
    "presence": [dropped("arrival", "departure"), longer("arrival", "departure"), moved("arrival", "departure")],
    "location": [
        longer("travel"),
        dropped("travel"),
        lambda data: item_with(*one_of(data, "visit", "meal", "rest", "travel")[:2], city="home"),
    ],
    "stays": [
        lambda data: stay_with(0, nights=data.draw(st.integers(1, 99).filter(lambda nights: nights != 3))),
        lambda data: stay_with(1, rooms=data.draw(st.integers(1, 99).filter(lambda rooms: rooms != 2))),
        lambda data: stay_with(1, cost=data.draw(st.integers(0, 10**6).filter(lambda cost: cost != 16000))),
        lambda data: stay_with(0, first_night=MON + timedelta(days=minutes(data))),
        lambda data: day_with(data.draw(st.integers(0, 2)), stay=data.draw(st.sampled_from((None, "hostel")))),
        lambda data: fact_with("stays", "sacher", min_nights=data.draw(st.integers(4, 400))),
    ],
    "meals": [dropped("meal"), longer("meal"), lambda data: item_with(*one_of(data, "meal")[:2], meal=None)],
    "cuisines": [lambda data: wishes_with(cuisines=("Thai", data.draw(st.text(min_size=1, max_size=9))))],
    "sights": [
        longer("visit"),
        lambda data: fact_with("sights", "museum", hours={MON: ()}),
        lambda data: fact_with("sights", "market", visit_minutes=data.draw(st.integers(91, 1440))),
        lambda data: fact_with("events", "concert", starts=data.draw(st.integers(0, at("19:59")))),
        renamed("cathedral", "visit"),
    ],
    "pace": [
        dropped("rest"),
        longer("rest"),
        moved("rest"),
        lambda data: wishes_with(day_starts=data.draw(st.integers(at("10:01"), 1440))),
        lambda data: wishes_with(day_ends=data.draw(st.integers(0, at("16:14")))),
    ],
    "weather": [
        lambda data: city_with("vienna", rain_percent={WED: data.draw(st.integers(45, 100)), TUE: 44}),
        lambda data: fact_with("sights", "market", hours=None),
    ],
    "wishes": [
        lambda data: wishes_with(avoid=(one_of(data, "visit", "meal", "leg")[2].ref,)),
        lambda data: wishes_with(include=(data.draw(st.sampled_from(("zoo", "wheel"))),)),
        lambda data: item_with(2, 6, starts=data.draw(st.integers(0, at("14:04")))),
    ],
    "sums": [item_cents, *(cents(name) for name in ("transportation", "accommodation", "food", "activities", "total"))],
    "budget": [lambda data: wishes_with(budget=data.draw(st.integers(0, 253749)))],
    "facts": [
        renamed("nowhere", "leg", "arrival", "departure", "travel", "visit", "meal", "rest"),
        renamed(None, "leg", "arrival", "departure", "travel", "visit", "meal"),
        renamed("taxi on", "arrival", "travel", "visit", "meal"),
        lambda data: plan_with(score=data.draw(st.integers().filter(lambda score: score != 224))),
        lambda data: plan_with(left_out=PLAN.left_out[: data.draw(st.integers(0, 1))]),
        dropped("visit"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("rule", get_args(Rule))
@given(data=st.data())
@MANY
def test_a_plan_spoilt_at_random_is_found_out_by_the_rule(rule: Rule, data: st.DataObject) -> None:
    spoil = data.draw(st.sampled_from(SPOILT[rule]))(data)
    pair = spoil(TRIP, PLAN)
    assert rule in broken(pair), texts(pair)


TRIPS = [TRIP, *(trip for trip, _ in SMALL.values())]
PLANS = [PLAN, *(plan for _, plan in SMALL.values())]
IDS = sorted({"nowhere"} | {ref for trip in TRIPS for ref in (*trip._ids(), "home")})
SMALL_NUMBERS = st.integers(0, 3000)
NUMBERS = SMALL_NUMBERS | st.integers(0) | st.just(10**5000)
REFS = st.none() | st.sampled_from(IDS)
SURE_REFS = st.sampled_from(IDS)
DATES = st.integers(-2, 7).map(lambda offset: MON + timedelta(days=offset)) | st.dates() | st.just(date.max)
MADE_UP_ITEMS = st.builds(
    Item,
    kind=st.sampled_from(get_args(ItemKind)),
    starts=NUMBERS,
    ends=NUMBERS,
    city=REFS,
    ref=REFS,
    origin=REFS,
    meal=st.none() | st.sampled_from(MEALS),
    cost=NUMBERS,
)
GOOD_ITEMS = st.sampled_from([one for plan in PLANS for day in plan.days for one in day.items])
MADE_UP_DAYS = st.builds(
    PlanDay,
    day=DATES,
    city=REFS,
    items=st.lists(MADE_UP_ITEMS | GOOD_ITEMS, max_size=8).map(tuple),
    stay=REFS,
) | st.sampled_from([day for plan in PLANS for day in plan.days])
MADE_UP_PLANS = st.builds(
    Plan,
    days=st.lists(MADE_UP_DAYS, max_size=7).map(tuple),
    cities=st.lists(st.tuples(SURE_REFS, st.integers()), max_size=4).map(tuple),
    stays=st.lists(
        st.builds(
            PlannedStay,
            ref=SURE_REFS,
            city=SURE_REFS,
            first_night=DATES,
            nights=st.integers(1),
            rooms=st.integers(1),
            cost=NUMBERS,
        ),
        max_size=4,
    ).map(tuple),
    costs=st.builds(
        Costs, transportation=NUMBERS, accommodation=NUMBERS, food=NUMBERS, activities=NUMBERS, total=NUMBERS
    ),
    score=st.integers() | st.just(-(10**5000)),
    left_out=st.lists(
        st.builds(LeftOut, ref=SURE_REFS, reason=st.sampled_from(get_args(LeftOutReason)), text=st.text()), max_size=4
    ).map(tuple),
)


@given(trip=st.sampled_from(TRIPS), plan=MADE_UP_PLANS)
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_plan_made_up_at_random_gets_a_certificate(trip: Trip, plan: Plan) -> None:
    certificate = check(trip, plan)
    assert [verdict.rule for verdict in certificate.verdicts] == list(get_args(Rule))
    assert certificate.is_valid == all(verdict.is_kept for verdict in certificate.verdicts)
    assert all(verdict.is_kept == (not verdict.faults) for verdict in certificate.verdicts)
    assert certificate == check(trip, plan)
    assert all(fault.text for verdict in certificate.verdicts for fault in verdict.faults)


@given(trip=st.sampled_from(TRIPS), plan=st.sampled_from(PLANS))
@MANY
def test_a_plan_for_another_trip_is_no_plan_for_this_one(trip: Trip, plan: Plan) -> None:
    is_own = TRIPS.index(trip) == PLANS.index(plan)
    assert not is_own or check(trip, plan).is_valid
    assert (trip is TRIP) == (plan is PLAN) or not check(trip, plan).is_valid


def test_the_table_names_every_rule_once_in_order() -> None:
    assert tuple(rule for rule, _, _ in RULES) == get_args(Rule)

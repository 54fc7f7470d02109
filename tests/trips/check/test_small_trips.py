"""Odd ways to come and go: the plans that fit them keep every rule, and the edges lie where the rules say."""

from datetime import date, timedelta

import pytest

from app.trips.check import Rule, check
from app.trips.plan import PlannedStay
from app.trips.problem import Leg, Sight, Trip, Wishes
from tests.trips.check.small_trips import (
    AFTER_MIDNIGHT,
    AT_MIDNIGHT,
    CITY,
    EARLY_DEPARTURE,
    JUST_IN_TIME,
    LOCALS,
    NIGHT_ON_THE_WAY,
    NO_STAYS,
    ONE_DAY,
    SMALL,
    SUNRISE,
    TOO_LATE_FOR_BAGS,
    leg,
    plan_of,
    trip_of,
)
from tests.trips.check.spoiling import (
    Pair,
    Spoil,
    added,
    anew,
    both,
    broken,
    city_with,
    costs_with,
    day_with,
    fact_with,
    item_with,
    plan_with,
    shifted,
    stay_with,
    texts,
    trip_with,
    without,
)
from tests.trips.check.two_cities import MON, TUE, at, day_in, item, meal

INN = PlannedStay(ref="inn", city="town", first_night=MON, nights=1, rooms=1, cost=1000)
TOWN_REST = item("rest", "07:00", "07:30", city="town")


@pytest.mark.parametrize("pair", SMALL.values(), ids=SMALL.keys())
def test_a_good_plan_keeps_every_rule(pair: Pair) -> None:
    assert texts(pair) == []
    assert check(*pair).is_valid


@pytest.mark.parametrize(
    ("pair", "spoil", "rules"),
    [
        (ONE_DAY, shifted(0, 7, 0, 1), {"legs"}),
        (ONE_DAY, shifted(0, 0, -20), {"presence"}),
        (ONE_DAY, item_with(0, 1, ref="inn"), {"presence"}),
        (ONE_DAY, both(plan_with(stays=(INN,)), costs_with(accommodation=1000, total=1000)), {"stays"}),
        (ONE_DAY, plan_with(days=()), {"days", "route", "facts", "sums"}),
        (LOCALS, without(1, 2), {"location"}),
        (LOCALS, added(0, 0, item("arrival", "06:00", "06:00", "town", city="town")), {"presence", "days"}),
        (LOCALS, added(0, 1, item("arrival", "07:00", "07:30", "town", city="town")), {"presence"}),
        (LOCALS, added(1, 5, item("departure", "20:00", "20:30", "town", city="town")), {"presence", "location"}),
        (LOCALS, day_with(0, stay="nowhere"), {"facts"}),
        (LOCALS, trip_with(cities=(CITY,)), {"stays"}),
        (LOCALS, trip_with(day_count=3), {"days", "route", "location", "meals"}),
        (NIGHT_ON_THE_WAY, day_with(0, stay="inn"), {"stays"}),
        (NIGHT_ON_THE_WAY, day_with(0, stay="tower"), {"stays", "facts"}),
        (NIGHT_ON_THE_WAY, stay_with(0, first_night=MON), {"stays"}),
        (NIGHT_ON_THE_WAY, fact_with("stays", "inn", min_nights=2), {"stays"}),
        (NIGHT_ON_THE_WAY, added(1, 0, TOWN_REST), {"days", "presence"}),
        (NIGHT_ON_THE_WAY, without(2, 0), {"presence"}),
        (AFTER_MIDNIGHT, without(1, 0), {"presence"}),
        (AFTER_MIDNIGHT, day_with(0, stay="inn"), {"stays"}),
        (JUST_IN_TIME, without(0, 1), {"presence"}),
        (TOO_LATE_FOR_BAGS, added(0, 1, item("arrival", "23:31", "24:01", "inn", city="town")), {"presence", "days"}),
        (TOO_LATE_FOR_BAGS, added(0, 1, item("arrival", "23:31", "24:00", "inn", city="town")), {"presence"}),
        (TOO_LATE_FOR_BAGS, added(0, 1, item("rest", "23:31", "23:45", city="town")), {"presence"}),
        (AT_MIDNIGHT, added(1, 0, item("arrival", "00:05", "00:35", "inn", city="town")), {"presence"}),
        (EARLY_DEPARTURE, added(1, 0, item("departure", "00:00", "00:20", "inn", city="town")), {"presence"}),
        (EARLY_DEPARTURE, without(1, 0), {"route", "meals"}),
        (SUNRISE, city_with("town", eateries=CITY.eateries), {"meals"}),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_found(pair: Pair, spoil: Spoil, rules: set[Rule]) -> None:
    """The rules are exactly those; a plan that loses a whole leg or day breaks several."""
    spoilt = spoil(*pair)
    assert broken(spoilt) == rules, texts(spoilt)


def day_trip(out: str, back: str, *meals: str, pace: str = "moderate") -> Pair:
    """There by a train that arrives at `out`, and away at `back`; all meals named are had, as early as they may be."""
    arrives, departs = at(out), at(back)
    starts = {"breakfast": 360, "lunch": 720, "dinner": 1080}
    lasts = {"breakfast": 45, "lunch": 60, "dinner": 90}
    eaten = [
        meal(name, "00:00", "00:00", "stand", 10).model_copy(  # type: ignore[arg-type]
            update={"starts": start, "ends": start + lasts[name]}
        )
        for name in meals
        for start in (max(starts[name], arrives + 30),)
    ]
    items = [
        item("leg", "00:00", out, "out"),
        item("arrival", out, out, "town").model_copy(update={"ends": arrives + 30}),
        *eaten,
        item("departure", back, back, "town").model_copy(update={"starts": departs - 30}),
        item("leg", back, "24:00", "back"),
    ]
    trip = trip_of(1, CITY, leg("out", "00:00", out), leg("back", back, "24:00"), wishes=Wishes(pace=pace))
    return trip, plan_of([day_in("town", MON, None, *items)], nights=0, food=10 * len(eaten))


@pytest.mark.parametrize(
    ("pair", "is_missed"),
    [
        (day_trip("09:00", "11:45"), True),
        (day_trip("09:00", "11:44"), False),
        (day_trip("09:01", "12:59"), False),
        (day_trip("05:00", "07:45"), True),
        (day_trip("05:00", "07:44"), False),
        (day_trip("13:00", "16:00"), True),
        (day_trip("13:01", "20:29"), False),
        (day_trip("11:00", "14:00"), True),
        (day_trip("11:00", "13:59"), False),
        (day_trip("15:00", "20:30"), True),
        (day_trip("15:00", "20:29"), False),
        (day_trip("19:30", "23:00"), True),
        (day_trip("19:30", "22:59"), False),
        (day_trip("19:31", "23:50"), False),
    ],
)
def test_a_meal_is_due_where_it_fits_between_journeys(pair: Pair, is_missed: bool) -> None:
    assert broken(pair) == ({"meals"} if is_missed else set()), texts(pair)


def test_a_meal_that_is_not_due_may_be_had() -> None:
    assert texts(day_trip("05:00", "07:44", "breakfast")) == []


@pytest.mark.parametrize(("back", "is_missed"), [("14:45", True), ("14:44", False)])
def test_a_rest_is_due_where_it_fits_before_the_departure(back: str, is_missed: bool) -> None:
    pair = day_trip("10:00", back, "lunch", pace="relaxed")
    assert broken(pair) == ({"pace"} if is_missed else set()), texts(pair)


@pytest.mark.parametrize(
    ("out", "back", "bags"),
    [("10:00", "11:00", "both"), ("10:00", "10:59", "down"), ("10:00", "10:30", "down"), ("10:00", "10:29", "none")],
)
def test_where_there_is_no_room_for_the_bags_they_are_left_out(out: str, back: str, bags: str) -> None:
    items = [
        item("leg", "00:00", out, "out"),
        item("arrival", "10:00", "10:30", "town"),
        item("departure", "10:30", "11:00", "town"),
        item("leg", back, "24:00", "back"),
    ]
    chosen = {"both": items, "down": [items[0], items[1], items[3]], "none": [items[0], items[3]]}
    trip = trip_of(1, CITY, leg("out", "00:00", out), leg("back", back, "24:00"))
    for name, listed in chosen.items():
        pair = trip, plan_of([day_in("town", MON, None, *listed)], nights=0)
        assert ("presence" not in broken(pair)) is (name == bags), name


def test_a_departure_fits_from_half_past_midnight_on() -> None:
    trip, plan = EARLY_DEPARTURE
    legs = (trip.legs[0], anew(trip.legs[1], departs=at("00:30")))
    later = item("leg", "00:30", "20:00", "back")
    days = (plan.days[0], plan.days[1].model_copy(update={"items": (later,)}))
    assert broken((anew(trip, legs=legs), plan.model_copy(update={"days": days}))) == {"presence"}


def test_a_night_in_a_city_without_stays_needs_one_where_there_is_a_home() -> None:
    trip, plan = EARLY_DEPARTURE
    bare = plan.model_copy(
        update={
            "stays": (),
            "days": tuple(
                day.model_copy(
                    update={
                        "stay": None,
                        "items": tuple(
                            i.model_copy(update={"ref": "town"}) if i.ref == "inn" else i for i in day.items
                        ),
                    }
                )
                for day in plan.days
            ),
        }
    )
    pair = both(costs_with(accommodation=-1000, total=-1000), trip_with(cities=(NO_STAYS,)))(trip, bare)
    assert broken(pair) == {"stays"}, texts(pair)


def test_nights_without_any_stay_planned_are_found() -> None:
    trip, plan = TOO_LATE_FOR_BAGS
    pair = trip, plan.model_copy(update={"stays": ()})
    assert broken(pair) == {"stays"}, texts(pair)


def two_towns(second_day: int, *, order: tuple[str, str] = ("town", "village")) -> Pair:
    """For who is there already: one move, on the day of that number, of three days; nothing to eat or to sleep in."""
    other = anew(NO_STAYS, id="village", eateries=(), sights=())
    here = anew(NO_STAYS, eateries=(), sights=())
    cities = tuple({"town": here, "village": other}[name] for name in order)
    go = Leg(id="go", mode="drive", origin="town", destination="village", duration_minutes=60)
    trip = Trip(first_day=MON, day_count=3, currency="EUR", cities=cities, legs=(go,))
    days = [
        day_in("town" if number < second_day else "village", MON + timedelta(days=number), None) for number in range(3)
    ]
    bags = item("departure", "09:30", "10:00", "town", city="town")
    moved = (bags, item("leg", "10:00", "11:00", "go"), item("arrival", "11:00", "11:30", "village", city="village"))
    if second_day < 3:
        days[second_day] = days[second_day].model_copy(update={"items": moved})
    plan = plan_of(days, nights=0)
    cities_days = (("town", second_day), ("village", 3 - second_day))
    return trip, plan.model_copy(update={"cities": cities_days, "left_out": ()})


@pytest.mark.parametrize(("second_day", "rules"), [(0, {"route"}), (1, set()), (2, set())])
def test_each_city_has_a_day_of_its_own(second_day: int, rules: set[Rule]) -> None:
    pair = two_towns(second_day)
    assert broken(pair) == rules, texts(pair)


def test_the_order_counts_without_a_home_too() -> None:
    assert broken(two_towns(1, order=("village", "town"))) == {"route"}


def test_a_city_that_no_leg_leads_to_is_missed() -> None:
    trip, plan = two_towns(1)
    stays_put = [day.model_copy(update={"items": (), "city": "town"}) for day in plan.days]
    pair = trip, plan.model_copy(update={"days": tuple(stays_put), "cities": (("town", 3),)})
    assert broken(pair) == {"route"}
    assert "village is visited 0 times, not once" in texts(pair)


def test_the_first_leg_leaves_on_the_first_day_and_the_last_on_the_last() -> None:
    trip, plan = NIGHT_ON_THE_WAY
    legs = (trip.legs[0], anew(trip.legs[1], departs=at("23:00"), arrives=at("24:00")))
    early = item("leg", "23:00", "24:00", "back")
    bags = item("departure", "22:30", "23:00", "inn", city="town")
    days = (
        plan.days[0],
        plan.days[1].model_copy(update={"items": (*plan.days[1].items, bags, early)}),
        plan.days[2].model_copy(update={"items": ()}),
    )
    pair = anew(trip, legs=legs), plan.model_copy(update={"days": days})
    assert broken(pair) == {"route"}, texts(pair)


def test_a_first_leg_on_a_later_day_is_found() -> None:
    trip, plan = NIGHT_ON_THE_WAY
    days = (plan.days[0].model_copy(update={"items": ()}), plan.days[1], plan.days[2])
    late = days[1].model_copy(update={"items": plan.days[0].items})
    pair = trip, plan.model_copy(update={"days": (days[0], late, days[2])})
    route = next(verdict for verdict in check(*pair).verdicts if verdict.rule == "route")
    assert [fault.text for fault in route.faults] == [f"the trip starts on {MON}, the first leg on {TUE}"]


def open_air(hours_known: bool = True) -> Sight:
    return Sight(id="tower", name="Tower", visit_minutes=60, score=10, price=100, hours_known=hours_known)


@pytest.mark.parametrize(("wet", "rules"), [(TUE, {"weather"}), (MON, set())])
def test_who_stays_put_has_full_days_from_first_to_last(wet: date, rules: set[Rule]) -> None:
    pair = city_with("town", sights=(open_air(),), rain_percent={wet: 45})(*LOCALS)
    assert broken(pair) == rules


def test_the_end_of_the_calendar_is_no_reason_to_fail() -> None:
    trip = trip_of(3, CITY)
    pair = anew(trip, first_day=date.max), NIGHT_ON_THE_WAY[1]
    assert not check(*pair).is_valid
    assert "9999-12-31 is not planned" in texts(pair)

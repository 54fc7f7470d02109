"""What the two larger examples do not reach: the words of the faults, and edges of single rules."""

from datetime import timedelta

import pytest

from app.trips.check import Rule, check
from app.trips.check.certificate import clock
from app.trips.problem import Event, Leg, Sight, Wishes
from tests.trips.check.small_trips import CITY, EARLY_DEPARTURE, LOCALS, NIGHT_ON_THE_WAY, ONE_DAY, plan_of, trip_of
from tests.trips.check.spoiling import (
    Pair,
    Spoil,
    added,
    anew,
    both,
    broken,
    day_with,
    item_with,
    plan_with,
    shifted,
    stay_with,
    texts,
    wishes_with,
    without,
)
from tests.trips.check.two_cities import MON, PLAN, TRIP, TUE, at, day_in, item, meal, way
from tests.trips.check.two_cities_spoilt import hours


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "00:00"),
        (545, "09:05"),
        (1440, "24:00"),
        (1441, "00:01 (+1 day)"),
        (2880, "00:00 (+2 days)"),
        (-30, "23:30 (-1 day)"),
        (10**30, "10:40 (+a number beyond all sense days)"),
    ],
)
def test_times_are_written_as_on_a_clock(minutes: int, text: str) -> None:
    assert clock(minutes) == text


@pytest.mark.parametrize(
    ("spoil", "rule", "text"),
    [
        (shifted(1, 1, 1), "days", "visit market starts at 10:00, before travel market ends at 10:01"),
        (shifted(3, 3, 1), "presence", "14:16: the arrival has to be 14:15 to 14:45"),
        (without(3, 1), "presence", "no departure at 09:40 to 10:10"),
        (
            both(shifted(3, 1, -5), added(3, 2, item("rest", "10:05", "10:10", city="vienna"))),
            "presence",
            "10:05: rest after the bags are taken up",
        ),
        (shifted(0, 9, 0, 1), "location", "16:15: the way from belvedere to sacher takes 15 minutes, not 16"),
        (item_with(0, 9, origin="museum"), "location", "16:15: a way from museum, where one is at belvedere"),
        (without(1, 3), "location", "12:00: meal at thai, where one is at market"),
        (without(2, 8), "location", "18:00: one is not back at sacher for the night, but at cafe"),
        (item_with(1, 5, city=None), "location", "rest in no city, where one is in vienna"),
        (stay_with(0, nights=2), "stays", "sacher: it is for 3 nights, not 2"),
        (shifted(3, 2, 0, -1), "legs", "leg train goes from 10:10 to 14:15, not from 10:10 to 14:14"),
        (plan_with(score=225), "facts", "the visits are worth 224 points, not 225"),
        (plan_with(cities=()), "route", "the plan says no city, its legs say vienna: 3, prague: 2"),
        (
            wishes_with(budget=1),
            "budget",
            "the trip costs 253750 (EUR, in its smallest unit), the budget is 1 (EUR, in its smallest unit)",
        ),
        (wishes_with(day_ends=at("16:14")), "pace", "14:15: belvedere lasts until 16:15, and has to end by 16:14"),
        (item_with(0, 10, meal=None), "meals", "18:00: it is not said which meal this is"),
    ],
)  # fmt: skip
def test_a_fault_says_in_words_what_is_wrong(spoil: Spoil, rule: Rule, text: str) -> None:
    faults = {verdict.rule: verdict.faults for verdict in check(*spoil(TRIP, PLAN)).verdicts}
    assert text in [fault.text for fault in faults[rule]]


def test_a_fault_says_where_it_is() -> None:
    (fault,) = (f for v in check(*shifted(0, 9, 0, 1)(TRIP, PLAN)).verdicts for f in v.faults)
    assert (fault.day, fault.ref) == (MON, "sacher")


@pytest.mark.parametrize(
    "spoil",
    [
        plan_with(days=PLAN.days[::-1]),
        shifted(1, 1, 1),
        without(0, 1),
        without(2, 1),
        without(2, 8),
        day_with(1, stay="hostel"),
        added(1, 11, item("departure", "22:00", "22:30", "sacher", city="vienna")),
        added(4, 7, item("departure", "15:00", "15:30", "pension", city="prague")),
        item_with(1, 5, ref="market"),
    ],
    ids=range(9),
)
def test_one_fault_is_reported_once(spoil: Spoil) -> None:
    assert len(texts(spoil(TRIP, PLAN))) == 1


def drive_home(starts: str, minutes: int) -> Pair:
    """Half a day in town that ends with a drive home at that time."""
    legs = (
        Leg(id="out", mode="drive", origin="home", destination="town", duration_minutes=0),
        Leg(id="back", mode="drive", origin="town", destination="home", duration_minutes=minutes),
    )
    items = [
        item("leg", "12:30", "12:30", "out"),
        item("arrival", "12:30", "13:00", "town"),
        item("departure", starts, starts, "town").model_copy(update={"starts": at(starts) - 30}),
        item("leg", starts, starts, "back").model_copy(update={"ends": at(starts) + minutes}),
    ]
    city = anew(CITY, eateries=())
    return trip_of(1, city, *legs), plan_of([day_in("town", MON, None, *items)], nights=0)


@pytest.mark.parametrize(
    ("starts", "minutes", "rules"),
    [("18:00", 0, set()), ("24:00", 60, set()), ("24:01", 60, {"days"}), ("23:59", 3000, set())],
)
def test_a_drive_may_take_no_time_and_start_on_its_day_only(starts: str, minutes: int, rules: set[Rule]) -> None:
    pair = drive_home(starts, minutes)
    assert broken(pair) == rules, texts(pair)


def test_a_leg_starts_on_its_day() -> None:
    text = "leg back, 00:01 (+1 day) to 01:01 (+1 day), does not lie on its day"
    assert text in texts(drive_home("24:01", 60))


def rainy_visit(dry: int) -> Pair:
    """Out by a night train, three days in town, the tower in the open on the last full one; only one day is dry."""
    trip, plan = NIGHT_ON_THE_WAY
    city = anew(
        CITY,
        eateries=(),
        sights=(Sight(id="tower", name="Tower", visit_minutes=60, score=10, price=100),),
        rain_percent={MON + timedelta(days=number): 90 for number in range(5) if number != dry},
    )
    tower = [
        way("10:00", "10:20", "inn", "tower"),
        item("visit", "10:20", "11:20", "tower", cost=100),
        way("11:20", "11:40", "tower", "inn"),
    ]
    arrival = [item("arrival", "08:00", "08:30", "inn")]
    days = [
        day_in("town", MON, None, *plan.days[0].items),
        *(
            day_in("town", MON + timedelta(days=number), "inn", *found)
            for number, found in ((1, arrival), (2, []), (3, tower))
        ),
        day_in("town", MON + timedelta(days=4), None, *plan.days[2].items),
    ]
    later = plan_of(days, nights=3, first_night=1, score=10, activities=100)
    return anew(trip, day_count=5, cities=(city,)), later


@pytest.mark.parametrize(("dry", "rules"), [(0, set()), (1, {"weather"}), (2, {"weather"}), (4, set())])
def test_a_day_with_time_for_the_sight_in_the_city_is_a_better_day(dry: int, rules: set[Rule]) -> None:
    pair = rainy_visit(dry)
    assert broken(pair) == rules, texts(pair)


@pytest.mark.parametrize(
    ("opens", "closes", "rules"),
    [
        ("08:00", "09:59", set()),
        ("08:00", "10:00", {"weather"}),
        ("21:00", "22:00", {"weather"}),
        ("21:01", "24:00", set()),
    ],
)
def test_a_better_day_has_an_hour_between_those_of_the_day_or_of_its_evening(
    opens: str, closes: str, rules: set[Rule]
) -> None:
    """The visit takes an hour; sights are seen from nine to seven, what opens from four on until ten at night."""
    trip, plan = rainy_visit(2)
    wet, dry = MON + timedelta(days=3), MON + timedelta(days=2)
    tower = anew(trip.cities[0].sights[0], hours=hours("09:00", "19:00", wet) | hours(opens, closes, dry))
    pair = anew(trip, cities=(anew(trip.cities[0], sights=(tower,)),)), plan
    assert broken(pair) == rules, texts(pair)


def fair(starts: str, ends: str) -> Pair:
    """A single day of who is there already, with nothing but an event."""
    event = Event(id="fair", name="Fair", day=MON, starts=at(starts), ends=at(ends))
    city = anew(CITY, stays=(), sights=(), eateries=(), events=(event,))
    leave = f"{int(starts[:2]) - 1}:40"
    items = [way(leave, starts, "town", "fair"), item("visit", starts, ends, "fair")]
    plan = plan_of([day_in("town", MON, None, *items)], nights=0, score=10).model_copy(update={"left_out": ()})
    return trip_of(1, city, origin=None, wishes=Wishes(pace="relaxed")), plan


@pytest.mark.parametrize(
    ("starts", "ends", "rules"),
    [("08:00", "18:01", set()), ("15:00", "22:00", set()), ("20:00", "23:20", set()), ("20:00", "23:59", {"days"})],
)
def test_an_event_is_when_it_is_but_nobody_is_out_at_midnight(starts: str, ends: str, rules: set[Rule]) -> None:
    assert broken(fair(starts, ends)) == rules


def test_a_lunch_that_ends_the_plan_is_not_followed_by_a_rest() -> None:
    trip, plan = LOCALS
    rest = added(0, 2, item("rest", "15:00", "15:45", city="town"))
    pair = both(rest, without(1, 2, 3, 4))(anew(trip, wishes=Wishes(pace="relaxed")), plan)
    assert [text for text in texts(pair) if "rest" in text] == ["after lunch there is no rest of 45 minutes"]


def long_visit(ends: str) -> Pair:
    """Four hours at the tower from ten, with lunch on the spot and the rest of a slow day after it."""
    city = anew(CITY, stays=(), sights=(anew(CITY.sights[0], visit_minutes=240),))
    items = [
        meal("breakfast", "08:00", "08:45", "stand", 10),
        way("09:40", "10:00", "town", "tower"),
        item("visit", "10:00", "12:00", "tower", cost=100),
        meal("lunch", "12:00", "13:00", "stand", 10),
        item("rest", "13:00", "13:45"),
        item("continued", "13:45", ends, "tower"),
        meal("dinner", "18:00", "19:30", "stand", 10),
    ]
    plan = plan_of([day_in("town", MON, None, *items)], nights=0, food=30, score=10, activities=100)
    return trip_of(1, city, origin=None, wishes=Wishes(pace="relaxed")), plan


@pytest.mark.parametrize(("ends", "rules"), [("14:45", set()), ("14:00", {"sights"}), ("15:45", {"sights"})])
def test_lunch_on_the_spot_is_part_of_a_long_visit_and_the_rest_after_it_is_not(ends: str, rules: set[Rule]) -> None:
    assert broken(long_visit(ends)) == rules, texts(long_visit(ends))


def test_another_thing_in_place_of_the_rest_is_no_rest() -> None:
    assert "pace" in broken(item_with(1, 5, kind="travel", ref="thai", origin="thai")(TRIP, PLAN))


def test_a_home_without_legs_is_left_by_none() -> None:
    pair = plan_with(days=tuple(day.model_copy(update={"items": ()}) for day in PLAN.days))(TRIP, PLAN)
    assert "no leg leads from home anywhere" in texts(pair)


def test_days_before_and_after_the_trip_have_no_verdict_of_their_own() -> None:
    """They are no days of the trip, and that is all that is said of them."""
    extra = PLAN.days[4].model_copy(update={"day": MON + timedelta(days=9), "items": (), "city": "vienna"})
    pair = plan_with(days=(*PLAN.days, extra))(TRIP, PLAN)
    assert texts(pair) == ["2026-06-10 is no day of the trip"]


def test_one_is_back_home_only_at_the_end() -> None:
    trip, plan = ONE_DAY
    more = (*trip.legs, Leg(id="again", mode="drive", origin="home", destination="town", duration_minutes=1))
    pair = added(0, 8, item("leg", "25:00", "25:01", "again"))(anew(trip, legs=more), plan)
    assert "one is back at home before the trip is over" in texts(pair)
    assert "the last leg leads to town, not home to home" in texts(pair)


def test_the_first_night_of_a_stay_may_be_any() -> None:
    assert broken(stay_with(0, first_night=TUE)(*EARLY_DEPARTURE)) == {"stays"}


@pytest.mark.parametrize(("budget", "is_kept"), [(253750, True), (253749, False)])
def test_a_stay_that_nobody_knows_costs_what_the_plan_says(budget: int, is_kept: bool) -> None:
    unknown = both(stay_with(1, ref="nowhere"), day_with(3, stay="nowhere"))
    found = broken(both(unknown, wishes_with(budget=budget))(TRIP, PLAN))
    assert "facts" in found
    assert ("budget" not in found) is is_kept


def test_an_unknown_leg_leads_to_where_the_next_one_starts() -> None:
    pair = both(item_with(3, 2, ref="nowhere"), wishes_with(locks=()))(TRIP, PLAN)
    assert broken(pair) == {"facts"}, texts(pair)


def test_without_a_home_and_legs_the_plan_says_where_one_is() -> None:
    pair = plan_with(days=tuple(day.model_copy(update={"items": ()}) for day in PLAN.days))(TRIP, PLAN)
    trip = anew(pair[0], origin=None, legs=(), wishes=Wishes())
    assert "vienna is visited 1 times, not once" not in texts((trip, pair[1]))
    assert "prague is visited 0 times, not once" in texts((trip, pair[1]))

"""A plan that keeps every rule, spoilt in one place: the rule that this breaks says so, and no other does."""

from datetime import date

import pytest

from app.trips.check import Rule, check
from app.trips.plan import LeftOut, PlanDay, PlannedStay
from app.trips.problem import LegLock, MealLock, StayLock, VisitLock
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
    trip_with,
    wishes_with,
    without,
)
from tests.trips.check.two_cities import (
    FRI,
    MON,
    PLAN,
    PRAGUE,
    THU,
    TRIP,
    TUE,
    VIENNA,
    WED,
    at,
    item,
    meal,
    way,
)
from tests.trips.check.two_cities_spoilt import hours, rest, small_sights

SAT = date(2026, 6, 6)


MORE_CATHEDRAL = both(
    added(2, 7, item("visit", "16:00", "17:00", "cathedral", cost=1800, city="vienna")),
    costs_with(activities=1800, total=1800),
    plan_with(score=224 + 27),
)
SPLIT_STAY = plan_with(
    stays=(
        PlannedStay(ref="sacher", city="vienna", first_night=MON, nights=2, rooms=2, cost=60000),
        PlannedStay(ref="sacher", city="vienna", first_night=WED, nights=1, rooms=2, cost=30000),
        PLAN.stays[1],
    )
)
SPARE_DAY = PlanDay(day=SAT, city="prague", items=())
BISTRO_AGAIN = both(item_with(4, 4, ref="bistro", cost=5400), costs_with(food=600, total=600))
DRY_TUESDAY = city_with("vienna", rain_percent={TUE: 44, WED: 45})

SPOILT: dict[Rule, dict[str, Spoil]] = {
    "days": {
        "days out of order": plan_with(days=PLAN.days[::-1]),
        "a day more": plan_with(days=(*PLAN.days, SPARE_DAY)),
        "a day before": plan_with(days=(SPARE_DAY.model_copy(update={"day": date(2026, 5, 31)}), *PLAN.days)),
        "a day twice": plan_with(days=(*PLAN.days[:2], PLAN.days[1].model_copy(update={"items": ()}), *PLAN.days[2:])),
        "items out of order": items(0, lambda listed: [*listed[:9], listed[10], listed[9]]),
        "overlap by a minute": shifted(1, 1, 1),
        "overlap with one that lasts longer": both(
            rest("14:00", "17:00", "prague"), added(4, 8, item("rest", "14:20", "14:30", city="prague"))
        ),
        "overlap with the one before the last": both(
            both(rest("14:30", "18:00", "prague"), added(4, 8, item("rest", "14:40", "14:50", city="prague"))),
            added(4, 9, item("rest", "17:59", "18:10", city="prague")),
        ),
        "no time at all": rest("22:00", "22:00"),
        "end before start": rest("22:00", "21:59"),
        "out at midnight": rest("23:30", "24:00"),
        "out at night": rest("23:30", "23:46"),
        "past midnight": rest("23:30", "24:01"),
        "after midnight": rest("24:01", "24:30"),
        "up before six": added(1, 0, item("rest", "05:59", "06:30", city="vienna")),
    },
    "route": {
        "night elsewhere": day_with(3, city="vienna"),
        "night nowhere": day_with(3, city=None),
        "last night elsewhere": day_with(4, city="vienna"),
        "days miscounted": plan_with(cities=(("vienna", 2), ("prague", 3))),
        "cities swapped": plan_with(cities=(("prague", 2), ("vienna", 3))),
        "city forgotten": plan_with(cities=(("vienna", 3),)),
        "days as asked": city_with("vienna", days=2),
        "days as asked, too few": city_with("vienna", days=4),
        "another order": trip_with(cities=(PRAGUE, VIENNA)),
        "a leg from elsewhere": leg_with("train", origin="home"),
        "first leg from elsewhere": leg_with("flight out", origin="prague"),
    },
    "legs": {
        "not that day": leg_with("train", dates=(WED, FRI)),
        "departs at another time": shifted(0, 0, -1, 0),
        "arrives at another time": shifted(3, 2, 0, -1),
        "a means not wished for": wishes_with(excluded_modes=("train",)),
        "own car on some": leg_with("train", mode="drive"),
        "own car on the first": leg_with("flight out", mode="drive"),
        "own car and coach": both(
            both(leg_with("train", mode="drive"), leg_with("flight out", mode="drive")),
            leg_with("flight home", mode="coach"),
        ),
        "own car and taxi": both(
            both(leg_with("train", mode="drive"), leg_with("flight out", mode="drive")),
            both(leg_with("flight home", mode="taxi"), wishes_with(excluded_modes=())),
        ),
    },
    "presence": {
        "no arrival": without(0, 1),
        "no departure": without(3, 1),
        "no last departure": without(4, 7),
        "arrival late": shifted(3, 3, 1),
        "arrival long": shifted(3, 3, 0, 5),
        "departure early": shifted(4, 7, -1),
        "departure short": shifted(4, 7, 1, 0),
        "bags to the city": item_with(0, 1, ref="vienna"),
        "bags to another stay": item_with(0, 1, ref="hostel"),
        "bags from the city": item_with(3, 1, ref="vienna"),
        "second arrival": added(1, 0, item("arrival", "06:30", "07:00", "sacher", city="vienna")),
        "second departure": added(1, 11, item("departure", "22:00", "22:30", "sacher", city="vienna")),
        "two departures": added(4, 7, item("departure", "15:00", "15:30", "pension", city="prague")),
        "something at home": added(0, 0, item("rest", "06:30", "07:30", city="vienna")),
        "back home": added(4, 9, item("rest", "20:30", "20:45", city="prague")),
        "before the bags are down": both(
            shifted(3, 3, 5), added(3, 3, item("rest", "14:15", "14:20", city="prague"))
        ),
        "after the bags are up": both(
            shifted(3, 1, -5), added(3, 2, item("rest", "10:05", "10:10", city="vienna"))
        ),
    },
    "location": {
        "way too short": shifted(0, 7, 1, 0),
        "way too long": shifted(0, 9, 0, 1),
        "way left out": without(2, 1),
        "way to a meal left out": without(1, 3),
        "way from elsewhere": item_with(1, 8, origin="museum"),
        "way to elsewhere": item_with(1, 8, ref="museum"),
        "way to nothing": added(2, 7, way("16:00", "16:05", "cathedral", "cafe").model_copy(update={"city": "vienna"})),
        "not back for the night": without(2, 8),
        "not back for the bags": without(4, 6),
        "item in another city": item_with(1, 5, city="prague"),
        "item in no city": item_with(1, 5, city=None),
        "leg to another city": item_with(0, 0, city="prague"),
    },
    "stays": {
        "a night elsewhere": day_with(1, stay="hostel"),
        "a night nowhere": day_with(1, stay=None),
        "only night nowhere": day_with(3, stay=None),
        "a night on the last day": day_with(4, stay="pension"),
        "a night in another city on the last day": day_with(4, stay="sacher"),
        "a night less": stay_with(0, nights=2, cost=60000),
        "a night more": stay_with(0, nights=4, cost=120000),
        "first night late": stay_with(0, first_night=TUE),
        "a room less": stay_with(0, rooms=1, cost=45000),
        "a cent more": stay_with(0, cost=90001),
        "in two pieces": SPLIT_STAY,
        "too few nights": fact_with("stays", "sacher", min_nights=4),
        "too few rooms": fact_with("stays", "sacher", rooms=1),
        "another type of room": wishes_with(room_types=("entire home",)),
        "no known type of room": fact_with("stays", "sacher", room_type=None),
        "forbids what is needed": fact_with("stays", "pension", forbids=("pets",)),
        "forbids small children": fact_with("stays", "pension", forbids=("children under 10",)),
    },
    "meals": {
        "dinner dropped": both(without(1, 7), costs_with(food=-2400, total=-2400)),
        "breakfast dropped on the day of a leg": both(without(3, 0), costs_with(food=-3000, total=-3000)),
        "lunch dropped on the last day": both(without(4, 4, 5), costs_with(food=-4800, total=-4800)),
        "breakfast twice": both(
            added(4, 1, meal("breakfast", "08:15", "09:00", "pension breakfast", 2100).model_copy(
                update={"city": "prague"})),
            costs_with(food=2100, total=2100),
        ),
        "dinner late": item_with(0, 10, starts=at("20:31"), ends=at("22:01")),
        "dinner early": shifted(0, 10, -1),
        "dinner short": shifted(0, 10, 0, -1),
        "dinner long": shifted(0, 10, 0, 1),
        "some meal": item_with(0, 10, meal=None),
        "not served": fact_with("eateries", "hotel breakfast", meals=("lunch",)),
        "at one place twice": BISTRO_AGAIN,
    },
    "cuisines": {
        "one not had": wishes_with(cuisines=("Thai", "Italian")),
        "served, but not there": wishes_with(cuisines=("Bohemian",)),
    },
    "sights": {
        "past closing": fact_with("sights", "market", hours=hours("08:00", "11:29", TUE)),
        "before opening": fact_with("sights", "market", hours=hours("10:01", "13:00", TUE)),
        "closed": fact_with("sights", "market", hours=hours("08:00", "13:00", MON)),
        "never open": fact_with("sights", "market", hours={}),
        "over the lunch break": fact_with(
            "sights", "museum", hours={MON: (*hours("10:00", "11:00", MON)[MON], *hours("11:01", "18:00", MON)[MON])}
        ),
        "too short": fact_with("sights", "market", visit_minutes=91),
        "too long": fact_with("sights", "market", visit_minutes=89),
        "twice": MORE_CATHEDRAL,
        "event of another day": fact_with("events", "concert", day=WED),
        "event started already": fact_with("events", "concert", starts=at("19:59")),
    },
    "pace": {
        "too early": wishes_with(day_starts=at("10:01")),
        "too late": wishes_with(day_ends=at("16:14")),
        "late, and not for the evening": fact_with("sights", "night castle", hours=hours("15:59", "22:00", THU)),
        "late, and open in the morning too": fact_with("sights", "night castle", hours={
            THU: (*hours("10:00", "12:00", THU)[THU], *hours("18:00", "22:00", THU)[THU])}),
        "late, and open all day": fact_with("sights", "night castle", hours=None),
        "one too many": small_sights(2),
        "one too many, not all of them asked for": both(
            small_sights(2), wishes_with(include=("belvedere", "s0", "s1"))),
        "no rest": without(1, 5),
        "rest a minute short": shifted(1, 5, 0, -1),
        "rest a minute late": both(shifted(1, 5, 1), shifted(1, 6, 1)),
        "rest not at once": items(4, lambda listed: [
            one.model_copy(update={"starts": one.starts + 60, "ends": one.ends + 60}) if i in (5, 6) else one
            for i, one in enumerate(listed)]),
    },
    "weather": {
        "open on a dry day too": fact_with("sights", "market", hours=hours("08:00", "13:00", TUE, WED)),
        "perhaps in the open": fact_with(
            "sights", "market", hours=hours("08:00", "13:00", TUE, WED), indoor=None),
        "just fits on the dry day": fact_with(
            "sights", "market", hours=hours("08:00", "13:00", TUE) | hours("09:00", "11:30", WED)),
        "wet from 45 percent on": DRY_TUESDAY,
    },
    "wishes": {
        "not included": wishes_with(include=("zoo",)),
        "sight not included": wishes_with(include=("belvedere", "zoo")),
        "sight to be avoided": wishes_with(avoid=("museum",)),
        "eatery to be avoided": wishes_with(avoid=("beisl",)),
        "stay to be avoided": wishes_with(avoid=("pension",)),
        "leg to be avoided": wishes_with(avoid=("train",)),
        "visit on another day": wishes_with(locks=(VisitLock(id="museum", day=TUE),)),
        "visit at another time": wishes_with(locks=(VisitLock(id="museum", day=MON, starts=at("10:31")),)),
        "no such visit": wishes_with(locks=(VisitLock(id="zoo", day=FRI),)),
        "another stay": wishes_with(locks=(StayLock(id="hostel"),)),
        "leg on another day": wishes_with(locks=(LegLock(id="train", day=WED),)),
        "another leg": wishes_with(locks=(LegLock(id="drive on", day=THU),)),
        "meal on another day": wishes_with(locks=(MealLock(id="cafe", day=TUE, meal="dinner"),)),
        "another meal": wishes_with(locks=(MealLock(id="cafe", day=WED, meal="lunch"),)),
        "meal elsewhere": wishes_with(locks=(MealLock(id="beisl", day=WED, meal="dinner"),)),
    },
    "sums": {
        "a cent on a leg": item_with(0, 0, cost=30001),
        "a cent off a visit": item_with(0, 3, cost=4499),
        "a cent on a meal": item_with(0, 5, cost=6001),
        "a cent on a rest": item_with(0, 6, cost=1),
        "a cent on an arrival": item_with(0, 1, cost=1),
        "fares forgotten": city_with("vienna", daily_fare=100),
        "fares of the days of the other city": both(
            city_with("vienna", daily_fare=100), costs_with(transportation=600, total=600)
        ),
        "price of one person": item_with(0, 3, cost=1500),
        "transportation": costs_with(transportation=1, total=1),
        "accommodation": costs_with(accommodation=1, total=1),
        "food": costs_with(food=1, total=1),
        "activities": costs_with(activities=-1, total=-1),
        "total": costs_with(total=1),
        "from one part to another": costs_with(food=1, activities=-1),
        "a dearer museum": fact_with("sights", "museum", price=1501),
    },
    "budget": {
        "a cent too dear": wishes_with(budget=253749),
        "no money at all": wishes_with(budget=0),
    },
    "facts": {
        "unknown sight": item_with(2, 2, ref="nowhere"),
        "unknown eatery": item_with(1, 7, ref="nowhere"),
        "unknown leg": item_with(0, 0, ref="nowhere"),
        "unknown last leg": item_with(4, 8, ref="nowhere"),
        "unknown stop": both(item_with(1, 8, ref="nowhere"), item_with(1, 8, origin="sacher")),
        "unknown origin of a way": item_with(1, 8, origin="nowhere"),
        "a way from nowhere": item_with(1, 8, origin=None),
        "unknown bags": item_with(0, 1, ref="nowhere"),
        "unknown city": item_with(1, 5, city="nowhere"),
        "unknown night": day_with(1, city="nowhere"),
        "unknown stay": day_with(1, stay="nowhere"),
        "stay in another city": day_with(1, stay="pension"),
        "unknown planned stay": stay_with(0, ref="nowhere"),
        "another unknown planned stay": plan_with(stays=(*PLAN.stays, PlannedStay(
            ref="nowhere", city="nowhere", first_night=TUE, nights=1, rooms=1, cost=0))),
        "a sight for a planned stay": stay_with(0, ref="bridge"),
        "unknown stay on the last day": day_with(4, stay="nowhere"),
        "planned stay in another city": stay_with(0, city="prague"),
        "planned stay in no city": stay_with(0, city="nowhere"),
        "visit without a name": item_with(2, 2, ref=None),
        "meal in another city": both(item_with(4, 0, ref="bakery", cost=2400), costs_with(food=300, total=300)),
        "a visit to an eatery": item_with(2, 2, ref="bakery"),
        "a rest at a sight": item_with(1, 5, ref="market"),
        "a rest from a sight": item_with(1, 5, origin="market"),
        "a rest for lunch": item_with(1, 5, meal="lunch"),
        "visited and left out": plan_with(left_out=(*PLAN.left_out, LeftOut(ref="museum", reason="wet", text="wet"))),
        "left out twice": plan_with(left_out=(*PLAN.left_out, PLAN.left_out[0])),
        "passed over": plan_with(left_out=PLAN.left_out[:1]),
        "unknown left out": plan_with(left_out=(*PLAN.left_out, LeftOut(ref="nowhere", reason="wet", text="wet"))),
        "eatery left out": plan_with(left_out=(*PLAN.left_out, LeftOut(ref="beisl", reason="wet", text="wet"))),
        "a point more": plan_with(score=225),
        "a point less": plan_with(score=223),
    },
}  # fmt: skip

CASES = [
    pytest.param(rule, spoil, id=f"{rule}: {name}") for rule, found in SPOILT.items() for name, spoil in found.items()
]


@pytest.mark.rows("S2-43")
@pytest.mark.parametrize(("rule", "spoil"), CASES)
def test_what_contradicts_the_facts_is_found_by_its_rule_alone(rule: Rule, spoil: Spoil) -> None:
    pair = spoil(TRIP, PLAN)
    assert broken(pair) == {rule}, texts(pair)
    assert not check(*pair).is_valid

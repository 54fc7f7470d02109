"""What lies just inside the rules is no fault: changes to a good plan after which it is as good as before."""

import pytest

from app.trips.check import check
from app.trips.problem import VisitLock
from tests.trips.check.spoiling import (
    Spoil,
    added,
    both,
    city_with,
    costs_with,
    fact_with,
    item_with,
    leg_with,
    plan_with,
    shifted,
    texts,
    trip_with,
    wishes_with,
)
from tests.trips.check.two_cities import MON, PLAN, PRAGUE, THU, TRIP, TUE, VIENNA, WED, at, item
from tests.trips.check.two_cities_spoilt import evening_concert, hours, rest, small_sights

STILL_GOOD: dict[str, Spoil] = {
    "as it is": plan_with(),
    "leg in the city it leads to": item_with(0, 0, city="vienna"),
    "leg in the place it comes from": item_with(0, 0, city="home"),
    "until the night": rest("23:30", "23:45"),
    "up at six": added(1, 0, item("rest", "06:00", "06:30", city="vienna")),
    "one after the other": added(1, 0, item("rest", "07:30", "08:00", city="vienna")),
    "any order": trip_with(cities=(PRAGUE, VIENNA), keep_order=False),
    "any days": city_with("vienna", days=None),
    "days of both": city_with("prague", days=2),
    "just enough nights and rooms": fact_with("stays", "sacher", min_nights=3, rooms=2),
    "any room": both(fact_with("stays", "sacher", room_type=None), wishes_with(room_types=None)),
    "rules that do not matter": fact_with("stays", "sacher", forbids=("smoking", "parties", "visitors")),
    "dinner at half past eight": item_with(0, 10, starts=at("20:30"), ends=at("22:00")),
    "breakfast at six": shifted(1, 0, -120),
    "until closing": fact_with("sights", "market", hours=hours("10:00", "11:30", TUE)),
    "from the day's start": wishes_with(day_starts=at("10:00"), day_ends=at("16:15")),
    "for the evening": fact_with("sights", "night castle", hours=hours("16:00", "21:30", THU)),
    "until ten": evening_concert("20:00", "22:00"),
    "past ten in a long day": both(evening_concert("20:00", "22:30"), wishes_with(day_ends=at("22:30"))),
    "as many as may be": small_sights(1),
    "four that were all asked for": both(small_sights(2), wishes_with(include=("belvedere", "prater", "s0", "s1"))),
    "four, one of them by lock": both(
        small_sights(2),
        wishes_with(include=("belvedere", "prater", "s0"), locks=(*TRIP.wishes.locks, VisitLock(id="s1", day=WED))),
    ),
    "wet, but asked for": both(
        fact_with("sights", "market", hours=hours("08:00", "13:00", TUE, WED)), wishes_with(include=("market",))
    ),
    "wet, but locked": both(
        fact_with("sights", "market", hours=hours("08:00", "13:00", TUE, WED)),
        wishes_with(locks=(*TRIP.wishes.locks, VisitLock(id="market", day=TUE))),
    ),
    "wet, but indoors": fact_with("sights", "market", hours=hours("08:00", "13:00", TUE, WED), indoor=True),
    "dry only on a day of travel": fact_with("sights", "market", hours=hours("08:00", "13:00", MON, TUE, THU)),
    "too short on the dry day": fact_with(
        "sights", "market", hours=hours("08:00", "13:00", TUE) | hours("09:00", "11:29", WED)
    ),
    "wet everywhere": city_with("vienna", rain_percent=dict.fromkeys((MON, TUE, WED, THU), 45)),
    "just the budget": wishes_with(budget=253750),
    "no budget": wishes_with(budget=None),
    "own car, and city transport": both(
        both(leg_with("train", mode="local"), leg_with("flight out", mode="drive")),
        leg_with("flight home", mode="drive"),
    ),
    "city transport and train": leg_with("train", mode="local"),
    "fares for each, on each of a city's days": both(
        both(city_with("vienna", daily_fare=100), city_with("prague", daily_fare=1)),
        both(costs_with(transportation=906, total=906), wishes_with(budget=254656)),
    ),
    "whole party in one car": both(leg_with("train", priced_per="vehicle", capacity=3, price=12000)),
    "what there is is included": wishes_with(include=("belvedere", "bakery")),
    "locks of one time": wishes_with(locks=(VisitLock(id="museum", day=MON, starts=at("10:30")),)),
}


def test_a_good_plan_keeps_every_rule() -> None:
    certificate = check(TRIP, PLAN)
    assert certificate.is_valid
    assert all(verdict.is_kept and verdict.checked and verdict.faults == () for verdict in certificate.verdicts)


@pytest.mark.parametrize("spoil", STILL_GOOD.values(), ids=STILL_GOOD.keys())
def test_what_is_allowed_is_not_called_a_fault(spoil: Spoil) -> None:
    assert texts(spoil(TRIP, PLAN)) == []

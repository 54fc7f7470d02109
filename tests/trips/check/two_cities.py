"""A trip of five days, Vienna and Prague, with its plan: written out by hand, sums and points included.

Three people, one of them a small child. Tuesday is wet. Apart from the tests because several files spoil it.
"""

from datetime import date
from typing import Any

from app.trips.plan import Costs, Item, ItemKind, LeftOut, Plan, PlanDay, PlannedStay
from app.trips.problem import (
    City,
    Eatery,
    Event,
    Leg,
    LegLock,
    Meal,
    MealLock,
    Party,
    Sight,
    Spot,
    Stay,
    StayLock,
    TravelTime,
    Trip,
    VisitLock,
    Window,
    Wishes,
)

MON, TUE, WED, THU, FRI = (date(2026, 6, day) for day in range(1, 6))


def at(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def daily(*hours: str) -> dict[date, tuple[Window, ...]]:
    """Of 10:00-12:00, 13:00-18:00: the same on each day of the trip."""
    windows = tuple(Window(opens=at(opens), closes=at(closes)) for opens, closes in (h.split("-") for h in hours))
    return dict.fromkeys((MON, TUE, WED, THU, FRI), windows)


def item(kind: ItemKind, starts: str, ends: str, ref: str | None = None, **more: Any) -> Item:
    return Item(kind=kind, starts=at(starts), ends=at(ends), ref=ref, **more)


def way(starts: str, ends: str, origin: str, ref: str) -> Item:
    return item("travel", starts, ends, ref, origin=origin)


def meal(name: Meal, starts: str, ends: str, ref: str, cost: int) -> Item:
    return item("meal", starts, ends, ref, meal=name, cost=cost)


def day_in(city: str, day: date, stay: str | None, *items: Item) -> PlanDay:
    """Items that do not say in which city they are, and are no legs, are in this one."""
    placed = tuple(i if i.city or i.kind == "leg" else i.model_copy(update={"city": city}) for i in items)
    return PlanDay(day=day, city=city, items=placed, stay=stay)


def both_ways(minutes: int, one: str, other: str) -> tuple[TravelTime, TravelTime]:
    return (
        TravelTime(origin=one, destination=other, minutes=minutes),
        TravelTime(origin=other, destination=one, minutes=minutes),
    )


CENTRE = Spot(latitude=48.2, longitude=16.37)
CATHEDRAL = Spot(latitude=48.2085, longitude=16.3735)
SUBURB = Spot(latitude=48.25, longitude=16.45)

VIENNA = City(
    id="vienna",
    name="Vienna",
    spot=CENTRE,
    days=3,
    rain_percent={TUE: 80, WED: 44},
    sights=(
        Sight(id="museum", name="Museum", spot=CENTRE, visit_minutes=90, hours=daily("10:00-12:00", "13:00-18:00"),
              price=1500, interests=("art", "history"), score=30, indoor=True),
        Sight(id="belvedere", name="Belvedere", spot=SUBURB, visit_minutes=120, hours=daily("09:00-18:00"),
              price=1400, interests=("art",), score=25, indoor=True),
        Sight(id="market", name="Flea market", spot=SUBURB, visit_minutes=90,
              hours={TUE: (Window(opens=at("08:00"), closes=at("13:00")),)}, score=5, indoor=False),
        Sight(id="prater", name="Prater", spot=SUBURB, visit_minutes=120, score=12, indoor=False),
        Sight(id="cathedral", name="Cathedral", spot=CATHEDRAL, visit_minutes=60, hours=daily("09:00-20:00"),
              price=600, interests=("history", "music"), score=18, indoor=True),
        Sight(id="wheel", name="Wheel", spot=SUBURB, visit_minutes=30, hours=daily("10:00-22:00"), score=40),
    ),
    events=(
        Event(id="concert", name="Concert", spot=CENTRE, day=TUE, starts=at("20:00"), ends=at("21:30"),
              price=5000, interests=("music",), score=20, indoor=True),
    ),
    eateries=(
        Eatery(id="hotel breakfast", name="Breakfast", price=1000, is_generic=True, meals=("breakfast",)),
        Eatery(id="bakery", name="A bakery", price=800, is_generic=True),
        Eatery(id="beisl", name="Beisl", spot=CENTRE, price=2000, cuisines=("Austrian",), meals=("lunch", "dinner")),
        Eatery(id="thai", name="Thai", spot=CENTRE, price=1500, cuisines=("thai", "Asian"), meals=("lunch", "dinner")),
        Eatery(id="cafe", name="Cafe", spot=CATHEDRAL, price=2500, meals=("lunch", "dinner")),
    ),
    stays=(
        Stay(id="sacher", name="Sacher", nightly=15000, rooms=4, room_type="private room", min_nights=3,
             forbids=("smoking",)),
        Stay(id="hostel", name="Hostel", spot=SUBURB, nightly=3000, capacity=8, room_type="private room"),
        Stay(id="palace", name="Palace", nightly=90000, rooms=1, room_type="private room"),
    ),
)  # fmt: skip
PRAGUE = City(
    id="prague",
    name="Prague",
    sights=(
        Sight(id="bridge", name="Bridge", visit_minutes=60, interests=("history",), score=20),
        Sight(id="castle", name="Castle", visit_minutes=120, hours=daily("09:00-17:00"), price=1250,
              interests=("history", "art"), score=30, indoor=True),
        Sight(id="night castle", name="The castle by night", visit_minutes=60, hours=daily("18:00-22:00"),
              price=1000, score=8),
        Sight(id="zoo", name="Zoo", visit_minutes=180, hours=daily("09:00-16:00"), price=900, score=10),
    ),
    eateries=(
        Eatery(id="pension breakfast", name="Breakfast", price=700, is_generic=True),
        Eatery(id="bistro", name="Bistro", price=1800),
        Eatery(id="brewery", name="Brewery", spot=CENTRE, price=1600),
    ),
    stays=(Stay(id="pension", name="Pension", nightly=8000, room_type="private room", forbids=("visitors",)),),
)  # fmt: skip

TRIP = Trip(
    first_day=MON,
    day_count=5,
    currency="EUR",
    origin="home",
    cities=(VIENNA, PRAGUE),
    legs=(
        Leg(id="flight out", mode="flight", origin="home", destination="vienna", dates=(MON,), departs=at("08:00"),
            arrives=at("09:45"), price=10000),
        Leg(id="train", mode="train", origin="vienna", destination="prague", dates=(WED, THU), departs=at("10:10"),
            arrives=at("14:15"), price=4000),
        Leg(id="flight home", mode="flight", origin="prague", destination="home", departs=at("19:00"),
            arrives=at("20:30"), price=9000),
        Leg(id="drive out", mode="drive", origin="home", destination="vienna", duration_minutes=105, price=10000,
            priced_per="vehicle", capacity=5),
        Leg(id="drive on", mode="drive", origin="vienna", destination="prague", duration_minutes=245, price=3500,
            priced_per="vehicle", capacity=2),
        Leg(id="drive home", mode="drive", origin="prague", destination="home", duration_minutes=90, price=9000,
            priced_per="vehicle", capacity=5),
        Leg(id="taxi on", mode="taxi", origin="vienna", destination="prague", duration_minutes=245, price=12000,
            priced_per="vehicle", capacity=3),
    ),
    travel=(
        *both_ways(15, "sacher", "museum"), *both_ways(10, "museum", "beisl"), *both_ways(20, "beisl", "belvedere"),
        *both_ways(15, "belvedere", "sacher"), *both_ways(10, "sacher", "market"), *both_ways(15, "market", "thai"),
        *both_ways(10, "thai", "sacher"), *both_ways(10, "sacher", "concert"), *both_ways(25, "sacher", "prater"),
        *both_ways(20, "prater", "cathedral"), *both_ways(5, "cafe", "sacher"), *both_ways(10, "pension", "bridge"),
        *both_ways(15, "castle", "brewery"), *both_ways(10, "brewery", "pension"),
    ),
    party=Party(adults=2, children=1, children_under_10=1),
    wishes=Wishes(
        budget=260000, pace="relaxed", interests={"art": 10, "history": 7, "music": 4}, cuisines=("Thai",),
        room_types=("private room",), house_needs=("pets",), excluded_modes=("taxi",), include=("belvedere",),
        avoid=("wheel",),
        locks=(VisitLock(id="concert", day=TUE), VisitLock(id="cathedral", day=WED, starts=at("14:05")),
               StayLock(id="pension"), LegLock(id="train", day=THU), MealLock(id="cafe", day=WED, meal="dinner")),
    ),
)  # fmt: skip

PLAN = Plan(
    days=(
        day_in(
            "vienna", MON, "sacher",
            item("leg", "08:00", "09:45", "flight out", cost=30000),
            item("arrival", "09:45", "10:15", "sacher"),
            way("10:15", "10:30", "sacher", "museum"),
            item("visit", "10:30", "12:00", "museum", cost=4500),
            way("12:00", "12:10", "museum", "beisl"),
            meal("lunch", "12:10", "13:10", "beisl", 6000),
            item("rest", "13:10", "13:55"),
            way("13:55", "14:15", "beisl", "belvedere"),
            item("visit", "14:15", "16:15", "belvedere", cost=4200),
            way("16:15", "16:30", "belvedere", "sacher"),
            meal("dinner", "18:00", "19:30", "bakery", 2400),
        ),
        day_in(
            "vienna", TUE, "sacher",
            meal("breakfast", "08:00", "08:45", "hotel breakfast", 3000),
            way("09:50", "10:00", "sacher", "market"),
            item("visit", "10:00", "11:30", "market"),
            way("11:30", "11:45", "market", "thai"),
            meal("lunch", "12:00", "13:00", "thai", 4500),
            item("rest", "13:00", "13:45"),
            way("13:45", "13:55", "thai", "sacher"),
            meal("dinner", "18:00", "19:30", "bakery", 2400),
            way("19:30", "19:40", "sacher", "concert"),
            item("visit", "20:00", "21:30", "concert", cost=15000),
            way("21:30", "21:40", "concert", "sacher"),
        ),
        day_in(
            "vienna", WED, "sacher",
            meal("breakfast", "08:30", "09:15", "hotel breakfast", 3000),
            way("09:35", "10:00", "sacher", "prater"),
            item("visit", "10:00", "12:00", "prater"),
            meal("lunch", "12:00", "13:00", "bakery", 2400),
            item("rest", "13:00", "13:45"),
            way("13:45", "14:05", "prater", "cathedral"),
            item("visit", "14:05", "15:05", "cathedral", cost=1800),
            meal("dinner", "18:00", "19:30", "cafe", 7500),
            way("19:30", "19:35", "cafe", "sacher"),
        ),
        day_in(
            "prague", THU, "pension",
            item("meal", "08:00", "08:45", "hotel breakfast", meal="breakfast", cost=3000, city="vienna"),
            item("departure", "09:40", "10:10", "sacher", city="vienna"),
            item("leg", "10:10", "14:15", "train", cost=12000),
            item("arrival", "14:15", "14:45", "pension"),
            way("14:50", "15:00", "pension", "bridge"),
            item("visit", "15:00", "16:00", "bridge"),
            way("16:00", "16:10", "bridge", "pension"),
            meal("dinner", "18:30", "20:00", "bistro", 5400),
            way("20:05", "20:25", "pension", "night castle"),
            item("visit", "20:30", "21:30", "night castle", cost=3000),
            way("21:30", "21:50", "night castle", "pension"),
        ),
        day_in(
            "prague", FRI, None,
            meal("breakfast", "07:30", "08:15", "pension breakfast", 2100),
            way("09:40", "10:00", "pension", "castle"),
            item("visit", "10:00", "12:00", "castle", cost=3750),
            way("12:00", "12:15", "castle", "brewery"),
            meal("lunch", "12:15", "13:15", "brewery", 4800),
            item("rest", "13:15", "14:00"),
            way("14:00", "14:10", "brewery", "pension"),
            item("departure", "18:30", "19:00", "pension"),
            item("leg", "19:00", "20:30", "flight home", cost=27000),
        ),
    ),
    cities=(("vienna", 3), ("prague", 2)),
    stays=(
        PlannedStay(ref="sacher", city="vienna", first_night=MON, nights=3, rooms=2, cost=90000),
        PlannedStay(ref="pension", city="prague", first_night=THU, nights=1, rooms=2, cost=16000),
    ),
    costs=Costs(transportation=69000, accommodation=106000, food=46500, activities=32250, total=253750),
    score=224,
    left_out=(
        LeftOut(ref="wheel", reason="avoided", text="as wished"),
        LeftOut(ref="zoo", reason="no time", text="no time"),
    ),
)  # fmt: skip

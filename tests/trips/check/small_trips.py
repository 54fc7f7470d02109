"""Short trips and their plans, one for each odd way to come and go; each of them keeps every rule."""

from collections.abc import Sequence
from datetime import timedelta

from app.trips.plan import Costs, LeftOut, Plan, PlanDay, PlannedStay
from app.trips.problem import City, Eatery, Event, Leg, Sight, Stay, Trip, Wishes
from tests.trips.check.spoiling import anew
from tests.trips.check.two_cities import MON, TUE, at, day_in, item, meal, way

CITY = City(
    id="town",
    name="Town",
    sights=(Sight(id="tower", name="Tower", visit_minutes=60, score=10, price=100, indoor=True),),
    eateries=(Eatery(id="stand", name="A stand", price=10, is_generic=True),),
    stays=(Stay(id="inn", name="Inn", nightly=1000),),
)
NO_STAYS = anew(CITY, stays=())
UNSEEN = (LeftOut(ref="tower", reason="no time", text="no time"),)


def trip_of(days: int, city: City, *legs: Leg, origin: str | None = "home", wishes: Wishes | None = None) -> Trip:
    return Trip(
        first_day=MON,
        day_count=days,
        currency="EUR",
        origin=origin,
        cities=(city,),
        legs=legs,
        wishes=wishes or Wishes(),
    )


def leg(ref: str, departs: str, arrives: str) -> Leg:
    ends = ("home", "town") if ref == "out" else ("town", "home")
    return Leg(id=ref, mode="train", origin=ends[0], destination=ends[1], departs=at(departs), arrives=at(arrives))


def plan_of(
    days: Sequence[PlanDay], nights: int, first_night: int = 0, food: int = 0, score: int = 0, activities: int = 0
) -> Plan:
    """In that one city, with nights in its inn, and tickets for the tower where there are `activities`."""
    stay = PlannedStay(
        ref="inn",
        city="town",
        first_night=MON + timedelta(days=first_night),
        nights=max(nights, 1),
        rooms=1,
        cost=1000 * nights,
    )
    total = 1000 * nights + food + activities
    return Plan(
        days=tuple(days),
        cities=(("town", len(days)),),
        stays=(stay,) if nights else (),
        costs=Costs(transportation=0, accommodation=1000 * nights, food=food, activities=activities, total=total),
        score=score,
        left_out=() if activities else UNSEEN,
    )


ONE_DAY = (
    trip_of(
        1,
        CITY,
        Leg(id="out", mode="drive", origin="home", destination="town", duration_minutes=120),
        Leg(id="back", mode="drive", origin="town", destination="home", duration_minutes=330),
    ),
    plan_of(
        [
            day_in(
                "town", MON, None,
                item("leg", "07:30", "09:30", "out"),
                item("arrival", "09:30", "10:00", "town"),
                way("10:00", "10:20", "town", "tower"),
                item("visit", "10:20", "11:20", "tower", cost=100),
                way("11:20", "11:40", "tower", "town"),
                meal("lunch", "12:00", "13:00", "stand", 10),
                item("departure", "18:30", "19:00", "town"),
                item("leg", "19:00", "24:30", "back"),
            )
        ],
        nights=0, food=10, score=10, activities=100,
    ),
)  # fmt: skip

# Nobody comes or goes, and nothing needs a stay; the last day may end anywhere.
LOCALS = (
    trip_of(2, NO_STAYS, origin=None),
    plan_of(
        [
            day_in(
                "town", MON, None,
                meal("breakfast", "06:00", "06:45", "stand", 10),
                meal("lunch", "14:00", "15:00", "stand", 10),
                meal("dinner", "20:30", "22:00", "stand", 10),
            ),
            day_in(
                "town", TUE, None,
                meal("breakfast", "10:00", "10:45", "stand", 10),
                meal("lunch", "12:00", "13:00", "stand", 10),
                way("13:00", "13:20", "town", "tower"),
                item("visit", "13:20", "14:20", "tower", cost=100),
                meal("dinner", "18:00", "19:30", "stand", 10),
            ),
        ],
        nights=0, food=60, score=10, activities=100,
    ),
)  # fmt: skip

# One night in a train, one in the inn, and home before breakfast.
NIGHT_ON_THE_WAY = (
    trip_of(3, CITY, leg("out", "21:00", "32:00"), leg("back", "06:00", "09:00")),
    plan_of(
        [
            day_in("town", MON, None, item("leg", "21:00", "32:00", "out")),
            day_in(
                "town", TUE, "inn",
                item("arrival", "08:00", "08:30", "inn"),
                meal("breakfast", "09:00", "09:45", "stand", 10),
                meal("lunch", "12:00", "13:00", "stand", 10),
                meal("dinner", "18:00", "19:30", "stand", 10),
            ),
            day_in(
                "town", TUE + timedelta(days=1), None,
                item("departure", "05:30", "06:00", "inn"),
                item("leg", "06:00", "09:00", "back"),
            ),
        ],
        nights=1, first_night=1, food=30,
    ),
)  # fmt: skip


def _arriving(arrives: str, bags_on_day: int = 0, bags: tuple[str, str] | None = None) -> tuple[Trip, Plan]:
    """Out at 20:00, home at 12:00 two days later; `bags`: when the arrival is, if there is one."""
    arrival = [item("arrival", *bags, ref="inn")] if bags else []
    nights = 1 if at(arrives) > at("24:00") else 2
    days = [
        day_in(
            "town", MON, "inn" if nights == 2 else None,
            item("leg", "20:00", arrives, "out"),
            *(arrival if bags_on_day == 0 else []),
        ),
        day_in(
            "town", TUE, "inn",
            *(arrival if bags_on_day == 1 else []),
            meal("breakfast", "08:00", "08:45", "stand", 10),
            meal("lunch", "12:00", "13:00", "stand", 10),
            meal("dinner", "18:00", "19:30", "stand", 10),
        ),
        day_in(
            "town", TUE + timedelta(days=1), None,
            meal("breakfast", "08:00", "08:45", "stand", 10),
            item("departure", "11:30", "12:00", "inn"),
            item("leg", "12:00", "15:00", "back"),
        ),
    ]  # fmt: skip
    trip = trip_of(3, CITY, leg("out", "20:00", arrives), leg("back", "12:00", "15:00"))
    return trip, plan_of(days, nights=nights, first_night=2 - nights, food=40)


AFTER_MIDNIGHT = _arriving("24:20", 1, ("00:20", "00:50"))
JUST_IN_TIME = _arriving("23:30", 0, ("23:30", "24:00"))
TOO_LATE_FOR_BAGS = _arriving("23:31")
# At midnight sharp it is late on one day, and early on the next: both are fair.
AT_MIDNIGHT = _arriving("24:00")
AT_MIDNIGHT_WITH_BAGS = _arriving("24:00", 1, ("00:00", "00:30"))

# Away so soon after midnight that the bags are packed the evening before.
EARLY_DEPARTURE = (
    trip_of(2, CITY, leg("out", "07:00", "10:00"), leg("back", "00:20", "20:00")),
    plan_of(
        [
            day_in(
                "town", MON, "inn",
                item("leg", "07:00", "10:00", "out"),
                item("arrival", "10:00", "10:30", "inn"),
                meal("lunch", "12:00", "13:00", "stand", 10),
                meal("dinner", "18:00", "19:30", "stand", 10),
            ),
            day_in("town", TUE, None, item("leg", "00:20", "20:00", "back")),
        ],
        nights=1, food=20,
    ),
)  # fmt: skip

# An event before the day's start, and nothing to eat at.
_DAWN = anew(
    CITY,
    eateries=(),
    sights=(),
    events=(Event(id="dawn", name="Dawn", day=MON, starts=at("06:30"), ends=at("07:00")),),
)
SUNRISE = (
    trip_of(1, _DAWN, origin=None),
    plan_of(
        [day_in("town", MON, None, way("06:10", "06:30", "town", "dawn"), item("visit", "06:30", "07:00", "dawn"))],
        nights=0, score=10,
    ).model_copy(update={"left_out": ()}),
)  # fmt: skip

SMALL = {
    "one day": ONE_DAY,
    "locals": LOCALS,
    "night on the way": NIGHT_ON_THE_WAY,
    "after midnight": AFTER_MIDNIGHT,
    "just in time": JUST_IN_TIME,
    "too late for bags": TOO_LATE_FOR_BAGS,
    "at midnight": AT_MIDNIGHT,
    "at midnight, with bags": AT_MIDNIGHT_WITH_BAGS,
    "early departure": EARLY_DEPARTURE,
    "sunrise": SUNRISE,
}

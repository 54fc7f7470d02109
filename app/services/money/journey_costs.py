"""What a journey costs: rules of thumb by mode, in euros, each said in words. No fare is quoted.

The flight formula was set against usual return fares (Paris-Rome about 170, Paris-New Delhi about 600, London-Sydney
about 1,450 euros in economy class); the driving rate covers fuel and tolls of an ordinary car.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.trips.reports import RouteOption
from app.trips.request import BudgetRange

CURRENCY = "EUR"

# A seat one way: a fixed part for airports and taxes, and so much a kilometre. Luxury stands for business class.
_SEAT_BASE: dict[BudgetRange, Decimal] = {
    "budget": Decimal(30),
    "mid-range": Decimal(40),
    "luxury": Decimal(140),
}
_SEAT_KM: dict[BudgetRange, Decimal] = {
    "budget": Decimal("0.035"),
    "mid-range": Decimal("0.04"),
    "luxury": Decimal("0.14"),
}
_CAR_KM: dict[BudgetRange, Decimal] = {
    "budget": Decimal("0.15"),
    "mid-range": Decimal("0.20"),
    "luxury": Decimal("0.35"),
}
SEATS_IN_A_CAR = 4


@dataclass(frozen=True)
class JourneyCost:
    """For the whole party, in euros. `basis`: the reckoning in words, without conversion."""

    label: str
    amount: Decimal
    basis: str


@dataclass(frozen=True)
class _Course:
    """`words`: from where to where. `ways`: how often the distance is travelled."""

    words: str
    ways: int

    @property
    def ways_text(self) -> str:
        return "1 way" if self.ways == 1 else f"{self.ways} ways"


def journey_cost(route: RouteOption, travelers_count: int, budget_range: BudgetRange) -> JourneyCost:
    """The cost of `route` both ways. Distances count in whole kilometres."""
    if route.mode == "none":
        return JourneyCost("No journey", Decimal(0), "origin and destination are the same place")
    return _cost(route, _Course("there and back", 2), travelers_count, budget_range)


def leg_cost(route: RouteOption, start: str, end: str, travelers_count: int, budget_range: BudgetRange) -> JourneyCost:
    """The cost of `route` one way, from `start` to `end`, by the same rules."""
    course = _Course(f"from {start} to {end}", 1)
    if route.mode == "none":
        return JourneyCost(f"No journey {course.words}", Decimal(0), "so near that local transport will do")
    return _cost(route, course, travelers_count, budget_range)


def _cost(route: RouteOption, course: _Course, travelers_count: int, budget_range: BudgetRange) -> JourneyCost:
    km = int(route.distance_km + 0.5)
    if route.mode == "flight":
        return _flight(km, course, travelers_count, budget_range)
    if route.mode == "driving":
        return _drive(km, course, travelers_count, budget_range)
    how = "by bicycle" if route.mode == "cycling" else "on foot"
    label = f"{course.words[0].upper()}{course.words[1:]} {how}"
    return JourneyCost(label, Decimal(0), f"{course.ways} x {km:,} km {how}; no fare, and no hire is reckoned")


def _flight(km: int, course: _Course, travelers_count: int, budget_range: BudgetRange) -> JourneyCost:
    base, a_km = _SEAT_BASE[budget_range], _SEAT_KM[budget_range]
    seat = (base + a_km * km).quantize(Decimal("0.01"))
    cabin = "business class" if budget_range == "luxury" else "economy class"
    return JourneyCost(
        f"{'Flight' if course.ways == 1 else 'Flights'} {course.words}, {cabin}",
        seat * course.ways * travelers_count,
        f"{_people(travelers_count)} x {course.ways_text} x {seat:,} EUR a seat"
        f" ({base} EUR + {a_km} EUR a km x {km:,} km; a rule of thumb, not a fare)",
    )


def _drive(km: int, course: _Course, travelers_count: int, budget_range: BudgetRange) -> JourneyCost:
    cars = -(-travelers_count // SEATS_IN_A_CAR)
    rate = _CAR_KM[budget_range]
    party = "1 car" if cars == 1 else f"{cars} cars"
    return JourneyCost(
        f"Driving {course.words}, fuel and tolls",
        rate * km * course.ways * cars,
        f"{party} x {course.ways_text} x {km:,} km x {rate} EUR a km (a rule of thumb; no car hire)",
    )


def _people(count: int) -> str:
    return "1 traveller" if count == 1 else f"{count} travellers"

"""TravelPlanner's commonsense and hard rules, on our plans; it knows nothing of how they were made."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from app.trips.plan import Plan, PlanDay
from benchmarks.travelplanner.form import (
    BANNED,
    ENTRIES,
    FILLED_SHARE,
    HOME,
    ROOM_TYPES,
    ROOMS_FOR,
    SEATS,
    Accommodation,
    Instance,
)


@dataclass(frozen=True)
class Record:
    """A day as the form has it. `start`, `end`: the same on a day without travel. `ways`: names of what is taken."""

    start: str
    end: str
    ways: tuple[str, ...]
    meals: dict[str, str]
    attractions: tuple[str, ...]
    accommodation: str | None

    @property
    def is_travel(self) -> bool:
        return self.start != self.end

    @property
    def filled(self) -> int:
        """Of the day's entries, the city among them."""
        return 1 + bool(self.ways) + len(self.meals) + bool(self.attractions) + (self.accommodation is not None)


def records(found: Instance, plan: Plan) -> list[Record]:
    result: list[Record] = []
    where = HOME
    for day in plan.days:
        ways = tuple(item.ref or "" for item in day.items if item.kind == "leg")
        start = where
        for name in ways:
            where = _ends(found, name)[1]
        result.append(_record(day, start, where, ways))
    return result


def _record(day: PlanDay, start: str, end: str, ways: tuple[str, ...]) -> Record:
    return Record(
        start=start,
        end=end,
        ways=ways,
        meals={item.meal or "": item.ref or "" for item in day.items if item.kind == "meal"},
        attractions=tuple(item.ref or "" for item in day.items if item.kind == "visit"),
        accommodation=day.stay,
    )


def broken_rules(found: Instance, plan: Plan) -> dict[str, str]:
    """What is wrong by rule of TravelPlanner; {} for a plan that passes."""
    days = records(found, plan)
    unknown = next(_unknown(found, days), None)
    if unknown is not None:
        return {"in the sandbox": unknown}
    faults = {
        "complete": _missing(found, days),
        "current city": _elsewhere(found, days),
        "reasonable route": _route_fault(found, days),
        "restaurants differ": _repeated([name for day in days for name in day.meals.values()]),
        "attractions differ": _repeated([name for day in days for name in day.attractions]),
        "transport not mixed": _mixed(days),
        "minimum nights": _too_short(found, days),
        "budget": _over_budget(found, days),
        **_broken_wishes(found, days),
    }
    return {rule: fault for rule, fault in faults.items() if fault is not None}


def _unknown(found: Instance, days: Sequence[Record]) -> Iterator[str]:
    sights = {place.name for place in found.attractions}
    roads = {f"{mode} {road.origin}-{road.destination}" for road in found.roads for mode in SEATS}
    flights = {flight.number: flight for flight in found.flights}
    for day, when in zip(days, found.days, strict=False):
        yield from (name for name in day.meals.values() if name not in found.restaurants_by_name)
        yield from (name for name in day.attractions if name not in sights)
        yield from (name for name in day.ways if name not in roads and name not in flights)
        yield from (f"{name} on {when}" for name in day.ways if name in flights and flights[name].day != when)
        if day.accommodation is not None and day.accommodation not in found.accommodations_by_name:
            yield day.accommodation


def _missing(found: Instance, days: Sequence[Record]) -> str | None:
    if len(days) != len(found.days):
        return f"{len(days)} days"
    if {day.end for day in days} - {HOME} != set(found.cities):
        return "not all cities, or others"
    for number, day in enumerate(days, 1):
        if day.is_travel != bool(day.ways):
            return f"day {number}: the city changes without transport, or transport leads nowhere"
        if not day.is_travel and not day.attractions:
            return f"day {number}: no attraction"
        if not day.is_travel and len(day.meals) < 3:
            return f"day {number}: {len(day.meals)} meals"
        if number < len(days) and day.accommodation is None:
            return f"day {number}: no accommodation"
    filled = sum(day.filled for day in days)
    return "less than half of it" if filled < FILLED_SHARE * ENTRIES * len(days) else None


def _elsewhere(found: Instance, days: Sequence[Record]) -> str | None:
    city_of = {place.name: place.city for place in found.restaurants}
    city_of |= {place.name: place.city for place in found.attractions}
    city_of |= {house.name: house.city for house in found.accommodations}
    for number, day in enumerate(days, 1):
        for name in (*day.meals.values(), *day.attractions):
            if city_of[name] not in (day.start, day.end):
                return f"day {number}: {name}"
        if day.accommodation is not None and city_of[day.accommodation] != day.end:
            return f"day {number}: {day.accommodation}"
    return None


def _route_fault(found: Instance, days: Sequence[Record]) -> str | None:
    """From home through each city in one go and home again; a city is more than passed through."""
    if days[0].start != HOME or days[-1].end != HOME:
        return "not from home and back"
    ends = [name for day in days for name in _ends_of(day)]
    blocks = [ends[0], *(after for before, after in pairwise(ends) if after != before)]
    inner = blocks[1:-1]
    if HOME in inner or len(inner) != len(set(inner)):
        return f"{' - '.join(blocks)}"
    passed = [city for city in inner if ends.count(city) == 1]
    way = next((name for day in days for name, leads in _chain(found, day) if not leads), None)
    return f"only passed through: {passed[0]}" if passed else way


def _ends_of(day: Record) -> tuple[str, ...]:
    return (day.start, day.end) if day.is_travel else (day.end,)


def _chain(found: Instance, day: Record) -> Iterator[tuple[str, bool]]:
    """Each way with whether it starts where one is."""
    where = day.start
    for name in day.ways:
        start, end = _ends(found, name)
        yield name, start == where
        where = end


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _mixed(days: Sequence[Record]) -> str | None:
    modes = {_mode(name) for day in days for name in day.ways}
    return None if modes == {"drive"} or "drive" not in modes else ", ".join(sorted(modes))


def _too_short(found: Instance, days: Sequence[Record]) -> str | None:
    nights = Counter(day.accommodation for day in days if day.accommodation is not None)
    houses = found.accommodations_by_name
    return next((name for name, count in nights.items() if count < houses[name].minimum_nights), None)


def _over_budget(found: Instance, days: Sequence[Record]) -> str | None:
    total = 0
    for day in days:
        total += sum(_way_cost(found, name) for name in day.ways)
        total += sum(found.restaurants_by_name[name].average_cost * found.people for name in day.meals.values())
        if day.accommodation is not None:
            total += night_cost(found, found.accommodations_by_name[day.accommodation])
    return None if total <= found.budget else f"{total} of {found.budget}"


def _broken_wishes(found: Instance, days: Sequence[Record]) -> dict[str, str | None]:
    houses = [found.accommodations_by_name[day.accommodation] for day in days if day.accommodation is not None]
    served = {
        cuisine for day in days for name in day.meals.values() for cuisine in found.restaurants_by_name[name].cuisines
    }
    rooms = ROOM_TYPES if found.room_type is None else ROOMS_FOR[found.room_type]
    banned = None if found.transportation is None else BANNED[found.transportation]
    return {
        "house rule": next((house.name for house in houses if found.house_rule in house.house_rules), None),
        "room type": next((house.name for house in houses if house.room_type not in rooms), None),
        "cuisine": next((cuisine for cuisine in found.cuisines if cuisine not in served), None),
        "transportation": next((name for day in days for name in day.ways if _mode(name) == banned), None),
    }


def _mode(name: str) -> str:
    first = name.partition(" ")[0]
    return first if first in SEATS else "flight"


def _ends(found: Instance, name: str) -> tuple[str, str]:
    if _mode(name) != "flight":
        start, _, end = name.partition(" ")[2].partition("-")
        return start, end
    return next(((flight.origin, flight.destination) for flight in found.flights if flight.number == name), ("", ""))


def _way_cost(found: Instance, name: str) -> int:
    mode, ends = _mode(name), _ends(found, name)
    if mode == "flight":
        return next(flight.price for flight in found.flights if flight.number == name) * found.people
    return next(road for road in found.roads if (road.origin, road.destination) == ends).cost(mode, found.people)


def night_cost(found: Instance, house: Accommodation) -> int:
    return house.price * ceil(found.people / house.maximum_occupancy)

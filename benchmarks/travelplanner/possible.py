"""What an instance costs at least, if it can be had at all: every order, share of days and way is tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations, product

from app.trips.problem import (
    DAY_MINUTES,
)
from benchmarks.travelplanner.form import BANNED, HOME, ROOM_TYPES, ROOMS_FOR, SEATS, Cost, Instance
from benchmarks.travelplanner.judge import night_cost
from benchmarks.travelplanner.mapping import can_be_driven


@dataclass(frozen=True)
class Way:
    """A means of travel on a day. `departs`, `arrives`: minutes of that day."""

    mode: str
    departs: int
    arrives: int
    cost: int


def least_cost(found: Instance, how: Cost) -> int | None:
    """In dollars, the budget aside; None where no plan keeps the rules."""
    tables = _Tables(found)
    best: int | None = None
    for order in permutations(found.cities):
        for cuts in combinations(range(1, len(found.days)), len(order) - 1):
            first_days = (0, *cuts)
            nights = [end - start for start, end in zip(first_days, (*cuts, len(found.days) - 1), strict=True)]
            stays = [tables.stay(city, count) for city, count in zip(order, nights, strict=True)]
            if None in stays or 0 in nights:
                continue
            fixed = sum(cost for cost in stays if cost is not None)
            for ways in _all_ways(found, order, first_days, how):
                cost = fixed + sum(way.cost for way in ways)
                if best is None or cost < best:
                    total = _with_meals(tables, order, first_days, ways, how, cost)
                    best = total if best is None or (total is not None and total < best) else best
    return best


def _all_ways(found: Instance, order: Sequence[str], first_days: Sequence[int], how: Cost) -> Iterator[tuple[Way, ...]]:
    """Of equal ways the cheapest; where meals do not depend on the hour, only that."""
    stops, days = (HOME, *order, HOME), (*first_days, len(found.days) - 1)
    hops = list(zip(stops, stops[1:], days, strict=False))
    for by_car in (False, True):
        choices = []
        for start, end, day in hops:
            ways = [way for way in _ways(found, start, end, day) if (way.mode == "drive") == by_car]
            if how == "meals skipped on the way" and ways:
                ways = [min(ways, key=lambda way: way.cost)]
            choices.append(ways)
        yield from product(*choices)


def _ways(found: Instance, start: str, end: str, day: int) -> Iterator[Way]:
    banned = None if found.transportation is None else BANNED[found.transportation]
    if banned != "flight":
        for flight in found.flights:
            if (flight.origin, flight.destination, flight.day) == (start, end, found.days[day]):
                yield Way("flight", flight.departs, flight.arrives, flight.price * found.people)
    for road in found.roads:
        if (road.origin, road.destination) == (start, end) and can_be_driven(road):
            departs = max(480, min(1080, 1260 - road.minutes)) if end == HOME else 480
            for mode in SEATS:
                if mode != banned:
                    yield Way(mode, departs, departs + road.minutes, road.cost(mode, found.people))


def _with_meals(
    tables: "_Tables", order: Sequence[str], first_days: Sequence[int], ways: Sequence[Way], how: Cost, cost: int
) -> int | None:
    """With the cheapest meals that serve all cuisines."""
    whole = [end - start - 1 for start, end in zip(first_days, (*first_days[1:], tables.day_count - 1), strict=True)]
    counts = [3 * days for days in whole]
    if how == "meals skipped on the way":
        # One may still eat on the way, if only for a cuisine.
        spare = [range(count, count + (6 if index in (0, len(order) - 1) else 4)) for index, count in enumerate(counts)]
        totals = [tables.meals(tuple(zip(order, more, strict=True))) for more in product(*spare)]
    else:
        totals = [tables.meals(tuple(zip(order, _due(counts, ways), strict=True)))]
    return min((cost + total for total in totals if total is not None), default=None)


def _due(counts: Sequence[int], ways: Sequence[Way]) -> list[int]:
    """How many meals each city serves. On a day of travel: where the hour and the bags leave time for it; of two such
    cities the first."""
    found = list(counts)
    for index, way in enumerate(ways):
        for earliest, latest, minutes in ((360, 600, 45), (720, 840, 60), (1080, 1230, 90)):
            begins = max(earliest, way.arrives + 60)
            if index > 0 and earliest + minutes <= way.departs - 60:
                found[index - 1] += 1
            elif index < len(counts) and begins <= latest and begins + minutes <= DAY_MINUTES - 15:
                found[index] += 1
    return found


class _Tables:
    """Cheapest stays and meals of one instance, reckoned once."""

    def __init__(self, found: Instance) -> None:
        self._found = found
        self.day_count = len(found.days)
        self.stay = cache(self._stay)
        self.meals = cache(self._meals)
        self._of_city = cache(self._meals_of_city)

    def _stay(self, city: str, nights: int) -> int | None:
        found = self._found
        rooms = ROOM_TYPES if found.room_type is None else ROOMS_FOR[found.room_type]
        costs = [
            night_cost(found, house) * nights
            for house in found.accommodations
            if house.city == city
            and house.minimum_nights <= nights
            and house.room_type in rooms
            and (found.house_rule is None or found.house_rule not in house.house_rules)
        ]
        return min(costs, default=None)

    def _meals(self, counts: tuple[tuple[str, int], ...]) -> int | None:
        best: dict[frozenset[str], int] = {frozenset(): 0}
        for city, count in counts:
            more: dict[frozenset[str], int] = {}
            choices = self._of_city(city)[count] if count <= 3 * self.day_count else {}
            for (had, so_far), (served, price) in product(best.items(), choices.items()):
                key = had | served
                more[key] = min(more.get(key, so_far + price), so_far + price)
            best = more
        least = best.get(frozenset(self._found.cuisines))
        return None if least is None else least * self._found.people

    def _meals_of_city(self, city: str) -> list[dict[frozenset[str], int]]:
        """By number of meals, each at another place: the least cost by wished cuisines that are served."""
        most = 3 * self.day_count
        best: list[dict[frozenset[str], int]] = [{frozenset(): 0}, *({} for _ in range(most))]
        for place in (found for found in self._found.restaurants if found.city == city):
            served = frozenset(place.cuisines) & frozenset(self._found.cuisines)
            for count in range(most, 0, -1):
                for had, cost in best[count - 1].items():
                    key, price = had | served, cost + place.average_cost
                    best[count][key] = min(best[count].get(key, price), price)
        return best

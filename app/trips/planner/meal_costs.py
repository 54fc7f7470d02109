"""The least that the meals of one city cost, for each set of needs (wished cuisines, wished places) that they may meet.

Exact, because it is part of the proof that a trip cannot be had for less: every choice of eateries is weighed, those
aside that differ from a kept one in nothing but a higher price.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.trips.planner.meal_prices import MealPrices, Place
from app.trips.problem import MEALS, City, Eatery, Meal
from app.trips.request import MAX_TRIP_DAYS

Counts = tuple[int, ...]
Generic = tuple[tuple[str, Meal], ...]

_NO_PRICE = 10**15
"""Above all sums of money: such a meal cannot be had."""

CODE_DIGIT = 128
"""More than there are days in a trip."""


@dataclass(frozen=True)
class Menu:
    """`cost` for one person; `chosen`: an eatery for each meal."""

    cost: int
    chosen: tuple[tuple[str, Meal], ...]


class _Places(NamedTuple):
    """Eateries taken so far, last first. `group`: the meals that the last one is for, as far as that is settled."""

    cost: int
    eatery: str
    group: int
    before: "_Places | None"


class _Table(NamedTuple):
    """Of one city. `groups`: meals (by position) that the same places serve, the one with the dearest generic stand-in
    first: a place always goes for that one. `places`: those that are no generic ones and worth weighing, with the needs
    that they meet. `generic`: of each meal, the cheapest generic one by the needs that it meets. `menus`,
    `generic_menus`: those that were asked for, by the numbers of meals."""

    groups: tuple[tuple[int, ...], ...]
    places: list[tuple[Eatery, int]]
    generic: tuple[dict[int, tuple[int, str]], ...]
    menus: dict[Counts, dict[int, Menu]]
    generic_menus: dict[Counts, dict[int, tuple[int, Generic]]]


class _Priced(NamedTuple):
    """`needs`: those that its bits stand for."""

    needs: tuple[frozenset[str], ...]
    prices: MealPrices


@dataclass
class Tables:
    """What was reckoned for cities, by all that it hangs on. `priced`: for more needs than one."""

    tables: dict[tuple[str, tuple[frozenset[str], ...], frozenset[str], int], _Table] = field(default_factory=dict)
    priced: dict[tuple[str, frozenset[str], int], list[_Priced]] = field(default_factory=dict)


def code_of(meals: Iterable[Meal]) -> int:
    """A number of which each digit says how many of a meal there are: such numbers add up."""
    return sum(CODE_DIGIT ** MEALS.index(meal) for meal in meals)


def counts_of(code: int) -> Counts:
    return tuple(code // CODE_DIGIT**index % CODE_DIGIT for index in range(len(MEALS)))


def but_for(eatery_id: str, meal: Meal) -> str:
    """The id of an eatery in so far as it serves one meal, for barring just that."""
    return f"{eatery_id} for {meal}"


class MealCosts:
    """Of one trip. `needs`: of each, the ids of the eateries that meet it; a menu's needs are bits in their order.

    `barred`: eateries that must not be used, or not for a meal (see `but_for`). `days`: how often each meal is had at
    most. `tables`: what was reckoned before, for trips that differ in other things.
    """

    def __init__(
        self, needs: Sequence[frozenset[str]], barred: Iterable[str], days: int, tables: Tables | None = None
    ) -> None:
        self._needs = tuple(needs)
        self._barred = frozenset(barred)
        self._days = min(days, MAX_TRIP_DAYS)
        self._tables = Tables() if tables is None else tables
        self._table_of: dict[str, _Table] = {}
        self._priced_of: dict[str, _Priced] = {}
        self._own: dict[tuple[str, int], int] = {}

    def brought_by(self, eatery_id: str) -> int:
        """The needs that it meets, as bits."""
        return sum(1 << bit for bit, ids in enumerate(self._needs) if eatery_id in ids)

    @property
    def everything(self) -> int:
        return (1 << len(self._needs)) - 1

    def menus(self, city: City, meals: Sequence[Meal]) -> dict[int, Menu]:
        """The cheapest menu for these meals by the needs that it meets; {} where they cannot all be had."""
        return self.menus_of(city, tuple(meals.count(meal) for meal in MEALS))

    def menus_of(self, city: City, counts: Counts) -> dict[int, Menu]:
        """The same; `counts`: how many of each meal."""
        table = self._table(city)
        if counts not in table.menus:
            table.menus[counts] = _menus(table, counts)
        return table.menus[counts]

    def prices(self, city: City, counts: Counts) -> dict[int, int]:
        """What the cheapest menus cost one person, by the needs that they meet: sooner known than the menus."""
        if city.id not in self._priced_of:
            self._priced_of[city.id] = self._shared_priced(city)
        priced = self._priced_of[city.id]
        found: dict[int, int] = {}
        for bits, cost in priced.prices.of(counts).items():
            own = self._own_bits(city.id, bits, priced.needs)
            found[own] = min(found.get(own, cost), cost)
        return found

    def _own_bits(self, city_id: str, bits: int, needs: Sequence[frozenset[str]]) -> int:
        key = (city_id, bits)
        if key not in self._own:
            met = [ids for bit, ids in enumerate(needs) if bits >> bit & 1]
            own = [any(ids >= found for found in met) for ids in self._needs]
            self._own[key] = sum(1 << bit for bit, is_met in enumerate(own) if is_met)
        return self._own[key]

    def _table(self, city: City) -> _Table:
        if city.id not in self._table_of:
            self._table_of[city.id] = self._shared_table(city)
        return self._table_of[city.id]

    def _shared_table(self, city: City) -> _Table:
        here, barred = self._here(city)
        key = (city.id, tuple(ids & here for ids in self._needs), barred, self._days)
        if key not in self._tables.tables:
            self._tables.tables[key] = self._reckoned(city)
        return self._tables.tables[key]

    def _here(self, city: City) -> tuple[frozenset[str], frozenset[str]]:
        """The city's eateries, and what of it is barred."""
        here = frozenset(eatery.id for eatery in city.eateries)
        return here, self._barred & (here | {but_for(found, meal) for found in here for meal in MEALS})

    def _shared_priced(self, city: City) -> _Priced:
        """Prices for more needs say all about fewer."""
        here, barred = self._here(city)
        needs = tuple(ids & here for ids in self._needs)
        known = self._tables.priced.setdefault((city.id, barred, self._days), [])
        fitting = next((found for found in known if {*found.needs, frozenset[str]()}.issuperset(needs)), None)
        if fitting is None:
            fitting = _Priced(needs, self._prices(city))
            known.append(fitting)
        return fitting

    def _prices(self, city: City) -> MealPrices:
        usable, generic, groups = self._usable(city)
        places = [
            Place(
                eatery.price, self.brought_by(eatery.id), tuple(sorted(MEALS.index(meal) for meal in set(eatery.meals)))
            )
            for eatery in self._worth_weighing(usable, groups, generic)
        ]
        return MealPrices(
            places, [{bits: price for bits, (price, _) in found.items()} for found in generic], self._days
        )

    def _usable(
        self, city: City
    ) -> tuple[list[Eatery], tuple[dict[int, tuple[int, str]], ...], tuple[tuple[int, ...], ...]]:
        """The eateries that may be used, the generic prices of each meal, and the meals in groups."""
        usable = [found for eatery in city.eateries if (found := self._as_allowed(eatery)) is not None]
        generic = tuple(self._generic_prices(usable, meal) for meal in MEALS)
        return usable, generic, _groups(usable, generic)

    def _reckoned(self, city: City) -> _Table:
        usable, generic, groups = self._usable(city)
        places = [(found, self.brought_by(found.id)) for found in self._worth_weighing(usable, groups, generic)]
        return _Table(groups, places, generic, {}, {})

    def _as_allowed(self, eatery: Eatery) -> Eatery | None:
        """For the meals that it may be used for."""
        meals = tuple(meal for meal in eatery.meals if but_for(eatery.id, meal) not in self._barred)
        if eatery.id in self._barred or not meals:
            return None
        return eatery if meals == eatery.meals else eatery.model_copy(update={"meals": meals})

    def _generic_prices(self, usable: Sequence[Eatery], meal: Meal) -> dict[int, tuple[int, str]]:
        prices: dict[int, tuple[int, str]] = {}
        for eatery in usable:
            if eatery.is_generic and meal in eatery.meals:
                bits = self.brought_by(eatery.id)
                prices[bits] = min(prices.get(bits, (eatery.price, eatery.id)), (eatery.price, eatery.id))
        return prices

    def _worth_weighing(
        self, usable: Sequence[Eatery], groups: Sequence[Sequence[int]], generic: Sequence[dict[int, tuple[int, str]]]
    ) -> list[Eatery]:
        """In order of price: of places alike in needs and meals no more than there are meals, and none that meets no
        need and is dearer than any generic meal in its place."""
        dearest = {
            number: max(min((price for price, _ in generic[index].values()), default=_NO_PRICE) for index in group)
            for number, group in enumerate(groups)
        }
        seen: dict[tuple[int, tuple[int, ...]], int] = {}
        kept = []
        for eatery in sorted(usable, key=lambda found: (found.price, found.id)):
            if eatery.is_generic:
                continue
            served = tuple(number for number, group in enumerate(groups) if MEALS[group[0]] in eatery.meals)
            alike = (self.brought_by(eatery.id), served)
            seen[alike] = seen.get(alike, 0) + 1
            is_spare = seen[alike] > self._days * sum(len(groups[number]) for number in served)
            is_dear = not alike[0] and all(eatery.price >= dearest[number] for number in served)
            if not is_spare and not is_dear:
                kept.append(eatery)
        return kept


def _groups(usable: Sequence[Eatery], generic: Sequence[dict[int, tuple[int, str]]]) -> tuple[tuple[int, ...], ...]:
    """Where generic places meet needs, which stand-in is dearest says too little: every meal is then its own group."""
    if any(bits for prices in generic for bits in prices):
        return tuple((index,) for index in range(len(MEALS)))
    groups: dict[tuple[bool, ...], list[int]] = {}
    places = [eatery for eatery in usable if not eatery.is_generic]
    for index, meal in enumerate(MEALS):
        groups.setdefault(tuple(meal in place.meals for place in places), []).append(index)
    price = [min((price for price, _ in prices.values()), default=_NO_PRICE) for prices in generic]
    return tuple(tuple(sorted(group, key=lambda index: (-price[index], index))) for group in groups.values())


def _menus(table: _Table, counts: Counts) -> dict[int, Menu]:
    best: dict[int, tuple[int, _Places | None, Generic]] = {}
    for (used, mask), places in _best_places(table, counts).items():
        for bits, (more, generic) in _generic_menus(table, _missing(table.groups, used, counts)).items():
            cost = more + (places.cost if places else 0)
            known = best.get(mask | bits)
            if known is None or cost < known[0]:
                best[mask | bits] = (cost, places, generic)
    return {
        mask: Menu(cost, (*_seated(table.groups, places, counts), *generic))
        for mask, (cost, places, generic) in best.items()
    }


def _best_places(table: _Table, counts: Counts) -> dict[tuple[Counts, int], _Places | None]:
    """The cheapest by how many are for each group, and by the needs that they meet."""
    room = [sum(counts[index] for index in group) for group in table.groups]
    best: dict[tuple[Counts, int], _Places | None] = {((0,) * len(table.groups), 0): None}
    for eatery, bits in table.places:
        fitting = [number for number, group in enumerate(table.groups) if MEALS[group[0]] in eatery.meals]
        for (used, mask), places in list(best.items()):
            for number in fitting:
                if used[number] == room[number]:
                    continue
                more = (*used[:number], used[number] + 1, *used[number + 1 :])
                cost = eatery.price + (places.cost if places else 0)
                known = best.get((more, mask | bits))
                if known is None or cost < known.cost:
                    best[(more, mask | bits)] = _Places(cost, eatery.id, number, places)
    return best


def _missing(groups: Sequence[Sequence[int]], used: Counts, counts: Counts) -> Counts:
    """How many of each meal are left for generic places."""
    missing = list(counts)
    for group, places in zip(groups, used, strict=True):
        left = places
        for index in group:
            taken = min(missing[index], left)
            missing[index] -= taken
            left -= taken
    return tuple(missing)


def _seated(groups: Sequence[Sequence[int]], places: _Places | None, counts: Counts) -> Iterator[tuple[str, Meal]]:
    """Each place for the first meal of its group that is still free."""
    free = [[index for index in group for _ in range(counts[index])] for group in groups]
    while places is not None:
        yield places.eatery, MEALS[free[places.group].pop(0)]
        places = places.before


def _generic_menus(table: _Table, missing: Counts) -> dict[int, tuple[int, Generic]]:
    """The cheapest generic places for so many of each meal, by the needs that they meet; {} where there are none."""
    if missing not in table.generic_menus:
        found: dict[int, tuple[int, Generic]] = {0: (0, ())}
        for index, count in enumerate(missing):
            for _ in range(count):
                found = _one_more(found, table.generic[index], MEALS[index])
        table.generic_menus[missing] = found
    return table.generic_menus[missing]


def _one_more(
    found: dict[int, tuple[int, Generic]], prices: dict[int, tuple[int, str]], meal: Meal
) -> dict[int, tuple[int, Generic]]:
    more: dict[int, tuple[int, Generic]] = {}
    for bits, (cost, chosen) in found.items():
        for brought, (price, eatery_id) in prices.items():
            known = more.get(bits | brought)
            if known is None or cost + price < known[0]:
                more[bits | brought] = (cost + price, (*chosen, (eatery_id, meal)))
    return more

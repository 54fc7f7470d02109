"""The least that the meals of one city cost, for each set of needs (wished cuisines, wished places) that they may meet.

Exact, because it is part of the proof that a trip cannot be had for less: every choice of eateries is weighed, those
aside that differ from a kept one in nothing but a higher price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.trips.problem import MEALS, City, Eatery, Meal

Counts = tuple[int, ...]


@dataclass(frozen=True)
class Menu:
    """`cost` for one person; `chosen`: eateries by the meal that they are for, in order of price; the rest is generic."""

    cost: int
    chosen: tuple[tuple[str, Meal], ...]


class MealCosts:
    """Of one trip. `needs`: of each, the ids of the eateries that meet it; a menu's needs are bits in their order.
    `barred`: eateries that must not be used."""

    def __init__(self, needs: Sequence[frozenset[str]], barred: Iterable[str]) -> None:
        self._needs = tuple(needs)
        self._barred = frozenset(barred)
        self._known: dict[tuple[str, Counts], dict[int, Menu]] = {}

    def brought_by(self, eatery_id: str) -> int:
        """The needs that it meets, as bits."""
        return sum(1 << bit for bit, ids in enumerate(self._needs) if eatery_id in ids)

    @property
    def everything(self) -> int:
        return (1 << len(self._needs)) - 1

    def menus(self, city: City, meals: Sequence[Meal]) -> dict[int, Menu]:
        """The cheapest menu for these meals by the needs that it meets; {} where they cannot all be had."""
        counts = tuple(meals.count(meal) for meal in MEALS)
        key = (city.id, counts)
        if key not in self._known:
            self._known[key] = self._cheapest(city, counts)
        return self._known[key]

    def _cheapest(self, city: City, counts: Counts) -> dict[int, Menu]:
        usable = [eatery for eatery in city.eateries if eatery.id not in self._barred]
        generic = [self._generic_prices(usable, meal) for meal in MEALS]
        alike = _alike_meals(usable, generic)
        best: dict[tuple[Counts, int], Menu] = {((0,) * len(MEALS), 0): Menu(0, ())}
        for eatery in self._worth_weighing(usable, counts):
            bits = self.brought_by(eatery.id)
            for (used, mask), menu in list(best.items()):
                for position in _positions(eatery, used, counts, alike):
                    more = (*used[:position], used[position] + 1, *used[position + 1 :])
                    chosen = (*menu.chosen, (eatery.id, MEALS[position]))
                    _keep(best, (more, mask | bits), Menu(menu.cost + eatery.price, chosen))
        found: dict[int, Menu] = {}
        for (used, mask), menu in best.items():
            filled = _filled_up(menu, mask, used, counts, generic)
            for all_bits, whole in filled.items():
                if all_bits not in found or whole.cost < found[all_bits].cost:
                    found[all_bits] = whole
        return found

    def _generic_prices(self, usable: Sequence[Eatery], meal: Meal) -> dict[int, tuple[int, str]]:
        """The cheapest generic meal by the needs that it meets."""
        prices: dict[int, tuple[int, str]] = {}
        for eatery in usable:
            if eatery.is_generic and meal in eatery.meals:
                bits = self.brought_by(eatery.id)
                prices[bits] = min(prices.get(bits, (eatery.price, eatery.id)), (eatery.price, eatery.id))
        return prices

    def _worth_weighing(self, usable: Sequence[Eatery], counts: Counts) -> list[Eatery]:
        """Of places alike in needs and meals, no more than there are meals: the cheapest. In order of price."""
        seen: dict[tuple[int, tuple[bool, ...]], int] = {}
        kept = []
        for eatery in sorted(usable, key=lambda found: (found.price, found.id)):
            if eatery.is_generic:
                continue
            served = tuple(meal in eatery.meals for meal in MEALS)
            alike = (self.brought_by(eatery.id), served)
            seen[alike] = seen.get(alike, 0) + 1
            if seen[alike] <= sum(count for count, serves in zip(counts, served, strict=True) if serves):
                kept.append(eatery)
        return kept


def _alike_meals(usable: Sequence[Eatery], generic: Sequence[dict[int, tuple[int, str]]]) -> list[list[int]]:
    """Meals (by position) that the same places serve: a place goes for the one whose generic stand-in is dearest.

    Where generic places meet needs that rule would not hold, so every meal is then weighed by itself.
    """
    if any(bits for prices in generic for bits in prices):
        return [[index] for index in range(len(MEALS))]
    groups: dict[tuple[bool, ...], list[int]] = {}
    places = [eatery for eatery in usable if not eatery.is_generic]
    for index, meal in enumerate(MEALS):
        groups.setdefault(tuple(meal in place.meals for place in places), []).append(index)
    dearest_first = {index: -min((price for price, _ in generic[index].values()), default=10**15) for index in range(3)}
    return [sorted(group, key=lambda index: (dearest_first[index], index)) for group in groups.values()]


def _positions(eatery: Eatery, used: Counts, counts: Counts, alike: Sequence[Sequence[int]]) -> list[int]:
    """The meals that it may still be for, one of each group of alike ones."""
    found = []
    for group in alike:
        free = [index for index in group if used[index] < counts[index] and MEALS[index] in eatery.meals]
        found.extend(free[:1])
    return found


def _keep(best: dict[tuple[Counts, int], Menu], key: tuple[Counts, int], menu: Menu) -> None:
    if key not in best or menu.cost < best[key].cost:
        best[key] = menu


def _filled_up(
    menu: Menu, mask: int, used: Counts, counts: Counts, generic: Sequence[dict[int, tuple[int, str]]]
) -> dict[int, Menu]:
    """The rest of the meals had at generic places: the cheapest for each set of needs; {} where there are none."""
    found = {mask: menu}
    for index, (had, due) in enumerate(zip(used, counts, strict=True)):
        for _ in range(due - had):
            more: dict[int, Menu] = {}
            for bits, so_far in found.items():
                for brought, (price, eatery_id) in generic[index].items():
                    whole = Menu(so_far.cost + price, (*so_far.chosen, (eatery_id, MEALS[index])))
                    if bits | brought not in more or whole.cost < more[bits | brought].cost:
                        more[bits | brought] = whole
            found = more
    return found

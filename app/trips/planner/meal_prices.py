"""What the meals of one city cost at least, for all numbers of meals at once, and nothing on where they are had.

Apart from `meal_costs`, which says where: the least that a trip costs is asked for again and again, with one wish more
or fewer, and only of a few routes one wants to know the menu. A test holds that both say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

NEVER = 1 << 60
"""A sum above all that can be paid, and small enough to add three of them."""


class Place(NamedTuple):
    """An eatery that is used once. `meals`: what it serves, by position; `bits`: the needs that it meets."""

    price: int
    bits: int
    meals: tuple[int, ...]


class MealPrices:
    """`places`: those to choose from. `generic`: of each meal the cheapest stand-in by the needs that it meets, had as
    often as one likes. `days`: how often each meal is had at most."""

    def __init__(self, places: Iterable[Place], generic: Sequence[Mapping[int, int]], days: int) -> None:
        self._sums = _with_generic(_with_places(places, days, len(generic)), generic)

    def of(self, counts: tuple[int, ...]) -> dict[int, int]:
        """For one person, by the needs that the meals meet; {} where they cannot all be had."""
        found = {bits: int(sums[counts]) for bits, sums in self._sums.items()}
        return {bits: cost for bits, cost in found.items() if cost < NEVER}


def _with_places(places: Iterable[Place], days: int, meals: int) -> dict[int, Numbers]:
    """Every number of meals at places alone."""
    nothing = np.full((days + 1,) * meals, NEVER, dtype=np.int64)
    nothing[(0,) * meals] = 0
    sums = {0: nothing}
    for place in places:
        more: dict[int, Numbers] = {}
        for bits, known in sums.items():
            _keep_less(more, bits | place.bits, _one_more(known, place))
        for bits, found in more.items():
            _keep_less(sums, bits, found)
    return sums


def _one_more(sums: Numbers, place: Place) -> Numbers:
    found = np.full_like(sums, NEVER)
    for meal in place.meals:
        more, fewer = _shifted(sums.ndim, meal, 1)
        np.minimum(found[more], sums[fewer], out=found[more])
    return np.minimum(found + place.price, NEVER)


def _with_generic(sums: dict[int, Numbers], generic: Sequence[Mapping[int, int]]) -> dict[int, Numbers]:
    """Every number of meals, those that are not had at places at generic ones."""
    for meal, prices in enumerate(generic):
        if not any(prices):
            sums = {bits: _filled_up(known, meal, prices[0]) if prices else known for bits, known in sums.items()}
        else:
            sums = _with_needs_met(sums, meal, prices)
    return sums


def _filled_up(sums: Numbers, meal: int, price: int) -> Numbers:
    """With any number of one meal at that price."""
    shape = [1] * sums.ndim
    shape[meal] = -1
    prices = (np.arange(sums.shape[meal], dtype=np.int64) * price).reshape(shape)
    return np.minimum(np.minimum.accumulate(sums - prices, axis=meal) + prices, NEVER)


def _with_needs_met(sums: dict[int, Numbers], meal: int, prices: Mapping[int, int]) -> dict[int, Numbers]:
    """With any number of one meal, where generic places meet needs."""
    found: dict[int, Numbers] = {}
    least = {0: 0}
    for count in range(next(iter(sums.values())).shape[meal]):
        for brought, cost in least.items():
            for bits, known in sums.items():
                more, fewer = _shifted(known.ndim, meal, count)
                filled = np.full_like(known, NEVER)
                filled[more] = np.minimum(known[fewer] + cost, NEVER)
                _keep_less(found, bits | brought, filled)
        more_meals: dict[int, int] = {}
        for brought, cost in least.items():
            for bits, price in prices.items():
                more_meals[bits | brought] = min(more_meals.get(bits | brought, NEVER), cost + price)
        least = more_meals
    return found


def _shifted(axes: int, axis: int, count: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Of each entry with `count` more on an axis, and of the one with fewer."""
    more, fewer = [slice(None)] * axes, [slice(None)] * axes
    more[axis], fewer[axis] = slice(count, None), slice(None, -count if count else None)
    return tuple(more), tuple(fewer)


def _keep_less(sums: dict[int, Numbers], bits: int, found: Numbers) -> None:
    if bits in sums:
        np.minimum(sums[bits], found, out=sums[bits])
    else:
        sums[bits] = found

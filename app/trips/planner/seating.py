"""Which eatery serves which meal: the chosen menu spread over the days, so that nobody crosses the town for lunch."""

from collections.abc import Collection, Mapping, Sequence

from app.trips.planner.meal_costs import MealCosts, Menu, but_for
from app.trips.planner.route import Stretch
from app.trips.problem import City, Eatery, Meal, MealLock, Wishes

Slot = tuple[int, Meal]


def seat(stretch: Stretch, menu: Menu, wishes: Wishes) -> dict[Slot, Eatery]:
    """Each meal that is due with an eatery of the menu: booked ones first, then days of arrival and departure, whose
    short time is for what is had wherever one is; the others in the order of the days."""
    eateries = {eatery.id: eatery for eatery in stretch.city.eateries}
    left = list(menu.chosen)
    seated: dict[Slot, Eatery] = {}
    for lock in wishes.locks:
        if isinstance(lock, MealLock) and lock.id in eateries:
            seated[((lock.day - stretch.dates[0]).days, lock.meal)] = eateries[lock.id]
            left.remove((lock.id, lock.meal))
    for part, meal in sorted(stretch.meals_due, key=lambda due: not (due[0].is_arrival or due[0].is_departure)):
        if (part.day, meal) not in seated:
            fitting = [choice for choice in left if choice[1] == meal]
            is_short = part.is_arrival or part.is_departure
            found = min(fitting, key=lambda choice: is_short and eateries[choice[0]].spot is not None)
            left.remove(found)
            seated[(part.day, meal)] = eateries[found[0]]
    return seated


class Tables:
    """The eateries of a city that may take the place of chosen ones. `barred`: the ids of those that must not."""

    def __init__(self, city: City, wishes: Wishes, meals: MealCosts, barred: Collection[str]) -> None:
        self._wishes = wishes
        self._meals = meals
        self._barred = barred
        self._usable = [eatery for eatery in city.eateries if eatery.id not in barred and not eatery.is_generic]
        self._locked = {(lock.id, lock.meal) for lock in wishes.locks if isinstance(lock, MealLock)}

    def nearer(
        self,
        seated: Mapping[Slot, Eatery],
        detours: Mapping[Slot, Mapping[str, int]],
        allowance: int | None,
    ) -> dict[Slot, Eatery]:
        """The same meals at places that take less of a detour. `detours`: of each slot, minutes by eatery. `allowance`:
        what one person's meals may cost more in all than they do; None for no cap, then prices keep to the middle.

        Slots are settled in order of what they would lose; what a need hangs on is exchanged only within its kind.
        """
        chosen = dict(seated)
        left = allowance
        for slot in sorted(detours, key=lambda slot: (-_gain(chosen[slot], detours[slot]), slot)):
            at_present = chosen[slot]
            if at_present.is_generic or (at_present.id, slot[1]) in self._locked:
                continue
            taken = {eatery.id for eatery in chosen.values()}
            bits = self._meals.brought_by(at_present.id)
            ceiling = self._ceiling(at_present, slot[1], left)
            pool = [
                eatery
                for eatery in self._usable
                if (eatery.id not in taken or eatery is at_present)
                and slot[1] in eatery.meals
                and but_for(eatery.id, slot[1]) not in self._barred
                and eatery.price <= ceiling
                and bits & ~self._meals.brought_by(eatery.id) == 0
            ]
            best = min(
                pool, key=lambda eatery: (detours[slot][eatery.id], -(eatery.rating or 0), eatery.price, eatery.id)
            )
            if left is not None:
                left -= best.price - at_present.price
            chosen[slot] = best
        return chosen

    def _ceiling(self, at_present: Eatery, meal: Meal, left: int | None) -> int:
        if left is not None:
            return at_present.price + left
        prices: Sequence[int] = sorted(eatery.price for eatery in self._usable if meal in eatery.meals)
        share = {"budget": 0, "mid-range": len(prices) // 2, None: len(prices) // 2, "luxury": len(prices) - 1}
        return max(at_present.price, prices[share[self._wishes.budget_range]])


def _gain(at_present: Eatery, minutes: Mapping[str, int]) -> int:
    """Minutes that the nearest eatery would save."""
    return minutes[at_present.id] - min(minutes.values(), default=0)

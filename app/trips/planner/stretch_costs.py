"""What the days in one city cost at least: nights and meals, for each set of needs that the meals may meet."""

from functools import cached_property
from typing import NamedTuple

from app.trips.planner.appeal import fixed_visits, likely_points, must_see, points
from app.trips.planner.meal_costs import MealCosts, Menu, Tables
from app.trips.planner.musts import Musts
from app.trips.planner.route import Stretch
from app.trips.planner.stays import possible_stays, stay_cost
from app.trips.problem import City, Eatery, Meal, MealLock, Sight, Stay, StayLock, Trip
from app.trips.rules import day_rules


class Choice(NamedTuple):
    """What is chosen for a stretch, and its cost without legs."""

    cost: int
    stay: Stay | None
    menu: Menu


class Weighed(NamedTuple):
    """A stretch's choices by the needs that their meals meet; a guess at its points; its last day's meals."""

    choices: dict[int, Choice]
    points: int
    meals_on_leaving: frozenset[Meal]


class StretchCosts:
    """Of one trip. `meals`: what eateries cost. `tables`: to share that among trips with the same eateries. `barred`:
    eateries, stays and legs to do without. `fixed`: of each city, the visits whose hour is fixed."""

    def __init__(self, trip: Trip, tables: Tables | None = None, barred: frozenset[str] = frozenset()) -> None:
        self._trip = trip
        self.barred = barred | frozenset(trip.wishes.avoid)
        self._rules = day_rules(trip.wishes)
        self._size = trip.party.size
        self._locked_meals = [lock for lock in trip.wishes.locks if isinstance(lock, MealLock)]
        eateries = {eatery.id: (city.id, eatery) for city in trip.cities for eatery in city.eateries}
        self._locked_eateries = {lock.id: eateries[lock.id] for lock in self._locked_meals if lock.id in eateries}
        self.meals = MealCosts(_needs(trip), self._barred(), trip.day_count, tables)
        self._worths = [
            sorted((points(sight, trip.wishes) for sight in _seeable(city, trip)), reverse=True) for city in trip.cities
        ]
        self.fixed = [fixed_visits(city, trip) for city in trip.cities]
        self._wanted = {sight_id for city in trip.cities for sight_id in must_see(city, trip.wishes)}
        self._musts = [Musts(trip, city, must_see(city, trip.wishes)) for city in trip.cities]
        self._weighed: dict[tuple[object, ...], Weighed] = {}
        self._bound_to_dates = {
            index
            for index, city in enumerate(trip.cities)
            if self.fixed[index]
            or must_see(city, trip.wishes)
            or any(city_id == city.id for city_id, _ in self._locked_eateries.values())
        }
        self._stays: dict[tuple[str, int], tuple[Stay | None, int | None]] = {}
        self._locked_stays = {lock.id for lock in trip.wishes.locks if isinstance(lock, StayLock)}
        self._is_at_home = trip.origin is None

    @cached_property
    def tickets(self) -> int:
        """What the sights cost that have to be seen."""
        sights = (sight for city in self._trip.cities for sight in city.attractions)
        return sum(sight.price * self._size for sight in sights if sight.id in self._wanted)

    def weighed(self, index: int, stretch: Stretch) -> Weighed:
        """Each stretch once; and, where the city has nothing that hangs on a date, once for all stretches like it."""
        key = self._likeness(index, stretch)
        if key not in self._weighed:
            choices = self._choices(index, stretch)
            points_there = likely_points(stretch, self._rules, self._worths[index]) if choices else 0
            self._weighed[key] = Weighed(choices, points_there, stretch.meals_on_leaving)
        return self._weighed[key]

    def _likeness(self, index: int, stretch: Stretch) -> tuple[object, ...]:
        inward, onward = stretch.inward, stretch.onward
        is_last = stretch.first_day + stretch.day_count == self._trip.day_count
        return (
            index,
            stretch.first_day if index in self._bound_to_dates else None,
            stretch.day_count,
            is_last,
            None if inward is None else inward.arrives,
            None if onward is None else (onward.departs, onward.day - stretch.first_day),
            stretch.had_before,
        )

    def _choices(self, index: int, stretch: Stretch) -> dict[int, Choice]:
        """{}: it cannot be done."""
        if not stretch.is_possible or not self._musts[index].fit(stretch):
            return {}
        stay, stay_costs = self._stay(stretch)
        if stay_costs is None:
            return {}
        fixed = self._fixed_meals(stretch)
        if fixed is None:
            return {}
        due, fixed_menu, fixed_bits = fixed
        found: dict[int, Choice] = {}
        for bits, menu in self.meals.menus(stretch.city, due).items():
            whole = Menu(menu.cost + fixed_menu.cost, (*fixed_menu.chosen, *menu.chosen))
            cost = stay_costs + (whole.cost + stretch.city.daily_fare * stretch.day_count) * self._size
            if bits | fixed_bits not in found or cost < found[bits | fixed_bits].cost:
                found[bits | fixed_bits] = Choice(cost, stay, whole)
        return found

    def _barred(self) -> set[str]:
        """Avoided, or already spoken for by a lock."""
        locked = {lock.id for lock in self._locked_meals}
        generic = {found_id for found_id, (_, eatery) in self._locked_eateries.items() if eatery.is_generic}
        return {*self._trip.wishes.avoid, *(locked - generic), *self.barred}

    def _stay(self, stretch: Stretch) -> tuple[Stay | None, int | None]:
        """The cheapest; a cost of None where the nights cannot be spent."""
        key = (stretch.city.id, len(stretch.nights))
        if key not in self._stays:
            self._stays[key] = self._cheapest_stay(stretch.city, len(stretch.nights))
        return self._stays[key]

    def _cheapest_stay(self, city: City, nights: int) -> tuple[Stay | None, int | None]:
        if nights == 0 and any(stay.id in self._locked_stays for stay in city.stays):
            return None, None
        if nights == 0 or (not city.stays and self._is_at_home):
            return None, 0
        possible = possible_stays(city, nights, self._trip.wishes, self._trip.party)
        stays = [stay for stay in possible if stay.id not in self.barred]
        return (stays[0], stay_cost(stays[0], nights, self._trip.party)) if stays else (None, None)

    def _fixed_meals(self, stretch: Stretch) -> tuple[list[Meal], Menu, int] | None:
        """The meals that are still to be chosen, and the booked ones; None where the party is not there for one."""
        due = [(part.day, meal) for part, meal in stretch.meals_due]
        cost, chosen, bits = 0, [], 0
        for lock in self._locked_meals:
            city_id, eatery = self._locked_eateries[lock.id]
            if city_id != stretch.city.id:
                continue
            slot = ((lock.day - stretch.dates[0]).days, lock.meal)
            if slot not in due or lock.meal not in eatery.meals or lock.id in self._trip.wishes.avoid:
                return None
            due.remove(slot)
            cost += eatery.price
            chosen.append((eatery.id, lock.meal))
            bits |= self.meals.brought_by(eatery.id)
        return [meal for _, meal in due], Menu(cost, tuple(chosen)), bits


def _needs(trip: Trip) -> list[frozenset[str]]:
    """Each wished cuisine by the eateries that have it, and each wished eatery."""
    eateries: list[Eatery] = [eatery for city in trip.cities for eatery in city.eateries]
    cuisines = [
        frozenset(eatery.id for eatery in eateries if cuisine.casefold() in map(str.casefold, eatery.cuisines))
        for cuisine in trip.wishes.cuisines
    ]
    known = {eatery.id for eatery in eateries}
    return [*cuisines, *(frozenset((wished,)) for wished in trip.wishes.include if wished in known)]


def _seeable(city: City, trip: Trip) -> list[Sight]:
    return [sight for sight in city.attractions if sight.id not in trip.wishes.avoid]

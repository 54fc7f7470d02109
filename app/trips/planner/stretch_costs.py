"""What the days in one city cost at least: nights and meals, for each set of needs that the meals may meet."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from app.trips.planner.appeal import Guess, fixed_visits, must_see, points, sightseeing_minutes
from app.trips.planner.meal_costs import Counts, MealCosts, Menu, Tables, but_for
from app.trips.planner.musts import Musts
from app.trips.planner.route import Stretch
from app.trips.planner.stays import possible_stays, stay_cost
from app.trips.problem import MEALS, City, Eatery, Lock, Meal, MealLock, Sight, Stay, StayLock, Trip, Wishes
from app.trips.rules import day_rules

Slot = tuple[int, Meal]
KnownMusts = dict[Hashable, Musts]


class Choice(NamedTuple):
    """What is chosen for a stretch, and its cost without legs."""

    cost: int
    stay: Stay | None
    menu: Menu


@dataclass(frozen=True)
class Booked:
    """The meals that are booked in one city: their slots (day from 0), what they cost one person and which needs they
    meet. `are_possible`: whatever the days there are."""

    slots: tuple[Slot, ...]
    menu: Menu
    bits: int
    are_possible: bool


class StretchCosts:
    """Of one trip. `meals`: what eateries cost. `tables`, `musts`: to share those among trips that differ in wishes.
    `barred`: eateries, stays and legs to do without. `fixed`: of each city, the visits whose hour is fixed. `booked`,
    `musts`, `guesses`: of each city. `longest`: the most days that one of them may have."""

    def __init__(self, trip: Trip, tables: Tables, musts: KnownMusts, barred: frozenset[str] = frozenset()) -> None:
        self._trip = trip
        self._without = barred
        self.barred = barred | frozenset(trip.wishes.avoid)
        self.rules = day_rules(trip.wishes)
        self.size = trip.party.size
        self._needs = _needs(trip)
        # Of the days before and after it, each other city has one.
        self.longest = trip.day_count - len(trip.cities) + 1
        self.meals = MealCosts(self._needs, self._barred(), min(trip.day_count, self.longest + 1), tables)
        self.fixed = [fixed_visits(city, trip) for city in trip.cities]
        self._must_see = [must_see(city, trip.wishes) for city in trip.cities]
        self._of_city = [_Of(city) for city in trip.cities]
        self.booked = [self._booked(city) for city in trip.cities]
        self.musts = [self._musts(index, musts) for index in range(len(trip.cities))]
        self.guesses = [Guess(city, self.rules, self._worths(city)) for city in trip.cities]
        self._stays: dict[tuple[str, int], tuple[Stay | None, int | None]] = {}
        self._locked_stays = {lock.id for lock in trip.wishes.locks if isinstance(lock, StayLock)}
        self._is_at_home = trip.origin is None

    @cached_property
    def tickets(self) -> int:
        """What the sights cost that have to be seen."""
        wanted = {sight_id for found in self._must_see for sight_id in found}
        sights = (sight for city in self._trip.cities for sight in city.attractions)
        return sum(sight.price * self.size for sight in sights if sight.id in wanted)

    def is_bound_to_dates(self, index: int) -> bool:
        """Whether something in that city hangs on a date."""
        return bool(self.fixed[index] or self._must_see[index] or self.booked[index].slots)

    def wishes_for(self, index: int) -> Hashable:
        """All wishes that have a say in what a stretch in that city costs, and what is done without there."""
        wishes, here = self._trip.wishes, self._of_city[index].ids
        return (
            self._trip.cities[index].id,
            tuple(ids & here for ids in self._needs),
            self._without & here,
            _concerning(here, wishes),
            wishes.room_types,
            wishes.house_needs,
        )

    def choices_of(self, index: int, stretch: Stretch) -> dict[int, Choice]:
        """By the needs that the meals meet; {} where it cannot be done."""
        due = self._meals_left(index, stretch)
        return {} if due is None else self.choices(index, due, len(stretch.nights), stretch.day_count)

    def prices(self, index: int, free: Counts, nights: int) -> dict[int, int]:
        """The same without the fares, and without what is chosen."""
        city, booked = self._trip.cities[index], self.booked[index]
        _, stay_costs = self._stay(city, nights)
        if stay_costs is None or not booked.are_possible:
            return {}
        found: dict[int, int] = {}
        for bits, cost in self.meals.prices(city, free).items():
            whole, met = stay_costs + (cost + booked.menu.cost) * self.size, bits | booked.bits
            found[met] = min(found.get(met, whole), whole)
        return found

    def choices(self, index: int, free: Counts, nights: int, days: int) -> dict[int, Choice]:
        """By the needs that the meals meet; {} where it cannot be done. `free`: how many of each meal are due beside
        those that are booked."""
        city, booked = self._trip.cities[index], self.booked[index]
        stay, stay_costs = self._stay(city, nights)
        if stay_costs is None or not booked.are_possible:
            return {}
        found: dict[int, Choice] = {}
        for bits, menu in self.meals.menus_of(city, free).items():
            whole = Menu(menu.cost + booked.menu.cost, (*booked.menu.chosen, *menu.chosen))
            cost = stay_costs + (whole.cost + city.daily_fare * days) * self.size
            if bits | booked.bits not in found or cost < found[bits | booked.bits].cost:
                found[bits | booked.bits] = Choice(cost, stay, whole)
        return found

    def priced(self, index: int, stretch: Stretch) -> tuple[dict[int, int], int]:
        """The costs of its choices and the points alone: sooner known."""
        due = self._meals_left(index, stretch)
        if due is None:
            return {}, 0
        fares = stretch.city.daily_fare * stretch.day_count * self.size
        prices = self.prices(index, due, len(stretch.nights))
        return {bits: cost + fares for bits, cost in prices.items()}, self._guessed(index, stretch)

    def _guessed(self, index: int, stretch: Stretch) -> int:
        minutes = sum(sightseeing_minutes(part, self.rules) for part in stretch.parts)
        return self.guesses[index].points(minutes, len(stretch.parts))

    def _meals_left(self, index: int, stretch: Stretch) -> Counts | None:
        """How many of each are due beside the booked ones; None where the stretch cannot be done."""
        if not stretch.is_possible or not self.musts[index].fit(stretch):
            return None
        due = [(part.day, meal) for part, meal in stretch.meals_due]
        for slot in self.booked[index].slots:
            if slot not in due:
                return None
            due.remove(slot)
        meals = [meal for _, meal in due]
        return tuple(meals.count(meal) for meal in MEALS)

    # ---- of one city

    def _booked(self, city: City) -> Booked:
        eateries = {eatery.id: eatery for eatery in city.eateries}
        wishes = self._trip.wishes
        locks = [lock for lock in wishes.locks if isinstance(lock, MealLock) and lock.id in eateries]
        slots = tuple(((lock.day - self._trip.first_day).days, lock.meal) for lock in locks)
        are_possible = len(set(slots)) == len(slots) and not any(
            lock.meal not in eateries[lock.id].meals or lock.id in wishes.avoid for lock in locks
        )
        bits = 0
        for lock in locks:
            bits |= self.meals.brought_by(lock.id)
        cost = sum(eateries[lock.id].price for lock in locks)
        return Booked(slots, Menu(cost, tuple((lock.id, lock.meal) for lock in locks)), bits, are_possible)

    def _musts(self, index: int, known: KnownMusts) -> Musts:
        city, wishes = self._trip.cities[index], self._trip.wishes
        key = (city.id, _concerning(self._of_city[index].sight_ids, wishes))
        if key not in known:
            known[key] = Musts(self._trip, city, self._must_see[index])
        return known[key]

    def _worths(self, city: City) -> list[int]:
        return sorted((points(sight, self._trip.wishes) for sight in _seeable(city, self._trip)), reverse=True)

    def _barred(self) -> set[str]:
        """Avoided, or already spoken for by a lock."""
        locked = {lock.id for lock in self._trip.wishes.locks if isinstance(lock, MealLock)}
        eateries = (eatery for city in self._trip.cities for eatery in city.eateries) if locked else ()
        generic = {eatery.id for eatery in eateries if eatery.is_generic and eatery.id in locked}
        return {*self._trip.wishes.avoid, *(locked - generic), *self.barred}

    def _stay(self, city: City, nights: int) -> tuple[Stay | None, int | None]:
        """The cheapest; a cost of None where the nights cannot be spent."""
        key = (city.id, nights)
        if key not in self._stays:
            self._stays[key] = self._cheapest_stay(city, nights)
        return self._stays[key]

    def _cheapest_stay(self, city: City, nights: int) -> tuple[Stay | None, int | None]:
        if nights == 0 and any(stay.id in self._locked_stays for stay in city.stays):
            return None, None
        if nights == 0 or (not city.stays and self._is_at_home):
            return None, 0
        possible = possible_stays(city, nights, self._trip.wishes, self._trip.party)
        stays = [stay for stay in possible if stay.id not in self.barred]
        return (stays[0], stay_cost(stays[0], nights, self._trip.party)) if stays else (None, None)


class _Of:
    """The ids that a wish may name of a city, its sights' among them."""

    def __init__(self, city: City) -> None:
        self.sight_ids = frozenset(sight.id for sight in city.sights).union(event.id for event in city.events)
        eateries = [eatery.id for eatery in city.eateries]
        meals = [but_for(eatery_id, meal) for eatery_id in eateries for meal in MEALS]
        self.ids = self.sight_ids | {*eateries, *meals, *(stay.id for stay in city.stays)}


def _concerning(ids: frozenset[str], wishes: Wishes) -> Hashable:
    """The wishes that name one of them."""
    locks: tuple[Lock, ...] = tuple(lock for lock in wishes.locks if lock.id in ids)
    return ids.intersection(wishes.include), ids.intersection(wishes.avoid), locks


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

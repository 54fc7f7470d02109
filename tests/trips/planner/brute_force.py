"""The least that a small trip can cost, found by trying everything: a second opinion on refusals.

Knows the problem's types, the day's rules and the travel times, and nothing of the planner. Tried are every order of
the cities, every way of sharing out the days, every leg, every stay, every day's order of visits and meals, every
eatery for every meal. Two conventions, the planner's own: a leg without a timetable sets out at 08:00, or for home so
as to be there by 21:00, between 08:00 and 18:00; a meal that is not due is not had. Only visits that have to be made
are tried, as no other makes a trip cheaper or possible.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations, permutations, product
from typing import Literal, TypeVar

from app.trips.problem import (
    DAY_MINUTES,
    MEALS,
    City,
    Eatery,
    Fact,
    Leg,
    LegLock,
    Lock,
    Meal,
    MealLock,
    Sight,
    Stay,
    StayLock,
    Trip,
    VisitLock,
)
from app.trips.rules import (
    BAGS_MINUTES,
    EVENING_ENDS,
    EVENING_OPENS,
    LONG_VISIT_MINUTES,
    MEAL_HOURS,
    MEAL_MARGIN_MINUTES,
    NIGHT_FROM,
    DayRules,
    day_rules,
)
from app.trips.travel_times import spots_of, travel_minutes

# Nobody leaves the stay before, but for a journey.
_OUT_FROM = 6 * 60
_NEVER = 10**9

AnyFact = TypeVar("AnyFact", bound=Fact)

# What a part of a day brings: ("visit", sight), ("at", eatery), ("meal", day, meal), each at most once in a trip; and
# ("need", cuisine or eatery), as often as one likes.
Token = tuple[str, ...]
Tokens = frozenset[Token]


def least_cost(trip: Trip) -> int | None:
    """Of a plan that keeps all binding wishes but the budget; None where there is none."""
    if not _wishes_make_sense(trip):
        return None
    cities = {city.id: _CityTries(trip, city) for city in trip.cities}
    best: int | None = None
    for route in _routes(trip):
        cost = sum(leg.cost_for(trip.party.size) for leg, _ in route.legs)
        if best is None or cost < best:
            rest = _in_the_cities(trip, route, cities, _NEVER * _NEVER if best is None else best - cost)
            best = best if rest is None else cost + rest
    return best


def is_possible(trip: Trip) -> bool:
    """Within the budget too."""
    cost = least_cost(trip)
    return cost is not None and (trip.wishes.budget is None or cost <= trip.wishes.budget)


# ---- wishes by name


def wish_names(trip: Trip) -> tuple[str, ...]:
    """Of all that can be given up, as the planner calls them."""
    wishes = trip.wishes
    names = [] if wishes.budget is None else ["budget"]
    names += [f"cuisine: {name}" for name in wishes.cuisines]
    names += [f"house rule: {name}" for name in wishes.house_needs]
    names += [f"mode: {name}" for name in wishes.excluded_modes]
    names += [f"include: {name}" for name in wishes.include]
    names += [f"avoid: {name}" for name in wishes.avoid]
    names += [f"lock: {_lock_name(lock)}" for lock in wishes.locks]
    names += [] if wishes.room_types is None else ["room type"]
    if len(trip.cities) > 1:
        names += [f"days: {city.id}" for city in trip.cities if city.days is not None]
        names += ["order"] if trip.keep_order else []
    return tuple(names)


def without(trip: Trip, names: Iterable[str]) -> Trip:
    """The same trip with these wishes given up."""
    for name in names:
        kind, _, what = name.partition(": ")
        match kind:
            case "budget":
                trip = _wishing(trip, budget=None)
            case "cuisine":
                trip = _wishing(trip, cuisines=_less(trip.wishes.cuisines, what))
            case "house rule":
                trip = _wishing(trip, house_needs=_less(trip.wishes.house_needs, what))
            case "mode":
                trip = _wishing(trip, excluded_modes=_less(trip.wishes.excluded_modes, what))
            case "include":
                trip = _wishing(trip, include=_less(trip.wishes.include, what))
            case "avoid":
                trip = _wishing(trip, avoid=_less(trip.wishes.avoid, what))
            case "lock":
                trip = _wishing(trip, locks=tuple(lock for lock in trip.wishes.locks if _lock_name(lock) != what))
            case "room type":
                trip = _wishing(trip, room_types=None)
            case "days":
                cities = [_remade(city, days=None) if city.id == what else city for city in trip.cities]
                trip = _remade(trip, cities=cities)
            case "order":
                trip = _remade(trip, keep_order=False)
            case _:
                raise ValueError(f"no wish is called {name!r}")
    return trip


def of_length(trip: Trip, day_count: int) -> Trip:
    """From the same first day; where every city's days are given, the longest stay is cut or prolonged."""
    cities = list(trip.cities)
    days = [city.days for city in cities if city.days is not None]
    if len(days) == len(cities):
        longest = days.index(max(days))
        cities[longest] = _remade(cities[longest], days=days[longest] + day_count - trip.day_count)
    return _remade(trip, day_count=day_count, cities=cities)


def _remade(fact: AnyFact, **changes: object) -> AnyFact:
    """A checked copy, without what the old one has looked up."""
    return type(fact)(**{**{name: getattr(fact, name) for name in type(fact).model_fields}, **changes})


def _wishing(trip: Trip, **changes: object) -> Trip:
    return _remade(trip, wishes=_remade(trip.wishes, **changes))


def _lock_name(lock: Lock) -> str:
    match lock:
        case StayLock():
            return lock.id
        case MealLock():
            return f"{lock.id} for {lock.meal} on {lock.day}"
        case VisitLock(starts=int(starts)):
            return f"{lock.id} on {lock.day} at {starts // 60:02d}:{starts % 60:02d}"
        case VisitLock() | LegLock():
            return f"{lock.id} on {lock.day}"


def _less(wished: Iterable[str], what: str) -> tuple[str, ...]:
    return tuple(found for found in wished if found != what)


# ---- the route


@dataclass(frozen=True)
class _Sojourn:
    """`came`, `goes`: minutes after the trip's first midnight; None for who is there already, or stays."""

    city: City
    came: int | None
    goes: int | None


@dataclass(frozen=True)
class _Route:
    legs: tuple[tuple[Leg, date], ...]
    sojourns: tuple[_Sojourn, ...]


def _routes(trip: Trip) -> Iterator[_Route]:
    orders = [trip.cities] if trip.keep_order else permutations(trip.cities)
    for order in orders:
        for starts in combinations(range(1, trip.day_count), len(order) - 1):
            begins = (0, *starts)
            days = [end - start for start, end in zip(begins, (*starts, trip.day_count), strict=True)]
            if all(city.days in (None, number) for city, number in zip(order, days, strict=True)):
                yield from _by_all_legs(trip, order, begins)


def _by_all_legs(trip: Trip, order: Sequence[City], begins: Sequence[int]) -> Iterator[_Route]:
    stops = [city.id for city in order]
    hops = list(zip(stops, stops[1:], begins[1:], strict=False))
    if trip.origin is not None:
        hops = [(trip.origin, stops[0], 0), *hops, (stops[-1], trip.origin, trip.day_count - 1)]
    locks = {(lock.id, lock.day) for lock in trip.wishes.locks if isinstance(lock, LegLock)}
    for legs in product(*(_legs(trip, *hop) for hop in hops)):
        taken = tuple((leg, trip.dates[day]) for leg, (_, _, day) in zip(legs, hops, strict=True))
        if len({leg.mode == "drive" for leg in legs}) <= 1 and locks <= {(leg.id, day) for leg, day in taken}:
            times = [_times(leg, day, end == trip.origin) for leg, (_, end, day) in zip(legs, hops, strict=True)]
            sojourns = tuple(_sojourns(trip, order, times))
            if all(_has_time(trip, sojourn) for sojourn in sojourns):
                yield _Route(taken, sojourns)


def _legs(trip: Trip, start: str, end: str, day: int) -> list[Leg]:
    return [
        leg
        for leg in trip.legs
        if (leg.origin, leg.destination) == (start, end)
        and leg.mode not in trip.wishes.excluded_modes
        and leg.runs_on(trip.dates[day])
    ]


def _times(leg: Leg, day: int, is_homeward: bool) -> tuple[int, int]:
    midnight = day * DAY_MINUTES
    if leg.departs is not None and leg.arrives is not None:
        return midnight + leg.departs, midnight + leg.arrives
    takes = leg.duration_minutes or 0
    departs = max(8 * 60, min(18 * 60, 21 * 60 - takes)) if is_homeward else 8 * 60
    return midnight + departs, midnight + departs + takes


def _sojourns(trip: Trip, order: Sequence[City], times: Sequence[tuple[int, int]]) -> Iterator[_Sojourn]:
    inner: list[tuple[int | None, int | None]] = list(times)
    if trip.origin is None:
        inner = [(None, None), *inner, (None, None)]
    for index, city in enumerate(order):
        yield _Sojourn(city, inner[index][1], inner[index + 1][0])


def _has_time(trip: Trip, sojourn: _Sojourn) -> bool:
    """To take the bags to the stay and up again."""
    came = 0 if sojourn.came is None else sojourn.came + BAGS_MINUTES
    goes = trip.day_count * DAY_MINUTES if sojourn.goes is None else sojourn.goes - BAGS_MINUTES
    return came <= goes


# ---- the days of a route


@dataclass(frozen=True)
class _Part:
    """Of a day what is spent in a city, bags aside; `meal_from`, `meal_until`: that in which a meal is due if it fits.
    `meals`: those that are."""

    city: str
    day: int
    begins: int
    ends: int
    meal_from: int
    meal_until: int
    meals: tuple[Meal, ...] = ()

    def has_room_for(self, meal: Meal, taken: Sequence[tuple[int, int]]) -> bool:
        """`taken`: from when to when visits are that are fixed to their hour."""
        hours = MEAL_HOURS[meal]
        begins = [self.meal_from, *(until + MEAL_MARGIN_MINUTES for _, until in taken)]
        ends = [*(starts - MEAL_MARGIN_MINUTES for starts, _ in taken), self.meal_until]
        free = [(max(begins[: index + 1]), min(ends[index:])) for index in range(len(ends))]
        earliest = [(max(hours.earliest, start), end) for start, end in free]
        return any(start <= hours.latest and start + hours.minutes <= end for start, end in earliest)


def _parts(trip: Trip, sojourn: _Sojourn, first_day: int) -> list[_Part]:
    found = []
    came, goes = sojourn.came, sojourn.goes
    for day in range(first_day, trip.day_count):
        midnight = day * DAY_MINUTES
        begins, ends, meal_from, meal_until = 0, NIGHT_FROM, 0, NIGHT_FROM
        if came is not None and came >= midnight:
            begins = came - midnight + BAGS_MINUTES
            meal_from = begins + MEAL_MARGIN_MINUTES
        if goes is not None and goes < midnight + DAY_MINUTES:
            ends = goes - midnight - BAGS_MINUTES
            meal_until = ends - MEAL_MARGIN_MINUTES
        if begins < ends:
            found.append(_Part(sojourn.city.id, day, begins, ends, meal_from, meal_until))
    return found


def _nights(trip: Trip, sojourn: _Sojourn) -> int:
    """Who arrives at the stroke of midnight sleeps there that night."""
    midnights = [(day + 1) * DAY_MINUTES for day in range(trip.day_count - 1)]
    came = -1 if sojourn.came is None else sojourn.came
    goes = _NEVER if sojourn.goes is None else sojourn.goes
    return sum(1 for midnight in midnights if came <= midnight < goes)


def _in_the_cities(trip: Trip, route: _Route, cities: Mapping[str, "_CityTries"], below: int) -> int | None:
    """The least cost of stays, meals and tickets, if it is less than that."""
    first_days = [0 if sojourn.came is None else sojourn.came // DAY_MINUTES for sojourn in route.sojourns]
    parts = [_parts(trip, sojourn, first_day) for sojourn, first_day in zip(route.sojourns, first_days, strict=True)]
    parts = _with_meals(parts, cities)
    due = {("meal", str(part.day), meal) for found in parts for part in found for meal in part.meals}
    wanted = _wanted(trip) | due
    stays = [_stays(trip, sojourn.city, _nights(trip, sojourn)) for sojourn in route.sojourns]
    best: int | None = None
    for chosen in product(*stays):
        nights = sum(cost for _, cost in chosen)
        found = [
            (part, base, cities[part.city])
            for (base, _), of_city in zip(chosen, parts, strict=True)
            for part in of_city
        ]
        cost = _cheapest_days(found, wanted, (below if best is None else best) - nights)
        best = best if cost is None else cost + nights
    return best


def _with_meals(parts: Sequence[Sequence[_Part]], cities: Mapping[str, "_CityTries"]) -> list[list[_Part]]:
    """Each with the meals that are due there, where served: on a move, in the first city that has room."""
    had: set[tuple[int, Meal]] = set()
    found: list[list[_Part]] = []
    for of_city in parts:
        found.append([])
        for part in of_city:
            meals = tuple(
                meal
                for meal in MEALS
                if meal in cities[part.city].served
                and part.has_room_for(meal, cities[part.city].fixed(part.day))
                and (part.day, meal) not in had
            )
            had |= {(part.day, meal) for meal in meals}
            found[-1].append(replace(part, meals=meals))
    return found


def _stays(trip: Trip, city: City, nights: int) -> list[tuple[str, int]]:
    """Where one may sleep, by id, and what it costs."""
    locked = {lock.id for lock in trip.wishes.locks if isinstance(lock, StayLock)}
    booked = [stay.id for stay in city.stays if stay.id in locked]
    if nights == 0:
        return [] if booked else [(city.id, 0)]
    if not city.stays:
        return [(city.id, 0)] if trip.origin is None else []
    return [
        (stay.id, nights * stay.nightly * stay.rooms_for(trip.party.size))
        for stay in city.stays
        if booked in ([], [stay.id]) and _takes(stay, trip, nights)
    ]


def _takes(stay: Stay, trip: Trip, nights: int) -> bool:
    wishes = trip.wishes
    needs = {*wishes.house_needs, *(("children under 10",) if trip.party.children_under_10 else ())}
    has_room = stay.rooms is None or stay.rooms_for(trip.party.size) <= stay.rooms
    is_right = wishes.room_types is None or stay.room_type in wishes.room_types
    return has_room and is_right and nights >= stay.min_nights and not needs & set(stay.forbids)


def _cheapest_days(parts: Sequence[tuple[_Part, str, "_CityTries"]], wanted: Tokens, below: int) -> int | None:
    """The least cost of visits and meals that bring all that is wanted, if it is less than that."""
    reached: dict[Tokens, int] = {frozenset(): 0}
    for part, base, city in parts:
        more: dict[Tokens, int] = {}
        for tokens, cost in city.days_like(part, base).items():
            once = {token for token in tokens if token[0] != "need"}
            for before, so_far in reached.items():
                total = so_far + cost
                if total < below and not once & before:
                    together = before | tokens
                    more[together] = min(more.get(together, _NEVER * _NEVER), total)
        reached = more
    return min((cost for tokens, cost in reached.items() if wanted <= tokens), default=None)


# ---- what is wanted


def _wanted(trip: Trip) -> Tokens:
    sights = {sight.id for city in trip.cities for sight in city.attractions}
    eateries = {eatery.id for city in trip.cities for eatery in city.eateries}
    visits = {("visit", sight) for sight in _must_see(trip)}
    needs = {("need", name) for name in trip.wishes.cuisines}
    needs |= {("need", wished) for wished in trip.wishes.include if wished in eateries}
    locked = {("need", f"{lock.day} {lock.meal} {lock.id}") for lock in trip.wishes.locks if isinstance(lock, MealLock)}
    assert {sight for _, sight in visits} <= sights
    return frozenset(visits | needs | locked)


def _must_see(trip: Trip) -> set[str]:
    sights = {sight.id for city in trip.cities for sight in city.attractions}
    locked = {lock.id for lock in trip.wishes.locks if isinstance(lock, VisitLock)}
    return {wished for wished in trip.wishes.include if wished in sights} | locked


def _wishes_make_sense(trip: Trip) -> bool:
    return not {*trip.wishes.include, *_must_see(trip)} & set(trip.wishes.avoid)


# ---- one part of a day


@dataclass(frozen=True)
class _Task:
    """A visit or a meal. `place` None: wherever one is, or likes to be. `starts`: (first, last) minutes to begin at."""

    place: str | None
    starts: tuple[tuple[int, int], ...]
    minutes: int
    kind: Literal["visit", "breakfast", "lunch", "dinner"]

    def may_have_within(self, other: "_Task") -> bool:
        is_long = self.kind == "visit" and self.minutes >= LONG_VISIT_MINUTES
        return is_long and other.kind == "lunch" and other.place is None


@dataclass
class _CityTries:
    """All that may be done in one city on a part of a day. Known answers are kept, as many routes share them."""

    trip: Trip
    city: City
    _known: dict[tuple[_Part, str], dict[Tokens, int]] = field(default_factory=dict)
    _fitting: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._must = _must_see(self.trip)
        self._rules: DayRules = day_rules(self.trip.wishes)
        self._sights = [sight for sight in self.city.attractions if sight.id in self._must]
        self._on_the_map = [stop for stop, spot in spots_of(self.city).items() if spot is not None]
        self._ways = _shortest_ways(self.trip, self.city, self._on_the_map)
        self.served = {meal for eatery in self.city.eateries for meal in eatery.meals}

    def fixed(self, day: int) -> list[tuple[int, int]]:
        """From when to when the visits are that day whose hour the traveller has fixed, in order."""
        when = self.trip.dates[day]
        found = {
            (event.starts, event.ends) for event in self.city.events if event.day == when and event.id in self._must
        }
        minutes = {sight.id: sight.visit_minutes for sight in self.city.sights}
        for lock in self.trip.wishes.locks:
            if isinstance(lock, VisitLock) and lock.starts is not None and lock.day == when and lock.id in minutes:
                found.add((lock.starts, lock.starts + minutes[lock.id]))
        return sorted(found)

    def days_like(self, part: _Part, base: str) -> dict[Tokens, int]:
        """The least cost by what is done there and then, for everything that can be done."""
        if (part, base) not in self._known:
            self._known[part, base] = self._try_all(part, base)
        return self._known[part, base]

    def _try_all(self, part: _Part, base: str) -> dict[Tokens, int]:
        found: dict[Tokens, int] = {}
        meals = part.meals
        choices = [self._eateries(part, meal) for meal in meals]
        visits = [(sight, starts) for sight in self._sights if (starts := self._starts(sight, part))]
        for eaten in product(*choices):
            if not _is_each_once(eaten):
                continue
            tasks = [self._meal(meal, eatery) for meal, eatery in zip(meals, eaten, strict=True)]
            for seen in _subsets(visits):
                visit_tasks = [_Task(sight.id, starts, sight.visit_minutes, "visit") for sight, starts in seen]
                if not self._fit(part, base, [*visit_tasks, *tasks]):
                    continue
                prices = [eatery.price for eatery in eaten] + [sight.price for sight, _ in seen]
                tokens = self._tokens(part, meals, eaten, [sight for sight, _ in seen])
                cost = sum(prices) * self.trip.party.size
                found[tokens] = min(found.get(tokens, cost), cost)
        return found

    def _eateries(self, part: _Part, meal: Meal) -> list[Eatery]:
        """That serve it and may: a booked meal is had where it is booked. Of generic ones alike, the cheapest."""
        day = self.trip.dates[part.day]
        booked = {
            lock.id
            for lock in self.trip.wishes.locks
            if isinstance(lock, MealLock) and lock.day == day and lock.meal == meal
        }
        serving = [
            eatery
            for eatery in self.city.eateries
            if meal in eatery.meals and eatery.id not in self.trip.wishes.avoid and booked <= {eatery.id}
        ]
        generic: dict[Tokens, Eatery] = {}
        for eatery in serving:
            needs = self._needs(part, meal, eatery)
            if eatery.is_generic and (needs not in generic or eatery.price < generic[needs].price):
                generic[needs] = eatery
        return [*generic.values(), *(eatery for eatery in serving if not eatery.is_generic)]

    def _needs(self, part: _Part, meal: Meal, eatery: Eatery) -> Tokens:
        day = self.trip.dates[part.day]
        names = [name for name in self.trip.wishes.cuisines if name in eatery.cuisines]
        names += [eatery.id] if eatery.id in self.trip.wishes.include else []
        for lock in self.trip.wishes.locks:
            if isinstance(lock, MealLock) and (lock.id, lock.day, lock.meal) == (eatery.id, day, meal):
                names.append(f"{lock.day} {lock.meal} {lock.id}")
        return frozenset(("need", name) for name in names)

    def _tokens(self, part: _Part, meals: Sequence[Meal], eaten: Sequence[Eatery], seen: Sequence[Sight]) -> Tokens:
        tokens: set[Token] = {("visit", sight.id) for sight in seen}
        for meal, eatery in zip(meals, eaten, strict=True):
            tokens |= {("meal", str(part.day), meal), *self._needs(part, meal, eatery)}
            tokens |= set() if eatery.is_generic else {("at", eatery.id)}
        return frozenset(tokens)

    def _starts(self, sight: Sight, part: _Part) -> tuple[tuple[int, int], ...]:
        day = self.trip.dates[part.day]
        windows = sight.windows(day)
        first, last = self._rules.starts, self._rules.ends
        if sight.kind == "event":
            first, last = 0, DAY_MINUTES
        elif windows and min(window.opens for window in windows) >= EVENING_OPENS:
            last = max(last, EVENING_ENDS)
        found = [(max(first, window.opens), min(last, window.closes) - sight.visit_minutes) for window in windows]
        for lock in self.trip.wishes.locks:
            if isinstance(lock, VisitLock) and lock.id == sight.id:
                if lock.day != day:
                    return ()
                if lock.starts is not None:
                    found = [(lock.starts, lock.starts) for start, end in found if start <= lock.starts <= end]
        return tuple((start, end) for start, end in found if start <= end)

    def _meal(self, meal: Meal, eatery: Eatery) -> _Task:
        hours = MEAL_HOURS[meal]
        place = None if eatery.spot is None else eatery.id
        return _Task(place, ((hours.earliest, hours.latest),), hours.minutes, meal)

    def _fit(self, part: _Part, base: str, tasks: Sequence[_Task]) -> bool:
        """Whether all of them can be done one after the other, in some order, from the stay back to the stay."""
        key = (part, base, *tasks)
        if key not in self._fitting:
            self._fitting[key] = self._try_orders(part, base, tasks)
        return self._fitting[key]

    def _try_orders(self, part: _Part, base: str, tasks: Sequence[_Task]) -> bool:
        """By what is done and where one is: the earliest that one may be there; who is early can wait."""
        if not tasks:
            return True
        everything = (1 << len(tasks)) - 1
        ready: dict[tuple[int, str], int] = {(0, base): max(part.begins, _OUT_FROM)}
        for done in range(everything):
            for (had, place), minute in list(ready.items()):
                if had != done:
                    continue
                for index, task in enumerate(tasks):
                    if done >> index & 1:
                        continue
                    for there in {place, *self._on_the_map} if task.place is None else {task.place}:
                        ends = self._ends(task, minute + self._ways[place, there], part)
                        key = (done | 1 << index, there)
                        ready[key] = min(ready.get(key, _NEVER), ends)
                    for other, lunch in enumerate(tasks):
                        if not done >> other & 1 and task.may_have_within(lunch):
                            there = task.place or place
                            ends = self._ends_with_lunch(task, minute + self._ways[place, there])
                            key = (done | 1 << index | 1 << other, there)
                            ready[key] = min(ready.get(key, _NEVER), ends)
        return any(
            had == everything and minute + self._ways[place, base] <= part.ends
            for (had, place), minute in ready.items()
        )

    def _ends_with_lunch(self, visit: _Task, from_minute: int) -> int:
        """Of a long visit that is interrupted by lunch on the spot, and the rest after it."""
        hours, rest = MEAL_HOURS["lunch"], self._rules.rest_minutes
        earliest = max(from_minute, hours.earliest + hours.minutes - visit.minutes)
        starts = [max(first, earliest) for first, last in visit.starts if earliest <= last - rest]
        fitting = [start for start in starts if start <= hours.latest]
        return min(fitting) + visit.minutes + rest if fitting else _NEVER

    def _ends(self, task: _Task, from_minute: int, part: _Part) -> int:
        """When one is free again, at the earliest; after lunch one rests, if there is time for that."""
        starts = next((max(first, from_minute) for first, last in task.starts if from_minute <= last), None)
        if starts is None:
            return _NEVER
        ends, rest = starts + task.minutes, self._rules.rest_minutes
        if task.kind != "lunch" or not rest or ends + rest > part.meal_until:
            return ends
        so_late_that_no_rest_is_due = part.meal_until - rest + 1
        if so_late_that_no_rest_is_due - task.minutes <= task.starts[0][1]:
            return min(ends + rest, so_late_that_no_rest_is_due)
        return ends + rest


def _shortest_ways(trip: Trip, city: City, on_the_map: Sequence[str]) -> dict[tuple[str, str], int]:
    """Over other stops on the map too, where that is quicker."""
    spots = spots_of(city)
    ways = {(start, end): travel_minutes(trip, spots, start, end) for start in spots for end in spots}
    for via in on_the_map:
        for start in spots:
            for end in spots:
                ways[start, end] = min(ways[start, end], ways[start, via] + ways[via, end])
    return ways


def _subsets(
    visits: Sequence[tuple[Sight, tuple[tuple[int, int], ...]]],
) -> Iterator[tuple[tuple[Sight, tuple[tuple[int, int], ...]], ...]]:
    for size in range(len(visits) + 1):
        yield from combinations(visits, size)


def _is_each_once(eaten: Sequence[Eatery]) -> bool:
    named = [eatery.id for eatery in eaten if not eatery.is_generic]
    return len(named) == len(set(named))

"""Trips made up by the number: what a planner may meet, good and bad, the same for the same number on every machine.

A trip's number says which wishes it has (none, each alone, each pair, in turn) and everything else about it. Places,
prices and hours are invented; they are odd on purpose: lunch breaks, closed Mondays, ways that take longer back than
there, night trains, flights on some days only, cities with nothing to eat. Nothing here knows how a trip is planned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, permutations
from random import Random
from typing import Any, Literal, TypeVar

from app.trips.problem import (
    DAY_MINUTES,
    MEALS,
    City,
    Eatery,
    Event,
    HouseRule,
    Leg,
    LegLock,
    LegMode,
    Lock,
    Meal,
    MealLock,
    Party,
    Sight,
    Spot,
    Stay,
    StayLock,
    TravelTime,
    Trip,
    VisitLock,
    Window,
    Wishes,
)
from app.trips.request import BudgetRange, LocalTransport, Pace

WishKind = Literal[
    "ample budget",
    "tight budget",
    "low budget",
    "cuisines",
    "room types",
    "house needs",
    "excluded modes",
    "include",
    "avoid",
    "visit lock",
    "visit lock at a time",
    "stay lock",
    "leg lock",
    "meal lock",
    "pace",
    "own hours",
    "budget range",
    "interests",
]
WISH_KINDS: tuple[WishKind, ...] = (
    "ample budget",
    "tight budget",
    "low budget",
    "cuisines",
    "room types",
    "house needs",
    "excluded modes",
    "include",
    "avoid",
    "visit lock",
    "visit lock at a time",
    "stay lock",
    "leg lock",
    "meal lock",
    "pace",
    "own hours",
    "budget range",
    "interests",
)
BUDGETS: frozenset[WishKind] = frozenset(("ample budget", "tight budget", "low budget"))
# No wish, each alone, each pair; nobody has two budgets.
WISH_SETS: tuple[tuple[WishKind, ...], ...] = (
    (),
    *((kind,) for kind in WISH_KINDS),
    *(pair for pair in combinations(WISH_KINDS, 2) if not BUDGETS.issuperset(pair)),
)

Kind = TypeVar("Kind")
HOME = "home"
_FIRST_DAYS = date(2026, 1, 1)
_CUISINES = ("Thai", "Italian", "Mexican", "Indian", "Local", "Seafood")
_INTERESTS = ("art", "history", "nature", "food", "music")
_ROOM_TYPES = ("entire home", "private room", "shared room")
_HOUSE_RULES: tuple[HouseRule, ...] = ("pets", "smoking", "parties", "children under 10", "visitors")
_MODES: tuple[LegMode, ...] = ("flight", "train", "drive", "taxi")
_CURRENCIES = ("EUR", "EUR", "USD", "GBP", "JPY", "KWD")


@dataclass(frozen=True)
class Shape:
    """How large trips are: least and most of each, for each city where it is a city's. `legs`: between two ends.
    `is_plain`: without what makes a trip impossible by facts alone."""

    name: str
    days: tuple[int, int]
    cities: tuple[int, int]
    sights: tuple[int, int]
    eateries: tuple[int, int]
    stays: tuple[int, int]
    events: tuple[int, int]
    legs: tuple[int, int]
    included: int = 3
    is_plain: bool = False


ANY = Shape("any", (1, 14), (1, 4), (0, 80), (0, 40), (0, 8), (0, 4), (0, 4))
# So small that every plan can be tried: at most four sights that have to be seen.
SMALL = Shape("small", (1, 3), (1, 2), (0, 5), (0, 4), (1, 3), (0, 1), (1, 3), included=2)
# The case by which planning is timed: five days in one city of eighty places.
BUSY_WEEK = Shape("busy week", (5, 5), (1, 1), (80, 80), (40, 40), (8, 8), (0, 0), (2, 4), is_plain=True)


def wish_kinds(number: int) -> tuple[WishKind, ...]:
    """The wishes of the trip of that number."""
    return WISH_SETS[number % len(WISH_SETS)]


def generated_trip(number: int, shape: Shape = ANY) -> Trip:
    return _Maker(Random(f"{shape.name}/{number}"), shape).trip(wish_kinds(number))


class _Maker:
    """Makes one trip. Every choice is drawn from `random`, in a fixed order."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._random = random
        self._shape = shape
        self._first_day = _FIRST_DAYS + timedelta(days=random.randrange(700))
        city_count = random.randint(*shape.cities)
        self._day_count = random.randint(max(shape.days[0], city_count), max(shape.days[1], city_count))
        self._dates = [self._first_day + timedelta(days=offset) for offset in range(self._day_count)]
        self._has_home = shape.is_plain or random.random() < 0.75
        self._city_ids = [f"city{index}" for index in range(city_count)]

    def trip(self, kinds: Sequence[WishKind]) -> Trip:
        cities = tuple(self._city(index) for index in range(len(self._city_ids)))
        legs = self._legs()
        travel = tuple(time for city in cities for time in self._travel(city))
        transport: LocalTransport | None = self._random.choice((None, None, None, "walking", "cycling", "driving"))
        trip = Trip(
            first_day=self._first_day,
            day_count=self._day_count,
            currency=self._random.choice(_CURRENCIES),
            origin=HOME if self._has_home else None,
            cities=cities,
            keep_order=self._random.random() < 0.5,
            legs=legs,
            travel=travel,
            local_transport=transport,
            party=self._party(),
        )
        wishes: dict[str, Any] = {}
        for kind in kinds:
            self._wish(kind, trip, wishes)
        return Trip(
            **{name: getattr(trip, name) for name in Trip.model_fields if name != "wishes"}, wishes=Wishes(**wishes)
        )

    # ---- chance

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _odd(self, share: float) -> bool:
        """For what may make the trip impossible."""
        return not self._shape.is_plain and self._chance(share)

    def _few(self, found: Sequence[Kind], most: int) -> tuple[Kind, ...]:
        """From one of them to so many, in their order; () where there are none."""
        if not found:
            return ()
        count = self._random.randint(1, min(most, len(found)))
        return tuple(found[index] for index in sorted(self._random.sample(range(len(found)), count)))

    # ---- cities

    def _city(self, index: int) -> City:
        centre = Spot(latitude=self._random.uniform(-55, 60), longitude=self._random.uniform(-170, 170))
        city_id = self._city_ids[index]
        counts = {name: self._random.randint(*getattr(self._shape, name)) for name in ("sights", "events", "stays")}
        stays = max(1, counts["stays"]) if not self._odd(0.03) else 0
        return City(
            id=city_id,
            name=f"City {index}",
            spot=None if self._chance(0.05) else centre,
            days=self._city_days[index],
            sights=tuple(self._sight(f"{city_id}/sight{n}", centre) for n in range(counts["sights"])),
            events=tuple(self._event(f"{city_id}/event{n}", centre) for n in range(counts["events"])),
            eateries=tuple(self._eateries(city_id, centre)),
            stays=tuple(self._stay(f"{city_id}/stay{n}", centre) for n in range(stays)),
            rain_percent={day: self._random.randrange(101) for day in self._dates if self._chance(0.4)},
        )

    @property
    def _city_days(self) -> list[int | None]:
        """Given for all, for some, or for none."""
        if not hasattr(self, "_drawn_days"):
            count = len(self._city_ids)
            cuts = sorted(self._random.sample(range(1, self._day_count), count - 1))
            days = [end - start for start, end in zip([0, *cuts], [*cuts, self._day_count], strict=True)]
            how = self._random.random()
            self._drawn_days: list[int | None] = [
                number if how < 0.3 or (how < 0.5 and self._chance(0.5)) else None for number in days
            ]
        return self._drawn_days

    def _spot(self, centre: Spot, spread: float = 0.05) -> Spot | None:
        if self._chance(0.03):
            return None
        if self._chance(0.03):
            return centre
        spread = 0.3 if self._chance(0.03) else spread
        return Spot(
            latitude=round(centre.latitude + self._random.uniform(-spread, spread), 5),
            longitude=round(centre.longitude + self._random.uniform(-spread, spread), 5),
        )

    def _sight(self, sight_id: str, centre: Spot) -> Sight:
        minutes = self._random.choice((20, 30, 45, 60, 60, 75, 90, 90, 120, 150, 180, 240))
        hours = self._hours()
        return Sight(
            id=sight_id,
            name=sight_id.replace("/", " "),
            spot=self._spot(centre),
            visit_minutes=600 if self._odd(0.02) else minutes,
            hours=hours,
            hours_known=hours is not None or self._chance(0.5),
            price=self._random.choice((0, 0, 0, 500, 900, 1200, 1800, 2500, 4900)),
            kind=self._random.choice(("museum", "park", "church", "viewpoint")),
            interests=self._few(_INTERESTS, 3) if self._chance(0.7) else (),
            score=self._random.randint(0, 40),
            indoor=self._random.choice((None, True, True, False)),
        )

    def _hours(self) -> dict[date, tuple[Window, ...]] | None:
        """Always open, with a lunch break, in the evening only, or by day; most of them closed on one day a week."""
        how = self._random.random()
        if how < 0.25:
            return None
        opens = self._random.choice((8 * 60, 9 * 60, 10 * 60, 10 * 60 + 30))
        windows: tuple[tuple[int, int], ...] = ((opens, self._random.choice((16 * 60, 17 * 60, 18 * 60, 20 * 60))),)
        if how < 0.4:
            windows = ((opens, 12 * 60 + 30), (14 * 60, self._random.choice((17 * 60 + 30, 19 * 60))))
        elif how < 0.5:
            windows = (
                (self._random.choice((16 * 60, 17 * 60, 18 * 60 + 30)), self._random.choice((22 * 60, DAY_MINUTES))),
            )
        elif how < 0.53:
            windows = ((opens, opens + 90),)
        closed = self._random.randrange(7) if self._chance(0.6) else None
        on_days = tuple(Window(opens=start, closes=end) for start, end in windows)
        is_rare = self._chance(0.05)
        hours: dict[date, tuple[Window, ...]] = {}
        for day in self._dates:
            if day.weekday() != closed and not (is_rare and self._chance(0.7)):
                hours[day] = on_days
            elif self._chance(0.5):
                hours[day] = ()
        return hours

    def _event(self, event_id: str, centre: Spot) -> Event:
        starts = self._random.choice((10 * 60, 15 * 60, 18 * 60, 19 * 60 + 30, 20 * 60))
        return Event(
            id=event_id,
            name=event_id.replace("/", " "),
            spot=self._spot(centre),
            day=self._random.choice(self._dates),
            starts=starts,
            ends=starts + self._random.choice((60, 90, 120, 180)),
            price=self._random.choice((0, 1500, 4000)),
            interests=self._few(_INTERESTS, 2),
            score=self._random.randint(0, 60),
            indoor=self._random.choice((None, True, False)),
        )

    # ---- meals and nights

    def _eateries(self, city_id: str, centre: Spot) -> list[Eatery]:
        """Mostly with something of no particular place for every meal, so that nobody starves."""
        if self._odd(0.04):
            return []
        found = []
        if not self._odd(0.15):
            for meal in MEALS:
                found.append(self._generic(f"{city_id}/any {meal}", (meal,)))
        elif self._chance(0.7):
            found.append(self._generic(f"{city_id}/any", MEALS))
        for index in range(self._random.randint(*self._shape.eateries)):
            found.append(self._eatery(f"{city_id}/eatery{index}", centre))
        return found

    def _generic(self, eatery_id: str, meals: tuple[Meal, ...]) -> Eatery:
        return Eatery(
            id=eatery_id,
            name=eatery_id.replace("/", " "),
            price=self._random.choice((400, 700, 1200, 1900)),
            is_generic=True,
            meals=meals,
            cuisines=("Local",) if self._chance(0.2) else (),
        )

    def _eatery(self, eatery_id: str, centre: Spot) -> Eatery:
        return Eatery(
            id=eatery_id,
            name=eatery_id.replace("/", " "),
            spot=None if self._chance(0.2) else self._spot(centre, 0.03),
            cuisines=self._few(_CUISINES, 2) if self._chance(0.8) else (),
            price=self._random.randrange(300, 6000, 50),
            meals=self._few(MEALS, 3) if self._chance(0.4) else MEALS,
            rating=self._random.randint(20, 100) if self._chance(0.7) else None,
        )

    def _stay(self, stay_id: str, centre: Spot) -> Stay:
        return Stay(
            id=stay_id,
            name=stay_id.replace("/", " "),
            spot=self._spot(centre, 0.03),
            nightly=self._random.randrange(2000, 30000, 100),
            capacity=self._random.choice((1, 2, 2, 2, 3, 4, 6)),
            rooms=self._random.randint(1, 4) if self._chance(0.2) else None,
            room_type=self._random.choice((*_ROOM_TYPES, None)),
            forbids=self._few(_HOUSE_RULES, 3) if self._chance(0.5) else (),
            min_nights=self._random.choice((1,) * 9 + (2, 2, 3, 4)),
            rating=self._random.randint(20, 100) if self._chance(0.7) else None,
        )

    # ---- ways

    def _travel(self, city: City) -> list[TravelTime]:
        """Of most cities none, so that ways are estimated; else of all pairs or of some."""
        how = self._random.random()
        if how < 0.7:
            return []
        stops = [city.id, *(stay.id for stay in city.stays)]
        stops += [sight.id for sight in city.attractions]
        stops += [eatery.id for eatery in city.eateries if eatery.spot is not None]
        share = 1.0 if how < 0.85 else 0.3
        return [
            TravelTime(origin=start, destination=end, minutes=self._random.choice((0, 5, 8, 12, 15, 22, 30, 41)))
            for start, end in permutations(stops, 2)
            if self._chance(share)
        ]

    def _legs(self) -> tuple[Leg, ...]:
        ends = [*self._city_ids, *([HOME] if self._has_home else [])]
        return tuple(leg for start, end in permutations(ends, 2) for leg in self._legs_between(start, end))

    def _legs_between(self, start: str, end: str) -> list[Leg]:
        least, most = self._shape.legs
        count = 0 if self._odd(0.02) else self._random.randint(max(1, least), max(1, most))
        return [self._leg(f"{start}-{end}/{index}", start, end, index == 0) for index in range(count)]

    def _leg(self, leg_id: str, start: str, end: str, is_first: bool) -> Leg:
        """The first one between two ends is mostly a train at a good hour: a trip with no way at all is no test."""
        is_usual = is_first and not self._odd(0.2)
        mode: LegMode = "train" if is_usual else self._random.choice(_MODES)
        by_vehicle = mode in ("drive", "taxi")
        facts: dict[str, Any] = {"id": leg_id, "mode": mode, "origin": start, "destination": end}
        facts |= {"price": self._random.randrange(500, 40000, 100), "name": leg_id.replace("/", " ")}
        if by_vehicle:
            facts |= {"priced_per": "vehicle", "capacity": self._random.choice((None, 4, 5, 7))}
        duration = self._random.choice((0 if self._odd(0.05) else 50, 90, 150, 210, 300, 480))
        if is_usual:
            duration = min(duration, 210)
        elif self._odd(0.04):
            duration = self._random.choice((900, 1500, 2000))
        if by_vehicle or self._chance(0.15):
            facts["duration_minutes"] = duration
        else:
            departs = 20 if self._odd(0.02) else self._random.randrange(300, 1380, 5)
            if is_usual:
                departs = self._random.randrange(960, 1200, 5) if end == HOME else self._random.randrange(420, 660, 5)
            facts |= {"departs": departs, "arrives": departs + max(20, duration)}
            if mode == "train" and self._odd(0.08):
                facts |= {"departs": 21 * 60 + 40, "arrives": DAY_MINUTES + self._random.choice((5, 390, 640))}
        if self._odd(0.08 if is_usual else 0.25):
            facts["dates"] = tuple(day for day in self._dates if self._chance(0.7))
        return Leg(**facts)

    def _party(self) -> Party:
        adults, children = self._random.choice((1, 1, 2, 2, 2, 3, 4, 5, 6)), 0
        if self._chance(0.3):
            children = self._random.randint(1, 3)
        return Party(adults=adults, children=children, children_under_10=self._random.randint(0, children))

    # ---- wishes

    def _wish(self, kind: WishKind, trip: Trip, wishes: dict[str, Any]) -> None:
        """Adds it to the others."""
        attractions = [sight for city in trip.cities for sight in city.attractions]
        eateries = [eatery for city in trip.cities for eatery in city.eateries if not eatery.is_generic]
        match kind:
            case "ample budget":
                wishes["budget"] = rough_cost(trip) * 3
            case "tight budget":
                wishes["budget"] = int(rough_cost(trip) * self._random.uniform(0.9, 1.5))
            case "low budget":
                wishes["budget"] = int(rough_cost(trip) * self._random.uniform(0.0, 0.6))
            case "cuisines":
                served = [cuisine for cuisine in _CUISINES if any(cuisine in place.cuisines for place in eateries)]
                wishes["cuisines"] = self._few(_CUISINES if self._odd(0.1) else served, 3)
            case "room types":
                wishes["room_types"] = self._few(_ROOM_TYPES, 2)
            case "house needs":
                wishes["house_needs"] = self._few(_HOUSE_RULES, 2)
            case "excluded modes":
                wishes["excluded_modes"] = self._few(_MODES, 2)
            case "include":
                places = [eatery.id for eatery in self._few(eateries, 1)] if self._chance(0.3) else []
                wished = [sight.id for sight in self._few(self._open(attractions), self._shape.included)]
                wishes["include"] = (*wished, *places)
            case "avoid":
                found = [*(sight.id for sight in attractions), *(eatery.id for eatery in eateries)]
                wishes["avoid"] = self._few(found, 8)
            case "pace":
                pace: Pace = self._random.choice(("relaxed", "fast"))
                wishes["pace"] = pace
            case "own hours":
                wishes["day_starts"] = self._random.choice((6 * 60, 7 * 60 + 30, 11 * 60, None))
                wishes["day_ends"] = self._random.choice((15 * 60, 17 * 60, 21 * 60, 23 * 60, None))
            case "budget range":
                span: BudgetRange = self._random.choice(("budget", "mid-range", "luxury"))
                wishes["budget_range"] = span
            case "interests":
                wishes["interests"] = {name: self._random.randint(0, 30) for name in self._few(_INTERESTS, 4)}
            case _:
                lock = self._lock(kind, trip)
                wishes["locks"] = (*wishes.get("locks", ()), *([] if lock is None else [lock]))

    def _open(self, sights: Sequence[Sight]) -> list[Sight]:
        """Those that are open on some day; now and then, all."""
        if self._odd(0.1):
            return list(sights)
        return [
            sight
            for sight in sights
            if sight.visit_minutes < 300
            and any(
                window.closes - window.opens >= sight.visit_minutes
                for day in self._dates
                for window in sight.windows(day)
            )
        ]

    def _lock(self, kind: WishKind, trip: Trip) -> Lock | None:
        """None where the trip has nothing of the kind."""
        day = self._dates[0] - timedelta(days=1) if self._odd(0.02) else self._random.choice(self._dates)
        city = self._random.choice(trip.cities)
        match kind:
            case "stay lock" if city.stays:
                return StayLock(id=self._random.choice(city.stays).id)
            case "leg lock" if trip.legs:
                leg = self._random.choice(trip.legs)
                if not self._odd(0.3):
                    day = self._likely_day(trip, leg)
                return LegLock(id=leg.id, day=day)
            case "meal lock" if city.eateries:
                eatery = self._random.choice(city.eateries)
                return MealLock(
                    id=eatery.id, day=day, meal=self._random.choice(MEALS if self._odd(0.1) else eatery.meals)
                )
            case "visit lock" | "visit lock at a time" if city.attractions:
                sight = self._random.choice(self._open(city.attractions) or city.attractions)
                days = [found for found in self._dates if sight.windows(found)]
                day = self._random.choice(days) if days and not self._odd(0.1) else day
                starts = None if kind == "visit lock" else self._start(sight, day)
                return VisitLock(id=sight.id, day=day, starts=starts)
        return None

    def _likely_day(self, trip: Trip, leg: Leg) -> date:
        """The first for the way there, the last for the way home."""
        if leg.origin == trip.origin:
            return self._dates[0]
        return (
            self._dates[-1] if leg.destination == trip.origin else self._random.choice(self._dates[1:] or self._dates)
        )

    def _start(self, sight: Sight, day: date) -> int:
        """Mostly in the opening hours."""
        windows = [window for window in sight.windows(day) if window.closes - window.opens >= sight.visit_minutes]
        if not windows or self._odd(0.1):
            return self._random.randrange(480, 1200, 15)
        window = self._random.choice(windows)
        first = max(window.opens, 9 * 60)
        return self._random.randint(first, max(first, min(window.closes, 19 * 60) - sight.visit_minutes))


def rough_cost(trip: Trip) -> int:
    """About what the trip costs at the cheaper end: a measure for budgets, not a bound."""
    size, days = trip.party.size, trip.day_count
    legs = sorted(leg.cost_for(size) for leg in trip.legs)
    moves = len(trip.cities) + (1 if trip.origin is not None else -1)
    ways = legs[len(legs) // 3] * moves if legs else 0
    nights = [min((stay.rooms_for(size) * stay.nightly for stay in city.stays), default=0) for city in trip.cities]
    meals = [sorted(eatery.price for eatery in city.eateries)[:3] for city in trip.cities]
    a_meal = sum(sum(prices) // max(1, len(prices)) for prices in meals) // len(meals)
    return ways + sum(nights) * (days - 1) // len(nights) + a_meal * 3 * days * size

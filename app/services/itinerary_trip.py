"""From the request, the catalogue and what the other agents found to the planner's problem.

Rooms, meals and ways of the catalogue are estimates of their kind (a room of that range, a lunch), so they go in as
generic ones: the planner decides on days, hours and sums, not on a hotel that nobody looked up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations, pairwise

from app.services.exchange_rates import RatesProvider
from app.services.itinerary_money import Money
from app.services.journey_costs import CURRENCY as JOURNEY_CURRENCY
from app.services.journey_costs import SEATS_IN_A_CAR, journey_cost
from app.services.journey_times import JourneyTimes, journey_times
from app.services.price_levels import PriceLevel, exact, price_level
from app.trips.places import catalogue
from app.trips.places.names import words
from app.trips.places.place import Place
from app.trips.planner.interests import UnderstoodInterests
from app.trips.problem import (
    City,
    Eatery,
    Leg,
    LegMode,
    Party,
    Sight,
    Spot,
    Stay,
    Trip,
    Window,
    Wishes,
)
from app.trips.reports import Connection, DayWeather, ResolvedPlace, RouteOption, RouteReport
from app.trips.request import BudgetRange, Destination, LocalTransport, UserPreferences

HOME = "home"
# Where the hours are not known, visits keep to the hours that nearly every place has.
CAUTIOUS_WINDOW = Window(opens=10 * 60, closes=17 * 60)
# What a city is famed for is worth most of a day, however much else that day would hold (nobody leaves Cairo without
# the pyramids); between the others, a served interest outweighs the step of rank.
FAME = {1: 10, 2: 20, 3: 90}
INTEREST_POINTS = 14
# Of what food costs a day, so many parts in ten go to each meal.
_MEAL_SHARES = {"breakfast": 2, "lunch": 3, "dinner": 5}
_GUESTS_A_ROOM = 2
_RANGES: tuple[BudgetRange, ...] = ("budget", "mid-range", "luxury")
# By so many days a trip may be prolonged as a way out.
_DAYS_MORE = 3
# Between places so near that local transport does, and between those that no way could be reckoned for.
_LOCAL_WAY_MINUTES, _UNKNOWN_WAY_MINUTES = 60, 6 * 60


@dataclass(frozen=True)
class Asked:
    """What the traveller asked for, as far as the problem needs it. `budget_limit`: in the smallest unit."""

    days: Sequence[date]
    stops: Sequence[Destination]
    keep_order: bool
    travelers_count: int
    budget_range: BudgetRange
    budget_limit: int | None
    preferred_transport: LocalTransport | None
    preferences: UserPreferences


@dataclass(frozen=True)
class TripFacts:
    """The problem, and what its ids stand for. `journeys`: the way from home by city, with the assumptions behind it.

    `unknown_sights`: of what the traveller wants to see or avoid, the names that no sight has.
    """

    trip: Trip
    places: dict[str, Place]
    sights: dict[str, catalogue.Sight]
    ways: dict[str, Connection]
    journeys: dict[str, JourneyTimes]
    money: Money
    levels: dict[str, PriceLevel]
    unknown_sights: tuple[str, ...]


@dataclass
class TripBuilder:
    """`places`: of the asked stops, in their order. `weather`: by the place's name and the day. `route`: of all ways of
    the trip, those from home among them; what it lacks is assumed."""

    asked: Asked
    places: Sequence[Place]
    weather: Mapping[str, Mapping[date, DayWeather]]
    route: RouteReport
    interests: UnderstoodInterests
    money: Money
    rates: RatesProvider
    _sights: dict[str, catalogue.Sight] = field(default_factory=dict)
    _ways: dict[str, Connection] = field(default_factory=dict)
    _journeys: dict[str, JourneyTimes] = field(default_factory=dict)
    _levels: dict[str, PriceLevel] = field(default_factory=dict)

    def facts(self) -> TripFacts:
        ids = _ids_of(self.places)
        cities = [
            self._city(city_id, place, stop)
            for (city_id, place), stop in zip(ids.items(), self.asked.stops, strict=True)
        ]
        legs = list(self._legs(ids))
        goes_anywhere = any(journey.arrives is not None for journey in self._journeys.values())
        include, unknown_wishes = self._named(self.asked.preferences.must_see)
        avoid, unknown_avoided = self._named(self.asked.preferences.avoid)
        trip = Trip(
            first_day=self.asked.days[0],
            day_count=len(self.asked.days),
            currency=self.money.currency,
            origin=HOME if goes_anywhere else None,
            cities=tuple(cities),
            keep_order=self.asked.keep_order,
            legs=tuple(leg for leg in legs if goes_anywhere or HOME not in (leg.origin, leg.destination)),
            local_transport=self.asked.preferred_transport,
            party=Party(adults=self.asked.travelers_count),
            wishes=self._wishes(include, avoid),
        )
        return TripFacts(
            trip,
            ids,
            self._sights,
            self._ways,
            self._journeys,
            self.money,
            self._levels,
            (*unknown_wishes, *unknown_avoided),
        )

    def _wishes(self, include: Sequence[str], avoid: Sequence[str]) -> Wishes:
        preferences = self.asked.preferences
        return Wishes(
            budget=self.asked.budget_limit,
            budget_range=self.asked.budget_range,
            pace=preferences.pace,
            day_starts=_minute(preferences.day_starts),
            day_ends=_minute(preferences.day_ends),
            interests=dict.fromkeys(self.interests.known, INTEREST_POINTS),
            room_types=(self.asked.budget_range,),
            include=tuple(include),
            avoid=tuple(avoid),
        )

    # ---- cities

    def _city(self, city_id: str, place: Place, stop: Destination) -> City:
        level = self._levels[city_id] = price_level(place, self.asked.budget_range, self.rates)
        weather = self.weather.get(place.name, {})
        return City(
            id=city_id,
            name=place.name,
            spot=Spot(latitude=place.latitude, longitude=place.longitude),
            timezone=place.timezone,
            days=stop.days,
            sights=tuple(self._sight(city_id, sight) for sight in (place.city.sights if place.city else [])),
            eateries=tuple(self._meals(city_id, level)),
            stays=tuple(self._stays(city_id, place)),
            daily_fare=self.money.minor(level.local_transport_day, level.currency) or 0,
            rain_percent={day: weather[day].rain_chance_percent or 0 for day in self.asked.days if day in weather},
        )

    def _sight(self, city_id: str, sight: catalogue.Sight) -> Sight:
        sight_id = f"{city_id}/{sight.id}"
        self._sights[sight_id] = sight
        price = None if sight.price is None else self.money.minor(exact(sight.price.adult), sight.price.currency)
        return Sight(
            id=sight_id,
            name=sight.name,
            spot=Spot(latitude=sight.latitude, longitude=sight.longitude),
            visit_minutes=-(-sight.visit_minutes // 5) * 5,
            hours=None if sight.hours == "always" else {day: _windows(sight, day) for day in self._known_days},
            hours_known=sight.hours is not None,
            price=price or 0,
            kind=sight.kind,
            interests=tuple(sight.interests),
            score=FAME[sight.rank],
            indoor=sight.indoor,
        )

    @property
    def _known_days(self) -> list[date]:
        """The trip's, and those that it may be prolonged by where it cannot be had as it is."""
        further = (self.asked.days[-1] + timedelta(days=more + 1) for more in range(_DAYS_MORE))
        return [*self.asked.days, *further]

    def _meals(self, city_id: str, level: PriceLevel) -> Iterator[Eatery]:
        """What food costs a day, shared out over its meals; what rounding leaves goes to dinner."""
        day = self.money.minor(level.food_day, level.currency) or 0
        breakfast, lunch = (day * _MEAL_SHARES[meal] // 10 for meal in ("breakfast", "lunch"))
        prices = {"breakfast": breakfast, "lunch": lunch, "dinner": day - breakfast - lunch}
        for meal, price in prices.items():
            yield Eatery.model_validate(
                {"id": f"{city_id}/{meal}", "name": meal, "price": price, "is_generic": True, "meals": (meal,)}
            )

    def _stays(self, city_id: str, place: Place) -> Iterator[Stay]:
        """A room of each range, so that a budget that is too small is told which one would do."""
        for budget_range in _RANGES:
            level = price_level(place, budget_range, self.rates)
            yield Stay(
                id=f"{city_id}/room-{budget_range}",
                name=f"Double room, {budget_range}",
                nightly=self.money.minor(level.room_night, level.currency) or 0,
                capacity=_GUESTS_A_ROOM,
                room_type=budget_range,
            )

    # ---- legs

    def _legs(self, ids: Mapping[str, Place]) -> Iterator[Leg]:
        places = {HOME: self.route.origin} | {city_id: place.resolved() for city_id, place in ids.items()}
        ways = {pair: self._way(places[pair[0]], places[pair[1]]) for pair in combinations(places, 2)}
        is_all_by_road = self._is_all_by_road(list(ids), ways)
        for (start, end), way in ways.items():
            if start == HOME:
                yield from self._home_legs(end, way, is_all_by_road)
            elif way is not None:
                yield self._leg(start, end, way, is_all_by_road)
                yield self._leg(end, start, way, is_all_by_road)

    def _is_all_by_road(self, ids: Sequence[str], ways: Mapping[tuple[str, str], Connection | None]) -> bool:
        """Of the ways that may be taken: in a given order, those between neighbours."""
        ends = [(HOME, ids[0]), (HOME, ids[-1]), *pairwise(ids)] if self.asked.keep_order else list(ways)
        taken = [ways[pair] for pair in ends]
        return all(way is not None and way.route.mode in ("driving", "none") for way in taken)

    def _way(self, start: ResolvedPlace, end: ResolvedPlace) -> Connection | None:
        """Between these two, from `start`. Home may be one of the cities, and two cities may bear one name."""
        known = self.route.connections or [
            Connection(origin=self.route.origin, destination=self.route.destination, route=self.route.primary_route)
        ]
        for found in known:
            if {_spot(found.origin), _spot(found.destination)} == {_spot(start), _spot(end)}:
                return Connection(origin=start, destination=end, route=found.route)
        return None

    def _home_legs(self, city_id: str, way: Connection | None, is_all_by_road: bool) -> Iterator[Leg]:
        journey = self._journeys[city_id] = journey_times(way, self.asked.days[0], self.asked.days[-1])
        if journey.arrives is None or journey.leaves is None:
            if len(self.places) > 1 and way is not None:
                yield self._leg(HOME, city_id, way, is_all_by_road)
                yield self._leg(city_id, HOME, way, is_all_by_road)
            return
        mode = _mode(way.route, is_all_by_road) if way else "flight"
        if way is not None:
            self._ways[f"{HOME}-{city_id}"] = self._ways[f"{city_id}-{HOME}"] = way
        arrives = max(1, journey.arrives)
        duration = max(1, way.route.duration_minutes if way else 1)
        yield self._timed(HOME, city_id, way, mode, min(7 * 60, arrives - 1), arrives)
        yield self._timed(city_id, HOME, way, mode, journey.leaves, journey.leaves + duration)

    def _timed(self, start: str, end: str, way: Connection | None, mode: LegMode, departs: int, arrives: int) -> Leg:
        return Leg(
            id=f"{start}-{end}",
            mode=mode,
            origin=start,
            destination=end,
            departs=departs,
            arrives=arrives,
            **self._fare(way),
        )

    def _leg(self, start: str, end: str, way: Connection, is_all_by_road: bool) -> Leg:
        self._ways[f"{start}-{end}"] = way
        return Leg(
            id=f"{start}-{end}",
            mode=_mode(way.route, is_all_by_road),
            origin=start,
            destination=end,
            duration_minutes=way.route.duration_minutes or _assumed_minutes(way.route),
            **self._fare(way),
        )

    def _fare(self, way: Connection | None) -> dict[str, int | str]:
        """One way, for one person, or for one car."""
        if way is None:
            return {"price": 0}
        is_car = way.route.mode == "driving"
        both_ways = journey_cost(way.route, 1, self.asked.budget_range)
        price = self.money.minor(both_ways.amount / 2, JOURNEY_CURRENCY) or 0
        return {"price": price, "priced_per": "vehicle", "capacity": SEATS_IN_A_CAR} if is_car else {"price": price}

    # ---- wishes by name

    def _named(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """The ids of the sights of these names, and the names that none has."""
        by_name = {_folded(sight.name): sight_id for sight_id, sight in self._sights.items()}
        by_name |= {_folded(sight.id): sight_id for sight_id, sight in self._sights.items()}
        found, unknown = [], []
        for name in names:
            sight_id = by_name.get(_folded(name)) or _only_one_with(_folded(name), by_name)
            if sight_id is None:
                unknown.append(name)
            elif sight_id not in found:
                found.append(sight_id)
        return found, unknown


def _ids_of(places: Sequence[Place]) -> dict[str, Place]:
    """A readable id for each: the catalogue's, else made of the name; numbered where two would be alike."""
    ids: dict[str, Place] = {}
    for place in places:
        plain = place.city.id if place.city else "-".join(_folded(place.name).split()) or "place"
        city_id, number = plain, 1
        while city_id in ids or city_id == HOME:
            number += 1
            city_id = f"{plain}-{number}"
        ids[city_id] = place
    return ids


def _windows(sight: catalogue.Sight, day: date) -> tuple[Window, ...]:
    found = sight.opening_minutes(day.weekday(), day.strftime("%m-%d"))
    if found is None:
        return (CAUTIOUS_WINDOW,)
    return tuple(Window(opens=opens, closes=closes) for opens, closes in found)


def _spot(place: ResolvedPlace) -> tuple[float, float]:
    return place.coordinates.latitude, place.coordinates.longitude


def _assumed_minutes(route: RouteOption) -> int:
    return _LOCAL_WAY_MINUTES if route.mode == "none" else _UNKNOWN_WAY_MINUTES


def _mode(route: RouteOption, is_all_by_road: bool) -> LegMode:
    """A road between cities is driven in one's own car only where the whole trip is; else by coach or hired car."""
    if route.mode == "flight":
        return "flight"
    if route.mode == "driving":
        return "drive" if is_all_by_road else "coach"
    return "local"


def _minute(clock_time: str | None) -> int | None:
    return None if clock_time is None else int(clock_time[:2]) * 60 + int(clock_time[3:])


def _folded(name: str) -> str:
    """Its words, without case and accents."""
    return " ".join(words(name))


def _only_one_with(name: str, by_name: Mapping[str, str]) -> str | None:
    """`louvre` means the Louvre Museum, where no other sight is called so."""
    found = {sight_id for full, sight_id in by_name.items() if f" {name} " in f" {full} "}
    return found.pop() if len(found) == 1 else None

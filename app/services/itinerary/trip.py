"""From the request, the catalogue and what the other agents found to the planner's problem.

Rooms, meals and ways of the catalogue are estimates of their kind (a room of that range, a lunch), so they go in as
generic ones: the planner decides on days, hours and sums, not on a hotel that nobody looked up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.services.itinerary.found_sights import as_sight, of_place, sight_id, windows_of
from app.services.itinerary.legs import HOME, Asked, LegBuilder
from app.services.itinerary.money import Money
from app.services.money.exchange_rates import RatesProvider
from app.services.money.price_levels import PriceLevel, exact, price_level
from app.services.places import opening_times
from app.services.routes.journey_times import JourneyTimes
from app.services.routes.town_roads import TownRoads
from app.trips.places import catalogue
from app.trips.places.names import words
from app.trips.places.place import Place
from app.trips.planner.interests import UnderstoodInterests
from app.trips.problem import (
    DAY_MINUTES,
    City,
    Eatery,
    Party,
    Sight,
    Spot,
    Stay,
    Trip,
    Window,
    Wishes,
)
from app.trips.reports import Connection, DayWeather, FoundEatery, PlacesFound, Provenance, RouteReport
from app.trips.request import BudgetRange, Destination

# Where the hours are not known, visits keep to the hours that nearly every place has.
CAUTIOUS_WINDOW = Window(opens=10 * 60, closes=17 * 60)
# What is always open, and not worth the way in the dark: it is visited from half an hour before sunrise to half an hour
# after sunset. Streets and squares are lit, and views have lights to look at.
_BY_DAYLIGHT = {"beach", "cemetery", "garden", "island", "nature", "park"}
_DAYLIGHT = "(sunrise-00:30)-(sunset+00:30)"
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


@dataclass(frozen=True)
class TripFacts:
    """The problem, and what its ids stand for. `journeys`: the way from home by city, with the assumptions behind it.
    `eateries`: by city, restaurants that a provider found; the plan's own meals are generic. `provenances`: of
    sights that a provider found; the others are the catalogue's. `roads`: those of `trip.travel`, with whose they are.

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
    eateries: dict[str, tuple[FoundEatery, ...]] = field(default_factory=dict)
    provenances: dict[str, Provenance] = field(default_factory=dict)
    roads: TownRoads = field(default_factory=TownRoads)


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
    _levels: dict[str, PriceLevel] = field(default_factory=dict)
    _provenances: dict[str, Provenance] = field(default_factory=dict)

    def facts(self) -> TripFacts:
        ids = _ids_of(self.places)
        cities = [
            self._city(city_id, place, stop)
            for (city_id, place), stop in zip(ids.items(), self.asked.stops, strict=True)
        ]
        builder = LegBuilder(self.asked, self.route, self.money)
        legs = list(builder.legs({city_id: place.resolved() for city_id, place in ids.items()}))
        goes_anywhere = any(journey.arrives is not None for journey in builder.journeys.values())
        include, unknown_wishes = self._named(self.asked.preferences.must_see)
        avoid, unknown_avoided = self._named(self.asked.preferences.avoid)
        trip = Trip(
            first_day=self.asked.days[0],
            day_count=len(self.asked.days),
            currency=self.money.currency,
            origin=HOME if goes_anywhere else None,
            cities=tuple(self._with_tickets_of_their_own(city, avoid) for city in cities),
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
            builder.ways,
            builder.journeys,
            self.money,
            self._levels,
            (*unknown_wishes, *unknown_avoided),
            {city_id: tuple(found.eateries) for city_id, place in ids.items() if (found := self._found(place))},
            self._provenances,
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
            sights=(*self._catalogue_sights(city_id, place), *self._found_sights(city_id, place)),
            eateries=tuple(self._meals(city_id, level)),
            stays=tuple(self._stays(city_id, place)),
            daily_fare=self.money.minor(level.local_transport_day, level.currency) or 0,
            rain_percent={day: weather[day].rain_chance_percent or 0 for day in self.asked.days if day in weather},
        )

    def _catalogue_sights(self, city_id: str, place: Place) -> Iterator[Sight]:
        for sight in place.city.sights if place.city else []:
            if sight.hours != "always":
                hours = {day: _windows(sight, day) for day in self._known_days}
                yield self._sight(city_id, sight, hours, is_known=sight.hours is not None)
            elif sight.kind in _BY_DAYLIGHT and not sight.indoor:
                hours = {day: _daylight(place, day) for day in self._known_days}
                yield self._sight(city_id, sight, hours, is_known=False)
            else:
                yield self._sight(city_id, sight, None, is_known=True)

    def _found_sights(self, city_id: str, place: Place) -> Iterator[Sight]:
        """What providers found beside the catalogue; where their hours are not known, the cautious ones."""
        found = self._found(place)
        if found is None:
            return
        for sight in of_place(found.sights):
            self._provenances[f"{city_id}/{sight_id(sight)}"] = found.provenance
            windows = windows_of(sight, self._known_days, place)
            is_known = windows is not None
            windows = windows or dict.fromkeys(self._known_days, (CAUTIOUS_WINDOW,))
            yield self._sight(city_id, as_sight(sight, place), windows, is_known=is_known)

    def _found(self, place: Place) -> PlacesFound | None:
        return next((found for found in self.route.places_found if found.place == place.name), None)

    def _sight(
        self,
        city_id: str,
        sight: catalogue.Sight,
        windows: dict[date, tuple[Window, ...]] | None,
        *,
        is_known: bool,
    ) -> Sight:
        """`windows`: by day; None for open access. `is_known`: they are its own."""
        sight_id = f"{city_id}/{sight.id}"
        self._sights[sight_id] = sight
        return Sight(
            id=sight_id,
            name=sight.name,
            spot=Spot(latitude=sight.latitude, longitude=sight.longitude),
            visit_minutes=-(-sight.visit_minutes // 5) * 5,
            hours=windows,
            hours_known=is_known,
            price=self._price(sight),
            kind=sight.kind,
            interests=tuple(sight.interests),
            score=FAME[sight.rank],
            indoor=sight.indoor,
        )

    def _price(self, sight: catalogue.Sight) -> int:
        price = sight.price
        return 0 if price is None else self.money.minor(exact(price.adult), price.currency) or 0

    def _with_tickets_of_their_own(self, city: City, avoid: Sequence[str]) -> City:
        """Whoever avoids the sight whose ticket is that of others too has to buy it for them. It is counted for each of
        them, since each may be the only one that is seen."""
        return city.model_copy(
            update={"sights": tuple(self._with_own_ticket(city, sight, avoid) for sight in city.sights)}
        )

    def _with_own_ticket(self, city: City, sight: Sight, avoid: Sequence[str]) -> Sight:
        known = self._sights[sight.id]
        other = f"{city.id}/{known.ticket_of}"
        if known.ticket_of is None or other not in avoid:
            return sight
        dearer = self._sights[sight.id] = known.model_copy(update={"price": self._sights[other].price})
        return sight.model_copy(update={"price": self._price(dearer)})

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
    found = sight.opening_minutes(day)
    if found is None:
        return (CAUTIOUS_WINDOW,)
    return tuple(Window(opens=opens, closes=closes) for opens, closes in found)


def _daylight(place: Place, day: date) -> tuple[Window, ...]:
    """To five minutes; all day where the sun does not rise: then darkness is no reason to stay away."""
    at = place.latitude, place.longitude
    spans = opening_times.windows(_DAYLIGHT, day, *at, place.country_code, place.timezone) or ((0, DAY_MINUTES),)
    fives = [(-(-opens // 5) * 5, closes // 5 * 5) for opens, closes in spans]
    # Where the sun sets after midnight, minutes of it may be all that is left of a span.
    return tuple(Window(opens=opens, closes=closes) for opens, closes in fives if opens < closes)


def _minute(clock_time: str | None) -> int | None:
    return None if clock_time is None else int(clock_time[:2]) * 60 + int(clock_time[3:])


def _folded(name: str) -> str:
    """Its words, without case and accents."""
    return " ".join(words(name))


def _only_one_with(name: str, by_name: Mapping[str, str]) -> str | None:
    """`louvre` means the Louvre Museum, where no other sight is called so."""
    found = {sight_id for full, sight_id in by_name.items() if f" {name} " in f" {full} "}
    return found.pop() if len(found) == 1 else None

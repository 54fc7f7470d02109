"""A trip as a problem: what there is to choose from, who travels, and what they wish for.

Everything a planner may know stands here and nowhere else, so that a plan can be checked by whoever has the two. Pure
data: no clock, no network. Three units throughout:

- money: integers, in the smallest unit of the trip's one currency (cents for EUR, yen for JPY);
- clock times: integers, minutes after midnight, local time of the place; past 1440 they lie on a later day;
- ids: short texts, each unique over the whole trip.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.trips.request import MAX_TRAVELERS, MAX_TRIP_DAYS, BudgetRange, LocalTransport, Pace

DAY_MINUTES = 24 * 60
"""Times of a day are minutes after its midnight."""

WET_FROM_PERCENT = 45
"""From this chance of rain on, a day is wet."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Money = Annotated[int, Field(ge=0, le=10**12)]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * MAX_TRIP_DAYS)]
ClockMinute = Annotated[int, Field(ge=0, le=DAY_MINUTES)]
Meal = Literal["breakfast", "lunch", "dinner"]
LegMode = Literal["flight", "train", "coach", "drive", "taxi", "local"]
HouseRule = Literal["pets", "smoking", "parties", "children under 10", "visitors"]
MEALS: tuple[Meal, ...] = ("breakfast", "lunch", "dinner")


class Fact(BaseModel):
    """Base of all that a trip is made of: nothing is changed after it is read, and nothing unknown is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but look-ups that were made for the old values are made anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in [name for name in copied.__dict__ if name not in type(self).model_fields]:
            del copied.__dict__[name]
        return copied


class Spot(Fact):
    """A point on the map, in degrees."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Window(Fact):
    """Open from `opens` to `closes`, both on the same day; a visit lies within one window in full."""

    opens: ClockMinute
    closes: ClockMinute

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(f"a window has to open before it closes, not {self.opens} to {self.closes}")
        return self


class Sight(Fact):
    """A place worth a visit.

    `hours`: windows by date, in order; a date that is left out, or has none, is closed. None: open access, or not
    known. `hours_known`: whether they are its own, and not made up (cautious ones, daylight). `price`: for one person.
    `score`: what it is worth to anybody, in points; the weights of the wishes' interests are added to it. `indoor`
    None: not known, planned as if it were in the open.
    """

    id: Id
    name: str
    spot: Spot | None = None
    visit_minutes: int = Field(ge=1, le=DAY_MINUTES)
    hours: dict[date, tuple[Window, ...]] | None = None
    hours_known: bool = True
    price: Money = 0
    kind: str = ""
    interests: tuple[str, ...] = ()
    score: int = Field(default=10, ge=0, le=10**6)
    indoor: bool | None = None

    def windows(self, day: date) -> tuple[Window, ...]:
        """When one may be inside on that day; () when closed."""
        if self.hours is None:
            return (Window(opens=0, closes=DAY_MINUTES),)
        return self.hours.get(day, ())

    @model_validator(mode="after")
    def _windows_are_in_order(self) -> Self:
        for day, windows in (self.hours or {}).items():
            if any(later.opens < earlier.closes for earlier, later in pairwise(windows)):
                raise ValueError(f"{self.id}: the windows of {day} overlap or are out of order")
        return self


class Event(Fact):
    """Something that takes place once, from `starts` to `ends` on `day`; whoever goes stays for all of it."""

    id: Id
    name: str
    spot: Spot | None = None
    day: date
    starts: ClockMinute
    ends: ClockMinute
    price: Money = 0
    interests: tuple[str, ...] = ()
    score: int = Field(default=10, ge=0, le=10**6)
    indoor: bool | None = None

    def as_sight(self) -> Sight:
        """The same as a sight that is open just then."""
        return Sight(
            id=self.id,
            name=self.name,
            spot=self.spot,
            visit_minutes=self.ends - self.starts,
            hours={self.day: (Window(opens=self.starts, closes=self.ends),)},
            price=self.price,
            kind="event",
            interests=self.interests,
            score=self.score,
            indoor=self.indoor,
        )

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError(f"{self.id}: an event has to start before it ends")
        return self


class Eatery(Fact):
    """Where one meal is eaten. `price`: of a meal, for one person.

    `is_generic`: no place in particular but any of its kind (breakfast at the hotel, a bakery on the way): it has no
    spot, is had wherever one is, and as often as needed. Every other place is eaten at once in a trip at most.
    `meals`: what it serves. `spot` None: wherever one is. `rating`: 0 to 100, None where nobody rated it.
    """

    id: Id
    name: str
    spot: Spot | None = None
    cuisines: tuple[str, ...] = ()
    price: Money
    is_generic: bool = False
    meals: tuple[Meal, ...] = MEALS
    rating: int | None = Field(default=None, ge=0, le=100)

    @model_validator(mode="after")
    def _generic_is_nowhere_in_particular(self) -> Self:
        if self.is_generic and self.spot is not None:
            raise ValueError(f"{self.id}: what is generic has no spot")
        if not self.meals:
            raise ValueError(f"{self.id}: it has to serve some meal")
        return self


class Stay(Fact):
    """Where nights are spent. `nightly`: for one room (or flat); a party takes as many as it needs at `capacity` each.

    `rooms`: how many there are, None for enough. `forbids`: its house rules. `min_nights`: for one stay in a row.
    """

    id: Id
    name: str
    spot: Spot | None = None
    nightly: Money
    capacity: int = Field(default=2, ge=1, le=100)
    rooms: int | None = Field(default=None, ge=1)
    room_type: str | None = None
    forbids: tuple[HouseRule, ...] = ()
    min_nights: int = Field(default=1, ge=1, le=400)
    rating: int | None = Field(default=None, ge=0, le=100)

    def rooms_for(self, people: int) -> int:
        return -(-people // self.capacity)


class City(Fact):
    """One destination. `days`: how many days of the trip are spent there, None to let the planner choose.

    The day of a move counts for the city that one moves to; so all cities' days add up to the trip's. `spot`: its
    centre, which stands in for a stay without one. `daily_fare`: getting about, for one person on each of the city's
    days. `rain_percent`: the chance of rain by date; left out, it stays dry.
    """

    id: Id
    name: str
    spot: Spot | None = None
    timezone: str = "UTC"
    days: int | None = Field(default=None, ge=1, le=MAX_TRIP_DAYS)
    sights: tuple[Sight, ...] = ()
    events: tuple[Event, ...] = ()
    eateries: tuple[Eatery, ...] = ()
    stays: tuple[Stay, ...] = ()
    daily_fare: Money = 0
    rain_percent: dict[date, int] = {}

    def is_wet(self, day: date) -> bool:
        return self.rain_percent.get(day, 0) >= WET_FROM_PERCENT

    @cached_property
    def meals_served(self) -> frozenset[Meal]:
        """By any of its eateries."""
        return frozenset(meal for eatery in self.eateries for meal in eatery.meals)

    @cached_property
    def attractions(self) -> tuple[Sight, ...]:
        """Sights and events, as sights."""
        return (*self.sights, *(event.as_sight() for event in self.events))


class Leg(Fact):
    """A way from one city (or home) to another. `mode`: `drive` is one's own car, taken all the way or not at all;
    `local` is city transport between near places, which goes with either.

    With a timetable: `departs` at the start, on each of `dates` (None: daily), `arrives` at the end by the clock there,
    counted from the midnight before the departure. Where clocks go back by more than the way takes, the arrival is to
    be given as a minute after the departure: nothing can be done in hours that are had twice. Without a timetable:
    `departs` and `arrives` are None, it takes `duration_minutes`, by the clocks at both ends as well, and one leaves
    when one likes. `price`: for one person, or for one vehicle of `capacity` seats.
    """

    id: Id
    mode: LegMode
    origin: Id
    destination: Id
    dates: tuple[date, ...] | None = None
    departs: ClockMinute | None = None
    arrives: Minutes | None = None
    duration_minutes: Minutes | None = None
    price: Money = 0
    priced_per: Literal["person", "vehicle"] = "person"
    capacity: int | None = Field(default=None, ge=1)
    name: str = ""

    def runs_on(self, day: date) -> bool:
        return self.dates is None or day in self.dates

    def cost_for(self, people: int) -> int:
        """For the whole party."""
        if self.priced_per == "person":
            return self.price * people
        return self.price * -(-people // (self.capacity or people))

    @model_validator(mode="after")
    def _has_one_kind_of_times(self) -> Self:
        if (self.departs is None) != (self.arrives is None):
            raise ValueError(f"{self.id}: departure and arrival are given together or not at all")
        if self.departs is not None and self.arrives is not None and self.arrives <= self.departs:
            raise ValueError(f"{self.id}: it arrives before it departs")
        if self.departs is None and self.duration_minutes is None:
            raise ValueError(f"{self.id}: it needs a departure and an arrival, or a duration")
        if self.origin == self.destination:
            raise ValueError(f"{self.id}: it ends where it begins")
        return self


class TravelTime(Fact):
    """Minutes from one stop of a city to another, by their ids; the way back may take another time."""

    origin: Id
    destination: Id
    minutes: Minutes


class Party(Fact):
    """Who travels. Every price for one person is paid by each."""

    adults: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    children: int = Field(default=0, ge=0, le=MAX_TRAVELERS)
    children_under_10: int = Field(default=0, ge=0, le=MAX_TRAVELERS)

    @property
    def size(self) -> int:
        return self.adults + self.children

    @model_validator(mode="after")
    def _small_children_are_children(self) -> Self:
        if self.children_under_10 > self.children:
            raise ValueError("children under 10 count among the children")
        return self


class VisitLock(Fact):
    """The traveller wants this sight or event on that day, and at that time where one is given."""

    kind: Literal["visit"] = "visit"
    id: Id
    day: date
    starts: ClockMinute | None = None


class StayLock(Fact):
    """The traveller has booked this stay, for all nights in its city."""

    kind: Literal["stay"] = "stay"
    id: Id


class LegLock(Fact):
    """The traveller has booked this leg, on that day."""

    kind: Literal["leg"] = "leg"
    id: Id
    day: date


class MealLock(Fact):
    """The traveller eats that meal of that day at this place."""

    kind: Literal["meal"] = "meal"
    id: Id
    day: date
    meal: Meal


Lock = Annotated[VisitLock | StayLock | LegLock | MealLock, Field(discriminator="kind")]


class Wishes(Fact):
    """What the traveller asks of the plan. All but `interests`, `budget_range` and `pace`'s fullness is binding.

    `budget`: a hard cap on all costs of the whole party. `interests`: points by interest; a sight gets those of the
    dearest interest that it serves, and half of the next. `cuisines`: each has to occur. `room_types`: those that will
    do, None for any. `house_needs`: what the house rules must not forbid. `include`: ids of sights, events or
    eateries. `avoid`: of those, or of stays and legs. `day_starts`, `day_ends`: in place of the pace's.
    """

    budget: Money | None = None
    budget_range: BudgetRange | None = None
    pace: Pace = "moderate"
    day_starts: ClockMinute | None = None
    day_ends: ClockMinute | None = None
    interests: dict[str, Annotated[int, Field(ge=0, le=10**6)]] = {}
    cuisines: Annotated[tuple[str, ...], Field(max_length=8)] = ()
    room_types: tuple[str, ...] | None = None
    house_needs: tuple[HouseRule, ...] = ()
    excluded_modes: tuple[LegMode, ...] = ()
    include: tuple[Id, ...] = ()
    avoid: tuple[Id, ...] = ()
    locks: tuple[Lock, ...] = ()


class Trip(Fact):
    """The whole problem. `currency`: ISO 4217, of every amount.

    `origin`: the id of home, where the trip starts and ends; None for who is there already, in which case no leg leads
    to the first city or from the last, and nights in it need no stay where it has none. `keep_order`: cities are
    visited as listed; else in the best order. `travel`: the known times between stops; others are estimated (see
    `travel_times.py`) for people who get about by `local_transport`.
    """

    first_day: date
    day_count: int = Field(ge=1, le=MAX_TRIP_DAYS)
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    origin: Id | None = None
    cities: Annotated[tuple[City, ...], Field(min_length=1, max_length=6)]
    keep_order: bool = True
    legs: tuple[Leg, ...] = ()
    travel: tuple[TravelTime, ...] = ()
    local_transport: LocalTransport | None = None
    party: Party = Party()
    wishes: Wishes = Wishes()

    @cached_property
    def dates(self) -> tuple[date, ...]:
        return tuple(self.first_day + timedelta(days=offset) for offset in range(self.day_count))

    def with_changes(self, **fields: object) -> Self:
        """A copy with other values in these fields, which are not validated."""
        return self.model_copy(update=fields)

    def city(self, city_id: str) -> City:
        """Raises KeyError."""
        return self._cities_by_id[city_id]

    @cached_property
    def _cities_by_id(self) -> dict[str, City]:
        return {city.id: city for city in self.cities}

    @cached_property
    def minutes_by_pair(self) -> dict[tuple[str, str], int]:
        return {(time.origin, time.destination): time.minutes for time in self.travel}

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        seen: set[str] = set() if self.origin is None else {self.origin}
        for found in self._ids():
            if found in seen:
                raise ValueError(f"the id {found!r} is given twice")
            seen.add(found)
        ends = {city.id for city in self.cities} | {self.origin}
        for leg in self.legs:
            if leg.origin not in ends or leg.destination not in ends:
                raise ValueError(f"{leg.id}: it leads from or to somewhere that is no city of this trip")
        self._wishes_name_what_there_is()
        given = [city.days for city in self.cities if city.days is not None]
        least = sum(given) + len(self.cities) - len(given)
        if least > self.day_count or (len(given) == len(self.cities) and least != self.day_count):
            raise ValueError(f"the cities' days add up to {least}, the trip has {self.day_count}")
        return self

    def _wishes_name_what_there_is(self) -> None:
        sights = {sight.id for city in self.cities for sight in city.attractions}
        eateries = {eatery.id for city in self.cities for eatery in city.eateries}
        stays = {stay.id for city in self.cities for stay in city.stays}
        known = {"visit": sights, "meal": eateries, "stay": stays, "leg": {leg.id for leg in self.legs}}
        wished = set(self.wishes.include) - sights - eateries
        wished |= set(self.wishes.avoid) - sights - eateries - stays - known["leg"]
        wished |= {lock.id for lock in self.wishes.locks if lock.id not in known[lock.kind]}
        if wished:
            raise ValueError(f"wished for, but no such thing is in the trip: {', '.join(sorted(wished)[:5])}")

    def _ids(self) -> Iterator[str]:
        for city in self.cities:
            yield city.id
            yield from (sight.id for sight in city.attractions)
            yield from (eatery.id for eatery in city.eateries)
            yield from (stay.id for stay in city.stays)
        yield from (leg.id for leg in self.legs)

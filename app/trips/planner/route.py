"""A route: which cities, in which order, on which days, by which legs; and what each day of it has room for.

Moves and stretches count in minutes after the midnight that the trip begins with, so that a night flight needs no
special case; a day's parts count from that day's midnight, as the plan does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from app.trips.problem import DAY_MINUTES, MEALS, City, Leg, Meal
from app.trips.rules import BAGS_MINUTES, MEAL_HOURS, MEAL_MARGIN_MINUTES, NIGHT_FROM

SET_OUT = 8 * 60
"""Minutes after midnight, when one sets out where no timetable says."""

_SET_OUT_FOR_HOME, _HOME_BY = 18 * 60, 21 * 60
"""Minutes after midnight, when one sets out for home at the latest, or earlier so as to be there by the evening."""

Fixed = Mapping[int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Move:
    """A leg on a day (counted from 0). Both times are clock times, from the midnight before the departure."""

    leg: Leg
    day: int
    departs: int
    arrives: int

    @property
    def leaves_at(self) -> int:
        return self.day * DAY_MINUTES + self.departs

    @property
    def arrives_at(self) -> int:
        return self.day * DAY_MINUTES + self.arrives


def move_by(leg: Leg, day: int, is_homeward: bool) -> Move:
    """By its timetable, else at a usual hour."""
    if leg.departs is not None and leg.arrives is not None:
        return Move(leg, day, leg.departs, leg.arrives)
    duration = leg.duration_minutes or 0
    departs = max(SET_OUT, min(_SET_OUT_FOR_HOME, _HOME_BY - duration)) if is_homeward else SET_OUT
    return Move(leg, day, departs, departs + duration)


@dataclass(frozen=True)
class Part:
    """What of a day is spent in a city, bags aside. `day` from 0; `begins`, `ends` in minutes after its midnight.

    `taken`: from when to when a visit is that the traveller has fixed to its hour.
    """

    day: int
    begins: int
    ends: int
    is_arrival: bool
    is_departure: bool
    taken: tuple[tuple[int, int], ...] = ()

    def has_room_for(self, meal: Meal) -> bool:
        """Beside journeys and fixed visits, with time to get there from either."""
        hours = MEAL_HOURS[meal]
        for begins, ends in self._free():
            earliest = max(hours.earliest, begins)
            if earliest <= hours.latest and earliest + hours.minutes <= ends:
                return True
        return False

    def _free(self) -> Iterator[tuple[int, int]]:
        begins = self.begins + (MEAL_MARGIN_MINUTES if self.is_arrival else 0)
        for starts, until in self.taken:
            yield begins, starts - MEAL_MARGIN_MINUTES
            begins = max(begins, until + MEAL_MARGIN_MINUTES)
        yield begins, self.ends - (MEAL_MARGIN_MINUTES if self.is_departure else 0)


@dataclass(frozen=True)
class Stretch:
    """The days in one city. `first_day`, `day_count`: those that count for it. None: there already, nobody leaves.

    `had_before`: meals that the city before had room for on the day of the move here.
    `dates`: all days of the trip. `fixed`: by day, from when to when visits here are that the traveller has fixed.
    """

    city: City
    had_before: frozenset[Meal]
    first_day: int
    day_count: int
    inward: Move | None
    onward: Move | None
    dates: tuple[date, ...]
    fixed: Fixed

    @property
    def trip_days(self) -> int:
        return len(self.dates)

    @property
    def _from(self) -> int:
        return 0 if self.inward is None else self.inward.arrives_at

    @property
    def _until(self) -> int:
        return self.trip_days * DAY_MINUTES if self.onward is None else self.onward.leaves_at

    @property
    def is_possible(self) -> bool:
        """One has to have arrived before one leaves, with time to pick the bags up again."""
        arrived = self._from if self.inward is None else self._from + BAGS_MINUTES
        return arrived <= self._until - (0 if self.onward is None else BAGS_MINUTES)

    @cached_property
    def nights(self) -> tuple[int, ...]:
        """The days (from 0) after which one sleeps here."""
        days = range(self.first_day, min(self.trip_days - 1, self._until // DAY_MINUTES))
        return tuple(day for day in days if self._from <= (day + 1) * DAY_MINUTES < self._until)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts())

    def _parts(self) -> Iterator[Part]:
        arrival_day = self._from // DAY_MINUTES if self.inward else self.first_day
        departure_day = self._until // DAY_MINUTES if self.onward else self.trip_days - 1
        for day in range(arrival_day, min(departure_day, self.trip_days - 1) + 1):
            is_arrival = self.inward is not None and day == arrival_day
            is_departure = self.onward is not None and day == departure_day
            begins = self._from - day * DAY_MINUTES + BAGS_MINUTES if is_arrival else 0
            ends = self._until - day * DAY_MINUTES - BAGS_MINUTES if is_departure else NIGHT_FROM
            if begins < ends:
                yield Part(day, begins, ends, is_arrival, is_departure, self.fixed.get(day, ()))

    @cached_property
    def meals_due(self) -> tuple[tuple[Part, Meal], ...]:
        """Those that this city has to serve: no meal that it has no place for, none that was had before the move."""
        served = [meal for meal in MEALS if meal in self.city.meals_served]
        return tuple(
            (part, meal)
            for part in self.parts
            for meal in served
            if part.has_room_for(meal) and not (meal in self.had_before and part.day == self._day_of_move)
        )

    @property
    def _day_of_move(self) -> int | None:
        return None if self.inward is None else self.inward.day

    @property
    def meals_on_leaving(self) -> frozenset[Meal]:
        """Those of the day on which one moves on."""
        if self.onward is None:
            return frozenset()
        return frozenset(meal for part, meal in self.meals_due if part.day == self.onward.day)


@dataclass(frozen=True)
class Route:
    """All stretches in order; the moves lie between them."""

    stretches: tuple[Stretch, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        first = self.stretches[0].inward
        onward = [stretch.onward for stretch in self.stretches]
        return tuple(move for move in (first, *onward) if move is not None)

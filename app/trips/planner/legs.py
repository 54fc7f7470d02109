"""Which moves there are from one city to the next on a day, wishes and bookings considered."""

from collections.abc import Sequence

from app.trips.planner.route import Move, Part, move_by
from app.trips.problem import DAY_MINUTES, MEALS, Leg, LegLock, LegMode, Trip
from app.trips.rules import BAGS_MINUTES, NIGHT_FROM

Timetables = dict[tuple[bool, tuple[str, ...]], list[Move]]
"""The moves worth weighing, as of day 0, by whether they lead home and by the legs that there are."""

CarUse = bool
"""A party travels with its own car all the way, or without it all the way."""


class MoveTable:
    """Moves of one trip by where they lead from and to; home is the trip's `origin`. `timetables`: to share what was
    weighed with trips that differ in wishes."""

    def __init__(self, trip: Trip, by_car: CarUse, barred: frozenset[str], timetables: Timetables) -> None:
        self._trip = trip
        self._timetables = timetables
        self._locked = {lock.id: lock.day for lock in trip.wishes.locks if isinstance(lock, LegLock)}
        self._legs: dict[tuple[str, str], list[Leg]] = {}
        for leg in trip.legs:
            is_wanted = leg.mode not in trip.wishes.excluded_modes and leg.id not in barred
            if is_wanted and _goes_with(leg.mode, by_car):
                self._legs.setdefault((leg.origin, leg.destination), []).append(leg)
        self.must_follow = self._fixed_successions()
        self._known: dict[tuple[str, str, int], list[Move]] = {}

    def _fixed_successions(self) -> list[tuple[str, str]]:
        """Pairs of ends that a booked leg joins."""
        return [(leg.origin, leg.destination) for leg in self._trip.legs if leg.id in self._locked]

    @property
    def has_all_locked(self) -> bool:
        """Whether every booked leg can be taken at all: by this means of travel, and only one between two ends."""
        pairs = self.must_follow
        there = {leg.id for legs in self._legs.values() for leg in legs}
        return len(set(pairs)) == len(pairs) and all(leg_id in there for leg_id in self._locked)

    def moves(self, origin: str, destination: str, day: int) -> list[Move]:
        """On that day (from 0), those aside that no plan would gain by."""
        key = (origin, destination, day)
        if key not in self._known:
            legs = self._legs.get((origin, destination), [])
            locked = [leg for leg in legs if leg.id in self._locked]
            when = self._trip.dates[day]
            usable = [
                leg for leg in locked or legs if leg.runs_on(when) and (not locked or self._locked[leg.id] == when)
            ]
            self._known[key] = [
                Move(move.leg, day, move.departs, move.arrives) for move in self._timetable(usable, destination)
            ]
        return self._known[key]

    def _timetable(self, legs: Sequence[Leg], destination: str) -> list[Move]:
        is_homeward = destination == self._trip.origin
        key = (is_homeward, tuple(leg.id for leg in legs))
        if key not in self._timetables:
            self._timetables[key] = self._worth_weighing([move_by(leg, 0, is_homeward) for leg in legs])
        return self._timetables[key]

    def _worth_weighing(self, moves: Sequence[Move]) -> list[Move]:
        """Without those to which another is equal or better in price, departure and arrival, and alike in the rest."""
        size = self._trip.party.size
        kept: list[Move] = []
        for move in sorted(moves, key=lambda move: (move.leg.cost_for(size), -move.departs, move.arrives, move.leg.id)):
            if not any(_is_as_good(other, move) for other in kept):
                kept.append(move)
        return kept


def _goes_with(mode: LegMode, by_car: CarUse) -> bool:
    return mode == "local" or (mode == "drive") == by_car


def _is_as_good(other: Move, move: Move) -> bool:
    """`other` is not dearer."""
    return other.departs >= move.departs and other.arrives <= move.arrives and _likeness(other) == _likeness(move)


def _likeness(move: Move) -> tuple[object, ...]:
    """What of a move decides on meals and nights."""
    days_on_the_way, arrives = divmod(move.arrives, DAY_MINUTES)
    before = Part(0, 0, move.departs - BAGS_MINUTES, False, True)
    after = Part(0, arrives + BAGS_MINUTES, NIGHT_FROM, True, False)
    return (
        days_on_the_way,
        move.arrives % DAY_MINUTES == 0,
        *(before.has_room_for(meal) for meal in MEALS),
        *(after.has_room_for(meal) for meal in MEALS),
    )

"""Which sights a day gets, and in which order: the best one first, then whatever adds most for the least way.

Greedy insertion, so not the best of all plans; but each step looks at every sight in every position, and sees what
the days to come will be like: rain, closing days, how much is left to see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.trips.places.catalogue import Sight
from app.trips.planner.day_layout import DayLayout, Stop, stop_on
from app.trips.planner.interests import UnderstoodInterests, appeal
from app.trips.planner.problem import Block, DayConditions

# Points, on the scale of `appeal` (10 to 65). Ways and waits are weighed against them by the minute. Where every sight
# gets its turn anyway, keeping near ones together counts twice as much.
_TRAVEL_MINUTES_A_POINT = 4
_TRAVEL_MINUTES_A_POINT_WITH_ROOM_FOR_ALL = 2
_WAIT_MINUTES_A_POINT = 10
_INDOORS_ON_A_WET_DAY = 10
_OUTDOORS_ON_A_WET_DAY = -60
_INDOORS_BEFORE_A_WET_DAY = -6
_HOURS_MAY_DIFFER_ON_A_HOLIDAY = -4
# Shared out over the days on which a sight is still open: one that is open today only gets all of it.
_LAST_CHANCE = 12


@dataclass(frozen=True)
class DaysAhead:
    """Today and the days after it that have time for sights.

    `dry_places`: how many sights later dry days can take. `has_room_for_all`: whether every sight left gets its turn.
    """

    today: DayConditions
    later: tuple[DayConditions, ...]
    dry_places: int
    has_room_for_all: bool

    def open_days(self, sight: Sight) -> int:
        """On how many of the days, today among them, it is not closed."""
        return sum(1 for day in (self.today, *self.later) if day.opening_minutes(sight) != [])

    @property
    def rain_is_coming(self) -> bool:
        return any(day.is_wet for day in self.later)


def choose_stops(
    layout: DayLayout,
    ahead: DaysAhead,
    sights: Sequence[Sight],
    interests: UnderstoodInterests,
    most: int,
    excursion: Sight | None = None,
) -> list[Stop]:
    """At most `most` stops that fit the day, in order of visit; [] when none does. `excursion` is one of them."""
    waiting = [(worth_today(sight, ahead, interests), stop) for sight, stop in _open_today(ahead, sights)]
    a_point = _TRAVEL_MINUTES_A_POINT_WITH_ROOM_FOR_ALL if ahead.has_room_for_all else _TRAVEL_MINUTES_A_POINT
    search = _Search(layout, a_point)
    chosen = [stop for _, stop in waiting if stop.sight is excursion]
    waiting = [(worth, stop) for worth, stop in waiting if stop.sight is not excursion]
    while len(chosen) < most:
        best = search.best_insertion(chosen, waiting)
        if best is None:
            break
        sequence, added = best
        chosen = search.untangled(sequence)
        waiting = [(worth, stop) for worth, stop in waiting if stop is not added]
    return chosen


def worth_today(sight: Sight, ahead: DaysAhead, interests: UnderstoodInterests) -> float:
    """Points for seeing it today rather than on another day or not at all."""
    points = float(appeal(sight, interests))
    if ahead.today.is_wet:
        points += _INDOORS_ON_A_WET_DAY if sight.indoor else _OUTDOORS_ON_A_WET_DAY
    elif sight.indoor and ahead.rain_is_coming:
        points += _INDOORS_BEFORE_A_WET_DAY
    if ahead.today.holidays and sight.hours != "always":
        points += _HOURS_MAY_DIFFER_ON_A_HOLIDAY
    return points + _LAST_CHANCE / ahead.open_days(sight)


def _open_today(ahead: DaysAhead, sights: Sequence[Sight]) -> list[tuple[Sight, Stop]]:
    """Without what is closed, and on a wet day without the open-air sights that dry days to come have room for."""
    outdoor = sum(1 for sight in sights if not sight.indoor)
    can_wait = ahead.today.is_wet and outdoor <= ahead.dry_places
    found: list[tuple[Sight, Stop]] = []
    for sight in sights:
        windows = ahead.today.opening_minutes(sight)
        if windows == [] or (can_wait and not sight.indoor and ahead.open_days(sight) > 1):
            continue
        found.append((sight, stop_on(sight, windows)))
    return found


@dataclass(frozen=True)
class _Search:
    """Compares sequences of stops on one day. Earlier candidates and positions win ties."""

    layout: DayLayout
    travel_minutes_a_point: int

    def best_insertion(
        self, chosen: list[Stop], waiting: Sequence[tuple[float, Stop]]
    ) -> tuple[list[Stop], Stop] | None:
        """The sequence with the one stop more that gains most, and that stop; None when nothing fits."""
        before = self.cost(chosen) or 0.0
        best: tuple[float, list[Stop], Stop] | None = None
        for worth, stop in waiting:
            for position in range(len(chosen) + 1):
                sequence = [*chosen[:position], stop, *chosen[position:]]
                cost = self.cost(sequence)
                if cost is not None and (best is None or worth - (cost - before) > best[0]):
                    best = (worth - (cost - before), sequence, stop)
        return None if best is None else best[1:]

    def untangled(self, sequence: list[Stop]) -> list[Stop]:
        """The same stops with single ones moved for as long as that saves ways or waits."""
        best_cost = self.cost(sequence)
        moved = True
        while moved and best_cost is not None:
            moved = False
            for other in _with_one_moved(sequence):
                cost = self.cost(other)
                if cost is not None and cost < best_cost - 1e-9:
                    sequence, best_cost, moved = other, cost, True
                    break
        return sequence

    def cost(self, sequence: Sequence[Stop]) -> float | None:
        """Points lost on ways, and on waits before the last visit; None where the day cannot be done."""
        blocks = self.layout.lay_out(sequence)
        if blocks is None:
            return None
        travel = sum(block.ends - block.starts for block in blocks if block.kind == "travel")
        waits = _waiting_minutes(blocks, self.layout.frame.starts)
        return travel / self.travel_minutes_a_point + waits / _WAIT_MINUTES_A_POINT


def _with_one_moved(sequence: Sequence[Stop]) -> Iterator[list[Stop]]:
    for index, stop in enumerate(sequence):
        others = [*sequence[:index], *sequence[index + 1 :]]
        for position in range(len(sequence)):
            if position != index:
                yield [*others[:position], stop, *others[position:]]


def _waiting_minutes(blocks: Sequence[Block], starts: int) -> int:
    """Idle minutes before the last visit."""
    waits = idle = 0
    free_from = starts
    for block in blocks:
        idle += block.starts - free_from
        free_from = block.ends
        if block.kind == "visit":
            waits = idle
    return waits

"""Lays a sequence of sights out on the clock of one day: ways, waits for opening, visits and meals, or says it cannot.

It is apart from the choosing because any way of choosing needs exactly this: a sequence in, a timed day out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.trips.places.catalogue import Sight
from app.trips.planner.frames import (
    BAGS_MINUTES,
    BREAKFAST_MINUTES,
    DINNER_FROM,
    DINNER_MINUTES,
    DINNER_TO,
    LUNCH_FROM,
    LUNCH_MINUTES,
    LUNCH_TO,
    DayFrame,
)
from app.trips.planner.legs import LegTable
from app.trips.planner.problem import Block, Spot

# Where the hours are not known, visits keep to the hours that nearly every place has.
CAUTIOUS_WINDOW = (10 * 60, 17 * 60)
# A visit of so many minutes and more may have its lunch on the spot, within the usual time of the visit.
_LUNCH_ON_THE_SPOT_FROM_MINUTES = 300
# What opens no earlier than this is for the evening, and may run past the usual end of the day's sights.
_EVENING_OPENING = 16 * 60
# Further out than this, dinner is back in town.
_DINNER_WITHIN_KM = 8.0
# A gap of this many minutes and more is worth saying that it is free time.
_LEISURE_FROM_MINUTES = 90


@dataclass(frozen=True)
class Stop:
    """A sight as it stands on one day: when one may be inside. `minutes`: of the visit, in whole fives."""

    sight: Sight
    spot: Spot
    minutes: int
    windows: tuple[tuple[int, int], ...]
    hours_known: bool

    @property
    def is_for_the_evening(self) -> bool:
        return all(opens >= _EVENING_OPENING for opens, _ in self.windows)

    def earliest(self, from_minute: int, until: int) -> int | None:
        """The first start at or after `from_minute` with the whole visit inside one window and over by `until`."""
        for opens, closes in self.windows:
            begins = max(from_minute, -(-opens // 5) * 5)
            if begins + self.minutes <= min(closes, until):
                return begins
        return None


def stop_on(sight: Sight, windows: Sequence[tuple[int, int]] | None) -> Stop:
    """`windows`: the day's opening hours, None where they are not known."""
    return Stop(
        sight=sight,
        spot=Spot(sight.latitude, sight.longitude),
        minutes=-(-sight.visit_minutes // 5) * 5,
        windows=(CAUTIOUS_WINDOW,) if windows is None else tuple(windows),
        hours_known=windows is not None,
    )


@dataclass
class _Clock:
    """Where the party is, and when, while a day is laid out."""

    minute: int
    spot: Spot
    near: Sight | None
    blocks: list[Block]
    lunch_due: bool

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.minute = block.ends


@dataclass(frozen=True)
class DayLayout:
    """The surroundings of one day; `lay_out` may be asked many times."""

    frame: DayFrame
    base: Spot
    legs: LegTable
    rest_minutes: int

    def lay_out(self, stops: Sequence[Stop]) -> list[Block] | None:
        """The day with these stops in this order; None where it cannot be done."""
        clock = _Clock(self.frame.starts, self.base, None, [], self.frame.lunch)
        for stop in stops:
            if not self._visit(clock, stop):
                return None
        if clock.lunch_due and not self._lunch(clock):
            return None
        if self.frame.dinner and not self._dinner(clock):
            return None
        if not self._return(clock):
            return None
        return clock.blocks

    def whole_day(self, stops: Sequence[Stop]) -> list[Block]:
        """As `lay_out`, with arrival, breakfast, departure and the free time in between. The stops must fit."""
        blocks = self.lay_out(stops) or []
        frame = self.frame
        if frame.breakfast is not None:
            ends = frame.breakfast + BREAKFAST_MINUTES
            blocks.insert(0, Block("meal", frame.breakfast, ends, self.base, meal="breakfast"))
        if frame.arrival is not None:
            blocks.insert(0, Block("arrival", frame.arrival, frame.arrival + BAGS_MINUTES, self.base))
        if frame.departure is not None:
            blocks.append(Block("departure", frame.departure, frame.departure + BAGS_MINUTES, self.base))
        return self._with_leisure(blocks)

    def _visit(self, clock: _Clock, stop: Stop) -> bool:
        if clock.lunch_due and clock.minute >= LUNCH_FROM and not self._lunch(clock):
            return False
        begins = self._begin(clock, stop)
        if clock.lunch_due and (begins is None or begins + stop.minutes > LUNCH_TO):
            return self._visit_around_lunch(clock, stop, begins)
        if begins is None:
            return False
        self._travel(clock, stop.spot, begins, stop.sight)
        self._stay(clock, stop, begins, begins + stop.minutes)
        return True

    def _visit_around_lunch(self, clock: _Clock, stop: Stop, begins: int | None) -> bool:
        """A visit that would leave no time for lunch after it. `begins`: when it could, None for not at all.

        First choice is to eat before setting out, then in the middle of a long visit, then on arriving.
        """
        after_lunch = max(clock.minute, LUNCH_FROM) + LUNCH_MINUTES + self.rest_minutes
        way = self.legs.between(clock.spot, stop.spot).minutes
        later = stop.earliest(after_lunch + way, self._until(stop))
        is_long = stop.minutes >= _LUNCH_ON_THE_SPOT_FROM_MINUTES
        if later is not None and not is_long:
            self._lunch(clock)
            self._travel(clock, stop.spot, later, stop.sight)
            self._stay(clock, stop, later, later + stop.minutes)
            return True
        if is_long and begins is not None and begins + 60 <= LUNCH_TO:
            return self._visit_with_lunch_inside(clock, stop, begins)
        return self._lunch_on_arrival(clock, stop, way)

    def _visit_with_lunch_inside(self, clock: _Clock, stop: Stop, begins: int) -> bool:
        lunch = max(LUNCH_FROM, begins + 60)
        self._travel(clock, stop.spot, begins, stop.sight)
        self._stay(clock, stop, begins, lunch)
        clock.lunch_due = False
        clock.add(Block("meal", lunch, lunch + LUNCH_MINUTES, stop.spot, near=stop.sight, meal="lunch"))
        self._stay(clock, stop, clock.minute, begins + stop.minutes, is_continued=True)
        return True

    def _lunch_on_arrival(self, clock: _Clock, stop: Stop, way: int) -> bool:
        lunch = max(clock.minute + way, LUNCH_FROM)
        begins = stop.earliest(lunch + LUNCH_MINUTES, self._until(stop))
        if lunch > LUNCH_TO or begins is None:
            return False
        self._travel(clock, stop.spot, lunch, stop.sight)
        clock.lunch_due = False
        clock.add(Block("meal", lunch, lunch + LUNCH_MINUTES, stop.spot, near=stop.sight, meal="lunch"))
        self._stay(clock, stop, begins, begins + stop.minutes)
        return True

    def _stay(self, clock: _Clock, stop: Stop, begins: int, ends: int, is_continued: bool = False) -> None:
        visit = Block("visit", begins, ends, stop.spot, stop.sight, hours_known=stop.hours_known)
        clock.add(replace(visit, is_continued=True) if is_continued else visit)
        clock.spot, clock.near = stop.spot, stop.sight

    def _begin(self, clock: _Clock, stop: Stop) -> int | None:
        arrive = clock.minute + self.legs.between(clock.spot, stop.spot).minutes
        return stop.earliest(arrive, self._until(stop))

    def _until(self, stop: Stop) -> int:
        return self.frame.evening_end if stop.is_for_the_evening else self.frame.sights_end

    def _travel(self, clock: _Clock, to: Spot, arrive: int, sight: Sight | None) -> None:
        """Sets out as late as it may: waiting is better done where one is."""
        leg = self.legs.between(clock.spot, to)
        if leg.minutes:
            clock.add(Block("travel", arrive - leg.minutes, arrive, to, sight, near=clock.near, leg=leg))

    def _lunch(self, clock: _Clock) -> bool:
        begins = max(clock.minute, LUNCH_FROM)
        if begins > LUNCH_TO:
            return False
        clock.lunch_due = False
        clock.add(Block("meal", begins, begins + LUNCH_MINUTES, clock.spot, near=clock.near, meal="lunch"))
        if self.rest_minutes and clock.near and clock.minute + self.rest_minutes <= self.frame.sights_end:
            clock.add(Block("rest", clock.minute, clock.minute + self.rest_minutes, clock.spot, near=clock.near))
        return True

    def _dinner(self, clock: _Clock) -> bool:
        way_back = self.legs.between(clock.spot, self.base)
        is_far_out = way_back.distance_km > _DINNER_WITHIN_KM
        begins = max(clock.minute + (way_back.minutes if is_far_out else 0), DINNER_FROM)
        if begins > DINNER_TO:
            return False
        if is_far_out:
            self._travel(clock, self.base, begins, None)
            clock.spot, clock.near = self.base, None
        clock.add(Block("meal", begins, begins + DINNER_MINUTES, clock.spot, near=clock.near, meal="dinner"))
        return True

    def _return(self, clock: _Clock) -> bool:
        """Back to the bags in time for the way home."""
        leaves = self.frame.departure
        if leaves is None:
            return True
        if clock.minute + self.legs.between(clock.spot, self.base).minutes > leaves:
            return False
        self._travel(clock, self.base, leaves, None)
        clock.spot = self.base
        return True

    def _with_leisure(self, blocks: list[Block]) -> list[Block]:
        """Long gaps of the waking day become free time, so that nobody wonders what is missing."""
        filled: list[Block] = []
        free_from, spot, near = self.frame.starts, self.base, None
        for block in blocks:
            if block.starts - free_from >= _LEISURE_FROM_MINUTES and block.kind != "arrival":
                _add_leisure(filled, Block("rest", free_from, block.starts, spot, near=near))
            filled.append(block)
            free_from = max(free_from, block.ends)
            spot, near = block.spot, block.sight or block.near
        ends = self.frame.sights_end
        if ends - free_from >= _LEISURE_FROM_MINUTES:
            _add_leisure(filled, Block("rest", free_from, ends, spot, near=near))
        return filled


def _add_leisure(blocks: list[Block], leisure: Block) -> None:
    """A pause that free time follows becomes part of it."""
    if blocks and blocks[-1].kind == "rest" and blocks[-1].ends == leisure.starts:
        leisure = replace(leisure, starts=blocks.pop().starts)
    blocks.append(leisure)

"""The party's time in one city, between the leg that brings it and the leg that takes it on."""

from dataclasses import dataclass
from datetime import date

from app.trips.plan import Item
from app.trips.problem import DAY_MINUTES, City, Leg
from app.trips.rules import BAGS_MINUTES, MEAL_MARGIN_MINUTES, NIGHT_FROM


@dataclass(frozen=True)
class Entry:
    """An item on its day. `number`: of the day, the trip's first is 0. `starts`, `ends`: counted from the midnight
    before the trip, while the item's own are counted from that of its day."""

    item: Item
    day: date
    number: int

    @property
    def starts(self) -> int:
        return self.number * DAY_MINUTES + self.item.starts

    @property
    def ends(self) -> int:
        return self.number * DAY_MINUTES + self.item.ends


@dataclass(frozen=True)
class Journey:
    """A leg as the plan takes it. `leg`: None where the trip has no such leg.

    Times go by the leg's own timetable: if the plan says otherwise, that is one fault of the rule on legs.
    """

    entry: Entry
    leg: Leg | None

    @property
    def departs(self) -> int:
        own = self.leg.departs if self.leg else None
        return self.entry.starts if own is None else self.entry.number * DAY_MINUTES + own

    @property
    def arrives(self) -> int:
        if self.leg is None:
            return self.entry.ends
        if self.leg.arrives is not None:
            return self.entry.number * DAY_MINUTES + self.leg.arrives
        return self.entry.starts + (self.leg.duration_minutes or 0)


@dataclass(frozen=True)
class Span:
    """Minutes of one day, from its midnight."""

    starts: int
    ends: int


@dataclass(frozen=True)
class Sojourn:
    """`city`: None at home. `entries`: all that happens there, without the legs. `begins`: the number of the day from
    which on days are the city's. `came`, `goes`: None where no leg leads there or away."""

    city: City | None
    entries: tuple[Entry, ...]
    came: Journey | None
    goes: Journey | None
    begins: int

    def is_on_the_way_after(self, number: int) -> bool:
        """At the midnight that ends that day the leg there has not arrived."""
        return self.came is not None and self.came.arrives > (number + 1) * DAY_MINUTES

    @property
    def bags_down(self) -> tuple[int, int] | None:
        """From when to when the bags are taken to the stay; None if nobody arrives, or too late that day."""
        if self.came is None:
            return None
        starts, ends = self.came.arrives, self.came.arrives + BAGS_MINUTES
        if ends > (starts // DAY_MINUTES + 1) * DAY_MINUTES:
            return None
        if self.goes is not None and ends > self.goes.departs:
            return None
        return starts, ends

    @property
    def bags_up(self) -> tuple[int, int] | None:
        """From when to when they are taken up again; None if nobody leaves, or too early that day."""
        if self.goes is None:
            return None
        starts, ends = self.goes.departs - BAGS_MINUTES, self.goes.departs
        earliest = self.goes.entry.number * DAY_MINUTES
        if self.came is not None:
            earliest = max(earliest, self.bags_down[1] if self.bags_down else self.came.arrives)
        return None if starts < earliest else (starts, ends)

    def free_time(self, number: int) -> Span | None:
        """That part of a day in which a meal has to fit to be due: margins are off where a journey is near.

        None on days without any; the span may be empty, with its end before its start.
        """
        starts, ends = 0, NIGHT_FROM
        if self.came is not None:
            day, minute = divmod(self.came.arrives, DAY_MINUTES)
            if number < day:
                return None
            if number == day:
                starts = minute + BAGS_MINUTES + MEAL_MARGIN_MINUTES
        if self.goes is not None:
            if number > self.goes.entry.number:
                return None
            if number == self.goes.entry.number:
                leaves = self.goes.departs - number * DAY_MINUTES
                ends = min(ends, leaves - BAGS_MINUTES - MEAL_MARGIN_MINUTES)
        return Span(starts, ends)

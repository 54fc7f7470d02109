"""What a planner is asked and what it answers. A solver that replaces the present one keeps these types.

All clock times are minutes after midnight, local time of the destination, in multiples of five.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.trips.places.catalogue import Sight
from app.trips.planner.interests import UnderstoodInterests
from app.trips.request import LocalTransport, Pace

DAY_MINUTES = 24 * 60
# From this chance of rain on, a day is planned as wet.
WET_FROM_PERCENT = 45

Meal = Literal["breakfast", "lunch", "dinner"]
TravelManner = Literal["on foot", "by local transport", "by bicycle", "by car"]
BlockKind = Literal["arrival", "departure", "travel", "visit", "meal", "rest"]
LeftOutReason = Literal["closed", "too long", "no time"]


@dataclass(frozen=True)
class Spot:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class DayConditions:
    """One day of the trip. `rain_chance_percent` None: not known, planned as if dry. `holidays`: names, public ones."""

    date: date
    rain_chance_percent: int | None = None
    holidays: tuple[str, ...] = ()

    @property
    def is_wet(self) -> bool:
        return self.rain_chance_percent is not None and self.rain_chance_percent >= WET_FROM_PERCENT

    def opening_minutes(self, sight: Sight) -> list[tuple[int, int]] | None:
        """The sight's windows on this day; [] when closed, None when not known."""
        return sight.opening_minutes(self.date.weekday(), self.date.strftime("%m-%d"))


@dataclass(frozen=True)
class Problem:
    """`base`: where the party sleeps. `sights` may be empty.

    `arrives`: minutes after the first day's midnight, past 1440 where the way there takes longer than the first day;
    None: the party is there already. `leaves`: minutes after the last day's midnight; None: nobody leaves.
    """

    days: tuple[DayConditions, ...]
    sights: tuple[Sight, ...]
    interests: UnderstoodInterests
    pace: Pace
    local_mode: LocalTransport | None
    base: Spot
    arrives: int | None
    leaves: int | None


@dataclass(frozen=True)
class Leg:
    """A way between two stops: `minutes` door to door, rounded up to five. `distance_km`: as the crow flies."""

    minutes: int
    manner: TravelManner
    distance_km: float


@dataclass(frozen=True)
class Block:
    """One entry of a day. `spot`: where it is, or where a way ends.

    `sight`: of a visit, and of a way to one. `near`: the sight last seen, for meals, rests and ways. `leg`: of a way.
    `hours_known`: of a visit, whether its opening hours are. `is_continued`: the second part of a visit that was
    interrupted for lunch on the spot.
    """

    kind: BlockKind
    starts: int
    ends: int
    spot: Spot
    sight: Sight | None = None
    near: Sight | None = None
    leg: Leg | None = None
    meal: Meal | None = None
    hours_known: bool = True
    is_continued: bool = False


@dataclass(frozen=True)
class PlannedDay:
    """`blocks` in order of time, never overlapping. `is_on_the_way`: spent on the journey there."""

    conditions: DayConditions
    blocks: tuple[Block, ...]
    is_on_the_way: bool = False

    @property
    def sights(self) -> list[Sight]:
        """Those visited, in order, each once."""
        visits = (block for block in self.blocks if block.kind == "visit" and not block.is_continued)
        return [block.sight for block in visits if block.sight is not None]


@dataclass(frozen=True)
class LeftOut:
    """A sight that is not in the plan, and why."""

    sight: Sight
    reason: LeftOutReason


@dataclass(frozen=True)
class Plan:
    """One entry a day of the problem, in order. `left_out`: best first."""

    days: tuple[PlannedDay, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def visit_count(self) -> int:
        return sum(len(day.sights) for day in self.days)

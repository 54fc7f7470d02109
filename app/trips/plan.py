"""What a planner answers: a plan, or why there is none. Units and ids are those of `problem.py`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.trips.problem import Fact, Id, Meal

ItemKind = Literal["leg", "arrival", "departure", "travel", "visit", "continued", "meal", "rest"]
LeftOutReason = Literal["avoided", "closed", "hours", "too long", "wet", "too dear", "pace", "no time"]


class Item(Fact):
    """One entry of a day. `ends` of a leg may lie past 1440: it arrives on a later day, by the clock there.

    `continued`: the rest of a visit that lunch on the spot has interrupted. `ref`: the id of what it is: the leg, the
    sight or event, the eatery; of a way, the stop that it leads to; of an arrival or departure, the stay (or the city,
    where there is none). None for a rest. `origin`: of a way, the stop that it comes from. `cost`: for the whole party.
    `reasons`: why here and why then, for the traveller.
    """

    kind: ItemKind
    starts: int = Field(ge=0)
    ends: int = Field(ge=0)
    city: Id | None = None
    ref: Id | None = None
    origin: Id | None = None
    meal: Meal | None = None
    cost: int = Field(default=0, ge=0)
    reasons: tuple[str, ...] = ()


class PlanDay(Fact):
    """One date. `items` in order of time. `city`: where its night is spent; the last one's, where it is left.

    `stay`: where one sleeps that night; None on the last day, on the way, and at home.
    """

    day: date
    city: Id | None
    items: tuple[Item, ...]
    stay: Id | None = None


class PlannedStay(Fact):
    """Nights in a row in one place; `cost`: of all rooms and nights."""

    ref: Id
    city: Id
    first_night: date
    nights: int = Field(ge=1)
    rooms: int = Field(ge=1)
    cost: int = Field(ge=0)


class Costs(Fact):
    """For the whole party and trip; the four parts add up to `total`. `transportation`: legs and the cities' daily
    fares."""

    transportation: int = Field(ge=0)
    accommodation: int = Field(ge=0)
    food: int = Field(ge=0)
    activities: int = Field(ge=0)
    total: int = Field(ge=0)


class LeftOut(Fact):
    """A sight or event that is not in the plan, and why. `text`: the same in words."""

    ref: Id
    reason: LeftOutReason
    text: str


class Plan(Fact):
    """One entry a date of the trip. `cities`: in order of visit, with their days. `score`: of all visits, in points.

    `is_cut_short`: the safety limit on time was hit, so another run may find a better plan.
    """

    status: Literal["planned"] = "planned"
    days: tuple[PlanDay, ...]
    cities: tuple[tuple[Id, int], ...]
    stays: tuple[PlannedStay, ...]
    costs: Costs
    score: int
    left_out: tuple[LeftOut, ...] = ()
    is_cut_short: bool = False


class Wish(Fact):
    """One binding wish, as it can be given up: `budget`, `cuisine: Thai`, `mode: flight`, `include: louvre` …"""

    name: str
    text: str


class WayOut(Fact):
    """A change after which a plan exists; `least_cost`: the least that the trip then costs. `gives_up`: wishes' names,
    or `days`."""

    gives_up: tuple[str, ...]
    text: str
    least_cost: int


class Infeasible(Fact):
    """No plan can do all that is wished, and that is proven.

    `conflict`: wishes that cannot all be met, though any of them left out the others could; none, where the facts alone
    rule the trip out (no leg on the day). `ways_out`: cheapest first.
    """

    status: Literal["infeasible"] = "infeasible"
    conflict: tuple[Wish, ...]
    text: str
    ways_out: tuple[WayOut, ...]


class NotFound(Fact):
    """No plan was found, but neither is it proven that there is none. `missing`: what could not be placed."""

    status: Literal["not_found"] = "not_found"
    text: str
    missing: tuple[str, ...] = ()


Answer = Annotated[Plan | Infeasible | NotFound, Field(discriminator="status")]

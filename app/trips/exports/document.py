"""A plan as all export formats see it: typed, complete, every text one clean line.

A file of its own because the formats must not know the answer's JSON, which grows; `reading.py` alone does.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

_ON_THE_WAY = "travel"
_REST = "rest"


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84; finite and in range, the longitude from -180 to 180."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with a label before it and a web address behind it, each "" where there is none.

    `depth`: how far it is below the lines before it; never more than one deeper than the line above.
    """

    text: str
    label: str = ""
    url: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of a day. `id`: a UUID that stays the same while the entry is the same thing (see `identity.py`).

    `starts`, `ends`: aware, never the wrong way round; both None where the plan gives no time. `timezone`: of `starts`;
    a journey may end in another. `price`: a person, None where it is not known. `notes` may be empty. `order` counts
    from 1 within the day. `place`: the destination that it is in.
    """

    id: str
    order: int
    kind: str
    title: str
    starts: datetime | None
    ends: datetime | None
    timezone: str
    point: Point | None
    place: str
    notes: tuple[str, ...]
    reason: str
    source: str
    price: Decimal | None
    currency: str
    indoor: bool | None

    @property
    def is_way(self) -> bool:
        """A way within a place, from one stop to the next; journeys between places are stops of their own."""
        return self.kind == _ON_THE_WAY

    @property
    def is_engagement(self) -> bool:
        """Something to be at in time."""
        return self.kind not in (_ON_THE_WAY, _REST)


@dataclass(frozen=True, slots=True)
class Day:
    """`number` counts from 1. `stops` in order of time, ways and rests among them; may be empty. `place`: the
    destination where it ends."""

    number: int
    date: date
    title: str
    place: str
    weather: str
    summary: str
    notes: tuple[str, ...]
    stops: tuple[Stop, ...]

    @property
    def spots(self) -> tuple[Stop, ...]:
        """The stops without the ways between them."""
        return tuple(stop for stop in self.stops if not stop.is_way)


@dataclass(frozen=True, slots=True)
class CostRow:
    """`amount`: for the whole party, in the budget's currency. `role`: what it is in the sum."""

    label: str
    amount: Decimal
    basis: str = ""
    role: Literal["part", "line", "total"] = "line"


@dataclass(frozen=True, slots=True)
class Costs:
    """`rows`: the lines of the reckoning, then the parts, then the total. `remarks`: rates and assumptions."""

    currency: str
    rows: tuple[CostRow, ...]
    per_person: Decimal | None
    remarks: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TripDocument:
    """The whole plan. Tuples may be empty, texts may be "".

    `updated_at`: in UTC, what files give as the time of their making; where the answer does not say, the first day's
    midnight. `days`: at least one. `destinations`: in order of visit. `country`: of the only one, "" of several.
    `timezone`: of the first. `told_by`: who wrote `overview` and the days' summaries, or why no model did, in a
    sentence; "" where that goes without saying. `moves`: between several. `cautions`: what had to be assumed for the
    export.
    """

    session_id: str
    status: str
    message: str
    overview: str
    told_by: str
    destinations: tuple[str, ...]
    country: str
    origin: str
    travelers: int | None
    updated_at: datetime
    timezone: str
    days: tuple[Day, ...]
    weather_summary: str
    event_summary: str
    transport: tuple[Line, ...]
    moves: tuple[Line, ...]
    stays: tuple[Line, ...]
    costs: Costs | None
    events: tuple[Line, ...]
    tips: tuple[str, ...]
    warnings: tuple[str, ...]
    failures: tuple[Line, ...]
    fallbacks: tuple[str, ...]
    cautions: tuple[str, ...]
    left_out: tuple[Line, ...]
    flexibility: tuple[str, ...]
    certificate: tuple[Line, ...]
    sources: tuple[Line, ...]

    @property
    def title(self) -> str:
        return f"Trip to {', '.join(self.destinations)}" if self.destinations else "Trip"

    @property
    def first_day(self) -> date:
        return self.days[0].date

    @property
    def last_day(self) -> date:
        return self.days[-1].date

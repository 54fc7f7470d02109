"""What a traveller asks for: the body of `POST /api/v1/plan-trip`."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from app.trips.currencies import is_currency

MAX_TRIP_DAYS = 30
"""From the earliest to the latest date, inclusive."""

MAX_TRAVELERS = 50
MAX_DESTINATIONS = 6

BudgetRange = Literal["budget", "mid-range", "luxury"]
LocalTransport = Literal["driving", "walking", "cycling"]
Pace = Literal["relaxed", "moderate", "fast"]


def _no_control_characters(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters are not allowed")
    return text


PlaceName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    AfterValidator(_no_control_characters),
]
InterestName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40),
    AfterValidator(_no_control_characters),
]


def _of_iso_4217(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not an ISO 4217 currency code; ask for one such as EUR, USD or INR")
    return code


CurrencyCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$"),
    AfterValidator(_of_iso_4217),
]
"""Of today's money or yesterday's."""


def _a_trip_of_bearable_length(dates: list[date]) -> list[date]:
    if (max(dates) - min(dates)).days + 1 > MAX_TRIP_DAYS:
        raise ValueError(f"a trip lasts at most {MAX_TRIP_DAYS} days, from the earliest to the latest date")
    if min(dates).year < 1990 or max(dates).year > 2099:
        raise ValueError("dates must lie between 1990 and 2099")
    return dates


def _minutes_of_day(value: str) -> str:
    hours, minutes = int(value[:2]), int(value[3:])
    if hours > 23 or minutes > 59:
        raise ValueError("a time of day is written as HH:MM")
    return value


DayTime = Annotated[str, StringConstraints(pattern=r"^\d\d:\d\d$"), AfterValidator(_minutes_of_day)]
"""`HH:MM`; such texts sort as their times do."""

_WRITTEN_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _written_as_a_date(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _WRITTEN_DATE.match(value)):
        return value
    # Numbers, and texts of digits, would be taken for seconds since 1970.
    raise ValueError("a date is written as YYYY-MM-DD")


def _written_as_a_number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("Input should be a valid integer")
    return value


TripDate = Annotated[date, BeforeValidator(_written_as_a_date)]
Count = Annotated[int, BeforeValidator(_written_as_a_number)]
"""What JSON calls an integer: neither `true` nor `"2"`."""

BudgetLimit = Annotated[
    Decimal,
    Field(gt=0, le=Decimal(10) ** 9, decimal_places=3),
    PlainSerializer(float, return_type=float, when_used="json"),
]
TravelDates = Annotated[
    list[TripDate],
    Field(min_length=1, max_length=MAX_TRIP_DAYS),
    AfterValidator(_a_trip_of_bearable_length),
]


def trip_days(travel_dates: list[date]) -> list[date]:
    """Every day from the earliest to the latest date given, inclusive, in order."""
    first, last = min(travel_dates), max(travel_dates)
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


SightName = PlaceName


class UserPreferences(BaseModel):
    """`interests`: free words such as art, food, history; ones the planner does not know are named in the answer.

    `must_see`, `avoid`: names of sights. `day_starts`, `day_ends`: between which hours sights are visited, in place of
    the pace's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    interests: list[InterestName] = Field(default=[], max_length=20)
    pace: Pace = "moderate"
    must_see: list[SightName] = Field(default=[], max_length=20)
    avoid: list[SightName] = Field(default=[], max_length=50)
    day_starts: DayTime | None = None
    day_ends: DayTime | None = None

    @model_validator(mode="after")
    def _day_has_hours(self) -> Self:
        if self.day_starts is not None and self.day_ends is not None and self.day_starts >= self.day_ends:
            raise ValueError("day_starts has to be earlier than day_ends")
        return self


class Destination(BaseModel):
    """One of several. `days`: of the trip that are spent there, None to let the planner choose; the day of a move
    counts for the place that one moves to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: PlaceName
    days: Count | None = Field(default=None, ge=1, le=MAX_TRIP_DAYS)


def check_destinations(destination: str, destinations: Sequence[Destination], *, may_be_left_out: bool = False) -> None:
    """Raises ValueError where one is given twice, or where `destination` is not the first of them. `may_be_left_out`:
    `destination` may be, which the complaint then tells."""
    names = [found.name.casefold() for found in destinations]
    if len(set(names)) < len(names):
        raise ValueError("destinations: each can be given once")
    if names and destination.casefold() != names[0]:
        rule = "destination has to be the first of destinations"
        raise ValueError(f"{rule}, or left out" if may_be_left_out else rule)


def check_days(destinations: Sequence[Destination], day_count: int) -> None:
    """Raises ValueError where the days at the destinations do not fit a trip of so many: they take more, or less though
    each says how many it takes. One that says nothing takes at least one."""
    days = [found.days for found in destinations]
    least = sum(found or 1 for found in days)
    if least > day_count or (days and None not in days and least != day_count):
        raise ValueError(f"destinations: they take {least} days, the trip has {day_count}")


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


NamedOrMore = Annotated[Destination, BeforeValidator(_named, json_schema_input_type=str | Destination)]
"""A destination, or its name alone."""


class TripRequest(BaseModel):
    """A trip to one destination, or to several.

    `destinations`: each a name, or a name and `days`; `destination` may then be left out, it is the first of them.
    `keep_order`: they are visited as listed, else in the order that costs least. `travel_dates`: the trip runs from the
    earliest to the latest date, inclusive; at most 30 days. `preferred_transport`: a wish for getting about at the
    destination. `currency`: ISO 4217 code of every amount in the answer; left out, it is the currency of the origin's
    country. `budget_limit`: what the whole trip may cost the whole party at most, in that currency.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    destinations: list[NamedOrMore] = Field(default=[], max_length=MAX_DESTINATIONS)
    keep_order: bool = Field(default=True, strict=True)
    origin: PlaceName
    travel_dates: TravelDates
    travelers_count: Count = Field(default=1, ge=1, le=MAX_TRAVELERS)
    budget_range: BudgetRange = "mid-range"
    preferred_transport: LocalTransport | None = None
    currency: CurrencyCode | None = None
    budget_limit: BudgetLimit | None = None
    user_preferences: UserPreferences = UserPreferences()

    @model_validator(mode="before")
    @classmethod
    def _first_of_several(cls, values: Any) -> Any:
        """Where only `destinations` are given, `destination` is the first of them."""
        if not isinstance(values, dict) or values.get("destination") is not None:
            return values
        match values.get("destinations"):
            case [str(name), *_] | [{"name": str(name)}, *_]:
                return {**values, "destination": name}
        return values

    @model_validator(mode="after")
    def _destinations_agree(self) -> Self:
        check_destinations(self.destination, self.destinations, may_be_left_out=True)
        check_days(self.destinations, len(trip_days(self.travel_dates)))
        return self

    @property
    def stops(self) -> list[Destination]:
        """The destinations, also where there is one."""
        return list(self.destinations) or [Destination(name=self.destination)]

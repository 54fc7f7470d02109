"""What a traveller asks for: the body of `POST /api/v1/plan-trip`."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MAX_TRIP_DAYS = 30
MAX_TRAVELERS = 50

BudgetRange = Literal["budget", "mid-range", "luxury"]
LocalTransport = Literal["driving", "walking", "cycling"]
Pace = Literal["relaxed", "moderate", "fast"]


def _no_control_characters(text: str) -> str:
    if any(not character.isprintable() for character in text):
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
CurrencyCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]


def _a_trip_of_bearable_length(dates: list[date]) -> list[date]:
    if (max(dates) - min(dates)).days + 1 > MAX_TRIP_DAYS:
        raise ValueError(f"a trip lasts at most {MAX_TRIP_DAYS} days, from the earliest to the latest date")
    if min(dates).year < 1990 or max(dates).year > 2099:
        raise ValueError("dates must lie between 1990 and 2099")
    return dates


TravelDates = Annotated[
    list[date],
    Field(min_length=1, max_length=MAX_TRIP_DAYS),
    AfterValidator(_a_trip_of_bearable_length),
]


def trip_days(travel_dates: list[date]) -> list[date]:
    """Every day from the earliest to the latest date given, inclusive, in order (ruling X-04)."""
    first, last = min(travel_dates), max(travel_dates)
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


class UserPreferences(BaseModel):
    """`interests`: free words such as art, food, history; ones the planner does not know are named in the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    interests: list[InterestName] = Field(default=[], max_length=20)
    pace: Pace = "moderate"


class TripRequest(BaseModel):
    """A trip to one destination.

    `travel_dates`: the trip runs from the earliest to the latest date, inclusive; at most 30 days.
    `preferred_transport`: a wish for getting about at the destination. `currency`: ISO 4217 code of every amount in
    the answer; left out, it is the currency of the origin's country.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: PlaceName
    origin: PlaceName
    travel_dates: TravelDates
    travelers_count: int = Field(default=1, ge=1, le=MAX_TRAVELERS)
    budget_range: BudgetRange = "mid-range"
    preferred_transport: LocalTransport | None = None
    currency: CurrencyCode | None = None
    user_preferences: UserPreferences = UserPreferences()

"""What the reports have in common: amounts, clock times, sources and places."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Provenance = Literal["live", "cached", "estimate", "catalogue"]
"""Where a fact comes from: a provider just now, a provider a while ago, a rule of thumb, the bundled data."""

Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""With the number of places its currency has; in JSON a number."""

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""`HH:MM`."""


class Report(BaseModel):
    """A report, or a part of one: it does not change, and has no other fields than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Report):
    """Where facts come from. `retrieved_at`: the day they were read, or the edition of bundled data. `fetched_at`: the
    moment, UTC, for what was read from a provider; None for bundled data and estimates."""

    provider: str
    kind: Provenance
    retrieved_at: date
    fetched_at: datetime | None = None
    url: str | None = None
    note: str | None = None


class Coordinates(Report):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class ResolvedPlace(Report):
    """A place name as it was understood. `assumption`: set where the name was ambiguous."""

    name: str
    country: str
    country_code: str
    coordinates: Coordinates
    timezone: str
    assumption: str | None = None

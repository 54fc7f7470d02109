"""What a source of weather gives, whoever it is: the seam at which live providers are put before the normals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Protocol

from pydantic import Field

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import ProviderError
from app.services.weather.words import Sky, condition_of
from app.trips.places.place import Place
from app.trips.reports import DayWeather, Provenance, Source

# Between the coldest and the hottest ever measured, and some more: -89 °C in Vostok, 57 °C in Death Valley.
COLDEST_C, HOTTEST_C = -95.0, 65.0
Celsius = Annotated[float, Field(ge=COLDEST_C, le=HOTTEST_C)]


@dataclass(frozen=True)
class Forecast:
    """`days`: in the order asked for; those of an outside provider are only the days that it knows. `sources`: empty
    where nothing is known. `failures`: what kept days from it that its provider may know, where others are there."""

    days: list[DayWeather]
    sources: list[Source]
    warnings: list[str] = field(default_factory=list)
    failures: list[ProviderError] = field(default_factory=list)


class WeatherProvider(Protocol):
    """Anything that knows the weather of a place."""

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        """The weather of each day that it knows; unknown values are None. Raises ProviderError where it knows none
        for trouble of its own; days that are out of its reach are no trouble."""
        ...

    def may_know(self, day: date) -> bool:
        """Whether that day is within its reach."""
        ...


@dataclass(frozen=True)
class DayTold:
    """One day as an outside provider tells it, in our terms. `rain_chance_percent`: None where it does not say."""

    high_c: float
    low_c: float
    rain_chance_percent: int | None
    sky: Sky | None = None

    def report(self, day: date, kind: Provenance, provider: str) -> DayWeather:
        return DayWeather(
            date=day,
            high_c=round(self.high_c, 1),
            low_c=round(self.low_c, 1),
            rain_chance_percent=self.rain_chance_percent,
            condition=condition_of(self.high_c, self.rain_chance_percent, self.sky),
            kind=kind,
            provider=provider,
        )


def told_forecast(told: Mapping[date, DayTold], days: list[date], source: Source) -> Forecast:
    """Those of the days that were told, all of them from that source."""
    known = [told[day].report(day, source.kind, source.provider) for day in days if day in told]
    return Forecast(known, [source] if known else [])

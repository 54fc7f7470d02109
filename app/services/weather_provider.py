"""What a source of weather gives, whoever it is: the seam at which live providers are put before the normals."""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from app.trips.places.place import Place
from app.trips.reports import DayWeather, Source


@dataclass(frozen=True)
class Forecast:
    """`days`: one entry for every day asked for, in order. `sources`: empty where nothing is known."""

    days: list[DayWeather]
    sources: list[Source]
    warnings: list[str] = field(default_factory=list)


class WeatherProvider(Protocol):
    """Anything that knows the weather of a place."""

    async def forecast(self, place: Place, days: list[date]) -> Forecast:
        """The weather of each day; unknown values are None."""
        ...

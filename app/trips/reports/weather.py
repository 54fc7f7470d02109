"""What the weather agent reports: every day of the trip, at every destination."""

from datetime import date

from pydantic import Field

from app.trips.reports.parts import Provenance, Report, ResolvedPlace, Source


class DayWeather(Report):
    """One day. `rain_chance_percent`: the share of such days with at least 1 mm. Unknown values are None.

    `provider`: who says so, of that very day; None for bundled averages.
    """

    date: date
    high_c: float | None
    low_c: float | None
    rain_chance_percent: int | None = Field(ge=0, le=100)
    condition: str
    kind: Provenance
    provider: str | None = None


class TemperatureRange(Report):
    """Mean of the days' lows and mean of their highs, in degrees Celsius; None where nothing is known."""

    min: float | None
    max: float | None


class WeatherElsewhere(Report):
    """The weather of a further destination, on every day of the trip."""

    location: ResolvedPlace
    weather_forecast: list[DayWeather]


class WeatherReport(Report):
    """`weather_forecast`: one entry a day of the trip, in order. `elsewhere`: of the destinations after the first."""

    location: ResolvedPlace
    weather_forecast: list[DayWeather]
    weather_summary: str
    average_temp_range: TemperatureRange
    elsewhere: list[WeatherElsewhere] = []
    warnings: list[str] = []
    sources: list[Source]

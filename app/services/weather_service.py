"""The weather of a trip, from whichever provider it was given."""

from collections.abc import Callable
from datetime import date

from app.services.past_dates import past_dates_warning
from app.services.weather_provider import WeatherProvider
from app.services.weather_words import summary_of, temperature_range
from app.trips.places.place import Place
from app.trips.reports import WeatherReport


class WeatherService:
    """`provider`: one source or a chain of them. `today`: the day on which the question is asked."""

    def __init__(self, provider: WeatherProvider, today: Callable[[], date]) -> None:
        self._provider = provider
        self._today = today

    async def weather(self, place: Place, days: list[date]) -> WeatherReport:
        """One entry a day, in order. `days`: at least one, in order; days in the past are answered with a warning."""
        forecast = await self._provider.forecast(place, days)
        passed = past_dates_warning(days, self._today())
        return WeatherReport(
            location=place.resolved(),
            weather_forecast=forecast.days,
            weather_summary=summary_of(place, forecast.days),
            average_temp_range=temperature_range(forecast.days),
            warnings=[*([passed] if passed else []), *forecast.warnings],
            sources=forecast.sources,
        )

"""The weather of a trip, from whichever provider it was given."""

from collections.abc import Callable, Sequence
from datetime import date

from app.services.past_dates import past_dates_warning
from app.services.weather_provider import WeatherProvider
from app.services.weather_words import summary_of, temperature_range
from app.trips.places.place import Place
from app.trips.reports import WeatherElsewhere, WeatherReport


class WeatherService:
    """`provider`: one source or a chain of them. `today`: the day on which the question is asked."""

    def __init__(self, provider: WeatherProvider, today: Callable[[], date]) -> None:
        self._provider = provider
        self._today = today

    async def weather(self, place: Place, days: list[date], further: Sequence[Place] = ()) -> WeatherReport:
        """One entry a day, in order. `days`: at least one, in order; days in the past are answered with a warning.

        `further`: the trip's other destinations. Forecast, summary and range are of `place` alone; the others' days
        stand in `elsewhere`, every day of the trip at each, since who asks may not know yet which are spent where.
        """
        forecasts = [await self._provider.forecast(found, days) for found in (place, *further)]
        first, *others = forecasts
        passed = past_dates_warning(days, self._today())
        warnings = [*([passed] if passed else []), *(text for found in forecasts for text in found.warnings)]
        return WeatherReport(
            location=place.resolved(),
            weather_forecast=first.days,
            weather_summary=summary_of(place, first.days),
            average_temp_range=temperature_range(first.days),
            elsewhere=[
                WeatherElsewhere(location=found.resolved(), weather_forecast=forecast.days)
                for found, forecast in zip(further, others, strict=True)
            ],
            warnings=list(dict.fromkeys(warnings)),
            sources=list(dict.fromkeys(source for found in forecasts for source in found.sources)),
        )

"""The weather of a trip, from whichever provider it was given."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.past_dates import past_dates_warning
from app.services.weather.provider import Forecast, WeatherProvider
from app.services.weather.words import is_average, summary_of, temperature_range
from app.trips.places.place import Place
from app.trips.reports import Source, WeatherElsewhere, WeatherReport


class WeatherService:
    """`provider`: one that has something for every day, or a chain that ends with such a one. `today`: the day on
    which the question is asked."""

    def __init__(self, provider: WeatherProvider, today: Callable[[], date]) -> None:
        self._provider = provider
        self._today = today

    async def weather(
        self, place: Place, days: list[date], further: Sequence[Place] = (), deadline: Deadline = NO_DEADLINE
    ) -> WeatherReport:
        """One entry a day, in order. `days`: at least one, in order; days in the past are answered with a warning.

        `further`: the trip's other destinations. Forecast, summary and range are of `place` alone; the others' days
        stand in `elsewhere`, every day of the trip at each, since who asks may not know yet which are spent where.
        """
        asked = (self._provider.forecast(found, days, deadline) for found in (place, *further))
        forecasts = await asyncio.gather(*asked)
        first, *others = forecasts
        passed = past_dates_warning(days, self._today(), is_observed=_is_observed(forecasts))
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
            sources=_each_once(source for found in forecasts for source in found.sources),
        )


def _is_observed(forecasts: Iterable[Forecast]) -> bool:
    return not any(is_average(day) for found in forecasts for day in found.days)


def _each_once(sources: Iterable[Source]) -> list[Source]:
    """Those that differ in nothing but the moment at which they were read are one, as old as the oldest of them."""
    oldest: dict[Source, Source] = {}
    for source in sources:
        same = source.model_copy(update={"fetched_at": None})
        known = oldest.setdefault(same, source)
        if known.fetched_at and source.fetched_at and source.fetched_at < known.fetched_at:
            oldest[same] = source
    return list(oldest.values())

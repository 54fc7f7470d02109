"""The weather of each day from the first provider that knows it. The chain is a `WeatherProvider` itself."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from app.services.outside.cache_policy import cache_policy
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import ProviderError
from app.services.weather.provider import Forecast, WeatherProvider
from app.services.weather.words import day_words, is_average, span_words
from app.trips.places.place import Place
from app.trips.reports import DayWeather


class WeatherChain:
    """`providers`: in the order in which they are asked. The last knows something of every day: the climate normals."""

    def __init__(self, providers: Sequence[WeatherProvider]) -> None:
        self._providers = tuple(providers)

    def may_know(self, day: date) -> bool:
        return any(provider.may_know(day) for provider in self._providers)

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        """Day by day: what one does not know the next is asked for. One entry for every day, in order.

        The warnings say which days come from where, if not all from one, and why averages stand in for a forecast.
        """
        gathered = _Gathered()
        *outside, last = self._providers
        with cache_policy("fresh_only"):
            for provider in outside:
                await gathered.ask(provider, place, days, deadline)
        with cache_policy("cache_only"):
            for provider in outside if gathered.failures else ():
                with suppress(ProviderError):
                    await gathered.ask_again(provider, place, days, deadline)
        await gathered.ask(last, place, days, deadline)
        return gathered.forecast(place, days)


@dataclass
class _Gathered:
    """What came of the providers that were asked so far."""

    by_day: dict[date, DayWeather] = field(default_factory=dict)
    parts: list[Forecast] = field(default_factory=list)
    failures: list[tuple[WeatherProvider, ProviderError]] = field(default_factory=list)

    async def ask(self, provider: WeatherProvider, place: Place, days: list[date], deadline: Deadline) -> None:
        """For the days that nobody knew so far."""
        if rest := self.rest_of(days):
            try:
                part = await provider.forecast(place, rest, deadline)
            except ProviderError as error:
                part = Forecast([], [], failures=[error])
            self.add(provider, part)

    async def ask_again(self, provider: WeatherProvider, place: Place, days: list[date], deadline: Deadline) -> None:
        """For what it has kept, outdated or not. Raises ProviderError; why it has nothing better was said before."""
        if rest := [day for day in self.rest_of(days) if provider.may_know(day)]:
            self.add(provider, replace(await provider.forecast(place, rest, deadline), failures=[]))

    def rest_of(self, days: list[date]) -> list[date]:
        return [day for day in days if day not in self.by_day]

    def add(self, provider: WeatherProvider, part: Forecast) -> None:
        self.by_day = {**{day.date: day for day in part.days}, **self.by_day}
        self.parts.append(part)
        self.failures += [(provider, error) for error in part.failures]

    def forecast(self, place: Place, days: list[date]) -> Forecast:
        told = [self.by_day[day] for day in days if day in self.by_day]
        failed = self._failed(told)
        return Forecast(
            told,
            [source for part in self.parts for source in part.sources],
            [*failed, *_mix(place, told, bool(failed)), *(text for part in self.parts for text in part.warnings)],
            [error for _, error in self.failures],
        )

    def _failed(self, told: list[DayWeather]) -> list[str]:
        """Why there are averages where a provider may have known better; at most one sentence."""
        averages = [day for day in told if is_average(day)]
        causes = [
            str(error) for provider, error in self.failures if any(provider.may_know(day.date) for day in averages)
        ]
        if not causes:
            return []
        stand_in = ": long-term averages stand in" if any(day.high_c is not None for day in averages) else ""
        return [f"{', '.join(dict.fromkeys(causes))}{stand_in}."]


def _mix(place: Place, told: list[DayWeather], has_failed: bool) -> list[str]:
    """Which days come from where, in one sentence; empty where all come from one."""
    runs = [(teller, [day.date for day in run]) for teller, run in groupby(told, _teller)]
    if len(runs) < 2:
        return []
    if len(runs) == 2 and runs[1][0] == _AVERAGES and not has_failed:
        (_, known), _ = runs
        return [f"The forecast for {place.name} reaches to {day_words(known[-1])}; later days are {_AVERAGES}."]
    spans = [f"{span_words(run[0], run[-1])} {teller}" for teller, run in runs]
    return [f"Weather in {place.name}: {', '.join(spans)}."]


_AVERAGES = "long-term averages"


def _teller(day: DayWeather) -> str:
    if is_average(day):
        return _AVERAGES if day.high_c is not None else "not known"
    return f"by {day.provider}"

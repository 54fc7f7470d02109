"""Open-Meteo: the forecast within its horizon, and what the weather was before."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import ProviderError
from app.services.outside.fetched import Attribution, Lifetime, source_of
from app.services.outside.forms import Form, at_most
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.weather.provider import COLDEST_C, HOTTEST_C, DayTold, Forecast, told_forecast
from app.services.weather.words import Sky
from app.trips.places.place import Place

T = TypeVar("T")

DEFAULT_URL = "https://api.open-meteo.com"
DEFAULT_ARCHIVE_URL = "https://archive-api.open-meteo.com"
"""Only of the public service: an instance of one's own serves both at one address."""

_LICENCE = "Weather data by Open-Meteo.com under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), in our words"
FORECAST = Attribution("Open-Meteo", "https://open-meteo.com/", _LICENCE)
ARCHIVE = Attribution(
    "Open-Meteo archive",
    "https://open-meteo.com/",
    f"{_LICENCE}. Reanalysis by ECMWF and the Copernicus Climate Change Service",
)

FORECAST_DAYS = 16
"""With today; the most that it offers."""
PAST_DAYS = 7
"""So many days back the forecast is asked for as well: the archive is up to five days behind."""
_LATEST = FORECAST_DAYS
"""The last day from today on that a forecast may hold: a day more than by our date, where the place is ahead of it."""
_EARLIEST = 1 - PAST_DAYS
"""The first that it surely holds, wherever the place is; what lies before is the archive's."""
ARCHIVE_BEGINS = date(1940, 1, 1)

_FORECAST_LIFETIME = Lifetime(fresh_s=3600, keep_s=2 * 86_400)
_ARCHIVE_LIFETIME = Lifetime(fresh_s=30 * 86_400, keep_s=60 * 86_400)

# The free service allows 10 000 calls a day for both. It weighs them by days and variables: a forecast of ours counts
# as one, a month of the archive as a little more.
_FORECAST_LIMITS = UsageLimits(daily_quota=8000)
_ARCHIVE_LIMITS = UsageLimits(daily_quota=1500)

_OBSERVED = "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code"
_FORETOLD = f"{_OBSERVED},precipitation_probability_max"
_MOST_DAYS = 1000
WET_FROM_MM = 1.0
"""From so much on a day counts as one with rain, as in the climate normals."""


def _within(lowest: float, highest: float) -> BeforeValidator:
    """None for whatever is no number within the bounds: what follows in its column has to keep its place."""
    return BeforeValidator(lambda value: value if _is_number(value) and lowest <= value <= highest else None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dates(values: Any) -> Any:
    if not isinstance(values, list):
        raise ValueError("a list is expected")
    return [_date(value) for value in values[:_MOST_DAYS]]


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


_Column = Annotated[list[T], at_most(_MOST_DAYS)]
"""One value a day."""

_Degrees = Annotated[float | None, _within(COLDEST_C, HOTTEST_C)]


class _Daily(Form):
    """Columns of equal length; those that are shorter know nothing of the last days."""

    time: Annotated[list[date | None], BeforeValidator(_dates)]
    temperature_2m_max: _Column[_Degrees]
    temperature_2m_min: _Column[_Degrees]
    precipitation_sum: _Column[Annotated[float | None, _within(0, 2000)]] = []
    precipitation_probability_max: _Column[Annotated[float | None, _within(0, 100)]] = []
    weather_code: _Column[Annotated[float | None, _within(0, 99)]] = []


class _Answer(Form):
    daily: _Daily


class OpenMeteo:
    """Open-Meteo, at <https://api.open-meteo.com> and <https://archive-api.open-meteo.com>, without a key.

    Documented at <https://open-meteo.com/en/docs> and <https://open-meteo.com/en/docs/historical-weather-api>. Its
    terms (<https://open-meteo.com/en/terms>): the free service is for non-commercial use, with less than 10 000 calls
    a day; the data are CC BY 4.0 and want a link beside them (<https://open-meteo.com/en/licence>).

    All trips to one place share the same questions: the whole horizon, or whole months of the archive.
    """

    def __init__(self, hub: ProviderHub, base_url: str, today: Callable[[], date]) -> None:
        is_public = base_url.rstrip("/") == DEFAULT_URL
        self._forecast = ProviderApi(
            hub, "open-meteo", base_url, FORECAST, _FORECAST_LIMITS if is_public else UsageLimits()
        )
        self._archive = ProviderApi(
            hub,
            "open-meteo-archive",
            DEFAULT_ARCHIVE_URL if is_public else base_url,
            ARCHIVE,
            _ARCHIVE_LIMITS if is_public else UsageLimits(),
        )
        self._today = today

    def may_know(self, day: date) -> bool:
        return day >= ARCHIVE_BEGINS and (day - self._today()).days <= _LATEST

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        """What is to come, and what was. Raises ProviderError where neither is known and one of them should be."""
        today = self._today()
        past = [day for day in days if day >= ARCHIVE_BEGINS and (day - today).days < _EARLIEST]
        coming = [day for day in days if _EARLIEST <= (day - today).days <= _LATEST]
        was, comes = await asyncio.gather(
            _or_failure(self._observed(place, past, today, deadline)),
            _or_failure(self._foretold(place, coming, today, deadline)),
        )
        failures = [*comes.failures, *was.failures]
        if failures and not (was.days or comes.days):
            raise failures[0]
        return Forecast([*was.days, *comes.days], [*was.sources, *comes.sources], failures=failures)

    async def _foretold(self, place: Place, days: list[date], today: date, deadline: Deadline) -> Forecast:
        if not days:
            return Forecast([], [])
        query = {**_at(place), "daily": _FORETOLD, "past_days": PAST_DAYS, "forecast_days": FORECAST_DAYS}
        fetched = await self._forecast.ask(_Answer, Call("/v1/forecast", query), _FORECAST_LIFETIME, deadline)
        told = _told(fetched.value.daily, is_over=lambda day: day < today)
        note = "Days before today are as the weather models reckon them since, no forecast" if days[0] < today else None
        return told_forecast(told, days, source_of(FORECAST, fetched, note=note))

    async def _observed(self, place: Place, days: list[date], today: date, deadline: Deadline) -> Forecast:
        if not days:
            return Forecast([], [])
        first = max(ARCHIVE_BEGINS, days[0].replace(day=1))
        next_month = days[-1].replace(day=1) + timedelta(days=31)
        last = min(next_month.replace(day=1) - timedelta(days=1), today + timedelta(days=_EARLIEST - 1))
        span = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        call = Call("/v1/archive", {**_at(place), "daily": _OBSERVED, **span})
        fetched = await self._archive.ask(_Answer, call, _ARCHIVE_LIFETIME, deadline)
        note = "Observed weather, not a forecast"
        return told_forecast(_told(fetched.value.daily, lambda day: True), days, source_of(ARCHIVE, fetched, note=note))


async def _or_failure(answer: Awaitable[Forecast]) -> Forecast:
    try:
        return await answer
    except ProviderError as error:
        return Forecast([], [], failures=[error])


def _at(place: Place) -> dict[str, str | int | float]:
    """To a kilometre, so that all who go to a town ask the same. Zero is added for places at -0.00 degrees."""
    return {
        "latitude": round(place.latitude, 2) + 0.0,
        "longitude": round(place.longitude, 2) + 0.0,
        "timezone": place.timezone,
    }


def _told(daily: _Daily, is_over: Callable[[date], bool]) -> dict[date, DayTold]:
    """The days of which high and low are known."""
    told: dict[date, DayTold] = {}
    for place_in_list, day in enumerate(daily.time):
        high_c, low_c = _entry(daily.temperature_2m_max, place_in_list), _entry(daily.temperature_2m_min, place_in_list)
        if day is None or day in told or high_c is None or low_c is None or low_c > high_c:
            continue
        if is_over(day):
            rain_mm = _entry(daily.precipitation_sum, place_in_list)
            rain = None if rain_mm is None else 100.0 * (rain_mm >= WET_FROM_MM)
        else:
            rain = _entry(daily.precipitation_probability_max, place_in_list)
        sky = _sky(_entry(daily.weather_code, place_in_list))
        told[day] = DayTold(high_c, low_c, None if rain is None else round(rain), sky)
    return told


def _entry(column: list[float | None], place_in_list: int) -> float | None:
    return column[place_in_list] if place_in_list < len(column) else None


def _sky(code: float | None) -> Sky | None:
    """By the code of the World Meteorological Organization for the day's worst weather."""
    if code is None:
        return None
    if code >= 95:
        return "thunderstorms"
    if 71 <= code <= 77 or code in (85, 86):
        return "snow"
    return "fog" if code in (45, 48) else None

"""OpenWeather: a forecast of eight days where the key allows it, else of five."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import (
    ProviderError,
    ProviderKeyRefusedError,
    ProviderRefusedQuestionError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.fetched import Attribution, Fetched, Lifetime, source_of
from app.services.outside.forms import Form, Lenient, at_most
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.weather.provider import Celsius, DayTold, Forecast, told_forecast
from app.services.weather.words import Sky
from app.trips.places.place import Place

DEFAULT_URL = "https://api.openweathermap.org"
OPENWEATHER = Attribution(
    "OpenWeather",
    "https://openweathermap.org/",
    "Weather data provided by OpenWeather under ODbL (https://opendatacommons.org/licenses/odbl/1-0/)",
)

_LIFETIME = Lifetime(fresh_s=3600, keep_s=2 * 86_400)
_NOT_SUBSCRIBED = 401
"""One Call answers so to keys that are well but lack its subscription, as everything does to wrong keys."""

# The last day from today on that each of them may hold, where the place is a day ahead of our date.
_LATEST_OF_ONE_CALL = 8
_LATEST_OF_FIVE_DAYS = 6

_STEP = timedelta(hours=3)
_DAY_STARTS, _DAY_ENDS = time(9), time(18)
"""A day counts as known where the steps cover the time between these, by the place's clocks."""


def _share_or_none(value: Any) -> Any:
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return value if is_share else None


_Moment = Annotated[int, Field(ge=0, le=4_102_444_800)]
"""Seconds since 1970, up to the year 2100."""
_Share = Annotated[float | None, BeforeValidator(_share_or_none)]


class _Code(Form):
    id: int = Field(ge=0, le=999)


class _Span(Form):
    min: Celsius
    max: Celsius


class _Day(Form):
    """`dt`: about noon of the day there. `pop`: probability of precipitation."""

    dt: _Moment
    temp: _Span
    pop: _Share = None
    weather: Annotated[list[Lenient[_Code]], at_most(20)] = []


class _OneCall(Form):
    daily: Annotated[list[Lenient[_Day]], at_most(30)]


class _Main(Form):
    temp_min: Celsius
    temp_max: Celsius


class _Step(Form):
    """Three hours from `dt` on."""

    dt: _Moment
    main: _Main
    pop: _Share = None
    weather: Annotated[list[Lenient[_Code]], at_most(20)] = []


_Steps = Annotated[list[Lenient[_Step]], at_most(100)]


class _FiveDays(Form):
    list: _Steps


class OpenWeather:
    """OpenWeather, at <https://api.openweathermap.org>, with a key.

    Documented at <https://openweathermap.org/api/one-call-3> (eight days, in a subscription of its own with 1000 calls
    a day free of charge) and <https://openweathermap.org/forecast5> (five days in steps of three hours, for every key;
    60 calls a minute, a million a month). It wants to be named with a link where its data are shown
    (<https://openweathermap.org/faq>); they are under ODbL (<https://openweathermap.org/full-price#licenses>).
    """

    def __init__(self, hub: ProviderHub, base_url: str, key: str, today: Callable[[], date]) -> None:
        secret = Secret("query", "appid", key)
        self._one_call = ProviderApi(
            hub, "openweather-onecall", base_url, OPENWEATHER, UsageLimits(daily_quota=1000), secret
        )
        self._five_days = ProviderApi(
            hub, "openweather", base_url, OPENWEATHER, UsageLimits(daily_quota=32_000), secret
        )
        self._has_one_call = True
        self._today = today

    def may_know(self, day: date) -> bool:
        """From yesterday on: it may still be that day there."""
        latest = _LATEST_OF_ONE_CALL if self._has_one_call else _LATEST_OF_FIVE_DAYS
        return -1 <= (day - self._today()).days <= latest

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        """The days of the forecast that it knows as a whole. Raises ProviderError."""
        if not any(self.may_know(day) for day in days):
            return Forecast([], [])
        fetched = await self._told(place, deadline)
        return told_forecast(fetched.value, days, source_of(OPENWEATHER, fetched))

    async def _told(self, place: Place, deadline: Deadline) -> Fetched[dict[date, DayTold]]:
        if self._has_one_call and not isinstance(self._five_days.breaker.reason, ProviderKeyRefusedError):
            try:
                return await self._by_one_call(place, deadline)
            except (ProviderTimeoutError, ProviderUnreachableError):
                # The same server would not answer the other question either; the time is better spent elsewhere.
                raise
            except ProviderRefusedQuestionError as error:
                self._has_one_call = error.status != _NOT_SUBSCRIBED
            except ProviderError:
                pass
        try:
            return await self._by_five_days(place, deadline)
        except ProviderKeyRefusedError:
            # What One Call refused was the key, then, and no lack of a subscription.
            self._has_one_call = True
            raise

    async def _by_one_call(self, place: Place, deadline: Deadline) -> Fetched[dict[date, DayTold]]:
        query = {**_at(place), "exclude": "current,minutely,hourly,alerts"}
        call = Call("/data/3.0/onecall", query, not_entitled=_NOT_SUBSCRIBED)
        fetched = await self._one_call.ask(_OneCall, call, _LIFETIME, deadline)
        zone = _zone(place)
        days = [day for day in fetched.value.daily if day.temp.min <= day.temp.max]
        return fetched.replaced({_date(day.dt, zone): _day_told(day) for day in days})

    async def _by_five_days(self, place: Place, deadline: Deadline) -> Fetched[dict[date, DayTold]]:
        fetched = await self._five_days.ask(_FiveDays, Call("/data/2.5/forecast", _at(place)), _LIFETIME, deadline)
        return fetched.replaced(_whole_days(fetched.value.list, _zone(place)))


def _at(place: Place) -> dict[str, str | int | float]:
    """To a kilometre, so that all who go to a town ask the same. Zero is added for places at -0.00 degrees."""
    return {"lat": round(place.latitude, 2) + 0.0, "lon": round(place.longitude, 2) + 0.0, "units": "metric"}


def _zone(place: Place) -> tzinfo:
    """The place's; where its name is not known, that of its longitude."""
    try:
        return ZoneInfo(place.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(hours=round(place.longitude / 15)))


def _date(moment: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(moment, zone).date()


def _day_told(day: _Day) -> DayTold:
    return DayTold(day.temp.max, day.temp.min, _percent(day.pop), _sky([code.id for code in day.weather]))


def _whole_days(steps: list[_Step], zone: tzinfo) -> dict[date, DayTold]:
    """Those of which more than a part is known."""
    by_day: dict[date, list[_Step]] = {}
    for step in sorted(steps, key=lambda step: step.dt):
        by_day.setdefault(_date(step.dt, zone), []).append(step)
    return {day: _steps_told(found) for day, found in by_day.items() if _covers(day, found, zone)}


def _covers(day: date, steps: list[_Step], zone: tzinfo) -> bool:
    moments = [step.dt for step in steps]
    starts, ends = (datetime.combine(day, clock, zone).timestamp() for clock in (_DAY_STARTS, _DAY_ENDS))
    has_gaps = any(later - earlier > _STEP.total_seconds() for earlier, later in pairwise(moments))
    return moments[0] <= starts and moments[-1] >= ends and not has_gaps


def _steps_told(steps: list[_Step]) -> DayTold:
    shares = [step.pop for step in steps if step.pop is not None]
    return DayTold(
        high_c=max(step.main.temp_max for step in steps),
        low_c=min(step.main.temp_min for step in steps),
        rain_chance_percent=_percent(max(shares, default=None)),
        sky=_sky([code.id for step in steps for code in step.weather]),
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


def _sky(codes: list[int]) -> Sky | None:
    """The worst of the codes of <https://openweathermap.org/weather-conditions>."""
    if any(code // 100 == 2 for code in codes):
        return "thunderstorms"
    if any(code // 100 == 6 for code in codes):
        return "snow"
    return "fog" if 741 in codes else None

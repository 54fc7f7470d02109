"""The weather of each day from the first that knows it, and what is said where it is not all from one."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.outside.errors import ProviderError, ProviderTimeoutError, ProviderUnreachableError
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.open_meteo import OpenMeteo
from app.services.providers.openweather import OpenWeather
from app.services.weather.chain import WeatherChain
from app.services.weather.climate_normals import ClimateNormals
from app.services.weather.provider import DayTold, Forecast, told_forecast
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import Source
from app.trips.request import trip_days
from tests.services.conftest import MemoryStore
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

PARIS = resolve_place("Paris")
TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DECEMBER = trip_days([date(2026, 12, 1), date(2026, 12, 10)])


def december(*numbers: int) -> set[date]:
    return {date(2026, 12, number) for number in numbers}


class Known:
    """A provider that knows the weather of some days, or fails; `reach`: what it may know, were it well."""

    def __init__(
        self,
        name: str,
        days: Collection[date] = (),
        fails: ProviderError | None = None,
        reach: Collection[date] = DECEMBER,
    ) -> None:
        self.name, self.days, self.fails, self.reach = name, days, fails, reach
        self.asked: list[list[date]] = []

    def may_know(self, day: date) -> bool:
        return day in self.reach

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        self.asked.append(days)
        if self.fails and not self.days:
            raise self.fails
        source = Source(provider=self.name, kind="live", retrieved_at=TODAY, fetched_at=NOW)
        forecast = told_forecast({day: DayTold(9.0, 3.0, 20) for day in self.days}, days, source)
        return replace(forecast, failures=[self.fails] if self.fails else [])


async def ask(*providers: Known, days: list[date] = DECEMBER, place: Place = PARIS) -> Forecast:
    return await WeatherChain([*providers, ClimateNormals()]).forecast(place, days, Deadline.after(1.0))


def tellers(forecast: Forecast) -> list[str]:
    return [day.provider or day.kind for day in forecast.days]


async def test_what_one_does_not_know_the_next_is_asked_for() -> None:
    sunny, rainy = Known("Sunny", december(1, 2, 3)), Known("Rainy", december(3, 4, 5, 6))
    forecast = await ask(sunny, rainy)
    assert [day.date for day in forecast.days] == DECEMBER
    assert tellers(forecast) == ["Sunny"] * 3 + ["Rainy"] * 3 + ["catalogue"] * 4
    assert rainy.asked == [DECEMBER[3:]]
    assert [source.provider for source in forecast.sources][:2] == ["Sunny", "Rainy"]
    assert "not a forecast" in (forecast.sources[2].note or "")


async def test_nobody_is_asked_for_what_is_known() -> None:
    rainy = Known("Rainy")
    forecast = await ask(Known("Sunny", DECEMBER), rainy)
    assert (tellers(forecast), rainy.asked) == (["Sunny"] * 10, [])
    assert (forecast.warnings, len(forecast.sources)) == ([], 1)


async def test_gaps_are_filled_where_they_are() -> None:
    forecast = await ask(Known("Sunny", december(1, 3, 10)), Known("Rainy", december(4, 2)))
    assert [day.date for day in forecast.days] == DECEMBER
    assert tellers(forecast) == ["Sunny", "Rainy", "Sunny", "Rainy", *["catalogue"] * 5, "Sunny"]
    assert forecast.warnings == [
        "Weather in Paris: 1 December by Sunny, 2 December by Rainy, 3 December by Sunny, 4 December by Rainy, "
        "5 to 9 December long-term averages, 10 December by Sunny."
    ]


@pytest.mark.rows("X-11")
async def test_how_far_the_forecast_reaches_is_told() -> None:
    forecast = await ask(Known("Sunny", december(1, 2, 3), reach=december(1, 2, 3)))
    assert forecast.warnings == ["The forecast for Paris reaches to 3 December; later days are long-term averages."]


async def test_a_mix_of_several_is_told_day_by_day() -> None:
    days = trip_days([date(2026, 11, 29), date(2026, 12, 10)])
    forecast = await ask(Known("Sunny", days[:3]), Known("Rainy", days[3:6]), days=days)
    assert forecast.warnings == [
        "Weather in Paris: 29 November to 1 December by Sunny, 2 to 4 December by Rainy, "
        "5 to 10 December long-term averages."
    ]


@pytest.mark.rows("X-11")
async def test_a_trip_beyond_every_horizon_is_all_averages_and_needs_no_word_on_a_mix() -> None:
    forecast = await ask(Known("Sunny", reach=()))
    assert set(tellers(forecast)) == {"catalogue"}
    assert forecast.warnings == []


async def test_the_failure_is_named_for_which_averages_stand_in() -> None:
    forecast = await ask(Known("Sunny", fails=ProviderUnreachableError("Sunny", "cannot be reached")))
    assert set(tellers(forecast)) == {"catalogue"}
    assert forecast.warnings == ["Sunny cannot be reached: long-term averages stand in."]


async def test_failures_of_several_are_one_sentence() -> None:
    slow = ProviderTimeoutError("Sunny", "did not answer within 2.5 s")
    gone = ProviderUnreachableError("Rainy", "cannot be reached")
    forecast = await ask(Known("Sunny", fails=slow), Known("Rainy", fails=gone))
    assert forecast.warnings == [
        "Sunny did not answer within 2.5 s, Rainy cannot be reached: long-term averages stand in."
    ]
    assert forecast.failures == [slow, gone]


async def test_a_failure_that_others_made_up_for_is_no_warning() -> None:
    gone = ProviderUnreachableError("Sunny", "cannot be reached")
    forecast = await ask(
        Known("Sunny", fails=gone, reach=december(1, 2)), Known("Rainy", december(1, 2, 3), reach=december(1, 2, 3))
    )
    assert forecast.warnings == ["The forecast for Paris reaches to 3 December; later days are long-term averages."]


async def test_one_that_fails_for_some_of_its_days_is_named_and_the_mix_told() -> None:
    gone = ProviderUnreachableError("Sunny", "cannot be reached")
    forecast = await ask(Known("Sunny", december(1, 2), fails=gone))
    assert forecast.warnings == [
        "Sunny cannot be reached: long-term averages stand in.",
        "Weather in Paris: 1 to 2 December by Sunny, 3 to 10 December long-term averages.",
    ]


async def test_where_there_are_no_averages_either_nothing_is_made_up() -> None:
    gone = ProviderUnreachableError("Sunny", "cannot be reached")
    ushuaia = replace(PARIS, name="Ushuaia", country="Argentina", latitude=-54.8, longitude=-68.3, city=None)
    forecast = await ask(Known("Sunny", december(1), fails=gone), place=ushuaia)
    assert [day.high_c for day in forecast.days] == [9.0] + [None] * 9
    assert forecast.warnings[:2] == [
        "Sunny cannot be reached.",
        "Weather in Ushuaia: 1 December by Sunny, 2 to 10 December not known.",
    ]
    assert "No climate averages are bundled for Ushuaia" in forecast.warnings[2]


async def test_a_fault_of_ours_is_not_passed_over() -> None:
    class Broken(Known):
        async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
            raise KeyError("a bug")

    with pytest.raises(KeyError):
        await ask(Broken("Sunny"))


@pytest.mark.rows("S1-34")
async def test_a_chain_looks_like_one_provider() -> None:
    chain = WeatherChain([Known("Sunny", december(1), reach=december(1))])
    assert (chain.may_know(date(2026, 12, 1)), chain.may_know(date(2026, 12, 2))) == (True, False)
    assert len((await chain.forecast(PARIS, [date(2026, 12, 1)])).days) == 1
    outer = await WeatherChain([chain, ClimateNormals()]).forecast(PARIS, DECEMBER)
    assert tellers(outer) == ["Sunny"] + ["catalogue"] * 9


# ---- the real members


def answer(name: str) -> Any:
    return json.loads((Path(__file__).parents[1] / "answers" / f"{name}.json").read_text())


def real(hub: ProviderHub, url: str) -> WeatherChain:
    openweather = OpenWeather(hub, url, "k3y", lambda: TODAY)
    return WeatherChain([openweather, OpenMeteo(hub, url, lambda: TODAY), ClimateNormals()])


@pytest.mark.rows("X-11", "S0-42")
async def test_openweather_then_open_meteo_then_averages(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/data/3.0/onecall", Reply(answer("openweather_not_subscribed"), 401))
    provider.answers("/data/2.5/forecast", answer("openweather_forecast"))
    provider.answers("/v1/forecast", answer("open_meteo_forecast"))
    days = trip_days([date(2026, 11, 28), date(2026, 12, 20)])
    forecast = await real(hub, provider.url).forecast(PARIS, days, Deadline.after(1.0))
    assert [day.date for day in forecast.days] == days
    assert forecast.warnings == [
        "Weather in Paris: 28 to 29 November by Open-Meteo, 30 November to 3 December by OpenWeather, "
        "4 to 14 December by Open-Meteo, 15 to 20 December long-term averages."
    ]


async def test_one_that_drips_leaves_time_for_the_next(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/data", Reply(answer("openweather_onecall"), drip_s=0.05))
    provider.answers("/v1/forecast", answer("open_meteo_forecast"))
    deadline = Deadline.after(1.0)
    forecast = await real(hub, provider.url).forecast(PARIS, DECEMBER, deadline)
    assert set(tellers(forecast)) == {"Open-Meteo"}
    assert deadline.left_s() > 0.2


async def test_dates_that_open_meteo_refuses_are_averages(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/data", answer("openweather_onecall"))
    provider.answers("/v1/forecast", Reply(answer("open_meteo_out_of_range"), 400))
    forecast = await real(hub, provider.url).forecast(PARIS, DECEMBER, Deadline.after(1.0))
    assert tellers(forecast) == ["OpenWeather"] * 6 + ["catalogue"] * 4
    assert forecast.warnings[0] == "Open-Meteo cannot answer this (400): long-term averages stand in."


async def test_without_a_network_averages_are_there_at_once(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.2))
    forecast = await real(hub, "http://127.0.0.1:9").forecast(PARIS, DECEMBER, Deadline.after(5))
    assert forecast.warnings == [
        "OpenWeather cannot be reached, Open-Meteo cannot be reached: long-term averages stand in."
    ]
    await hub.aclose()

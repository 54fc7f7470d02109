"""Open-Meteo: what it is asked, what is made of its answers, and of everything that is none."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError, ProviderError, ProviderRefusedQuestionError
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.open_meteo import DEFAULT_URL, OpenMeteo
from app.services.weather.provider import Forecast
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.request import trip_days
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

ANSWERS = Path(__file__).parents[1] / "answers"
TODAY = date(2026, 11, 29)
PARIS = resolve_place("Paris")


def answer(name: str) -> Any:
    return json.loads((ANSWERS / f"open_meteo_{name}.json").read_text())


def at(hub: ProviderHub, provider: StandIn, today: date = TODAY) -> OpenMeteo:
    return OpenMeteo(hub, provider.url, lambda: today)


async def ask(
    open_meteo: OpenMeteo, first: date, last: date | None = None, place: Place = PARIS, left_s: float = 1.0
) -> Forecast:
    return await open_meteo.forecast(place, trip_days([first, last or first]), Deadline.after(left_s))


def changed(name: str, **columns: Any) -> Any:
    """That answer with other columns; None takes one away."""
    body = deepcopy(answer(name))
    for column, values in columns.items():
        if values is None:
            del body["daily"][column]
        else:
            body["daily"][column] = values
    return body


# ---- what is to come


@pytest.mark.rows("S2-63")
async def test_the_forecast_of_each_day_with_who_says_so(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    open_meteo = at(hub, provider)
    forecast = await ask(open_meteo, date(2026, 12, 2), date(2026, 12, 4))
    assert [(day.date.day, day.high_c, day.low_c, day.rain_chance_percent) for day in forecast.days] == [
        (2, 8.8, 4.0, 65),
        (3, 10.2, 6.1, 90),
        (4, 11.7, 7.2, 98),
    ]
    assert [day.condition for day in forecast.days] == [
        "cool, rain likely",
        "cool, rain likely",
        "cool, rain likely, thunderstorms",
    ]
    assert {(day.kind, day.provider) for day in forecast.days} == {("live", "Open-Meteo")}
    again = await ask(open_meteo, date(2026, 12, 5))
    assert [(day.kind, day.high_c) for day in again.days] == [("cached", 12.4)]
    assert len(provider.asked) == 1, "trips to one place share the whole horizon"


async def test_what_it_is_asked(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    await ask(at(hub, provider), date(2026, 12, 2))
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", "/v1/forecast")
    assert asked.query == {
        "latitude": "48.86",
        "longitude": "2.35",
        "timezone": "Europe/Paris",
        "daily": "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code,precipitation_probability_max",
        "past_days": "7",
        "forecast_days": "16",
    }
    assert list(store.ttls_s.values()) == [2 * 86_400]


async def test_it_is_named_and_linked_as_its_licence_asks(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    (source,) = (await ask(at(hub, provider), date(2026, 12, 2))).sources
    assert (source.provider, source.kind, source.url) == ("Open-Meteo", "live", "https://open-meteo.com/")
    assert source.fetched_at is not None
    assert source.note == (
        "Weather data by Open-Meteo.com under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), in our words."
    )


@pytest.mark.rows("X-11")
async def test_days_beyond_the_horizon_are_left_to_others(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    open_meteo = at(hub, provider)
    forecast = await ask(open_meteo, date(2026, 12, 12), date(2026, 12, 20))
    assert [day.date.day for day in forecast.days] == [12, 13, 14]
    provider.asked.clear()
    assert await ask(open_meteo, date(2026, 12, 16), date(2027, 1, 3)) == Forecast([], [])
    assert provider.asked == []
    assert [open_meteo.may_know(TODAY + timedelta(days=offset)) for offset in (0, 16, 17)] == [True, True, False]


# ---- what was


@pytest.mark.rows("X-11")
async def test_past_days_are_those_of_the_archive_and_labelled_as_observed(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/v1/archive", answer("archive"))
    forecast = await ask(at(hub, provider), date(2025, 7, 13), date(2025, 7, 15))
    assert [(day.high_c, day.low_c, day.rain_chance_percent) for day in forecast.days] == [
        (27.4, 17.9, 100),
        (26.1, 16.2, 100),
        (24.0, 15.1, 0),
    ]
    assert {(day.kind, day.provider) for day in forecast.days} == {("live", "Open-Meteo archive")}
    assert (forecast.sources[0].note or "").startswith("Observed weather, not a forecast. Weather data by Open-Meteo")
    assert "Copernicus" in (forecast.sources[0].note or "")
    assert provider.paths() == ["/v1/archive"]
    assert provider.asked[0].query == {
        "latitude": "48.86",
        "longitude": "2.35",
        "timezone": "Europe/Paris",
        "daily": "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code",
        "start_date": "2025-07-01",
        "end_date": "2025-07-31",
    }
    assert list(store.ttls_s.values()) == [60 * 86_400]


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        (date(2025, 7, 31), date(2025, 8, 1), ("2025-07-01", "2025-08-31")),
        (date(2024, 12, 30), date(2025, 1, 2), ("2024-12-01", "2025-01-31")),
        (date(2024, 2, 29), date(2024, 2, 29), ("2024-02-01", "2024-02-29")),
        (date(2026, 11, 10), date(2026, 11, 12), ("2026-11-01", "2026-11-22")),
        (date(1939, 12, 30), date(1940, 1, 2), ("1940-01-01", "1940-01-31")),
    ],
)
async def test_the_archive_is_asked_for_whole_months_within_what_it_has(
    hub: ProviderHub, provider: StandIn, first: date, last: date, span: tuple[str, str]
) -> None:
    provider.answers("/v1/archive", answer("archive"))
    await ask(at(hub, provider), first, last)
    assert (provider.asked[0].query["start_date"], provider.asked[0].query["end_date"]) == span


async def test_what_lies_before_the_archive_is_not_asked(hub: ProviderHub, provider: StandIn) -> None:
    assert await ask(at(hub, provider), date(1815, 6, 18)) == Forecast([], [])
    assert provider.asked == []


@pytest.mark.rows("X-11")
async def test_a_trip_half_in_the_past_is_observed_first_and_foretold_then(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    forecast = await ask(at(hub, provider), date(2026, 11, 25), date(2026, 11, 30))
    rain = [(day.date.day, day.rain_chance_percent) for day in forecast.days]
    assert rain == [(25, 100), (26, 100), (27, 0), (28, 0), (29, 25), (30, 8)]
    assert provider.paths() == ["/v1/forecast"], "the archive is some days behind; the forecast knows the latest"
    assert (forecast.sources[0].note or "").startswith("Days before today are as the weather models reckon them since")


async def test_a_trip_from_the_archive_into_the_forecast_is_of_both(hub: ProviderHub, provider: StandIn) -> None:
    times = [(date(2026, 11, 1) + timedelta(days=offset)).isoformat() for offset in range(22)]
    columns = {"temperature_2m_max": [9.0] * 22, "temperature_2m_min": [3.0] * 22, "precipitation_sum": [0.5] * 22}
    provider.answers("/v1/archive", {"daily": {"time": times, **columns}})
    provider.answers("/v1/forecast", answer("forecast"))
    days = trip_days([date(2026, 11, 20), date(2026, 12, 1)])
    forecast = await ask(at(hub, provider), days[0], days[-1])
    assert [day.date for day in forecast.days] == days
    assert [day.provider for day in forecast.days] == ["Open-Meteo archive"] * 3 + ["Open-Meteo"] * 9
    assert [source.provider for source in forecast.sources] == ["Open-Meteo archive", "Open-Meteo"]


async def test_where_one_half_fails_the_other_is_known_and_the_failure_told(
    hub: ProviderHub, provider: StandIn
) -> None:
    provider.answers("/v1/archive", Reply(status=500))
    provider.answers("/v1/forecast", answer("forecast"))
    forecast = await ask(at(hub, provider), date(2026, 11, 20), date(2026, 12, 1))
    assert forecast.days[0].date.day == 23
    assert [str(error) for error in forecast.failures] == ["Open-Meteo archive failed (HTTP 500)"]


async def test_the_public_service_has_its_archive_elsewhere_and_bounds_to_keep(hub: ProviderHub) -> None:
    OpenMeteo(hub, DEFAULT_URL + "/", lambda: TODAY)
    assert list(hub.base_urls()) == ["https://api.open-meteo.com/", "https://archive-api.open-meteo.com"]
    assert [(health.name, health.quota) for health in hub.health()] == [
        ("open-meteo", 8000),
        ("open-meteo-archive", 1500),
    ]


async def test_an_instance_of_ones_own_serves_both_and_has_no_quota(hub: ProviderHub) -> None:
    OpenMeteo(hub, "http://weather.local:8080", lambda: TODAY)
    assert list(hub.base_urls()) == ["http://weather.local:8080"]
    assert {health.quota for health in hub.health()} == {None}


# ---- failures


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors(hub: ProviderHub, provider: StandIn, failure: Failure) -> None:
    """Of the forecast, then of the archive."""
    provider.answers("/v1", failure.reply)
    for day in (date(2026, 12, 2), date(2025, 7, 13)):
        with pytest.raises(failure.expected(has_key=False)):
            await ask(at(hub, provider), day)
    assert provider.paths() == ["/v1/forecast", "/v1/archive"]


async def test_dates_out_of_range_are_a_fault_of_the_question_and_open_no_breaker(
    hub: ProviderHub, provider: StandIn
) -> None:
    provider.answers("/v1/forecast", Reply(answer("out_of_range"), 400))
    open_meteo = at(hub, provider)
    for _ in range(5):
        with pytest.raises(ProviderRefusedQuestionError):
            await ask(open_meteo, date(2026, 12, 2))
    assert len(provider.asked) == 5
    assert hub.health()[0].state == "ok"


async def test_an_error_with_the_status_of_an_answer_is_no_answer(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("out_of_range"))
    with pytest.raises(ProviderAnswerError):
        await ask(at(hub, provider), date(2026, 12, 2))


ODD_BODIES: list[Any] = [
    {},
    {"daily": None},
    {"daily": []},
    {"daily": {}},
    changed("forecast", time=None),
    changed("forecast", time="2026-12-02"),
    changed("forecast", temperature_2m_max=None),
    changed("forecast", temperature_2m_min="cold"),
    changed("forecast", weather_code={"0": 3}),
]


async def test_another_form_than_the_documented_one_is_no_answer(
    hub: ProviderHub, provider: StandIn, subtests: pytest.Subtests
) -> None:
    for body in ODD_BODIES:
        with subtests.test(str(body)[:80]):
            provider.answers("/v1/forecast", body)
            with pytest.raises(ProviderAnswerError):
                await ask(at(hub, provider), date(2026, 12, 2))
    assert len(provider.asked) == len(ODD_BODIES)


async def test_null_entries_lose_only_their_day(hub: ProviderHub, provider: StandIn) -> None:
    highs = answer("forecast")["daily"]["temperature_2m_max"]
    highs[10] = None  # 2 December
    provider.answers("/v1/forecast", changed("forecast", temperature_2m_max=highs))
    forecast = await ask(at(hub, provider), date(2026, 12, 1), date(2026, 12, 4))
    assert [(day.date.day, day.high_c) for day in forecast.days] == [(1, 6.9), (3, 10.2), (4, 11.7)]


async def test_an_absurd_temperature_loses_only_its_day(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    lows = answer("forecast")["daily"]["temperature_2m_min"]
    for absurd in (999, -273.15, 1e308, 10**400, "12", True, [12], {}):
        with subtests.test(str(absurd)[:20]):
            store.entries.clear()
            lows[10] = absurd
            provider.answers("/v1/forecast", changed("forecast", temperature_2m_min=lows))
            forecast = await ask(at(hub, provider), date(2026, 12, 1), date(2026, 12, 3))
            assert [day.date.day for day in forecast.days] == [1, 3]


async def test_a_low_above_the_high_is_believed_no_more_than_the_high(hub: ProviderHub, provider: StandIn) -> None:
    lows = answer("forecast")["daily"]["temperature_2m_min"]
    lows[10] = 30.0
    provider.answers("/v1/forecast", changed("forecast", temperature_2m_min=lows))
    forecast = await ask(at(hub, provider), date(2026, 12, 1), date(2026, 12, 3))
    assert [day.date.day for day in forecast.days] == [1, 3]


async def test_columns_of_different_lengths_know_the_days_that_all_have(hub: ProviderHub, provider: StandIn) -> None:
    daily = answer("forecast")["daily"]
    body = changed(
        "forecast",
        temperature_2m_max=daily["temperature_2m_max"][:11],
        temperature_2m_min=daily["temperature_2m_min"] + [1.0] * 50,
        precipitation_probability_max=daily["precipitation_probability_max"][:9],
        weather_code=[],
    )
    provider.answers("/v1/forecast", body)
    forecast = await ask(at(hub, provider), date(2026, 11, 30), date(2026, 12, 14))
    assert [(day.date.day, day.rain_chance_percent) for day in forecast.days] == [(30, 8), (1, None), (2, None)]
    assert [day.condition for day in forecast.days] == ["cold, dry", "cold", "cool"]


async def test_an_answer_without_days_knows_nothing(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    for time in (None, "2026-13-45", "<b>2026-12-02</b>", 20261202, "2026-12-02T00:00"):
        with subtests.test(str(time)):
            store.entries.clear()
            provider.answers("/v1/forecast", changed("forecast", time=[time] * 23))
            assert await ask(at(hub, provider), date(2026, 12, 2)) == Forecast([], [])


async def test_missing_rain_and_code_leave_the_temperatures(hub: ProviderHub, provider: StandIn) -> None:
    body = changed("forecast", precipitation_probability_max=None, precipitation_sum=None, weather_code=None)
    provider.answers("/v1/forecast", body)
    forecast = await ask(at(hub, provider), date(2026, 11, 28), date(2026, 12, 2))
    assert [day.rain_chance_percent for day in forecast.days] == [None] * 5
    assert forecast.days[-1].condition == "cool"


async def test_an_outdated_forecast_says_its_age_where_it_does_not_answer(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/v1/forecast", answer("forecast"), Reply(status=500))
    open_meteo = at(hub, provider)
    await ask(open_meteo, date(2026, 12, 2))
    store.entries = {key: raw.replace(b'"at":"20', b'"at":"19') for key, raw in store.entries.items()}
    forecast = await ask(open_meteo, date(2026, 12, 2))
    assert [day.kind for day in forecast.days] == ["cached"]
    assert "Open-Meteo failed (HTTP 500)" in (forecast.sources[0].note or "")


# ---- all over the world


@pytest.mark.parametrize(
    ("latitude", "longitude", "asked"),
    [
        (90.0, 0.0, ("90.0", "0.0")),
        (-90.0, -180.0, ("-90.0", "-180.0")),
        (-0.001, -0.004, ("0.0", "0.0")),
        (0.004, 179.9999, ("0.0", "180.0")),
        (48.858370, 2.294481, ("48.86", "2.29")),
    ],
)
async def test_poles_equator_and_date_line(
    hub: ProviderHub, provider: StandIn, latitude: float, longitude: float, asked: tuple[str, str]
) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    there = replace(PARIS, latitude=latitude, longitude=longitude)
    forecast = await ask(at(hub, provider), date(2026, 12, 2), place=there)
    assert len(forecast.days) == 1
    assert (provider.asked[0].query["latitude"], provider.asked[0].query["longitude"]) == asked


async def test_where_it_is_a_day_later_already_the_horizon_is_a_day_later_too(
    hub: ProviderHub, provider: StandIn
) -> None:
    """Kiritimati is 14 hours ahead of UTC: when our date is 29 November, it may be the 30th there."""
    there = replace(PARIS, name="Kiritimati", latitude=1.87, longitude=-157.43, timezone="Pacific/Kiritimati")
    times = [(date(2026, 11, 23) + timedelta(days=offset)).isoformat() for offset in range(23)]
    provider.answers("/v1/forecast", changed("forecast", time=times))
    forecast = await ask(at(hub, provider), date(2026, 11, 23), date(2026, 12, 16), there)
    assert [day.date for day in forecast.days] == trip_days([date(2026, 11, 23), date(2026, 12, 15)])
    assert provider.paths() == ["/v1/forecast"]
    assert provider.asked[0].query["timezone"] == "Pacific/Kiritimati"


async def test_towns_a_kilometre_apart_share_an_answer(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/v1/forecast", answer("forecast"))
    open_meteo = at(hub, provider)
    for offset in (0.001, -0.001):
        await ask(open_meteo, date(2026, 12, 2), place=replace(PARIS, latitude=PARIS.latitude + offset))
    assert len(provider.asked) == 1


async def test_without_time_left_nobody_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    with pytest.raises(ProviderError):
        await ask(at(hub, provider), date(2026, 12, 2), left_s=0.0)
    assert provider.asked == []

"""OpenWeather: which of its forecasts is asked, what is made of the answers, and of everything that is none."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderKeyRefusedError,
    ProviderRefusedQuestionError,
    ProviderTimeoutError,
)
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.openweather import OpenWeather
from app.services.weather.provider import Forecast
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.request import trip_days
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn

pytestmark = pytest.mark.anyio

ANSWERS = Path(__file__).parents[1] / "answers"
KEY = "k3y-that-nobody-may-see"
TODAY = date(2026, 11, 29)
PARIS = resolve_place("Paris")
ONE_CALL, FIVE_DAYS = "/data/3.0/onecall", "/data/2.5/forecast"


def answer(name: str) -> Any:
    return json.loads((ANSWERS / f"openweather_{name}.json").read_text())


def at(hub: ProviderHub, provider: StandIn, today: date = TODAY) -> OpenWeather:
    return OpenWeather(hub, provider.url, KEY, lambda: today)


async def ask(
    openweather: OpenWeather, first: date, last: date | None = None, place: Place = PARIS, left_s: float = 1.0
) -> Forecast:
    return await openweather.forecast(place, trip_days([first, last or first]), Deadline.after(left_s))


def not_subscribed(provider: StandIn) -> None:
    """A key that is well, without the subscription to One Call."""
    provider.answers(ONE_CALL, Reply(answer("not_subscribed"), 401))
    provider.answers(FIVE_DAYS, answer("forecast"))


def with_day(number: int, **members: Any) -> Any:
    """One Call's answer, with other members of that day."""
    body = deepcopy(answer("onecall"))
    body["daily"][number].update(members)
    return body


def steps(starts: datetime, count: int, temp_c: float = 20.0) -> Any:
    """An answer of the five-day forecast with so many steps from that moment on."""
    listed = [
        {
            "dt": int(starts.timestamp()) + number * 10_800,
            "main": {"temp": temp_c, "temp_min": temp_c, "temp_max": temp_c},
            "weather": [{"id": 800, "main": "Clear", "description": "clear sky", "icon": "01d"}],
            "pop": 0,
        }
        for number in range(count)
    ]
    return {"cod": "200", "message": 0, "cnt": count, "list": listed}


# ---- One Call


@pytest.mark.rows("S0-42", "S0-27")
async def test_the_days_of_one_call_with_who_says_so(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(ONE_CALL, answer("onecall"))
    openweather = at(hub, provider)
    forecast = await ask(openweather, date(2026, 11, 29), date(2026, 12, 10))
    told = [(day.date.day, day.high_c, day.low_c, day.rain_chance_percent, day.condition) for day in forecast.days]
    assert told == [
        (29, 8.6, 3.4, 22, "cool, mostly dry"),
        (30, 7.9, 2.2, 0, "cold, dry, fog"),
        (1, 7.2, 2.9, 4, "cold, dry"),
        (2, 9.1, 4.4, 67, "cool, rain likely"),
        (3, 10.4, 6.3, 91, "cool, rain likely"),
        (4, 12.0, 7.5, 100, "cool, rain likely, thunderstorms"),
        (5, 12.2, 8.1, 58, "cool, often rain"),
        (6, 1.1, -2.7, 80, "cold, snow likely"),
    ]
    assert {(day.kind, day.provider) for day in forecast.days} == {("live", "OpenWeather")}
    again = await ask(openweather, date(2026, 12, 3))
    assert [(day.date.day, day.kind) for day in again.days] == [(3, "cached")]
    assert len(provider.asked) == 1, "trips to one place share the whole horizon"


async def test_what_one_call_is_asked_and_where_the_key_is(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers(ONE_CALL, answer("onecall"))
    await ask(at(hub, provider), date(2026, 12, 2))
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("GET", ONE_CALL)
    assert asked.query == {
        "lat": "48.86",
        "lon": "2.35",
        "units": "metric",
        "exclude": "current,minutely,hourly,alerts",
        "appid": KEY,
    }
    assert KEY not in str(asked.headers)
    assert list(store.ttls_s.values()) == [2 * 86_400]


async def test_it_is_named_and_linked_as_its_terms_ask(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(ONE_CALL, answer("onecall"))
    (source,) = (await ask(at(hub, provider), date(2026, 12, 2))).sources
    assert (source.provider, source.kind, source.url) == ("OpenWeather", "live", "https://openweathermap.org/")
    assert source.note == (
        "Weather data provided by OpenWeather under ODbL (https://opendatacommons.org/licenses/odbl/1-0/)."
    )


async def test_days_out_of_reach_are_left_to_others(hub: ProviderHub, provider: StandIn) -> None:
    openweather = at(hub, provider)
    assert await ask(openweather, date(2026, 12, 8), date(2026, 12, 20)) == Forecast([], [])
    assert await ask(openweather, date(2025, 7, 1)) == Forecast([], [])
    assert provider.asked == []


# ---- five days in steps of three hours


async def test_a_key_without_the_subscription_gets_five_days_and_is_asked_once(
    hub: ProviderHub, provider: StandIn, logged: Logged
) -> None:
    not_subscribed(provider)
    openweather = at(hub, provider)
    forecast = await ask(openweather, date(2026, 11, 29), date(2026, 12, 6))
    told = [(day.date.day, day.high_c, day.low_c, day.rain_chance_percent, day.condition) for day in forecast.days]
    assert told == [
        (30, 7.7, 2.7, 0, "cold, dry, fog"),
        (1, 6.9, 1.9, 6, "cold, dry"),
        (2, 8.9, 3.9, 70, "cool, rain likely"),
        (3, 10.7, 5.7, 93, "cool, rain likely"),
    ], "today and the last day are known in part only"
    assert {(day.kind, day.provider) for day in forecast.days} == {("live", "OpenWeather")}
    await ask(openweather, date(2026, 12, 2), place=resolve_place("Rome"))
    assert provider.paths() == [ONE_CALL, FIVE_DAYS, FIVE_DAYS]
    assert provider.asked[1].query == {"lat": "48.86", "lon": "2.35", "units": "metric", "appid": KEY}
    assert "provider_key_refused" not in logged.text
    assert KEY not in logged.text


async def test_a_missing_subscription_is_no_wrong_key_to_the_operator(hub: ProviderHub, provider: StandIn) -> None:
    not_subscribed(provider)
    await ask(at(hub, provider), date(2026, 12, 2))
    one_call, five_days = hub.health()
    assert (one_call.name, one_call.state) == ("openweather-onecall", "ok")
    assert one_call.detail == "OpenWeather does not offer this to our key (401)"
    assert (one_call.quota, one_call.quota_used) == (1000, 1)
    assert (five_days.name, five_days.state, five_days.detail) == ("openweather", "ok", None)


async def test_a_wrong_key_is_a_wrong_key(hub: ProviderHub, provider: StandIn, logged: Logged) -> None:
    provider.answers("/data", Reply(answer("wrong_key"), 401))
    openweather = at(hub, provider)
    for _ in range(4):
        with pytest.raises(ProviderKeyRefusedError) as caught:
            await ask(openweather, date(2026, 12, 2))
        assert KEY not in str(caught.value)
    assert provider.paths() == [ONE_CALL, FIVE_DAYS], "neither is asked again with it for a while"
    assert sum("provider_key_refused" in line for line in logged.lines) == 1
    assert hub.health()[1].state == "key_refused"
    assert KEY not in logged.text


async def test_a_key_that_comes_to_life_is_tried_with_one_call_again(
    hub: ProviderHub, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New keys are refused for the first hours."""
    monkeypatch.setattr("app.services.outside.breaker.KEY_COOLDOWN_S", 0.0)
    provider.answers(ONE_CALL, Reply(answer("wrong_key"), 401), answer("onecall"))
    provider.answers(FIVE_DAYS, Reply(answer("wrong_key"), 401), answer("forecast"))
    openweather = at(hub, provider)
    with pytest.raises(ProviderKeyRefusedError):
        await ask(openweather, date(2026, 12, 2))
    await ask(openweather, date(2026, 12, 2))
    await ask(openweather, date(2026, 12, 2))
    assert provider.paths() == [ONE_CALL, FIVE_DAYS, FIVE_DAYS, ONE_CALL]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429),
        Reply(status=403),
        Reply(status=404),
        Reply(status=500),
        Reply(b"<html>"),
        Reply({"daily": "none"}),
        Reply({"cod": 200}),
    ],
)
async def test_trouble_of_one_call_alone_leads_on_to_five_days(
    hub: ProviderHub, provider: StandIn, reply: Reply
) -> None:
    provider.answers(ONE_CALL, reply)
    provider.answers(FIVE_DAYS, answer("forecast"))
    openweather = at(hub, provider)
    assert len((await ask(openweather, date(2026, 12, 1))).days) == 1
    provider.answers(ONE_CALL, answer("onecall"))
    assert openweather.may_know(date(2026, 12, 6)), "it is asked again"


async def test_a_spent_quota_of_one_call_leads_on_to_five_days(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    store.calls["openweather-onecall", datetime.now(UTC).date().isoformat()] = 1000
    provider.answers(FIVE_DAYS, answer("forecast"))
    assert len((await ask(at(hub, provider), date(2026, 12, 1))).days) == 1
    assert provider.paths() == [FIVE_DAYS]


async def test_a_server_that_drips_is_not_asked_twice(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers(ONE_CALL, Reply(answer("onecall"), drip_s=0.05))
    deadline = Deadline.after(1.0)
    with pytest.raises(ProviderTimeoutError):
        await at(hub, provider).forecast(PARIS, [date(2026, 12, 2)], deadline)
    assert provider.paths() == [ONE_CALL]
    assert deadline.left_s() > 0.3, "there is time left for the next provider"


# ---- which days are known as a whole


async def test_an_odd_step_leaves_its_day_to_others(hub: ProviderHub, provider: StandIn) -> None:
    not_subscribed(provider)
    body = answer("forecast")
    body["list"][16]["main"]["temp_max"] = 999  # 1 December, noon UTC
    provider.answers(FIVE_DAYS, body)
    forecast = await ask(at(hub, provider), date(2026, 11, 29), date(2026, 12, 6))
    assert [day.date.day for day in forecast.days] == [30, 2, 3]


@pytest.mark.parametrize(
    ("zone", "starts", "count", "known"),
    [
        # In UTC the step at 9:00 is just in time, the one at 18:00 just late enough.
        ("UTC", datetime(2026, 11, 29, 9, tzinfo=UTC), 4, [29]),
        ("UTC", datetime(2026, 11, 29, 12, tzinfo=UTC), 3, []),
        ("UTC", datetime(2026, 11, 29, 9, tzinfo=UTC), 3, []),
        # 14 hours ahead: 21:00 UTC is 11:00 of the next day.
        ("Pacific/Kiritimati", datetime(2026, 11, 28, 18, tzinfo=UTC), 16, [29, 30]),
        ("Pacific/Kiritimati", datetime(2026, 11, 28, 21, tzinfo=UTC), 16, [30]),
        # 11 hours behind.
        ("Pacific/Pago_Pago", datetime(2026, 11, 29, 18, tzinfo=UTC), 13, [29, 30]),
        # Half an hour and three quarters off.
        ("Asia/Kathmandu", datetime(2026, 11, 29, 3, tzinfo=UTC), 5, [29]),
        ("Asia/Kathmandu", datetime(2026, 11, 29, 6, tzinfo=UTC), 5, []),
        # A zone that is not in the database: that of the longitude.
        ("Mars/Olympus", datetime(2026, 11, 29, 9, tzinfo=UTC), 4, [29]),
    ],
)
async def test_steps_are_grouped_by_the_clocks_of_the_place(
    hub: ProviderHub, provider: StandIn, zone: str, starts: datetime, count: int, known: list[int]
) -> None:
    not_subscribed(provider)
    provider.answers(FIVE_DAYS, steps(starts, count))
    there = replace(PARIS, timezone=zone)
    forecast = await ask(at(hub, provider), date(2026, 11, 28), date(2026, 12, 2), there)
    assert [day.date.day for day in forecast.days] == known


@pytest.mark.parametrize(
    ("zone", "today", "changes_on"),
    [
        ("Europe/Paris", date(2026, 10, 24), date(2026, 10, 25)),
        ("Europe/Paris", date(2027, 3, 27), date(2027, 3, 28)),
        ("America/New_York", date(2026, 10, 31), date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2027, 4, 3), date(2027, 4, 4)),
    ],
)
async def test_a_trip_across_the_change_of_the_clocks(
    hub: ProviderHub, provider: StandIn, zone: str, today: date, changes_on: date
) -> None:
    not_subscribed(provider)
    provider.answers(FIVE_DAYS, steps(datetime(today.year, today.month, today.day, tzinfo=UTC), 40))
    there = replace(PARIS, timezone=zone)
    days = trip_days([today, changes_on, date.fromordinal(changes_on.toordinal() + 2)])
    forecast = await ask(at(hub, provider, today), days[0], days[-1], there)
    assert {changes_on, *days[2:]} <= {day.date for day in forecast.days}


async def test_the_days_of_one_call_are_those_of_the_place(hub: ProviderHub, provider: StandIn) -> None:
    """Noon in Kiritimati is 22:00 UTC of the day before."""
    noon = int(datetime(2026, 11, 29, 22, tzinfo=UTC).timestamp())
    provider.answers(ONE_CALL, with_day(0, dt=noon))
    there = replace(PARIS, timezone="Pacific/Kiritimati")
    forecast = await ask(at(hub, provider), date(2026, 11, 30), place=there)
    assert [(day.date.day, day.high_c) for day in forecast.days] == [(30, 8.6)]


@pytest.mark.parametrize(("latitude", "longitude"), [(90.0, 0.0), (-90.0, 180.0), (-0.001, -0.001)])
async def test_poles_and_equator(hub: ProviderHub, provider: StandIn, latitude: float, longitude: float) -> None:
    provider.answers(ONE_CALL, answer("onecall"))
    there = replace(PARIS, latitude=latitude, longitude=longitude)
    assert len((await ask(at(hub, provider), date(2026, 12, 2), place=there)).days) == 1
    assert "-0.0" not in provider.asked[0].query.values()


# ---- failures


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors_and_tells_no_key(
    hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
) -> None:
    """Of both forecasts; then of the five days alone."""
    provider.answers("/data", failure.reply)
    with pytest.raises(failure.expected(has_key=True)) as caught:
        await ask(at(hub, provider), date(2026, 12, 2))
    assert KEY not in f"{caught.value!r} {logged.text} {hub.health()}"
    provider.answers(ONE_CALL, Reply(answer("not_subscribed"), 401))
    with pytest.raises(failure.expected(has_key=True)) as caught:
        await ask(at(hub, provider), date(2026, 12, 2))
    assert KEY not in f"{caught.value!r} {logged.text} {hub.health()}"


async def test_another_form_than_the_documented_one_is_no_answer(hub: ProviderHub, provider: StandIn) -> None:
    not_subscribed(provider)
    openweather = at(hub, provider)
    for body in ({}, {"list": {}}, {"cod": "200", "daily": []}):
        provider.answers(FIVE_DAYS, body)
        with pytest.raises(ProviderAnswerError):
            await ask(openweather, date(2026, 12, 2))
    assert provider.paths().count(FIVE_DAYS) == 3


@pytest.mark.parametrize("name", ["onecall", "forecast"])
@pytest.mark.parametrize("days", [None, [], [None, 3, "x", {}]])
async def test_an_answer_without_days_knows_nothing(hub: ProviderHub, provider: StandIn, name: str, days: Any) -> None:
    not_subscribed(provider)
    if name == "onecall":
        provider.answers(ONE_CALL, {**answer("onecall"), "daily": days})
    else:
        provider.answers(FIVE_DAYS, {**answer("forecast"), "list": days})
    assert await ask(at(hub, provider), date(2026, 12, 2)) == Forecast([], [])


ODD_DAYS: list[dict[str, Any]] = [
    {"temp": {"min": 4, "max": 999}},
    {"temp": {"min": -300, "max": 9}},
    {"temp": {"min": 1e308, "max": 1e308}},
    {"temp": {"min": 9, "max": 4}},
    {"temp": {"min": None, "max": 4}},
    {"temp": {"max": 4}},
    {"temp": 9},
    {"temp": None},
    {"dt": -1},
    {"dt": 10**30},
    {"dt": "soon"},
    {"dt": None},
]


async def test_an_odd_day_loses_only_itself(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    openweather = at(hub, provider)
    for members in ODD_DAYS:
        with subtests.test(str(members)):
            store.entries.clear()
            provider.answers(ONE_CALL, with_day(3, **members))
            forecast = await ask(openweather, date(2026, 12, 1), date(2026, 12, 3))
            assert [day.date.day for day in forecast.days] == [1, 3]


async def test_an_odd_probability_is_not_known(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    openweather = at(hub, provider)
    for pop in (None, -0.1, 1.01, 67, 1e308, "0.67", True, [0.67]):
        with subtests.test(str(pop)):
            store.entries.clear()
            provider.answers(ONE_CALL, with_day(3, pop=pop))
            (day,) = (await ask(openweather, date(2026, 12, 2))).days
            assert (day.rain_chance_percent, day.condition) == (None, "cool")


ODD_SKIES: list[Any] = [
    None,
    [],
    [None],
    [{"id": "<script>"}],
    [{"id": -7}],
    [{"main": "\u202eRain<b>"}],
    [{"id": 10**30}],
]


async def test_odd_words_and_codes_of_the_sky_are_passed_over(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, subtests: pytest.Subtests
) -> None:
    openweather = at(hub, provider)
    for weather in ODD_SKIES:
        with subtests.test(str(weather)):
            store.entries.clear()
            hostile = "<img src=x onerror=alert(1)>\x00\u202e"
            provider.answers(ONE_CALL, with_day(3, weather=weather, summary=hostile))
            (day,) = (await ask(openweather, date(2026, 12, 2))).days
            assert day.condition == "cool, rain likely"


async def test_a_fault_of_the_question_is_not_taken_for_a_missing_subscription(
    hub: ProviderHub, provider: StandIn
) -> None:
    provider.answers("/data", Reply({"cod": "400", "message": "wrong latitude"}, 400))
    openweather = at(hub, provider)
    for _ in range(2):
        with pytest.raises(ProviderRefusedQuestionError):
            await ask(openweather, date(2026, 12, 2))
    assert provider.paths() == [ONE_CALL, FIVE_DAYS] * 2

from datetime import date, timedelta

import pytest

from app.services.weather.climate_normals import ClimateNormals
from app.trips.places.resolve import resolve_place
from app.trips.reports import DayWeather

pytestmark = pytest.mark.anyio


async def _day(place: str, day: date) -> DayWeather:
    forecast = await ClimateNormals().forecast(resolve_place(place), [day])
    return forecast.days[0]


async def test_the_middle_of_a_month_has_the_months_own_averages() -> None:
    city = resolve_place("Paris").city
    assert city is not None
    april = city.climate.months[3]
    before, after = await _day("Paris", date(2027, 4, 15)), await _day("Paris", date(2027, 4, 16))
    assert before.high_c is not None
    assert after.high_c is not None
    assert (before.high_c + after.high_c) / 2 == pytest.approx(april.high_c, abs=0.1)
    assert before.rain_chance_percent == pytest.approx(100 * april.rain_days / 30, abs=1)


async def test_days_between_two_middles_lie_between_their_averages() -> None:
    days = [date(2027, 3, 16) + timedelta(days=offset) for offset in range(30)]
    forecast = await ClimateNormals().forecast(resolve_place("Paris"), days)
    highs = [day.high_c or 0 for day in forecast.days]
    assert highs == sorted(highs)
    assert all(high == round(high, 1) for high in highs)


async def test_the_turn_of_the_year_is_smooth_and_a_leap_day_has_weather() -> None:
    old, new = await _day("Chicago", date(2026, 12, 31)), await _day("Chicago", date(2027, 1, 1))
    assert abs((old.high_c or 0) - (new.high_c or 0)) < 0.3
    assert (await _day("Chicago", date(2028, 2, 29))).high_c is not None


@pytest.mark.rows("X-11")
async def test_averages_are_labelled_as_such_with_their_source() -> None:
    forecast = await ClimateNormals().forecast(resolve_place("Paris"), [date(2030, 6, 1)])
    assert forecast.days[0].kind == "catalogue"
    assert "not a forecast" in (forecast.sources[0].note or "")
    assert "Météo-France" in forecast.sources[0].provider


async def test_a_town_near_a_catalogue_city_borrows_its_averages_and_says_so() -> None:
    forecast = await ClimateNormals().forecast(resolve_place("Versailles"), [date(2027, 5, 1)])
    assert forecast.days[0].kind == "estimate"
    assert forecast.warnings == ["Averages of Paris, 17 km away, stand in for Versailles."]


@pytest.mark.parametrize("place", ["Ushuaia", "Longyearbyen", "Puno"])
async def test_a_far_or_higher_place_has_no_averages_and_none_is_made_up(place: str) -> None:
    forecast = await ClimateNormals().forecast(resolve_place(place), [date(2027, 5, 1), date(2027, 5, 2)])
    assert [(day.high_c, day.low_c, day.rain_chance_percent) for day in forecast.days] == [(None, None, None)] * 2
    assert "No climate averages are bundled" in forecast.warnings[0]
    assert forecast.sources == []


async def test_averages_are_there_for_any_day_and_no_providers_word() -> None:
    assert all(ClimateNormals().may_know(day) for day in (date.min, date(2027, 5, 1), date.max))
    assert (await _day("Paris", date(2027, 5, 1))).provider is None

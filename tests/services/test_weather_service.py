from datetime import date

import pytest

from app.services.climate_normals import ClimateNormals
from app.services.weather_service import WeatherService
from app.services.weather_words import condition_of
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import WeatherReport
from app.trips.request import trip_days

pytestmark = pytest.mark.anyio
SERVICE = WeatherService(ClimateNormals(), today=lambda: date(2026, 11, 21))


async def _report(place: str, first: date, last: date) -> WeatherReport:
    return await SERVICE.weather(resolve_place(place), trip_days([first, last]))


@pytest.mark.rows("S0-109")
async def test_every_day_of_the_trip_has_its_weather_in_order() -> None:
    report = await _report("Tokyo", date(2026, 12, 20), date(2027, 1, 18))
    assert [day.date for day in report.weather_forecast] == trip_days([date(2026, 12, 20), date(2027, 1, 18)])
    assert report.warnings == []


@pytest.mark.rows("S0-111")
async def test_the_average_range_is_the_mean_of_lows_and_the_mean_of_highs() -> None:
    report = await _report("Paris", date(2027, 7, 1), date(2027, 7, 3))
    days = report.weather_forecast
    assert report.average_temp_range.min == round(sum(day.low_c or 0 for day in days) / 3, 1)
    assert report.average_temp_range.max == round(sum(day.high_c or 0 for day in days) / 3, 1)


@pytest.mark.rows("S0-110")
async def test_the_summary_tells_temperatures_rain_and_what_to_pack() -> None:
    report = await _report("Paris", date(2027, 7, 1), date(2027, 7, 3))
    assert report.weather_summary == (
        "Expect about 25 °C by day and about 16 °C at night in Paris by long-term averages. On average 1 of the 3 days "
        "brings rain. Pack light clothes, a sweater for the evenings and a light rain jacket."
    )


async def test_every_city_has_a_summary_of_whole_sentences_in_every_season() -> None:
    for city in all_cities().values():
        for month in (1, 4, 7, 10):
            report = await _report(city.name, date(2027, month, 1), date(2027, month, 2))
            assert report.weather_summary.endswith(".")
            assert report.weather_summary.count("Pack ") == 1
            assert "  " not in report.weather_summary


@pytest.mark.rows("X-11")
async def test_past_dates_are_answered_with_a_warning() -> None:
    report = await _report("Paris", date(2025, 7, 1), date(2025, 7, 3))
    assert report.warnings == ["The travel dates have passed; the plan shows what those days are usually like."]
    assert report.weather_forecast[0].high_c is not None


@pytest.mark.rows("X-11")
async def test_a_trip_that_has_begun_is_told_so() -> None:
    report = await _report("Paris", date(2026, 11, 20), date(2026, 11, 22))
    assert "Some of the travel dates have passed" in report.warnings[0]


async def test_a_place_without_averages_is_answered_honestly() -> None:
    report = await _report("Ushuaia", date(2027, 5, 1), date(2027, 5, 1))
    assert report.average_temp_range.model_dump() == {"min": None, "max": None}
    assert "not known" in report.weather_summary


async def test_the_same_question_has_the_same_bytes() -> None:
    first = await _report("Rome", date(2028, 2, 27), date(2028, 3, 2))
    second = await _report("Rome", date(2028, 2, 27), date(2028, 3, 2))
    assert first.model_dump_json() == second.model_dump_json()


async def test_further_destinations_have_every_day_of_the_trip_and_leave_the_first_as_it_is() -> None:
    days = trip_days([date(2027, 7, 1), date(2027, 7, 5)])
    alone = await SERVICE.weather(resolve_place("Paris"), days)
    report = await SERVICE.weather(
        resolve_place("Paris"), days, [resolve_place("Versailles"), resolve_place("Ushuaia")]
    )
    same = {"location", "weather_forecast", "weather_summary", "average_temp_range"}
    assert report.model_dump(include=same) == alone.model_dump(include=same)
    assert [found.location.name for found in report.elsewhere] == ["Versailles", "Ushuaia"]
    assert all([day.date for day in found.weather_forecast] == days for found in report.elsewhere)


async def test_sources_and_warnings_cover_all_destinations_each_once() -> None:
    days = trip_days([date(2025, 7, 1), date(2025, 7, 2)])
    places = [resolve_place(name) for name in ("Versailles", "Ushuaia", "Tokyo")]
    report = await SERVICE.weather(resolve_place("Paris"), days, places)
    expected = ["have passed", "stand in for Versailles", "No climate averages are bundled for Ushuaia"]
    assert [words in warning for words, warning in zip(expected, report.warnings, strict=True)] == [True] * 3
    assert len(report.sources) == len(set(report.sources)) == 3


@pytest.mark.parametrize(
    ("high_c", "rain_chance_percent", "condition"),
    [
        (24, 20, "warm, mostly dry"),
        (40, 0, "very hot, dry"),
        (-5, 70, "freezing, snow likely"),
        (4, 40, "cold, some rain or snow"),
        (31, 55, "hot, often rain"),
    ],
)
async def test_conditions_are_told_in_words(high_c: float, rain_chance_percent: int, condition: str) -> None:
    assert condition_of(high_c, rain_chance_percent) == condition

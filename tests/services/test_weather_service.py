import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.weather.chain import WeatherChain
from app.services.weather.climate_normals import ClimateNormals
from app.services.weather.provider import DayTold, Forecast, told_forecast
from app.services.weather.words import Sky, condition_of, span_words
from app.services.weather_service import WeatherService
from app.trips.places.catalogue import all_cities
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import Source, WeatherReport
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


class Sunny:
    """Knows the weather from one day to another; each answer is read some minutes after the one before."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.given: list[Deadline] = []
        self.under_way = self.most_at_once = 0

    def may_know(self, day: date) -> bool:
        return self.first <= day <= self.last

    async def forecast(self, place: Place, days: list[date], deadline: Deadline = NO_DEADLINE) -> Forecast:
        self.given.append(deadline)
        fetched_at = datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(minutes=10 * len(self.given))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        source = Source(provider="Sunny", kind="live", retrieved_at=fetched_at.date(), fetched_at=fetched_at)
        return told_forecast({day: DayTold(9.04, 3.0, 20) for day in days if self.may_know(day)}, days, source)


def live(first: date, last: date) -> tuple[Sunny, WeatherService]:
    sunny = Sunny(first, last)
    return sunny, WeatherService(WeatherChain([sunny, ClimateNormals()]), today=lambda: date(2026, 11, 21))


@pytest.mark.rows("X-11")
async def test_a_mix_is_labelled_day_by_day_and_in_the_summary() -> None:
    _, service = live(date(2026, 12, 1), date(2026, 12, 3))
    report = await service.weather(resolve_place("Paris"), trip_days([date(2026, 12, 1), date(2026, 12, 5)]))
    assert [(day.kind, day.provider) for day in report.weather_forecast] == (
        [("live", "Sunny")] * 3 + [("catalogue", None)] * 2
    )
    assert "in Paris (long-term averages from 4 December on)." in report.weather_summary
    assert report.warnings == ["The forecast for Paris reaches to 3 December; later days are long-term averages."]
    assert [source.kind for source in report.sources] == ["live", "catalogue"]


@pytest.mark.parametrize(
    ("known", "basis"),
    [
        ((date(2026, 12, 1), date(2026, 12, 5)), "in Paris."),
        ((date(2026, 12, 3), date(2026, 12, 5)), "in Paris (partly long-term averages)."),
        ((date(2026, 12, 2), date(2026, 12, 3)), "in Paris (partly long-term averages)."),
        ((date(2027, 12, 1), date(2027, 12, 5)), "in Paris by long-term averages."),
    ],
)
async def test_the_summary_says_what_it_rests_on(known: tuple[date, date], basis: str) -> None:
    _, service = live(*known)
    report = await service.weather(resolve_place("Paris"), trip_days([date(2026, 12, 1), date(2026, 12, 5)]))
    assert basis in report.weather_summary


async def test_all_destinations_are_asked_at_once_with_the_time_that_is_left() -> None:
    sunny, service = live(date(2026, 12, 1), date(2026, 12, 3))
    places = [resolve_place(name) for name in ("Paris", "Rome", "Tokyo")]
    days = trip_days([date(2026, 12, 1), date(2026, 12, 3)])
    deadline = Deadline.after(4.5)
    report = await service.weather(places[0], days, places[1:], deadline)
    assert (sunny.most_at_once, sunny.given) == (3, [deadline] * 3)
    assert [found.location.name for found in report.elsewhere] == ["Rome", "Tokyo"]


async def test_one_source_for_all_destinations_is_as_old_as_its_oldest_answer() -> None:
    _, service = live(date(2026, 12, 1), date(2026, 12, 3))
    places = [resolve_place(name) for name in ("Paris", "Rome", "Tokyo")]
    report = await service.weather(places[0], [date(2026, 12, 1)], places[1:])
    assert [source.fetched_at for source in report.sources] == [datetime(2026, 11, 21, 12, 10, tzinfo=UTC)]


@pytest.mark.rows("X-11")
async def test_past_dates_whose_weather_is_known_are_said_to_be_so() -> None:
    _, service = live(date(2025, 7, 1), date(2025, 7, 3))
    report = await service.weather(resolve_place("Paris"), trip_days([date(2025, 7, 1), date(2025, 7, 3)]))
    assert report.warnings == ["The travel dates have passed; the plan shows what the weather was then."]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 1), date(2026, 12, 1), "1 December"),
        (date(2026, 12, 1), date(2026, 12, 3), "1 to 3 December"),
        (date(2026, 11, 30), date(2026, 12, 2), "30 November to 2 December"),
        (date(2026, 12, 1), date(2027, 12, 2), "1 December to 2 December"),
    ],
)
async def test_spans_of_days_are_told_in_words(first: date, last: date, words: str) -> None:
    assert span_words(first, last) == words


@pytest.mark.parametrize(
    ("rain_chance_percent", "sky", "condition"),
    [
        (70, "thunderstorms", "warm, rain likely, thunderstorms"),
        (20, "thunderstorms", "warm, mostly dry, thunderstorms"),
        (5, "thunderstorms", "warm, dry"),
        (5, "fog", "warm, dry, fog"),
        (50, "snow", "warm, often snow"),
        (20, "snow", "warm, mostly dry, snow"),
        (5, "snow", "warm, dry"),
        (None, None, "warm"),
        (None, "thunderstorms", "warm, thunderstorms"),
    ],
)
async def test_the_sky_has_a_word_where_it_matters(
    rain_chance_percent: int | None, sky: Sky | None, condition: str
) -> None:
    assert condition_of(24, rain_chance_percent, sky) == condition


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

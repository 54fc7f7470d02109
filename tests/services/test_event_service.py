from datetime import date

import pytest

from app.services.event_places import is_at
from app.services.event_service import EventService
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import EventsReport
from app.trips.request import trip_days

pytestmark = pytest.mark.anyio
SERVICE = EventService(today=lambda: date(2026, 11, 21))


async def _report(place: str, first: str, last: str, limit: int = 50) -> EventsReport:
    days = trip_days([date.fromisoformat(first), date.fromisoformat(last)])
    return await SERVICE.events(resolve_place(place), days, limit)


@pytest.mark.rows("S0-112", "S0-113")
async def test_bastille_day_is_a_holiday_and_a_festival() -> None:
    report = await _report("Paris", "2027-07-13", "2027-07-15")
    assert [(event.kind, event.starts) for event in report.events] == [
        ("public_holiday", date(2027, 7, 14)),
        ("festival", date(2027, 7, 14)),
    ]
    assert report.event_summary.startswith("Public holiday during the trip: National Day (14 July).")


@pytest.mark.rows("S0-114")
async def test_free_events_are_those_that_a_source_calls_free() -> None:
    report = await _report("Paris", "2027-06-01", "2027-06-30")
    assert [event.name for event in report.free_events] == ["Fête de la Musique"]
    assert all(event in report.events for event in report.free_events)


async def test_a_holiday_names_the_sights_that_it_shuts() -> None:
    report = await _report("Paris", "2026-12-25", "2026-12-25")
    christmas = report.events[0]
    assert christmas.is_free is None
    assert "Louvre Museum" in (christmas.closes or "")
    assert "Banks" in (christmas.closes or "")


async def test_holidays_have_english_names_and_follow_the_region() -> None:
    scotland = await _report("Edinburgh", "2027-01-01", "2027-01-05")
    england = await _report("London", "2027-01-01", "2027-01-05")
    holidays = [
        [event.starts for event in report.events if event.kind == "public_holiday"] for report in (scotland, england)
    ]
    assert len(holidays[0]) > len(holidays[1])
    tokyo = await _report("Tokyo", "2027-05-03", "2027-05-03")
    assert tokyo.events[0].name == "Constitution Day"


async def test_a_trip_over_new_year_finds_the_holidays_of_both_years() -> None:
    report = await _report("Tokyo", "2026-12-30", "2027-01-03")
    names = {(event.name, event.starts.year) for event in report.events}
    assert ("New Year's Day", 2027) in names


async def test_a_holiday_that_began_before_the_trip_counts_and_is_whole() -> None:
    report = await _report("Shanghai", "2027-10-05", "2027-10-06")
    national_day = report.events[0]
    assert national_day.starts <= date(2027, 10, 5) <= national_day.ends


async def test_moon_dates_are_called_estimates() -> None:
    report = await _report("Dubai", "2027-03-05", "2027-03-12")
    assert any("estimated" in event.name for event in report.events)
    assert any("follow the moon" in warning for warning in report.warnings)


async def test_a_festival_without_fixed_dates_is_announced_not_dated() -> None:
    report = await _report("Tokyo", "2027-05-10", "2027-05-12")
    assert all(event.name != "Sanja Matsuri" for event in report.events)
    assert any("Sanja Matsuri" in warning for warning in report.warnings)


async def test_a_country_without_data_is_not_said_to_have_no_holidays() -> None:
    place = resolve_place("Kathmandu")
    report = await SERVICE.events(place, [date(1995, 1, 1)], 50)
    assert any("known for 2010" in warning for warning in report.warnings)
    assert "not known here" in report.event_summary
    assert report.sources == []


async def test_the_limit_keeps_the_first_and_tells_what_it_left_out() -> None:
    whole = await _report("New Delhi", "2027-03-01", "2027-03-30")
    cut = await _report("New Delhi", "2027-03-01", "2027-03-30", limit=2)
    assert cut.events == whole.events[:2]
    assert f"{len(whole.events) - 2} more events are left out; 2 were asked for." in cut.warnings


async def test_events_are_in_order_for_every_city_and_none_lies_outside_the_trip() -> None:
    first, last = date(2027, 12, 15), date(2028, 1, 13)
    for city in all_cities().values():
        report = await _report(city.name, first.isoformat(), last.isoformat())
        starts = [event.starts for event in report.events]
        assert starts == sorted(starts)
        assert all(event.starts <= last and event.ends >= first for event in report.events)


async def test_places_outside_the_catalogue_have_holidays_and_an_honest_word_on_festivals() -> None:
    report = await _report("Longyearbyen", "2027-05-17", "2027-05-17")
    assert "Constitution Day" in {event.name for event in report.events}
    assert report.warnings == ["No festivals are bundled for Longyearbyen; ask its tourist office."]


@pytest.mark.rows("X-11")
async def test_past_dates_are_looked_up_with_a_warning() -> None:
    report = await _report("Paris", "2025-07-14", "2025-07-14")
    assert report.events
    assert "have passed" in report.warnings[0]


@pytest.mark.parametrize("year", [1990, 2099])
async def test_the_first_and_last_years_of_planning_work(year: int) -> None:
    report = await _report("Paris", f"{year}-12-24", f"{year}-12-31")
    assert report.events[0].name == "Christmas Day"


async def _several(names: tuple[str, ...], first: str, last: str, limit: int = 50) -> EventsReport:
    days = trip_days([date.fromisoformat(first), date.fromisoformat(last)])
    place, *further = [resolve_place(name) for name in names]
    return await SERVICE.events(place, days, limit, further)


async def test_events_of_all_destinations_are_in_one_list_in_order_with_their_places() -> None:
    report = await _several(("Paris", "Rome"), "2027-06-01", "2027-07-20")
    starts = [event.starts for event in report.events]
    assert starts == sorted(starts)
    assert {event.place for event in report.events} == {"Paris", "Rome"}
    alone = [await _report(name, "2027-06-01", "2027-07-20") for name in ("Paris", "Rome")]
    assert len(report.events) == sum(len(found.events) for found in alone)
    assert "National Day in Paris (14 July)" in report.event_summary


async def test_a_holiday_of_the_whole_trips_country_is_told_once_and_without_a_place() -> None:
    report = await _several(("Tokyo", "Kyoto"), "2027-05-03", "2027-05-05")
    assert [(event.name, event.place) for event in report.events] == [
        ("Constitution Day", None),
        ("Greenery Day", None),
        ("Children's Day", None),
    ]


async def test_a_holiday_of_some_destinations_names_them() -> None:
    report = await _several(("Tokyo", "Seoul", "Kyoto"), "2027-05-05", "2027-05-05")
    both = [event for event in report.events if event.name == "Children's Day"]
    assert [event.place for event in both] == ["Tokyo; Kyoto", "Seoul"]
    assert [is_at(both[0], name) for name in ("Tokyo", "Kyoto", "Seoul", "Tok")] == [True, True, False, False]
    assert "Children's Day in Tokyo and Kyoto (5 May)" in report.event_summary


async def test_regional_holidays_name_the_places_of_their_region_alone() -> None:
    report = await _several(("London", "Edinburgh"), "2027-01-01", "2027-01-05")
    places = {event.name: event.place for event in report.events if event.kind == "public_holiday"}
    assert places["New Year's Day"] is None
    assert "Edinburgh" in places.values()


async def test_a_holiday_names_the_sights_that_it_shuts_in_every_destination() -> None:
    report = await _several(("Paris", "Lyon", "Nice"), "2026-12-25", "2026-12-25")
    (christmas,) = [event for event in report.events if event.name == "Christmas Day"]
    assert christmas.place is None
    assert "Louvre Museum" in (christmas.closes or "")


async def test_the_limit_holds_over_all_destinations() -> None:
    whole = await _several(("New Delhi", "Tokyo"), "2027-03-01", "2027-03-30")
    cut = await _several(("New Delhi", "Tokyo"), "2027-03-01", "2027-03-30", limit=3)
    assert cut.events == whole.events[:3]
    assert f"{len(whole.events) - 3} more events are left out; 3 were asked for." in cut.warnings


async def test_what_is_not_known_of_one_destination_is_said_beside_the_others() -> None:
    report = await _several(("Paris", "Longyearbyen", "Kathmandu"), "1995-07-14", "1995-07-14")
    assert "National Day in Paris" in report.event_summary
    assert "Whether Nepal has public holidays" in report.event_summary
    assert any("Longyearbyen" in warning for warning in report.warnings)
    quiet = await _several(("Paris", "Berlin"), "2027-09-07", "2027-09-08")
    assert "No public holiday of France or Germany falls on these days." in quiet.event_summary


async def test_moving_festivals_name_their_place_among_several() -> None:
    report = await _several(("Paris", "Tokyo"), "2027-05-10", "2027-05-12")
    assert any(warning.startswith("Sanja Matsuri (Tokyo) takes place") for warning in report.warnings)
    assert len(report.warnings) == len(set(report.warnings))

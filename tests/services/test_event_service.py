from datetime import date

import pytest

from app.services.event_service import EventService
from app.services.events.chain import EventChain
from app.services.events.event_places import is_at
from app.services.events.found_events import FoundEvent
from app.services.outside.deadlines import Deadline
from app.trips.places.catalogue import all_cities
from app.trips.places.resolve import resolve_place
from app.trips.reports import Coordinates, EventsReport
from app.trips.request import trip_days
from tests.services.events.told_events import Told

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


async def test_a_holiday_that_moves_names_them_as_well() -> None:
    thanksgiving = (await _report("New York", "2027-11-25", "2027-11-25")).events[0]
    assert "Closed that day: Statue of Liberty and Ellis Island, The Metropolitan" in (thanksgiving.closes or "")
    canada_day = (await _report("Toronto", "2027-07-01", "2027-07-01")).events[0]
    assert "St. Lawrence Market" in (canada_day.closes or "")


async def test_the_orthodox_easter_is_told_of_where_it_shuts_the_sights() -> None:
    """It is a Sunday, which the calendar of Greek holidays does not count."""
    report = await _report("Athens", "2027-05-02", "2027-05-02")
    assert [(event.kind, event.name) for event in report.events] == [("festival", "Orthodox Easter Sunday")]
    assert "closed" in (report.events[0].description or "")


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


# ---- with providers of other events


def found(name: str, day: str, last: str | None = None, **members: object) -> FoundEvent:
    zone = {"timezone": "Europe/Paris", **members}
    return FoundEvent(name, date.fromisoformat(day), date.fromisoformat(last or day), **zone)  # type: ignore[arg-type]


async def _with_live(
    told: Told, first: str, last: str, names: tuple[str, ...] = ("Paris",), limit: int = 50
) -> EventsReport:
    service = EventService(lambda: date(2026, 11, 21), EventChain([told]))
    days = trip_days([date.fromisoformat(first), date.fromisoformat(last)])
    place, *further = [resolve_place(name) for name in names]
    return await service.events(place, days, limit, further, Deadline.after(1.0))


@pytest.mark.rows("S0-44")
async def test_without_a_provider_only_holidays_and_festivals_are_known_and_that_is_said() -> None:
    report = await _report("Paris", "2027-07-13", "2027-07-15")
    assert {event.kind for event in report.events} == {"public_holiday", "festival"}
    assert report.event_summary.endswith("Concerts, exhibitions and matches are not included.")
    assert {source.kind for source in report.sources} == {"catalogue"}


@pytest.mark.rows("S0-28", "S0-112")
async def test_other_events_stand_beside_holidays_and_festivals_in_order_with_their_hours() -> None:
    told = Told(
        {
            "Paris": [
                found("Late Concert", "2027-07-14", starts_at="22:00", ends_at="02:00", venue="Hall"),
                found("Early Concert", "2027-07-14", starts_at="18:00", url="https://a.example"),
                found("Fair", "2027-07-13", "2027-07-15"),
            ]
        }
    )
    report = await _with_live(told, "2027-07-13", "2027-07-15")
    assert [event.kind for event in report.events] == ["event", "public_holiday", "festival", "event", "event"]
    assert [event.name for event in report.events if event.kind == "event"] == ["Fair", "Early Concert", "Late Concert"]
    early = report.events[3]
    assert (early.starts_at, early.timezone, early.url, early.source.kind) == (
        "18:00",
        "Europe/Paris",
        "https://a.example",
        "live",
    )
    assert (
        "Other events during the trip: Fair (13–15 July), Early Concert (14 July, 18:00) and "
        "Late Concert (14 July, 22:00)." in report.event_summary
    )
    assert "not included" not in report.event_summary
    assert [source.provider for source in report.sources].count("Told") == 1


async def test_what_providers_do_not_find_is_said_to_be_nothing() -> None:
    report = await _with_live(Told(), "2027-07-13", "2027-07-15")
    assert report.event_summary.endswith("No concert, exhibition or match was found for these days.")
    assert report.warnings == []


async def test_a_provider_that_does_not_answer_is_named_and_the_rest_is_there() -> None:
    report = await _with_live(Told(is_away=("Paris",)), "2027-07-13", "2027-07-15")
    assert report.warnings == ["Told cannot be reached: events that only it knows are not included."]
    assert report.event_summary.endswith("Concerts, exhibitions and matches are not included.")
    alone = await _report("Paris", "2027-07-13", "2027-07-15")
    assert (report.events, report.sources) == (alone.events, alone.sources)


async def test_a_festival_that_a_provider_knows_as_well_is_told_once_as_it_is_this_year() -> None:
    """Its dates, venue and page are the provider's; what it is, and that it is free, is the catalogue's."""
    live = found("Fête de la musique 2027", "2027-06-21", venue="Streets", url="https://a.example", starts_at="17:00")
    report = await _with_live(Told({"Paris": [live]}), "2027-06-20", "2027-06-22")
    (alone,) = (await _report("Paris", "2027-06-20", "2027-06-22")).events
    (festival,) = report.events
    assert (festival.name, festival.kind, festival.description) == (alone.name, "festival", alone.description)
    assert (festival.venue, festival.url, festival.starts_at, festival.is_free) == (
        "Streets",
        "https://a.example",
        "17:00",
        True,
    )
    assert festival.source.provider == "Told"
    assert report.free_events == [festival]


async def test_a_party_that_borrows_a_festivals_name_does_not_take_its_place() -> None:
    live = found("Fête de la Musique Afterparty on the Roof of the Blue Room", "2027-06-21", venue="Blue Room")
    report = await _with_live(Told({"Paris": [live]}), "2027-06-20", "2027-06-22")
    assert [event.kind for event in report.events] == ["festival", "event"]
    assert report.events[0].venue != "Blue Room"


async def test_a_festival_whose_dates_a_provider_knows_is_no_longer_to_be_announced() -> None:
    live = found("Sanja Matsuri Festival", "2027-05-14", "2027-05-16")
    report = await _with_live(Told({"Tokyo": [live]}), "2027-05-10", "2027-05-15", ("Tokyo",))
    assert not any("Sanja Matsuri" in warning for warning in report.warnings)
    assert any(event.name == "Sanja Matsuri Festival" for event in report.events)


async def test_free_events_are_those_of_which_the_provider_says_it() -> None:
    events = [
        found("Free", "2027-09-07", is_free=True),
        found("Paid", "2027-09-07", is_free=False),
        found("Unknown", "2027-09-07"),
    ]
    report = await _with_live(Told({"Paris": events}), "2027-09-07", "2027-09-08")
    assert [event.name for event in report.free_events] == ["Free"]
    assert [event.is_free for event in report.events] == [True, False, None]


async def test_holidays_and_festivals_are_kept_before_others_and_no_day_takes_all_the_room() -> None:
    first_day = [found(f"First {number}", "2027-07-13", starts_at="20:00") for number in range(30)]
    others = [found(f"Second {number}", "2027-07-15") for number in range(3)]
    report = await _with_live(Told({"Paris": first_day + others}), "2027-07-13", "2027-07-15", limit=6)
    assert [event.name for event in report.events if event.kind == "event"] == [
        "First 0",
        "First 1",
        "Second 0",
        "Second 1",
    ]
    assert {"public_holiday", "festival"} < {event.kind for event in report.events}
    assert "29 more events are left out; 6 were asked for." in report.warnings
    none = await _with_live(Told({"Paris": first_day}), "2027-07-13", "2027-07-15", limit=1)
    assert [event.kind for event in none.events] == ["public_holiday"]
    assert "31 more events are left out; 1 were asked for." in none.warnings


async def test_every_destination_is_asked_and_its_events_bear_its_name() -> None:
    told = Told({"Paris": [found("A", "2027-09-07")], "Rome": [found("B", "2027-09-07")]}, is_away=("Berlin",))
    report = await _with_live(told, "2027-09-07", "2027-09-08", ("Paris", "Rome", "Berlin"))
    # The one that failed is asked once more, for what it may have kept.
    assert sorted(told.asked) == ["Berlin", "Berlin", "Paris", "Rome"]
    assert [(event.name, event.place) for event in report.events] == [("A", "Paris"), ("B", "Rome")]
    assert "Events during the trip: A in Paris (7 September) and B in Rome (7 September)." in report.event_summary
    assert report.event_summary.endswith("Concerts, exhibitions and matches in Berlin are not included.")
    assert report.warnings[0] == "Told cannot be reached: events that only it knows are not included."


async def test_hours_whose_zone_is_not_known_are_said_to_be_taken_for_local_time() -> None:
    events = [
        found("A", "2027-09-07", starts_at="20:00", timezone=None),
        found("B", "2027-09-07", timezone=None),
        found("C", "2027-09-07", starts_at="20:00"),
    ]
    report = await _with_live(Told({"Paris": events}), "2027-09-07", "2027-09-08")
    assert report.warnings == ["The time zone of an event is not known; its hour is as listed, taken for local time."]
    both = await _with_live(
        Told({"Paris": [*events, found("D", "2027-09-08", starts_at="21:00", timezone=None)]}),
        "2027-09-07",
        "2027-09-08",
        ("Paris", "Rome"),
    )
    assert (
        "The time zone of 2 events in Paris is not known; their hours are as listed, taken for local time."
        in both.warnings
    )


async def test_a_place_outside_the_catalogue_has_what_the_provider_knows() -> None:
    told = Told({"Longyearbyen": [found("Polar Jazz", "2027-02-03", timezone="Arctic/Longyearbyen")]})
    report = await _with_live(told, "2027-02-03", "2027-02-04", ("Longyearbyen",))
    assert report.warnings == ["No festivals are bundled for Longyearbyen; the events there are those that Told knows."]
    nothing = await _with_live(Told(), "2027-02-03", "2027-02-04", ("Longyearbyen",))
    assert nothing.warnings == ["No festivals are bundled for Longyearbyen; ask its tourist office."]


@pytest.mark.rows("X-11")
async def test_of_days_that_have_passed_no_provider_is_asked() -> None:
    told = Told({"Paris": [found("A", "2025-07-14")]})
    report = await _with_live(told, "2025-07-14", "2025-07-15")
    assert told.asked == []
    assert report.event_summary.endswith("Concerts, exhibitions and matches are not included.")
    await _with_live(told, "2026-11-20", "2026-11-21")
    assert told.asked == ["Paris"]


async def test_events_survive_the_wire_unchanged() -> None:
    event = found("A", "2027-09-07", starts_at="20:00", coordinates=Coordinates(latitude=48.8, longitude=2.3))
    report = await _with_live(Told({"Paris": [event]}), "2027-09-07", "2027-09-08")
    assert EventsReport.model_validate_json(report.model_dump_json()) == report

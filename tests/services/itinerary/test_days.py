"""What a day holds: meals, opening hours, rain, holidays, the pace, and the ways in and out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

import pytest

from app.services.itinerary.report import ItineraryQuestion
from app.trips.places.catalogue import City, Sight, all_cities
from app.trips.places.distance import great_circle_km
from app.trips.request import Destination, LocalTransport
from app.trips.rules import PACES
from tests.services.itinerary.questions import (
    MONDAY,
    asked,
    entries,
    entries_of,
    minutes,
    plan,
    seen,
    with_holiday,
    with_route,
    with_weather,
)

pytestmark = pytest.mark.anyio

PARIS = {sight.name: sight for sight in all_cities()["paris"].sights}
TUESDAY = MONDAY + timedelta(days=1)


def full_stays() -> Iterator[ItineraryQuestion]:
    """Five days in one city of the catalogue away from home, at any time of the year, four times at every pace. In each
    it is some way from every sight to the middle, where one stays: where it is none, none is told of."""
    random = Random(5)
    cities = [city for city in all_cities().values() if city.name != "London" and _middle_km(city) > 0.05]
    for number, city in enumerate(random.sample(cities, 4 * len(PACES))):
        first = date(2026, 1, 1) + timedelta(days=random.randrange(5 * 365))
        yield asked(city.name, first=first, days=5, wishes={"pace": list(PACES)[number % len(PACES)]})


def _middle_km(city: City) -> float:
    """How far the nearest sight is from it."""
    return min(great_circle_km(city.latitude, city.longitude, sight.latitude, sight.longitude) for sight in city.sights)


in_full_stays = pytest.mark.parametrize("question", list(full_stays()), ids=lambda question: question.places[0].name)
"""Each is planned once for all the tests that look at it."""


def sights_of(question: ItineraryQuestion) -> dict[str, Sight]:
    city = question.places[0].city
    assert city is not None
    return {sight.name: sight for sight in city.sights}


# ---- opening hours and meals


@in_full_stays
@pytest.mark.rows("X-11")
async def test_a_visit_takes_its_usual_time_while_the_sight_is_open(question: ItineraryQuestion) -> None:
    """Where the hours are not known, between ten and five, and the traveller is told to check."""
    for day, item in entries(await plan(question), "visit"):
        sight = sights_of(question)[item.title]
        starts, ends = minutes(item.starts), minutes(item.ends)
        windows = sight.opening_minutes(day.date)
        assert any(opens <= starts and ends <= closes for opens, closes in windows or [(600, 1020)])
        assert ends - starts >= sight.visit_minutes
        assert any("not known" in note for note in item.notes) == (windows is None)


@in_full_stays
async def test_each_day_between_has_breakfast_lunch_and_dinner_at_their_hours(question: ItineraryQuestion) -> None:
    for day in (await plan(question)).itinerary_days[1:-1]:
        breakfast, lunch, dinner = (item for item in day.items if item.kind == "meal")
        assert "06:00" <= breakfast.starts <= "10:00"
        assert "12:00" <= lunch.starts <= "14:00"
        assert "18:00" <= dinner.starts <= "20:30"


@in_full_stays
async def test_there_is_a_way_to_every_next_stop_and_back_to_the_stay(question: ItineraryQuestion) -> None:
    """A visit is either where the last one was, or a way leads there and ends when it begins."""
    for day in (await plan(question)).itinerary_days[1:-1]:
        stops = [item for item in day.items if item.kind in ("visit", "travel")]
        stops = [item for item in stops if not item.title.endswith(", continued")]
        for before, after in pairwise(stops):
            if after.kind == "visit":
                assert before.coordinates == after.coordinates
                assert before.ends <= after.starts
        assert stops[-1].kind == "travel"
        assert stops[-1].title.endswith("where you stay")


async def test_meals_name_dishes_of_the_city_and_no_restaurant() -> None:
    report = await plan(asked())
    lunches = [item for _, item in entries(report, "meal") if item.title.startswith("Lunch")]
    dishes = all_cities()["paris"].dishes
    assert lunches
    assert all(any(dish in note for dish in dishes for note in lunch.notes) for lunch in lunches)


async def test_a_trip_over_new_year_keeps_to_the_closing_dates() -> None:
    report = await plan(asked(first=date(2026, 12, 30), days=4))
    new_year = report.itinerary_days[2]
    assert "Louvre Museum" not in [item.title for item in new_year.items]
    assert "01-01" in PARIS["Louvre Museum"].closed_dates


@pytest.mark.parametrize(
    ("city", "day", "closed"),
    [
        ("New York", date(2027, 11, 25), "The Metropolitan Museum of Art"),
        ("Athens", date(2027, 5, 2), "Acropolis and Parthenon"),
        ("Tokyo", date(2027, 7, 20), "Tokyo National Museum"),
        ("Copenhagen", date(2027, 3, 2), "Tivoli Gardens"),
    ],
)
async def test_a_day_has_no_sight_that_is_closed_then_by_a_moving_holiday_or_out_of_season(
    city: str, day: date, closed: str
) -> None:
    report = await plan(asked(city, origin=city, first=day, days=1, wishes={"pace": "fast"}))
    assert closed not in seen(report)
    reasons = {out.name: out.reason for out in report.left_out}
    assert reasons[closed] == "closed"


async def test_what_the_catalogue_does_not_have_is_not_invented() -> None:
    report = await plan(asked("Lyon, France"))
    assert seen(report) == []
    assert any("no sights are invented" in warning for warning in report.warnings)
    assert {"arrival", "meal", "rest"} <= {item.kind for item in report.itinerary_days[0].items}


async def test_a_visit_says_why_for_how_much_and_who_says_so() -> None:
    report = await plan(asked(wishes={"interests": ["art"]}))
    visits = [item for _, item in entries(report, "visit")]
    assert all(visit.reasons and visit.source and visit.indoor is not None and visit.ref for visit in visits)
    assert all(visit.reason == " ".join(visit.reasons) for visit in visits)
    assert any("art" in (visit.reason or "") for visit in visits)
    assert all((visit.price_per_person is None) == (visit.currency is None) for visit in visits)


# ---- rain and holidays


@pytest.mark.rows("S2-21")
async def test_a_wet_day_goes_indoors_and_leaves_the_open_air_to_dry_days() -> None:
    """The same trip with the rain on another day has other sights on that day."""
    wet_tuesday = await plan(with_weather(asked(days=4), 10, 90, 10, 10))
    wet_wednesday = await plan(with_weather(asked(days=4), 10, 10, 90, 10))
    for report, wet in ((wet_tuesday, 1), (wet_wednesday, 2)):
        day = report.itinerary_days[wet]
        assert all(item.indoor for item in day.items if item.kind == "visit")
        assert any(item.indoor is False for _, item in entries(report, "visit"))
        assert "Rain is likely (90 %): everything planned is indoors." in day.notes
        assert any("kept off" in reason for _, item in entries(report, "visit") for reason in item.reasons)


async def test_where_it_rains_throughout_what_is_in_the_open_is_seen_all_the_same_and_said() -> None:
    report = await plan(with_weather(asked(), 90, 90, 90))
    outdoors = [item for _, item in entries(report, "visit") if not item.indoor]
    assert outdoors
    assert all(any("rain jacket" in note for note in item.notes) for item in outdoors)
    assert any("In the open on days when rain is likely" in warning for warning in report.warnings)


async def test_a_wet_day_that_is_all_in_the_open_does_not_claim_to_be_indoors() -> None:
    report = await plan(with_weather(asked(wishes={"must_see": ["Palace of Versailles"]}), 90, 90, 90))
    for day in report.itinerary_days:
        outdoors = [item for item in day.items if item.kind == "visit" and not item.indoor]
        (note,) = [note for note in day.notes if note.startswith("Rain is likely")]
        assert all(item.title in note for item in outdoors)
        assert "indoor" not in note or not outdoors


async def test_a_visit_on_a_public_holiday_asks_to_check() -> None:
    report = await plan(with_holiday(asked(), TUESDAY))
    held = [item for day, item in entries(report, "visit") if day.date == TUESDAY]
    asked_to_check = [any("public holiday" in note for note in item.notes) for item in held]
    assert asked_to_check == [PARIS[item.title].hours != "always" for item in held]


@pytest.mark.parametrize(
    ("place", "has_it"), [(None, True), ("Rome", True), ("Florence; Rome", True), ("Milan", False)]
)
async def test_a_holiday_is_told_of_where_it_is_kept(place: str | None, has_it: bool) -> None:
    """One that is kept at several destinations names them in one text."""
    report = await plan(with_holiday(asked("Rome", "Florence", days=4), TUESDAY, place))
    assert report.itinerary_days[1].place == "Rome"
    assert any("Bastille Day" in note for note in report.itinerary_days[1].notes) == has_it
    assert not any("Bastille Day" in note for note in report.itinerary_days[0].notes)


async def test_a_park_that_is_open_all_day_is_not_asked_to_be_open_on_a_holiday() -> None:
    """What has a door is: in Chicago, the parks and the river walk have none, the halls on the pier have."""
    report = await plan(with_holiday(asked("Chicago", origin="Chicago", days=2), TUESDAY))
    doubted = {
        item.title
        for day, item in entries(report, "visit")
        if day.date == TUESDAY and any("check that it is open" in note for note in item.notes)
    }
    on_the_day = {item.title for day, item in entries(report, "visit") if day.date == TUESDAY}
    sights = {sight.name: sight for sight in all_cities()["chicago"].sights}
    grounds = {name for name in on_the_day if sights[name].kind in ("park", "waterfront", "beach")} - {"Navy Pier"}
    assert grounds
    assert doubted
    assert doubted == {name for name in on_the_day - grounds if sights[name].hours != "always"}


# ---- the pace and the traveller's own hours


@pytest.mark.rows("S0-105")
async def test_the_pace_changes_how_full_the_days_are() -> None:
    relaxed, moderate, fast = [len(seen(await plan(asked(wishes={"pace": pace})))) for pace in list(PACES)]
    assert relaxed < moderate < fast


@in_full_stays
@pytest.mark.rows("S0-105")
async def test_the_pace_bounds_the_day(question: ItineraryQuestion) -> None:
    """So many sights at most, between its hours; what opens towards the evening may last longer."""
    rules = PACES[question.preferences.pace]
    for day in (await plan(question)).itinerary_days:
        visits = entries_of(day, "visit")
        assert len(visits) <= rules.most_sights
        for item in visits:
            windows = sights_of(question)[item.title].opening_minutes(day.date)
            is_for_evening = windows and all(opens >= 16 * 60 for opens, _ in windows)
            assert minutes(item.starts) >= rules.starts
            assert minutes(item.ends) <= rules.ends or is_for_evening


async def test_a_relaxed_day_has_a_pause_after_lunch() -> None:
    day = (await plan(asked(wishes={"pace": "relaxed"}))).itinerary_days[1]
    lunch = next(index for index, item in enumerate(day.items) if item.title.startswith("Lunch"))
    assert day.items[lunch + 1].title == "A pause"


async def test_free_hours_are_called_so() -> None:
    report = await plan(asked("Lyon, France"))
    free = [item for _, item in entries(report, "rest")]
    assert free
    assert all(minutes(item.ends) - minutes(item.starts) >= 60 for item in free)


@pytest.mark.parametrize(("city", "first", "days"), [("Beijing", date(2026, 4, 6), 5), ("Oslo", date(2026, 12, 27), 4)])
async def test_an_hour_between_two_entries_is_said_to_be_free_and_near_what(city: str, first: date, days: int) -> None:
    report = await plan(asked(city, first=first, days=days, wishes={"day_ends": "17:00"}))
    for day in report.itinerary_days:
        for before, after in pairwise(day.items):
            assert minutes(after.starts) - minutes(before.ends) < 60, (day.date, before.title, after.title)
    seen_there = set(seen(report))
    free = [item.notes[0] for day, item in entries(report, "rest") if item.title == "Time at leisure"]
    assert any(f"stroll around {name}," in note for note in free for name in seen_there)


async def test_nobody_is_told_to_shop_around_a_memorial() -> None:
    report = await plan(asked("Berlin", first=date(2026, 5, 4), days=3, wishes={"day_ends": "16:00"}))
    memorials = {sight.name for sight in all_cities()["berlin"].sights if sight.kind == "memorial"}
    notes = [note for _, item in entries(report, "rest") for note in item.notes]
    there = [note for note in notes if any(name in note for name in memorials)]
    assert there
    assert not [note for note in there if "shop" in note]
    assert [note for note in notes if "shop" in note]


async def test_a_theme_park_has_its_lunch_on_the_spot() -> None:
    """It takes most of the day, and more than fits before or after lunch."""
    report = await plan(asked("Osaka", days=4, wishes={"must_see": ["Universal Studios Japan"]}))
    (day,) = [day for day, item in entries(report, "visit") if item.title == "Universal Studios Japan"]
    at = [item.title for item in day.items].index("Universal Studios Japan")
    first, lunch, second = day.items[at : at + 3]
    assert (first.kind, lunch.kind, second.kind) == ("visit", "meal", "visit")
    assert second.title == "Universal Studios Japan, continued"
    assert first.coordinates == second.coordinates
    assert first.ref == second.ref == "osaka/universal-studios-japan"
    assert second.price_per_person is None
    assert minutes(first.ends) - minutes(first.starts) + minutes(second.ends) - minutes(second.starts) >= 390


async def test_a_day_that_starts_late_has_its_lunch_at_the_gate_of_what_closes_early() -> None:
    """The Forbidden City takes three hours and a half, and is open until half past four."""
    report = await plan(asked("Beijing", first=date(2026, 4, 6), days=5, wishes={"day_starts": "11:00"}))
    name = "Forbidden City (Palace Museum)"
    ((day, visit),) = [(day, item) for day, item in entries(report, "visit") if item.title == name]
    at = [item.title for item in day.items].index(name)
    assert [item.title for item in day.items[at - 2 : at]] == [f"Walk to {name}", f"Lunch near {name}"]
    assert not [reason for reason in visit.reasons if "came before" in reason], "others have no lunch in their place"


async def test_there_is_no_ticket_where_nothing_is_paid() -> None:
    report = await plan(asked("Auckland", days=5, wishes={"must_see": ["Rangitoto Island"]}))
    (rest,) = [
        item for day in report.itinerary_days for item in day.items if item.title == "Rangitoto Island, continued"
    ]
    assert rest.notes == []


async def test_of_sights_that_are_as_well_known_those_are_seen_that_fill_the_day() -> None:
    """Helsinki has more that people come for than the pace allows; with the shortest of it the day ended at noon."""
    report = await plan(asked("Helsinki", origin="Helsinki", first=date(2026, 11, 9), days=1))
    assert len(seen(report)) == 4
    assert "Suomenlinna sea fortress" in seen(report)
    free = [minutes(item.ends) - minutes(item.starts) for _, item in entries(report, "rest")]
    assert sum(free) <= 120


@pytest.mark.parametrize(("city", "days"), [("Cape Town", 5), ("Los Angeles", 6), ("Reykjavik", 5)])
async def test_after_a_day_far_out_dinner_is_back_in_town(city: str, days: int) -> None:
    """Where there is time for the way before the last hour for dinner."""
    report = await plan(asked(city, first=date(2027, 1, 10), days=days))
    for day in report.itinerary_days:
        for dinner, back in pairwise(day.items):
            if dinner.title.startswith("Dinner") and back.kind == "travel":
                way = minutes(back.ends) - minutes(back.starts)
                assert way < 40 or minutes(dinner.starts) + way > 20 * 60 + 30, (day.date, dinner.title)


@pytest.mark.parametrize("city", ["cairo", "cape-town", "rome", "athens"])
async def test_what_a_city_is_famed_for_is_seen_even_out_of_town(city: str) -> None:
    found = all_cities()[city]
    report = await plan(asked(found.name, days=5, first=date(2027, 5, 3)))
    assert {sight.name for sight in found.sights if sight.rank == 3} <= set(seen(report))


@pytest.mark.parametrize(
    ("city", "wish", "first", "wishes", "by"),
    [
        ("Reykjavik", "Þingvellir National Park", date(2027, 1, 4), {"pace": "relaxed"}, "16:30"),
        ("Reykjavik", "Þingvellir National Park", date(2027, 1, 3), {"day_starts": "13:00"}, "16:30"),
        ("Reykjavik", "Þingvellir National Park", date(2027, 6, 7), {"pace": "relaxed"}, "18:00"),
        ("Helsinki", "Suomenlinna sea fortress", date(2026, 12, 27), {"pace": "relaxed"}, "15:50"),
    ],
)
async def test_nature_that_is_always_open_is_seen_by_daylight(
    city: str, wish: str, first: date, wishes: dict[str, str], by: str
) -> None:
    """Around New Year the sun sets in Reykjavik just before four, in Helsinki soon after three."""
    report = await plan(asked(city, first=first, days=5, wishes={**wishes, "must_see": [wish]}))
    (visit,) = [item for _, item in entries(report, "visit") if item.title == wish]
    assert visit.ends <= by
    assert not [note for note in visit.notes if "hours are not known" in note]


@pytest.mark.parametrize("first", [date(2027, 6, 4), date(2027, 7, 14)])
async def test_daylight_may_last_some_minutes_past_midnight(first: date) -> None:
    assert seen(await plan(asked("Reykjavik", first=first, days=1)))


async def test_a_park_that_leaves_no_time_for_lunch_and_rest_is_too_long_for_slow_days() -> None:
    """Seven hours and a half, of a day of eight with three quarters of an hour of rest."""
    report = await plan(asked("Los Angeles", first=date(2027, 6, 5), days=8, wishes={"pace": "relaxed"}))
    reasons = {sight.name: sight.reason for sight in report.left_out}
    assert reasons["Universal Studios Hollywood"] == "too long"
    assert any("a faster pace may make room" in tip for tip in report.key_tips)


async def test_nobody_says_when_a_place_opens_whose_hours_are_not_known() -> None:
    reports = [await plan(asked(city, first=date(2026, 6, 15), days=5)) for city in ("Cusco", "Cape Town", "Helsinki")]
    visits = [item for report in reports for _, item in entries(report, "visit")]
    unknown = [item for item in visits if any("hours are not known" in note for note in item.notes)]
    assert any("It opens at this time." in item.reasons for item in visits)
    assert unknown
    assert not [item.title for item in unknown if "It opens at this time." in item.reasons]


# ---- arrival and departure


@in_full_stays
@pytest.mark.rows("S2-21")
async def test_nothing_happens_before_the_arrival_or_after_the_departure(question: ItineraryQuestion) -> None:
    first, *_, last = (await plan(question)).itinerary_days
    assert [item.kind for item in first.items].index("arrival") == 0
    assert [item.kind for item in last.items].index("departure") == len(last.items) - 1


@pytest.mark.rows("S2-21")
async def test_a_later_arrival_leaves_fewer_sights_for_the_first_day() -> None:
    """The journey decides what the day has room for; the sights never move before it."""
    early = await plan(with_route(asked(), duration_minutes=180))
    late = await plan(with_route(asked(), duration_minutes=480))
    arrivals = [report.itinerary_days[0].items[0] for report in (early, late)]
    assert [item.kind for item in arrivals] == ["arrival", "arrival"]
    assert arrivals[0].starts < arrivals[1].starts
    first_days = [[item for item in report.itinerary_days[0].items if item.kind == "visit"] for report in (early, late)]
    assert len(first_days[0]) > len(first_days[1])


@pytest.mark.rows("S2-21")
async def test_each_day_begins_and_ends_where_one_stays() -> None:
    """Breakfast is there, and the last way leads back; on each night of the plan a room is taken."""
    report = await plan(asked(days=5))
    assert sum(stay.nights for stay in report.stays) == 4
    for day in report.itinerary_days[1:-1]:
        assert day.items[0].title == "Breakfast near where you stay"
        assert day.items[-1].title.endswith("to where you stay")


async def test_a_flight_overnight_arrives_at_noon_and_says_that_it_is_assumed() -> None:
    report = await plan(asked("London", origin="New York", days=4))
    arrival = report.itinerary_days[0].items[0]
    assert (arrival.kind, arrival.starts) == ("arrival", "12:00")
    assert any("overnight flight" in note for note in arrival.notes)


async def test_a_drive_over_a_night_spends_the_first_day_on_the_way() -> None:
    question = with_route(asked("Madrid", origin="Paris", days=5), mode="driving", duration_minutes=28 * 60)
    first, second, *_ = (await plan(question)).itinerary_days
    assert first.title == "On the way to Madrid"
    assert first.items == []
    assert any("one night" in note for note in first.notes)
    assert second.items[0].kind == "arrival"


async def test_a_trip_of_one_day_arrives_and_leaves_on_it() -> None:
    report = await plan(asked("Amsterdam", origin="Brussels", days=1))
    (day,) = report.itinerary_days
    assert (day.items[0].kind, day.items[-1].kind) == ("arrival", "departure")
    assert day.title.endswith("in one day")
    assert seen(report)
    assert report.stays == []


@pytest.mark.parametrize(
    ("preferred", "verbs"),
    [
        (None, {"Walk", "Local transport"}),
        ("walking", {"Walk", "Local transport"}),
        ("cycling", {"Walk", "Cycle", "Local transport"}),
        ("driving", {"Walk", "Drive"}),
    ],
)
async def test_ways_are_in_the_manner_that_the_traveller_prefers(
    preferred: LocalTransport | None, verbs: set[str]
) -> None:
    report = await plan(asked(days=4, preferred_transport=preferred))
    ways = [item for _, item in entries(report, "travel")]
    assert {item.title.split(" to ")[0] for item in ways} <= verbs
    assert all("estimate" in note for item in ways for note in item.notes)


async def test_a_temperature_just_below_zero_is_no_minus_nought() -> None:
    report = await plan(with_weather(asked(), 10, 10, 10))
    assert all(day.weather and "0 to 31 °C" in day.weather and "-0" not in day.weather for day in report.itinerary_days)


async def test_of_many_events_a_day_tells_three_with_their_hours_and_how_many_more_there_are() -> None:
    question = with_holiday(asked("Paris", days=2), TUESDAY)
    report = question.results.events
    assert report is not None
    usual = report.events[0].model_dump() | {"kind": "event", "closes": None, "venue": "Olympia"}
    concerts = [
        report.events[0].model_validate({**usual, "name": f"Concert {number}", "starts_at": f"{16 + number}:30"})
        for number in range(5)
    ]
    events = report.model_copy(update={"events": [*concerts, *report.events]})
    question = replace(question, results=question.results.model_copy(update={"events": events}))
    notes = (await plan(question)).itinerary_days[1].notes
    assert notes[0].startswith("Public holiday: Bastille Day."), "what is shut comes first"
    assert notes[1:4] == [f"Event: Concert {number}, {16 + number}:30, Olympia." for number in range(3)]
    assert notes[4] == "2 more events are listed for this day."


AT_LEISURE = "What our catalogue has for you and is open is in the other days: this day is at leisure."


async def test_a_day_is_at_leisure_for_want_of_sights_once_all_are_seen() -> None:
    report = await plan(asked("Venice", days=14, wishes={"pace": "fast"}))
    without = [day for day in report.itinerary_days if not entries_of(day, "visit")]
    assert [AT_LEISURE in day.notes for day in without[:-1]] == [True] * len(without[:-1])
    assert len(without) > 1
    assert AT_LEISURE not in without[-1].notes, "the day of the way home"
    assert {out.reason for out in report.left_out} <= {"closed", "avoided"}


async def test_a_day_is_not_at_leisure_for_want_of_sights_while_one_is_left() -> None:
    """The Forbidden City takes longer than a day that begins so late has before or after lunch."""
    report = await plan(asked("Beijing", days=14, wishes={"pace": "relaxed", "day_starts": "11:00"}))
    assert any(not entries_of(day, "visit") for day in report.itinerary_days[1:-1])
    assert {out.reason for out in report.left_out} - {"closed", "avoided"}
    assert not any(AT_LEISURE in day.notes for day in report.itinerary_days)


async def test_a_day_of_travel_is_not_at_leisure_nor_is_any_while_sights_are_left() -> None:
    """Between Lima and Lisbon the day is the flight's; and Lisbon has sights for which there are too few days."""
    stops = ("Lima", Destination(name="Lisbon", days=2))
    report = await plan(asked(*stops, origin="Paris", first=date(2027, 5, 4), days=4))
    assert any(not entries_of(day, "visit") for day in report.itinerary_days)
    assert any(out.reason == "pace" for out in report.left_out)
    assert not any(AT_LEISURE in day.notes for day in report.itinerary_days)

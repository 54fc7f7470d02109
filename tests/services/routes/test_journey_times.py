from datetime import date

import pytest

from app.services.routes.journey_times import duration_in_words, journey_times
from app.trips.places.resolve import resolve_place
from app.trips.reports import Connection, RouteOption, TravelMode

FIRST, LAST = date(2026, 7, 1), date(2026, 7, 5)


def way(origin: str, destination: str, mode: TravelMode, minutes: int) -> Connection:
    route = RouteOption(
        mode=mode,
        is_feasible=True,
        distance_km=1000,
        duration_minutes=minutes,
        description="",
        reason="",
        kind="estimate",
    )
    return Connection(
        origin=resolve_place(origin).resolved(), destination=resolve_place(destination).resolved(), route=route
    )


def test_where_the_way_is_not_known_noon_is_assumed_and_said() -> None:
    times = journey_times(None, FIRST, LAST)
    assert times.arrives == 12 * 60
    assert "assume" in times.arrival_note


def test_nobody_travels_within_a_town() -> None:
    times = journey_times(way("Paris", "Paris", "none", 0), FIRST, LAST)
    assert (times.arrives, times.leaves) == (None, None)


def test_flying_west_gains_hours_on_the_clock() -> None:
    times = journey_times(way("London", "New York", "flight", 11 * 60), FIRST, LAST)
    assert times.arrives == 13 * 60


def test_a_flight_that_would_land_in_the_evening_is_taken_overnight() -> None:
    times = journey_times(way("New York", "London", "flight", 11 * 60), FIRST, LAST)
    assert times.arrives == 12 * 60
    assert "overnight" in times.arrival_note


def test_the_day_and_the_hour_of_leaving_home_are_said() -> None:
    """By the clock at home, also where that is the day before the trip begins."""
    west = journey_times(way("London", "New York", "flight", 11 * 60), FIRST, LAST)
    assert "you leave home at 7:00 on 1 July;" in west.arrival_note
    overnight = journey_times(way("New York", "London", "flight", 11 * 60 + 2), FIRST, LAST)
    assert "in town by noon, so that you leave home at about 19:55 on 30 June;" in overnight.arrival_note
    over_land = journey_times(way("Paris", "Madrid", "driving", 28 * 60), FIRST, LAST)
    assert "you set out at 7:00 on 1 July;" in over_land.arrival_note


def test_who_would_be_in_town_before_anybody_is_up_leaves_home_later() -> None:
    """Over the date line: at noon in Tokyo, to be in Los Angeles at nine in the morning of the same day."""
    times = journey_times(way("Tokyo", "Los Angeles", "flight", 13 * 60), FIRST, LAST)
    assert "you leave home at 12:00 on 1 July;" in times.arrival_note


def test_crossing_the_date_line_does_not_arrive_before_the_trip() -> None:
    times = journey_times(way("Tokyo", "Los Angeles", "flight", 13 * 60), FIRST, LAST)
    assert times.arrives is not None
    assert times.arrives >= 9 * 60


def test_a_short_drive_is_home_in_the_evening() -> None:
    times = journey_times(way("Paris", "Brussels", "driving", 4 * 60), FIRST, LAST)
    assert (times.arrives, times.leaves) == (11 * 60, 18 * 60)


def test_a_trip_of_one_day_starts_early_and_ends_late() -> None:
    times = journey_times(way("Paris", "Amsterdam", "driving", 450), FIRST, FIRST)
    assert (times.arrives, times.leaves) == (13 * 60 + 30, 16 * 60)


def test_a_drive_with_a_night_on_the_road_arrives_on_the_second_day() -> None:
    times = journey_times(way("Paris", "Madrid", "driving", 28 * 60), FIRST, LAST)
    assert times.arrives == 35 * 60
    assert "one night" in times.arrival_note
    assert "later day" in times.departure_note


def test_a_way_that_could_not_be_reckoned_is_treated_as_not_known() -> None:
    times = journey_times(way("Paris", "Madrid", "flight", 0), FIRST, LAST)
    assert (times.arrives, times.leaves) == (12 * 60, 18 * 60)


def test_summer_time_counts_on_the_day_of_travel() -> None:
    flight = way("London", "New York", "flight", 8 * 60)
    weeks_apart = journey_times(flight, date(2026, 3, 15), date(2026, 3, 20)).arrives
    usual = journey_times(flight, FIRST, LAST).arrives
    assert usual is not None
    assert weeks_apart == usual + 60


@pytest.mark.parametrize(("minutes", "words"), [(45, "45 min"), (180, "3 h"), (703, "11 h 45 min"), (0, "0 min")])
def test_durations_are_put_into_words(minutes: int, words: str) -> None:
    assert duration_in_words(minutes) == words

import pytest

from app.trips.places.distance import great_circle_km


def test_paris_and_london_are_344_km_apart() -> None:
    assert great_circle_km(48.8566, 2.3522, 51.5074, -0.1278) == pytest.approx(344, abs=1)


def test_the_shorter_way_leads_over_the_antimeridian() -> None:
    assert great_circle_km(-18.1, 178.4, -13.8, -171.8) == pytest.approx(1150, rel=0.02)


def test_all_meridians_meet_at_the_pole() -> None:
    assert great_circle_km(90, 0, 90, 137) == pytest.approx(0, abs=1e-6)


def test_no_two_places_are_farther_apart_than_half_the_globe() -> None:
    assert great_circle_km(0, 0, 0, 180) == pytest.approx(20015, abs=1)


def test_a_place_is_at_no_distance_from_itself() -> None:
    assert great_circle_km(12.3, 45.6, 12.3, 45.6) == 0

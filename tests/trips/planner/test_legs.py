import pytest

from app.trips.planner.legs import leg_between
from app.trips.planner.problem import Spot

HERE = Spot(48.8566, 2.3522)


def north(km: float) -> Spot:
    return Spot(HERE.latitude + km / 111.2, HERE.longitude)


def test_a_kilometre_is_walked_in_a_quarter_of_an_hour() -> None:
    leg = leg_between(HERE, north(1.0), None)
    assert (leg.manner, leg.minutes) == ("on foot", 15)


def test_the_same_spot_takes_no_time() -> None:
    assert leg_between(HERE, HERE, None).minutes == 0


@pytest.mark.parametrize(
    ("preferred", "km", "manner"),
    [
        (None, 1.7, "on foot"),
        (None, 1.9, "by local transport"),
        ("walking", 3.5, "on foot"),
        ("walking", 6.0, "by local transport"),
        ("cycling", 5.0, "by bicycle"),
        ("cycling", 15.0, "by local transport"),
        ("driving", 5.0, "by car"),
    ],
)
def test_the_manner_follows_the_distance_and_the_wish(preferred: str | None, km: float, manner: str) -> None:
    assert leg_between(HERE, north(km), preferred).manner == manner  # type: ignore[arg-type]


def test_trains_and_coaches_are_faster_outside_the_city() -> None:
    near, far = (leg_between(HERE, north(km), None).minutes for km in (12.0, 52.0))
    assert far - near == 60


def test_minutes_come_in_fives() -> None:
    assert all(leg_between(HERE, north(km / 10), "driving").minutes % 5 == 0 for km in range(1, 200))


def test_distance_is_short_across_the_antimeridian() -> None:
    assert leg_between(Spot(-17.0, 179.99), Spot(-17.0, -179.99), None).distance_km < 3

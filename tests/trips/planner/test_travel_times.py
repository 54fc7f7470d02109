from datetime import date

import pytest

from app.trips.problem import City, Eatery, Sight, Spot, Stay, TravelTime, Trip
from app.trips.request import LocalTransport
from app.trips.travel_times import (
    UNKNOWN_WAY_MINUTES,
    TravelManner,
    door_to_door_minutes,
    estimated_way,
    spots_of,
    travel_minutes,
)

HERE = Spot(latitude=48.8566, longitude=2.3522)


def north(km: float) -> Spot:
    return Spot(latitude=HERE.latitude + km / 111.2, longitude=HERE.longitude)


def test_a_kilometre_is_walked_in_a_quarter_of_an_hour() -> None:
    way = estimated_way(HERE, north(1.0), None)
    assert (way.manner, way.minutes) == ("on foot", 15)


def test_the_same_spot_takes_no_time() -> None:
    assert estimated_way(HERE, HERE, None).minutes == 0


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
def test_the_manner_follows_the_distance_and_the_wish(
    preferred: LocalTransport | None, km: float, manner: TravelManner
) -> None:
    assert estimated_way(HERE, north(km), preferred).manner == manner


def test_trains_and_coaches_are_faster_outside_the_city() -> None:
    near, far = (estimated_way(HERE, north(km), None).minutes for km in (12.0, 52.0))
    assert far - near == 60


def test_minutes_come_in_fives() -> None:
    assert all(estimated_way(HERE, north(km / 10), "driving").minutes % 5 == 0 for km in range(1, 200))


@pytest.mark.parametrize(
    ("moving", "manner", "minutes"),
    [(0.1, "on foot", 5), (15.0, "on foot", 15), (15.1, "on foot", 20), (15.0, "by bicycle", 20), (15.1, "by car", 30)],
)
def test_from_door_to_door_a_car_is_parked_and_a_bicycle_unlocked(
    moving: float, manner: TravelManner, minutes: int
) -> None:
    assert door_to_door_minutes(moving, manner) == minutes


def test_distance_is_short_across_the_antimeridian() -> None:
    east, west = (Spot(latitude=-17.0, longitude=longitude) for longitude in (179.99, -179.99))
    assert estimated_way(east, west, None).distance_km < 3


# ---- inside a trip

CITY = City(
    id="paris",
    name="Paris",
    spot=HERE,
    sights=(
        Sight(id="tower", name="Tower", spot=north(1.0), visit_minutes=60),
        Sight(id="cellar", name="Cellar", visit_minutes=60),
    ),
    eateries=(Eatery(id="bistro", name="Bistro", spot=north(2.0), price=2000),),
    stays=(Stay(id="inn", name="Inn", nightly=9000), Stay(id="hotel", name="Hotel", spot=north(3.0), nightly=19000)),
)
TRIP = Trip(
    first_day=date(2027, 5, 3),
    day_count=1,
    currency="EUR",
    cities=(CITY,),
    travel=(TravelTime(origin="tower", destination="bistro", minutes=42),),
)


def minutes(start: str, end: str) -> int:
    return travel_minutes(TRIP, spots_of(CITY), start, end)


def test_a_stay_that_is_not_on_the_map_is_in_the_centre() -> None:
    assert spots_of(CITY) == {
        "paris": HERE,
        "inn": HERE,
        "hotel": north(3.0),
        "bistro": north(2.0),
        "tower": north(1.0),
        "cellar": None,
    }


def test_a_known_time_comes_before_the_estimate_and_only_in_its_own_direction() -> None:
    assert minutes("tower", "bistro") == 42
    assert minutes("bistro", "tower") == 15


def test_who_stays_where_they_are_travels_no_time_even_off_the_map() -> None:
    assert minutes("cellar", "cellar") == 0


def test_a_way_to_a_place_off_the_map_takes_a_usual_time() -> None:
    assert minutes("tower", "cellar") == minutes("cellar", "tower") == UNKNOWN_WAY_MINUTES

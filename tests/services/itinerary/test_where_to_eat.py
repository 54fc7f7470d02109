"""Restaurants by name beside a meal: near, open, taking turns; never a table, a price or a promise."""

from datetime import date

import pytest

from app.services.itinerary.where_to_eat import eatery_near
from app.trips.places.resolve import resolve_place
from app.trips.problem import Spot
from app.trips.reports import Coordinates, FoundEatery

PARIS = resolve_place("Paris")
HERE = Spot(latitude=48.8606, longitude=2.3376)
MONDAY = date(2027, 5, 3)
NOON, EVENING = 12 * 60, 19 * 60


def eatery(name: str, metres_north: float, hours: str | None = None, cuisines: tuple[str, ...] = ()) -> FoundEatery:
    return FoundEatery(
        id=f"osm:node/{name}",
        name=name,
        kind="restaurant",
        cuisines=list(cuisines),
        coordinates=Coordinates(latitude=HERE.latitude + metres_north / 111_195, longitude=HERE.longitude),
        opening_hours=hours,
        url="https://www.openstreetmap.org/node/1",
        source="OpenStreetMap",
    )


def near(*eateries: FoundEatery, day: date = MONDAY, minute: int = NOON, turn: int = 0) -> str | None:
    return eatery_near(eateries, HERE, day, minute, turn, PARIS)


def test_the_nearest_is_proposed_with_its_kitchen_and_distance() -> None:
    told = near(eatery("Far", 600), eatery("Close", 200, "Mo-Su 11:00-23:00", ("french", "seafood", "wine")))
    assert told == "Close by: Close (french, seafood), about 200 m away; open then by its listed hours."


def test_hours_that_are_not_known_are_said_to_be_so() -> None:
    assert near(eatery("Close", 200)) == "Close by: Close, about 200 m away; its hours are not known."
    assert near(eatery("Close", 200, "when the cook is in the mood")) == near(eatery("Close", 200))


@pytest.mark.parametrize(
    ("hours", "minute", "is_open"),
    [
        ("Mo-Su 18:00-23:00", NOON, False),
        ("Mo-Su 18:00-23:00", EVENING, True),
        ("Mo off; Tu-Su 11:00-23:00", NOON, False),
        ("Mo-Su 11:00-12:30", NOON, False),
        ("Mo-Su 11:00-12:45", NOON, True),
    ],
)
def test_who_is_shut_or_about_to_shut_is_not_proposed(hours: str, minute: int, is_open: bool) -> None:
    assert (near(eatery("Close", 200, hours), minute=minute) is not None) == is_open


def test_nobody_walks_far_for_a_meal() -> None:
    assert near(eatery("Far", 900)) is None
    assert near() is None


def test_meals_take_turns_among_the_three_nearest() -> None:
    four = [eatery(name, 100 * number) for number, name in enumerate("ABCD", start=1)]
    told = [near(*four, turn=turn) or "" for turn in range(4)]
    assert [text.split(",")[0].removeprefix("Close by: ") for text in told] == ["A", "B", "C", "A"]

import pytest

from app.trips.places.airports import airport_by_code, airport_for
from app.trips.places.resolve import resolve_place


def _code(text: str) -> str | None:
    place = resolve_place(text)
    airport = airport_for(place.city, place.latitude, place.longitude, within_km=150)
    return airport.code if airport else None


@pytest.mark.parametrize(("text", "code"), [("Paris", "CDG"), ("New York", "JFK"), ("Tokyo", "HND")])
def test_a_catalogue_city_has_its_own_first_airport(text: str, code: str) -> None:
    assert _code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("Houston", "IAH"), ("Jakarta", "CGK"), ("Manchester", "MAN"), ("Kotor", "TIV"), ("Schwechat", "VIE")],
)
def test_other_places_get_the_airport_where_airliners_land(text: str, code: str) -> None:
    assert _code(text) == code


def test_the_middle_of_the_ocean_has_no_airport() -> None:
    assert airport_for(None, -48.9, -123.4, within_km=150) is None


def test_a_city_code_is_its_largest_airport() -> None:
    airport = airport_by_code(" lon ")
    assert airport is not None
    assert airport.code == "LHR"


def test_an_unknown_code_is_no_airport() -> None:
    assert airport_by_code("QQQ") is None

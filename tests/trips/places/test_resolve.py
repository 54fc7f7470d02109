"""What travellers type, and which place they get."""

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.trips.errors import UnknownPlaceError
from app.trips.places.catalogue import all_cities
from app.trips.places.regions import all_usual_meanings
from app.trips.places.resolve import resolve_place


def _full_name(text: str) -> str:
    return resolve_place(text).full_name


def _offers(text: str) -> list[str]:
    try:
        resolve_place(text)
    except UnknownPlaceError as error:
        return error.near_matches
    return []


@pytest.mark.parametrize(
    "text",
    [
        "Paris",
        "paris",
        "PARIS, FRANCE",
        "Paris France",
        "Paris, FR",
        "Paris (France)",
        "Paris, Île-de-France",
        " Paris ",
    ],
)
def test_paris_is_paris_in_france_however_it_is_written(text: str) -> None:
    place = resolve_place(text)
    assert place.full_name == "Paris, France"
    assert place.city is not None
    assert place.currency == "EUR"


def test_every_name_and_alias_of_the_catalogue_leads_to_its_city() -> None:
    for city in all_cities().values():
        for name in (city.name, f"{city.name}, {city.country}", f"{city.name}, {city.country_code}", *city.aliases):
            assert resolve_place(name).city is city, name


@pytest.mark.parametrize(
    ("text", "full_name"),
    [
        ("Paris, Texas", "Paris, Texas, United States"),
        ("Paris, TX", "Paris, Texas, United States"),
        ("Portland, OR", "Portland, Oregon, United States"),
        ("Portland, Maine", "Portland, Maine, United States"),
        ("Springfield IL", "Springfield, Illinois, United States"),
        ("London, Ontario", "London, Ontario, Canada"),
        ("Cambridge, Massachusetts, USA", "Cambridge, Massachusetts, United States"),
        ("Cardiff, Wales", "Cardiff, United Kingdom"),
        ("Munich, Bavaria", "Munich, Germany"),
        ("Nice, Côte d'Azur", "Nice, France"),
        ("Shibuya, Tokyo", "Shibuya, Japan"),
        ("Amsterdam, Holland", "Amsterdam, Netherlands"),
        ("Dubai, UAE", "Dubai, United Arab Emirates"),
        ("Atlanta, Georgia", "Atlanta, Georgia, United States"),
        ("Tbilisi, Georgia", "Tbilisi, Georgia"),
    ],
)
def test_a_qualifier_chooses_among_namesakes(text: str, full_name: str) -> None:
    assert _full_name(text) == full_name


@pytest.mark.parametrize("text", ["Paris, Narnia", "Paris, Japan", "Edinburgh, England", "Belfast, Ireland"])
def test_a_qualifier_that_is_not_true_makes_the_place_unknown(text: str) -> None:
    with pytest.raises(UnknownPlaceError) as caught:
        resolve_place(text)
    assert caught.value.near_matches[0].startswith(text.split(",")[0])


@pytest.mark.parametrize(("text", "city_id"), [("CDG", "paris"), ("cdg", "paris"), ("LON", "london"), ("HND", "tokyo")])
def test_airport_codes_stand_for_their_city_and_are_told(text: str, city_id: str) -> None:
    place = resolve_place(text)
    assert place.city is all_cities()[city_id]
    assert text.upper() in (place.assumption or "")


@pytest.mark.parametrize(
    ("text", "taken", "named"),
    [
        ("Springfield", "Springfield, Missouri", "Illinois"),
        ("Cambridge", "Cambridge", "Massachusetts"),
        ("Portland", "Portland, Oregon", "Maine"),
        ("Birmingham", "Birmingham", "Alabama"),
        ("San José", "San Jose, California", "Costa Rica"),
        ("Barcelona", "Barcelona", "Venezuela"),
    ],
)
def test_an_ambiguous_name_is_the_largest_town_and_says_so(text: str, taken: str, named: str) -> None:
    place = resolve_place(text)
    assert place.name == taken
    assert named in (place.assumption or "")


@pytest.mark.parametrize("text", ["London", "Rome", "Paris", "Sydney", "Tokyo", "Barcelona, Spain", "Portland, OR"])
def test_a_name_without_a_rival_of_weight_needs_no_assumption(text: str) -> None:
    assert resolve_place(text).assumption is None


@pytest.mark.parametrize(
    ("text", "offered"), [("Japan", "Tokyo, Japan"), ("Holland", "Amsterdam, Netherlands"), ("Texas", "Houston, Texas")]
)
def test_a_country_or_state_is_no_town_and_towns_in_it_are_offered(text: str, offered: str) -> None:
    with pytest.raises(UnknownPlaceError, match="please name a town in it") as caught:
        resolve_place(text)
    assert offered in caught.value.near_matches


@pytest.mark.parametrize("text", ["Singapore", "Luxembourg", "Monaco", "San Marino", "Vatican City", "Hong Kong"])
def test_a_city_that_is_a_country_is_a_town_and_named_once(text: str) -> None:
    assert _full_name(text) == text


def test_georgia_usa_is_a_state() -> None:
    with pytest.raises(UnknownPlaceError, match="state or province") as caught:
        resolve_place("Georgia, USA")
    assert caught.value.near_matches[0] == "Atlanta, Georgia"


def test_a_slip_of_the_finger_is_answered_with_near_names() -> None:
    with pytest.raises(UnknownPlaceError, match="did you mean Paris, France") as caught:
        resolve_place("Pariss")
    assert len(caught.value.near_matches) <= 5


@pytest.mark.parametrize("text", ["Pariss", "Lodnon", "Madridd", "Barcelone, Mars", "Tokio Town"])
def test_every_near_name_is_a_place_that_can_be_asked_for(text: str) -> None:
    with pytest.raises(UnknownPlaceError) as caught:
        resolve_place(text)
    for name in caught.value.near_matches:
        assert resolve_place(name)


@pytest.mark.parametrize(
    ("text", "full_name"),
    [
        ("東京", "Tokyo, Japan"),
        ("Москва", "Moscow, Russia"),
        ("القاهرة", "Cairo, Egypt"),
        ("Kobenhavn", "Copenhagen, Denmark"),
    ],
)
def test_local_names_in_any_script_are_known(text: str, full_name: str) -> None:
    assert _full_name(text) == full_name


@pytest.mark.parametrize("text", ["Kotor", "Banff", "Longyearbyen", "Ushuaia", "Funafuti", "Utqiagvik"])
def test_small_and_far_places_are_on_the_map(text: str) -> None:
    place = resolve_place(text)
    assert place.name.startswith(text)
    assert place.timezone
    assert place.currency


@pytest.mark.parametrize("meaning", all_usual_meanings(), ids=lambda meaning: meaning.name)
def test_islands_and_regions_have_a_town_to_plan_from_and_say_so(meaning: object) -> None:
    name = getattr(meaning, "name", "")
    assert resolve_place(name).assumption


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "😀",
        "a" * 120,
        "../../etc",
        "%00",
        "\u202eم",
        "   ",
        ",,,",
        "'; drop table",
        "0",
        "{nowhere!r}",
        "\ud800",
        "مم" * 60,
    ],
)
def test_hostile_text_is_an_unknown_place_and_nothing_worse(text: str) -> None:
    with pytest.raises(UnknownPlaceError):
        resolve_place(text)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    assert len(_offers(text)) <= 5


def test_a_catalogue_city_costs_no_time_once_the_catalogue_is_read() -> None:
    resolve_place("Paris")
    started = time.perf_counter()
    for spelling in ("Rome", "Tokyo", "london, uk", "Kyoto, Japan"):
        resolve_place(spelling)
    assert time.perf_counter() - started < 0.05


def test_a_catalogue_city_never_loads_the_gazetteer() -> None:
    check = (
        "from app.trips.places.resolve import resolve_place; from app.trips.places.gazetteer import gazetteer;"
        "resolve_place('Paris, France'); resolve_place('Barcelona'); resolve_place('CDG');"
        "raise SystemExit(gazetteer.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0

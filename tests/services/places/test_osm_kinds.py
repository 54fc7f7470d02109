"""What an object of OpenStreetMap is to a traveller, by its tags."""

from collections import defaultdict
from statistics import median
from typing import get_args

import pytest

from app.services.places.osm_kinds import KIND_KEYS, USUAL, kind_of, sort_of, traits_of
from app.trips.places.catalogue import Interest, SightKind, all_cities

CHURCH = {"amenity": "place_of_worship", "religion": "christian"}


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"tourism": "museum"}, "museum"),
        ({"tourism": "gallery"}, "museum"),
        ({"tourism": "museum", "historic": "castle"}, "castle"),
        ({"historic": "castle", "castle_type": "palace"}, "palace"),
        ({"historic": "palace"}, "palace"),
        ({"historic": "fort", "tourism": "attraction"}, "castle"),
        ({"historic": "monument", "tourism": "attraction"}, "monument"),
        ({"historic": "memorial"}, "memorial"),
        ({"historic": "ruins"}, "archaeological_site"),
        ({"historic": "city_gate"}, "monument"),
        (CHURCH | {"tourism": "attraction"}, "church"),
        (CHURCH | {"historic": "castle"}, "church"),
        ({"amenity": "place_of_worship", "religion": "muslim"}, "mosque"),
        ({"amenity": "place_of_worship", "religion": "jewish"}, "temple"),
        ({"amenity": "place_of_worship", "religion": "shinto"}, "temple"),
        ({"amenity": "place_of_worship", "historic": "cathedral"}, "church"),
        ({"amenity": "place_of_worship"}, "temple"),
        (CHURCH | {"tourism": "museum"}, "museum"),
        ({"amenity": "marketplace"}, "market"),
        ({"amenity": "theatre"}, "theatre"),
        ({"leisure": "park"}, "park"),
        ({"leisure": "garden", "tourism": "attraction"}, "garden"),
        ({"natural": "beach"}, "beach"),
        ({"natural": "peak", "tourism": "viewpoint"}, "nature"),
        ({"waterway": "waterfall", "tourism": "attraction"}, "nature"),
        ({"man_made": "tower", "tourism": "viewpoint"}, "tower"),
        ({"man_made": "bridge", "tourism": "attraction"}, "bridge"),
        ({"place": "square", "tourism": "attraction"}, "square"),
        ({"tourism": "viewpoint"}, "viewpoint"),
        ({"tourism": "zoo"}, "zoo"),
        ({"tourism": "theme_park"}, "theme_park"),
        ({"tourism": "attraction"}, "landmark"),
        ({"tourism": "attraction", "historic": "locomotive"}, "landmark"),
        ({"tourism": "information"}, None),
        ({"amenity": "restaurant"}, None),
        ({"tourism": "attraction", "attraction": "roller_coaster"}, None),
        ({}, None),
    ],
)
def test_the_kind_of_a_sight(tags: dict[str, str], kind: str | None) -> None:
    assert kind_of(tags) == kind
    assert (traits_of(tags) is None) == (kind is None)


@pytest.mark.parametrize(
    ("tags", "sort"),
    [
        ({"tourism": "museum"}, "sight"),
        ({"tourism": "hotel"}, "stay"),
        ({"tourism": "hotel", "historic": "castle"}, "stay"),
        ({"tourism": "guest_house", "amenity": "restaurant"}, "stay"),
        ({"amenity": "restaurant"}, "eatery"),
        ({"amenity": "cafe", "building": "palace"}, "eatery"),
        ({"amenity": "cafe", "historic": "monument"}, "sight"),
        ({"amenity": "cafe", "tourism": "information"}, "eatery"),
        ({"tourism": "museum", "access": "private"}, None),
        ({"historic": "castle", "access": "no"}, None),
        ({"tourism": "apartment"}, None),
        ({"amenity": "bank"}, None),
    ],
)
def test_the_sort_of_an_object(tags: dict[str, str], sort: str | None) -> None:
    assert sort_of(tags) == sort


@pytest.mark.parametrize(
    ("tags", "indoor"),
    [
        ({"tourism": "museum"}, True),
        (CHURCH, True),
        (CHURCH | {"ruins": "yes"}, False),
        ({"historic": "castle"}, False),
        ({"historic": "castle", "tourism": "museum"}, True),
        ({"amenity": "marketplace"}, False),
        ({"amenity": "marketplace", "building": "yes"}, True),
        ({"amenity": "marketplace", "building": "roof"}, False),
        ({"amenity": "marketplace", "covered": "yes"}, True),
        ({"leisure": "park"}, False),
        ({"tourism": "attraction"}, False),
    ],
)
def test_only_what_surely_has_a_roof_is_for_wet_days(tags: dict[str, str], indoor: bool) -> None:
    traits = traits_of(tags)
    assert traits is not None
    assert traits.indoor is indoor


@pytest.mark.parametrize(
    ("tags", "interest"),
    [
        ({"tourism": "museum", "museum": "art"}, "art"),
        ({"tourism": "gallery"}, "art"),
        ({"tourism": "museum", "museum": "railway;technology"}, "science"),
        ({"amenity": "planetarium"}, "science"),
        ({"tourism": "museum", "museum": "something else"}, "culture"),
        ({"tourism": "museum"}, "history"),
        ({"natural": "beach"}, "beach"),
    ],
)
def test_what_a_sight_is_visited_for(tags: dict[str, str], interest: Interest) -> None:
    traits = traits_of(tags)
    assert traits is not None
    assert interest in traits.interests


def test_every_kind_of_the_catalogue_has_its_usual_traits() -> None:
    assert set(USUAL) == set(get_args(SightKind))
    assert all(interests and 15 <= minutes <= 600 for interests, minutes in USUAL.values())


def test_usual_visits_are_not_far_from_those_of_the_catalogue() -> None:
    """Its sights are the great ones, of which one sees more: what is found beside them takes no longer."""
    listed: dict[SightKind, list[int]] = defaultdict(list)
    for city in all_cities().values():
        for sight in city.sights:
            listed[sight.kind].append(sight.visit_minutes)
    for kind, minutes in listed.items():
        assert 0.45 * median(minutes) <= USUAL[kind][1] <= 1.05 * median(minutes), kind


def test_the_keys_that_are_kept_are_those_that_are_looked_at() -> None:
    assert {"tourism", "historic", "amenity", "religion", "access", "attraction", "museum", "ruins"} <= KIND_KEYS
    assert "name" not in KIND_KEYS

import pytest

from app.services.routes.land_masses import land_mass_of, road_link
from app.trips.places.resolve import resolve_place


@pytest.mark.parametrize(
    ("text", "mass"),
    [
        ("Belfast", "Ireland"),
        ("London", "Great Britain"),
        ("Palermo", "Sicily"),
        ("Naples", "Eurasia"),
        ("Sapporo", "Hokkaido"),
        ("Victoria, British Columbia", "Vancouver Island"),
        ("Vancouver", "North America"),
        ("Auckland", "the North Island"),
        ("Christchurch, New Zealand", "the South Island"),
        ("Reykjavik", "Iceland"),
        ("Suva", "Fiji"),
    ],
)
def test_every_place_lies_on_its_island_or_mainland(text: str, mass: str) -> None:
    assert land_mass_of(resolve_place(text)) == mass


@pytest.mark.parametrize(
    ("origin", "destination", "kind"),
    [
        ("Paris", "Beijing", "road"),
        ("Dublin", "Belfast", "road"),
        ("Copenhagen", "Malmö", "road"),
        ("Venice", "Zagreb", "road"),
        ("Singapore", "Kuala Lumpur", "road"),
        ("Paris", "London", "channel_tunnel"),
        ("London", "Dublin", "water"),
        ("Helsinki", "Tallinn", "water"),
        ("Panama City", "Bogota", "water"),
        ("Málaga", "Tangier", "water"),
        ("Seoul", "Beijing", "water"),
        ("Athens, Greece", "Santorini", "water"),
        ("Wellington", "Christchurch, New Zealand", "water"),
        ("Honolulu", "Maui", "water"),
        ("Tokyo", "Osaka", "road"),
        ("Tokyo", "Taipei", "water"),
    ],
)
def test_a_road_is_claimed_only_where_one_leads_all_the_way(origin: str, destination: str, kind: str) -> None:
    there = road_link(resolve_place(origin), resolve_place(destination))
    back = road_link(resolve_place(destination), resolve_place(origin))
    assert (there.kind, back.kind) == (kind, kind)
    assert (there.reason == "") == (kind == "road")

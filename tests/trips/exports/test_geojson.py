"""GeoJSON, held against RFC 7946 by hand."""

import json
from typing import Any

import pytest

from app.trips.exports import export
from tests.trips.exports.plans import HOSTILE, LOUVRE, PARIS, answer, day, documented, everywhere, item

DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2}


def check_positions(coordinates: Any, depth: int) -> None:
    if depth == 0:
        longitude, latitude = coordinates
        assert -180 <= longitude <= 180
        assert -90 <= latitude <= 90
        return
    assert depth > 1 or len(coordinates) >= 2, "a line has two positions or more"
    for inside in coordinates:
        check_positions(inside, depth - 1)


def read(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The features, each checked."""
    collection = json.loads(export(plan, "geojson"))
    assert collection["type"] == "FeatureCollection"
    # Section 7.1: members that would make another type of it.
    assert not {"coordinates", "geometries", "geometry", "properties"} & set(collection)
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert feature.keys() >= {"geometry", "properties"}
        assert not {"coordinates", "geometries", "features"} & set(feature)
        geometry = feature["geometry"]
        if geometry is not None:
            check_positions(geometry["coordinates"], DEPTHS[geometry["type"]])
    return list(collection["features"])


def lines(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for found in features if found["geometry"] and "Line" in found["geometry"]["type"]]


def at(latitude: float, longitude: float) -> dict[str, Any]:
    return item(coordinates={"latitude": latitude, "longitude": longitude})


def test_a_stop_is_a_point_longitude_first_with_what_is_known_of_it() -> None:
    (feature,) = read(
        answer(day("2027-06-29", item(reason="Art.", price_per_person=22.5, currency="EUR", indoor=True)))
    )
    assert feature["geometry"] == {"type": "Point", "coordinates": [2.3376, 48.8606]}
    assert feature["properties"] == {
        "day": 1,
        "date": "2027-06-29",
        "order": 1,
        "starts": "2027-06-29T10:00:00+02:00",
        "ends": "2027-06-29T11:00:00+02:00",
        "times": "10:00–11:00",
        "timezone": "Europe/Paris",
        "kind": "visit",
        "title": "Louvre",
        "place": None,
        "reason": "Art.",
        "notes": [],
        "price_per_person": 22.5,
        "currency": "EUR",
        "indoor": True,
        "source": None,
    }


def test_a_days_line_is_straight_from_stop_to_stop_and_says_so() -> None:
    way = item("11:00", "11:20", "Walk", "travel", coordinates={"latitude": 1, "longitude": 1})
    features = read(answer(day("2027-06-29", item(coordinates=PARIS), way, item("12:00", "13:00", coordinates=LOUVRE))))
    (line,) = lines(features)
    assert line["geometry"] == {"type": "LineString", "coordinates": [[2.3522, 48.8566], [2.3376, 48.8606]]}
    assert line["properties"]["estimate"] is True
    assert "not roads" in line["properties"]["note"]


@pytest.mark.parametrize("items", [(), (item(),), (item(), item("12:00", "13:00")), (item(), item(coordinates=None))])
def test_a_day_in_one_spot_has_no_line(items: tuple[dict[str, Any], ...]) -> None:
    assert lines(read(answer(day("2027-06-29", *items), day("2027-06-30")))) == []


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        (
            (at(-18, 178), at(-14, -172)),
            [[[178, -18], [180, -17.2]], [[-180, -17.2], [-172, -14]]],
        ),
        (
            (at(-14, -172), at(-18, 178)),
            [[[-172, -14], [-180, -17.2]], [[180, -17.2], [178, -18]]],
        ),
        ((at(10, 180), at(20, -170)), [[-180, 10], [-170, 20]]),
        ((at(10, 170), at(20, 180), at(30, -170)), [[[170, 10], [180, 20]], [[-180, 20], [-170, 30]]]),
        ((at(0, -90), at(0, 90)), [[-90, 0], [90, 0]]),
        ((at(10, 180), at(20, -180)), [[-180, 10], [-180, 20]]),
        ((at(10, -180), at(20, 180), at(30, 170)), [[180, 10], [180, 20], [170, 30]]),
    ],
)
def test_a_line_across_the_antimeridian_is_cut_there(stops: tuple[dict[str, Any], ...], expected: Any) -> None:
    (line,) = lines(read(answer(day("2027-06-29", *stops))))
    assert line["geometry"]["coordinates"] == expected


def test_a_stop_without_coordinates_is_a_feature_without_geometry() -> None:
    features = read(answer(day("2027-06-29", item(coordinates=None), item(coordinates={"latitude": "x"}))))
    assert [feature["geometry"] for feature in features] == [None, None]


def test_ids_are_those_of_the_calendar() -> None:
    plan = documented()
    calendar = export(plan, "ics").decode()
    kinds = {"travel", "rest"}
    found = [feature["id"] for feature in read(plan) if "id" in feature and feature["properties"]["kind"] not in kinds]
    assert found
    assert all(f"UID:{found_id}\r\n" in calendar for found_id in found)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_data(text: str) -> None:
    assert len(read(everywhere(text))) == len(read(documented()))

"""GPX, held against the rules of the 1.1 schema (order, types, what must be there), read from gpx.xsd by hand."""

import re
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from app.trips.exports import export
from tests.trips.exports.plans import HOSTILE, answer, day, documented, everywhere, item

_POINT = ("ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym", "type", "fix", "sat")
ORDER = {
    "gpx": ("metadata", "wpt*", "rte*", "trk*", "extensions"),
    "metadata": ("name", "desc", "author", "copyright", "link", "time", "keywords", "bounds", "extensions"),
    "wpt": _POINT,
    "rtept": _POINT,
    "rte": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "rtept*"),
}
ATTRIBUTES = {
    "gpx": {"version", "creator"},
    "wpt": {"lat", "lon"},
    "rtept": {"lat", "lon"},
    "bounds": {"minlat", "minlon", "maxlat", "maxlon"},
}
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")
NAMESPACE = "{http://www.topografix.com/GPX/1/1}"


def check(element: Element) -> None:
    assert element.tag.startswith(NAMESPACE)
    tag = element.tag.removeprefix(NAMESPACE)
    assert set(element.attrib) == ATTRIBUTES.get(tag, set()), tag
    for name, value in element.attrib.items():
        if name[-3:] in ("lat", "lon"):
            assert _DECIMAL.fullmatch(value)
            assert -90 <= float(value) <= 90 if name.endswith("lat") else -180 <= float(value) < 180
    allowed = ORDER.get(tag, ())
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    places = [[slot.rstrip("*") for slot in allowed].index(name) for name in names]
    assert places == sorted(places), f"{tag}: {names}"
    assert all(names.count(slot) <= 1 for slot in allowed if not slot.endswith("*"))
    if tag == "time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", element.text or "")
    for child in element:
        check(child)


def read(plan: dict[str, Any]) -> Element:
    root = fromstring(export(plan, "gpx"))
    check(root)
    return root


def texts(root: Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall("/".join(NAMESPACE + step for step in path.split("/")))]


def test_stops_are_waypoints_and_each_day_is_a_route() -> None:
    root = read(documented())
    items = documented()["data"]["itinerary"]["itinerary_days"][0]["items"]
    stops = [entry["title"] for entry in items if entry["kind"] != "travel" and entry["coordinates"]]
    assert texts(root, "wpt/name") == texts(root, "rte/rtept/name") == stops
    assert texts(root, "metadata/name") == ["Trip to Rome"]
    assert texts(root, "metadata/time") == [documented()["updated_at"][:19] + "Z"]
    assert root.attrib["version"] == "1.1"


def test_routes_are_numbered_by_their_day_and_empty_days_have_none() -> None:
    root = read(answer(day("2027-06-29", item()), day("2027-06-30"), day("2027-07-01", item(), item())))
    assert texts(root, "rte/number") == ["1", "3"]
    assert [len(route.findall(f"{NAMESPACE}rtept")) for route in root.findall(f"{NAMESPACE}rte")] == [1, 2]


def test_bounds_hold_all_points() -> None:
    corners = [{"latitude": -12.5, "longitude": 177.25}, {"latitude": 3, "longitude": -179}]
    root = read(answer(day("2027-06-29", *(item(coordinates=corner) for corner in corners))))
    bounds = root.find(f"{NAMESPACE}metadata/{NAMESPACE}bounds")
    assert bounds is not None
    assert bounds.attrib == {"minlat": "-12.5", "minlon": "-179", "maxlat": "3", "maxlon": "177.25"}


@pytest.mark.parametrize(
    ("longitude", "written"),
    [(180, "-180"), (179.9999999, "-180"), (-180, "-180"), (1e-9, "0"), (-1e-9, "0"), (10, "10")],
)
def test_degrees_are_plain_decimals_below_180(longitude: float, written: str) -> None:
    root = read(answer(day("2027-06-29", item(coordinates={"latitude": 0, "longitude": longitude}))))
    (point,) = root.findall(f"{NAMESPACE}wpt")
    assert point.attrib == {"lat": "0", "lon": written}


def test_stops_without_coordinates_are_counted() -> None:
    root = read(answer(day("2027-06-29", item(coordinates=None), item(), item(coordinates={"latitude": 91}))))
    assert len(root.findall(f"{NAMESPACE}wpt")) == 1
    assert "not in this file: 2." in str(texts(root, "metadata/desc")[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_element(text: str) -> None:
    root = read(everywhere(text))
    assert len(root.findall(f"{NAMESPACE}wpt")) == len(read(documented()).findall(f"{NAMESPACE}wpt"))


def test_a_name_is_written_whole_whatever_is_in_it() -> None:
    name = "]]> <script> & \"quotes\" 'too' متحف 👩‍👩‍👧‍👦"
    assert texts(read(answer(day("2027-06-29", item(title=name)))), "wpt/name") == [name]

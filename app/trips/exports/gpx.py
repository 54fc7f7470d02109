"""GPX 1.1 for navigation devices: a waypoint for each stop, a route for each day.

The order of elements is the schema's (https://www.topografix.com/GPX/1/1/gpx.xsd), which is strict about it. By that
schema a point's `time` is when it was made, so the hours of visits stand in its description. Routes are the stops in
order, no roads. Stops without coordinates cannot be in a file of this kind; the description counts them.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from app.trips.exports.document import Day, Point, Stop, TripDocument
from app.trips.exports.wording import clock_times, dates, kind_word, long_date, stop_lines

_CREATOR = "Ringmaster Round Table"

_PLACES = 6
"""Of degrees; a decimetre."""


def write(trip: TripDocument) -> bytes:
    root = Element("gpx", version="1.1", creator=_CREATOR, xmlns="http://www.topografix.com/GPX/1/1")
    located = [(day, [stop for stop in day.spots if stop.point]) for day in trip.days]
    _metadata(root, trip, [stop.point for _, stops in located for stop in stops if stop.point])
    for day, stops in located:
        for stop in stops:
            _point(root, "wpt", stop, day, trip)
    for day, stops in located:
        if stops:
            _route(root, day, stops, trip)
    indent(root)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _metadata(root: Element, trip: TripDocument, points: list[Point]) -> None:
    metadata = SubElement(root, "metadata")
    _text(metadata, "name", trip.title)
    unlocated = sum(len(day.spots) for day in trip.days) - len(points)
    missing = f"Without coordinates, so not in this file: {unlocated}." if unlocated else ""
    about = (f"{dates(trip)}.", "Routes are the stops in order, not roads.", missing, *trip.cautions)
    _text(metadata, "desc", " ".join(filter(None, about)))
    _text(metadata, "time", f"{trip.updated_at:%Y-%m-%dT%H:%M:%SZ}")
    if points:
        # GPX has no word for a box across the antimeridian: there it spans the globe, and still holds all points.
        latitudes = [point.latitude for point in points]
        longitudes = [_longitude(point) for point in points]
        SubElement(
            metadata,
            "bounds",
            minlat=_degrees(min(latitudes)),
            minlon=_degrees(min(longitudes)),
            maxlat=_degrees(max(latitudes)),
            maxlon=_degrees(max(longitudes)),
        )


def _route(root: Element, day: Day, stops: list[Stop], trip: TripDocument) -> None:
    route = SubElement(root, "rte")
    _text(route, "name", f"Day {day.number}: {day.title}" if day.title else f"Day {day.number}")
    _text(route, "desc", ". ".join(filter(None, (long_date(day.date), day.weather))))
    _text(route, "number", str(day.number))
    for stop in stops:
        _point(route, "rtept", stop, day, trip)


def _point(parent: Element, tag: str, stop: Stop, day: Day, trip: TripDocument) -> None:
    assert stop.point is not None
    point = SubElement(parent, tag, lat=_degrees(stop.point.latitude), lon=_degrees(_longitude(stop.point)))
    _text(point, "name", stop.title)
    _text(point, "cmt", f"Day {day.number}, {clock_times(stop, day.date)}")
    if tag == "wpt":
        told = (f"{line.label}: {line.text}" if line.label else line.text for line in stop_lines(stop, trip))
        _text(point, "desc", "\n".join((f"{long_date(day.date)}, {clock_times(stop, day.date)}", *told)))
    _text(point, "type", kind_word(stop))


def _text(parent: Element, tag: str, text: str) -> None:
    if text:
        SubElement(parent, tag).text = text


def _longitude(point: Point) -> float:
    """The schema wants it below 180, also as it is written."""
    return -180.0 if round(point.longitude, _PLACES) == 180 else point.longitude


def _degrees(value: float) -> str:
    """Never with an exponent, which the schema's decimals have not."""
    # Adding 0 takes the sign from a zero.
    return f"{round(value, _PLACES) + 0.0:.{_PLACES}f}".rstrip("0").rstrip(".")

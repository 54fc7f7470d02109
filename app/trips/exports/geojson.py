"""GeoJSON (RFC 7946) for maps: a point for each stop, and for each day a line through its stops.

Positions are longitude first. A stop without coordinates is a feature without geometry, as the standard has it. Lines
are straight from stop to stop and say so: no road is made up. One that crosses the antimeridian is cut there in two,
since renderers would draw it around the globe (section 3.1.9).
"""

import json
from itertools import pairwise
from typing import Any

from app.trips.exports.document import Day, Point, Stop, TripDocument
from app.trips.exports.wording import clock_times

Position = tuple[float, float]


def write(trip: TripDocument) -> bytes:
    features = [_stop(stop, day) for day in trip.days for stop in day.spots]
    lines = [line for day in trip.days if (line := _line(day)) is not None]
    collection = {
        "type": "FeatureCollection",
        "title": trip.title,
        "session_id": trip.session_id,
        "updated_at": f"{trip.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        "timezone": trip.timezone,
        "cautions": trip.cautions,
        "features": [*features, *lines],
    }
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"


def _stop(stop: Stop, day: Day) -> dict[str, Any]:
    properties = {
        "day": day.number,
        "date": day.date.isoformat(),
        "order": stop.order,
        "starts": stop.starts and stop.starts.isoformat(),
        "ends": stop.ends and stop.ends.isoformat(),
        "times": clock_times(stop, day.date),
        "timezone": stop.timezone,
        "kind": stop.kind,
        "title": stop.title,
        "place": stop.place or None,
        "reason": stop.reason or None,
        "notes": stop.notes,
        "price_per_person": None if stop.price is None else float(stop.price),
        "currency": stop.currency or None,
        "indoor": stop.indoor,
        "source": stop.source or None,
    }
    geometry = {"type": "Point", "coordinates": _position(stop.point)} if stop.point else None
    return {"type": "Feature", "id": stop.id, "geometry": geometry, "properties": properties}


def _line(day: Day) -> dict[str, Any] | None:
    """None for a day that stays in one spot."""
    parts = _parts([_position(stop.point) for stop in day.spots if stop.point])
    if not parts:
        return None
    is_cut = len(parts) > 1
    return {
        "type": "Feature",
        "geometry": {
            "type": "MultiLineString" if is_cut else "LineString",
            "coordinates": parts if is_cut else parts[0],
        },
        "properties": {
            "day": day.number,
            "date": day.date.isoformat(),
            "kind": "day",
            "title": day.title,
            "estimate": True,
            "note": "Straight lines between the stops in order, not roads.",
        },
    }


def _position(point: Point) -> Position:
    return (round(point.longitude, 6), round(point.latitude, 6))


def _parts(stops: list[Position]) -> list[list[Position]]:
    """Lines through all positions, each of at least two that differ, none across the antimeridian; may be empty."""
    parts = [stops[:1]]
    for here, there in pairwise(stops):
        if here == there:
            continue
        if abs(there[0] - here[0]) > 180:
            edge = 180.0 if here[0] > 0 else -180.0
            latitude = _latitude_at(edge, here, there)
            parts[-1].append((edge, latitude))
            parts.append([(-edge, latitude)])
        parts[-1].append(there)
    return [clean for part in parts if len(clean := _without_repeats(part)) > 1]


def _latitude_at(edge: float, here: Position, there: Position) -> float:
    """Where the straight line on the map meets that meridian; `there` lies beyond it, or on it as well."""
    width = there[0] + 2 * edge - here[0]
    if not width:
        return here[1]
    return round(here[1] + (there[1] - here[1]) * (edge - here[0]) / width, 6)


def _without_repeats(part: list[Position]) -> list[Position]:
    return [position for index, position in enumerate(part) if index == 0 or position != part[index - 1]]

"""Place names are looked up before anything is stored: an unknown one is the field's fault, with near matches."""

import asyncio
from typing import Any

from app.api.errors import FieldError, FieldProblem
from app.api.geocoding import FleetGeocoder, NotLookedUpError
from app.trips.errors import UnknownPlaceError
from app.trips.places.known import KnownPlace
from app.trips.places.resolve import resolve_place
from app.trips.request import TripRequest

REMEMBER_AT_MOST = 10_000
"""Names of places, with what they were read as."""

_remembered: dict[str, dict[str, Any]] = {}


async def known_places(geocoder: FleetGeocoder | None = None, /, **names: str | None) -> dict[str, Any]:
    """Each argument is a field and the place name in it; None is passed over. `geocoder`: asked for names that are not
    in the gazetteer, at most `geocoding.AT_ONCE` of them at a time.

    Returns, by name, the places as JSON, for the agents to be told. Raises FieldError naming every field at fault.
    """
    known: dict[str, Any] = {}
    unknown: dict[str, UnknownPlaceError] = {}
    reasons: dict[str, str] = {}
    for name in dict.fromkeys(name for name in names.values() if name is not None):
        try:
            known[name] = await _known(name)
        except UnknownPlaceError as error:
            unknown[name] = error
    if unknown and geocoder is not None:
        found = await asyncio.gather(*(_looked_up(geocoder, name) for name in unknown))
        known |= {name: place for name, place in zip(unknown, found, strict=True) if isinstance(place, dict)}
        reasons = {name: f"; {reason}" for name, reason in zip(unknown, found, strict=True) if isinstance(reason, str)}
    problems = [
        FieldProblem(field=field, message=f"{unknown[name]}{reasons.get(name, '')}")
        for field, name in names.items()
        if name is not None and name not in known
    ]
    if problems:
        raise FieldError(problems, code=UnknownPlaceError.code)
    return {name: known[name] for name in names.values() if name is not None}


async def places_of(trip: TripRequest, geocoder: FleetGeocoder | None = None) -> dict[str, Any]:
    """All places of a trip, by the names that its stops and origin have in it, as `known_places` gives them.

    Raises FieldError where a name is unknown, and where one of several destinations is the same place as another one or
    as the origin, whatever they are called.
    """
    if not trip.destinations:
        return await known_places(geocoder, destination=trip.destination, origin=trip.origin)
    fields = {f"destinations.{index}.name": stop.name for index, stop in enumerate(trip.destinations)}
    known = await known_places(geocoder, **fields, origin=trip.origin)
    if len(fields) > 1 and (problems := _doubles(fields, trip.origin, known)):
        raise FieldError(problems)
    return known


async def _looked_up(geocoder: FleetGeocoder, name: str) -> dict[str, Any] | str | None:
    """The place, or why it could not be looked up: then another time it may be known."""
    try:
        return await geocoder.find(name)
    except NotLookedUpError as error:
        return f"who may know it could not be asked: {error}"


def _doubles(fields: dict[str, str], origin: str, known: dict[str, Any]) -> list[FieldProblem]:
    """One problem for each destination that is the origin or one of the destinations before it."""
    problems: list[FieldProblem] = []
    seen: dict[tuple[str, float, float], str | None] = {_spot(known[origin]): None}
    for field, name in fields.items():
        spot, place = _spot(known[name]), known[name]
        if spot not in seen:
            seen[spot] = name
            continue
        earlier = seen[spot]
        if earlier is None:
            message = f"{name!r} is where the trip starts ({origin!r}); it cannot be one of several destinations"
        else:
            message = f"{name!r} is the same place as {earlier!r}; give each destination once"
        problems.append(FieldProblem(field=field, message=_with_reading(message, place)))
    return problems


def _spot(place: dict[str, Any]) -> tuple[str, float, float]:
    """The same for every name of a place."""
    return place["country_code"], place["latitude"], place["longitude"]


def _with_reading(message: str, place: dict[str, Any]) -> str:
    """With how the name was understood, where that is not plain."""
    return f"{message}. {place['assumption']}" if place["assumption"] else message


async def _known(name: str) -> dict[str, Any]:
    """The place of that name as JSON. Names that were asked for before are remembered. Raises UnknownPlaceError."""
    if name in _remembered:
        return _remembered[name]
    # The gazetteer loads on first use, which takes a third of a second: not on the event loop.
    place = await asyncio.to_thread(resolve_place, name)
    if len(_remembered) >= REMEMBER_AT_MOST:
        _remembered.clear()
    found = _remembered[name] = KnownPlace.of(place).model_dump(mode="json")
    return found

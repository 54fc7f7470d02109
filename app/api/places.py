"""Place names are looked up before anything is stored: an unknown one is the field's fault, with near matches."""

import asyncio
from typing import Any

from app.api.errors import FieldError, FieldProblem
from app.trips.errors import UnknownPlaceError
from app.trips.places.known import KnownPlace
from app.trips.places.resolve import resolve_place

REMEMBER_AT_MOST = 10_000

_remembered: dict[str, dict[str, Any]] = {}


async def known_places(**names: str | None) -> dict[str, Any]:
    """Each argument is a field and the place name in it; None is passed over.

    Returns, by name, the places as JSON, for the agents to be told. Raises FieldError naming every field at fault.
    """
    problems, known = [], {}
    for field, name in names.items():
        if name is None:
            continue
        try:
            known[name] = await _known(name)
        except UnknownPlaceError as error:
            problems.append(FieldProblem(field=field, message=str(error)))
    if problems:
        raise FieldError(problems, code=UnknownPlaceError.code)
    return known


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

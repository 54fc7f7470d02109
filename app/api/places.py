"""Place names are looked up before anything is stored: an unknown one is the field's fault, with near matches."""

import asyncio

from app.api.errors import FieldError, FieldProblem
from app.trips.errors import UnknownPlaceError
from app.trips.places.resolve import resolve_place


async def check_places(**names: str | None) -> None:
    """Each argument is a field and the place name in it. Raises FieldError naming every field at fault."""
    problems = []
    for field, name in names.items():
        if name is None:
            continue
        try:
            # The gazetteer loads on first use, which takes a third of a second: not on the event loop.
            await asyncio.to_thread(resolve_place, name)
        except UnknownPlaceError as error:
            problems.append(FieldProblem(field=field, message=str(error)))
    if problems:
        raise FieldError(problems, code=UnknownPlaceError.code)

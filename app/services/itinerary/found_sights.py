"""Sights that a provider found, as the planner and the writers of a plan take them: like those of the catalogue, what
is not known left out. Apart from `trip.py`, since the catalogue's own need none of it.
"""

from collections.abc import Sequence
from datetime import date

from app.services.places.opening_times import windows
from app.trips.places import catalogue
from app.trips.places.place import Place
from app.trips.problem import Window
from app.trips.reports import FoundSight

MOST_A_PLACE = 30
"""More are not planned with: what is 31st in a town changes no plan, and each costs the search time."""

MOST_RANK_BESIDE_CATALOGUE = 2
"""Where the catalogue knows a town, its editors have named what most visitors come for."""

_BY_KIND = "How long a visit takes is a guess by its kind."


def of_place(found: Sequence[FoundSight]) -> list[FoundSight]:
    """Those to plan with, best first."""
    return list(found[:MOST_A_PLACE])


def as_sight(found: FoundSight, place: Place) -> catalogue.Sight:
    """In the catalogue's form. `hours`: only whether they are known; `windows_of` has them."""
    rank = min(found.rank, MOST_RANK_BESIDE_CATALOGUE) if place.city else found.rank
    price = None
    if found.is_free and place.currency:
        price = catalogue.TicketPrice(adult=0, currency=place.currency, year=catalogue.CATALOGUE_EDITION.year)
    return catalogue.Sight(
        id=sight_id(found),
        name=found.name,
        kind=found.kind,
        interests=list(found.interests) or ["culture"],
        latitude=found.coordinates.latitude,
        longitude=found.coordinates.longitude,
        indoor=found.indoor,
        visit_minutes=found.visit_minutes,
        rank=rank,
        hours=None,
        price=price,
        source=f"{found.source}: {found.url}" if found.url else found.source,
        note=" ".join(filter(None, [_sentence(found.description), _BY_KIND])),
    )


def sight_id(found: FoundSight) -> str:
    """`osm:way/123` as `osm-way-123`."""
    return "-".join(part for part in "".join(c if c.isalnum() else " " for c in found.id.lower()).split())


def windows_of(found: FoundSight, days: Sequence[date], place: Place) -> dict[date, tuple[Window, ...]] | None:
    """When it is open on each of the days; None where that is not known."""
    if found.opening_hours is None:
        return None
    at = found.coordinates
    by_day: dict[date, tuple[Window, ...]] = {}
    for day in days:
        spans = windows(found.opening_hours, day, at.latitude, at.longitude, place.country_code, place.timezone)
        if spans is None:
            return None
        by_day[day] = tuple(Window(opens=opens, closes=closes) for opens, closes in spans)
    return by_day


def _sentence(text: str | None) -> str:
    """`museum in Paris` as `Museum in Paris.`"""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""

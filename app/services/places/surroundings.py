"""What lies around a place, by OpenStreetMap, and how well known it is, by Wikidata. Neither knows prices, so none is
told; that a sight is free of charge may be known.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderError, ProviderTimeoutError
from app.services.outside.fetched import Fetched, source_of
from app.services.places.eateries_and_stays import eateries_of, stays_of
from app.services.places.sights_around import candidates_of, described, sights_of
from app.services.places.words import listed
from app.services.providers.overpass import OsmPlace, Overpass
from app.services.providers.wikidata import MOST_IDS, Wikidata, WikidataItem
from app.trips.places.place import Place
from app.trips.reports import PlacesFound, Source

# Inhabitants below which so many kilometres reach all that a visitor comes for.
_RADII_KM = ((20_000, 2.0), (100_000, 3.0), (500_000, 5.0), (3_000_000, 6.0))
LARGEST_RADIUS_KM = 8.0
# Of towns that the catalogue has, and of places of which nobody knows the size.
_CATALOGUE_RADIUS_KM, _UNKNOWN_RADIUS_KM = 6.0, 3.0
# A park or a mountain range may begin within the radius and have its middle far away.
_MIDDLE_WITHIN = 1.25


@dataclass(frozen=True)
class PlaceSurroundings:
    """`place`: its name. `found`: None where OpenStreetMap did not answer. `sources`: of what was found. `errors`: why
    something is missing."""

    place: str
    found: PlacesFound | None
    sources: tuple[Source, ...] = ()
    errors: tuple[ProviderError, ...] = ()


class Surroundings:
    """Asks Overpass first, then Wikidata about what it found; without the one there is nothing, without the other no
    order of note."""

    def __init__(self, overpass: Overpass, wikidata: Wikidata) -> None:
        self._overpass = overpass
        self._wikidata = wikidata

    async def around(self, place: Place, deadline: Deadline) -> PlaceSurroundings:
        """Never raises ProviderError."""
        try:
            fetched = await self._overpass.around(place.latitude, place.longitude, radius_km(place), deadline)
        except ProviderError as error:
            return PlaceSurroundings(place.name, None, errors=(error,))
        candidates = candidates_of(fetched.value.sights, place, radius_km(place) * _MIDDLE_WITHIN)
        items, answers, errors = await self._items([candidate.place for candidate in candidates], deadline)
        sights, catalogue_urls = sights_of([described(candidate, items) for candidate in candidates], place)
        sources = [source_of(self._overpass.attribution, fetched)]
        sources += [source_of(self._wikidata.attribution, min(answers, key=_age))] if answers else []
        return PlaceSurroundings(
            place=place.name,
            found=PlacesFound(
                place=place.name,
                provenance=fetched.kind,
                sights=sights,
                eateries=eateries_of(fetched.value.eateries, place),
                stays=stays_of(fetched.value.stays, place),
                catalogue_urls=catalogue_urls,
            ),
            sources=tuple(sources),
            errors=tuple(errors),
        )

    async def _items(
        self, places: Sequence[OsmPlace], deadline: Deadline
    ) -> tuple[dict[str, WikidataItem], list[Fetched[dict[str, WikidataItem]]], list[ProviderError]]:
        """What Wikidata tells of the most described of them, in two calls at most."""
        ids = list(dict.fromkeys(place.wikidata for place in places if place.wikidata))[: 2 * MOST_IDS]
        batches = [batch for batch in (ids[:MOST_IDS], ids[MOST_IDS:]) if batch]
        asked = (self._wikidata.about(batch, deadline) for batch in batches)
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        items: dict[str, WikidataItem] = {}
        answers, errors = [], []
        for outcome in outcomes:
            if isinstance(outcome, ProviderError):
                errors.append(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                answers.append(outcome)
                items.update(outcome.value)
        return items, answers, errors


def radius_km(place: Place) -> float:
    """How far around it sights are looked for."""
    if place.city is not None:
        return _CATALOGUE_RADIUS_KM
    if not place.population:
        return _UNKNOWN_RADIUS_KM
    return next((radius for below, radius in _RADII_KM if place.population < below), LARGEST_RADIUS_KM)


def warnings_of(surroundings: Sequence[PlaceSurroundings]) -> list[str]:
    """What is missing and why, in words for travellers: one sentence for all places that lack the same for the same
    reason. Empty where nothing is missing."""
    alike: dict[tuple[bool, str], list[tuple[str, str]]] = {}
    for around in surroundings:
        for error in around.errors:
            key = around.found is None, _reason(error)
            alike.setdefault(key, []).append((around.place, str(error)))
    return [
        _missing(is_all, listed(list(dict.fromkeys(place for place, _ in found))), min(text for _, text in found))
        for (is_all, _), found in alike.items()
    ]


def _reason(error: ProviderError) -> str:
    """Who was waited for in vain for 4.6 and for 4.1 seconds, since one place is asked for after the other, did one
    thing; the shortest time is true of both."""
    return f"{error.provider} was too slow" if isinstance(error, ProviderTimeoutError) else str(error)


def _missing(is_all: bool, names: str, reason: str) -> str:
    if is_all:
        return f"Sights, restaurants and stays around {names} could not be looked up: {reason}."
    return f"How well known the sights found around {names} are could not be looked up for all of them: {reason}."


def _age(fetched: Fetched[dict[str, WikidataItem]]) -> float:
    return fetched.fetched_at.timestamp()

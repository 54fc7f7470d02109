"""Places that the catalogue and the gazetteer lack: OpenRouteService, Photon, Nominatim, the first that knows one. What
they know of it becomes a place of the trip like any other: with its money, its clock and, where it matters, its region.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderError
from app.services.outside.fetched import Fetched, source_of
from app.services.places.found_places import FoundPlace, Geocoder, asked_name
from app.trips.places.candidates import Candidate, place_of
from app.trips.places.catalogue import City, all_cities
from app.trips.places.countries import all_countries, regions_named
from app.trips.places.distance import great_circle_km
from app.trips.places.gazetteer import SMALL_TOWNS, Gazetteer, Town, gazetteer
from app.trips.places.names import fold
from app.trips.places.place import Place

log = structlog.get_logger(__name__)

SAME_CITY_KM = 15
"""How far the centre of a city on the map may lie from the catalogue's."""

FARTHEST_TOWN_KM = 1_500
"""No place on land lies farther from its country's next town; coordinates that were swapped do."""

SAME_REGION_KM = 50
"""A town so near is taken to lie in the same state, where the geocoder does not name one."""

# Territories with codes of their own that OpenStreetMap files under their state.
_TERRITORIES = {
    "AU": ("CC", "CX", "NF"),
    "CN": ("HK", "MO"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
    "FR": ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "RE", "WF", "YT"),
    "NL": ("AW", "BQ", "CW", "SX"),
    "NO": ("SJ",),
    "US": ("AS", "GU", "MP", "PR", "VI"),
}


class Geocoding:
    """`geocoders`: asked one after the other, until one knows a place."""

    def __init__(self, geocoders: Sequence[Geocoder]) -> None:
        self._geocoders = geocoders

    async def place(self, text: str, deadline: Deadline) -> Place | None:
        """None where nobody knows it. Raises the last ProviderError where nobody could be asked."""
        if not fold(asked_name(text)):
            return None
        errors: list[ProviderError] = []
        for geocoder in self._geocoders:
            try:
                fetched = await geocoder.search(text, deadline)
            except ProviderError as error:
                log.info("geocoder_failed", geocoder=geocoder.told_by, reason=str(error))
                errors.append(error)
                continue
            # The gazetteer loads on first use, which takes a third of a second: not on the event loop.
            place = await asyncio.to_thread(_first_place, text, geocoder, fetched)
            if place is not None:
                return place
        if errors and len(errors) == len(self._geocoders):
            raise errors[-1]
        return None


def _first_place(text: str, geocoder: Geocoder, fetched: Fetched[list[FoundPlace]]) -> Place | None:
    """Of the best that can be one."""
    return next((place for found in fetched.value if (place := _place(text, geocoder, fetched, found))), None)


def _place(text: str, geocoder: Geocoder, fetched: Fetched[list[FoundPlace]], found: FoundPlace) -> Place | None:
    """None where its country is not known to us, or it does not lie there."""
    town = _nearest_town(found) if found.country_code in all_countries() else None
    if town is None:
        log.info("found_place_not_used", geocoder=geocoder.told_by, country_code=found.country_code[:8])
        return None
    country = all_countries()[town.country_code]
    labels = dict.fromkeys(part for part in (found.name, found.region, country.name) if part)
    candidate = Candidate(
        name=found.name,
        country_code=country.code,
        region_code=_region_code(found, town),
        latitude=found.latitude,
        longitude=found.longitude,
        timezone=town.timezone,
        population=None,
    )
    assumption = f"“{asked_name(text)}” was read as {', '.join(labels)} ({geocoder.told_by})."
    source = source_of(geocoder.attribution, fetched, url=found.url)
    place = replace(place_of(candidate, assumption), source=source)
    city = _catalogue_city(found, country.code)
    return place if city is None else _in_city(place, city)


def _nearest_town(found: FoundPlace) -> Town | None:
    """Of its country, whose clocks it then has; its country code is that of a territory where one is meant. None where
    its country's towns lie too far from it, or none is known."""
    codes = (found.country_code, *_TERRITORIES.get(found.country_code, ()))
    # The edition with small towns takes memory and a second; only the smallest countries have no larger ones.
    towns = _towns_of(codes, gazetteer()) or _towns_of(codes, gazetteer(SMALL_TOWNS))
    nearest = min(towns, key=lambda town: _km_to(found, town.latitude, town.longitude), default=None)
    if nearest is None or _km_to(found, nearest.latitude, nearest.longitude) > FARTHEST_TOWN_KM:
        return None
    return nearest


def _towns_of(codes: Sequence[str], edition: Gazetteer) -> list[Town]:
    return [town for town in edition.towns if town.country_code in codes]


def _region_code(found: FoundPlace, town: Town) -> str:
    """GeoNames' code of its state or province, as far as our table of regions has it."""
    for country_code, region_code in regions_named(found.region or ""):
        if country_code == town.country_code:
            return region_code
    is_near = _km_to(found, town.latitude, town.longitude) <= SAME_REGION_KM
    return town.region_code if is_near and found.region is None else ""


def _catalogue_city(found: FoundPlace, country_code: str) -> City | None:
    """The one that bears the name and lies there."""
    name = fold(found.name)
    for city in all_cities().values():
        is_near = _km_to(found, city.latitude, city.longitude) <= SAME_CITY_KM
        if city.country_code == country_code and is_near and name in {fold(city.name), *map(fold, city.aliases)}:
            return city
    return None


def _in_city(place: Place, city: City) -> Place:
    """With the catalogue's own facts; how it was found stays."""
    return replace(
        place,
        name=city.name,
        country=city.country,
        latitude=city.latitude,
        longitude=city.longitude,
        timezone=city.timezone,
        currency=city.currency,
        city=city,
        holiday_region=city.holiday_subdivision,
    )


def _km_to(found: FoundPlace, latitude: float, longitude: float) -> float:
    return great_circle_km(found.latitude, found.longitude, latitude, longitude)

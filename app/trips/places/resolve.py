"""From what a traveller types to a place on the map.

The order of `_READINGS` is the ruling: catalogue first, then usual meanings (Bali), airport codes, towns of the world,
small towns, airports' towns. Each reading is tried with its qualifiers ("Texas", "Japan"), which must all be true.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache

from app.trips.errors import UnknownPlaceError
from app.trips.places import airports, candidates
from app.trips.places.candidates import Candidate
from app.trips.places.catalogue import CATALOGUE_EDITION, City, all_cities
from app.trips.places.countries import (
    all_countries,
    countries_by_code,
    countries_by_name,
    country_code_of,
    regions_named,
)
from app.trips.places.gazetteer import SMALL_TOWNS, Town, gazetteer, largest_near
from app.trips.places.names import fold
from app.trips.places.near_matches import near_matches, places_in
from app.trips.places.place import Place
from app.trips.places.regions import usual_meaning
from app.trips.places.rivals import RIVALS_OF_CATALOGUE_CITIES
from app.trips.reports import Source

__all__ = ["Place", "resolve_place"]

CATALOGUE_SOURCE = Source(provider="Ringmaster destination catalogue", kind="catalogue", retrieved_at=CATALOGUE_EDITION)

RIVAL_SHARE = 0.10
"""A namesake counts as a rival from this share of the larger one's inhabitants."""

_SAME_TOWN_KM = 30
"""Entries this near to one another are one town twice in the gazetteer."""

_SAME_CITY_KM = 40
"""How far the gazetteer's centre of a catalogue city may lie from the catalogue's."""

_AIRPORT_OF_TOWN_KM = 80
"""How far a town's own airport may lie from it."""

_WELL_KNOWN_TOWN = 100_000
"""Inhabitants from which a town is meant rather than the state or province of its name ("Quebec")."""

_SEPARATORS = re.compile(r"[,;()/|\n]| - | – ")
_IATA_CODE = re.compile(r"^[A-Z]{3}$")

Reading = Callable[[str, list[str]], Place | None]


@lru_cache(maxsize=4096)
def resolve_place(text: str) -> Place:
    """The place that a text names; the most populous one, with an `assumption`, where several bear the name.

    A catalogue city costs microseconds; the first other name costs about a second, since the gazetteer is read then.
    Raises UnknownPlaceError, with near matches, whatever the text is.
    """
    parts = [part.strip() for part in _SEPARATORS.split(text) if fold(part)]
    if not parts:
        raise UnknownPlaceError(text[:120], [])
    place = _read(parts[0], parts[1:]) or _read_unpunctuated(text)
    if place is None:
        raise _unknown(text, parts)
    return place


def _read(name: str, qualifiers: list[str]) -> Place | None:
    return next((place for reading in _READINGS if (place := reading(name, qualifiers))), None)


# ---- the readings, in the order in which they are tried


def _catalogue_city(name: str, qualifiers: list[str]) -> Place | None:
    whole = fold("".join([name, *qualifiers]))
    if city := _cities_by_label().get(whole):
        return _city_place(city, _rivals_note(city, name) if whole == fold(city.name) else None)
    known = _cities_by_label().get(fold(name))
    if known and all(candidates.fits(candidates.of_city(known), qualifier) for qualifier in qualifiers):
        return _city_place(known, None)
    return None


def _usual_meaning(name: str, qualifiers: list[str]) -> Place | None:
    meaning = usual_meaning(name)
    if meaning is None or (qualifiers and not meaning.is_region):
        return None
    place = resolve_place(meaning.base)
    if any(country_code_of(qualifier) != place.country_code for qualifier in qualifiers):
        return None
    if not meaning.is_region:
        return replace(place, assumption=f"“{name}” was read as {place.full_name}.")
    if _IATA_CODE.match(meaning.base):
        return replace(place, name=meaning.name, assumption=f"{meaning.name} is planned from its airport.")
    note = f"{meaning.name} is a region, not a town; the trip is planned from {place.full_name}."
    return replace(place, assumption=note)


def _country_is_no_town(name: str, qualifiers: list[str]) -> Place | None:
    """Stops a bare country or state, unless a town of that name is meant (Singapore, Quebec)."""
    regions = regions_named(name) if len(fold(name)) > 3 else []
    if qualifiers:
        _stop_at_state(name, qualifiers, regions)
        return None
    code = countries_by_name().get(fold(name))
    if code and not any(town.country_code == code for town in gazetteer().named(name)):
        country = all_countries()[code].name
        raise UnknownPlaceError(name, places_in(code), f"{country} is a country; please name a town in it")
    if regions and not code and not any(town.population >= _WELL_KNOWN_TOWN for town in gazetteer().named(name)):
        raise _state_is_no_town(name, regions[0])
    return None


def _stop_at_state(name: str, qualifiers: list[str], regions: list[tuple[str, str]]) -> None:
    """`Georgia, USA` and `Ontario, Canada` are no towns either."""
    for region in regions:
        is_meant = all(country_code_of(qualifier) == region[0] for qualifier in qualifiers)
        if is_meant and not any((town.country_code, town.region_code) == region for town in gazetteer().named(name)):
            raise _state_is_no_town(name, region)


def _state_is_no_town(name: str, region: tuple[str, str]) -> UnknownPlaceError:
    return UnknownPlaceError(name, places_in(*region), f"{name} is a state or province; please name a town in it")


def _airport_in_capitals(name: str, qualifiers: list[str]) -> Place | None:
    return _airport(name, qualifiers) if _IATA_CODE.match(name) else None


def _large_town(name: str, qualifiers: list[str]) -> Place | None:
    return _town(name, qualifiers, gazetteer().named) or _town(name, qualifiers, gazetteer().also_named)


def _town_then_country(name: str, qualifiers: list[str]) -> Place | None:
    """`Lyon France` and `Springfield IL`: the last words are a country or state, the comma was left out."""
    if qualifiers:
        return None
    split = name.split()
    for count in (1, 2, 3):
        head, tail = " ".join(split[:-count]), " ".join(split[-count:])
        if head and (country_code_of(tail) or regions_named(tail)) and (place := _large_town(head, [tail])):
            return place
    return None


def _small_town(name: str, qualifiers: list[str]) -> Place | None:
    small = gazetteer(SMALL_TOWNS)
    return _town(name, qualifiers, small.named) or _town(name, qualifiers, small.also_named)


def _town_with_airport(name: str, qualifiers: list[str]) -> Place | None:
    found = [candidates.of_airport(airport) for airport in airports.airports_of_city_named(name)]
    fitting = [town for town in found if all(candidates.fits(town, qualifier) for qualifier in qualifiers)]
    return _airport_town(fitting[0], _namesakes_note(name, fitting)) if fitting else None


def _airport(name: str, qualifiers: list[str]) -> Place | None:
    airport = airports.airport_by_code(name) if len(name) == 3 and name.isascii() else None
    if airport is None or airport.country_code not in all_countries():
        return None
    place = _served_by(airport)
    if any(country_code_of(qualifier) != place.country_code for qualifier in qualifiers):
        return None
    note = f"{name.upper()} was read as the code of {airport.name}, so as {place.full_name}."
    return replace(place, assumption=note)


_READINGS: tuple[Reading, ...] = (
    _catalogue_city,
    _usual_meaning,
    _country_is_no_town,
    _airport_in_capitals,
    _large_town,
    _town_then_country,
    _small_town,
    _town_with_airport,
    _airport,
)


# ---- catalogue


@cache
def _cities_by_label() -> dict[str, City]:
    """Catalogue cities by folded name and alias, bare and with every usual name and code of their country."""
    suffixes: dict[str, list[str]] = {}
    for key, code in [*countries_by_name().items(), *countries_by_code().items()]:
        if not regions_named(key):  # "England" and "CA" do not fit every city of their country
            suffixes.setdefault(code, []).append(key)
    found: dict[str, City] = {}
    for city in all_cities().values():
        for name in (city.name, *city.aliases):
            found.setdefault(fold(name), city)
            if "," not in name:
                for suffix in suffixes[city.country_code]:
                    found.setdefault(fold(name) + suffix, city)
    return found | {fold(city.name): city for city in all_cities().values()}


def _city_place(city: City, assumption: str | None) -> Place:
    return Place(
        name=city.name,
        country=city.country,
        country_code=city.country_code,
        latitude=city.latitude,
        longitude=city.longitude,
        timezone=city.timezone,
        currency=city.currency,
        population=None,
        city=city,
        assumption=assumption,
        source=CATALOGUE_SOURCE,
        holiday_region=city.holiday_subdivision,
    )


def _rivals_note(city: City, name: str) -> str | None:
    rivals = RIVALS_OF_CATALOGUE_CITIES.get(city.id, ())
    return _assumption(name, f"{city.name}, {city.country}", rivals) if rivals else None


# ---- towns


def _town(name: str, qualifiers: list[str], search: Callable[[str], list[Town]]) -> Place | None:
    found = (candidates.of_town(town) for town in search(name))
    fitting = [town for town in found if all(candidates.fits(town, qualifier) for qualifier in qualifiers)]
    if not fitting:
        return None
    return _catalogue_place_of(fitting[0]) or candidates.place_of(fitting[0], _namesakes_note(name, fitting))


def _catalogue_place_of(town: Candidate) -> Place | None:
    """The catalogue's entry for a town that was found by a name which the catalogue lacks (`東京`)."""
    city = _cities_by_label().get(fold(town.name))
    if city is None:
        return None
    place = _city_place(city, None)
    return place if place.distance_km(candidates.place_of(town, None)) <= _SAME_CITY_KM else None


def _namesakes_note(name: str, fitting: list[Candidate]) -> str | None:
    """What else the name could mean: towns of comparable size, or a state or province."""
    best, others = fitting[0], fitting[1:]
    here = candidates.place_of(best, None)
    rivals = [
        other
        for other in others
        if (other.population or 0) >= RIVAL_SHARE * (best.population or 0)
        and here.distance_km(candidates.place_of(other, None)) > _SAME_TOWN_KM
    ]
    labels = [label for label in dict.fromkeys(rival.label for rival in rivals) if label != best.label]
    regions = [region for region in regions_named(name) if len(name) > 3]
    if regions and (best.country_code, best.region_code) not in regions:
        labels.append(f"a state or province of {all_countries()[regions[0][0]].name}")
    return _assumption(name, best.label, labels) if labels else None


def _assumption(name: str, taken: str, others: "tuple[str, ...] | list[str]") -> str:
    more = f"; {len(others) - 3} more" if len(others) > 3 else ""
    return f"“{name}” was read as {taken}. Also so called: {'; '.join(others[:3])}{more}."


# ---- airports


def _served_by(airport: airports.Airport) -> Place:
    """The town of an airport: the catalogue city that lists it, a town of its city's name, the largest one near it."""
    for city in all_cities().values():
        if airport.code in city.airports:
            return _city_place(city, None)
    return _airport_town(candidates.of_airport(airport), None)


def _airport_town(town: Candidate, assumption: str | None) -> Place:
    """The gazetteer's town of that name near the airport, else the largest near it, else the airport's own words."""
    here = candidates.place_of(town, assumption)
    for known in gazetteer().named(town.name):
        place = candidates.place_of(candidates.of_town(known), assumption)
        if place.distance_km(here) <= _AIRPORT_OF_TOWN_KM:
            return place
    largest = None if town.name else largest_near(town.latitude, town.longitude, within_km=50)
    if largest:
        return candidates.place_of(candidates.of_town(largest), assumption)
    return replace(here, source=airports.AIRPORTS_SOURCE)


# ---- nothing found


def _read_unpunctuated(text: str) -> Place | None:
    """Names with a comma or bracket of their own, read as one."""
    whole = " ".join(part.strip() for part in _SEPARATORS.split(text) if fold(part))
    return _large_town(whole, []) if len(text) <= 120 else None


def _unknown(text: str, parts: list[str]) -> UnknownPlaceError:
    return UnknownPlaceError(text[:120], near_matches(parts[0]) or near_matches("".join(parts)))

"""What a traveller may have meant by a name that is not known."""

from app.trips.places.candidates import Candidate, of_city, of_town
from app.trips.places.catalogue import all_cities
from app.trips.places.countries import all_countries, region_name
from app.trips.places.gazetteer import gazetteer
from app.trips.places.names import fold

MAX_NEAR_MATCHES = 5
"""Names that are offered for one that is not known."""

_LEAST_LIKENESS = 75
"""Least likeness, of 100, at which a name counts as near; below it the offers are noise."""

_LONGEST_NAME = 40
"""Longest folded text for which likeness means anything; longer ones are sentences, not names."""

_CATALOGUE_BONUS = 8.0
"""By how much a city of the catalogue comes first among equals, in points of likeness."""

_MILLION_CITY_BONUS = 4.0
"""The same for a city of a million and more; smaller ones get their part of it."""


def near_matches(name: str) -> list[str]:
    """Names that `resolve_place` knows and that are spelled like `name`, best first, at most five; may be empty."""
    from rapidfuzz import fuzz, process

    key = fold(name)
    if not 3 <= len(key) <= _LONGEST_NAME:
        return []
    weighed: list[tuple[float, str]] = []
    for city in all_cities().values():
        likeness = max(fuzz.ratio(key, fold(known)) for known in (city.name, *city.aliases))
        if likeness >= _LEAST_LIKENESS:
            weighed.append((likeness + _CATALOGUE_BONUS, f"{city.name}, {city.country}"))
    names = gazetteer().folded_names
    for _, likeness, index in process.extract(
        key, names, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS, limit=50, processor=None
    ):
        town = gazetteer().towns[index]
        weighed.append((likeness + min(1.0, town.population / 1_000_000) * _MILLION_CITY_BONUS, of_town(town).label))
    return _best(weighed)


def places_in(country_code: str, region_code: str | None = None) -> list[str]:
    """Catalogue cities of a country or region, then its largest towns; at most five."""
    cities = [of_city(city) for city in all_cities().values() if city.country_code == country_code]
    towns = [of_town(town) for town in gazetteer().in_country(country_code)]
    if region_code is not None:
        cities = []
        towns = [town for town in towns if town.region_code == region_code]
    else:
        towns = _capital(country_code) + towns
    labels = [_short_label(candidate) for candidate in (cities or towns)]
    return list(dict.fromkeys(labels))[:MAX_NEAR_MATCHES]


def _capital(country_code: str) -> list[Candidate]:
    name = all_countries()[country_code].capital
    found = [*gazetteer().named(name), *gazetteer().also_named(name)]
    return [of_town(town) for town in found if town.country_code == country_code][:1]


def _short_label(candidate: Candidate) -> str:
    region = region_name(candidate.country_code, candidate.region_code) if candidate.country_code == "US" else None
    country = all_countries()[candidate.country_code].name
    return candidate.name if candidate.name == country else f"{candidate.name}, {region or country}"


def _best(weighed: list[tuple[float, str]]) -> list[str]:
    ordered = sorted(weighed, key=lambda entry: (-entry[0], entry[1]))
    return list(dict.fromkeys(label for _, label in ordered))[:MAX_NEAR_MATCHES]

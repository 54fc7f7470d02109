"""Towns that a name could mean, and the test whether a qualifier ("Texas", "Japan", "Bavaria") fits one of them.

Apart from `resolve.py`, which decides among them, since this half asks libraries and that half makes rulings.
"""

from dataclasses import dataclass

from app.trips.places.airports import Airport, regions_near
from app.trips.places.catalogue import City
from app.trips.places.countries import (
    all_countries,
    country_code_of,
    holiday_region,
    region_name,
    regions_named,
)
from app.trips.places.distance import great_circle_km
from app.trips.places.gazetteer import GAZETTEER_SOURCE, Town, gazetteer
from app.trips.places.names import fold, words
from app.trips.places.place import Place

REGION_WITHIN_KM = 100
"""How far an airport may lie from a town to tell its region."""

QUARTER_WITHIN_KM = 60
"""How far a city may lie from a quarter to give its name to it."""

_LOCAL_REGION_NAMES = {
    "andalusia": "Andalucía",
    "bavaria": "Bayern",
    "brittany": "Bretagne",
    "catalonia": "Cataluña",
    "hesse": "Hessen",
    "lowersaxony": "Niedersachsen",
    "lazio": "Latium",
    "lombardia": "Lombardy",
    "northrhinewestphalia": "Nordrhein-Westfalen",
    "saxony": "Sachsen",
    "thuringia": "Thüringen",
    "toscana": "Tuscany",
}
"""English names of regions that airportsdata has in the local language."""

_NAMED_WITH_REGION = ("US", "CA")
"""Countries whose towns are named with their state or province, since so many share a name."""


@dataclass(frozen=True)
class Candidate:
    """A town with what is needed to weigh it.

    `region_code`: GeoNames' code, for catalogue cities the one of the `holidays` library; may be empty.
    """

    name: str
    country_code: str
    region_code: str
    latitude: float
    longitude: float
    timezone: str
    population: int | None

    @property
    def label(self) -> str:
        """`Springfield, Missouri, United States`; the region only where the table of regions has it."""
        country = all_countries()[self.country_code].name
        region = region_name(self.country_code, self.region_code)
        return ", ".join(dict.fromkeys(part for part in (self.name, region, country) if part))


def of_town(town: Town) -> Candidate:
    return Candidate(
        town.name,
        town.country_code,
        town.region_code,
        town.latitude,
        town.longitude,
        town.timezone,
        town.population or None,
    )


def of_city(city: City) -> Candidate:
    return Candidate(
        city.name,
        city.country_code,
        city.holiday_subdivision or "",
        city.latitude,
        city.longitude,
        city.timezone,
        None,
    )


def of_airport(airport: Airport) -> Candidate:
    """The town that an airport names as its own, set where the airport is."""
    return Candidate(
        airport.city,
        airport.country_code,
        "",
        airport.latitude,
        airport.longitude,
        airport.timezone,
        None,
    )


def place_of(candidate: Candidate, assumption: str | None) -> Place:
    """A place that the catalogue does not have; in North America its name carries the region, `Portland, Oregon`."""
    country = all_countries()[candidate.country_code]
    known_region = region_name(country.code, candidate.region_code)
    region = known_region if country.code in _NAMED_WITH_REGION else None
    return Place(
        name=f"{candidate.name}, {region}" if region and fold(region) != fold(candidate.name) else candidate.name,
        country=country.name,
        country_code=country.code,
        latitude=candidate.latitude,
        longitude=candidate.longitude,
        timezone=candidate.timezone,
        currency=country.currency,
        population=candidate.population,
        city=None,
        assumption=assumption,
        source=GAZETTEER_SOURCE,
        holiday_region=holiday_region(country.code, candidate.region_code) if known_region else None,
    )


def fits(candidate: Candidate, qualifier: str) -> bool:
    """Whether the qualifier is true of the town, as far as the bundled data can tell; what it cannot tell is no."""
    country_code = country_code_of(qualifier)
    regions = regions_named(qualifier)
    if country_code or regions:
        in_region = any(_lies_in(candidate, *region) for region in regions)
        # England counts as a country of the United Kingdom, yet Edinburgh does not lie in it.
        is_part_of_country = any(country == country_code for country, _ in regions)
        return in_region or (country_code == candidate.country_code and not is_part_of_country)
    return _is_region_round(candidate, qualifier) or _is_city_round(candidate, qualifier)


def _lies_in(candidate: Candidate, country_code: str, region_code: str) -> bool:
    same_code = candidate.region_code in (region_code, holiday_region(country_code, region_code))
    return candidate.country_code == country_code and bool(candidate.region_code) and same_code


def _is_region_round(candidate: Candidate, qualifier: str) -> bool:
    asked = set(words(_LOCAL_REGION_NAMES.get(fold(qualifier), qualifier)))
    near = regions_near(candidate.latitude, candidate.longitude, candidate.country_code, REGION_WITHIN_KM)
    return bool(asked) and any(asked <= set(words(region)) for region in near)


def _is_city_round(candidate: Candidate, qualifier: str) -> bool:
    """A larger place of that name close by: `Shibuya, Tokyo`, `Brooklyn, New York`."""
    if fold(qualifier) == fold(candidate.name):
        return False
    towns = gazetteer().named(qualifier) or gazetteer().also_named(qualifier)
    return any(
        town.country_code == candidate.country_code
        and town.population >= (candidate.population or 0)
        and great_circle_km(candidate.latitude, candidate.longitude, town.latitude, town.longitude) <= QUARTER_WITHIN_KM
        for town in towns
    )

"""Airports with an IATA code, from the `airportsdata` library. Which of them have scheduled flights it does not say.

Besides flights they serve to check regions: an airport near a town tells in which region the town lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.trips.places.catalogue import CATALOGUE_EDITION, City, all_cities
from app.trips.places.distance import great_circle_km
from app.trips.places.names import fold
from app.trips.reports import Source

AIRPORTS_SOURCE = Source(
    provider="airportsdata",
    kind="catalogue",
    retrieved_at=CATALOGUE_EDITION,
    url="https://github.com/mborsetti/airportsdata",
)

_NOT_FOR_AIRLINERS = (
    *("air base", "airbase", "afb", "heliport", "seaplane", "army", "naval", "military"),
    *("under construction", "boeing field", "cessna", "acft field", "executive", "bacacheri"),
)
"""Fields that carry a code but no airliners."""

_MAIN_CODES = "BTS CGK CGN CTS CWB DTW GOT GYD IAH ICT IKA KBP LPL LYS MAN MTY PTY RTM SDQ SEA UIO ZAZ"
_MAIN_AIRPORTS = frozenset(_MAIN_CODES.split())
"""The airport where a town's airliners land, though a smaller one lies nearer or has the grander name."""

_MAIN_FARTHER_KM = 60
"""How much farther than the nearest airport a main one may be."""

_KNOWN_FARTHER_KM = 20
"""The same for one that is known for its flights."""

_METRES_PER_FOOT = 0.3048

METROPOLITAN_CODES = {
    "BJS": "PEK",
    "BUE": "EZE",
    "BUH": "OTP",
    "CHI": "ORD",
    "JKT": "CGK",
    "LON": "LHR",
    "MIL": "MXP",
    "MOW": "SVO",
    "NYC": "JFK",
    "OSA": "KIX",
    "PAR": "CDG",
    "RIO": "GIG",
    "ROM": "FCO",
    "SAO": "GRU",
    "SEL": "ICN",
    "STO": "ARN",
    "TYO": "HND",
    "WAS": "IAD",
    "YMQ": "YUL",
    "YTO": "YYZ",
}
"""One code for all airports of a city (IATA's metropolitan areas); the library has airports only."""


@dataclass(frozen=True)
class Airport:
    """`city`: the town that it names as its own. `region`: the state or province in which it lies; may be empty.

    `elevation_m`: above the sea.
    """

    code: str
    name: str
    city: str
    region: str
    country_code: str
    latitude: float
    longitude: float
    timezone: str
    elevation_m: float

    def distance_km(self, latitude: float, longitude: float) -> float:
        """Great circle."""
        return great_circle_km(self.latitude, self.longitude, latitude, longitude)


@cache
def all_airports() -> dict[str, Airport]:
    """Every airport by its IATA code, in alphabetical order."""
    import airportsdata

    rows = airportsdata.load("IATA")
    return {code: _airport(code, row) for code, row in sorted(rows.items())}


def airport_by_code(text: str) -> Airport | None:
    """The airport of an IATA code, for a city's common code its largest; None where no airport has it."""
    code = text.strip().upper()
    return all_airports().get(METROPOLITAN_CODES.get(code, code))


def airports_of_city_named(text: str) -> list[Airport]:
    """Airports that name such a town as their own; may be empty."""
    return _by_city().get(fold(text), [])


def regions_near(latitude: float, longitude: float, country_code: str, within_km: float) -> set[str]:
    """Names of the regions of the country's airports round a point; may be empty."""
    return {airport.region for airport in _near(latitude, longitude, within_km) if airport.country_code == country_code}


def airport_for(city: City | None, latitude: float, longitude: float, within_km: float) -> Airport | None:
    """The airport that a traveller would use: the city's own first one, else a fitting one near by; None without any.

    Near by: the nearest where it is a catalogue city's, else a main airport, one of a catalogue city or an
    "International" one, if it is not much farther than the nearest.
    """
    if city is not None and city.airports:
        return all_airports().get(city.airports[0])
    near = [airport for airport in _near(latitude, longitude, within_km) if _takes_airliners(airport)]
    if not near:
        return None
    if near[0].code in _catalogue_codes():
        return near[0]
    nearest_km = near[0].distance_km(latitude, longitude)
    for is_better, farther_km in ((_is_main, _MAIN_FARTHER_KM), (_is_known_for_flights, _KNOWN_FARTHER_KM)):
        better = next((airport for airport in near if is_better(airport)), None)
        if better and better.distance_km(latitude, longitude) <= nearest_km + farther_km:
            return better
    return near[0]


def elevation_near_m(latitude: float, longitude: float, within_km: float) -> float | None:
    """How high the nearest airport lies, as a measure of the land's height; None where there is none so near."""
    near = _near(latitude, longitude, within_km)
    return near[0].elevation_m if near else None


def _airport(code: str, row: Mapping[str, Any]) -> Airport:
    return Airport(
        code=code,
        name=" ".join(row["name"].split()),
        city=row["city"],
        region=row["subd"],
        country_code=row["country"],
        latitude=row["lat"],
        longitude=row["lon"],
        timezone=row["tz"],
        elevation_m=row["elevation"] * _METRES_PER_FOOT,
    )


@cache
def _by_city() -> dict[str, list[Airport]]:
    found: dict[str, list[Airport]] = {}
    for airport in all_airports().values():
        if airport.city:
            found.setdefault(fold(airport.city), []).append(airport)
    return found


@cache
def _catalogue_codes() -> frozenset[str]:
    return frozenset(code for city in all_cities().values() for code in city.airports)


def _near(latitude: float, longitude: float, within_km: float) -> list[Airport]:
    found = ((airport.distance_km(latitude, longitude), airport.code, airport) for airport in all_airports().values())
    return [airport for distance_km, _, airport in sorted(found) if distance_km <= within_km]


def _takes_airliners(airport: Airport) -> bool:
    return _is_main(airport) or not any(word in airport.name.lower() for word in _NOT_FOR_AIRLINERS)


def _is_main(airport: Airport) -> bool:
    return airport.code in _MAIN_AIRPORTS or airport.code in METROPOLITAN_CODES.values()


def _is_known_for_flights(airport: Airport) -> bool:
    return airport.code in _catalogue_codes() or "international" in airport.name.lower()

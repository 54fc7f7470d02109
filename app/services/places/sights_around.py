"""Sights around a place, of what OpenStreetMap has there: the best known first, none twice, and none that the catalogue
has already. Apart from `surroundings.py`, which asks; here nothing is asked any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz import fuzz

from app.services.places.osm_kinds import SightTraits, traits_of
from app.services.providers.overpass import OsmPlace
from app.services.providers.wikidata import WikidataItem, english_article
from app.trips.places.catalogue import Sight
from app.trips.places.distance import great_circle_km
from app.trips.places.names import fold, words
from app.trips.places.place import Place
from app.trips.reports import Coordinates, FoundSight

MOST_SIGHTS = 40

# As near as two points of one sight are: its door, its building's middle, the node that somebody set.
_SAME_NAME_KM = 0.3
_SAME_KIND_KM = 0.1
# The middle of a large park and its gate, where the names are the very same.
_VERY_NAME_KM = 1.5
_LIKENESS = 85.0
# Of two that Wikidata tells apart: a museum and the museum in its yard, but also a museum and its building.
_LIKENESS_OF_TWO_ITEMS = 95.0

# In how many languages Wikipedia tells of what is well known the world over, and of what is well known; in a town where
# little is, the shares of its best known sight count.
_WORLD_FAMOUS, _WELL_KNOWN = 30, 10
_FAMOUS_SHARE, _KNOWN_SHARE = 0.5, 0.2
_LEAST_FAMOUS, _LEAST_KNOWN = 5, 3


@dataclass(frozen=True)
class Candidate:
    """A sight, before it is known whether it is told of."""

    place: OsmPlace
    traits: SightTraits
    item: WikidataItem | None = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """By which it may be known, in several languages."""
        names = (self.place.name, self.place.local_name, self.item.label if self.item else None)
        return tuple(dict.fromkeys(name for name in names if name))

    @cached_property
    def folded(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for name in self.names if (key := fold(name))))

    @property
    def sitelinks(self) -> int:
        return self.item.sitelinks if self.item else 0

    @property
    def identity(self) -> str:
        """The same for all objects that are one sight by Wikidata."""
        return (self.item.id if self.item else self.place.wikidata) or self.place.id


def candidates_of(places: Iterable[OsmPlace], place: Place, within_km: float) -> list[Candidate]:
    """`within_km`: how far from the place its middle may be."""
    return [
        Candidate(found, traits)
        for found in places
        if (traits := traits_of(found.tags)) is not None and _km_apart(found, place) <= within_km
    ]


def described(candidate: Candidate, items: Mapping[str, WikidataItem]) -> Candidate:
    """With what Wikidata tells of it. Where its item is a person, a monument names whom it honours: neither is it
    known for that one's fame itself, nor are all of that one's monuments the same."""
    item = items.get(candidate.place.wikidata or "")
    if item is None or not item.is_a_person:
        return replace(candidate, item=item)
    return replace(candidate, place=candidate.place.model_copy(update={"wikidata": None, "wikipedia": None}))


def sights_of(candidates: list[Candidate], place: Place) -> tuple[list[FoundSight], dict[str, str]]:
    """The best known first; and the pages of those that the catalogue has, by its ids."""
    ordered = sorted(candidates, key=_by_note)
    famous, well_known = _thresholds(max((candidate.sitelinks for candidate in ordered), default=0))
    kept: list[Candidate] = []
    urls: dict[str, str] = {}
    for candidate in ordered:
        listed = next((sight for sight in _listed_sights(place) if _is_listed(candidate, sight)), None)
        if listed is not None:
            if _is_named_alike(candidate, listed):
                urls.setdefault(listed.id, candidate.place.url)
            continue
        twin = next((at for at, other in enumerate(kept) if _is_same(candidate, other)), None)
        if twin is None:
            kept.append(candidate)
        else:
            kept[twin] = _completed(kept[twin], candidate.place)
    ranked = ((sight, 1 + (sight.sitelinks >= well_known) + (sight.sitelinks >= famous)) for sight in kept)
    return [_found_sight(sight, rank) for sight, rank in list(ranked)[:MOST_SIGHTS]], urls


def _by_note(candidate: Candidate) -> tuple[int, bool, int, str]:
    place = candidate.place
    return (-candidate.sitelinks, place.wikidata is None, -place.described_by, place.id)


def _thresholds(most_sitelinks: int) -> tuple[float, float]:
    """From how many languages on a sight is of rank 3, and of rank 2."""
    famous = max(_LEAST_FAMOUS, min(_WORLD_FAMOUS, most_sitelinks * _FAMOUS_SHARE))
    return famous, max(_LEAST_KNOWN, min(_WELL_KNOWN, most_sitelinks * _KNOWN_SHARE))


def _listed_sights(place: Place) -> list[Sight]:
    return place.city.sights if place.city else []


def _is_listed(candidate: Candidate, sight: Sight) -> bool:
    """Whether it is a sight of the catalogue, or too near to one of its kind to be told from it."""
    if _km_apart(candidate.place, sight) <= _SAME_KIND_KM and candidate.traits.kind == sight.kind:
        return True
    return _is_named_alike(candidate, sight)


def _is_named_alike(candidate: Candidate, sight: Sight) -> bool:
    apart_km, name = _km_apart(candidate.place, sight), fold(sight.name)
    if apart_km <= _VERY_NAME_KM and name in candidate.folded:
        return True
    if apart_km > _SAME_NAME_KM:
        return False
    if any(fuzz.ratio(name, other) >= _LIKENESS for other in candidate.folded):
        return True
    # `Notre-Dame Cathedral` is `Cathedral of Notre-Dame de Paris`: the words of the one are among those of the other.
    listed = set(words(sight.name))
    shares = [listed <= others or others <= listed for name in candidate.names if len(others := set(words(name))) > 1]
    return candidate.traits.kind == sight.kind and len(listed) > 1 and any(shares)


def _is_same(one: Candidate, other: Candidate) -> bool:
    if one.identity == other.identity:
        return True
    if _km_apart(one.place, other.place) > _SAME_NAME_KM:
        return False
    least = _LIKENESS_OF_TWO_ITEMS if one.place.wikidata and other.place.wikidata else _LIKENESS
    return any(fuzz.ratio(name, theirs) >= least for name in one.folded for theirs in other.folded)


def _completed(kept: Candidate, twin: OsmPlace) -> Candidate:
    """Mappers often give the hours to the node and the rest to the building."""
    known = kept.place
    missing = {
        name: value
        for name in ("opening_hours", "website", "is_free", "wheelchair", "wikipedia")
        if getattr(known, name) is None and (value := getattr(twin, name)) is not None
    }
    return replace(kept, place=known.model_copy(update=missing)) if missing else kept


def _found_sight(candidate: Candidate, rank: int) -> FoundSight:
    place, traits, item = candidate.place, candidate.traits, candidate.item
    name, local_name = place.name, place.local_name
    if item and item.label and not any(char.isascii() and char.isalpha() for char in name):
        name, local_name = item.label, name
    return FoundSight(
        id=f"osm:{place.id}",
        name=name,
        local_name=local_name,
        kind=traits.kind,
        interests=list(traits.interests),
        coordinates=Coordinates(latitude=place.latitude, longitude=place.longitude),
        indoor=traits.indoor,
        visit_minutes=traits.visit_minutes,
        rank=rank,
        opening_hours=place.opening_hours,
        is_free=place.is_free,
        wheelchair=place.wheelchair,
        description=item.description if item else None,
        url=place.url,
        website=place.website,
        wikipedia=(item.wikipedia if item else None) or english_article(place.wikipedia),
        wikidata=item.id if item else place.wikidata,
        source="OpenStreetMap and Wikidata" if item else "OpenStreetMap",
    )


def _km_apart(one: OsmPlace | Sight | Place, other: OsmPlace | Sight | Place) -> float:
    return great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude)

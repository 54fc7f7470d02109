"""What an object of OpenStreetMap is to a traveller, by its tags: a sight of one of the catalogue's kinds, a place to
eat, a place to sleep, or nothing of the sort. Tables only, apart from who asks for the objects, so that a tag is added
in one line.

The tags: https://wiki.openstreetmap.org/wiki/Map_features
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.trips.places.catalogue import Interest, SightKind

Sort = Literal["sight", "eatery", "stay"]

STAYS = ("hotel", "hostel", "guest_house")
EATERIES = ("restaurant", "cafe")

# The tag that decides comes first: a castle with a museum in it is a castle, a church that is an attraction a church.
_KINDS: tuple[tuple[str, Mapping[str, SightKind]], ...] = (
    ("castle_type", {"palace": "palace", "stately": "palace"}),
    ("historic", {"castle": "castle", "fort": "castle", "fortress": "castle", "palace": "palace", "manor": "palace"}),
    ("tourism", {"zoo": "zoo", "aquarium": "aquarium", "theme_park": "theme_park"}),
    ("tourism", {"museum": "museum", "gallery": "museum"}),
    ("amenity", {"marketplace": "market", "theatre": "theatre", "arts_centre": "theatre"}),
    ("amenity", {"planetarium": "museum", "library": "library", "grave_yard": "cemetery"}),
    ("man_made", {"tower": "tower", "lighthouse": "tower", "bridge": "bridge", "pier": "waterfront"}),
    ("historic", {"archaeological_site": "archaeological_site", "ruins": "archaeological_site"}),
    ("historic", {"monument": "monument", "city_gate": "monument", "citywalls": "monument", "aqueduct": "monument"}),
    ("historic", {"triumphal_arch": "monument", "memorial": "memorial", "tomb": "memorial", "bridge": "bridge"}),
    ("historic", {"church": "church", "cathedral": "church", "chapel": "church", "monastery": "church"}),
    ("historic", {"mosque": "mosque", "temple": "temple", "tower": "tower"}),
    ("building", {"church": "church", "cathedral": "church", "chapel": "church", "basilica": "church"}),
    ("building", {"mosque": "mosque", "temple": "temple", "synagogue": "temple", "shrine": "temple"}),
    ("building", {"palace": "palace", "castle": "castle", "tower": "tower"}),
    ("leisure", {"park": "park", "garden": "garden", "nature_reserve": "nature", "stadium": "stadium"}),
    ("leisure", {"water_park": "theme_park"}),
    ("natural", {"beach": "beach", "peak": "nature", "volcano": "nature", "cave_entrance": "nature"}),
    ("natural", {"cliff": "nature", "gorge": "nature", "geyser": "nature", "hot_spring": "nature"}),
    ("waterway", {"waterfall": "nature"}),
    ("place", {"square": "square", "island": "island", "islet": "island"}),
    ("landuse", {"cemetery": "cemetery"}),
    ("shop", {"mall": "shopping", "department_store": "shopping"}),
    ("highway", {"pedestrian": "street", "living_street": "street"}),
    ("tourism", {"viewpoint": "viewpoint"}),
)
_WORSHIP: Mapping[str, SightKind] = {"christian": "church", "muslim": "mosque"}

KIND_KEYS = frozenset({"access", "attraction", "covered", "museum", "religion", "ruins", *(key for key, _ in _KINDS)})
"""The keys that are looked at here."""

# Of the catalogue's sights of a kind: what they are usually listed for, and how long a visit usually takes.
USUAL: Mapping[SightKind, tuple[tuple[Interest, ...], int]] = {
    "aquarium": (("family", "nature", "science"), 120),
    "archaeological_site": (("history", "architecture"), 90),
    "beach": (("beach", "relaxation"), 120),
    "bridge": (("architecture", "views"), 30),
    "castle": (("history", "architecture"), 90),
    "cemetery": (("history",), 60),
    "church": (("religion", "architecture"), 45),
    "garden": (("nature", "relaxation"), 60),
    "island": (("nature", "relaxation"), 180),
    "landmark": (("architecture", "history"), 45),
    "library": (("architecture", "culture"), 45),
    "market": (("shopping", "food"), 60),
    "memorial": (("history",), 30),
    "monument": (("history", "architecture"), 30),
    "mosque": (("religion", "architecture"), 45),
    "museum": (("culture", "history"), 90),
    "nature": (("nature", "views"), 120),
    "neighbourhood": (("culture", "history"), 90),
    "palace": (("history", "architecture"), 90),
    "park": (("nature", "relaxation"), 60),
    "shopping": (("shopping",), 60),
    "square": (("architecture", "history"), 30),
    "stadium": (("sport",), 60),
    "street": (("culture", "shopping"), 45),
    "temple": (("religion", "architecture"), 45),
    "theatre": (("music", "architecture"), 45),
    "theme_park": (("family", "adventure"), 300),
    "tower": (("views", "architecture"), 45),
    "viewpoint": (("views",), 30),
    "waterfront": (("views", "relaxation"), 45),
    "zoo": (("family", "nature"), 180),
}
# Only what surely has a roof: on a wet day somebody is sent there.
_INDOORS = frozenset({"aquarium", "church", "library", "mosque", "museum", "palace", "shopping", "theatre"})

_MUSEUMS: Mapping[str, tuple[Interest, ...]] = {
    "art": ("art", "culture"),
    "archaeological": ("history", "culture"),
    "children": ("family", "science"),
    "history": ("history", "culture"),
    "local": ("history", "culture"),
    "military": ("history",),
    "nature": ("nature", "science"),
    "natural_history": ("nature", "science"),
    "person": ("history", "culture"),
    "railway": ("science", "family"),
    "science": ("science", "family"),
    "technology": ("science", "family"),
    "transport": ("science", "family"),
}


@dataclass(frozen=True)
class SightTraits:
    """`interests`, `indoor` and `visit_minutes`: what is usual for the kind, an estimate."""

    kind: SightKind
    interests: tuple[Interest, ...]
    indoor: bool
    visit_minutes: int


def sort_of(tags: Mapping[str, str]) -> Sort | None:
    """A castle that is a hotel is a place to sleep; a café that is a monument is a sight, one in a tower is a café."""
    if tags.get("access") in ("private", "no"):
        return None
    if tags.get("tourism") in STAYS:
        return "stay"
    is_eatery = tags.get("amenity") in EATERIES
    if is_eatery and not ({"tourism", "historic"} & tags.keys()):
        return "eatery"
    if kind_of(tags) is not None:
        return "sight"
    return "eatery" if is_eatery else None


def kind_of(tags: Mapping[str, str]) -> SightKind | None:
    """None for what is no sight by itself, such as a zoo's enclosure or a theme park's ride."""
    if "attraction" in tags:
        return None
    if tags.get("amenity") == "place_of_worship" and tags.get("tourism") != "museum":
        return _WORSHIP.get(tags.get("religion", "")) or _by_table(tags) or "temple"
    if (kind := _by_table(tags)) is not None:
        return kind
    return "landmark" if tags.get("tourism") == "attraction" else None


def traits_of(tags: Mapping[str, str]) -> SightTraits | None:
    """None for what is no sight."""
    kind = kind_of(tags)
    if kind is None:
        return None
    interests, visit_minutes = USUAL[kind]
    if kind == "museum":
        interests = _museum_interests(tags)
    if tags.get("ruins") == "yes":
        return SightTraits(kind, interests, False, min(60, visit_minutes))
    return SightTraits(kind, interests, _has_roof(kind, tags), visit_minutes)


def _has_roof(kind: SightKind, tags: Mapping[str, str]) -> bool:
    if kind == "market":
        return tags.get("covered") == "yes" or tags.get("building", "no") not in ("no", "roof")
    return kind in _INDOORS or tags.get("tourism") == "museum"


def _by_table(tags: Mapping[str, str]) -> SightKind | None:
    for key, kinds in _KINDS:
        if (kind := kinds.get(tags.get(key, ""))) is not None:
            return kind
    return None


def _museum_interests(tags: Mapping[str, str]) -> tuple[Interest, ...]:
    if tags.get("tourism") == "gallery":
        return _MUSEUMS["art"]
    if tags.get("amenity") == "planetarium":
        return _MUSEUMS["science"]
    return _MUSEUMS.get(tags.get("museum", "").split(";")[0], USUAL["museum"][0])

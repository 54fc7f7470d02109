"""Places as geocoders find them, and which kinds of them one can travel to. Apart from the geocoders, since all speak
of places in these types, and from `geocoding.py`, which makes places of the trip of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.services.outside.forms import plain_text
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi

LONGEST_NAME = 120
MOST_RESULTS = 5

_DAY_S = 24 * 3600
GEOCODES = Lifetime(fresh_s=30 * _DAY_S, keep_s=90 * _DAY_S)
NOTHING_FOUND = Lifetime(fresh_s=_DAY_S, keep_s=90 * _DAY_S)
"""What is on no map today may be mapped tomorrow."""

SETTLEMENTS = frozenset(
    (
        *("city", "town", "village", "hamlet", "municipality", "isolated_dwelling", "locality"),
        *("borough", "suburb", "quarter", "neighbourhood", "city_district", "district"),
        *("island", "islet", "archipelago"),
    )
)

# Keys and values of OpenStreetMap's tags, https://wiki.openstreetmap.org/wiki/Map_features. No countries and states, of
# which one cannot stand in the middle; no streets, houses and shops, which bear the names of everything.
_GOALS = {
    "place": SETTLEMENTS,
    "boundary": frozenset(("national_park", "protected_area")),
    "natural": frozenset(("bay", "beach", "cape", "desert", "geyser", "glacier", "peak", "valley", "volcano", "water")),
    "tourism": frozenset(("attraction", "theme_park", "viewpoint")),
    "leisure": frozenset(("nature_reserve",)),
    "historic": frozenset(("archaeological_site", "castle", "ruins")),
    "waterway": frozenset(("waterfall",)),
    "aeroway": frozenset(("aerodrome",)),
}

_OSM_TYPES = {"n": "node", "w": "way", "r": "relation"}

T = TypeVar("T")


@dataclass(frozen=True)
class FoundPlace:
    """`country_code`: ISO 3166 alpha-2 in capitals. `kind`: in OpenStreetMap's words. `url`: of what was found on its
    map. `certainty`: as the geocoder has it, 0 to 1; none of them means the same by it."""

    name: str
    country_code: str
    latitude: float
    longitude: float
    region: str | None
    kind: str
    url: str | None
    certainty: float | None


class Geocoder(Protocol):
    """`told_by`: as travellers are told of it. `attribution`: as its licence asks."""

    told_by: str
    attribution: Attribution

    async def search(self, name: str, deadline: Deadline) -> Fetched[list[FoundPlace]]:
        """What bears the name, the best first; may be empty. Raises ProviderError."""
        ...


def is_goal(key: str, value: str, rank: str | None) -> bool:
    """`rank`: what an administrative area is among its like, such as `city`."""
    if key == "boundary" and value == "administrative":
        return rank in SETTLEMENTS
    return value in _GOALS.get(key, ())


def openstreetmap_page(osm_type: str | None, osm_id: int | None) -> str | None:
    """Of an object, its type as `node` or `N`."""
    kind = _OSM_TYPES.get((osm_type or "")[:1].lower())
    return f"https://www.openstreetmap.org/{kind}/{osm_id}" if kind and osm_id and osm_id > 0 else None


def asked_name(text: str) -> str:
    """As it is sent: one line, no longer than a name may be."""
    return plain_text(text, LONGEST_NAME)


async def ask_for_places(
    api: ProviderApi, form: type[T], call: Call, deadline: Deadline, read: Callable[[T], list[FoundPlace]]
) -> Fetched[list[FoundPlace]]:
    """`read`: what of the answer is of use. An answer without anything is soon out of date."""
    fetched = await api.ask(form, call, GEOCODES, deadline)
    places = read(fetched.value)
    if not places and _is_older_than_s(fetched, NOTHING_FOUND.fresh_s):
        fetched = await api.ask(form, call, NOTHING_FOUND, deadline)
        places = read(fetched.value)
    return fetched.replaced(places)


def _is_older_than_s(fetched: Fetched[T], age_s: int) -> bool:
    """Of those that were not just tried anew."""
    is_kept = not fetched.is_live and fetched.stale_because is None
    return is_kept and (datetime.now(UTC) - fetched.fetched_at).total_seconds() > age_s

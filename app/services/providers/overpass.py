"""OpenStreetMap by way of Overpass: the sights, restaurants and beds around a place, as mappers describe them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_serializer, model_validator
from pydantic_core.core_schema import SerializerFunctionWrapHandler

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderFailedError
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.services.outside.forms import Form, Latitude, Lenient, Longitude, MaybeText, MaybeUrl, at_most, plain_text
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.places.osm_kinds import KIND_KEYS, Sort, sort_of

ATTRIBUTION = Attribution(
    "OpenStreetMap (Overpass)", "https://www.openstreetmap.org/copyright", "© OpenStreetMap contributors, ODbL"
)
LIFETIME = Lifetime(fresh_s=7 * 86_400, keep_s=60 * 86_400)
LIMITS = UsageLimits(daily_quota=2_000, interval_s=1.0, busy_for_s=30.0)
"""Fewer than the 10 000 requests a day that are asked for, since the largest answers take half a megabyte of the one
gigabyte a day; one at a time, and half a minute of rest after a 429 (Overpass-API issue 791)."""

MOST_OF_A_SORT: Mapping[Sort, int] = {"sight": 150, "eatery": 80, "stay": 40}
"""So many are read. More are asked for, since Overpass cannot tell which are worth it: it cuts by age."""

MOST_ELEMENTS = 1_000
LONGEST_NAME = 120
LONGEST_HOURS = 255
NEAR_KM = 2.0
"""How far from the centre places to eat and to sleep are looked for."""

# Seconds and bytes that Overpass may use: the less, the sooner it takes the question. Nobody waits longer for it.
_SETTINGS = "[out:json][timeout:5][maxsize:134217728];"

# What first-time visitors come for. Where a kind is common, only what somebody gave an item of Wikidata.
_SIGHTS = (
    '[tourism~"^(museum|attraction|zoo|aquarium|theme_park)$"][!attraction][name]',
    '[tourism~"^(gallery|viewpoint)$"][name][wikidata]',
    '[historic~"^(castle|fort|fortress|palace|archaeological_site)$"][name]',
    '[historic~"^(monument|ruins|manor|city_gate|citywalls|aqueduct|triumphal_arch|tomb|tower)$"][name][wikidata]',
    '[historic=memorial][memorial!~"^(stolperstein|plaque|blue_plaque|bench)$"][name][wikidata]',
    '[amenity~"^(place_of_worship|theatre|arts_centre|planetarium)$"][name][wikidata]',
    "[amenity=marketplace][name]",
    '[leisure~"^(park|garden|nature_reserve)$"][name][wikidata]',
    "[natural=beach][name]",
    '[natural~"^(peak|volcano|cave_entrance|gorge)$"][name][wikidata]',
    "[waterway=waterfall][name][wikidata]",
    "[place=square][name][wikidata]",
    '[man_made~"^(bridge|lighthouse)$"][name][wikidata]',
)
_EATERIES = ('[amenity~"^(restaurant|cafe)$"][name]',)
_STAYS = ('[tourism~"^(hotel|hostel|guest_house)$"][name]',)

_ITEM = re.compile(r"Q[1-9][0-9]{0,9}")
# The largest id that Wikidata can have; one beyond it makes it refuse all that were asked for with it.
_LAST_ITEM = 2**31 - 1
_OSM_ID = r"^(node|way|relation)/[1-9][0-9]{0,18}$"
_STARS = re.compile(r"[1-5](?=(\.0)?S?$)")
_DIETS = ("vegetarian", "vegan", "halal", "kosher", "gluten_free")


class OsmPlace(Form):
    """One object. `id`: `way/123`. `name`: the English one where there is one; `local_name` where it differs. `tags`:
    those that tell what it is. `described_by`: how many tags it has; mappers describe most what most people see.
    `wikipedia`: title of its English article.
    """

    id: str = Field(pattern=_OSM_ID)
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    local_name: str | None = None
    latitude: Latitude
    longitude: Longitude
    tags: dict[str, str]
    described_by: int
    wikidata: str | None = None
    wikipedia: str | None = None
    opening_hours: str | None = None
    is_free: bool | None = None
    website: MaybeUrl = None
    cuisines: list[str] = []
    diets: list[str] = []
    is_chain: bool = False
    stars: int | None = None
    has_internet: bool | None = None
    wheelchair: Literal["yes", "limited", "no"] | None = None

    @property
    def url(self) -> str:
        return f"https://www.openstreetmap.org/{self.id}"

    @model_validator(mode="before")
    @classmethod
    def _from_element(cls, value: Any) -> Any:
        """An element of an answer; one that was kept has this form already, and no `type`."""
        return _flat(value) if isinstance(value, dict) and "type" in value else value

    @model_serializer(mode="wrap")
    def _without_what_is_not_known(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value not in (None, [])}


def _flat(element: dict[str, Any]) -> dict[str, Any]:
    tags = element.get("tags")
    tags = {key: value for key, value in tags.items() if isinstance(value, str)} if isinstance(tags, dict) else {}
    at = element if element.get("type") == "node" else element.get("center")
    at = at if isinstance(at, dict) else {}
    local = _text(tags, "name")
    name = _text(tags, "name:en", "int_name") or local
    article = _text(tags, "wikipedia:en") or _text(tags, "wikipedia") or ""
    return {
        "id": f"{element.get('type')}/{element.get('id')}",
        "name": name,
        "local_name": local if local != name else None,
        "latitude": at.get("lat"),
        "longitude": at.get("lon"),
        "tags": {key: plain_text(value, 40) for key, value in tags.items() if key in KIND_KEYS},
        "described_by": len(tags),
        "wikidata": _item(tags.get("wikidata", "")),
        "wikipedia": article.removeprefix("en:") if article.startswith("en:") or "wikipedia:en" in tags else None,
        "opening_hours": _hours(tags.get("opening_hours", "")),
        "is_free": _is_free(tags),
        "website": tags.get("website") or tags.get("contact:website"),
        "cuisines": _listed(tags.get("cuisine", "")),
        "diets": [diet.replace("_", " ") for diet in _DIETS if tags.get(f"diet:{diet}") in ("yes", "only")],
        "is_chain": "brand" in tags or "brand:wikidata" in tags,
        "stars": int(stars[0]) if (stars := _STARS.match(tags.get("stars", ""))) else None,
        "has_internet": _yes_or_no(tags.get("internet_access")),
        "wheelchair": access if (access := tags.get("wheelchair")) in ("yes", "limited", "no") else None,
    }


def _text(tags: Mapping[str, str], *keys: str) -> str | None:
    """The first of them that has something to read."""
    return next((text for key in keys if (text := plain_text(tags.get(key, ""), LONGEST_NAME))), None)


def _item(value: str) -> str | None:
    """The first id, where there are several; None where Wikidata cannot have such an id."""
    found = _ITEM.fullmatch(value.split(";")[0].strip())
    return found[0] if found and int(found[0][1:]) <= _LAST_ITEM else None


def _hours(value: str) -> str | None:
    return plain_text(value, LONGEST_HOURS) or None if len(value) <= LONGEST_HOURS else None


def _is_free(tags: Mapping[str, str]) -> bool | None:
    if tags.get("fee") in ("yes", "no"):
        return tags["fee"] == "no"
    return False if tags.get("charge", "0").strip()[:1] in tuple("123456789") else None


def _yes_or_no(value: str | None) -> bool | None:
    return {"no": False, "yes": True, "wlan": True, "wifi": True, "wired": True}.get(value or "")


def _listed(value: str) -> list[str]:
    words = (plain_text(word, 30).replace("_", " ") for word in value.split(";")[:20])
    return list(dict.fromkeys(word for word in words if word))[:5]


def _is_told_of(place: OsmPlace, sort: Sort) -> bool:
    """A mere name is too little to send somebody to for a meal."""
    return sort != "eatery" or bool(place.cuisines or place.opening_hours or place.website or place.wikidata)


def _most_described(places: list[OsmPlace]) -> list[OsmPlace]:
    """So many of each sort as are read, the most described first, in a stable order."""
    kept: dict[Sort, list[OsmPlace]] = {sort: [] for sort in MOST_OF_A_SORT}
    for place in sorted(places, key=lambda place: (place.wikidata is None, -place.described_by, place.id)):
        sort = sort_of(place.tags)
        if sort is not None and len(kept[sort]) < MOST_OF_A_SORT[sort] and _is_told_of(place, sort):
            kept[sort].append(place)
    return [place for found in kept.values() for place in found]


def _a_list(value: Any) -> Any:
    """Without one, the answer is no answer, and not a town with nothing in it."""
    if not isinstance(value, list):
        raise ValueError("a list is expected")
    return value


class _Answer(Form):
    elements: Annotated[
        list[Lenient[OsmPlace]],
        at_most(MOST_ELEMENTS),
        AfterValidator(_most_described),
        BeforeValidator(_a_list),
    ]
    remark: MaybeText = None


@dataclass(frozen=True)
class OsmAround:
    """What lies around a point, the most described first; any of them may be empty."""

    sights: list[OsmPlace]
    eateries: list[OsmPlace]
    stays: list[OsmPlace]


class Overpass:
    """Base address by default: https://overpass-api.de, the main public instance; others speak the same language.

    Documentation: https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL; the answer's form by
    https://dev.overpass-api.de/overpass-doc/en/targets/formats.html. A query that ran out of time or memory is answered
    with status 200, the elements found so far and a `remark`; 429 and 504 say that the instance is busy.

    Terms (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html): an own User-Agent, fewer than 10 000
    requests and 1 GB a day, two slots; a service that relies on it for many people runs an instance of its own and
    names it in `OVERPASS_BASE_URL`. The data are © OpenStreetMap contributors under the ODbL, which has to be shown.
    """

    def __init__(self, hub: ProviderHub, base_url: str) -> None:
        self._api = ProviderApi(hub, "overpass", base_url, ATTRIBUTION, LIMITS)

    @property
    def attribution(self) -> Attribution:
        return self._api.attribution

    async def around(
        self, latitude: float, longitude: float, radius_km: float, deadline: Deadline
    ) -> Fetched[OsmAround]:
        """Sights within that distance, places to eat and to sleep near the centre. Raises ProviderError."""
        call = Call("/api/interpreter", form={"data": query(latitude, longitude, radius_km)})
        fetched = await self._api.ask(_Answer, call, LIFETIME, deadline, self._is_whole)
        found: dict[Sort | None, list[OsmPlace]] = {}
        for place in fetched.value.elements:
            found.setdefault(sort_of(place.tags), []).append(place)
        return fetched.replaced(OsmAround(found.get("sight", []), found.get("eatery", []), found.get("stay", [])))

    def _is_whole(self, answer: _Answer) -> None:
        """Elements beside an error are the part that was found first: not the town, smaller."""
        remark = (answer.remark or "").lower()
        if "error" in remark:
            why = "in the time it has" if "timed out" in remark else "for trouble of its own"
            raise ProviderFailedError(self._api.name, f"could not finish the search {why}")


def query(latitude: float, longitude: float, radius_km: float) -> str:
    """One search for all three sorts. Rounded to a hundred metres, so that the same town is the same question."""
    at = f"{latitude:.3f},{longitude:.3f}"
    near = f"(around:{round(min(NEAR_KM, radius_km) * 1000)},{at})"
    return "\n".join(
        [
            _SETTINGS,
            _part(
                "sights", f"(around:{round(radius_km * 1000)},{at})", _SIGHTS, 20, {"rel": 60, "way": 120, "node": 80}
            ),
            _part("meals", near, _EATERIES, 12, {"nwr": 100}),
            _part("beds", near, _STAYS, 12, {"nwr": 60}),
        ]
    )


def _part(name: str, where: str, filters: tuple[str, ...], least_tags: int, limits: Mapping[str, int]) -> str:
    """The much described objects first, then some of the rest. In the default order, by id: in the quicker order by
    place (`qt`) a limit would leave a corner of the town; and nodes would come first, whatever is a building last."""
    lines = [f"({''.join(f'nwr{where}{tags};' for tags in filters)})->.{name};"]
    lines.append(f"nwr.{name}(if:count_tags()>={least_tags})->.told;")
    lines += [f"{kind}.told;out tags center {most};" for kind, most in limits.items()]
    lines.append(f"(.{name};-.told;)->.rest;.rest out tags center {max(limits.values())};")
    return "\n".join(lines)

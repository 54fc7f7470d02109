"""Photon, a geocoder on OpenStreetMap that forgives typing errors."""

from difflib import SequenceMatcher
from typing import Annotated

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, Latitude, Lenient, Longitude, MaybeText, Text, at_most
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import (
    LONGEST_NAME,
    MOST_RESULTS,
    FoundPlace,
    ask_for_places,
    asked_name,
    is_goal,
    openstreetmap_page,
)
from app.trips.places.names import fold

LEAST_LIKENESS = 0.7
"""It finds something for every text; what shares fewer letters with the name was not meant."""

# The last letter of the Latin scripts: names in others cannot be compared with the English ones that it gives.
_LAST_LATIN = "\u024f"


class _Point(Form):
    """Longitude first."""

    coordinates: tuple[Longitude, Latitude]


class _Properties(Form):
    """`type`: what it is among addresses, such as `city`; `osm_key` and `osm_value`: its main tag."""

    name: Text
    countrycode: Text
    osm_key: Text
    osm_value: Text
    type: MaybeText = None
    state: MaybeText = None
    county: MaybeText = None
    osm_type: MaybeText = None
    osm_id: int | None = None


class _Feature(Form):
    geometry: _Point
    properties: _Properties


class _Answer(Form):
    features: Annotated[list[Lenient[_Feature]], at_most(40)]


class Photon:
    """Photon of komoot, on OpenStreetMap.

    Base address: https://photon.komoot.io. Documentation: https://github.com/komoot/photon/blob/master/docs/api-v1.md.
    Terms of the public server (https://photon.komoot.io): a reasonable number of calls, of which no figure is given;
    extensive use is throttled or banned; no guarantee. The data asks for the attribution below.
    """

    BASE_URL = "https://photon.komoot.io"
    told_by = "OpenStreetMap via Photon"
    attribution = Attribution(
        "Photon",
        "https://photon.komoot.io",
        "© OpenStreetMap contributors, ODbL (https://www.openstreetmap.org/copyright)",
    )

    def __init__(self, hub: ProviderHub, base_url: str) -> None:
        self._api = ProviderApi(hub, "photon", base_url, self.attribution)

    async def search(self, name: str, deadline: Deadline) -> Fetched[list[FoundPlace]]:
        asked = asked_name(name)
        call = Call("/api", {"q": asked, "limit": MOST_RESULTS, "lang": "en"})
        return await ask_for_places(self._api, _Answer, call, deadline, lambda answer: _places(answer, asked))


def _places(answer: _Answer, asked: str) -> list[FoundPlace]:
    features: list[_Feature] = answer.features
    return [_place(feature) for feature in features if _is_meant(feature.properties, asked)]


def _is_meant(found: _Properties, asked: str) -> bool:
    is_place = is_goal(found.osm_key, found.osm_value, found.type) and len(found.name) <= LONGEST_NAME
    return is_place and _is_like(fold(found.name), fold(asked.split(",")[0]))


def _is_like(name: str, asked: str) -> bool:
    """Both folded."""
    if any(letter > _LAST_LATIN for letter in asked):
        return True
    if not name or not asked:
        return False
    return asked in name or name in asked or SequenceMatcher(None, name, asked).ratio() >= LEAST_LIKENESS


def _place(feature: _Feature) -> FoundPlace:
    found = feature.properties
    longitude, latitude = feature.geometry.coordinates
    return FoundPlace(
        name=found.name,
        country_code=found.countrycode.upper(),
        latitude=latitude,
        longitude=longitude,
        region=found.state or found.county,
        kind=found.osm_value if found.osm_value != "administrative" else found.type or found.osm_value,
        url=openstreetmap_page(found.osm_type, found.osm_id),
        certainty=None,
    )

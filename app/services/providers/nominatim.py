"""Nominatim, OpenStreetMap's own geocoder."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import model_validator

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, Latitude, Lenient, Longitude, MaybeText, Text, at_most
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.places.found_places import (
    LONGEST_NAME,
    MOST_RESULTS,
    FoundPlace,
    ask_for_places,
    asked_name,
    is_goal,
    openstreetmap_page,
)

PUBLIC_HOST = "nominatim.openstreetmap.org"
PUBLIC_INTERVAL_S = 1.0


class _Address(Form):
    """Of its many parts. `country_code` in small letters."""

    country_code: Text
    state: MaybeText = None
    province: MaybeText = None
    region: MaybeText = None
    county: MaybeText = None


class _Found(Form):
    """`lat` and `lon` are texts. `category` and `type`: its main tag; `addresstype`: what it is among addresses."""

    lat: Latitude
    lon: Longitude
    name: Text
    category: Text
    type: Text
    addresstype: MaybeText = None
    importance: float | None = None
    osm_type: MaybeText = None
    osm_id: int | None = None
    address: _Address


class _Answer(Form):
    places: Annotated[list[Lenient[_Found]], at_most(40)]

    @model_validator(mode="before")
    @classmethod
    def _is_a_bare_list(cls, value: Any) -> Any:
        """As it sends them; `{"error": …}` has no places and is a fault."""
        return {"places": value} if isinstance(value, list) else value


class Nominatim:
    """Nominatim of the OpenStreetMap Foundation.

    Base address: https://nominatim.openstreetmap.org. Documentation: https://nominatim.org/release-docs/latest/api/
    (Search, Output). Usage policy of the public server (https://operations.osmfoundation.org/policies/nominatim/): at
    most one call a second of all users together, a user agent that names us, answers are kept, no completion while
    somebody types, attribution as below. `ProviderHub` names us; an instance of one's own is not slowed down.
    """

    BASE_URL = "https://nominatim.openstreetmap.org"
    told_by = "OpenStreetMap via Nominatim"
    attribution = Attribution(
        "Nominatim",
        "https://www.openstreetmap.org/copyright",
        "© OpenStreetMap contributors, ODbL (https://www.openstreetmap.org/copyright)",
    )

    def __init__(self, hub: ProviderHub, base_url: str) -> None:
        is_public = urlsplit(base_url).hostname == PUBLIC_HOST
        limits = UsageLimits(interval_s=PUBLIC_INTERVAL_S if is_public else 0.0)
        self._api = ProviderApi(hub, "nominatim", base_url, self.attribution, limits)

    async def search(self, name: str, deadline: Deadline) -> Fetched[list[FoundPlace]]:
        query: dict[str, str | int | float] = {
            "q": asked_name(name),
            "format": "jsonv2",
            "addressdetails": 1,
            "limit": MOST_RESULTS,
            "accept-language": "en",
        }
        return await ask_for_places(self._api, _Answer, Call("/search", query), deadline, _places)


def _places(answer: _Answer) -> list[FoundPlace]:
    found: list[_Found] = answer.places
    return [
        _place(one)
        for one in found
        if is_goal(one.category, one.type, one.addresstype) and len(one.name) <= LONGEST_NAME
    ]


def _place(found: _Found) -> FoundPlace:
    address = found.address
    return FoundPlace(
        name=found.name,
        country_code=address.country_code.upper(),
        latitude=found.lat,
        longitude=found.lon,
        region=address.state or address.province or address.region or address.county,
        kind=found.addresstype or found.type,
        url=openstreetmap_page(found.osm_type, found.osm_id),
        certainty=found.importance,
    )

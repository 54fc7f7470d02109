"""OpenRouteService's geocoder, which is Pelias."""

from typing import Annotated

from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, Latitude, Lenient, Longitude, MaybeText, NoneIsDefault, Text, at_most
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.services.places.found_places import (
    LONGEST_NAME,
    MOST_RESULTS,
    FoundPlace,
    ask_for_places,
    asked_name,
    openstreetmap_page,
)
from app.trips.places.countries import countries_by_code

SEARCHES_A_DAY = 1_000
BUSY_FOR_S = 60.0
LAYERS = ("locality", "localadmin", "borough", "neighbourhood")
"""Those that one can travel to; venues are mostly shops."""

LEAST_CONFIDENCE = 0.6
"""Below that Pelias guessed at part of the name."""


class _Point(Form):
    """Longitude first."""

    coordinates: tuple[Longitude, Latitude]


class _Properties(Form):
    """`country_a`: ISO 3166 alpha-3. `match_type`: `fallback` where only something round the place was found."""

    name: Text
    layer: Text
    country_code: MaybeText = None
    country_a: MaybeText = None
    region: MaybeText = None
    confidence: Annotated[float, NoneIsDefault] = 1.0
    match_type: MaybeText = None
    source: MaybeText = None
    source_id: MaybeText = None


class _Feature(Form):
    geometry: _Point
    properties: _Properties


class _Answer(Form):
    features: Annotated[list[Lenient[_Feature]], at_most(40)]


class OpenRouteGeocoding:
    """Pelias as HeiGIT runs it: OpenStreetMap, Who's On First, GeoNames and OpenAddresses.

    Base address: https://api.heigit.org/pelias/v1; it moved there from https://api.openrouteservice.org/geocode, which
    was announced on 28 April 2026 to be switched off. Documentation:
    https://openrouteservice.org/dev/#/api-docs/geocode, https://github.com/pelias/documentation (search.md,
    response.md). The key stands in the header `Authorization`.
    Limits (https://openrouteservice.org/plans/): 1,000 searches a day, 100 a minute. Attribution as for its roads.
    """

    BASE_URL = "https://api.heigit.org/pelias/v1"
    told_by = "OpenRouteService"
    attribution = Attribution(
        "OpenRouteService",
        "https://openrouteservice.org/",
        "© openrouteservice.org by HeiGIT; geocoding by Pelias; data © OpenStreetMap contributors, ODbL "
        "(https://www.openstreetmap.org/copyright), Who's On First, GeoNames",
    )

    def __init__(self, hub: ProviderHub, base_url: str, key: str) -> None:
        secret = Secret("header", "Authorization", key)
        limits = UsageLimits(SEARCHES_A_DAY, busy_for_s=BUSY_FOR_S)
        self._api = ProviderApi(hub, "openroute-geocoding", base_url, self.attribution, limits, secret)

    async def search(self, name: str, deadline: Deadline) -> Fetched[list[FoundPlace]]:
        query: dict[str, str | int | float] = {
            "text": asked_name(name),
            "size": MOST_RESULTS,
            "layers": ",".join(LAYERS),
            "lang": "en",
        }
        return await ask_for_places(self._api, _Answer, Call("/search", query), deadline, _places)


def _places(answer: _Answer) -> list[FoundPlace]:
    features: list[_Feature] = answer.features
    return [place for feature in features if (place := _place(feature)) is not None]


def _place(feature: _Feature) -> FoundPlace | None:
    found = feature.properties
    country_code = countries_by_code().get((found.country_code or found.country_a or "").lower())
    is_guess = found.match_type == "fallback" or found.confidence < LEAST_CONFIDENCE
    if country_code is None or is_guess or found.layer not in LAYERS or len(found.name) > LONGEST_NAME:
        return None
    longitude, latitude = feature.geometry.coordinates
    return FoundPlace(
        name=found.name,
        country_code=country_code,
        latitude=latitude,
        longitude=longitude,
        region=found.region,
        kind=found.layer,
        url=_page(found),
        certainty=min(1.0, found.confidence),
    )


def _page(found: _Properties) -> str | None:
    """`node/123` of OpenStreetMap, or the number of the two other sources."""
    kind, _, number = (found.source_id or "").rpartition("/")
    if not number.isascii() or not number.isdigit():
        return None
    if found.source == "openstreetmap":
        return openstreetmap_page(kind, int(number))
    if found.source == "whosonfirst":
        return f"https://spelunker.whosonfirst.org/id/{number}"
    return f"https://www.geonames.org/{number}" if found.source == "geonames" else None

"""From what geocoders find to a place of the trip: who is asked when, and what is never made of an answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderBusyError, ProviderError, ProviderFailedError
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.places.found_places import FoundPlace
from app.services.places.geocoding import Geocoding
from app.services.providers.nominatim import Nominatim
from app.services.providers.openroute_geocoding import OpenRouteGeocoding
from app.services.providers.photon import Photon
from app.trips.places.catalogue import all_cities
from app.trips.places.known import KnownPlace
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

HALLSTATT = FoundPlace("Hallstatt", "AT", 47.5614, 13.6464, "Upper Austria", "village", None, None)


def answer(name: str) -> Any:
    return json.loads((Path(__file__).parents[1] / "answers" / f"{name}.json").read_text())


class Finds:
    """A geocoder that finds what it is told."""

    def __init__(self, *found: FoundPlace, told_by: str = "a map", error: ProviderError | None = None) -> None:
        self.told_by = told_by
        self.attribution = Attribution(told_by, "https://maps.example", "© all who drew it")
        self.asked: list[str] = []
        self._found, self._error = list(found), error

    async def search(self, name: str, deadline: Deadline) -> Fetched[list[FoundPlace]]:
        self.asked.append(name)
        if self._error is not None:
            raise self._error
        return Fetched(self._found, datetime.now(UTC), is_live=True)


def failing(told_by: str) -> Finds:
    return Finds(told_by=told_by, error=ProviderFailedError(told_by, "failed (HTTP 500)"))


@pytest.fixture
def live(hub: ProviderHub, provider: StandIn) -> Geocoding:
    """All three, each at its own path of the stand-in."""
    return Geocoding(
        [
            OpenRouteGeocoding(hub, provider.url + "/pelias", "key"),
            Photon(hub, provider.url + "/photon"),
            Nominatim(hub, provider.url + "/nominatim"),
        ]
    )


async def test_a_place_with_its_money_clock_and_source(live: Geocoding, provider: StandIn) -> None:
    provider.answers("/pelias", {"features": []})
    provider.answers("/photon", answer("photon_hallstatt"))
    place = await live.place("hallstatt", Deadline.after(3))
    assert place is not None
    assert (place.name, place.country, place.country_code) == ("Hallstatt", "Austria", "AT")
    assert (place.latitude, place.longitude) == (47.5613772, 13.6463933)
    assert (place.currency, place.timezone, place.city) == ("EUR", "Europe/Vienna", None)
    assert place.assumption == ("“hallstatt” was read as Hallstatt, Upper Austria, Austria (OpenStreetMap via Photon).")
    assert (place.source.provider, place.source.kind) == ("Photon", "live")
    assert place.source.url == "https://www.openstreetmap.org/relation/106797"
    assert "© OpenStreetMap contributors" in (place.source.note or "")
    assert KnownPlace.of(place).place() == place


async def test_the_first_that_knows_it_is_the_last_one_asked(live: Geocoding, provider: StandIn) -> None:
    provider.answers("/pelias", answer("openroute_geocoding_hallstatt"))
    place = await live.place("Hallstatt", Deadline.after(3))
    assert place is not None
    assert place.source.provider == "OpenRouteService"
    assert provider.paths() == ["/pelias/search"]


async def test_failures_and_nothing_found_lead_on(live: Geocoding, provider: StandIn) -> None:
    provider.answers("/pelias", Reply(status=429))
    provider.answers("/photon", {"features": []})
    provider.answers("/nominatim", answer("nominatim_hallstatt"))
    place = await live.place("Hallstatt", Deadline.after(3))
    assert place is not None
    assert place.source.provider == "Nominatim"


async def test_what_nobody_knows_is_none(live: Geocoding, provider: StandIn) -> None:
    provider.answers("/pelias", {"features": []})
    provider.answers("/photon", {"features": []})
    provider.answers("/nominatim", [])
    assert await live.place("Qwxzt", Deadline.after(3)) is None
    assert len(provider.asked) == 3


async def test_where_one_could_be_asked_nobody_knows_it() -> None:
    assert await Geocoding([failing("a"), Finds(), failing("b")]).place("Qwxzt", Deadline.after(1.0)) is None


async def test_where_nobody_could_be_asked_the_last_error_is_raised() -> None:
    busy = Finds(told_by="b", error=ProviderBusyError("b", "asks us to wait (429)"))
    with pytest.raises(ProviderBusyError, match="b asks us to wait"):
        await Geocoding([failing("a"), busy]).place("Hallstatt", Deadline.after(1.0))


async def test_without_geocoders_nobody_knows_it() -> None:
    assert await Geocoding([]).place("Hallstatt", Deadline.after(1.0)) is None


@pytest.mark.parametrize("text", ["", "   ", "!!!", "\u200b\u202e", "<b></b>", ",;-"])
async def test_a_text_without_a_name_is_not_asked_for(text: str) -> None:
    geocoder = Finds(HALLSTATT)
    assert await Geocoding([geocoder]).place(text, Deadline.after(1.0)) is None
    assert geocoder.asked == []


async def read(found: FoundPlace, *others: FoundPlace, text: str = "asked") -> Any:
    return await Geocoding([Finds(found, *others)]).place(text, Deadline.after(1.0))


@pytest.mark.parametrize(
    "found",
    [
        replace(HALLSTATT, country_code="QQ"),
        replace(HALLSTATT, country_code=""),
        replace(HALLSTATT, country_code="austria"),
        replace(HALLSTATT, latitude=13.6464, longitude=47.5614),  # swapped: in the Gulf of Aden
        replace(HALLSTATT, latitude=-47.5614),
        replace(HALLSTATT, country_code="NZ"),
    ],
)
async def test_what_cannot_lie_there_is_passed_over_for_the_next(found: FoundPlace) -> None:
    assert await read(found) is None
    place = await read(found, replace(HALLSTATT, name="The next"))
    assert place.name == "The next"


@pytest.mark.parametrize(
    ("found", "code", "currency", "timezone"),
    [
        (FoundPlace("Hell-Bourg", "FR", -21.066, 55.524, None, "village", None, None), "RE", "EUR", "Indian/Reunion"),
        (FoundPlace("Tai O", "CN", 22.254, 113.863, "Hong Kong", "village", None, None), "HK", "HKD", "Asia/Hong_Kong"),
        (FoundPlace("Culebra", "US", 18.303, -65.301, None, "island", None, None), "PR", "USD", "America/Puerto_Rico"),
        (FoundPlace("Ny-Ålesund", "NO", 78.924, 11.923, None, "town", None, None), "SJ", "NOK", "Arctic/Longyearbyen"),
        (FoundPlace("Oymyakon", "RU", 63.461, 142.787, None, "village", None, None), "RU", "RUB", None),
        (FoundPlace("Coober Pedy", "AU", -29.014, 134.754, None, "town", None, None), "AU", "AUD", None),
        (FoundPlace("Taveuni", "FJ", -16.85, -179.97, None, "island", None, None), "FJ", "FJD", "Pacific/Fiji"),
    ],
)
async def test_places_at_the_end_of_the_world(
    found: FoundPlace, code: str, currency: str, timezone: str | None
) -> None:
    place = await read(found)
    assert (place.country_code, place.currency) == (code, currency)
    assert timezone is None or place.timezone == timezone


@pytest.mark.parametrize(
    ("found", "name", "holiday_region"),
    [
        (FoundPlace("Marfa", "US", 30.3095, -104.0206, "Texas", "town", None, None), "Marfa, Texas", "TX"),
        (FoundPlace("Banff", "CA", 51.1784, -115.5708, "Alberta", "town", None, None), "Banff, Alberta", "AB"),
        (FoundPlace("Glencoe", "GB", 56.6826, -5.1023, "Scotland", "village", None, None), "Glencoe", "SCT"),
        (FoundPlace("Byron Bay", "AU", -28.6474, 153.602, "New South Wales", "town", None, None), "Byron Bay", "NSW"),
        (FoundPlace("Ocean Park", "US", 34.0, -118.48, None, "suburb", None, None), "Ocean Park, California", "CA"),
        (FoundPlace("Marfa", "US", 30.3095, -104.0206, "Qwxzt", "town", None, None), "Marfa", None),
        (HALLSTATT, "Hallstatt", None),
    ],
)
async def test_the_region_where_it_is_known(found: FoundPlace, name: str, holiday_region: str | None) -> None:
    place = await read(found)
    assert (place.name, place.holiday_region) == (name, holiday_region)


async def test_a_city_of_the_catalogue_is_known_again() -> None:
    vienna = all_cities()["vienna"]
    found = FoundPlace("Vienna", "AT", vienna.latitude + 0.05, vienna.longitude, None, "city", None, None)
    place = await read(found, text="Wien an der Donau")
    assert (place.city, place.timezone) == (vienna, vienna.timezone)
    assert (place.latitude, place.longitude) == (vienna.latitude, vienna.longitude)
    assert place.assumption == "“Wien an der Donau” was read as Vienna, Austria (a map)."


@pytest.mark.parametrize(
    "found",
    [
        FoundPlace("Klosterneuburg", "AT", 48.3053, 16.3256, None, "town", None, None),
        FoundPlace("Vienna", "AT", 48.45, 16.37, None, "hamlet", None, None),
        FoundPlace("Vienna", "US", 38.9012, -77.2653, "Virginia", "town", None, None),
    ],
)
async def test_neighbours_and_namesakes_of_a_city_are_not_it(found: FoundPlace) -> None:
    assert (await read(found)).city is None


async def test_the_text_that_was_asked_for_is_told_as_plain_text() -> None:
    place = await read(HALLSTATT, text="<script>x</script>Hall\u202e<b>statt</b>" + "y" * 500)
    assert place.assumption.startswith("“Hall statt")
    assert not set("<>\u202e") & set(place.assumption)
    assert len(place.assumption) < 250

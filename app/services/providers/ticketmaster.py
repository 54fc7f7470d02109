"""Ticketmaster, Discovery API: concerts, matches and shows for which it or its partners sell tickets."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import AliasChoices, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.services.events.found_events import LIFETIME, FoundEvent, OrNone, clock, known_zone, last_day, point
from app.services.outside.deadlines import Deadline
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import Form, Latitude, Lenient, Longitude, MaybeText, MaybeUrl, Text, at_most
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.trips.places.place import Place

_PATH = "/discovery/v2/events.json"
# One event is some 12 kB with its pictures; as many as its largest page, 200, might be more than is read.
_PAGE = 100
_RADIUS_KM = 30
# A cell of about 5 km: places so near each other share an answer.
_GEOHASH_LENGTH = 5
_GEOHASH_DIGITS = "0123456789bcdefghjkmnpqrstuvwxyz"
# Neither of them takes place on the day for which it is listed.
_NOT_ON = ("cancelled", "canceled", "postponed")
_SAYS_NOTHING = ("Undefined", "Other", "Miscellaneous")

_Maybe = Annotated[bool | None, OrNone]
_Price = Annotated[float | None, Field(ge=0, le=1e7), OrNone]


class _Part(Form):
    """Its members are named in camel case; what was kept of them is not."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


class _Moment(_Part):
    """`local_date` as `2027-03-24`, `local_time` as `19:00:00`, `date_time` in UTC. The rest: what is not known yet."""

    local_date: MaybeText = None
    local_time: MaybeText = None
    date_time: MaybeText = None
    date_tbd: _Maybe = Field(None, validation_alias=AliasChoices("dateTBD", "date_tbd"))
    date_tba: _Maybe = Field(None, validation_alias=AliasChoices("dateTBA", "date_tba"))
    time_tba: _Maybe = Field(None, validation_alias=AliasChoices("timeTBA", "time_tba"))
    no_specific_time: _Maybe = None
    approximate: _Maybe = None


class _Status(_Part):
    code: MaybeText = None


class _Dates(_Part):
    start: _Moment
    end: Annotated[_Moment | None, OrNone] = None
    timezone: MaybeText = None
    status: Annotated[_Status | None, OrNone] = None


class _Named(_Part):
    name: MaybeText = None


class _Classification(_Part):
    segment: Annotated[_Named | None, OrNone] = None
    genre: Annotated[_Named | None, OrNone] = None


class _PriceRange(_Part):
    min: _Price = None
    max: _Price = None


class _Address(_Part):
    line1: MaybeText = None


class _Location(_Part):
    latitude: Annotated[Latitude | None, OrNone] = None
    longitude: Annotated[Longitude | None, OrNone] = None


class _Venue(_Part):
    name: MaybeText = None
    address: Annotated[_Address | None, OrNone] = None
    city: Annotated[_Named | None, OrNone] = None
    location: Annotated[_Location | None, OrNone] = None
    timezone: MaybeText = None


class _Venues(_Part):
    venues: Annotated[list[Lenient[_Venue]], at_most(5)] = []


class _Listed(_Part):
    name: Text
    url: MaybeUrl = None
    dates: _Dates
    classifications: Annotated[list[Lenient[_Classification]], at_most(5)] = []
    price_ranges: Annotated[list[Lenient[_PriceRange]], at_most(20)] = []
    within: Annotated[_Venues | None, OrNone] = Field(None, validation_alias=AliasChoices("_embedded", "within"))


class _Events(_Part):
    events: Annotated[list[Lenient[_Listed]], at_most(200)] = []


class _Size(_Part):
    total_elements: int


class _Found(_Part):
    """`_embedded` is not there where nothing is found; `page` always is."""

    page: _Size
    within: _Events | None = Field(None, validation_alias=AliasChoices("_embedded", "within"))


class Ticketmaster:
    """Ticketmaster, Discovery API v2.

    Address: `https://app.ticketmaster.com`. Its key goes into the query as `apikey`. Page, read on 29 November 2026:
    https://developer.ticketmaster.com/products-and-docs/apis/discovery-api/v2/. It allows 5,000 calls a day and 5 a
    second. `geoPoint`, a geohash, takes the place of `latlong`, which it may give up; `localStartEndDateTime` is what
    overlaps days by the venue's clock, so that no zone has to be known to ask. Each event keeps the link to its page
    there, where its tickets are sold.
    """

    attribution = Attribution("Ticketmaster", "https://www.ticketmaster.com")

    def __init__(self, hub: ProviderHub, base_url: str, key: str) -> None:
        self._api = ProviderApi(
            hub,
            "ticketmaster",
            base_url,
            self.attribution,
            UsageLimits(daily_quota=5000, interval_s=0.2),
            Secret("query", "apikey", key),
        )

    async def search(self, place: Place, first: date, last: date, deadline: Deadline) -> Fetched[list[FoundEvent]]:
        """What overlaps the days, the most sought first, at most 100 of them. Raises ProviderError."""
        call = Call(
            _PATH,
            {
                "geoPoint": _geohash(place.latitude, place.longitude),
                "radius": _RADIUS_KM,
                "unit": "km",
                "localStartEndDateTime": f"{first.isoformat()}T00:00:00,{last.isoformat()}T23:59:59",
                "locale": "en,*",
                "sort": "relevance,desc",
                "size": _PAGE,
            },
        )
        answer = await self._api.ask(_Found, call, LIFETIME, deadline)
        found = [_found(listed) for listed in (answer.value.within or _Events()).events]
        return answer.replaced([event for event in found if event and event.is_within(first, last)])


def _geohash(latitude: float, longitude: float) -> str:
    """The cell's name by the usual scheme: five bits a digit, longitude and latitude halved in turn."""
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = 0
    for turn in range(_GEOHASH_LENGTH * 5):
        span, value = spans[turn % 2], (longitude, latitude)[turn % 2]
        middle = sum(span) / 2
        is_above = value >= middle
        span[0 if is_above else 1] = middle
        bits = bits * 2 + is_above
    return "".join(_GEOHASH_DIGITS[bits >> shift & 31] for shift in range(_GEOHASH_LENGTH * 5 - 5, -1, -5))


def _found(listed: _Listed) -> FoundEvent | None:
    """None for what does not take place, or on a day that is not known."""
    dates = listed.dates
    venue = next(iter(listed.within.venues), _Venue()) if listed.within else _Venue()
    zone = known_zone(dates.timezone) or known_zone(venue.timezone)
    starts, starts_at = _local(dates.start, zone.key if zone else None)
    if starts is None or (dates.status and (dates.status.code or "").lower() in _NOT_ON):
        return None
    ends, ends_at = _end(dates.end, starts, starts_at, zone.key if zone else None)
    location = venue.location or _Location()
    lines = [venue.address and venue.address.line1, venue.city and venue.city.name]
    return FoundEvent(
        name=listed.name,
        starts=starts,
        ends=ends,
        starts_at=None if starts_at is None else clock(starts_at),
        ends_at=ends_at,
        timezone=zone.key if zone else None,
        venue=venue.name,
        address=", ".join(line for line in lines if line) or None,
        coordinates=point(location.latitude, location.longitude),
        url=listed.url,
        description=_kind(listed.classifications),
        is_free=_is_free(listed.price_ranges),
    )


def _local(moment: _Moment, zone_name: str | None) -> tuple[date | None, time | None]:
    """Day and hour by the venue's clock, each None where it is not known."""
    if moment.date_tbd or moment.date_tba:
        return None, None
    try:
        day = date.fromisoformat(moment.local_date) if moment.local_date else None
        hour = time.fromisoformat(moment.local_time).replace(tzinfo=None) if moment.local_time else None
        zone = known_zone(zone_name)
        if day is None and moment.date_time and zone:
            there = datetime.fromisoformat(moment.date_time).replace(tzinfo=UTC).astimezone(zone)
            day, hour = there.date(), there.time()
    except (ValueError, OverflowError):
        return None, None
    return day, None if moment.time_tba or moment.no_specific_time or moment.approximate else hour


def _end(moment: _Moment | None, starts: date, starts_at: time | None, zone: str | None) -> tuple[date, str | None]:
    """The first day where no end is known, or one before the start."""
    day, hour = _local(moment, zone) if moment else (None, None)
    if day is None or day < starts:
        return starts, None
    if hour is None:
        return day, None
    is_before = day == starts and starts_at is not None and hour < starts_at
    return (starts, None) if is_before else last_day(starts, datetime.combine(day, hour))


def _kind(classifications: list[_Classification]) -> str | None:
    """`Sports, Basketball.`"""
    first = next(iter(classifications), _Classification())
    names = [part.name for part in (first.segment, first.genre) if part and part.name]
    told = [name for name in dict.fromkeys(names) if name not in _SAYS_NOTHING]
    return f"{', '.join(told)}." if told else None


def _is_free(prices: list[_PriceRange]) -> bool | None:
    """True only where every price that is named is nothing."""
    highest = [price.max for price in prices]
    if any(price.max or price.min for price in prices):
        return False
    return True if highest and None not in highest else None

"""OpenWeb Ninja, Real-Time Events Search: what event sites announce, as Google Events gathers it."""

from asyncio import gather
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from app.services.events.found_events import (
    LIFETIME,
    LONGEST_DESCRIPTION,
    FoundEvent,
    OrNone,
    clock,
    distance_km,
    known_zone,
    last_day,
    point,
)
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderError
from app.services.outside.fetched import Attribution, Fetched
from app.services.outside.forms import (
    Form,
    Latitude,
    Lenient,
    Longitude,
    MaybeText,
    MaybeUrl,
    Text,
    at_most,
    plain_text,
)
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.rate_limited_call import UsageLimits
from app.trips.places.place import Place
from app.trips.reports import Coordinates

_PATH = "/realtime-events-data/search-events"
_PAGE = 10
CALLS_A_MONTH = 50
"""Of the free plan. Whoever pays for another one says so in `PROVIDER_QUOTAS`."""
# What lies farther away was found for the sake of a name, or is streamed from elsewhere.
_FARTHEST_KM = 60.0
# Seconds. A midnight that is known no better than to the minute is a day without an hour.
_TO_THE_MINUTE = 60
_TO_HALF_A_DAY = 12 * 3600

_Seconds = Annotated[int | None, Field(ge=0), OrNone]


class _Link(Form):
    link: MaybeUrl = None


class _Venue(Form):
    name: MaybeText = None
    full_address: MaybeText = None
    latitude: Annotated[Latitude | None, OrNone] = None
    longitude: Annotated[Longitude | None, OrNone] = None
    timezone: MaybeText = None


class _Listed(Form):
    """Times are `2025-05-10 14:00:00`, without any zone."""

    name: Text
    link: MaybeUrl = None
    description: MaybeText = None
    start_time: MaybeText = None
    start_time_utc: MaybeText = None
    start_time_precision_sec: _Seconds = None
    end_time: MaybeText = None
    end_time_precision_sec: _Seconds = None
    is_virtual: Annotated[bool | None, OrNone] = None
    ticket_links: Annotated[list[_Link] | None, OrNone] = None
    venue: Annotated[_Venue | None, OrNone] = None


class _Page(Form):
    status: Literal["OK"]
    data: Annotated[list[Lenient[_Listed]], at_most(100)]


class OpenWebNinja:
    """OpenWeb Ninja, Real-Time Events Search.

    Address: `https://api.openwebninja.com`. Its key goes into the header `x-api-key`. Pages, read on 29 November 2026:
    https://www.openwebninja.com/api/real-time-events-search and, for the values of `date`, the size of a page and
    `start`, its own client at https://github.com/OpenWeb-Ninja/openwebninja-skills. Its `date` knows only spans such
    as `week` and `next_month`, counted from today: the month is asked for in words instead, and the days are picked
    here. It tells no prices, so that nothing of it is known to be free. Plans are by the month; that of the free one is
    told where the same API is sold as well (https://rapidapi.com/letscrape-6bRBa3QguO5/api/real-time-events-search):
    50 calls, and none beyond. Answers are shared by all trips of one month.
    """

    attribution = Attribution("OpenWeb Ninja", "https://www.openwebninja.com/api/real-time-events-search")

    def __init__(self, hub: ProviderHub, base_url: str, key: str) -> None:
        secret = Secret("header", "x-api-key", key)
        self._api = ProviderApi(
            hub, "openweb-ninja", base_url, self.attribution, UsageLimits(monthly_quota=CALLS_A_MONTH), secret
        )

    async def search(self, place: Place, first: date, last: date, deadline: Deadline) -> Fetched[list[FoundEvent]]:
        """What overlaps the days, in the provider's order. Two pages of one month, or the first page of each of
        several, all at once. Raises ProviderError."""
        months = _months(first, last)
        starts = [(month, 0) for month in months] + ([(months[0], _PAGE)] if len(months) == 1 else [])
        answers = await gather(*(self._page(place, *start, deadline) for start in starts), return_exceptions=True)
        pages: list[Fetched[_Page]] = []
        for number, answer in enumerate(answers):
            if not isinstance(answer, BaseException):
                pages.append(answer)
            elif number < len(months) or not isinstance(answer, ProviderError):
                raise answer  # a second page is done without
        found = [_found(listed, place) for page in pages for listed in page.value.data]
        kept = [event for event in found if event and event.is_within(first, last) and _is_near(event, place)]
        return _oldest(pages).replaced(kept)

    async def _page(self, place: Place, month: date, start: int, deadline: Deadline) -> Fetched[_Page]:
        query = f"events in {place.full_name} {month:%B %Y}"
        call = Call(_PATH, {"query": query, "date": "any", "is_virtual": "false", "start": start})
        return await self._api.ask(_Page, call, LIFETIME, deadline)


def _months(first: date, last: date) -> list[date]:
    """The first day of each month that the days touch."""
    count = (last.year - first.year) * 12 + last.month - first.month
    numbers = [first.year * 12 + first.month - 1 + offset for offset in range(count + 1)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _oldest(pages: Sequence[Fetched[_Page]]) -> Fetched[_Page]:
    """By which all of them are labelled."""
    return min(pages, key=lambda page: (page.is_live, page.stale_because is None, page.fetched_at))


def _found(listed: _Listed, place: Place) -> FoundEvent | None:
    """None for what is on nowhere, or on no known day."""
    starts = _moment(listed.start_time)
    if starts is None or listed.is_virtual:
        return None
    venue = listed.venue or _Venue()
    ends, ends_at = _end(listed, starts)
    links = [link.link for link in listed.ticket_links or [] if link.link]
    return FoundEvent(
        name=listed.name,
        starts=starts.date(),
        ends=ends,
        starts_at=_hour(starts, listed.start_time_precision_sec),
        ends_at=ends_at,
        timezone=_zone_name(listed, venue, starts, place),
        venue=venue.name,
        address=venue.full_address,
        coordinates=point(venue.latitude, venue.longitude),
        url=listed.link or next(iter(links), None),
        description=plain_text(listed.description or "", LONGEST_DESCRIPTION) or None,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        return None


def _hour(moment: datetime, precision_s: int | None) -> str | None:
    is_midnight = moment.time() == datetime.min.time()
    if is_midnight and (precision_s is None or precision_s > _TO_THE_MINUTE):
        return None
    return None if precision_s is not None and precision_s >= _TO_HALF_A_DAY else clock(moment.time())


def _end(listed: _Listed, starts: datetime) -> tuple[date, str | None]:
    """The first day where no end is known, or one before the start."""
    ends = _moment(listed.end_time)
    if ends is None or ends < starts:
        return starts.date(), None
    if _hour(ends, listed.end_time_precision_sec) is None:
        return ends.date(), None
    return last_day(starts.date(), ends)


def _zone_name(listed: _Listed, venue: _Venue, starts: datetime, place: Place) -> str | None:
    """The zone of the local times. Where the provider knew none, it gives them as UTC as well; they are local all the
    same, so that nothing is ever converted. Then the venue's zone holds; the place's would be a guess."""
    at_venue = known_zone(venue.timezone)
    utc = _moment(listed.start_time_utc)
    if utc is None or utc == starts:
        return at_venue.key if at_venue else None
    zone = at_venue or known_zone(place.timezone)
    return zone.key if zone and zone.utcoffset(starts) == starts - utc else None


def _is_near(event: FoundEvent, place: Place) -> bool:
    at = event.coordinates
    here = Coordinates(latitude=place.latitude, longitude=place.longitude)
    return at is None or distance_km(at, here) <= _FARTHEST_KM

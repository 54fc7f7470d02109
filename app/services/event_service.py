"""What is on at a place during a trip: public holidays and yearly festivals, and what they shut."""

from collections.abc import Callable
from datetime import date, timedelta

from app.services.event_words import summary_of
from app.services.festivals import is_in_month_of, spans_within
from app.services.holidays_calendar import HOLIDAYS_SOURCE, Holiday, holidays_between
from app.services.past_dates import past_dates_warning
from app.trips.places.catalogue import CATALOGUE_EDITION, City, Festival
from app.trips.places.place import Place
from app.trips.reports import Event, EventsReport, Source

_USUALLY_CLOSED = "Banks and public offices close, often shops as well; check the hours of museums."
_BY_RULE = "Dates by the festival's usual yearly rule; check this year's programme."
# Order in which events of one day are told.
_KINDS = ("public_holiday", "festival", "event", "observance")


class EventService:
    """Bundled knowledge only; it does not know concerts, exhibitions or matches. `today`: the day of the question."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today

    async def events(self, place: Place, days: list[date], limit: int) -> EventsReport:
        """Events that overlap the days, in order, at most `limit` of them. `days`: at least one, in order."""
        calendar = holidays_between(place, days[0], days[-1])
        found = [_holiday_event(holiday, place.city) for holiday in calendar.holidays]
        found += _festival_events(place.city, days)
        found.sort(key=lambda event: (event.starts, _KINDS.index(event.kind), event.name))
        kept = found[:limit]
        return EventsReport(
            location=place.resolved(),
            events=kept,
            event_summary=summary_of(place, kept, calendar.is_known),
            free_events=[event for event in kept if event.is_free],
            warnings=[
                *_first(past_dates_warning(days, self._today())),
                *calendar.warnings,
                *_festival_warnings(place, days, found),
                *_left_out(len(found) - len(kept), limit),
            ],
            sources=_sources(kept, calendar.is_known),
        )


def _holiday_event(holiday: Holiday, city: City | None) -> Event:
    usual = [_USUALLY_CLOSED] if holiday.kind == "public_holiday" else []
    closed = " ".join([*usual, *_closed_sights(city, holiday)])
    return Event(
        name=holiday.name,
        kind=holiday.kind,
        starts=holiday.starts,
        ends=holiday.ends,
        description=holiday.remark,
        closes=closed or None,
        source=HOLIDAYS_SOURCE,
    )


def _closed_sights(city: City | None, holiday: Holiday) -> list[str]:
    length = (holiday.ends - holiday.starts).days + 1
    dates = {(holiday.starts + timedelta(days=offset)).strftime("%m-%d") for offset in range(length)}
    names = [sight.name for sight in (city.sights if city else []) if dates & set(sight.closed_dates)]
    return [f"Closed that day: {', '.join(names)}."] if names else []


def _festival_events(city: City | None, days: list[date]) -> list[Event]:
    return [
        _festival_event(festival, starts, ends)
        for festival in (city.festivals if city else [])
        for starts, ends in spans_within(festival, days[0], days[-1])
    ]


def _festival_event(festival: Festival, starts: date, ends: date) -> Event:
    return Event(
        name=festival.name,
        kind="festival",
        starts=starts,
        ends=ends,
        venue=festival.venue,
        description=festival.description,
        is_free=festival.free,
        source=Source(provider=festival.source, kind="catalogue", retrieved_at=CATALOGUE_EDITION, note=_BY_RULE),
    )


def _festival_warnings(place: Place, days: list[date], found: list[Event]) -> list[str]:
    """Festivals without a rule for their dates, unless they are public holidays, whose dates are known (Holi)."""
    if place.city is None:
        return [f"No festivals are bundled for {place.name}; ask its tourist office."]
    dated = {event.name for event in found}
    moving = [festival for festival in place.city.festivals if is_in_month_of(festival, days)]
    moving = [festival for festival in moving if festival.name not in dated]
    return [
        f"{festival.name} takes place about then ({_month_name(festival)}), on dates announced each year."
        for festival in moving
    ]


def _month_name(festival: Festival) -> str:
    month = getattr(festival.when, "month", 1)
    return f"{date(2000, month, 1):%B}"


def _left_out(count: int, limit: int) -> list[str]:
    if count <= 0:
        return []
    return [f"{count} more {'event is' if count == 1 else 'events are'} left out; {limit} were asked for."]


def _first(text: str | None) -> list[str]:
    return [text] if text else []


def _sources(events: list[Event], holidays_are_known: bool) -> list[Source]:
    """Each source once; the holidays library also where it knows of no holiday then, which is its statement."""
    asked = [HOLIDAYS_SOURCE] if holidays_are_known else []
    return list(dict.fromkeys([*asked, *(event.source for event in events)]))

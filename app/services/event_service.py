"""What is on during a trip, at one place or several: public holidays and yearly festivals, and what they shut; and
whatever else providers know of.
"""

from asyncio import gather
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.services.events.chain import EventChain, LiveEvents, events_of
from app.services.events.event_places import place_text
from app.services.events.festivals import is_in_month_of, spans_within
from app.services.events.found_events import are_called_alike, as_one_festival, same_festival
from app.services.events.holidays_calendar import HOLIDAYS_SOURCE, Holiday, HolidayList, holidays_between
from app.services.events.words import found_instead, summary_of, zone_warnings
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.services.past_dates import past_dates_warning
from app.trips.places.catalogue import CATALOGUE_EDITION, City, Festival
from app.trips.places.place import Place
from app.trips.reports import Event, EventsReport, Source

_USUALLY_CLOSED = "Banks and public offices close, often shops as well; check the hours of museums."
_BY_RULE = "Dates by the festival's usual yearly rule; check this year's programme."
# Order in which events of one day are told.
_KINDS = ("public_holiday", "festival", "event", "observance")


@dataclass(frozen=True)
class _PlaceEvents:
    """What one destination has: `holidays` are its country's and region's, `festivals` its own."""

    place: Place
    calendar: HolidayList
    festivals: list[Event]

    @property
    def dated_names(self) -> set[str]:
        holidays = {holiday.name for holiday in self.calendar.holidays}
        return holidays | {festival.name for festival in self.festivals}


class EventService:
    """Bundled knowledge, and beside it concerts, exhibitions and matches from `live`; None: nobody is asked for them.
    `today`: the day of the question."""

    def __init__(self, today: Callable[[], date], live: EventChain | None = None) -> None:
        self._today = today
        self._live = live

    async def events(
        self,
        place: Place,
        days: list[date],
        limit: int,
        further: Sequence[Place] = (),
        deadline: Deadline = NO_DEADLINE,
    ) -> EventsReport:
        """Events that overlap the days, in order, at most `limit` of them; holidays and festivals are kept before
        others. `days`: at least one, in order.

        `further`: the trip's other destinations; their events are among the others, over all days of the trip.
        `deadline`: of the report.
        """
        places = (place, *further)
        answers = await self._found_live(places, days, deadline)
        looked_up = [_events_of(found, days, is_named=bool(further)) for found in places]
        festivals, others = _with_live([event for at in looked_up for event in at.festivals], events_of(answers))
        found = sorted([*_holiday_events(looked_up), *festivals], key=_order)
        kept = sorted([*found[:limit], *_shared_out(others, days[0])[: max(0, limit - len(found))]], key=_order)
        warnings = [
            *_first(past_dates_warning(days, self._today())),
            *(text for answer in answers for text in answer.warnings),
            *(text for at in looked_up for text in at.calendar.warnings),
            *(text for at in looked_up for text in _festival_warnings(at, days, answers, is_named=bool(further))),
            *zone_warnings(kept),
            *_left_out(len(found) + len(others) - len(kept), limit),
        ]
        searched = {answer.place for answer in answers if answer.is_searched}
        return EventsReport(
            location=place.resolved(),
            events=kept,
            event_summary=summary_of(
                [(at.place, at.calendar.is_known) for at in looked_up],
                kept,
                unsearched=[found.name for found in places if found not in searched],
            ),
            free_events=[event for event in kept if event.is_free],
            warnings=list(dict.fromkeys(warnings)),
            sources=_sources(kept, any(at.calendar.is_known for at in looked_up)),
        )

    async def _found_live(self, places: Sequence[Place], days: list[date], deadline: Deadline) -> list[LiveEvents]:
        """One for each place, all asked at once; empty where all days have passed, of which no provider tells."""
        if self._live is None or days[-1] < self._today():
            return []
        return await gather(*(self._live.search(place, days[0], days[-1], deadline) for place in places))


def _order(event: Event) -> tuple[date, int, str, str]:
    return event.starts, _KINDS.index(event.kind), event.starts_at or "", event.name


def _with_live(festivals: list[Event], live: list[Event]) -> tuple[list[Event], list[Event]]:
    """The festivals, as this year's where a provider has them, and what else is on."""
    found, others = [], list(live)
    for festival in festivals:
        match = same_festival(festival, others)
        if match is not None:
            others.remove(match)
        found.append(festival if match is None else as_one_festival(festival, match))
    return found, others


def _shared_out(events: Sequence[Event], first: date) -> list[Event]:
    """So that no day takes all the room: of each day and place one event first, then of each a second, and so on. Of
    one day in the order of the provider, which knows what is notable."""
    count: Counter[tuple[date, str | None]] = Counter()
    ranks: list[int] = []
    for event in events:
        day = max(event.starts, first), event.place
        ranks.append(count[day])
        count[day] += 1
    return [event for _, event in sorted(zip(ranks, events, strict=True), key=lambda ranked: ranked[0])]


def _events_of(place: Place, days: list[date], *, is_named: bool) -> _PlaceEvents:
    """`is_named`: its festivals bear the place's name."""
    festivals = _festival_events(place.city, days, place.name if is_named else None)
    return _PlaceEvents(place, holidays_between(place, days[0], days[-1]), festivals)


def _holiday_events(looked_up: Sequence[_PlaceEvents]) -> list[Event]:
    """Each holiday of a country once, with the places that have it where not all of the trip do."""
    places_by_holiday: dict[tuple[str, Holiday], list[Place]] = {}
    for at in looked_up:
        for holiday in at.calendar.holidays:
            places_by_holiday.setdefault((at.place.country_code, holiday), []).append(at.place)
    return [
        _holiday_event(holiday, places, is_everywhere=len(places) == len(looked_up))
        for (_, holiday), places in places_by_holiday.items()
    ]


def _holiday_event(holiday: Holiday, places: list[Place], *, is_everywhere: bool) -> Event:
    usual = [_USUALLY_CLOSED] if holiday.kind == "public_holiday" else []
    cities = [place.city for place in places if place.city is not None]
    closed = " ".join([*usual, *_closed_sights(cities, holiday)])
    return Event(
        name=holiday.name,
        kind=holiday.kind,
        starts=holiday.starts,
        ends=holiday.ends,
        description=holiday.remark,
        closes=closed or None,
        place=None if is_everywhere else place_text([place.name for place in places]),
        source=HOLIDAYS_SOURCE,
    )


def _closed_sights(cities: list[City], holiday: Holiday) -> list[str]:
    length = (holiday.ends - holiday.starts).days + 1
    days = [holiday.starts + timedelta(days=offset) for offset in range(length)]
    names = [sight.name for city in cities for sight in city.sights if any(map(sight.has_closing_day, days))]
    return [f"Closed that day: {', '.join(names)}."] if names else []


def _festival_events(city: City | None, days: list[date], place_name: str | None) -> list[Event]:
    return [
        _festival_event(festival, starts, ends, place_name)
        for festival in (city.festivals if city else [])
        for starts, ends in spans_within(festival, days[0], days[-1])
    ]


def _festival_event(festival: Festival, starts: date, ends: date, place_name: str | None) -> Event:
    return Event(
        name=festival.name,
        kind="festival",
        starts=starts,
        ends=ends,
        venue=festival.venue,
        description=festival.description,
        is_free=festival.free,
        place=place_name,
        source=Source(provider=festival.source, kind="catalogue", retrieved_at=CATALOGUE_EDITION, note=_BY_RULE),
    )


def _festival_warnings(
    at: _PlaceEvents, days: list[date], answers: Sequence[LiveEvents], *, is_named: bool
) -> list[str]:
    """Festivals without a rule for their dates, unless their dates are known: as public holidays (Holi), or from a
    provider."""
    live = next((answer for answer in answers if answer.place == at.place), None)
    if at.place.city is None:
        return [found_instead(at.place, live.source if live else None)]
    found = live.events if live else []
    moving = [festival for festival in at.place.city.festivals if is_in_month_of(festival, days)]
    moving = [
        festival
        for festival in moving
        if festival.name not in at.dated_names
        and not any(are_called_alike(event.name, festival.name) for event in found)
    ]
    where = f" ({at.place.name})" if is_named else ""
    return [
        f"{festival.name}{where} takes place about then ({_month_name(festival)}), on dates announced each year."
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

"""iCalendar (RFC 5545): an event for each stop at which the traveller is expected.

Ways and rests are no events; the way to a stop is in its description. Event ids are those of `identity.py`.

icalendar escapes and folds. It is not asked to describe time zones: its generator (7.3) lets summer time begin an hour
late and lists zones in random order. So the observances are found here and only written with it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.trips.exports.document import Day, Stop, TripDocument
from app.trips.exports.wording import kind_word, long_date, stop_lines

if TYPE_CHECKING:
    from icalendar import Calendar, Event, Timezone

_PRODUCT = "-//Ringmaster Round Table//Trip export//EN"

_MARGIN = timedelta(days=400)
"""How far beyond the trip a zone is described, so that there is a change of the clocks before it and after it."""

_STEP = timedelta(hours=12)
"""Between two looks at the clocks; no zone sets them twice in that time."""

_SECOND = timedelta(seconds=1)

_SMALLEST = 0.0001
"""RFC 5545 has no exponents, and Python writes smaller numbers with one; they are taken for 0, at most 11 m off."""


def write(trip: TripDocument) -> bytes:
    # Imported here: it takes about 150 ms, which a gateway that is never asked for a calendar need not spend to start.
    from icalendar import Calendar, vText

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    # Each by its standard name and by the one that is older and better known. Its own setters would not escape them.
    for text, names in ((trip.title, ("name", "x-wr-calname")), (_about(trip), ("description", "x-wr-caldesc"))):
        for name in names:
            calendar.add(name, vText(text))
    events = [_event(stop, way, day, trip) for day in trip.days for stop, way in _engagements(day)]
    for zone in _zones(trip):
        calendar.add_component(_timezone(zone, trip))
    for event in events:
        calendar.add_component(event)
    return _bytes(calendar)


def _bytes(calendar: "Calendar") -> bytes:
    return bytes(calendar.to_ical())


def _about(trip: TripDocument) -> str:
    missing = [f"Missing: {failure.label}." for failure in trip.failures]
    message = f"{trip.message}." if trip.message else ""
    return " ".join(
        filter(None, (message, "Times are planned, partly from estimates; check them.", *missing, *trip.cautions))
    )


def _engagements(day: Day) -> Iterator[tuple[Stop, Stop | None]]:
    """Each stop that becomes an event, with the way that leads to it."""
    way: Stop | None = None
    for stop in day.stops:
        if stop.is_engagement:
            yield stop, way
        way = stop if stop.is_way else None


def _event(stop: Stop, way: Stop | None, day: Day, trip: TripDocument) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", stop.id)
    event.add("dtstamp", trip.updated_at)
    event.add("last-modified", trip.updated_at)
    event.add("summary", stop.title)
    _add_times(event, stop, day.date)
    event.add("location", _location(stop, trip))
    if stop.point:
        degrees = (stop.point.latitude, stop.point.longitude)
        event.add("geo", tuple(0.0 if abs(value) < _SMALLEST else round(value, 6) for value in degrees))
    event.add("categories", [kind_word(stop)])
    event.add("description", "\n".join(_description(stop, way, day, trip)))
    return event


def _add_times(event: "Event", stop: Stop, day: date) -> None:
    """An event without an end ends as it begins, which DTEND must not say; one without a time is there all day."""
    if stop.starts is None or stop.ends is None:
        event.add("dtstart", day)
        return
    _add_moment(event, "dtstart", stop.starts)
    if stop.ends.astimezone(UTC) > stop.starts.astimezone(UTC):
        _add_moment(event, "dtend", stop.ends)


def _add_moment(event: "Event", name: str, moment: datetime) -> None:
    """By its zone's own name: the library would write those that are always on UTC's time (Iceland's) as UTC."""
    zone = str(moment.tzinfo)
    if zone == "UTC":
        event.add(name, moment)
    else:
        event.add(name, moment.replace(tzinfo=None), parameters={"TZID": zone})


def _location(stop: Stop, trip: TripDocument) -> str:
    places = (stop.place,) if stop.place else trip.destinations
    name = stop.title if stop.kind in ("visit", "event") else ""
    return ", ".join(filter(None, (name, *places, trip.country)))


def _description(stop: Stop, way: Stop | None, day: Day, trip: TripDocument) -> Iterator[str]:
    yield f"Day {day.number} of the trip, {long_date(day.date)}"
    for line in stop_lines(stop, trip):
        yield f"{line.label}: {line.text}" if line.label else line.text
    if way is not None and way.starts is not None:
        yield " ".join((f"Before, at {way.starts:%H:%M}: {way.title}.", *way.notes))


# ---- time zones


def _zones(trip: TripDocument) -> list[ZoneInfo]:
    """Those of all events, by name; UTC needs no description."""
    stops = [stop for day in trip.days for stop in day.stops if stop.is_engagement]
    moments = [moment for stop in stops for moment in (stop.starts, stop.ends) if moment is not None]
    return [ZoneInfo(name) for name in sorted({str(moment.tzinfo) for moment in moments} - {"UTC"})]


def _timezone(zone: ZoneInfo, trip: TripDocument) -> "Timezone":
    """The zone's observances from a year before the trip to a year after."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    component = Timezone()
    component.add("tzid", zone.key)
    first = datetime.combine(trip.first_day, datetime.min.time(), UTC) - _MARGIN
    last = datetime.combine(trip.last_day, datetime.min.time(), UTC) + _MARGIN
    for onset in (first, *_changes(zone, first, last)):
        after = onset.astimezone(zone)
        before = after if onset == first else (onset - _SECOND).astimezone(zone)
        observance = TimezoneDaylight() if after.dst() else TimezoneStandard()
        # By the clocks as they still were: that is how an onset is told.
        observance.add("dtstart", (onset + (before.utcoffset() or timedelta())).replace(tzinfo=None))
        observance.add("tzoffsetfrom", before.utcoffset())
        observance.add("tzoffsetto", after.utcoffset())
        observance.add("tzname", after.tzname() or zone.key)
        component.add_component(observance)
    return component


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments in UTC from which the zone's clocks are set otherwise, in order."""
    moment = first
    while moment < last:
        following = moment + _STEP
        if _setting(zone, moment) != _setting(zone, following):
            yield _change_between(zone, moment, following)
        moment = following


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the setting at `after`."""
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _setting(zone, middle) == _setting(zone, after):
            after = middle
        else:
            before = middle
    return after


def _setting(zone: ZoneInfo, moment: datetime) -> tuple[timedelta | None, timedelta | None, str | None]:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.dst(), local.tzname()

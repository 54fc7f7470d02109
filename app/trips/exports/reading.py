"""From an answer of ours to the document that is exported. With `reading_parts.py`, the one place that knows the
answer's field names.

It reads leniently: a member that is missing, null or of another form leaves its part of the document empty. Only an
answer without any day is refused.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.trips.exports.clock import ClockTimes, span, time_zone
from app.trips.exports.document import Day, Line, Point, Stop, TripDocument
from app.trips.exports.errors import NothingToExportError
from app.trips.exports.identity import Identities
from app.trips.exports.loose import Loose
from app.trips.exports.reading_parts import certificate, costs, event, label, left_out, move, source, stay, told_by

_UTC = ZoneInfo("UTC")
_JOURNEY = "leg"


def read(answer: Mapping[str, Any] | BaseModel) -> TripDocument:
    """The document of a plan's or a session's answer. Raises NothingToExportError where it has no itinerary."""
    if isinstance(answer, BaseModel):
        answer = answer.model_dump(mode="json")
    return _Reader(Loose(dict(answer))).document()


class _Reader:
    """Reads one answer; what it has to assume on the way collects in `_cautions`."""

    def __init__(self, answer: Loose) -> None:
        self._answer = answer
        self._data = answer["data"]
        self._itinerary = self._data["itinerary"]
        self._cautions: dict[str, None] = {}
        # The costs of just this plan take the place of the estimate that was made beside it.
        self._budget = self._itinerary["budget"] or self._data["budget"]
        self._reports = (self._itinerary, *(self._data[name] for name in ("weather", "events", "route")), self._budget)
        self._place = self._destination()
        self._zone = self._known_zone(self._place["timezone"].text())
        self._entry_zones = list(self._zones_of_entries())
        self._identities = Identities(answer["session_id"].text())

    def document(self) -> TripDocument:
        days = tuple(self._days())
        if not days:
            raise NothingToExportError(self._answer["status"].text(), self._itinerary["conflict"]["text"].text())
        answer, data, itinerary = self._answer, self._data, self._itinerary
        destinations = self._destinations()
        framework = itinerary["itinerary_framework"]
        return TripDocument(
            session_id=answer["session_id"].text(),
            status=answer["status"].text(),
            message=answer["message"].text(),
            overview=itinerary["narrative"]["overview"].text(),
            told_by=told_by(itinerary["narrative"]),
            destinations=destinations,
            country=self._place["country"].text() if len(destinations) == 1 else "",
            origin=(data["route"]["origin"]["name"] or answer["request"]["origin"]).text(),
            travelers=self._travelers(),
            updated_at=self._updated_at(days[0].date),
            timezone=self._zone.key,
            days=days,
            weather_summary=data["weather"]["weather_summary"].text(),
            event_summary=data["events"]["event_summary"].text(),
            transport=tuple(
                Line(value.text(), label(name)) for name, value in itinerary["transport_details"].members()
            ),
            moves=tuple(map(move, framework["transition_schedules"])) if len(destinations) > 1 else (),
            stays=tuple(map(stay, itinerary["stays"])),
            costs=costs(self._budget),
            events=tuple(map(event, data["events"]["events"])),
            tips=itinerary["key_tips"].texts(),
            warnings=self._warnings(),
            failures=tuple(Line(entry["message"].text(), entry["agent"].text()) for entry in answer["failures"]),
            fallbacks=itinerary["fallbacks"].texts(),
            cautions=tuple(self._cautions),
            left_out=tuple(map(left_out, itinerary["left_out"])),
            flexibility=framework["flexibility_points"].texts(),
            certificate=tuple(certificate(itinerary["certificate"])),
            sources=tuple(dict.fromkeys(source(found) for report in self._reports for found in report["sources"])),
        )

    def _destinations(self) -> tuple[str, ...]:
        """By the plan, else by the request."""
        request = self._answer["request"]
        for listed in (self._itinerary["destinations"], request["destinations"]):
            if names := tuple(name for place in listed if (name := place["name"].text())):
                return names
        only = self._place["name"].text() or request["destination"].text()
        return (only,) if only else ()

    def _travelers(self) -> int | None:
        found = self._answer["request"]["travelers_count"] or self._budget["travelers_count"]
        return None if (count := found.number()) is None else int(count)

    def _warnings(self) -> tuple[str, ...]:
        """Those of every report, each once."""
        return tuple(dict.fromkeys(text for report in self._reports for text in report["warnings"].texts()))

    def _destination(self) -> Loose:
        """The destination as an agent understood it, or as the request's places have it."""
        data, request = self._data, self._answer["request"]
        known = request["places"][request["destination"].text()]
        found = (data["route"]["destination"], data["weather"]["location"], data["events"]["location"], known)
        return next((place for place in found if place["timezone"]), next(filter(bool, found), Loose(None)))

    def _known_zone(self, name: str) -> ZoneInfo:
        zone = time_zone(name)
        if zone is None:
            told = f"The time zone “{name}” is not known" if name else "The time zone of the destination is not known"
            self._cautions[f"{told}: times are written as UTC; read them as local time there."] = None
        return zone or _UTC

    def _updated_at(self, first_day: date) -> datetime:
        found = self._answer["updated_at"].moment() or self._answer["created_at"].moment()
        return (found or datetime.combine(first_day, time(), UTC)).astimezone(UTC)

    def _days(self) -> Iterator[Day]:
        dates = list(self._answer["days"])
        summaries = list(self._itinerary["narrative"]["days"])
        number = first_entry = 0
        for index, day in enumerate(self._itinerary["itinerary_days"]):
            found = day["date"].day() or (dates[index].day() if index < len(dates) else None)
            if found is None:
                self._cautions[f"Entry {index + 1} of the itinerary has no date that can be read; it is left out."] = (
                    None
                )
            else:
                number += 1
                yield Day(
                    number=number,
                    date=found,
                    title=day["title"].text(),
                    place=day["place"].text(),
                    weather=day["weather"].text(),
                    summary=summaries[index].text() if index < len(summaries) else "",
                    notes=day["notes"].texts(),
                    stops=tuple(self._stops(day, found, first_entry)),
                )
            first_entry += len(list(day["items"]))

    def _stops(self, day: Loose, on: date, first_entry: int) -> Iterator[Stop]:
        """`first_entry`: which of the whole trip's entries the day's first is."""
        previous: datetime | None = None
        for order, item in enumerate(day["items"], start=1):
            stop = self._stop(item, order, self._clock_times(item, on, first_entry + order - 1), previous)
            previous = stop.starts or previous
            yield stop

    def _stop(self, item: Loose, order: int, times: ClockTimes, previous: datetime | None) -> Stop:
        kind, title = item["kind"].text(), item["title"].text() or "Untitled"
        starts, ends = span(times, previous) or (None, None)
        return Stop(
            id=self._identities.next_id(kind, item["ref"].text(), title, times.day),
            order=order,
            kind=kind,
            title=title,
            starts=starts,
            ends=ends,
            timezone=times.zone.key,
            point=_point(item["coordinates"]),
            place=item["place"].text(),
            notes=item["notes"].texts(),
            reason=item["reason"].text(),
            source=item["source"].text(),
            price=item["price_per_person"].number(),
            currency=item["currency"].text(),
            indoor=item["indoor"].flag(),
        )

    def _clock_times(self, item: Loose, on: date, entry: int) -> ClockTimes:
        zones = self._entry_zones
        own = zones[entry][1]
        first = last = own
        if item["kind"].text() == _JOURNEY:
            # It names one zone, and begins by the clocks of what comes before it, ends by those of what comes after.
            first = next((zone for kind, zone in reversed(zones[:entry]) if kind != _JOURNEY), own)
            last = next((zone for kind, zone in zones[entry + 1 :] if kind != _JOURNEY), own)
        ends_day = item["ends_on"].day() or on
        return ClockTimes(on, item["starts"].text(), first, ends_day, item["ends"].text(), last)

    def _zones_of_entries(self) -> Iterator[tuple[str, ZoneInfo]]:
        """Kind and zone of all entries, day by day."""
        for day in self._itinerary["itinerary_days"]:
            for item in day["items"]:
                zone = item["timezone"]
                yield item["kind"].text(), self._known_zone(zone.text()) if zone else self._zone


def _point(coordinates: Loose) -> Point | None:
    latitude, longitude = coordinates["latitude"].number(), coordinates["longitude"].number()
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Point(float(latitude), float(longitude))

"""From an answer of ours to the document that is exported. The one place that knows the answer's field names.

It reads leniently: a member that is missing, null or of another form leaves its part of the document empty. Only an
answer without any day is refused.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.trips.exports.clock import span, time_zone
from app.trips.exports.document import CostRow, Costs, Day, Line, Point, Stop, TripDocument
from app.trips.exports.errors import NothingToExportError
from app.trips.exports.identity import Identities
from app.trips.exports.loose import Loose, web_address

_UTC = ZoneInfo("UTC")
_REPORTS = ("itinerary", "weather", "events", "route", "budget")
_PARTS = ("transportation", "accommodation", "food", "activities")
# What is nested deeper than a reader can follow is left out.
_DEEPEST = 4


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
        self._place = self._destination()
        self._zone = self._known_zone(self._place["timezone"].text())
        self._identities = Identities(answer["session_id"].text())

    def document(self) -> TripDocument:
        days = tuple(self._days())
        if not days:
            raise NothingToExportError(self._answer["status"].text())
        answer, data, itinerary = self._answer, self._data, self._itinerary
        travelers = answer["request"]["travelers_count"] or data["budget"]["travelers_count"]
        origin = data["route"]["origin"]["name"] or answer["request"]["origin"]
        return TripDocument(
            session_id=answer["session_id"].text(),
            status=answer["status"].text(),
            message=answer["message"].text(),
            destination=self._place["name"].text() or answer["request"]["destination"].text(),
            country=self._place["country"].text(),
            origin=origin.text(),
            travelers=None if (count := travelers.number()) is None else int(count),
            updated_at=self._updated_at(days[0].date),
            timezone=self._zone.key,
            days=days,
            weather_summary=data["weather"]["weather_summary"].text(),
            event_summary=data["events"]["event_summary"].text(),
            transport=tuple(
                Line(value.text(), _label(name)) for name, value in itinerary["transport_details"].members()
            ),
            legs=tuple(line for leg in itinerary["legs"] for line in _entry(leg)),
            costs=_costs(data["budget"]),
            events=tuple(map(_event, data["events"]["events"])),
            tips=itinerary["key_tips"].texts(),
            warnings=self._all_texts("warnings"),
            failures=tuple(Line(entry["message"].text(), entry["agent"].text()) for entry in answer["failures"]),
            fallbacks=itinerary["fallbacks"].texts(),
            cautions=tuple(self._cautions),
            left_out=tuple(line for entry in itinerary["left_out"] for line in _entry(entry)),
            certificate=tuple(_outline(itinerary["certificate"])),
            sources=tuple(self._sources()),
        )

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
        number = 0
        for index, day in enumerate(self._itinerary["itinerary_days"]):
            found = day["date"].day() or (dates[index].day() if index < len(dates) else None)
            if found is None:
                self._cautions[f"Entry {index + 1} of the itinerary has no date that can be read; it is left out."] = (
                    None
                )
                continue
            number += 1
            yield Day(
                number=number,
                date=found,
                title=day["title"].text(),
                weather=day["weather"].text(),
                notes=day["notes"].texts(),
                stops=tuple(self._stops(day, found)),
            )

    def _stops(self, day: Loose, on: date) -> Iterator[Stop]:
        previous: datetime | None = None
        for order, item in enumerate(day["items"], start=1):
            stop = self._stop(item, order, on, previous)
            previous = stop.starts or previous
            yield stop

    def _stop(self, item: Loose, order: int, on: date, previous: datetime | None) -> Stop:
        kind, title = item["kind"].text(), item["title"].text() or "Untitled"
        zone = self._known_zone(item["timezone"].text()) if item["timezone"] else self._zone
        times = span(on, item["starts"].text(), item["ends"].text(), zone, previous)
        return Stop(
            id=self._identities.next_id(kind, title, on),
            order=order,
            kind=kind,
            title=title,
            starts=times[0] if times else None,
            ends=times[1] if times else None,
            timezone=zone.key,
            point=_point(item["coordinates"]),
            city=item["city"].text(),
            notes=item["notes"].texts(),
            reason=item["reason"].text(),
            source=item["source"].text(),
            price=item["price_per_person"].number(),
            currency=item["currency"].text(),
            indoor=item["indoor"].flag(),
        )

    def _all_texts(self, name: str) -> tuple[str, ...]:
        """The member of that name of every report, each text once."""
        return tuple(dict.fromkeys(text for report in _REPORTS for text in self._data[report][name].texts()))

    def _sources(self) -> Iterator[Line]:
        """Those of every report, each once."""
        found = (_source(source) for report in _REPORTS for source in self._data[report]["sources"])
        return iter(dict.fromkeys(found))


def _point(coordinates: Loose) -> Point | None:
    latitude, longitude = coordinates["latitude"].number(), coordinates["longitude"].number()
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Point(float(latitude), float(longitude))


def _source(source: Loose) -> Line:
    marks = ", ".join(filter(None, (source["kind"].text(), source["retrieved_at"].text())))
    provider = source["provider"].text() or source.text() or "unnamed"
    note = f": {source['note'].text()}" if source["note"] else ""
    return Line(f"{provider} ({marks}){note}" if marks else provider + note, url=web_address(source["url"].text()))


def _event(event: Loose) -> Line:
    starts, ends = event["starts"].text(), event["ends"].text()
    when = f"{starts} to {ends}" if ends and ends != starts else starts
    what = ", ".join(filter(None, (_label(event["kind"].text()), when, event["venue"].text())))
    details = (
        event["description"].text(),
        event["closes"].text(),
        "Free of charge." if event["is_free"].flag() else "",
    )
    source = event["source"]
    text = " ".join(filter(None, (f"{what}." if what else "", *details)))
    return Line(text, event["name"].text(), web_address(source["url"].text()))


def _costs(budget: Loose) -> Costs | None:
    parts = budget["budget_breakdown"]
    total = parts["total"].number()
    if total is None:
        return None
    lines = [(line, line["amount"].number()) for line in budget["lines"]]
    rows = [CostRow(line["label"].text(), amount, line["basis"].text()) for line, amount in lines if amount is not None]
    rows += [
        CostRow(_label(name), found, role="part") for name in _PARTS if (found := parts[name].number()) is not None
    ]
    rates = [
        Line(
            f"1 {rate['from_currency'].text()} = {rate['rate'].text()} {rate['to_currency'].text()} "
            f"of {rate['as_of'].text()} ({rate['source'].text()})",
            "Exchange rate",
        )
        for rate in budget["exchange_rates"]
    ]
    return Costs(
        currency=parts["currency"].text(),
        rows=(*rows, CostRow("Total", total, role="total")),
        per_person=budget["cost_per_person"].number(),
        remarks=(*rates, *map(Line, budget["assumptions"].texts())),
    )


def _entry(value: Loose) -> Iterator[Line]:
    """One of a list of things: by its name and its text where it has them, else with all that it holds."""
    label = next(filter(None, (value[name].text() for name in ("title", "name", "label", "ref"))), "")
    text = next(filter(None, (value[name].text() for name in ("text", "description", "reason", "message"))), "")
    if text:
        yield Line(text, label)
    else:
        yield from _outline(value)


def _outline(value: Loose, depth: int = 0) -> Iterator[Line]:
    """Whatever it holds, as indented lines."""
    if depth > _DEEPEST:
        return
    if not value.is_object:
        if text := value.text():
            yield Line(text, depth=depth)
        for element in value:
            yield from _outline(element, depth)
    for name, member in value.members():
        if text := member.text():
            yield Line(text, _label(name), depth=depth)
        elif inside := list(_outline(member, depth + 1)):
            yield Line("", _label(name), depth=depth)
            yield from inside


def _label(name: str) -> str:
    """A member's name as a reader's word."""
    return (name[:1].upper() + name[1:]).replace("_", " ")

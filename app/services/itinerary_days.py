"""From planned days to the days that a traveller reads: title, weather line, notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.services.itinerary_items import ItemWriter
from app.trips.places.catalogue import Sight
from app.trips.planner.interests import UnderstoodInterests, by_appeal
from app.trips.planner.problem import PlannedDay
from app.trips.reports import DayWeather, Event, ItineraryDay, Provenance

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEATHER_KINDS: dict[Provenance, str] = {
    "live": "forecast",
    "cached": "forecast, read earlier",
    "estimate": "estimate",
    "catalogue": "long-term average, not a forecast",
}


@dataclass(frozen=True)
class DayWriter:
    """`weather` by date and `events` of the trip; either may be empty."""

    items: ItemWriter
    weather: dict[date, DayWeather]
    events: Sequence[Event]
    has_sights: bool

    def day(self, planned: PlannedDay, index: int) -> ItineraryDay:
        """`index` from 0."""
        day = planned.conditions.date
        return ItineraryDay(
            date=day,
            weekday=_WEEKDAYS[day.weekday()],
            title=_title(planned, self.items.place.name, self.items.interests),
            weather=_weather_line(self.weather.get(day)),
            items=self.items.items(planned, index),
            notes=[*self._festive_notes(day), *self._notes(planned)],
        )

    def _festive_notes(self, day: date) -> list[str]:
        return [_festive_note(event) for event in self.events if event.starts <= day <= event.ends]

    def _notes(self, planned: PlannedDay) -> list[str]:
        if planned.is_on_the_way:
            return [f"Today is spent on the way. {self.items.journey.arrival_note}"]
        notes: list[str] = []
        if planned.conditions.is_wet:
            notes.append(_rain_note(planned))
        if self.has_sights and not planned.sights and _has_free_time(planned):
            notes.append("What our catalogue has for you and is open is in the other days: this day is at leisure.")
        return notes


def _title(planned: PlannedDay, town: str, interests: UnderstoodInterests) -> str:
    kinds = {block.kind for block in planned.blocks}
    sights = _best_two(planned, interests)
    if planned.is_on_the_way:
        return f"On the way to {town}"
    if {"arrival", "departure"} <= kinds:
        return f"{sights} in one day" if sights else f"A short day in {town}"
    if "arrival" in kinds:
        return f"Arrival, then {sights}" if sights else f"Arrival in {town}"
    if "departure" in kinds:
        return f"{sights}, then home" if sights else f"Farewell to {town}"
    return sights or f"A day at leisure in {town}"


def _best_two(planned: PlannedDay, interests: UnderstoodInterests) -> str:
    """The day's two most appealing sights, in order of visit; empty where there is none."""
    best: list[Sight] = by_appeal(planned.sights, interests)[:2]
    names = [sight.name for sight in planned.sights if sight in best]
    return ("; " if any(" and " in name or "," in name for name in names) else " and ").join(names)


def _weather_line(weather: DayWeather | None) -> str | None:
    if weather is None or (weather.high_c is None and weather.rain_chance_percent is None):
        return None
    parts = [weather.condition[:1].upper() + weather.condition[1:]]
    if weather.low_c is not None and weather.high_c is not None:
        parts.append(f"{weather.low_c:.0f} to {weather.high_c:.0f} °C")
    if weather.rain_chance_percent is not None:
        parts.append(_rain(weather.rain_chance_percent, weather.kind))
    return f"{'; '.join(parts)} ({_WEATHER_KINDS[weather.kind]})"


def _rain(chance_percent: int, kind: Provenance) -> str:
    is_forecast = kind in ("live", "cached")
    return f"{chance_percent} % chance of rain" if is_forecast else f"rain on {chance_percent} % of such days"


def _festive_note(event: Event) -> str:
    if event.kind == "public_holiday":
        return f"Public holiday: {event.name}." + (f" {event.closes}" if event.closes else "")
    kind = {"observance": "Observance", "festival": "Festival", "event": "Event"}[event.kind]
    venue = f", {event.venue}" if event.venue else ""
    free = " Free of charge." if event.is_free else ""
    about = f" {event.description}" if event.description else ""
    return f"{kind}: {event.name}{venue}.{about}{free}"


def _rain_note(planned: PlannedDay) -> str:
    chance = f"Rain is likely ({planned.conditions.rain_chance_percent} %)"
    outdoors = [sight.name for sight in planned.sights if not sight.indoor]
    if not planned.sights:
        return f"{chance}."
    if not outdoors:
        return f"{chance}: everything planned is indoors."
    return f"{chance}: indoor places come first; in the open: {', '.join(outdoors)}."


def _has_free_time(planned: PlannedDay) -> bool:
    return any(block.kind == "rest" for block in planned.blocks)

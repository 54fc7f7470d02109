"""From planned days to the days that a traveller reads: title, weather line, notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.services.itinerary.items import ItemWriter
from app.services.itinerary.legs import HOME
from app.trips.places.catalogue import Sight
from app.trips.plan import LeftOut, PlanDay
from app.trips.planner.appeal import points
from app.trips.problem import City
from app.trips.reports import DayWeather, Event, ItineraryDay, Provenance

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_EVENTS_A_DAY = 3
_WEATHER_KINDS: dict[Provenance, str] = {
    "live": "forecast",
    # Whether it was read just now is for the weather report to say; this text is kept and shown again.
    "cached": "forecast",
    "estimate": "estimate",
    "catalogue": "long-term average, not a forecast",
}


@dataclass(frozen=True)
class DayWriter:
    """`weather`: by the place's name and the date; may be empty. `left_out`: the plan's, of all its cities."""

    items: ItemWriter
    weather: Mapping[str, Mapping[date, DayWeather]]
    left_out: Sequence[LeftOut]

    def day(self, planned: PlanDay, index: int) -> ItineraryDay:
        """`index` from 0."""
        town = self.items.facts.places[planned.city or ""].name
        return ItineraryDay(
            date=planned.day,
            weekday=_WEEKDAYS[planned.day.weekday()],
            title=self._title(planned, town),
            place=town,
            weather=_weather_line(self.weather.get(town, {}).get(planned.day)),
            items=self.items.items(planned, index),
            notes=[*self._festive_notes(planned.day, town), *self._notes(planned, index)],
        )

    def _sights(self, planned: PlanDay) -> list[Sight]:
        visits = (item.ref for item in planned.items if item.kind == "visit")
        return [self.items.facts.sights[ref] for ref in visits if ref in self.items.facts.sights]

    def _is_on_the_way(self, planned: PlanDay) -> bool:
        return not planned.items or all(item.kind == "leg" for item in planned.items)

    def _festive_notes(self, day: date, town: str) -> list[str]:
        """Everything that is of the calendar; of what providers found, as much as can be read."""
        events = self.items.events_on(day, town)
        found = [event for event in events if event.kind == "event"]
        kept = [event for event in events if event.kind != "event"] + found[:_MOST_EVENTS_A_DAY]
        more = len(found) - _MOST_EVENTS_A_DAY
        rest = [f"{more} more {'event is' if more == 1 else 'events are'} listed for this day."] if more > 0 else []
        return [*(_festive_note(event) for event in kept), *rest]

    def _notes(self, planned: PlanDay, index: int) -> list[str]:
        facts = self.items.facts
        city_id = planned.city or ""
        if self._is_on_the_way(planned) and facts.trip.origin is not None:
            journey = facts.journeys.get(city_id)
            note = journey.arrival_note if journey and index == 0 else ""
            return [f"Today is spent on the way. {note}".strip()]
        notes: list[str] = []
        city = facts.trip.city(city_id)
        if city.is_wet(planned.day):
            notes.append(_rain_note(city.rain_percent[planned.day], self._sights(planned)))
        if city.sights and _is_free(planned) and self._has_seen_all(city):
            notes.append("What our catalogue has for you and is open is in the other days: this day is at leisure.")
        return notes

    def _has_seen_all(self, city: City) -> bool:
        """Whether the plan has every sight of the city that one can and wants to see."""
        missed = {out.ref for out in self.left_out if out.reason not in ("closed", "avoided")}
        return not any(sight.id in missed for sight in city.attractions)

    def _title(self, planned: PlanDay, town: str) -> str:
        kinds = {item.kind for item in planned.items}
        sights = self._best_two(planned)
        if self._is_on_the_way(planned) and self.items.facts.trip.origin is not None:
            return f"On the way to {town}"
        if "leg" in kinds and {"arrival", "departure"} <= kinds and self._is_move(planned):
            return f"On to {town}: {sights}" if sights else f"On to {town}"
        if {"arrival", "departure"} <= kinds:
            return f"{sights} in one day" if sights else f"A short day in {town}"
        if "arrival" in kinds:
            return f"Arrival, then {sights}" if sights else f"Arrival in {town}"
        if "departure" in kinds and self._goes_on(planned):
            return f"{sights}, then on to {town}" if sights else f"On to {town}"
        if "departure" in kinds:
            return f"{sights}, then home" if sights else f"Farewell to {town}"
        return sights or f"A day at leisure in {town}"

    def _goes_on(self, planned: PlanDay) -> bool:
        """To another city; one may arrive there on a later day."""
        onward = {leg.id for leg in self.items.facts.trip.legs if leg.destination != HOME}
        return any(item.kind == "leg" and item.ref in onward for item in planned.items)

    def _is_move(self, planned: PlanDay) -> bool:
        return len({item.city for item in planned.items if item.city}) > 1

    def _best_two(self, planned: PlanDay) -> str:
        """The day's two most appealing sights, in order of visit; empty where there is none."""
        facts = self.items.facts
        known = {sight.id: sight for city in facts.trip.cities for sight in city.attractions}
        visits = [item.ref for item in planned.items if item.kind == "visit" and item.ref in known]
        best = sorted(visits, key=lambda ref: (-points(known[ref or ""], facts.trip.wishes), ref))[:2]
        names = [known[ref or ""].name for ref in visits if ref in best]
        return ("; " if any(" and " in name or "," in name for name in names) else " and ").join(names)


def _weather_line(weather: DayWeather | None) -> str | None:
    if weather is None or (weather.high_c is None and weather.rain_chance_percent is None):
        return None
    parts = [weather.condition[:1].upper() + weather.condition[1:]]
    if weather.low_c is not None and weather.high_c is not None:
        parts.append(f"{round(weather.low_c)} to {round(weather.high_c)} °C")
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
    venue = f", {event.starts_at}{venue}" if event.starts_at else venue
    free = " Free of charge." if event.is_free else ""
    about = f" {event.description}" if event.description else ""
    return f"{kind}: {event.name}{venue}.{about}{free}"


def _rain_note(chance_percent: int, sights: Sequence[Sight]) -> str:
    chance = f"Rain is likely ({chance_percent} %)"
    outdoors = [sight.name for sight in sights if not sight.indoor]
    if not sights:
        return f"{chance}."
    if not outdoors:
        return f"{chance}: everything planned is indoors."
    if len(outdoors) == len(sights):
        return f"{chance}, and all of this is in the open: {', '.join(outdoors)}."
    return f"{chance}; in the open: {', '.join(outdoors)}."


def _is_free(planned: PlanDay) -> bool:
    """A whole day in town, with nothing to see."""
    return not any(item.kind in ("visit", "leg", "arrival", "departure") for item in planned.items)

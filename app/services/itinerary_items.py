"""From the planner's blocks to the entries that a traveller reads: titles, reasons, notes and prices."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.services.currencies import rounded
from app.services.journey_times import JourneyTimes
from app.services.price_levels import exact
from app.trips.places.catalogue import Sight
from app.trips.places.place import Place
from app.trips.planner.interests import UnderstoodInterests
from app.trips.planner.problem import Block, DayConditions, Leg, PlannedDay
from app.trips.reports import Coordinates, ItineraryItem
from app.trips.request import BudgetRange

_PLANNED = "our planner"
_ESTIMATED_WAY = "estimate from the distance"
# A rest of up to this many minutes is a pause, a longer one is free time.
_PAUSE_UP_TO = 60
_WHERE_TO_EAT: dict[BudgetRange, str] = {
    "budget": "Markets, bakeries and street stalls keep it cheap.",
    "mid-range": "Look for a place where locals eat, a street or two away from the sights.",
    "luxury": "Book a table ahead.",
}


def clock(minute: int) -> str:
    """Minutes after midnight as `HH:MM`; the end of the day is 23:59."""
    minute = min(minute, 24 * 60 - 1)
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True)
class ItemWriter:
    """Knows what all entries of one plan share."""

    place: Place
    journey: JourneyTimes
    interests: UnderstoodInterests
    budget_range: BudgetRange

    def items(self, day: PlannedDay, day_index: int) -> list[ItineraryItem]:
        """`day_index` from 0: dishes take turns over the days."""
        return [self._item(block, day, day_index) for block in day.blocks]

    def _item(self, block: Block, day: PlannedDay, day_index: int) -> ItineraryItem:
        match block.kind:
            case "visit" if block.is_continued and block.sight is not None:
                return _continued(block, block.sight)
            case "visit" if block.sight is not None:
                return self._visit(block, block.sight, day.conditions)
            case "travel" if block.leg is not None:
                return _entry(block, _way_title(block, block.leg), _way_notes(block.leg), source=_ESTIMATED_WAY)
            case "meal":
                return self._meal(block, day_index)
            case "arrival":
                return _entry(block, f"Arrive in {self.place.name} and leave your bags", [self.journey.arrival_note])
            case "departure":
                return _entry(block, "Collect your bags and leave for home", [self.journey.departure_note])
            case _:
                return _rest(block)

    def _visit(self, block: Block, sight: Sight, conditions: DayConditions) -> ItineraryItem:
        price = sight.price
        return ItineraryItem(
            starts=clock(block.starts),
            ends=clock(block.ends),
            kind="visit",
            title=sight.name,
            coordinates=_coordinates(block),
            indoor=sight.indoor,
            price_per_person=None if price is None else rounded(exact(price.adult), price.currency),
            currency=None if price is None else price.currency,
            notes=_visit_notes(block, sight, conditions),
            reason=_reason(sight, conditions, self.interests.matches(sight)),
            source=sight.source,
        )

    def _meal(self, block: Block, day_index: int) -> ItineraryItem:
        where = f"near {block.near.name}" if block.near else "near where you stay"
        title = f"{str(block.meal).capitalize()} {where}"
        if block.meal == "breakfast":
            return _entry(block, title, [])
        advice = [_WHERE_TO_EAT[self.budget_range]] if block.meal == "dinner" else []
        return _entry(block, title, [*self._dish(block, day_index), *advice])

    def _dish(self, block: Block, day_index: int) -> list[str]:
        dishes = self.place.city.dishes if self.place.city else []
        if not dishes:
            return []
        turn = 2 * day_index + (1 if block.meal == "dinner" else 0)
        return [f"A local dish to look for: {dishes[turn % len(dishes)]}."]


def _entry(block: Block, title: str, notes: Sequence[str], source: str = _PLANNED) -> ItineraryItem:
    return ItineraryItem(
        starts=clock(block.starts),
        ends=clock(block.ends),
        kind=block.kind,
        title=title,
        coordinates=_coordinates(block),
        notes=list(notes),
        source=source,
    )


def _continued(block: Block, sight: Sight) -> ItineraryItem:
    entry = _entry(block, f"{sight.name}, continued", ["On the same ticket as before lunch."], sight.source)
    return entry.model_copy(
        update={"indoor": sight.indoor, "reason": "It takes most of a day, so lunch is in the middle."}
    )


def _coordinates(block: Block) -> Coordinates:
    return Coordinates(latitude=block.spot.latitude, longitude=block.spot.longitude)


def _rest(block: Block) -> ItineraryItem:
    where = f"around {block.near.name}" if block.near else "in town"
    if block.ends - block.starts <= _PAUSE_UP_TO:
        return _entry(block, "A pause", [f"Sit down for a while {where}."])
    return _entry(block, "Time at leisure", [f"Nothing is planned: stroll {where}, shop or put your feet up."])


def _way_title(block: Block, leg: Leg) -> str:
    to = block.sight.name if block.sight else "where you stay"
    manner = {"on foot": "Walk", "by local transport": "Local transport", "by bicycle": "Cycle", "by car": "Drive"}
    return f"{manner[leg.manner]} to {to}"


def _way_notes(leg: Leg) -> list[str]:
    return [f"About {leg.distance_km:.1f} km as the crow flies; {leg.minutes} minutes are an estimate."]


def _visit_notes(block: Block, sight: Sight, conditions: DayConditions) -> list[str]:
    notes = [sight.note] if sight.note else []
    if not block.hours_known:
        notes.append("The opening hours are not known to us: check the hours before you go.")
    if conditions.holidays and sight.hours != "always":
        notes.append(f"{conditions.holidays[0]} is a public holiday: check that it is open.")
    if conditions.is_wet and not sight.indoor:
        notes.append("Rain is likely and this is in the open: take a rain jacket.")
    if sight.price is not None and sight.price.adult > 0:
        notes.append(f"Adult price of {sight.price.year}.")
    return notes


def _reason(sight: Sight, conditions: DayConditions, served: Sequence[str]) -> str:
    reasons: list[str] = []
    if served:
        reasons.append(f"it fits your interest in {' and '.join(served[:2])}")
    if sight.rank == 3:
        reasons.append("it is what most first-time visitors come for")
    elif sight.rank == 2 and not served:
        reasons.append("it is one of the best known places here")
    if conditions.is_wet and sight.indoor:
        reasons.append("it is indoors on a day when rain is likely")
    if not reasons:
        reasons.append("it rounds the day off close to the other stops")
    text = ", and ".join(reasons)
    return text[0].upper() + text[1:] + "."

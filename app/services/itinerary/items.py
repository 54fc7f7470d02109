"""From the planner's entries to those that a traveller reads: titles, reasons, notes and prices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.services.events.event_places import is_at
from app.services.itinerary.legs import HOME, minutes_on_the_way
from app.services.itinerary.trip import TripFacts
from app.services.itinerary.where_to_eat import eatery_near
from app.services.money.price_levels import exact
from app.services.routes.journey_times import duration_in_words
from app.services.routes.town_roads import TownWay
from app.trips.currencies import rounded
from app.trips.places.catalogue import Sight, minutes_of_range
from app.trips.places.yearly_dates import WEEKDAYS
from app.trips.plan import Item, PlanDay
from app.trips.problem import DAY_MINUTES, City, Spot
from app.trips.reports import Coordinates, Event, ItineraryItem, Provenance
from app.trips.request import BudgetRange
from app.trips.travel_times import EXTRA_MINUTES, TravelManner, Way, estimated_way, spots_of

_PLANNED = "our planner"
_ESTIMATED_WAY = "estimate from the distance"
# A gap of this many minutes and more is worth saying that it is free time.
_LEISURE_FROM_MINUTES = 60
_WHERE_TO_EAT: dict[BudgetRange, str] = {
    "budget": "Markets, bakeries and street stalls keep it cheap.",
    "mid-range": "Look for a place where locals eat, a street or two away from the sights.",
    "luxury": "Book a table ahead.",
}
# Where nobody opens and shuts a door: of these, what is free, in the open and open from early to late on every day.
_OPEN_GROUNDS = {
    *("beach", "bridge", "garden", "nature", "neighbourhood", "park", "square", "street", "viewpoint", "waterfront")
}
_ALL_DAY_MINUTES = 12 * 60
# Nobody is told to shop around these.
_SOLEMN = {"cemetery", "memorial"}
_MODES = {
    "flight": "Fly",
    "drive": "Drive",
    "coach": "By road",
    "train": "By train",
    "taxi": "By taxi",
    "local": "Local transport",
}


def clock(minute: int) -> str:
    """Minutes after midnight as `HH:MM`; the end of the day is 23:59."""
    minute = min(minute, DAY_MINUTES - 1)
    return f"{minute // 60:02d}:{minute % 60:02d}"


@dataclass(frozen=True)
class ItemWriter:
    """Knows what all entries of one plan share. `cities`: in order of visit. `events`: those of the trip."""

    facts: TripFacts
    cities: Sequence[str]
    budget_range: BudgetRange
    events: Sequence[Event]

    def items(self, day: PlanDay, day_index: int) -> list[ItineraryItem]:
        """`day_index` from 0: dishes take turns over the days."""
        return list(self._items(day, day_index))

    def _items(self, day: PlanDay, day_index: int) -> Iterator[ItineraryItem]:
        near: str | None = None
        free_from: int | None = None
        for item in day.items:
            if item.kind == "leg" and HOME in self._ends(item):
                continue
            if free_from is not None and item.starts - free_from >= _LEISURE_FROM_MINUTES:
                yield self._leisure(day, free_from, item.starts, near)
            yield self._item(item, day, day_index, near)
            near = self._near(item, near)
            free_from = item.ends

    def events_on(self, day: date, town: str) -> list[Event]:
        return [event for event in self.events if event.starts <= day <= event.ends and is_at(event, town)]

    def _near(self, item: Item, near: str | None) -> str | None:
        """The sight last seen or gone to; where one sleeps is no sight."""
        if item.kind in ("visit", "travel"):
            return item.ref if item.ref in self.facts.sights else None
        return None if item.kind in ("arrival", "departure", "leg") else near

    def _ends(self, item: Item) -> tuple[str, str]:
        leg = next(leg for leg in self.facts.trip.legs if leg.id == item.ref)
        return leg.origin, leg.destination

    def _item(self, item: Item, day: PlanDay, day_index: int, near: str | None) -> ItineraryItem:
        match item.kind:
            case "visit":
                return self._visit(item, day)
            case "continued":
                return self._continued(item, day)
            case "travel":
                return self._travel(item, day)
            case "meal":
                return self._meal(item, day, day_index, near)
            case "arrival":
                title = f"Arrive in {self._place_name(item)} and leave your bags"
                return self._entry(item, day, title, self._journey_notes(item, "arrival"))
            case "departure":
                return self._departure(item, day)
            case "leg":
                return self._leg(item, day)
            case "rest":
                where = f"around {self._name(near)}" if near else "in town"
                return self._entry(item, day, "A pause", [f"Sit down for a while {where}."])

    def _visit(self, item: Item, day: PlanDay) -> ItineraryItem:
        sight = self.facts.sights[item.ref or ""]
        city = self.facts.trip.city(item.city or "")
        price = sight.price
        reasons = [*_fame(sight, bool(item.reasons)), *item.reasons]
        reasons = reasons or ["It rounds the day off close to the other stops."]
        entry = self._entry(item, day, sight.name, self._visit_notes(item, sight, day.day, city))
        return entry.model_copy(
            update={
                "indoor": sight.indoor,
                "price_per_person": None if price is None else rounded(exact(price.adult), price.currency),
                "currency": None if price is None else price.currency,
                "reasons": reasons,
                "reason": " ".join(reasons),
                "source": sight.source,
                "provenance": self._provenance_of(item),
            }
        )

    def _continued(self, item: Item, day: PlanDay) -> ItineraryItem:
        sight = self.facts.sights[item.ref or ""]
        has_ticket = sight.price is not None and sight.price.adult > 0
        notes = ["On the same ticket as before lunch."] if has_ticket else []
        entry = self._entry(item, day, f"{sight.name}, continued", notes, sight.source)
        reason = "It takes most of a day, so lunch is in the middle."
        told = {"indoor": sight.indoor, "reason": reason, "reasons": [reason], "provenance": self._provenance_of(item)}
        return entry.model_copy(update=told)

    def _provenance_of(self, visit: Item) -> Provenance:
        return self.facts.provenances.get(visit.ref or "", "catalogue")

    def _visit_notes(self, item: Item, sight: Sight, day: date, city: City) -> list[str]:
        notes = [sight.note] if sight.note else []
        if sight.hours != "always" and not all(known.hours_known for known in city.sights if known.id == item.ref):
            notes.append("The opening hours are not known to us: check the hours before you go.")
        holidays = [event.name for event in self.events_on(day, city.name) if event.kind == "public_holiday"]
        if holidays and not _is_open_ground(sight):
            notes.append(f"{holidays[0]} is a public holiday: check that it is open.")
        if city.is_wet(day) and not sight.indoor:
            notes.append("Rain is likely and this is in the open: take a rain jacket.")
        if sight.price is not None and sight.price.adult > 0:
            notes.append(f"Adult price of {sight.price.year}.")
        return notes

    def _travel(self, item: Item, day: PlanDay) -> ItineraryItem:
        city = self.facts.trip.city(item.city or "")
        spots = spots_of(city)
        pair = item.origin or city.id, item.ref or city.id
        start, end = (spots[stop] for stop in pair)
        to = self._name(item.ref) if item.ref in self.facts.sights else "where you stay"
        if start is None or end is None:
            return self._entry(item, day, f"On to {to}", [], _ESTIMATED_WAY)
        way, by_road = estimated_way(start, end, self.facts.trip.local_transport), self.facts.roads.by_pair.get(pair)
        if by_road is None:
            return self._entry(item, day, _way_title(way.manner, to), [_way_note(way)], _ESTIMATED_WAY)
        entry = self._entry(item, day, _way_title(by_road.manner, to), [_road_note(by_road)], by_road.provider)
        return entry.model_copy(update={"provenance": by_road.provenance})

    def _meal(self, item: Item, day: PlanDay, day_index: int, near: str | None) -> ItineraryItem:
        where = f"near {self._name(near)}" if near else "near where you stay"
        title = f"{str(item.meal).capitalize()} {where}"
        if item.meal == "breakfast":
            return self._entry(item, day, title, [])
        advice = [_WHERE_TO_EAT[self.budget_range]] if item.meal == "dinner" else []
        turn = 2 * day_index + (1 if item.meal == "dinner" else 0)
        return self._entry(item, day, title, [*self._dish(item, turn), *self._eatery(item, day, turn, near), *advice])

    def _eatery(self, item: Item, day: PlanDay, turn: int, near: str | None) -> list[str]:
        """A restaurant by name, where a provider knows one close to the last sight or, without one, to the centre."""
        city_id = item.city or day.city or ""
        spot = spots_of(self.facts.trip.city(city_id)).get(near or city_id)
        if spot is None:
            return []
        found, place = self.facts.eateries.get(city_id, ()), self.facts.places[city_id]
        proposal = eatery_near(found, spot, day.day, item.starts, turn, place)
        return [proposal] if proposal else []

    def _dish(self, item: Item, turn: int) -> list[str]:
        city = self.facts.places[item.city or ""].city
        dishes = city.dishes if city else []
        if not dishes:
            return []
        return [f"A local dish to look for: {dishes[turn % len(dishes)]}."]

    def _departure(self, item: Item, day: PlanDay) -> ItineraryItem:
        onward = [self._ends(found)[1] for found in day.items if found.kind == "leg" and found.starts >= item.ends]
        if onward and onward[0] != HOME:
            title = f"Collect your bags and leave for {self.facts.places[onward[0]].name}"
            return self._entry(item, day, title, [])
        return self._entry(item, day, "Collect your bags and leave for home", self._journey_notes(item, "departure"))

    def _journey_notes(self, item: Item, kind: str) -> list[str]:
        """The assumption behind the way from or to home; a move between cities has none of its own."""
        if item.city != (self.cities[0] if kind == "arrival" else self.cities[-1]):
            return []
        journey = self.facts.journeys[item.city]
        return [journey.arrival_note if kind == "arrival" else journey.departure_note]

    def _leg(self, item: Item, day: PlanDay) -> ItineraryItem:
        leg = next(leg for leg in self.facts.trip.legs if leg.id == item.ref)
        way = self.facts.ways[leg.id]
        to = self.facts.places[leg.destination].name
        took = duration_in_words(minutes_on_the_way(way.route))
        notes = [
            f"About {way.route.distance_km:,.0f} km in about {took}. The time is an estimate and the hour assumed: "
            "check the real timetables."
        ]
        entry = self._entry(item, day, f"{_MODES[leg.mode]} to {to}", notes, "route estimates")
        days_later = item.ends // DAY_MINUTES
        return entry.model_copy(
            update={
                "ends": clock(item.ends % DAY_MINUTES),
                "ends_on": day.day + timedelta(days=days_later) if days_later else None,
                "reasons": list(item.reasons),
                "reason": " ".join(item.reasons) or None,
            }
        )

    def _leisure(self, day: PlanDay, starts: int, ends: int, near: str | None) -> ItineraryItem:
        where = f"around {self._name(near)}" if near else "in town"
        city = next((found.city for found in day.items if found.city and found.starts <= starts), day.city)
        item = Item(kind="rest", starts=starts, ends=ends, city=city)
        is_solemn = near is not None and self.facts.sights[near].kind in _SOLEMN
        todo = f"take your time {where}" if is_solemn else f"stroll {where}, shop or put your feet up"
        return self._entry(item, day, "Time at leisure", [f"Nothing is planned: {todo}."])

    def _entry(
        self, item: Item, day: PlanDay, title: str, notes: Sequence[str], source: str = _PLANNED
    ) -> ItineraryItem:
        city_id = item.city or day.city
        place = self.facts.places[city_id] if city_id else None
        return ItineraryItem(
            starts=clock(item.starts),
            ends=clock(item.ends),
            kind="visit" if item.kind == "continued" else item.kind,
            title=title,
            ref=item.ref if item.kind in ("visit", "continued", "leg") else None,
            place=place.name if place else None,
            timezone=place.timezone if place else None,
            coordinates=self._coordinates(item, city_id),
            notes=list(notes),
            source=source,
        )

    def _coordinates(self, item: Item, city_id: str | None) -> Coordinates | None:
        """Of what has a place of its own; where one sleeps is only known to be in the city."""
        if city_id is None or item.ref is None or item.kind in ("leg", "meal"):
            return None
        spot: Spot | None = spots_of(self.facts.trip.city(city_id)).get(item.ref)
        return None if spot is None else Coordinates(latitude=spot.latitude, longitude=spot.longitude)

    def _name(self, ref: str | None) -> str:
        return self.facts.sights[ref or ""].name

    def _place_name(self, item: Item) -> str:
        return self.facts.places[item.city or ""].name


def _fame(sight: Sight, has_reasons: bool) -> list[str]:
    if sight.rank == 3:
        return ["It is what most first-time visitors come for."]
    return ["It is one of the best known places here."] if sight.rank == 2 and not has_reasons else []


def _is_open_ground(sight: Sight) -> bool:
    """Whether public holidays make no difference to it: streets and parks, on which one may be all day."""
    if sight.hours == "always":
        return True
    if sight.hours is None or sight.indoor or sight.kind not in _OPEN_GROUNDS or len(sight.hours) < len(WEEKDAYS):
        return False
    is_free = sight.price is not None and sight.price.adult == 0
    windows = [[minutes_of_range(text) for text in ranges] for ranges in sight.hours.values()]
    return is_free and all(sum(closes - opens for opens, closes in day) >= _ALL_DAY_MINUTES for day in windows)


def _way_title(manner: TravelManner, to: str) -> str:
    verb = {"on foot": "Walk", "by local transport": "Local transport", "by bicycle": "Cycle", "by car": "Drive"}
    return f"{verb[manner]} to {to}"


def _way_note(way: Way) -> str:
    return f"About {way.distance_km:.1f} km as the crow flies; {way.minutes} minutes are an estimate."


def _road_note(way: TownWay) -> str:
    """Whether it was read just now is for the entry to say; this text is kept and shown again."""
    if way.provenance == "estimate":
        too_far = f"{way.distance_km:.1f} km by road ({way.provider}), too far to walk"
        return f"{too_far}; {way.minutes} minutes are an estimate."
    extra = EXTRA_MINUTES[way.manner]
    parking = f", {extra} of them for unlocking and parking" if extra else ""
    return f"{way.distance_km:.1f} km by road ({way.provider}); reckon with {way.minutes} minutes{parking}."

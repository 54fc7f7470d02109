"""From solved tours to the entries of each day: ways set out on as late as they may be, meals with their places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.trips.orienteering import Break, Visit
from app.trips.plan import Item
from app.trips.planner.day_tours import CityDays, Slot, meal_time
from app.trips.planner.route import Part, Stretch
from app.trips.problem import MEALS, Eatery, Meal, Sight, Trip
from app.trips.rules import BAGS_MINUTES, LONG_VISIT_MINUTES, MEAL_HOURS, DayRules


@dataclass(frozen=True)
class _Entry:
    """A visit, a meal at a place, or a meal wherever one is (`point` None). Times with the rest after a meal."""

    starts: int
    ends: int
    point: int | None
    meal: Meal | None
    latest: int


class Diary:
    """Writes one stretch. `menu`: the eatery of each meal that is due. `base`: where one sleeps."""

    def __init__(
        self, trip: Trip, stretch: Stretch, days: CityDays, menu: Mapping[Slot, Eatery], base: str, rules: DayRules
    ) -> None:
        self._trip = trip
        self._stretch = stretch
        self._days = days
        self._menu = menu
        self._base = base
        self._rules = rules
        self._sights = {sight.id: sight for sight in stretch.city.attractions}

    def items(self) -> Iterator[tuple[int, Item]]:
        """Each with its day (from 0), in order of time; the bags among them, the journeys not."""
        inward, onward = self._stretch.inward, self._stretch.onward
        if inward is not None:
            day, minute = divmod(inward.arrives_at, 24 * 60)
            if minute + BAGS_MINUTES <= 24 * 60 and day < self._stretch.trip_days:
                yield day, self._bags("arrival", minute)
        for number, part in enumerate(self._stretch.parts):
            for item in self._part(part, number):
                yield part.day, item
        if onward is not None and onward.departs >= BAGS_MINUTES:
            yield onward.day, self._bags("departure", onward.departs - BAGS_MINUTES)

    def _bags(self, kind: str, starts: int) -> Item:
        ends = starts + BAGS_MINUTES
        return Item.model_validate(
            {"kind": kind, "starts": starts, "ends": ends, "city": self._stretch.city.id, "ref": self._base}
        )

    def _part(self, part: Part, number: int) -> Iterator[Item]:
        """The party's place moves from the base over all entries back to the base."""
        place = end = len(self._days.travel) - 1
        entries = self._unhurried(self._entries(part, number), part)
        free_from = self._days.tours[number].opens
        for entry in entries:
            point = place if entry.point is None else entry.point
            yield from self._way(place, point, entry.starts)
            place = point
            yield from self._happens(entry, part)
            free_from = entry.ends
        yield from self._way(place, end, free_from + self._days.travel[place][end])

    def _way(self, start: int, end: int, arrive: int) -> Iterator[Item]:
        minutes = self._days.travel[start][end]
        if start != end and minutes:
            yield Item(
                kind="travel",
                starts=arrive - minutes,
                ends=arrive,
                city=self._stretch.city.id,
                origin=self._name(start),
                ref=self._name(end),
            )

    def _name(self, point: int) -> str:
        return self._base if point == len(self._days.travel) - 1 else self._days.place(point)

    def _happens(self, entry: _Entry, part: Part) -> Iterator[Item]:
        size, city = self._trip.party.size, self._stretch.city.id
        if entry.meal is None:
            sight = self._sights[self._name(entry.point or 0)]
            cost = sight.price * size
            visit = Item(kind="visit", starts=entry.starts, ends=entry.ends, city=city, ref=sight.id, cost=cost)
            lunch = self._lunch_on_the_spot(entry, part, sight)
            if lunch is None:
                yield visit
            elif lunch.starts == entry.starts:
                yield from self._happens(lunch, part)
                yield visit.model_copy(update={"starts": lunch.ends})
            else:
                yield visit.model_copy(update={"ends": lunch.starts})
                yield from self._happens(lunch, part)
                yield Item(kind="continued", starts=lunch.ends, ends=entry.ends, city=city, ref=sight.id)
            return
        eatery = self._menu[(part.day, entry.meal)]
        eaten = entry.starts + MEAL_HOURS[entry.meal].minutes
        yield Item(
            kind="meal",
            starts=entry.starts,
            ends=eaten,
            city=city,
            ref=eatery.id,
            meal=entry.meal,
            cost=eatery.price * size,
        )
        if eaten < entry.ends:
            yield Item(kind="rest", starts=eaten, ends=entry.ends, city=city)

    def _lunch_on_the_spot(self, entry: _Entry, part: Part, sight: Sight) -> _Entry | None:
        """Of a visit that has one: before it; of a long visit in its hours, and not before an hour is over."""
        number = self._stretch.parts.index(part)
        if self._days.look.lunch_at.get(number) != entry.point:
            return None
        time = meal_time("lunch", part, self._rules)
        is_long = sight.visit_minutes >= LONG_VISIT_MINUTES
        starts = max(MEAL_HOURS["lunch"].earliest, entry.starts + 60) if is_long else entry.starts
        return _Entry(starts, starts + MEAL_HOURS["lunch"].minutes + time.rest_minutes, None, "lunch", starts)

    def _entries(self, part: Part, number: int) -> list[_Entry]:
        """Visits and meals of a tour in order; each meal without the minutes that were only kept free for a way."""
        tour, solution = self._days.tours[number], self._days.solution
        found: list[_Entry] = []
        breaks = list(zip(solution.breaks[number], self._floating(part, tour.breaks), strict=True))
        for position, visit in enumerate((*solution.tours[number], None)):
            while breaks and breaks[0][0][0] == position:
                (_, starts, _), (meal, rest) = breaks.pop(0)
                last = meal_time(meal, part, self._rules).last
                found.append(_Entry(starts, starts + MEAL_HOURS[meal].minutes + rest, None, meal, last))
            if visit is not None:
                found.append(self._visit(visit, part))
        return found

    def _floating(self, part: Part, breaks: tuple[Break, ...]) -> list[tuple[Meal, int]]:
        """The meals of a tour's breaks, and how long one rests after each."""
        seated = set(self._days.look.seats)
        if self._stretch.parts.index(part) in self._days.look.lunch_at:
            seated.add((part.day, "lunch"))
        meals = [meal for meal in MEALS if (part, meal) in self._stretch.meals_due and (part.day, meal) not in seated]
        return [(meal, meal_time(meal, part, self._rules).rest_minutes) for meal in meals[: len(breaks)]]

    def _visit(self, visit: Visit, part: Part) -> _Entry:
        seat = visit.point - len(self._days.candidates)
        if seat >= 0:
            (_, meal), _ = self._days.look.placed[seat]
            return _Entry(visit.starts, visit.ends, visit.point, meal, meal_time(meal, part, self._rules).last)
        return _Entry(visit.starts, visit.ends, visit.point, None, visit.starts)

    def _unhurried(self, entries: list[_Entry], part: Part) -> list[_Entry]:
        """Breakfast as late as the first thing of the day, or the departure, lets it be: nobody gets up to wait. On a
        free day it is at its usual time."""
        if not entries or entries[0].meal != "breakfast":
            return entries
        first, until = entries[0], self._sets_out(entries, part)
        minutes = first.ends - first.starts
        usual = meal_time("breakfast", part, self._rules).first
        starts = usual if until is None else min(first.latest, until - minutes)
        if starts <= first.starts:
            return entries
        return [_Entry(starts, starts + minutes, first.point, "breakfast", first.latest), *entries[1:]]

    def _sets_out(self, entries: list[_Entry], part: Part) -> int | None:
        """When the first way of the day begins; None where there is none, and the day is free."""
        home = len(self._days.travel) - 1
        here = home if entries[0].point is None else entries[0].point
        if len(entries) == 1:
            return part.ends - self._days.travel[here][home] if part.is_departure else None
        second = entries[1]
        return None if second.point is None else second.starts - self._days.travel[here][second.point]

"""How the checker reads a plan: where the party is when, as it follows from the legs' own facts.

Every rule starts from this reading. It makes something of any plan: what is out of order is put in order, what is
unknown is taken for what would fit, so that one fault is reported once, by the rule that it breaks.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from app.trips.check.sojourn import Entry, Journey, Sojourn
from app.trips.check.stock import Stock
from app.trips.plan import Item, Plan, PlanDay
from app.trips.problem import Trip


@dataclass(frozen=True)
class Reading:
    """`entries`: all items as they happen. `sojourns`: one more than there are journeys; at home first and last,
    where the trip has a home."""

    trip: Trip
    plan: Plan
    stock: Stock
    entries: tuple[Entry, ...]
    journeys: tuple[Journey, ...]
    sojourns: tuple[Sojourn, ...]

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The trip's, as far as the calendar goes."""
        first = self.trip.first_day.toordinal()
        after = min(first + self.trip.day_count, date.max.toordinal() + 1)
        return tuple(date.fromordinal(ordinal) for ordinal in range(first, after))

    @property
    def last(self) -> int:
        """The last day's number; the first one's is 0."""
        return self.trip.day_count - 1

    def day_at(self, number: int) -> date | None:
        return self.dates[number] if 0 <= number < len(self.dates) else None

    @cached_property
    def plan_days(self) -> dict[int, PlanDay]:
        """By the days' numbers; of a date that is given twice, the first."""
        first = self.trip.first_day
        return {(day.day - first).days: day for day in reversed(self.plan.days)}

    @cached_property
    def in_cities(self) -> tuple[Sojourn, ...]:
        return tuple(sojourn for sojourn in self.sojourns if sojourn.city is not None)

    def sojourn_on(self, number: int) -> Sojourn | None:
        """Whose night it is: the city moved to last. None where the plan leads to no city."""
        begun = [sojourn for sojourn in self.in_cities if sojourn.begins <= number]
        return begun[-1] if begun else None

    def nights(self, sojourn: Sojourn) -> tuple[int, ...]:
        """Those that are spent in its city: neither on the way there nor elsewhere."""
        return tuple(
            number
            for number in range(self.last)
            if self.sojourn_on(number) is sojourn and not sojourn.is_on_the_way_after(number)
        )

    @cached_property
    def city_days(self) -> tuple[tuple[str, int], ...]:
        """The cities in order of visit with their days, as they follow from the legs."""
        begins = [sojourn.begins for sojourn in self.in_cities]
        ends = [*begins[1:], self.trip.day_count]
        return tuple(
            (sojourn.city.id, end - begin)
            for sojourn, begin, end in zip(self.in_cities, begins, ends, strict=False)
            if sojourn.city is not None
        )

    def base(self, sojourn: Sojourn) -> str:
        """Where one wakes up and leaves the bags: the stay, or the city itself where no night is spent in one.

        A plan may name several; the one that it names most often is meant.
        """
        if sojourn.city is None:
            return ""
        stays = {stay.id for stay in sojourn.city.stays}
        named = [planned.ref for planned in self.plan.stays]
        named += [day.stay for number in self.nights(sojourn) if (day := self.plan_days.get(number)) and day.stay]
        counted = Counter(ref for ref in named if ref in stays)
        return counted.most_common(1)[0][0] if counted and self.nights(sojourn) else sojourn.city.id

    def of_kind(self, kind: str) -> Iterator[tuple[Sojourn, Entry]]:
        """The items of that kind, with where they happen."""
        for sojourn in self.sojourns:
            yield from ((sojourn, entry) for entry in sojourn.entries if entry.item.kind == kind)


def read(trip: Trip, plan: Plan) -> Reading:
    stock = Stock(trip)
    entries = tuple(_entries(trip, plan))
    legs = tuple(entry for entry in entries if entry.item.kind == "leg")
    journeys = tuple(Journey(entry, stock.leg(entry.item.ref)) for entry in legs)
    sojourns = tuple(_sojourns(stock, plan, entries, journeys))
    return Reading(trip, plan, stock, entries, journeys, sojourns)


def _entries(trip: Trip, plan: Plan) -> Iterator[Entry]:
    for day in sorted(plan.days, key=lambda day: day.day):
        number = (day.day - trip.first_day).days
        yield from (Entry(item, day.day, number) for item in sorted(day.items, key=_times))


def _times(item: Item) -> tuple[int, int]:
    return item.starts, item.ends


def _sojourns(stock: Stock, plan: Plan, entries: tuple[Entry, ...], journeys: tuple[Journey, ...]) -> Iterator[Sojourn]:
    groups: list[list[Entry]] = [[]]
    for entry in entries:
        if entry.item.kind == "leg":
            groups.append([])
        else:
            groups[-1].append(entry)
    comes: tuple[Journey | None, ...] = (None, *journeys)
    goes: tuple[Journey | None, ...] = (*journeys, None)
    has_begun = False
    for group, came, leaves in zip(groups, comes, goes, strict=True):
        city = stock.city(_place_between(stock, plan, came, leaves))
        # The first city's days begin with the trip: a first leg on a later day is the route's fault alone.
        begins = came.entry.number if came and has_begun else 0
        has_begun = has_begun or city is not None
        yield Sojourn(city, tuple(group), came, leaves, begins)


def _place_between(stock: Stock, plan: Plan, came: Journey | None, leaves: Journey | None) -> str | None:
    """Where the leg before leads; from where the next one starts, if that leg is unknown; else home."""
    if came and came.leg:
        return came.leg.destination
    if came is None and stock.trip.origin is not None:
        return stock.trip.origin
    if leaves and leaves.leg:
        return leaves.leg.origin
    if stock.trip.origin is not None:
        return stock.trip.origin
    return next((day.city for day in plan.days if stock.city(day.city)), stock.trip.cities[0].id)

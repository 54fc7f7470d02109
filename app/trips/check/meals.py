"""What is eaten: every meal that a day has room for, and the cuisines that were wished for."""

from collections import Counter
from collections.abc import Iterator

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn
from app.trips.check.wishes import bound_ids
from app.trips.problem import MEALS, Meal, VisitLock
from app.trips.rules import MEAL_HOURS, MEAL_MARGIN_MINUTES


def meals(reading: Reading) -> Faults:
    eaten = [entry for _, entry in reading.of_kind("meal")]
    for number, day in enumerate(reading.dates):
        had = Counter(entry.item.meal for entry in eaten if entry.number == number)
        for meal in MEALS:
            if had[meal] == 0 and _is_due(reading, number, meal):
                yield Fault(text=f"no {meal}, though there is time for it", day=day)
            if had[meal] > 1:
                yield Fault(text=f"{meal} is had {had[meal]} times", day=day)
    for entry in eaten:
        yield from _meal(reading, entry)
    yield from _eaten_at_twice(reading, eaten)


def cuisines(reading: Reading) -> Faults:
    """Upper and lower case are the same."""
    refs = {entry.item.ref or "" for _, entry in reading.of_kind("meal")}
    had = {
        cuisine.casefold()
        for ref, eatery in reading.stock.eateries.items()
        if ref in refs
        for cuisine in eatery.cuisines
    }
    for cuisine in reading.trip.wishes.cuisines:
        if cuisine.casefold() not in had:
            yield Fault(text=f"no meal is {cuisine}")


def _is_due(reading: Reading, number: int, meal: Meal) -> bool:
    """It fits into that day's time in a city where some place serves it, beside visits fixed to their hour."""
    hours = MEAL_HOURS[meal]
    for sojourn in reading.in_cities:
        span = sojourn.free_time(number)
        if span is None or sojourn.city is None:
            continue
        if not any(meal in eatery.meals for eatery in sojourn.city.eateries):
            continue
        for starts, ends in _gaps(span.starts, span.ends, _fixed(reading, sojourn, number)):
            earliest = max(hours.earliest, starts)
            if earliest <= hours.latest and earliest + hours.minutes <= ends:
                return True
    return False


def _fixed(reading: Reading, sojourn: Sojourn, number: int) -> list[tuple[int, int]]:
    """From when to when visits of that day are whose hour the traveller has fixed, in order."""
    bound = bound_ids(reading)
    at_an_hour = {
        lock.id for lock in reading.trip.wishes.locks if isinstance(lock, VisitLock) and lock.starts is not None
    }
    visits = [entry.item for entry in sojourn.entries if entry.number == number and entry.item.kind == "visit"]
    return sorted(
        (item.starts, item.ends)
        for item in visits
        if item.ref in at_an_hour or (item.ref in bound and item.ref in reading.stock.events)
    )


def _gaps(starts: int, ends: int, fixed: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left beside them, with time to get there and back."""
    for begins, until in fixed:
        yield starts, begins - MEAL_MARGIN_MINUTES
        starts = max(starts, until + MEAL_MARGIN_MINUTES)
    yield starts, ends


def _meal(reading: Reading, entry: Entry) -> Faults:
    item = entry.item
    if item.meal is None:
        yield _fault(entry, "it is not said which meal this is")
        return
    hours = MEAL_HOURS[item.meal]
    if not hours.earliest <= item.starts <= hours.latest:
        yield _fault(entry, f"{item.meal} begins from {clock(hours.earliest)} to {clock(hours.latest)}")
    if item.ends - item.starts != hours.minutes:
        yield _fault(entry, f"{item.meal} takes {hours.minutes} minutes, not until {clock(item.ends)}")
    eatery = reading.stock.eateries.get(item.ref or "")
    if eatery is not None and item.meal not in eatery.meals:
        yield _fault(entry, f"{item.ref} serves no {item.meal}")


def _eaten_at_twice(reading: Reading, eaten: list[Entry]) -> Faults:
    seen: set[str] = set()
    for entry in eaten:
        eatery = reading.stock.eateries.get(entry.item.ref or "")
        if eatery is None or eatery.is_generic:
            continue
        if eatery.id in seen:
            yield _fault(entry, f"{eatery.id} is eaten at a second time")
        seen.add(eatery.id)


def _fault(entry: Entry, text: str) -> Fault:
    return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)

"""What is eaten: every meal that a day has room for, and the cuisines that were wished for."""

from collections import Counter

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry
from app.trips.problem import MEALS, Meal
from app.trips.rules import MEAL_HOURS


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
    """It fits into that day's time in a city where some place serves it."""
    hours = MEAL_HOURS[meal]
    for sojourn in reading.in_cities:
        span = sojourn.free_time(number)
        if span is None or sojourn.city is None:
            continue
        if not any(meal in eatery.meals for eatery in sojourn.city.eateries):
            continue
        earliest = max(hours.earliest, span.starts)
        if earliest <= hours.latest and earliest + hours.minutes <= span.ends:
            return True
    return False


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

"""How full a day is: its hours, its visits, its rest."""

from collections import Counter
from datetime import date

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn, Span
from app.trips.check.wishes import bound_ids
from app.trips.problem import DAY_MINUTES, Sight
from app.trips.rules import EVENING_ENDS, EVENING_OPENS, DayRules, day_rules


def pace(reading: Reading) -> Faults:
    rules = day_rules(reading.trip.wishes)
    visits = [entry for _, entry in reading.of_kind("visit")]
    for entry in visits:
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is not None:
            yield from _hours(reading, entry, sight)
    for _, entry in reading.of_kind("continued"):
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is not None:
            yield from _hours(reading, entry, sight)
    yield from _count(reading, rules, visits)
    for sojourn, entry in reading.of_kind("meal"):
        if rules.rest_minutes and entry.item.meal == "lunch":
            yield from _rest(rules, sojourn, entry)


def _hours(reading: Reading, entry: Entry, sight: Sight) -> Faults:
    hours = hours_for(reading, sight, entry.day)
    if entry.item.starts < hours.starts:
        yield _fault(entry, f"visits start at {clock(hours.starts)} or later")
    if entry.item.ends > hours.ends:
        text = f"{entry.item.ref} lasts until {clock(entry.item.ends)}, and has to end by {clock(hours.ends)}"
        yield _fault(entry, text)


def hours_for(reading: Reading, sight: Sight, day: date) -> Span:
    """Between which hours of that day it may be visited, whenever it is open. An event is when it is; what opens for
    the evening may last into it."""
    if sight.id in reading.stock.events:
        return Span(0, DAY_MINUTES)
    rules = day_rules(reading.trip.wishes)
    is_for_evening = all(window.opens >= EVENING_OPENS for window in sight.windows(day))
    return Span(rules.starts, max(rules.ends, EVENING_ENDS) if is_for_evening else rules.ends)


def _count(reading: Reading, rules: DayRules, visits: list[Entry]) -> Faults:
    """There may be more where the traveller has asked for each of them by name."""
    bound = bound_ids(reading)
    unasked = {entry.day for entry in visits if entry.item.ref not in bound}
    counted = Counter(entry.day for entry in visits)
    for day, count in counted.items():
        if count > rules.most_sights and day in unasked:
            yield Fault(text=f"{count} visits, where the pace allows {rules.most_sights}", day=day)


def _rest(rules: DayRules, sojourn: Sojourn, lunch: Entry) -> Faults:
    free = sojourn.free_time(lunch.number)
    if free is None or lunch.item.ends + rules.rest_minutes > free.ends:
        return
    after = sojourn.entries[sojourn.entries.index(lunch) + 1 :][:1]
    wanted = (lunch.ends, lunch.ends + rules.rest_minutes)
    if not any(entry.item.kind == "rest" and (entry.starts, entry.ends) == wanted for entry in after):
        text = f"after lunch there is no rest of {rules.rest_minutes} minutes"
        yield Fault(text=text, day=lunch.day, ref=lunch.item.ref)


def _fault(entry: Entry, text: str) -> Fault:
    return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)

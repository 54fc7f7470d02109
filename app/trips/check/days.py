"""The calendar and the clock: dates, order, overlaps, nights."""

from collections import Counter
from itertools import pairwise

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry
from app.trips.plan import Item
from app.trips.problem import DAY_MINUTES
from app.trips.rules import MEAL_HOURS, NIGHT_FROM

_BY_THE_LEG = {"leg", "arrival", "departure"}
"""What is done at any hour, as the leg that goes with it runs at any hour."""

_MORNING_FROM = MEAL_HOURS["breakfast"].earliest


def days(reading: Reading) -> Faults:
    yield from _dates(reading)
    yield from _order(reading)
    yield from _overlaps(reading)
    for entry in reading.entries:
        yield from _clock_times(entry)
        yield from _night(entry)


def _dates(reading: Reading) -> Faults:
    counted = Counter(day.day for day in reading.plan.days)
    wanted = set(reading.dates)
    yield from (Fault(text=f"{day} is not planned", day=day) for day in reading.dates if day not in counted)
    yield from (Fault(text=f"{day} is no day of the trip", day=day) for day in counted if day not in wanted)
    yield from (Fault(text=f"{day} is planned {times} times", day=day) for day, times in counted.items() if times > 1)
    listed = [day.day for day in reading.plan.days]
    if listed != sorted(listed):
        yield Fault(text="the days are not listed in order")


def _order(reading: Reading) -> Faults:
    for day in reading.plan.days:
        for before, after in pairwise(day.items):
            if after.starts < before.starts:
                text = f"{_named(after)} at {clock(after.starts)} is listed after {_named(before)} at "
                yield Fault(text=text + clock(before.starts), day=day.day, ref=after.ref)


def _overlaps(reading: Reading) -> Faults:
    last: Entry | None = None
    for entry in reading.entries:
        if last is not None and entry.starts < last.ends:
            text = f"{_named(entry.item)} starts at {clock(entry.item.starts)}, before {_named(last.item)} ends at "
            yield Fault(text=text + clock(last.ends - entry.number * DAY_MINUTES), day=entry.day, ref=entry.item.ref)
        if last is None or entry.ends > last.ends:
            last = entry


def _clock_times(entry: Entry) -> Faults:
    item = entry.item
    if item.ends < item.starts or (item.ends == item.starts and item.kind != "leg"):
        text = f"{_named(item)} starts at {clock(item.starts)} and ends at {clock(item.ends)}"
        yield Fault(text=text, day=entry.day, ref=item.ref)
    if item.starts > DAY_MINUTES or (item.ends > DAY_MINUTES and item.kind != "leg"):
        text = f"{_named(item)}, {clock(item.starts)} to {clock(item.ends)}, does not lie on its day"
        yield Fault(text=text, day=entry.day, ref=item.ref)


def _night(entry: Entry) -> Faults:
    item = entry.item
    if item.kind in _BY_THE_LEG:
        return
    if item.starts < _MORNING_FROM:
        text = f"{_named(item)} starts at {clock(item.starts)}, the day at {clock(_MORNING_FROM)}"
        yield Fault(text=text, day=entry.day, ref=item.ref)
    if NIGHT_FROM < item.ends <= DAY_MINUTES:
        text = f"{_named(item)} lasts until {clock(item.ends)}, the day until {clock(NIGHT_FROM)}"
        yield Fault(text=text, day=entry.day, ref=item.ref)


def _named(item: Item) -> str:
    return f"{item.kind} {item.ref}" if item.ref else item.kind

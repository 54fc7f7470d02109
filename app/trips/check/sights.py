"""Visits: open, long enough, once; and dry, where that can be had."""

from app.trips.check.certificate import Fault, Faults, clock, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn
from app.trips.check.wishes import bound_ids
from app.trips.problem import City, Sight


def sights(reading: Reading) -> Faults:
    seen: set[str] = set()
    for _, entry in reading.of_kind("visit"):
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is None:
            continue
        yield from _visit(entry, sight)
        if sight.id in seen:
            yield _fault(entry, f"{sight.id} is visited a second time")
        seen.add(sight.id)


def weather(reading: Reading) -> Faults:
    bound = bound_ids(reading)
    for sojourn, entry in reading.of_kind("visit"):
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is None or sight.indoor is True or sight.id in bound or sojourn.city is None:
            continue
        if sojourn.city.is_wet(entry.day) and (better := _dry_day(reading, sojourn, sojourn.city, sight)):
            yield _fault(entry, f"{sight.id} is in the open and the day is wet; {better}")


def _visit(entry: Entry, sight: Sight) -> Faults:
    item, windows = entry.item, sight.windows(entry.day)
    if not windows:
        yield _fault(entry, f"{sight.id} is closed that day")
    elif not any(window.opens <= item.starts and item.ends <= window.closes for window in windows):
        hours = ", ".join(f"{clock(window.opens)} to {clock(window.closes)}" for window in windows)
        yield _fault(entry, f"{sight.id} is open {hours}, the visit lasts until {clock(item.ends)}")
    if item.ends - item.starts != sight.visit_minutes:
        text = f"a visit of {sight.id} takes {sight.visit_minutes} minutes, not "
        yield _fault(entry, text + number(item.ends - item.starts))


def _dry_day(reading: Reading, sojourn: Sojourn, city: City, sight: Sight) -> str | None:
    """The first full day there on which it stays dry and the visit fits into its hours, in words."""
    for day_number, day in enumerate(reading.dates):
        if city.is_wet(day) or not sojourn.is_full_day(day_number):
            continue
        if any(window.closes - window.opens >= sight.visit_minutes for window in sight.windows(day)):
            return f"{day} is dry"
    return None


def _fault(entry: Entry, text: str) -> Fault:
    return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)

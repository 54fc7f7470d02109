"""Visits: open, long enough, once; and dry, where that can be had."""

from app.trips.check.certificate import Fault, Faults, clock, number
from app.trips.check.pace import hours_for
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn
from app.trips.check.wishes import bound_ids
from app.trips.problem import City, Sight
from app.trips.rules import DRY_DAY_MARGIN_MINUTES, LONG_VISIT_MINUTES, MEAL_MARGIN_MINUTES, NIGHT_FROM


def sights(reading: Reading) -> Faults:
    seen: set[str] = set()
    claimed: list[Entry] = []
    for sojourn, entry in reading.of_kind("visit"):
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is None:
            continue
        rest = _rest_of(sojourn, entry, sight)
        claimed += [rest] if rest else []
        yield from _visit(entry, sight, rest or entry, _pause(sojourn, entry) if rest else 0)
        if sight.id in seen:
            yield _fault(entry, f"{sight.id} is visited a second time")
        seen.add(sight.id)
    for _, entry in reading.of_kind("continued"):
        if entry not in claimed:
            yield _fault(entry, f"{entry.item.ref} goes on, but no long visit was interrupted for lunch there")


def weather(reading: Reading) -> Faults:
    bound = bound_ids(reading)
    for sojourn, entry in reading.of_kind("visit"):
        sight = reading.stock.sights.get(entry.item.ref or "")
        if sight is None or sight.indoor is True or sight.id in bound or sojourn.city is None:
            continue
        if sojourn.city.is_wet(entry.day) and (better := _dry_day(reading, sojourn, sojourn.city, sight)):
            yield _fault(entry, f"{sight.id} is in the open and the day is wet; {better}")


def _rest_of(sojourn: Sojourn, entry: Entry, sight: Sight) -> Entry | None:
    """What goes on after lunch, and the rest after it, of a visit that is long enough to be interrupted."""
    if sight.visit_minutes < LONG_VISIT_MINUTES:
        return None
    after = sojourn.entries[sojourn.entries.index(entry) + 1 :][:3]
    if not after or after[0].item.meal != "lunch":
        return None
    following = after[2:3] if len(after) > 1 and after[1].item.kind == "rest" else after[1:2]
    found = following[0] if following else None
    is_same = found is not None and found.item.kind == "continued" and found.item.ref == entry.item.ref
    return found if is_same and found is not None and found.number == entry.number else None


def _pause(sojourn: Sojourn, entry: Entry) -> int:
    """Minutes of rest after the lunch that interrupts a visit."""
    after = sojourn.entries[sojourn.entries.index(entry) + 2].item
    return after.ends - after.starts if after.kind == "rest" else 0


def _visit(entry: Entry, sight: Sight, last: Entry, pause: int) -> Faults:
    """`last`: the entry with which the visit ends. `pause`: minutes in between that are no part of it."""
    item, windows = entry.item, sight.windows(entry.day)
    ends = last.item.ends
    if not windows:
        yield _fault(entry, f"{sight.id} is closed that day")
    elif not any(window.opens <= item.starts and ends <= window.closes for window in windows):
        hours = ", ".join(f"{clock(window.opens)} to {clock(window.closes)}" for window in windows)
        yield _fault(entry, f"{sight.id} is open {hours}, the visit lasts until {clock(ends)}")
    if ends - item.starts - pause != sight.visit_minutes:
        text = f"a visit of {sight.id} takes {sight.visit_minutes} minutes, not "
        yield _fault(entry, text + number(ends - item.starts - pause))


def _dry_day(reading: Reading, sojourn: Sojourn, city: City, sight: Sight) -> str | None:
    """The first day there on which it stays dry and the visit fits into its hours and the day's, in words; on days of
    arrival and departure with time for the ways."""
    for day_number, day in enumerate(reading.dates):
        span = sojourn.free_time(day_number)
        if city.is_wet(day) or span is None:
            continue
        # Free time has the margin of meals already.
        more = DRY_DAY_MARGIN_MINUTES - MEAL_MARGIN_MINUTES
        hours = hours_for(reading, sight, day)
        starts = max(hours.starts, span.starts + more if span.starts else 0)
        ends = min(hours.ends, span.ends if span.ends == NIGHT_FROM else span.ends - more)
        for window in sight.windows(day):
            if min(window.closes, ends) - max(window.opens, starts) >= sight.visit_minutes:
                return f"{day} is dry"
    return None


def _fault(entry: Entry, text: str) -> Fault:
    return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)

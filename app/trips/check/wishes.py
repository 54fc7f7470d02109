"""What the traveller names: to be included, to be avoided, or booked."""

from datetime import date

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry
from app.trips.problem import LegLock, Lock, MealLock, StayLock, VisitLock

_USES = {"visit", "meal", "leg"}


def wishes(reading: Reading) -> Faults:
    used = _used(reading)
    cities = {sojourn.city.id for sojourn in reading.in_cities if sojourn.city}
    for ref in dict.fromkeys(reading.trip.wishes.include):
        if ref not in used and ref not in cities and ref != reading.trip.origin:
            yield Fault(text=f"{ref} is not in the plan, though wished for", ref=ref)
    for ref in dict.fromkeys(reading.trip.wishes.avoid):
        if ref in used:
            yield Fault(text=f"{ref} is in the plan, though it is to be avoided", day=used[ref], ref=ref)
    for lock in reading.trip.wishes.locks:
        yield from _lock(reading, lock)


def bound_ids(reading: Reading) -> frozenset[str]:
    """Sights and events that the traveller has named: nothing else is on a day above the pace's count, and the
    weather does not touch them."""
    wished = reading.trip.wishes
    return frozenset(wished.include) | {lock.id for lock in wished.locks if lock.kind == "visit"}


def _used(reading: Reading) -> dict[str, date]:
    """What the party visits, eats at, sleeps in or takes, with the first day of each."""
    found: dict[str, date] = {}
    for entry in reading.entries:
        if entry.item.kind in _USES and entry.item.ref:
            found.setdefault(entry.item.ref, entry.day)
    for planned in reading.plan.stays:
        found.setdefault(planned.ref, planned.first_night)
    return found


def _lock(reading: Reading, lock: Lock) -> Faults:
    if not _is_kept(reading, lock):
        yield Fault(text=_asked(lock), day=None if isinstance(lock, StayLock) else lock.day, ref=lock.id)


def _is_kept(reading: Reading, lock: Lock) -> bool:
    if isinstance(lock, StayLock):
        return any(planned.ref == lock.id for planned in reading.plan.stays)
    return any(_meets(entry, lock) for entry in reading.entries)


def _meets(entry: Entry, lock: VisitLock | LegLock | MealLock) -> bool:
    item = entry.item
    if (item.kind, item.ref, entry.day) != (lock.kind, lock.id, lock.day):
        return False
    if isinstance(lock, VisitLock):
        return lock.starts is None or item.starts == lock.starts
    return isinstance(lock, LegLock) or item.meal == lock.meal


def _asked(lock: Lock) -> str:
    if isinstance(lock, StayLock):
        return f"{lock.id} is booked, and the nights are spent elsewhere"
    when = f"on {lock.day}"
    if isinstance(lock, VisitLock) and lock.starts is not None:
        when = f"{when} at {clock(lock.starts)}"
    if isinstance(lock, MealLock):
        return f"{lock.meal} {when} was to be at {lock.id}"
    return f"{lock.kind} {lock.id} was to be {when}"

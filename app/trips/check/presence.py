"""When one is in a city: from the end of the way to the stay with the bags, to the start of the way back with them."""

from app.trips.check.certificate import Fault, Faults, clock
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn
from app.trips.problem import DAY_MINUTES

_BAGS = ("arrival", "departure")


def presence(reading: Reading) -> Faults:
    for sojourn in reading.sojourns:
        if sojourn.city is None:
            yield from (_fault(entry, f"{entry.item.kind} while one is in no city") for entry in sojourn.entries)
        else:
            yield from _arrival(reading, sojourn)
            yield from _late_night(sojourn)
            yield from _departure(reading, sojourn)


def _arrival(reading: Reading, sojourn: Sojourn) -> Faults:
    found = [entry for entry in sojourn.entries if entry.item.kind == "arrival"]
    wanted = sojourn.bags_down
    if wanted is None:
        yield from (_fault(entry, "there is no leg, or no time left, for an arrival") for entry in found)
        return
    if not found:
        # Who arrives at the stroke of midnight arrives late on one day or early on the next: both are fair.
        if wanted[0] % DAY_MINUTES:
            yield _missing(reading, sojourn, "arrival", wanted)
        return
    meant = found[0]
    yield from _bags(reading, sojourn, found, meant, wanted)
    early = sojourn.entries[: sojourn.entries.index(meant)]
    yield from (_fault(e, f"{e.item.kind} before the bags are at the stay") for e in early if e not in found)


def _late_night(sojourn: Sojourn) -> Faults:
    """Who arrives too late for the bags does nothing else that day."""
    if sojourn.came is None or sojourn.bags_down is not None:
        return
    day = sojourn.came.arrives // DAY_MINUTES
    for entry in sojourn.entries:
        if entry.number == day and entry.item.kind not in _BAGS:
            yield _fault(entry, f"{entry.item.kind} after an arrival at {clock(sojourn.came.arrives % DAY_MINUTES)}")


def _departure(reading: Reading, sojourn: Sojourn) -> Faults:
    found = [entry for entry in sojourn.entries if entry.item.kind == "departure"]
    wanted = sojourn.bags_up
    if wanted is None:
        yield from (_fault(entry, "there is no leg, or no time left, for a departure") for entry in found)
        return
    if not found:
        yield _missing(reading, sojourn, "departure", wanted)
        return
    meant = found[-1]
    yield from _bags(reading, sojourn, found, meant, wanted)
    late = sojourn.entries[sojourn.entries.index(meant) + 1 :]
    yield from (_fault(e, f"{e.item.kind} after the bags are taken up") for e in late if e not in found)


def _bags(reading: Reading, sojourn: Sojourn, found: list[Entry], meant: Entry, wanted: tuple[int, int]) -> Faults:
    base = reading.base(sojourn)
    if (meant.starts, meant.ends) != wanted:
        times = " to ".join(clock(minute - meant.number * DAY_MINUTES) for minute in wanted)
        yield _fault(meant, f"the {meant.item.kind} has to be {times}")
    if meant.item.ref != base and meant.item.ref in reading.stock.known:
        yield _fault(meant, f"the bags belong to {base}, not {meant.item.ref}")
    yield from (_fault(entry, f"a second {entry.item.kind}") for entry in found if entry is not meant)


def _missing(reading: Reading, sojourn: Sojourn, kind: str, wanted: tuple[int, int]) -> Fault:
    number = wanted[0] // DAY_MINUTES
    times = " to ".join(clock(minute - number * DAY_MINUTES) for minute in wanted)
    return Fault(
        text=f"no {kind} at {times}", day=reading.day_at(number), ref=sojourn.city.id if sojourn.city else None
    )


def _fault(entry: Entry, text: str) -> Fault:
    return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)

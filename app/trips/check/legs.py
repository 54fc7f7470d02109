"""Each leg by itself: its date, its times, its means; and the own car, which has to come along."""

from app.trips.check.certificate import Fault, Faults, clock, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Journey
from app.trips.problem import Leg


def legs(reading: Reading) -> Faults:
    for journey in reading.journeys:
        if journey.leg is not None:
            yield from _leg(reading, journey, journey.leg)
    yield from _own_car(reading)


def _leg(reading: Reading, journey: Journey, leg: Leg) -> Faults:
    day = journey.entry.day
    if not leg.runs_on(day):
        yield Fault(text=f"leg {leg.id} does not run on {day}", day=day, ref=leg.id)
    if leg.mode in reading.trip.wishes.excluded_modes:
        yield Fault(text=f"leg {leg.id} is a {leg.mode}, which is not wished for", day=day, ref=leg.id)
    yield from _times(journey, leg)


def _times(journey: Journey, leg: Leg) -> Faults:
    item, day = journey.entry.item, journey.entry.day
    if leg.departs is not None and leg.arrives is not None:
        if (item.starts, item.ends) != (leg.departs, leg.arrives):
            text = f"leg {leg.id} goes from {clock(leg.departs)} to {clock(leg.arrives)}, not from "
            yield Fault(text=f"{text}{clock(item.starts)} to {clock(item.ends)}", day=day, ref=leg.id)
    elif item.ends - item.starts != leg.duration_minutes:
        text = f"leg {leg.id} takes {leg.duration_minutes} minutes, not {number(item.ends - item.starts)}"
        yield Fault(text=text, day=day, ref=leg.id)


def _own_car(reading: Reading) -> Faults:
    """All the way or not at all; city transport between near places goes with either."""
    drives = [journey for journey in reading.journeys if journey.leg and journey.leg.mode == "drive"]
    others = [journey for journey in reading.journeys if journey.leg and journey.leg.mode not in ("drive", "local")]
    if drives and others:
        first = others[0].entry
        text = f"the own car is taken on some legs and left behind on leg {first.item.ref}"
        yield Fault(text=text, day=first.day, ref=first.item.ref)

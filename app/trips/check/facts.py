"""What the plan cites: that it is there, of the right kind, in the right city; and that nothing is passed over."""

from collections import Counter

from app.trips.check.certificate import Fault, Faults, clock, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry
from app.trips.check.stock import RefKind
from app.trips.plan import ItemKind
from app.trips.problem import Sight

_MAY_CITE: dict[ItemKind, tuple[RefKind, ...]] = {
    "leg": ("leg",),
    "arrival": ("stay", "city"),
    "departure": ("stay", "city"),
    "travel": ("city", "stay", "eatery", "sight"),
    "visit": ("sight",),
    "continued": ("sight",),
    "meal": ("eatery",),
    "rest": (),
}
"""What each kind of item refers to."""

_STOPS = _MAY_CITE["travel"]


def facts(reading: Reading) -> Faults:
    for sojourn in reading.sojourns:
        here = None if sojourn.city is None else sojourn.city.id
        for entry in sojourn.entries:
            yield from _item(reading, entry, here)
    for journey in reading.journeys:
        yield from _item(reading, journey.entry, None)
    yield from _days(reading)
    yield from _stays(reading)
    yield from _left_out(reading)
    yield from _score(reading)


def _item(reading: Reading, entry: Entry, here: str | None) -> Faults:
    """`here`: the city of the moment; None at home and on the way."""
    item = entry.item
    texts = []
    if item.kind != "rest":
        texts.append(_wrong(reading, item.ref, _MAY_CITE[item.kind], here))
    elif item.ref is not None:
        texts.append(f"a rest is nothing in particular, not {item.ref}")
    if item.kind == "travel":
        texts.append(_wrong(reading, item.origin, _STOPS, here))
    elif item.origin is not None:
        texts.append(f"only a way comes from somewhere, not a {item.kind} from {item.origin}")
    if item.meal is not None and item.kind != "meal":
        texts.append(f"a {item.kind} is no {item.meal}")
    if item.city is not None:
        texts.append(_wrong(reading, item.city, ("city", "home"), None))
    for text in texts:
        if text is not None:
            yield Fault(text=f"{clock(item.starts)}: {item.kind}: {text}", day=entry.day, ref=item.ref)


def _wrong(reading: Reading, ref: str | None, kinds: tuple[RefKind, ...], city: str | None) -> str | None:
    """What is wrong about a reference; `city` None: it may be in any."""
    if ref is None:
        return f"it does not say which {' or '.join(kinds)}"
    known = reading.stock.known.get(ref)
    if known is None:
        return f"the trip knows no {ref}"
    if known.kind not in kinds:
        return f"{ref} is a {known.kind}, not a {' or '.join(kinds)}"
    if city is not None and known.city != city:
        return f"{ref} is in {known.city}, not in {city}"
    return None


def _days(reading: Reading) -> Faults:
    for day in reading.plan.days:
        if day.city is not None and (text := _wrong(reading, day.city, ("city",), None)):
            yield Fault(text=text, day=day.day, ref=day.city)
        number_of_day = (day.day - reading.trip.first_day).days
        sojourn = reading.sojourn_on(number_of_day)
        here = sojourn.city.id if sojourn and sojourn.city and number_of_day in reading.nights(sojourn) else None
        if day.stay is not None and (text := _wrong(reading, day.stay, ("stay",), here)):
            yield Fault(text=text, day=day.day, ref=day.stay)


def _stays(reading: Reading) -> Faults:
    for planned in reading.plan.stays:
        if text := _wrong(reading, planned.ref, ("stay",), planned.city):
            yield Fault(text=text, day=planned.first_night, ref=planned.ref)


def _left_out(reading: Reading) -> Faults:
    """What is not visited is listed as left out, once; what is visited is not."""
    visited = {entry.item.ref for _, entry in reading.of_kind("visit")}
    listed = Counter(left.ref for left in reading.plan.left_out)
    for ref, times in listed.items():
        if ref not in reading.stock.sights:
            yield Fault(text=f"{ref} is left out, but is no sight or event of the trip", ref=ref)
        elif ref in visited:
            yield Fault(text=f"{ref} is left out and visited", ref=ref)
        elif times > 1:
            yield Fault(text=f"{ref} is left out {times} times", ref=ref)
    for ref in reading.stock.sights:
        if ref not in visited and ref not in listed:
            yield Fault(text=f"{ref} is neither visited nor left out", ref=ref)


def _score(reading: Reading) -> Faults:
    sights = reading.stock.sights
    refs = [entry.item.ref or "" for _, entry in reading.of_kind("visit")]
    score = sum(_points(reading, sights[ref]) for ref in refs if ref in sights)
    if reading.plan.score != score:
        yield Fault(text=f"the visits are worth {number(score)} points, not {number(reading.plan.score)}")


def _points(reading: Reading, sight: Sight) -> int:
    """Its own, those of the dearest interest that it serves, and half of the next one's."""
    weights = reading.trip.wishes.interests
    dearest, following = sorted([0, 0, *(weights.get(name, 0) for name in set(sight.interests))])[-1:-3:-1]
    return sight.score + dearest + following // 2

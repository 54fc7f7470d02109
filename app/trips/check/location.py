"""Where the party is, step by step: a state that only ways, and places next door to each other, change."""

from app.trips.check.certificate import Fault, Faults, clock, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Entry, Sojourn
from app.trips.problem import City


def location(reading: Reading) -> Faults:
    for sojourn in reading.sojourns:
        if sojourn.city is not None:
            walk = _Walk(reading, sojourn, sojourn.city)
            yield from walk.faults()
    yield from _cities_named(reading)


class _Walk:
    """`place`: the stop where the party is; None after a stop that is unknown, when it may be anywhere."""

    def __init__(self, reading: Reading, sojourn: Sojourn, city: City) -> None:
        self.reading, self.sojourn, self.city = reading, sojourn, city
        self.base = reading.base(sojourn)
        self.place: str | None = self.base
        self.number: int | None = None

    def faults(self) -> Faults:
        last: Entry | None = None
        for entry in self.sojourn.entries:
            if last is not None and last.number != entry.number:
                yield from self._back(last, "for the night")
            yield from self._step(entry)
            last = entry
        # The last day of who has no home to go to ends anywhere.
        if last is not None and (self.sojourn.goes is not None or last.number != self.reading.last):
            yield from self._back(last, "before leaving" if self.sojourn.goes else "for the night")

    def _step(self, entry: Entry) -> Faults:
        match entry.item.kind:
            case "arrival":
                self.place = self.base
            case "departure":
                yield from self._back(entry, "to take up the bags")
            case "travel":
                yield from self._travel(entry)
            case "visit" | "continued" if entry.item.ref in self.reading.stock.sights:
                yield from self._at(entry)
            case "visit" | "continued":
                self.place = None
            case "meal":
                eatery = self.reading.stock.eateries.get(entry.item.ref or "")
                if eatery is not None and eatery.spot is not None:
                    yield from self._at(entry)

    def _travel(self, entry: Entry) -> Faults:
        item = entry.item
        if not self._is_near(item.origin):
            yield self._fault(entry, f"a way from {item.origin}, where one is at {self.place}")
        self._move(item.ref)
        needed = self.reading.stock.minutes(self.city, item.origin or "", item.ref or "")
        if needed is not None and item.ends - item.starts != needed:
            text = f"the way from {item.origin} to {item.ref} takes {needed} minutes, not "
            yield self._fault(entry, text + number(item.ends - item.starts))

    def _at(self, entry: Entry) -> Faults:
        if not self._is_near(entry.item.ref):
            yield self._fault(entry, f"{entry.item.kind} at {entry.item.ref}, where one is at {self.place}")
        self._move(entry.item.ref)

    def _back(self, entry: Entry, purpose: str) -> Faults:
        """One fault at most: then the party is taken to be back."""
        if not self._is_near(self.base):
            yield self._fault(entry, f"one is not back at {self.base} {purpose}, but at {self.place}")
        self.place = self.base

    def _move(self, ref: str | None) -> None:
        self.place = ref if self.reading.stock.is_stop(self.city, ref) else None

    def _is_near(self, ref: str | None) -> bool:
        """Here, or no minute away; also what is unknown, which is a fault of the rule on facts."""
        if self.place is None or ref is None:
            return True
        minutes = self.reading.stock.minutes(self.city, self.place, ref)
        return minutes is None or minutes == 0

    def _fault(self, entry: Entry, text: str) -> Fault:
        return Fault(text=f"{clock(entry.item.starts)}: {text}", day=entry.day, ref=entry.item.ref)


def _cities_named(reading: Reading) -> Faults:
    """Each item says in which city it is; a leg's may be either end or none."""
    for sojourn in reading.sojourns:
        for entry in sojourn.entries:
            if sojourn.city and not _may_be(reading, entry.item.city, (sojourn.city.id,)):
                text = f"{entry.item.kind} in {entry.item.city or 'no city'}, where one is in {sojourn.city.id}"
                yield Fault(text=text, day=entry.day, ref=entry.item.ref)
    for journey in reading.journeys:
        city, leg = journey.entry.item.city, journey.leg
        if leg and city is not None and not _may_be(reading, city, (leg.origin, leg.destination)):
            text = f"leg {leg.id} leads from {leg.origin} to {leg.destination}, not to {city}"
            yield Fault(text=text, day=journey.entry.day, ref=leg.id)


def _may_be(reading: Reading, city: str | None, cities: tuple[str, ...]) -> bool:
    return city in cities or (city is not None and city not in reading.stock.known)

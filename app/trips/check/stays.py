"""Nights: where each is spent, and whether that stay takes this party."""

from app.trips.check.certificate import Fault, Faults, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Sojourn
from app.trips.plan import PlannedStay
from app.trips.problem import City, HouseRule, Stay


def stays(reading: Reading) -> Faults:
    yield from _each_night(reading)
    used = [planned for sojourn in reading.in_cities for planned in _planned_for(reading, sojourn)]
    for sojourn in reading.in_cities:
        if sojourn.city is not None and sojourn.city.stays and reading.nights(sojourn):
            yield from _entry(reading, sojourn, sojourn.city)
    for planned in reading.plan.stays:
        if planned not in used and planned.ref in reading.stock.stays:
            yield Fault(text=f"no night is spent in {planned.ref}", day=planned.first_night, ref=planned.ref)


def _each_night(reading: Reading) -> Faults:
    spent = {night: sojourn for sojourn in reading.in_cities for night in reading.nights(sojourn)}
    for day_number, day in sorted(reading.plan_days.items()):
        if reading.day_at(day_number) is None:
            continue
        sojourn = spent.get(day_number)
        if sojourn is None or sojourn.city is None:
            if day.stay is not None and day.stay in reading.stock.known:
                yield Fault(text=f"this night is not spent in {day.stay} or any stay", day=day.day, ref=day.stay)
        elif not sojourn.city.stays:
            if reading.trip.origin is not None:
                yield Fault(text=f"no stay is known in {sojourn.city.id}", day=day.day, ref=sojourn.city.id)
        elif day.stay is None:
            yield Fault(text=f"no stay for the night in {sojourn.city.id}", day=day.day, ref=sojourn.city.id)
        elif day.stay != (base := reading.base(sojourn)) and _is_in(reading, day.stay, sojourn.city):
            yield Fault(text=f"the night is in {day.stay}, others there in {base}", day=day.day, ref=day.stay)


def _entry(reading: Reading, sojourn: Sojourn, city: City) -> Faults:
    """That a city's nights are one planned stay, with the right figures."""
    planned = _planned_for(reading, sojourn)
    if len(planned) != 1:
        yield Fault(text=f"the nights in {city.id} are in {len(planned)} stays, not in one", ref=city.id)
    for one in planned:
        stay = reading.stock.stays.get(one.ref)
        if stay is not None:
            yield from _figures(reading, sojourn, one, stay)
            yield from _suits(reading, one, stay)


def _figures(reading: Reading, sojourn: Sojourn, planned: PlannedStay, stay: Stay) -> Faults:
    nights = reading.nights(sojourn)
    first = reading.day_at(nights[0])
    rooms = stay.rooms_for(reading.trip.party.size)
    if planned.first_night != first:
        yield _fault(planned, f"the first night is that of {first}, not {planned.first_night}")
    if planned.nights != len(nights):
        yield _fault(planned, f"it is for {len(nights)} nights, not {number(planned.nights)}")
    if len(nights) < stay.min_nights:
        yield _fault(planned, f"it takes no guests for less than {stay.min_nights} nights, and these are {len(nights)}")
    if planned.rooms != rooms:
        yield _fault(planned, f"the party needs {rooms} rooms, not {number(planned.rooms)}")
    if planned.cost != planned.rooms * planned.nights * stay.nightly:
        text = f"{number(planned.rooms)} rooms for {number(planned.nights)} nights at {stay.nightly} do not cost "
        yield _fault(planned, text + number(planned.cost))


def _suits(reading: Reading, planned: PlannedStay, stay: Stay) -> Faults:
    trip = reading.trip
    rooms = stay.rooms_for(trip.party.size)
    if stay.rooms is not None and rooms > stay.rooms:
        yield _fault(planned, f"it has {stay.rooms} rooms, the party needs {rooms}")
    if trip.wishes.room_types is not None and stay.room_type not in trip.wishes.room_types:
        yield _fault(planned, f"its rooms are {stay.room_type or 'of no known type'}, not as wished")
    needs: set[HouseRule] = set(trip.wishes.house_needs)
    if trip.party.children_under_10:
        needs.add("children under 10")
    for need in sorted(needs & set(stay.forbids)):
        yield _fault(planned, f"it forbids {need}")


def _planned_for(reading: Reading, sojourn: Sojourn) -> list[PlannedStay]:
    """The entries for a city's nights; that of a stay elsewhere is left to the rule on facts."""
    if sojourn.city is None or not reading.nights(sojourn):
        return []
    return [planned for planned in reading.plan.stays if _city_of(reading, planned) == sojourn.city.id]


def _city_of(reading: Reading, planned: PlannedStay) -> str:
    known = reading.stock.known.get(planned.ref)
    return planned.city if known is None or known.kind != "stay" or known.city is None else known.city


def _is_in(reading: Reading, ref: str, city: City) -> bool:
    return ref in reading.stock.stays and reading.stock.known[ref].city == city.id


def _fault(planned: PlannedStay, text: str) -> Fault:
    return Fault(text=f"{planned.ref}: {text}", day=planned.first_night, ref=planned.ref)

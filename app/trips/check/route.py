"""The chain of legs, and the days that it gives to each city."""

from app.trips.check.certificate import Fault, Faults
from app.trips.check.reading import Reading


def route(reading: Reading) -> Faults:
    yield from _chain(reading)
    yield from _home_days(reading)
    yield from _cities(reading)
    yield from _city_days(reading)
    yield from _nights(reading)


def _chain(reading: Reading) -> Faults:
    """Each leg starts where the one before ended; from home and back to it, where there is one."""
    home = reading.trip.origin
    if home is not None and not reading.journeys:
        yield Fault(text=f"no leg leads from {home} anywhere", ref=home)
        return
    where = home if home is not None else next((s.city.id for s in reading.sojourns if s.city), None)
    for index, journey in enumerate(reading.journeys):
        if journey.leg is None:
            where = next((s.city.id for s in reading.sojourns[index + 1 :][:1] if s.city), home)
        else:
            if journey.leg.origin != where:
                text = f"leg {journey.leg.id} leaves from {journey.leg.origin}, where one is in {where}"
                yield Fault(text=text, day=journey.entry.day, ref=journey.leg.id)
            where = journey.leg.destination
        if where == home and index + 1 < len(reading.journeys):
            text = f"one is back at {home} before the trip is over"
            yield Fault(text=text, day=journey.entry.day, ref=journey.entry.item.ref)
    if home is not None and where != home:
        yield Fault(text=f"the last leg leads to {where}, not home to {home}", day=reading.day_at(reading.last))


def _home_days(reading: Reading) -> Faults:
    if reading.trip.origin is None or not reading.journeys:
        return
    first, last = reading.journeys[0], reading.journeys[-1]
    if first.entry.number != 0:
        text = f"the trip starts on {reading.trip.first_day}, the first leg on {first.entry.day}"
        yield Fault(text=text, day=first.entry.day, ref=first.entry.item.ref)
    leads_home = last.leg is None or last.leg.destination == reading.trip.origin
    if leads_home and last.entry.number != reading.last:
        text = f"the leg home departs on {last.entry.day}, which is not the last day"
        yield Fault(text=text, day=last.entry.day, ref=last.entry.item.ref)


def _cities(reading: Reading) -> Faults:
    visited = [sojourn.city.id for sojourn in reading.in_cities if sojourn.city]
    wanted = [city.id for city in reading.trip.cities]
    for city in wanted:
        if visited.count(city) != 1:
            yield Fault(text=f"{city} is visited {visited.count(city)} times, not once", ref=city)
    if reading.trip.keep_order and sorted(visited) == sorted(wanted) and visited != wanted:
        text = f"the cities are visited in the order {', '.join(visited)}, not {', '.join(wanted)}"
        yield Fault(text=text)


def _city_days(reading: Reading) -> Faults:
    given = {city.id: city.days for city in reading.trip.cities}
    for city, days in reading.city_days:
        if days < 1:
            yield Fault(text=f"no day is {city}'s own: the next city's begin on the same", ref=city)
        elif given[city] is not None and days != given[city]:
            yield Fault(text=f"{days} days are spent in {city}, not {given[city]} as asked", ref=city)
    if reading.plan.cities != reading.city_days:
        text = f"the plan says {_written(reading.plan.cities)}, its legs say {_written(reading.city_days)}"
        yield Fault(text=text)


def _nights(reading: Reading) -> Faults:
    for number, day in sorted(reading.plan_days.items()):
        sojourn = reading.sojourn_on(number)
        if reading.day_at(number) is None or sojourn is None or sojourn.city is None:
            continue
        if day.city != sojourn.city.id and (day.city is None or day.city in reading.stock.known):
            text = f"the day ends in {sojourn.city.id}, the plan says {day.city or 'nowhere'}"
            yield Fault(text=text, day=day.day, ref=day.city)


def _written(cities: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{city}: {days if abs(days) < 10**6 else 'too many'}" for city, days in cities) or "no city"

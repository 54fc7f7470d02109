"""Amounts, in the smallest unit of the trip's currency: each from its fact, their sums, the budget."""

from app.trips.check.certificate import Fault, Faults, number
from app.trips.check.reading import Reading
from app.trips.check.sojourn import Sojourn
from app.trips.plan import Item

_PARTS: dict[str, str] = {"leg": "transportation", "meal": "food", "visit": "activities"}


def sums(reading: Reading) -> Faults:
    for entry in reading.entries:
        cost = _cost(reading, entry.item)
        if entry.item.cost != cost:
            text = f"{entry.item.kind} costs {_amount(reading, cost)}, not {_amount(reading, entry.item.cost)}"
            yield Fault(text=text, day=entry.day, ref=entry.item.ref)
    costs = reading.plan.costs
    stated, derived = _stated_parts(reading), _parts(reading)
    for part, amount in _written_parts(reading).items():
        # An entry that is wrong by itself is reported there: its sum may go by the entry or by the fact.
        if amount not in (stated[part], derived[part]):
            yield Fault(text=f"{part} is {_amount(reading, derived[part])}, not {_amount(reading, amount)}")
    if costs.total != sum(_written_parts(reading).values()):
        yield Fault(text=f"the four parts do not add up to {_amount(reading, costs.total)}")


def budget(reading: Reading) -> Faults:
    """Goes by the facts' prices, whatever the plan's own sums say."""
    cap, total = reading.trip.wishes.budget, sum(_parts(reading).values())
    if cap is not None and total > cap:
        yield Fault(text=f"the trip costs {_amount(reading, total)}, the budget is {_amount(reading, cap)}")


def _cost(reading: Reading, item: Item) -> int:
    """For the whole party. Of what is unknown, as the plan says."""
    stock, size, ref = reading.stock, reading.trip.party.size, item.ref or ""
    if item.kind == "leg":
        leg = stock.leg(ref)
        return item.cost if leg is None else leg.cost_for(size)
    if item.kind == "visit":
        return stock.sights[ref].price * size if ref in stock.sights else item.cost
    if item.kind == "meal":
        return stock.eateries[ref].price * size if ref in stock.eateries else item.cost
    return 0


def _parts(reading: Reading) -> dict[str, int]:
    parts = dict.fromkeys(("transportation", "accommodation", "food", "activities"), 0)
    for entry in reading.entries:
        if part := _PARTS.get(entry.item.kind):
            parts[part] += _cost(reading, entry.item)
    parts["transportation"] += _fares(reading)
    parts["accommodation"] = sum(_nights_cost(reading, sojourn) for sojourn in reading.in_cities)
    return parts


def _fares(reading: Reading) -> int:
    """Of getting about in the cities on each of their days."""
    fares = {city.id: city.daily_fare * reading.trip.party.size for city in reading.trip.cities}
    return sum(fares[city] * max(days, 0) for city, days in reading.city_days)


def _nights_cost(reading: Reading, sojourn: Sojourn) -> int:
    """Of the nights that are really spent in a city."""
    stay = reading.stock.stays.get(reading.base(sojourn))
    if stay is not None:
        return stay.rooms_for(reading.trip.party.size) * len(reading.nights(sojourn)) * stay.nightly
    return sum(planned.cost for planned in reading.plan.stays if sojourn.city and planned.city == sojourn.city.id)


def _stated_parts(reading: Reading) -> dict[str, int]:
    parts = dict.fromkeys(("transportation", "accommodation", "food", "activities"), 0)
    for entry in reading.entries:
        if part := _PARTS.get(entry.item.kind):
            parts[part] += entry.item.cost
    parts["transportation"] += _fares(reading)
    parts["accommodation"] += sum(planned.cost for planned in reading.plan.stays)
    return parts


def _written_parts(reading: Reading) -> dict[str, int]:
    costs = reading.plan.costs
    return {
        "transportation": costs.transportation,
        "accommodation": costs.accommodation,
        "food": costs.food,
        "activities": costs.activities,
    }


def _amount(reading: Reading, minor: int) -> str:
    return f"{number(minor)} ({reading.trip.currency}, in its smallest unit)"

"""The costs of one plan, line by line: the trip is priced anew from the route that was chosen, which the budget agent
could not know when it made its estimate.
"""

from collections.abc import Iterator

from app.services.itinerary.trip import TripFacts
from app.services.money.budget_words import is_settled_by_a_plan
from app.trips.currencies import rounded, written
from app.trips.plan import Item, Plan, PlannedStay
from app.trips.problem import MEALS
from app.trips.reports import BudgetBreakdown, BudgetReport, CostLine

_ADMISSION = "Admission to sights"
_MODES = {"flight": "Flight", "drive": "Drive", "coach": "By road", "local": "Local transport"}


def repriced(first: BudgetReport, plan: Plan, facts: TripFacts) -> BudgetReport:
    """`first`: the budget agent's, made beside the route; its assumptions and warnings hold, but for what a
    plan settles."""
    money, costs = facts.money, plan.costs
    currency = money.currency
    total = money.amount(costs.total)
    return first.model_copy(
        update={
            "budget_breakdown": BudgetBreakdown(
                currency=currency,
                total=total,
                transportation=money.amount(costs.transportation),
                accommodation=money.amount(costs.accommodation),
                food=money.amount(costs.food),
                activities=money.amount(costs.activities),
            ),
            "cost_per_person": rounded(total / facts.trip.party.size, currency),
            "lines": [*_lines(plan, facts)],
            "exchange_rates": money.used_rates,
            "assumptions": [
                "Priced from the plan itself: its ways, nights, meals and tickets; each price is rounded first.",
                *(text for text in first.assumptions if not is_settled_by_a_plan(text)),
            ],
            "warnings": [*(text for text in first.warnings if not is_settled_by_a_plan(text)), *_unpriced(plan, facts)],
        }
    )


def _lines(plan: Plan, facts: TripFacts) -> Iterator[CostLine]:
    yield from _leg_lines(plan, facts)
    for city_id, days in plan.cities:
        yield _fare_line(city_id, days, facts)
    for stay in plan.stays:
        yield _stay_line(stay, facts)
    for city_id, _ in plan.cities:
        yield from _meal_lines(plan, facts, city_id)
        yield from _ticket_lines(plan, facts, city_id)


def _line(category: str, label: str, minor: int, basis: str, facts: TripFacts) -> CostLine:
    return CostLine.model_validate(
        {
            "category": category,
            "label": label,
            "amount": facts.money.amount(minor),
            "basis": basis,
            "kind": "estimate",
        }
    )


def _items(plan: Plan, kind: str) -> list[Item]:
    return [item for day in plan.days for item in day.items if item.kind == kind]


def _leg_lines(plan: Plan, facts: TripFacts) -> Iterator[CostLine]:
    legs = {leg.id: leg for leg in facts.trip.legs}
    for item in _items(plan, "leg"):
        leg = legs[item.ref or ""]
        way = facts.ways.get(leg.id)
        ends = " to ".join(_end_name(end, facts) for end in (leg.origin, leg.destination))
        vehicles = -(-facts.trip.party.size // (leg.capacity or facts.trip.party.size))
        counted = f"{vehicles} car{'s' if vehicles > 1 else ''}" if leg.priced_per == "vehicle" else _people(facts)
        distance = f", {way.route.distance_km:,.0f} km" if way else ", a way that is not known"
        basis = f"{counted} x {_price(leg.price, facts)}{distance} (a rule of thumb, not a fare)"
        yield _line("transportation", f"{_MODES[leg.mode]}, {ends}", item.cost, basis, facts)


def _end_name(end: str, facts: TripFacts) -> str:
    return facts.places[end].name if end in facts.places else "home"


def _fare_line(city_id: str, days: int, facts: TripFacts) -> CostLine:
    fare, size = facts.trip.city(city_id).daily_fare, facts.trip.party.size
    name, level = facts.places[city_id].name, facts.levels[city_id]
    basis = f"{_people(facts)} x {_counted(days, 'day')} x {_price(fare, facts)} ({level.method})"
    return _line("transportation", f"Getting about in {name}", fare * size * days, basis, facts)


def _stay_line(stay: PlannedStay, facts: TripFacts) -> CostLine:
    city = facts.trip.city(stay.city)
    room = next(found for found in city.stays if found.id == stay.ref)
    method = facts.levels[stay.city].method
    rooms, nights = _counted(stay.rooms, "room"), _counted(stay.nights, "night")
    basis = f"{rooms} x {nights} x {_price(room.nightly, facts)} ({method})"
    return _line("accommodation", f"{room.name}, {city.name}", stay.cost, basis, facts)


def _meal_lines(plan: Plan, facts: TripFacts, city_id: str) -> Iterator[CostLine]:
    meals = [item for item in _items(plan, "meal") if item.city == city_id]
    if not meals:
        return
    prices = {eatery.id: eatery.price for eatery in facts.trip.city(city_id).eateries}
    counted = []
    for meal in MEALS:
        found = [item for item in meals if item.meal == meal]
        if found:
            counted.append(f"{len(found)} x {meal} at {_price(prices[found[0].ref or ''], facts)}")
    basis = f"{_people(facts)} x ({', '.join(counted)}; {facts.levels[city_id].method})"
    cost = sum(item.cost for item in meals)
    yield _line("food", f"Meals in {facts.places[city_id].name}", cost, basis, facts)


def _ticket_lines(plan: Plan, facts: TripFacts, city_id: str) -> Iterator[CostLine]:
    visits = [item for item in _items(plan, "visit") if item.city == city_id]
    if not visits:
        return
    paid = [
        f"{facts.sights[item.ref or ''].name} {_price(item.cost // facts.trip.party.size, facts)}"
        for item in visits
        if item.cost
    ]
    tickets = f"{_people(facts)} x ({', '.join(paid)})" if paid else "nothing planned here asks for a ticket"
    label = f"{_ADMISSION} in {facts.places[city_id].name}"
    yield _line("activities", label, sum(item.cost for item in visits), f"{tickets}; adult prices", facts)


def _unpriced(plan: Plan, facts: TripFacts) -> list[str]:
    visits = {item.ref: item for item in _items(plan, "visit") if item.ref in facts.sights}
    unknown: list[str] = []
    elsewhere: list[str] = []
    for ref, item in visits.items():
        sight = facts.sights[ref or ""]
        if sight.ticket_of is not None:
            is_paid = item.cost > 0 or f"{item.city}/{sight.ticket_of}" in visits
            elsewhere += [] if is_paid else [sight.name]
        elif sight.price is None:
            unknown.append(sight.name)
    return [
        *([f"Prices that are not known count as nothing: {', '.join(unknown)}."] if unknown else []),
        *([f"On the ticket of a sight that is not planned, not counted: {', '.join(elsewhere)}."] if elsewhere else []),
    ]


def _price(minor: int, facts: TripFacts) -> str:
    return written(facts.money.amount(minor), facts.money.currency)


def _people(facts: TripFacts) -> str:
    return _counted(facts.trip.party.size, "traveller")


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"

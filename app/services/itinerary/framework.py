"""The plan at a glance: its phases, how its days are built, its moves, what counted, and where it can be bent."""

from collections.abc import Iterator
from datetime import timedelta

from app.services.itinerary.items import clock
from app.services.itinerary.legs import HOME
from app.services.itinerary.trip import TripFacts
from app.trips.plan import Plan
from app.trips.problem import MEALS, Leg
from app.trips.reports import DailyStructure, ItineraryFramework, PlaceDays, Transition, TripPhase
from app.trips.rules import MEAL_HOURS, day_rules

_MOST_NAMED = 3


def framework(plan: Plan, facts: TripFacts) -> ItineraryFramework:
    """Everything in it is read off the plan."""
    return ItineraryFramework(
        total_duration=facts.trip.day_count,
        phases=[*_phases(plan, facts)],
        daily_structure=_daily_structure(facts),
        transition_schedules=[*_transitions(plan, facts)],
        optimization_priorities=[*_priorities(facts)],
        flexibility_points=[*_flexibility(plan, facts)],
    )


def place_days(plan: Plan, facts: TripFacts) -> list[PlaceDays]:
    """The destinations in order of visit."""
    found, first = [], facts.trip.first_day
    for city_id, days in plan.cities:
        found.append(PlaceDays(name=facts.places[city_id].name, first_day=first, days=days))
        first += timedelta(days=days)
    return found


def _phases(plan: Plan, facts: TripFacts) -> Iterator[TripPhase]:
    for (city_id, _), stretch in zip(plan.cities, place_days(plan, facts), strict=True):
        visits = [item for day in plan.days for item in day.items if item.kind == "visit" and item.city == city_id]
        sights = sorted((facts.sights[item.ref or ""] for item in visits), key=lambda sight: -sight.rank)
        yield TripPhase(
            phase_id=f"{city_id.replace('-', '_')}_exploration",
            place=stretch.name,
            first_day=stretch.first_day,
            duration=stretch.days,
            focus=[sight.name for sight in sights[:_MOST_NAMED]],
        )


def _daily_structure(facts: TripFacts) -> DailyStructure:
    wishes = facts.trip.wishes
    rules = day_rules(wishes)
    return DailyStructure(
        pace=wishes.pace,
        day_starts=clock(rules.starts),
        day_ends=clock(rules.ends),
        most_sights=rules.most_sights,
        rest_after_lunch_minutes=rules.rest_minutes,
        meals={meal: f"{clock(MEAL_HOURS[meal].earliest)}-{clock(MEAL_HOURS[meal].latest)}" for meal in MEALS},
    )


def _transitions(plan: Plan, facts: TripFacts) -> Iterator[Transition]:
    legs = {leg.id: leg for leg in facts.trip.legs}
    for day in plan.days:
        for item in day.items:
            if item.kind != "leg":
                continue
            leg = legs[item.ref or ""]
            yield Transition(
                date=day.day,
                origin=_end(leg.origin, facts),
                destination=_end(leg.destination, facts),
                mode=leg.mode,
                departs=None if leg.origin == HOME else clock(item.starts),
                arrives=None if leg.destination == HOME or item.ends >= 24 * 60 else clock(item.ends),
                note=_transition_note(leg, facts),
            )


def _transition_note(leg: Leg, facts: TripFacts) -> str:
    if leg.origin == HOME:
        return facts.journeys[leg.destination].arrival_note
    if leg.destination == HOME:
        return facts.journeys[leg.origin].departure_note
    return "An estimate from the distance; the hour is assumed."


def _end(city_id: str, facts: TripFacts) -> str:
    return "home" if city_id == HOME else facts.places[city_id].name


def _priorities(facts: TripFacts) -> Iterator[str]:
    wishes = facts.trip.wishes
    yield "Opening hours, travel times, meals and nights: never broken."
    if wishes.budget is not None:
        yield "The budget: a hard cap on the whole trip."
    if wishes.include:
        yield "The sights that you asked for."
    yield "The sights worth most to you" + (f": {', '.join(wishes.interests)} first." if wishes.interests else ".")
    yield "Dry hours for what lies in the open."
    yield "The longer visit, of sights that are worth as much."
    yield "Short ways, among plans that are worth the same."


def _flexibility(plan: Plan, facts: TripFacts) -> Iterator[str]:
    """Sights that would fit but were worth less, free days, and meals that are tied to no place."""
    spare = [
        facts.sights[out.ref].name
        for out in plan.left_out
        if out.reason in ("no time", "pace") and out.ref in facts.sights
    ]
    if spare:
        yield f"In the place of any sight, these come next: {', '.join(spare[:_MOST_NAMED])}."
    free = [day.day for day in plan.days if day.items and not any(item.kind == "visit" for item in day.items)]
    if free:
        yield f"No sights are planned on {', '.join(day.isoformat() for day in free[:_MOST_NAMED])}."
    yield "Meals are tied to no restaurant: eat where you like near where you are."
    wet = [
        city.name
        for city in facts.trip.cities
        if any(city.is_wet(day) for day in facts.trip.dates) and not all(city.is_wet(day) for day in facts.trip.dates)
    ]
    if wet:
        yield f"Should the weather change in {' and '.join(wet)}, days can be exchanged where opening hours allow."

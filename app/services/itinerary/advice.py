"""The words around an itinerary: how to get there and about, what to keep in mind, what stood in for missing agents."""

from collections.abc import Iterable, Mapping, Sequence

from app.services.itinerary.agent_results import AgentResults
from app.services.itinerary.trip import TripFacts
from app.services.routes.journey_times import JourneyTimes
from app.services.routes.local_transport import local_transport_text
from app.services.routes.words import days_text
from app.trips.currencies import written
from app.trips.places.catalogue import Sight
from app.trips.places.place import Place
from app.trips.plan import LeftOut, LeftOutReason, Plan
from app.trips.planner.interests import UnderstoodInterests
from app.trips.reports import BudgetReport, Connection, DayWeather, RouteReport
from app.trips.request import LocalTransport

# From this size on, a party is asked to book as a group.
_GROUP_FROM = 10
_HOT_FROM_C = 30
_COLD_BELOW_C = 5


def transport_details(
    route: RouteReport,
    places: Sequence[Place],
    way: Connection | None,
    there: JourneyTimes,
    back: JourneyTimes,
    preferred: LocalTransport | None,
    times_text: str,
) -> dict[str, str]:
    """Keys: getting_there, getting_around, getting_back.

    `places`: the destinations as asked, the first being the route's. `way`: from home to where the trip begins, None
    where nobody travels. `there`, `back`: of the first and the last destination in the order of visit. `times_text`:
    how the times between stops were come by.
    """
    no_journey = route.primary_route.model_copy(update={"mode": "none"})
    about = [route.local_transport, *(local_transport_text(place, preferred, no_journey) for place in places[1:])]
    return {
        "getting_there": " ".join(filter(None, (_way(way), there.arrival_note))),
        "getting_around": " ".join([*about, f"The {times_text}."]),
        "getting_back": back.departure_note,
    }


def _way(way: Connection | None) -> str:
    if way is None or way.route.mode == "none":
        return ""
    manner = {"flight": "By plane", "driving": "By car", "cycling": "By bicycle", "walking": "On foot"}[way.route.mode]
    return f"{manner} from {way.origin.name}, about {way.route.distance_km:,.0f} km."


# ---- key tips


def key_tips(
    places: Sequence[Place],
    facts: TripFacts,
    plan: Plan | None,
    weather: Iterable[DayWeather],
    budget: BudgetReport | None,
) -> list[str]:
    """What to know before leaving, the most pressing first. `weather`: of the days in their places. `budget`: None too
    where there is no plan that it could be of."""
    return [
        *(_left_out_tips(plan, facts) if plan else []),
        *_packing_tips(list(weather)),
        *(tip for place in places if place.city for tip in place.city.tips),
        *(_booking_tips(plan, facts) if plan else []),
        *_budget_tip(budget),
    ]


def _left_out_tips(plan: Plan, facts: TripFacts) -> list[str]:
    """Of what people come for, what is not in the plan and why."""
    words: dict[LeftOutReason, str] = {
        "closed": "Closed on all days that you are there: {}.",
        "hours": "Open outside the hours of your days, so left out: {}. Other hours or a longer stay may make room.",
        "too long": "Longer than your days have room for, so left out: {}. Longer days or a faster pace may make room.",
        "wet": "In the open, and left out as rain is likely when there is time for it: {}.",
        "too dear": "Past your budget, so left out: {}.",
        "pace": "Worth a faster pace or a longer stay, as your days were full without: {}.",
        "no time": "Worth a longer stay, as there was no time left for it: {}.",
    }
    tips: list[str] = []
    for reason, text in words.items():
        missed = [facts.sights[out.ref] for out in plan.left_out if out.reason == reason and _is_missed(out, facts)]
        if missed:
            tips.append(text.format(", ".join(sight.name for sight in missed[:5])))
    return tips


def _is_missed(out: LeftOut, facts: TripFacts) -> bool:
    sight = facts.sights.get(out.ref)
    return sight is not None and (sight.rank == 3 or (sight.rank == 2 and out.reason == "closed"))


def _packing_tips(weather: Sequence[DayWeather]) -> list[str]:
    tips: list[str] = []
    rain = [day.rain_chance_percent for day in weather if day.rain_chance_percent is not None]
    if rain and max(rain) >= 25:
        tips.append(f"Pack a rain jacket: the chance of rain goes up to {max(rain)} % a day.")
    highs = [day.high_c for day in weather if day.high_c is not None]
    if highs and max(highs) >= _HOT_FROM_C:
        tips.append(f"It gets hot, up to about {round(max(highs))} °C: take water, a hat and sun cream along.")
    lows = [day.low_c for day in weather if day.low_c is not None]
    if lows and min(lows) < _COLD_BELOW_C:
        tips.append(f"It gets cold, down to about {round(min(lows))} °C: pack warm layers.")
    return tips


def _visited(plan: Plan, facts: TripFacts) -> list[Sight]:
    refs = (item.ref for day in plan.days for item in day.items if item.kind == "visit")
    return [facts.sights[ref] for ref in refs if ref in facts.sights]


def _booking_tips(plan: Plan, facts: TripFacts) -> list[str]:
    visits, people = _visited(plan, facts), facts.trip.party.size
    tips: list[str] = []
    if any(sight.price is not None and sight.price.adult > 0 for sight in visits):
        tips.append("Prices and opening hours are the catalogue's; check them with each place before you go.")
    if people >= _GROUP_FROM and visits:
        tips.append(f"You are {people}: ask for group bookings, at sights and for meals.")
    return tips


def _budget_tip(budget: BudgetReport | None) -> list[str]:
    if budget is None:
        return []
    each = written(budget.cost_per_person, budget.budget_breakdown.currency)
    return [f"Reckon with about {each} a person for the whole trip (an estimate)."]


# ---- what is missing or weaker


def fallbacks(results: AgentResults, failures: Mapping[str, str], has_climate: bool) -> list[str]:
    """One text for each agent that did not deliver: why, and what stood in."""
    stand_ins = {
        "weather": "the climate averages of our catalogue stand in" if has_climate else "planned as if it stayed dry",
        "events": "public holidays and festivals are not considered",
        "maps": "the ways are reckoned from the map alone",
        "budget": "there is no total, only prices per item",
    }
    missing = [agent for agent in stand_ins if getattr(results, agent) is None]
    return [f"{agent}: {failures.get(agent, 'no report came').rstrip('. ')}; {stand_ins[agent]}." for agent in missing]


def plan_warnings(facts: TripFacts, plan: Plan | None, interests: UnderstoodInterests) -> list[str]:
    """What the traveller should know is weaker than wished."""
    warnings: list[str] = []
    if interests.unknown:
        words = ", ".join(f"“{word}”" for word in interests.unknown)
        warnings.append(f"We have no sights by these interests, so they did not count: {words}.")
    if facts.unknown_sights:
        names = ", ".join(f"“{name}”" for name in facts.unknown_sights)
        warnings.append(f"Our catalogue has no sight of this name there, so it could not be considered: {names}.")
    for place in facts.places.values():
        warnings.extend(_catalogue_warnings(place, interests))
    if plan is not None:
        warnings.extend(_long_ways(plan, facts))
        warnings.extend(_wet_visits(plan, facts))
        if any(place.city for place in facts.places.values()) and not _visited(plan, facts):
            warnings.append("The journey there and back leaves no time for sights: a longer stay would help.")
        if plan.is_cut_short:
            warnings.append("The planner ran into its time limit: planning again may give a better plan.")
    return warnings


def _catalogue_warnings(place: Place, interests: UnderstoodInterests) -> list[str]:
    if place.city is None:
        text = "is not in our catalogue: the days have their meals and ways, but no sights are invented."
        return [f"{place.name} {text}"]
    served = {interest for sight in place.city.sights for interest in interests.matches(sight)}
    unserved = [interest for interest in interests.known if interest not in served]
    return [f"Our catalogue of {place.name} has no sight for: {', '.join(unserved)}."] if unserved else []


def _long_ways(plan: Plan, facts: TripFacts) -> list[str]:
    """Ways that the plan takes though they do not fit the trip, as the route's own report says: each once, and not
    again for the way back."""
    taken = [facts.ways[item.ref] for day in plan.days for item in day.items if item.ref in facts.ways]
    found: dict[frozenset[str], str] = {}
    for way in taken:
        if way.route.mode != "none" and way.route.duration_minutes and not way.route.is_feasible:
            ends = f"from {way.origin.name} to {way.destination.name}"
            text = f"No way {ends} fits a trip of {days_text(len(facts.trip.dates))}; the plan takes the quickest."
            found.setdefault(frozenset((way.origin.name, way.destination.name)), text)
    return list(found.values())


def _wet_visits(plan: Plan, facts: TripFacts) -> list[str]:
    outdoors = [
        f"{facts.sights[item.ref].name} ({day.day.isoformat()})"
        for day in plan.days
        for item in day.items
        if item.kind == "visit" and item.ref in facts.sights and item.city
        if facts.trip.city(item.city).is_wet(day.day) and not facts.sights[item.ref].indoor
    ]
    return [f"In the open on days when rain is likely: {', '.join(outdoors)}."] if outdoors else []

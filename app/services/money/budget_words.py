"""What a budget takes for granted, and what the traveller is warned of, in sentences."""

from collections.abc import Sequence
from decimal import Decimal

from app.services.money.budget_question import BudgetQuestion
from app.services.money.price_levels import PriceLevel
from app.services.places.words import listed
from app.trips.currencies import written
from app.trips.places.place import Place
from app.trips.reports import RouteReport

_IN_THE_ORDER_GIVEN = "The journey is reckoned in the order given"
_A_BETTER_ORDER = "The itinerary may find a better order"
_ABOVE_THE_LIMIT = "The estimate"


def people_text(count: int) -> str:
    return counted(count, "traveller")


def counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


def assumptions(
    question: BudgetQuestion, years: Sequence[int], days_at_each: Sequence[int], routes: Sequence[RouteReport]
) -> list[str]:
    """`years`: of each stop's prices. `routes`: the ways that are priced, in order."""
    nights = question.nights
    return [
        f"All amounts are estimates in prices of {_years_text(years)}, not adjusted since; nothing is a quote.",
        f"Two people share a room: {counted(question.rooms, 'room')} for {counted(nights, 'night')}."
        if nights
        else "A trip of one day has no night, so no room is reckoned.",
        "Everybody pays the adult price; admission costs the same in every budget range.",
        "Not included: insurance, visas, shopping, and transfers to and from airports at home.",
        *(_about_several(question, days_at_each) if question.has_several_stops else []),
        *(_home_at(question, routes) if nights and question.origin else []),
    ]


def _years_text(years: Sequence[int]) -> str:
    first, last = min(years), max(years)
    return str(first) if first == last else f"{first} to {last}"


def is_settled_by_a_plan(text: str) -> bool:
    """Whether an assumption or warning only held until there was a plan: of order, days and the limit."""
    return text.startswith((_IN_THE_ORDER_GIVEN, _A_BETTER_ORDER, "The days ", _ABOVE_THE_LIMIT))


def _about_several(question: BudgetQuestion, days_at_each: Sequence[int]) -> list[str]:
    """In which order and for how many days each; the itinerary may decide otherwise."""
    texts = [f"{_IN_THE_ORDER_GIVEN}, each of its ways on its own and one way."]
    if not question.keep_order:
        texts.append(f"{_A_BETTER_ORDER}; it prices the journey anew.")
    shares = [
        f"{counted(days, 'day')} in {stop.place.name}"
        for stop, days in zip(question.stops, days_at_each, strict=True)
        if stop.days is None
    ]
    if shares:
        what = "The days" if len(shares) == len(question.stops) else "The days that you left open"
        shared = f"{what} were shared out evenly: {listed(shares)}."
        texts.append(f"{shared} The itinerary may choose otherwise; it prices the trip anew.")
    return texts


def _home_at(question: BudgetQuestion, routes: Sequence[RouteReport]) -> list[str]:
    """Where one could sleep at home: a stop next to it, told by the way out or the way back."""
    if not question.has_several_stops:
        is_home = any(route.primary_route.mode == "none" for route in routes)
        text = "You start where the trip takes place; the rooms can be taken off if you sleep at home."
        return [text] if is_home else []
    ends = [(routes[0].destination.name, routes[0]), (routes[-1].origin.name, routes[-1])]
    return [
        f"{name} is next to where you start; its rooms can be taken off if you sleep at home."
        for name, route in ends
        if route.primary_route.mode == "none"
    ]


def journey_warnings(question: BudgetQuestion, routes: Sequence[RouteReport]) -> list[str]:
    """`routes`: the ways that are priced."""
    warnings: list[str] = []
    if question.origin is None:
        warnings.append("No origin was given: the journey there and back is not part of the total.")
    for route in routes:
        best = route.primary_route
        way = f"from {route.origin.name} to {route.destination.name}"
        if best.duration_minutes == 0 and best.mode != "none":
            there = way if question.has_several_stops else "of getting there"
            warnings.append(f"No way {there} could be reckoned; the fare is a guess from the distance alone.")
        elif not best.is_feasible:
            journey = f"The journey {way}" if question.has_several_stops else "The journey"
            warnings.append(f"{journey} is priced, but it hardly fits a trip of {counted(question.days, 'day')}.")
    return warnings


def stand_in_warning(place: Place, level: PriceLevel) -> str | None:
    if not level.standing_in:
        return None
    return f"{place.name} is not in the catalogue: prices are the median of {', '.join(level.standing_in)}."


def limit_warning(limit: Decimal | None, total: Decimal, currency: str, limit_currency: str) -> str | None:
    """`limit_currency`: the one that the traveller meant, which the amounts need not be in."""
    if limit is None:
        return None
    if currency != limit_currency:
        return f"Your budget limit is in {limit_currency} and was not compared with the total, which is in {currency}."
    if total <= limit:
        return None
    return f"{_ABOVE_THE_LIMIT}, {written(total, currency)}, is above your budget limit of {written(limit, currency)}."

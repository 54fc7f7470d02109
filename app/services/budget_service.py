"""What a trip costs: four parts, each the sum of its lines, each line with its reckoning in words."""

from asyncio import gather
from collections.abc import Sequence
from itertools import pairwise

from app.services.maps_service import MapsService
from app.services.money.budget_question import BudgetQuestion
from app.services.money.budget_words import assumptions, journey_warnings, limit_warning, stand_in_warning
from app.services.money.cost_lines import Cost, Reckoning, breakdown
from app.services.money.exchange_rates import DatedRates, NoRateError, RatesOfToday
from app.services.money.journey_costs import CURRENCY as JOURNEY_CURRENCY
from app.services.money.journey_costs import JourneyCost, journey_cost, leg_cost
from app.services.money.stay_costs import Stay, stay_costs, stays_of, ticket_cost
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.trips.currencies import REPLACED_BY_EURO, check_currency, rounded
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.reports import BudgetReport, RouteReport, Source


class BudgetService:
    """Reckons budgets from the catalogue's price levels, the route and dated exchange rates. All of it is estimates."""

    def __init__(self, maps: MapsService, rates: RatesOfToday) -> None:
        self._maps = maps
        self._rates = rates

    async def budget(self, question: BudgetQuestion, deadline: Deadline = NO_DEADLINE) -> BudgetReport:
        """Raises UnknownCurrencyError where `asked_currency` is no currency. `deadline`: of the report."""
        if question.asked_currency is not None:
            check_currency(question.asked_currency)
        rates, routes = await gather(self._rates.current(deadline), self._routes(question, deadline))
        stays = stays_of(question, rates)
        wanted = _wanted_currency(question)
        currency, warnings = _currency(wanted, stays, rates)
        costs = [*_journey(question, routes), *(cost for stay in stays for cost in stay_costs(question, stay))]
        for stay in stays:
            admission = ticket_cost(question, stay, rates)
            warnings += [_no_tickets(stay)] if admission is None else []
            costs += [] if admission is None else [admission]
        reckoning = Reckoning(currency, rates)
        lines = reckoning.lines(costs)
        parts = breakdown(currency, lines)
        return BudgetReport(
            budget_breakdown=parts,
            cost_per_person=rounded(parts.total / question.travelers_count, currency),
            travelers_count=question.travelers_count,
            days=question.days,
            budget_range=question.budget_range,
            lines=lines,
            exchange_rates=reckoning.used_rates,
            assumptions=assumptions(
                question, [stay.level.year for stay in stays], [stay.days for stay in stays], routes
            ),
            warnings=[
                *warnings,
                *journey_warnings(question, routes),
                *filter(None, (stand_in_warning(stay.place, stay.level) for stay in stays)),
                *reckoning.warnings,
                *([rates.warning] if rates.warning and reckoning.used_rates else []),
                *filter(None, [limit_warning(question.limit, parts.total, currency, wanted)]),
            ],
            sources=_sources(stays, routes, [rates.source()] if reckoning.used_rates else []),
        )

    async def _routes(self, question: BudgetQuestion, deadline: Deadline) -> list[RouteReport]:
        """The ways to price: there alone for one stop, which is paid twice; else each of the round, home and back."""
        home = [] if question.origin is None else [question.origin]
        places = [*home, *(stop.place for stop in question.stops), *(home if question.has_several_stops else [])]
        ways = (
            self._maps.routes(start, end, question.days, None, deadline=deadline) for start, end in pairwise(places)
        )
        return await gather(*ways)


def _wanted_currency(question: BudgetQuestion) -> str:
    """The asked one, else the origin's, else the first destination's that has one."""
    homes = [question.origin.currency] if question.origin else []
    homes += [stop.place.currency for stop in question.stops]
    return question.asked_currency or next((code for code in homes if code), "USD")


def _currency(wanted: str, stays: Sequence[Stay], rates: DatedRates) -> tuple[str, list[str]]:
    """The wanted one, euros where they replaced it, dollars where it has no rate. And what to say of it."""
    warnings: list[str] = []
    if wanted in REPLACED_BY_EURO:
        warnings.append(f"{wanted} was replaced by the euro in {REPLACED_BY_EURO[wanted]}; amounts are in EUR.")
        wanted = "EUR"
    own = list(dict.fromkeys(stay.level.currency for stay in stays))
    within_reach = (code for code in (wanted, "USD") if all(_has_rate(found, code, rates) for found in own))
    currency = next(within_reach, own[0])
    if currency != wanted:
        warnings.append(f"No current exchange rate for {wanted} is bundled; amounts are in {currency} instead.")
    return currency, warnings


def _has_rate(from_currency: str, to_currency: str, rates: DatedRates) -> bool:
    try:
        rates.conversion(from_currency, to_currency)
    except NoRateError:
        return False
    return True


def _sources(stays: Sequence[Stay], routes: Sequence[RouteReport], of_rates: Sequence[Source]) -> list[Source]:
    sources = [*(_prices_source(stay.place) for stay in stays), *of_rates]
    return list(dict.fromkeys([*sources, *(source for route in routes for source in route.sources)]))


def _journey(question: BudgetQuestion, routes: Sequence[RouteReport]) -> list[Cost]:
    """There and back for one stop; for several, each way on its own."""
    people, budget_range = question.travelers_count, question.budget_range
    costs: list[JourneyCost] = []
    for route in routes:
        if question.has_several_stops:
            start, end = route.origin.name, route.destination.name
            costs.append(leg_cost(route.primary_route, start, end, people, budget_range))
        else:
            costs.append(journey_cost(route.primary_route, people, budget_range))
    return [Cost("transportation", found.label, found.amount, JOURNEY_CURRENCY, found.basis) for found in costs]


def _no_tickets(stay: Stay) -> str:
    where = stay.place.name if stay.is_one_of_several else "this place"
    return f"No ticket prices are known for {where}; activities are left out of the total."


def _prices_source(place: Place) -> Source:
    return Source(
        provider="Ringmaster destination catalogue",
        kind="catalogue" if place.city else "estimate",
        retrieved_at=CATALOGUE_EDITION,
        note=place.city.price_levels.source if place.city else "median of similar cities in the catalogue",
    )

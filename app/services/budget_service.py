"""What a trip costs: four parts, each the sum of its lines, each line with its reckoning in words.

Every line is rounded half-even to the places of the currency first and added up afterwards, so that the printed lines
add up to the printed parts and these to the total, to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.services.currencies import REPLACED_BY_EURO, check_currency, rounded
from app.services.exchange_rates import Conversion, NoRateError, RatesProvider
from app.services.journey_costs import CURRENCY as JOURNEY_CURRENCY
from app.services.journey_costs import journey_cost
from app.services.maps_service import MapsService
from app.services.price_levels import PriceLevel, price_level, tickets
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.places.place import Place
from app.trips.planner.interests import understand
from app.trips.reports import BudgetBreakdown, BudgetReport, CostLine, ExchangeRate, RouteReport, Source
from app.trips.request import BudgetRange, UserPreferences

Category = Literal["transportation", "accommodation", "food", "activities"]

GUESTS_A_ROOM = 2


@dataclass(frozen=True)
class BudgetQuestion:
    """`asked_currency`: as the traveller gave it, None where not at all. `days`: 1 or more."""

    destination: Place
    origin: Place | None
    travelers_count: int
    days: int
    budget_range: BudgetRange
    asked_currency: str | None
    preferences: UserPreferences


@dataclass(frozen=True)
class _Cost:
    """A line before conversion, for the whole party."""

    category: Category
    label: str
    amount: Decimal
    currency: str
    basis: str


class BudgetService:
    """Reckons budgets from the catalogue's price levels, the route and dated exchange rates. All of it is estimates."""

    def __init__(self, maps: MapsService, rates: RatesProvider) -> None:
        self._maps = maps
        self._rates = rates

    async def budget(self, question: BudgetQuestion) -> BudgetReport:
        """Raises UnknownCurrencyError where `asked_currency` is no currency."""
        if question.asked_currency is not None:
            check_currency(question.asked_currency)
        level = price_level(question.destination, question.budget_range, self._rates)
        route = await self._route(question)
        currency, warnings = self._currency(question, level)
        costs = [*_journey(question, route), *_stay(question, level)]
        activities = self._activities(question)
        if activities is None:
            warnings.append("No ticket prices are known for this place; activities are left out of the total.")
        else:
            costs.append(activities)
        reckoning = _Reckoning(currency, self._rates)
        lines = reckoning.lines(costs)
        return BudgetReport(
            budget_breakdown=_breakdown(currency, lines),
            cost_per_person=rounded(
                sum((line.amount for line in lines), Decimal(0)) / question.travelers_count, currency
            ),
            travelers_count=question.travelers_count,
            days=question.days,
            budget_range=question.budget_range,
            lines=lines,
            exchange_rates=reckoning.used_rates,
            assumptions=_assumptions(question, level, route),
            warnings=[*warnings, *_warnings(question, level, route), *reckoning.warnings],
            sources=self._sources(question, route, reckoning.used_rates),
        )

    async def _route(self, question: BudgetQuestion) -> RouteReport | None:
        if question.origin is None:
            return None
        return await self._maps.routes(question.origin, question.destination, question.days, None)

    def _currency(self, question: BudgetQuestion, level: PriceLevel) -> tuple[str, list[str]]:
        """Asked one, else the origin's, else the destination's; dollars where it has no rate. And what to say of it."""
        homes = (question.origin.currency if question.origin else None, question.destination.currency)
        wanted = question.asked_currency or next((code for code in homes if code), "USD")
        warnings: list[str] = []
        if wanted in REPLACED_BY_EURO:
            warnings.append(f"{wanted} was replaced by the euro in {REPLACED_BY_EURO[wanted]}; amounts are in EUR.")
            wanted = "EUR"
        within_reach = (code for code in (wanted, "USD") if self._has_rate(level.currency, code))
        currency = next(within_reach, level.currency)
        if currency != wanted:
            warnings.append(f"No current exchange rate for {wanted} is bundled; amounts are in {currency} instead.")
        return currency, warnings

    def _has_rate(self, from_currency: str, to_currency: str) -> bool:
        try:
            self._rates.conversion(from_currency, to_currency)
        except NoRateError:
            return False
        return True

    def _activities(self, question: BudgetQuestion) -> _Cost | None:
        interests = understand(question.preferences.interests)
        pace = question.preferences.pace
        found = tickets(question.destination, question.days, pace, interests, self._rates)
        if found is None:
            return None
        people = question.travelers_count
        mean = f"the mean of {found.priced} known adult prices" if found.priced else "an estimate"
        return _Cost(
            category="activities",
            label="Admission to sights",
            amount=found.mean_price * found.visits * people,
            currency=found.currency,
            basis=f"{_people(people)} x {found.visits} sights at a {pace} pace x {found.mean_price:,} {found.currency}"
            f" ({mean}; {found.method})",
        )

    def _sources(
        self, question: BudgetQuestion, route: RouteReport | None, used_rates: Iterable[ExchangeRate]
    ) -> list[Source]:
        own = question.destination.city
        sources = [
            Source(
                provider="Ringmaster destination catalogue",
                kind="catalogue" if own else "estimate",
                retrieved_at=CATALOGUE_EDITION,
                note=own.price_levels.source if own else "median of similar cities in the catalogue",
            )
        ]
        if any(True for _ in used_rates):
            sources.append(self._rates.source())
        return [*sources, *(route.sources if route else [])]


class _Reckoning:
    """Turns costs into rounded lines of one currency, and remembers the rates it took."""

    def __init__(self, currency: str, rates: RatesProvider) -> None:
        self._currency = currency
        self._rates = rates
        self._used: dict[str, Conversion] = {}
        self.warnings: list[str] = []

    def lines(self, costs: Iterable[_Cost]) -> list[CostLine]:
        """In the given order. What cannot be converted is left out, with a warning."""
        return [line for cost in costs if (line := self._line(cost)) is not None]

    @property
    def used_rates(self) -> list[ExchangeRate]:
        return [conversion.report() for conversion in self._used.values()]

    def _line(self, cost: _Cost) -> CostLine | None:
        from_currency = cost.currency if cost.amount else self._currency  # nothing is nothing in any money
        try:
            conversion = self._rates.conversion(from_currency, self._currency)
        except NoRateError as error:
            self.warnings.append(f"{cost.label}: left out of the total, since {error}.")
            return None
        basis = cost.basis
        if from_currency != self._currency:
            self._remember(conversion)
            basis += f", at {conversion.in_words}"
        return CostLine(
            category=cost.category,
            label=cost.label,
            amount=rounded(conversion.convert(cost.amount), self._currency),
            basis=basis,
            kind="estimate",
        )

    def _remember(self, conversion: Conversion) -> None:
        if conversion.is_rough and conversion.from_currency not in self._used:
            self.warnings.append(
                f"The rate {conversion.in_words} is a rounded yearly average; today's may differ a good deal."
            )
        self._used[conversion.from_currency] = conversion


def _journey(question: BudgetQuestion, route: RouteReport | None) -> list[_Cost]:
    if route is None:
        return []
    journey = journey_cost(route.primary_route, question.travelers_count, question.budget_range)
    return [_Cost("transportation", journey.label, journey.amount, JOURNEY_CURRENCY, journey.basis)]


def _room_label(rooms: int, people: int) -> str:
    kind = "Double room" if people > 1 else "Double room for one"
    return kind if rooms == 1 else "Double rooms"


def _stay(question: BudgetQuestion, level: PriceLevel) -> list[_Cost]:
    people, days = question.travelers_count, question.days
    rooms, nights = -(-people // GUESTS_A_ROOM), days - 1
    people_days = f"{_people(people)} x {_counted(days, 'day')}"
    room_basis = f"{_counted(rooms, 'room')} x {_counted(nights, 'night')} x {_price(level.room_night, level)}"
    return [
        _Cost(
            "transportation",
            "Getting about at the destination",
            level.local_transport_day * people * days,
            level.currency,
            f"{people_days} x {_price(level.local_transport_day, level)}",
        ),
        _Cost(
            "accommodation",
            _room_label(rooms, people) if nights else "No night away",
            level.room_night * rooms * nights,
            level.currency,
            room_basis if nights else "a trip of one day has no night",
        ),
        _Cost(
            "food",
            "Meals and drinks",
            level.food_day * people * days,
            level.currency,
            f"{people_days} x {_price(level.food_day, level)}",
        ),
    ]


def _price(amount: Decimal, level: PriceLevel) -> str:
    shown = rounded(amount, level.currency)
    return f"{shown if shown == amount else amount:,} {level.currency} ({level.method})"


def _breakdown(currency: str, lines: list[CostLine]) -> BudgetBreakdown:
    zero = rounded(Decimal(0), currency)

    def part(category: Category) -> Decimal:
        return sum((line.amount for line in lines if line.category == category), zero)

    return BudgetBreakdown(
        currency=currency,
        total=sum((line.amount for line in lines), zero),
        transportation=part("transportation"),
        accommodation=part("accommodation"),
        food=part("food"),
        activities=part("activities"),
    )


def _assumptions(question: BudgetQuestion, level: PriceLevel, route: RouteReport | None) -> list[str]:
    rooms, nights = -(-question.travelers_count // GUESTS_A_ROOM), question.days - 1
    texts = [
        f"All amounts are estimates in prices of {level.year}, not adjusted since; nothing is a quote.",
        f"Two people share a room: {_counted(rooms, 'room')} for {_counted(nights, 'night')}."
        if nights
        else "A trip of one day has no night, so no room is reckoned.",
        "Everybody pays the adult price; admission costs the same in every budget range.",
        "Not included: insurance, visas, shopping, and transfers to and from airports at home.",
    ]
    if route is not None and route.primary_route.mode == "none" and nights:
        texts.append("You start where the trip takes place; the rooms can be taken off if you sleep at home.")
    return texts


def _warnings(question: BudgetQuestion, level: PriceLevel, route: RouteReport | None) -> list[str]:
    warnings: list[str] = []
    if route is None:
        warnings.append("No origin was given: the journey there and back is not part of the total.")
    elif route.primary_route.duration_minutes == 0 and route.primary_route.mode != "none":
        warnings.append("No way of getting there could be reckoned; the fare is a guess from the distance alone.")
    elif not route.primary_route.is_feasible:
        warnings.append(f"The journey is priced, but it hardly fits a trip of {_counted(question.days, 'day')}.")
    if level.standing_in:
        cities = ", ".join(level.standing_in)
        warnings.append(f"{question.destination.name} is not in the catalogue: prices are the median of {cities}.")
    return warnings


def _people(count: int) -> str:
    return _counted(count, "traveller")


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"

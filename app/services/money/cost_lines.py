"""From costs in many currencies to the lines of a budget in one.

Every line is rounded half-even to the places of the currency first and added up afterwards, so that the printed lines
add up to the printed parts and these to the total, to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.services.money.exchange_rates import Conversion, NoRateError, RatesProvider
from app.trips.currencies import rounded
from app.trips.reports import BudgetBreakdown, CostLine, ExchangeRate

Category = Literal["transportation", "accommodation", "food", "activities"]


@dataclass(frozen=True)
class Cost:
    """A line before conversion, for the whole party."""

    category: Category
    label: str
    amount: Decimal
    currency: str
    basis: str


class Reckoning:
    """Turns costs into rounded lines of one currency, and remembers the rates it took."""

    def __init__(self, currency: str, rates: RatesProvider) -> None:
        self._currency = currency
        self._rates = rates
        self._used: dict[str, Conversion] = {}
        self.warnings: list[str] = []

    def lines(self, costs: Iterable[Cost]) -> list[CostLine]:
        """In the given order. What cannot be converted is left out, with a warning."""
        return [line for cost in costs if (line := self._line(cost)) is not None]

    @property
    def used_rates(self) -> list[ExchangeRate]:
        return [conversion.report() for conversion in self._used.values()]

    def _line(self, cost: Cost) -> CostLine | None:
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


def breakdown(currency: str, lines: list[CostLine]) -> BudgetBreakdown:
    """The four parts and their total."""
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

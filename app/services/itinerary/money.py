"""Amounts of the catalogue as the planner takes them: whole numbers of the smallest unit of one currency, and back."""

from collections.abc import Iterable
from decimal import Decimal

from app.services.money.exchange_rates import Conversion, NoRateError, RatesProvider
from app.trips.currencies import UnknownCurrencyError, decimal_places, rounded
from app.trips.reports import ExchangeRate


class Money:
    """Converts into `currency`, and remembers the rates that it took."""

    def __init__(self, currency: str, rates: RatesProvider) -> None:
        self.currency = currency
        self._rates = rates
        self._used: dict[str, Conversion] = {}
        self._places = decimal_places(currency)

    def minor(self, amount: Decimal, currency: str) -> int | None:
        """Rounded half-even; None where there is no rate."""
        if amount == 0:
            return 0
        if currency != self.currency:
            try:
                conversion = self._rates.conversion(currency, self.currency)
            except NoRateError:
                return None
            self._used[currency] = conversion
            amount = conversion.convert(amount)
        return int(rounded(amount, self.currency).scaleb(self._places))

    def amount(self, minor: int) -> Decimal:
        """Back, with the places of the currency."""
        return Decimal(minor).scaleb(-self._places)

    @property
    def used_rates(self) -> list[ExchangeRate]:
        return [self._used[currency].report() for currency in sorted(self._used)]


def best_currency(wanted: Iterable[str | None], prices_in: str, rates: RatesProvider) -> str:
    """The first that the destination's prices can be converted to; else those prices' own."""
    for currency in wanted:
        if currency is None:
            continue
        try:
            rates.conversion(prices_in, currency)
        except (NoRateError, UnknownCurrencyError):
            continue
        return currency
    return prices_in

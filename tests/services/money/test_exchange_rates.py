from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.services.money.exchange_rates import (
    BundledRates,
    NoRateError,
    Rates,
    bundled_date,
    bundled_quotes,
    newer_quotes,
)
from app.trips.currencies import ISO_CODES, UnknownCurrencyError, decimal_places, rounded, written

RATES = BundledRates()
LATER = bundled_date() + timedelta(days=30)
NEWER = Rates(
    newer_quotes({"USD": Decimal("1.25"), "INR": Decimal("110"), "HKD": Decimal(10)}, LATER, "newer"), RATES.source()
)


def test_an_ecb_rate_is_the_latest_of_the_file_and_dated() -> None:
    conversion = RATES.conversion("EUR", "INR")
    assert conversion.as_of == bundled_quotes()["EUR"].as_of
    assert conversion.in_words == f"1 EUR = {conversion.rate} INR of {conversion.as_of.isoformat()}"
    assert not conversion.is_rough


@pytest.mark.parametrize(
    ("anchor", "pegged", "units"),
    [("USD", "AED", "3.6725"), ("EUR", "XOF", "655.957"), ("EUR", "BGN", "1.95583"), ("INR", "NPR", "1.6")],
)
def test_a_fixed_parity_is_exact(anchor: str, pegged: str, units: str) -> None:
    assert RATES.conversion(anchor, pegged).rate == Decimal(units)


def test_a_rate_from_a_yearly_average_says_that_it_is_rough() -> None:
    conversion = RATES.conversion("USD", "EGP")
    assert conversion.is_rough
    assert "about" in conversion.in_words
    assert "average of 2024" in conversion.source


def test_a_currency_converts_to_itself_without_a_rate() -> None:
    conversion = RATES.conversion("JPY", "JPY")
    assert conversion.rate == 1
    assert conversion.in_words == ""


@pytest.mark.parametrize("silent", ["RUB", "HRK", "DEM", "VES", "IRR"])
def test_currencies_without_a_current_rate_are_not_guessed(silent: str) -> None:
    with pytest.raises(NoRateError, match=silent):
        RATES.conversion("EUR", silent)


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(UnknownCurrencyError, match="XXQ"):
        RATES.conversion("EUR", "XXQ")


def test_there_and_back_is_the_same_money() -> None:
    for code in bundled_quotes():
        there, back = RATES.conversion("EUR", code).rate, RATES.conversion(code, "EUR").rate
        assert abs(there * back - 1) < Decimal("1e-6")


def test_rates_are_written_without_exponents() -> None:
    codes = sorted(bundled_quotes())
    shown = [RATES.conversion(start, end).in_words for start in codes for end in codes if start != end]
    assert not any("E+" in text or "E-" in text for text in shown)


def test_every_quoted_currency_is_an_iso_code() -> None:
    assert set(bundled_quotes()) <= ISO_CODES


@pytest.mark.parametrize(("code", "places"), [("JPY", 0), ("KRW", 0), ("XOF", 0), ("EUR", 2), ("KWD", 3)])
def test_a_currency_has_its_own_decimal_places(code: str, places: int) -> None:
    assert decimal_places(code) == places


def test_rounding_is_half_even() -> None:
    assert [rounded(Decimal(text), "EUR") for text in ("0.125", "0.135")] == [Decimal("0.12"), Decimal("0.14")]
    assert rounded(Decimal("2.5"), "JPY") == Decimal(2)


def test_amounts_are_written_for_people() -> None:
    assert written(Decimal("12345.678"), "EUR") == "12,345.68 EUR"
    assert written(Decimal("12345.678"), "JPY") == "12,346 JPY"


# ---- with newer rates of the ECB


def test_newer_rates_are_dated_and_say_whose_they_are() -> None:
    conversion = NEWER.conversion("EUR", "USD")
    assert (conversion.rate, conversion.as_of, conversion.source) == (Decimal("1.25"), LATER, "newer")
    assert conversion.in_words == f"1 EUR = 1.25 USD of {LATER.isoformat()}"
    assert NEWER.conversion("INR", "USD").rate == Decimal("0.011363636")


@pytest.mark.parametrize(
    ("code", "rate", "source"),
    [
        ("AED", "4.590625", "fixed parity 3.6725 AED = 1 USD, with newer"),
        ("MOP", "10.3", "fixed parity 1.03 MOP = 1 HKD, with newer"),
        ("NPR", "176", "fixed parity 1.6 NPR = 1 INR, with newer"),
        ("XOF", "655.957", "fixed parity 655.957 XOF = 1 EUR"),
    ],
)
def test_parities_follow_their_anchors(code: str, rate: str, source: str) -> None:
    conversion = NEWER.conversion("EUR", code)
    assert (conversion.rate, conversion.source) == (Decimal(rate), source)
    assert not conversion.is_rough


def test_parities_are_as_new_as_their_anchors() -> None:
    assert NEWER.conversion("EUR", "AED").as_of == LATER
    assert NEWER.conversion("EUR", "SZL").as_of == bundled_date(), "its anchor, the rand, is not among the newer ones"


def test_yearly_averages_stay_rough_and_old() -> None:
    conversion = NEWER.conversion("EUR", "EGP")
    assert (conversion.rate, conversion.as_of) == (Decimal("56.625"), date(2024, 12, 31))
    assert conversion.is_rough


def test_a_currency_without_a_newer_rate_keeps_its_own_and_its_date() -> None:
    assert NEWER.conversion("EUR", "GBP") == RATES.conversion("EUR", "GBP")
    assert NEWER.conversion("USD", "GBP").as_of == bundled_date(), "the older of both legs dates the rate"
    assert set(NEWER.quotes()) == set(bundled_quotes())


def test_newer_rates_leave_the_bundled_ones_alone() -> None:
    assert bundled_quotes()["USD"].as_of == bundled_date()
    assert (RATES.warning, NEWER.warning) == (None, None)

from decimal import Decimal

import pytest

from app.services.exchange_rates import BundledRates, NoRateError, bundled_quotes
from app.trips.currencies import ISO_CODES, UnknownCurrencyError, decimal_places, rounded, written

RATES = BundledRates()


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

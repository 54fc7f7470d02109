"""Frankfurter: a table of the ECB's rates, dated and to be trusted; or none at all.

The answer is that of `/v1/latest` on the last day of the bundled rates, whose figures it has.
"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.services.money.exchange_rates import bundled_date, bundled_quotes
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError
from app.services.outside.fetched import Fetched
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.frankfurter import EcbTable, Frankfurter
from tests.conftest import Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, StandIn

pytestmark = pytest.mark.anyio

PATH = "/v1/latest"
RECORDED = json.loads((Path(__file__).parents[1] / "answers" / "frankfurter_latest.json").read_text())


def table(**rates: Any) -> Any:
    """A table that is as new as the bundled one, with other rates."""
    return {**RECORDED, "date": bundled_date().isoformat(), "rates": {**RECORDED["rates"], **rates}}


async def latest(hub: ProviderHub, provider: StandIn, body: Any, left_s: float = 2.0) -> Fetched[EcbTable]:
    provider.answers(PATH, body)
    return await Frankfurter(hub, provider.url).latest(Deadline.after(left_s))


async def test_the_rates_are_dated_and_as_they_were_sent(hub: ProviderHub, provider: StandIn) -> None:
    fetched = await latest(hub, provider, table(USD=1.1622, JPY=181.59, IDR=20275.17))
    assert (fetched.kind, fetched.value.date) == ("live", bundled_date())
    rates = fetched.value.rates
    assert [str(rates[code]) for code in ("USD", "JPY", "IDR")] == ["1.1622", "181.59", "20275.17"]
    assert len(rates) == 29
    (asked,) = provider.asked
    assert (asked.method, asked.path, asked.query) == ("GET", PATH, {"base": "EUR"})


async def test_they_serve_for_hours_and_are_kept_for_a_month(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers(PATH, table(USD=1.2))
    frankfurter = Frankfurter(hub, provider.url)
    first, second = [await frankfurter.latest(Deadline.after(1.0)) for _ in range(2)]
    assert (second.kind, second.value, len(provider.asked)) == ("cached", first.value, 1)
    assert set(store.ttls_s.values()) == {30 * 24 * 3600}


async def test_a_rate_has_eight_digits_and_nothing_that_a_float_adds(hub: ProviderHub, provider: StandIn) -> None:
    rates = {
        "USD": "1.1622",
        "AUD": 1,
        "CHF": 1.16220000000000012,
        "GBP": 1.123456789012,
        "CAD": "1.16220000000000000000000000000000000000000000000001",
    }
    found = (await latest(hub, provider, table(**rates))).value.rates
    expected = {"USD": "1.1622", "AUD": "1", "CHF": "1.1622", "GBP": "1.1234568", "CAD": "1.1622"}
    assert {code: found[code] for code in rates} == {code: Decimal(rate) for code, rate in expected.items()}
    assert all(len(rate.as_tuple().digits) <= 8 for rate in found.values())


async def test_a_currency_that_is_null_or_nobody_knows_is_not_quoted(hub: ProviderHub, provider: StandIn) -> None:
    rates = (await latest(hub, provider, table(ISK=None, XXQ=5, eur=1, EUR=1))).value.rates
    assert len(rates) == 28
    assert not {"ISK", "XXQ", "eur", "EUR"} & set(rates)


async def test_a_rate_that_is_none_spoils_the_table(hub: ProviderHub, provider: StandIn) -> None:
    for rate in (0, -1.1, "NaN", "Infinity", "-Infinity", "much", "", True, [], {}, "1e400"):
        for code in ("USD", "GBP"):
            with pytest.raises(ProviderAnswerError, match="Frankfurter"):
                await latest(hub, provider, table(**{code: rate}))


async def test_a_table_that_cannot_be_right_is_not_trusted(hub: ProviderHub, provider: StandIn) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"USD": None}, "without the dollar"),
        ({"GBP": 175.68}, r"cannot be right \(GBP\)"),
        ({"JPY": 0.0057}, r"cannot be right \(JPY\)"),
        ({"USD": 1e308}, r"cannot be right \(USD\)"),
        ({"USD": 10**300}, r"cannot be right \(USD\)"),
        ({"IDR": 1e-300}, r"cannot be right \(IDR\)"),
    ]
    for changes, reason in cases:
        with pytest.raises(ProviderAnswerError, match=reason):
            await latest(hub, provider, table(**changes))


async def test_twice_the_bundled_rate_is_the_limit(hub: ProviderHub, provider: StandIn) -> None:
    bundled = bundled_quotes()["GBP"].per_euro
    fetched = await latest(hub, provider, table(GBP=str(bundled * 2)))
    assert fetched.value.rates["GBP"] == bundled * 2
    assert fetched.value.rates["USD"] > Decimal(0)


async def test_a_table_of_a_day_to_come_or_of_long_ago_is_not_trusted(hub: ProviderHub, provider: StandIn) -> None:
    today = datetime.now(UTC).date()
    for day in (today + timedelta(days=2), date(2099, 1, 1)):
        with pytest.raises(ProviderAnswerError, match="of a day to come"):
            await latest(hub, provider, {**table(), "date": day.isoformat()})
    with pytest.raises(ProviderAnswerError, match="older than the bundled ones"):
        await latest(hub, provider, {**table(), "date": "1999-01-04"})


async def test_another_form_is_no_answer(hub: ProviderHub, provider: StandIn) -> None:
    bodies: list[Any] = [
        {**RECORDED, "base": "USD"},
        {**RECORDED, "date": None},
        {**RECORDED, "date": "yesterday"},
        {**RECORDED, "rates": None},
        {**RECORDED, "rates": []},
        {"message": "not found"},
        [],
    ]
    for body in bodies:
        with pytest.raises(ProviderAnswerError, match="another form than it documents"):
            await latest(hub, provider, body)


async def test_a_thousand_other_codes_are_passed_over(hub: ProviderHub, provider: StandIn) -> None:
    more = {f"<script>{number}": 1 for number in range(1000)}
    assert len((await latest(hub, provider, table(**more))).value.rates) == 29


@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_is_one_of_our_errors(
    hub: ProviderHub, provider: StandIn, failure: Failure, logged: Logged
) -> None:
    with pytest.raises(failure.expected(has_key=False)) as caught:
        await latest(hub, provider, failure.reply, left_s=0.8)
    assert "Frankfurter" in str(caught.value)

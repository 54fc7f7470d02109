"""Frankfurter: the European Central Bank's euro reference rates of the last working day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from app.services.money.exchange_rates import bundled_date, bundled_quotes
from app.services.outside.deadlines import Deadline
from app.services.outside.errors import ProviderAnswerError
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.services.outside.forms import Form
from app.services.outside.http_call import Call
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub

# The ECB publishes once a working day; over Christmas and Easter it rests for five days at most.
_LIFETIME = Lifetime(fresh_s=6 * 3600, keep_s=30 * 24 * 3600)
# No currency of the ECB's moved as far in the life of an edition; a table that says so has its columns mixed up.
_MOST_TIMES_THE_BUNDLED = 2
# As many as rates are shown with.
_DIGITS = Context(prec=8, rounding=ROUND_HALF_EVEN)


def _rates(value: Any) -> dict[str, Decimal]:
    """Those of the currencies that can be checked against the bundled ones. What is null is not quoted."""
    if not isinstance(value, Mapping):
        raise ValueError("an object is expected")
    known = bundled_quotes()
    return {
        code: _decimal(rate) for code, rate in value.items() if code in known and code != "EUR" and rate is not None
    }


def _decimal(value: Any) -> Decimal:
    """As it is written: a float's shortest text is what was sent. What was kept is text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError("a rate is expected")
    try:
        rate = _DIGITS.create_decimal(value if isinstance(value, Decimal) else str(value)[:40])
    except DecimalException as error:
        raise ValueError("a rate is expected") from error
    if not rate.is_finite() or rate <= 0:
        raise ValueError("a rate above nothing is expected")
    return rate


class EcbTable(Form):
    """`rates`: units of each currency for one euro, as of `date`."""

    base: Literal["EUR"]
    date: date
    rates: Annotated[dict[str, Decimal], BeforeValidator(_rates)]


class Frankfurter:
    """Frankfurter, without a key.

    Address: `https://api.frankfurter.dev`. Page, read on 29 November 2026: https://frankfurter.dev/v1/ (no usage caps;
    rates are updated around 16:00 CET). Its newer version, `/v2/rates`, mixes the rates of many banks; the first one
    stays, and has the ECB's alone, all of one day. The ECB's terms ask to be named.
    """

    attribution = Attribution("Frankfurter", "https://frankfurter.dev")

    def __init__(self, hub: ProviderHub, base_url: str) -> None:
        self._api = ProviderApi(hub, "frankfurter", base_url, self.attribution)

    async def latest(self, deadline: Deadline) -> Fetched[EcbTable]:
        """Raises ProviderError, also for a table that cannot be right."""
        return await self._api.ask(EcbTable, Call("/v1/latest", {"base": "EUR"}), _LIFETIME, deadline, _check)


def _check(table: EcbTable) -> None:
    if table.date > datetime.now(UTC).date() + timedelta(days=1):
        raise _not_trusted("of a day to come")
    if table.date < bundled_date():
        raise _not_trusted("older than the bundled ones")
    if "USD" not in table.rates:
        raise _not_trusted("without the dollar")
    for code, rate in table.rates.items():
        bundled = bundled_quotes()[code].per_euro
        if not bundled / _MOST_TIMES_THE_BUNDLED <= rate <= bundled * _MOST_TIMES_THE_BUNDLED:
            raise _not_trusted(f"that cannot be right ({code})")


def _not_trusted(what: str) -> ProviderAnswerError:
    return ProviderAnswerError(Frankfurter.attribution.provider, f"sent rates {what}")

"""Today's rates where Frankfurter gives them, the bundled ones where it does not; and that a budget says which."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.services.budget_service import BudgetService
from app.services.maps_service import MapsService
from app.services.money.budget_question import BudgetQuestion, BudgetStop
from app.services.money.exchange_rates import BundledRates, bundled_date
from app.services.money.live_rates import ECB_RATES, LiveRates
from app.services.outside.deadlines import Deadline
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.providers.frankfurter import Frankfurter
from app.trips.places.resolve import resolve_place
from app.trips.reports import BudgetReport
from app.trips.request import UserPreferences
from tests.services.conftest import MemoryStore
from tests.services.stand_in import Reply, StandIn

pytestmark = pytest.mark.anyio

RECORDED = json.loads((Path(__file__).parents[1] / "answers" / "frankfurter_latest.json").read_text())
TABLE = {**RECORDED, "date": bundled_date().isoformat(), "rates": {**RECORDED["rates"], "USD": 1.2345, "INR": 111.11}}
USED = f"the bundled rates of {bundled_date().isoformat()} are used."
QUESTION = BudgetQuestion(
    stops=(BudgetStop(resolve_place("Paris")),),
    origin=resolve_place("New Delhi"),
    travelers_count=2,
    days=3,
    budget_range="mid-range",
    asked_currency="INR",
    preferences=UserPreferences(),
)


def live(hub: ProviderHub, provider: StandIn, answer: Any = None) -> LiveRates:
    provider.answers("/v1/latest", TABLE if answer is None else answer)
    return LiveRates(Frankfurter(hub, provider.url))


async def budget(rates: LiveRates | BundledRates, **changes: Any) -> BudgetReport:
    return await BudgetService(MapsService(), rates).budget(replace(QUESTION, **changes), Deadline.after(1.0))


async def test_live_rates_are_dated_and_name_their_source(hub: ProviderHub, provider: StandIn) -> None:
    rates = await live(hub, provider).current(Deadline.after(1.0))
    conversion = rates.conversion("EUR", "USD")
    assert (str(conversion.rate), conversion.as_of, conversion.source) == ("1.2345", bundled_date(), ECB_RATES)
    source = rates.source()
    assert (source.provider, source.kind, source.url) == ("Frankfurter", "live", "https://frankfurter.dev")
    assert source.note is not None
    assert source.note.startswith(f"ECB euro reference rates of {bundled_date().isoformat()}; other currencies by")
    assert rates.warning is None


async def test_they_are_asked_for_once_and_then_kept(hub: ProviderHub, provider: StandIn) -> None:
    rates = live(hub, provider)
    kinds = [(await rates.current(Deadline.after(1.0))).source().kind for _ in range(3)]
    assert (kinds, len(provider.asked)) == (["live", "cached", "cached"], 1)


async def test_outdated_rates_say_so(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    await live(hub, provider).current(Deadline.after(1.0))
    long_ago = b'"at":"2026-11-01T00:00:00Z"'
    store.entries = {key: re.sub(rb'"at":"[^"]*"', long_ago, raw) for key, raw in store.entries.items()}
    rates = await live(hub, provider, Reply(status=500)).current(Deadline.after(1.0))
    assert str(rates.conversion("EUR", "USD").rate) == "1.2345"
    assert rates.source().kind == "cached"
    assert "Frankfurter failed (HTTP 500)" in (rates.source().note or "")


async def test_without_a_provider_the_bundled_ones_are_meant_to_be_used() -> None:
    rates = await LiveRates(None).current()
    assert (rates.warning, rates.source()) == (None, BundledRates().source())
    assert await BundledRates().current() is not None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Reply(status=500), "Frankfurter failed (HTTP 500)"),
        (Reply(b"no json"), "Frankfurter sent something other than JSON"),
        ({**TABLE, "rates": {"GBP": 0.85}}, "Frankfurter sent rates without the dollar"),
        ({**TABLE, "rates": {**TABLE["rates"], "USD": 250}}, "Frankfurter sent rates that cannot be right (USD)"),
        ({**TABLE, "date": "2099-01-01"}, "Frankfurter sent rates of a day to come"),
    ],
)
async def test_bundled_rates_stand_in_and_a_budget_says_why(
    hub: ProviderHub, provider: StandIn, answer: Any, reason: str
) -> None:
    report = await budget(live(hub, provider, answer))
    assert f"{reason}; {USED}" in report.warnings
    bundled = await budget(BundledRates())
    assert report.exchange_rates == bundled.exchange_rates
    assert report.sources == bundled.sources
    assert [text for text in report.warnings if USED not in text] == bundled.warnings


async def test_without_a_network_the_bundled_rates_are_used(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.3))
    rates = await LiveRates(Frankfurter(hub, "http://127.0.0.1:9")).current(Deadline.after(1.0))
    assert rates.warning == f"Frankfurter cannot be reached; {USED}"
    await hub.aclose()


async def test_a_budget_with_live_rates_shows_them(hub: ProviderHub, provider: StandIn) -> None:
    report = await budget(live(hub, provider))
    (rate,) = report.exchange_rates
    assert (rate.from_currency, rate.to_currency, rate.rate) == ("EUR", "INR", 111.11)
    assert (rate.as_of, rate.source) == (bundled_date(), ECB_RATES)
    assert [(source.provider, source.kind) for source in report.sources if source.kind == "live"] == [
        ("Frankfurter", "live")
    ]
    assert not any("bundled" in warning for warning in report.warnings)
    assert all("111.11 INR" in line.basis for line in report.lines if "EUR" in line.basis)


async def test_rates_that_nobody_needed_are_not_spoken_of(hub: ProviderHub, provider: StandIn) -> None:
    report = await budget(live(hub, provider, Reply(status=500)), asked_currency="EUR")
    assert report.exchange_rates == []
    assert not any("Frankfurter" in warning for warning in report.warnings)

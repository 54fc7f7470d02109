import pytest
from pydantic import ValidationError

from app.agents.budget_agent import BudgetAgent, BudgetRequest
from app.services.budget_service import BudgetService
from app.services.maps_service import MapsService
from app.services.money.exchange_rates import BundledRates
from app.trips.errors import UnknownPlaceError
from tests.agents.listener import Listener

pytestmark = pytest.mark.anyio


AGENT = BudgetAgent(BudgetService(MapsService(), BundledRates()))


@pytest.mark.rows("S0-30")
async def test_the_quartermaster_reckons_a_budget_and_says_how_far_it_is() -> None:
    listener = Listener()
    report = await AGENT.handle(BudgetRequest(destination="Paris", days=3, travelers_count=2), listener)
    assert (AGENT.name, AGENT.title) == ("budget", "Quartermaster")
    assert report.budget_breakdown.currency == "EUR"
    assert listener.percents == sorted(listener.percents)
    assert all(0 < percent < 100 for percent in listener.percents)


async def test_travel_dates_count_from_the_first_to_the_last_day() -> None:
    request = BudgetRequest.model_validate({"destination": "Paris", "travel_dates": ["2026-07-03", "2026-07-01"]})
    assert (await AGENT.handle(request, Listener())).days == 3


@pytest.mark.parametrize("length", [{}, {"days": 3, "travel_dates": ["2026-07-01"]}])
def test_the_length_comes_from_exactly_one_field(length: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="travel_dates or days"):
        BudgetRequest.model_validate({"destination": "Paris", **length})


@pytest.mark.parametrize("currency", ["XXQ", "zzz", "€€€", ""])
def test_a_currency_that_does_not_exist_is_no_request_at_all(currency: str) -> None:
    with pytest.raises(ValidationError, match="currency"):
        BudgetRequest(destination="Paris", days=3, currency=currency)


@pytest.mark.parametrize("currency", ["EUR", " inr ", "DEM"])
def test_the_money_of_today_and_yesterday_is_known_however_it_is_written(currency: str) -> None:
    assert BudgetRequest(destination="Paris", days=3, currency=currency).currency == currency.strip().upper()


async def test_an_unknown_place_is_an_error_of_the_trip() -> None:
    with pytest.raises(UnknownPlaceError):
        await AGENT.handle(BudgetRequest(destination="Zzyzzqwx", days=3), Listener())


KYOTO_AND_TOKYO = {"destination": "Kyoto", "destinations": [{"name": "Kyoto", "days": 4}, {"name": "Tokyo"}]}


async def test_several_destinations_are_priced_with_their_days() -> None:
    listener = Listener()
    report = await AGENT.handle(BudgetRequest.model_validate({**KYOTO_AND_TOKYO, "days": 6}), listener)
    bases = {line.label: line.basis for line in report.lines}
    assert bases["Double room for one, Kyoto"].startswith("1 room x 4 nights")
    assert bases["Double room for one, Tokyo"].startswith("1 room x 1 night ")
    assert listener.heard[0][0] == "Gathering prices in Kyoto and Tokyo"


@pytest.mark.parametrize(
    "change",
    [
        {"days": 4},
        {"destinations": [{"name": "Kyoto", "days": 4}, {"name": "Tokyo", "days": 1}]},
        {"destinations": [{"name": "Kyoto", "days": 30}, {"name": "Tokyo", "days": 30}]},
        {"destinations": [{"name": "Kyoto", "days": 5}]},
    ],
)
def test_days_that_do_not_add_up_to_the_trips_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"destinations: they take \d+ days"):
        BudgetRequest.model_validate({**KYOTO_AND_TOKYO, "days": 6, **change})


async def test_a_total_above_the_limit_is_warned_about() -> None:
    request = BudgetRequest.model_validate({"destination": "Paris", "days": 3, "budget_limit": 10.5})
    report = await AGENT.handle(request, Listener())
    assert report.warnings[-1].endswith("is above your budget limit of 10.50 EUR.")

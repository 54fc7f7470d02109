"""The budget worker process.

python -m app.workers.budget_worker
"""

from app.agents.budget_agent import BudgetAgent
from app.services.budget_service import BudgetService
from app.services.maps_service import MapsService
from app.services.money.live_rates import LiveRates
from app.services.providers.frankfurter import Frankfurter
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup
from app.workers.road_chain import road_chain


def build(setup: ProviderSetup | None = None) -> BudgetAgent:
    """Quartermaster on bundled price levels, with the exchange rates of Frankfurter and the roads of the maps worker;
    without `setup` on bundled rates and estimates."""
    if setup is None:
        return BudgetAgent(BudgetService(MapsService(), LiveRates(None)))
    rates = LiveRates(Frankfurter(setup.hub, setup.settings.frankfurter_base_url))
    return BudgetAgent(BudgetService(MapsService(road_chain(setup)), rates))


if __name__ == "__main__":
    launch(build)

"""The budget worker process.

python -m app.workers.budget_worker
"""

from app.agents.budget_agent import BudgetAgent
from app.services.budget_service import BudgetService
from app.services.exchange_rates import BundledRates
from app.services.maps_service import MapsService
from app.workers.launch import launch


def build() -> BudgetAgent:
    """Quartermaster on bundled price levels and exchange rates."""
    return BudgetAgent(BudgetService(MapsService(), BundledRates()))


if __name__ == "__main__":
    launch(build)

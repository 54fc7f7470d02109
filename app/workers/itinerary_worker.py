"""The itinerary worker process.

python -m app.workers.itinerary_worker
"""

from app.agents.itinerary_agent import ItineraryAgent
from app.services.climate_normals import ClimateNormals
from app.services.exchange_rates import BundledRates
from app.services.itinerary_service import ItineraryService
from app.workers.launch import launch


def build() -> ItineraryAgent:
    """Itinerary Weaver on the bundled catalogue."""
    return ItineraryAgent(ItineraryService(BundledRates(), ClimateNormals()))


if __name__ == "__main__":
    launch(build)

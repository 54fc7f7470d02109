"""The itinerary worker process.

python -m app.workers.itinerary_worker
"""

from app.agents.itinerary_agent import ItineraryAgent
from app.services.itinerary_service import ItineraryService
from app.services.money.live_rates import LiveRates
from app.services.providers.frankfurter import Frankfurter
from app.services.weather.climate_normals import ClimateNormals
from app.workers.launch import launch
from app.workers.live import Live


def build(live: Live | None = None) -> ItineraryAgent:
    """Itinerary Weaver on the bundled catalogue and what the other agents found, with the exchange rates of the budget
    worker; without `live` on bundled rates."""
    frankfurter = Frankfurter(live.outside, live.settings.frankfurter_base_url) if live else None
    return ItineraryAgent(ItineraryService(LiveRates(frankfurter), ClimateNormals()))


if __name__ == "__main__":
    launch(build)

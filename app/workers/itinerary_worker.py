"""The itinerary worker process.

python -m app.workers.itinerary_worker
"""

from app.agents.itinerary_agent import ItineraryAgent
from app.llm.task import Writer
from app.services.itinerary_service import ItineraryService
from app.services.money.live_rates import LiveRates
from app.services.providers.frankfurter import Frankfurter
from app.services.weather.climate_normals import ClimateNormals
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup, key_of
from app.workers.road_chain import road_chain


def build(setup: ProviderSetup | None = None) -> ItineraryAgent:
    """Itinerary Weaver on the bundled catalogue and what the other agents found, with the exchange rates of the budget
    worker and the roads of the maps worker; without `setup` on bundled rates and estimates. Where a model's key is set,
    that model tells the plan."""
    frankfurter = Frankfurter(setup.hub, setup.settings.frankfurter_base_url) if setup else None
    service = ItineraryService(LiveRates(frankfurter), ClimateNormals(), road_chain(setup) if setup else None)
    return ItineraryAgent(service, writer_of(setup) if setup else None)


def writer_of(setup: ProviderSetup) -> Writer | None:
    """The model that a key is set for; None where there is none."""
    settings = setup.settings
    key = key_of(settings.google_api_key)
    if key is None:
        return None
    # Loading its library takes seconds, which a worker without a key is spared.
    from app.llm.gemini import gemini

    return gemini(
        setup.hub, key, settings.gemini_base_url, settings.model_name, settings.temperature, settings.max_tokens
    )


if __name__ == "__main__":
    launch(build)

"""Who is asked for roads, in order; a file of its own because three workers ask the same."""

from app.services.providers.openroute import OpenRoute
from app.services.providers.osrm import Osrm
from app.services.routes.chain import RouteChain
from app.services.routes.roads import RoadProvider
from app.workers.provider_setup import ProviderSetup, key_of


def road_chain(setup: ProviderSetup) -> RouteChain:
    """OpenRouteService, where there is a key, then OSRM."""
    settings, hub = setup.settings, setup.hub
    providers: list[RoadProvider] = []
    if key := key_of(settings.openroute_api_key):
        providers.append(OpenRoute(hub, settings.openroute_base_url, key))
    return RouteChain([*providers, Osrm(hub, settings.osrm_base_url)])

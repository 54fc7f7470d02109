"""The maps worker process.

python -m app.workers.maps_worker
"""

from app.agents.maps_agent import MapsAgent
from app.services.maps_service import MapsService
from app.services.places.found_places import Geocoder
from app.services.places.geocoding import Geocoding
from app.services.places.surroundings import Surroundings
from app.services.providers.nominatim import Nominatim
from app.services.providers.openroute import OpenRoute
from app.services.providers.openroute_geocoding import OpenRouteGeocoding
from app.services.providers.overpass import Overpass
from app.services.providers.photon import Photon
from app.services.providers.wikidata import Wikidata
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup, key_of
from app.workers.road_chain import road_chain


def build(setup: ProviderSetup | None = None) -> MapsAgent:
    """Trailblazer on OpenRouteService, OSRM, Photon, Nominatim, Overpass and Wikidata; without `setup` on estimates."""
    if setup is None:
        return MapsAgent(MapsService())
    hub, settings = setup.hub, setup.settings
    geocoders: list[Geocoder] = []
    if key := key_of(settings.openroute_api_key):
        # The two have addresses of their own at HeiGIT; elsewhere the geocoder is a part of the whole.
        is_public = settings.openroute_base_url == OpenRoute.BASE_URL
        address = OpenRouteGeocoding.BASE_URL if is_public else f"{settings.openroute_base_url}/geocode"
        geocoders.append(OpenRouteGeocoding(hub, address, key))
    geocoders += [Photon(hub, settings.photon_base_url), Nominatim(hub, settings.nominatim_base_url)]
    surroundings = Surroundings(Overpass(hub, settings.overpass_base_url), Wikidata(hub, settings.wikidata_base_url))
    return MapsAgent(MapsService(road_chain(setup)), Geocoding(geocoders), surroundings)


if __name__ == "__main__":
    launch(build)

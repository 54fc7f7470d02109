"""The weather worker process.

python -m app.workers.weather_worker
"""

from app.agents.weather_agent import WeatherAgent
from app.services.providers.open_meteo import OpenMeteo
from app.services.providers.openweather import OpenWeather
from app.services.weather.chain import WeatherChain
from app.services.weather.climate_normals import ClimateNormals
from app.services.weather.provider import WeatherProvider
from app.services.weather_service import WeatherService
from app.today import today
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup, key_of


def build(setup: ProviderSetup | None = None) -> WeatherAgent:
    """Sky Gazer on OpenWeather, where there is a key, then Open-Meteo, then bundled climate normals; without `setup` on
    the normals alone."""
    providers: list[WeatherProvider] = []
    if setup:
        settings, hub = setup.settings, setup.hub
        if key := key_of(settings.openweather_api_key):
            providers.append(OpenWeather(hub, settings.openweather_base_url, key, today))
        providers.append(OpenMeteo(hub, settings.open_meteo_base_url, today))
    return WeatherAgent(WeatherService(WeatherChain([*providers, ClimateNormals()]), today))


if __name__ == "__main__":
    launch(build)

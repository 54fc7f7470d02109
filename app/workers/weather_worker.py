"""The weather worker process.

python -m app.workers.weather_worker
"""

from app.agents.weather_agent import WeatherAgent
from app.services.climate_normals import ClimateNormals
from app.services.weather_service import WeatherService
from app.workers.clock import today
from app.workers.launch import launch


def build() -> WeatherAgent:
    """Sky Gazer on bundled climate normals."""
    return WeatherAgent(WeatherService(ClimateNormals(), today))


if __name__ == "__main__":
    launch(build)

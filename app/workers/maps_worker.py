"""The maps worker process.

python -m app.workers.maps_worker
"""

from app.agents.maps_agent import MapsAgent
from app.services.maps_service import MapsService
from app.workers.launch import launch


def build() -> MapsAgent:
    """Trailblazer on estimates."""
    return MapsAgent(MapsService())


if __name__ == "__main__":
    launch(build)

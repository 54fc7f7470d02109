"""The events worker process.

python -m app.workers.events_worker
"""

from app.agents.events_agent import EventsAgent
from app.services.event_service import EventService
from app.workers.clock import today
from app.workers.launch import launch


def build() -> EventsAgent:
    """Event Explorer on bundled holidays and festivals."""
    return EventsAgent(EventService(today))


if __name__ == "__main__":
    launch(build)

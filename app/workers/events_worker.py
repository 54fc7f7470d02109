"""The events worker process.

python -m app.workers.events_worker
"""

from app.agents.events_agent import EventsAgent
from app.services.event_service import EventService
from app.services.events.chain import EventChain, EventProvider
from app.services.providers.openweb_ninja import OpenWebNinja
from app.services.providers.ticketmaster import Ticketmaster
from app.today import today
from app.workers.launch import launch
from app.workers.provider_setup import ProviderSetup, key_of


def build(setup: ProviderSetup | None = None) -> EventsAgent:
    """Event Explorer on bundled holidays and festivals, and on the providers for which there is a key."""
    providers: list[EventProvider] = []
    if setup:
        settings, hub = setup.settings, setup.hub
        if key := key_of(settings.openweb_ninja_api_key):
            providers.append(OpenWebNinja(hub, settings.openweb_ninja_base_url, key))
        if key := key_of(settings.ticketmaster_api_key):
            providers.append(Ticketmaster(hub, settings.ticketmaster_base_url, key))
    return EventsAgent(EventService(today, EventChain(providers) if providers else None))


if __name__ == "__main__":
    launch(build)

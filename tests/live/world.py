"""The world outside as the live fleet's tests have it: every provider behind one stand-in, each under a path of its
own, with real bodies about three days in Braunschweig.
"""

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

from app.agents.base_agent import BaseAgent
from app.config.settings import Settings
from app.services.outside.network import Network
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.store import FactStore
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from app.workers.provider_setup import ProviderSetup
from tests.llm import gemini_bodies
from tests.services.routes.road_bodies import Straight, openroute_matrix
from tests.services.stand_in import StandIn

ANSWERS = Path(__file__).parents[1] / "services" / "answers"
TODAY = date(2026, 11, 29)
TRIP = {
    "destination": "Braunschweig",
    "origin": "Hannover",
    "travel_dates": ["2026-12-01", "2026-12-03"],
    "travelers_count": 2,
    "currency": "USD",
}
KEYS = {
    "openweather_api_key": "k3y-of-openweather",
    "openroute_api_key": "k3y-of-openroute",
    "openweb_ninja_api_key": "k3y-of-openwebninja",
    "ticketmaster_api_key": "k3y-of-ticketmaster",
}
MODEL_KEY = {"google_api_key": "k3y-of-gemini"}
STORY = {
    "overview": "You have 3 days in Braunschweig.",
    "days": ["A calm start.", "There is more to see in Braunschweig.", "Time to go home."],
}
"""What the model makes of the trip; no name or number in it is new."""


def body(name: str) -> Any:
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


def real_bodies() -> dict[str, Any]:
    """By the path under which each provider is asked."""
    return {
        "/openweather/data/3.0/onecall": body("openweather_onecall"),
        "/openweather/data/2.5/forecast": body("openweather_forecast"),
        "/meteo/v1/forecast": body("open_meteo_forecast"),
        "/meteo/v1/archive": body("open_meteo_archive"),
        "/openroute/v2/matrix": _matrix("openroute_matrix"),
        "/openroute/v2/matrix/foot-walking": openroute_matrix(Straight(factor=1.3, kmh=4.8)),
        "/openroute/v2/directions": _short_way(body("openroute_directions")),
        "/openroute/geocode": body("openroute_geocoding_hallstatt"),
        "/osrm/table": _matrix("osrm_table"),
        "/osrm/route": body("osrm_route"),
        "/photon": body("photon_hallstatt"),
        "/nominatim": body("nominatim_hallstatt"),
        "/overpass": body("overpass_braunschweig"),
        "/wikidata": body("wikidata_braunschweig"),
        "/ninja": _events_of_ninja(),
        "/ticketmaster": body("ticketmaster_none"),
        "/frankfurter": body("frankfurter_latest"),
        "/gemini": gemini_bodies.text(STORY),
    }


def addresses(url: str) -> dict[str, str]:
    """Every provider's base address, as settings."""
    paths = {
        "openweather": "openweather",
        "open_meteo": "meteo",
        "openroute": "openroute",
        "osrm": "osrm",
        "photon": "photon",
        "nominatim": "nominatim",
        "overpass": "overpass",
        "wikidata": "wikidata",
        "openweb_ninja": "ninja",
        "ticketmaster": "ticketmaster",
        "frankfurter": "frankfurter",
        "gemini": "gemini",
    }
    return {f"{name}_base_url": f"{url}/{path}" for name, path in paths.items()}


def answer_all(provider: StandIn, bodies: dict[str, Any]) -> None:
    for path, answer in bodies.items():
        provider.answers(path, answer)


def live_agents(
    store: FactStore, url: str, *, with_keys: bool = True, with_model: bool = False, network: Network | None = None
) -> tuple[list[BaseAgent[Any, Any]], ProviderSetup]:
    """All five, asking what is at that address. Close the second's `hub` when done."""
    hub = ProviderHub(store, "ringmaster-round-table/test", network)
    options: dict[str, Any] = {**addresses(url), **(KEYS if with_keys else {}), **(MODEL_KEY if with_model else {})}
    setup = ProviderSetup(hub, Settings(_env_file=None, providers="auto", **options))
    workers = (weather_worker, events_worker, maps_worker, budget_worker, itinerary_worker)
    agents = [worker.build(setup) for worker in workers]
    hub.probe_all()
    return agents, setup


def _matrix(name: str) -> dict[str, Any]:
    """Hannover and Braunschweig lie 65 km by road apart."""
    whole = deepcopy(body(name))
    whole["durations"] = [[0.0, 2900.5], [2950.1, 0.0]]
    whole["distances"] = [[0.0, 65_210.3], [65_480.9, 0.0]]
    for ends in ("sources", "destinations"):
        whole[ends] = whole[ends][:2]
    return whole


def _short_way(directions: dict[str, Any]) -> dict[str, Any]:
    whole = deepcopy(directions)
    whole["routes"][0]["summary"] = {"distance": 61_000.0, "duration": 13_500.0}
    return whole


def _events_of_ninja() -> dict[str, Any]:
    whole = deepcopy(body("openweb_ninja_events"))
    for number, event in enumerate(whole["data"]):
        day = f"2026-12-0{1 + number % 3}"
        for member in ("start_time", "start_time_utc", "end_time", "end_time_utc"):
            if event.get(member):
                event[member] = f"{day} {event[member].split(' ')[1]}"
        if event.get("venue"):
            event["venue"] |= {"latitude": 52.264, "longitude": 10.526, "timezone": "Europe/Berlin"}
    return whole

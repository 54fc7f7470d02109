"""The real agents and a gateway in one event loop, over real HTTP, on fakeredis."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.agents.base_agent import BaseAgent
from app.api.examples import TRIP_REQUESTS
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from tests.conftest import Bus
from tests.fleet import gateway, working
from tests.waiting import wait_until


def trip_agents() -> list[BaseAgent[Any, Any]]:
    workers = (weather_worker, events_worker, maps_worker, budget_worker, itinerary_worker)
    return [worker.build() for worker in workers]


@pytest.fixture
async def client(fake_bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    async with working(fake_bus, trip_agents()), gateway(fake_bus) as connected:
        await wait_until(lambda: is_healthy(connected))
        yield connected


async def is_healthy(client: httpx2.AsyncClient) -> bool:
    return (await client.get("/health")).json()["status"] == "healthy"


@pytest.fixture
async def lone_gateway(fake_bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway without workers, for what is answered before any agent is asked."""
    async with gateway(fake_bus) as connected:
        yield connected


@pytest.fixture
def trip() -> dict[str, Any]:
    """The README's request."""
    return dict(TRIP_REQUESTS["paris"]["value"])

"""The real agents and a gateway in one event loop, over real HTTP, on fakeredis."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from app.agents.base_agent import BaseAgent
from app.api.examples import TRIP_REQUESTS
from app.workers import budget_worker, events_worker, itinerary_worker, maps_worker, weather_worker
from tests.conftest import Bus, new_bus
from tests.fleet import gateway, working
from tests.waiting import wait_until


def trip_agents() -> list[BaseAgent[Any, Any]]:
    workers = (weather_worker, events_worker, maps_worker, budget_worker, itinerary_worker)
    return [worker.build() for worker in workers]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop a module, in which its tests share a fleet."""
    return "asyncio"


@pytest.fixture(scope="module")
def _stopping_soon() -> Iterator[None]:
    """As for every test: sessions that nobody will end hold no gateway up."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.core.orchestrator.FINISH_WITHIN_S", 0.2)
        yield


@asynccontextmanager
async def fleet(bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    async with working(bus, trip_agents()), gateway(bus) as connected:
        await wait_until(lambda: is_healthy(connected))
        yield connected


@pytest.fixture(scope="module")
async def client(_stopping_soon: None) -> AsyncIterator[httpx2.AsyncClient]:
    """A fleet that the tests of a module share: for those that ask, and look at nothing but what they were answered."""
    async with new_bus() as bus, fleet(bus) as connected:
        yield connected


@pytest.fixture
async def own_client(fake_bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    """A fleet of the test's own, on `fake_bus`: for those that count, or look into Redis."""
    async with fleet(fake_bus) as connected:
        yield connected


async def is_healthy(client: httpx2.AsyncClient) -> bool:
    return (await client.get("/health")).json()["status"] == "healthy"


@pytest.fixture(scope="module")
async def lone_gateway(_stopping_soon: None) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway without workers that the tests of a module share: for what is answered before any agent is asked."""
    async with new_bus() as bus, gateway(bus) as connected:
        yield connected


@pytest.fixture
async def own_gateway(fake_bus: Bus) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway without workers of the test's own, on `fake_bus`: for those that open a session or look into Redis."""
    async with gateway(fake_bus) as connected:
        yield connected


@pytest.fixture
def trip() -> dict[str, Any]:
    """The README's request."""
    return dict(TRIP_REQUESTS["paris"]["value"])

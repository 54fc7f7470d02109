"""A whole fleet in one event loop: workers and a gateway on a test's bus."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from app.agents.base_agent import BaseAgent
from app.config.settings import Settings
from app.core.breakers import BreakerSettings
from app.core.load import Limits
from app.core.orchestrator import Orchestrator
from app.core.workflow import Workflow
from app.main import create_app
from app.messaging.heartbeat import ProviderBeat
from app.workers.result_cache import ResultCache
from app.workers.worker import Worker
from tests.conftest import Bus
from tests.waiting import wait_until


@asynccontextmanager
async def working(
    bus: Bus,
    agents: Sequence[BaseAgent[Any, Any]],
    concurrency: int = 4,
    providers: Callable[[], list[ProviderBeat]] = list,
    results_ttl_s: int = 0,
) -> AsyncIterator[None]:
    """Workers for these agents, one instance each (an agent given twice has two). `providers`: how those of all of
    them do. `results_ttl_s`: how long results serve identical requests."""
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(
            Worker(
                agent,
                broker := bus.broker(),
                f"{agent.name}-{number}",
                concurrency,
                0.5,
                block_ms=200,
                results=ResultCache(broker, results_ttl_s),
                providers=providers,
            ).run(stop)
        )
        for number, agent in enumerate(agents)
    ]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


@asynccontextmanager
async def orchestrating(
    bus: Bus, workflow: Workflow, limits: Limits | None = None, breaker: BreakerSettings | None = None
) -> AsyncIterator[Orchestrator]:
    orchestrator = Orchestrator(bus.broker(), [workflow], 3600, limits, breaker)
    await orchestrator.start()
    await wait_until(orchestrator.is_listening)
    try:
        yield orchestrator
    finally:
        await orchestrator.aclose()


class _Server(uvicorn.Server):
    """Hears at once that it is to stop, where uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told_to_stop = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.told_to_stop.wait()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """The app over real HTTP on a free port of the loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx2.AsyncClient(base_url=base, timeout=30) as client:
                yield client
        finally:
            server.told_to_stop.set()
            await task


@asynccontextmanager
async def gateway(bus: Bus, **settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A gateway on the bus, ready: it hears the fleet."""
    app = create_app(Settings(_env_file=None, **settings), bus.broker())
    async with serving(app) as client:
        await wait_until(app.state.gateway.orchestrator.is_listening)
        yield client

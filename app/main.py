"""The gateway root: read the settings, wire, serve. `uvicorn app.main:app`"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.body_limit import BodyLimit
from app.api.description import DescribedApp
from app.api.errors import add_error_handlers
from app.api.gateway import Gateway
from app.api.geocoding import FleetGeocoder
from app.api.routes import alias_routes, canonical_routes, head_routes, health_routes
from app.api.served_outside import ServedOutside
from app.config.logs import configure_logs
from app.config.settings import Settings, SettingsError, load_settings
from app.core.breakers import BreakerSettings
from app.core.load import Limits
from app.core.orchestrator import Orchestrator
from app.garbage import tune_garbage_collection
from app.messaging.broker import Broker
from app.orphan import leave_when_orphaned
from app.stop_signal import when_told_to_stop
from app.trips.workflow import trip_workflow
from app.version import VERSION

MAX_BODY_BYTES = 1_000_000
"""Of a request over HTTP; a longer one is refused."""

DESCRIPTION = (
    """Plans a trip with a fleet of agents over Redis. Every plan names its sources, and every agent that failed."""
)


def create_app(settings: Settings, broker: Broker) -> FastAPI:
    """The gateway on a broker, which it closes at its end."""
    timeouts_ms = settings.step_timeouts_ms()
    workflow = trip_workflow(timeouts_ms, settings.orchestrator_timeout, settings.orchestrator_retry_attempts)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logs(settings.debug)
        orchestrator = Orchestrator(broker, [workflow], settings.state_ttl, limits_of(settings), breaker_of(settings))
        geocoder = FleetGeocoder(orchestrator, settings.timeout_maps)
        app.state.gateway = Gateway(orchestrator, timeouts_ms, settings.streaming_enabled, geocoder)
        await orchestrator.start()
        when_told_to_stop(orchestrator.stop_soon)
        watch = asyncio.create_task(leave_when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM)))
        yield
        watch.cancel()
        await orchestrator.aclose()
        await broker.aclose()

    # As one list: an included router is searched anew at each request, and within it its routes.
    routes = [*canonical_routes().routes, *health_routes().routes, *alias_routes().routes]
    app = DescribedApp(
        title="Ringmaster Round Table",
        description=DESCRIPTION,
        version=VERSION,
        lifespan=lifespan,
        routes=[*routes, *head_routes(routes).routes],
    )
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(ServedOutside)
    add_error_handlers(app)
    return app


def limits_of(settings: Settings) -> Limits:
    return Limits(
        max_concurrent_requests=settings.max_concurrent_requests,
        max_queue_length=settings.message_queue_size,
        attempts=settings.orchestrator_retry_attempts,
    )


def breaker_of(settings: Settings) -> BreakerSettings:
    return BreakerSettings(
        is_enabled=settings.circuit_breaker_enabled,
        threshold=settings.circuit_breaker_threshold,
        cooldown_s=settings.circuit_breaker_cooldown,
    )


def _from_environment() -> FastAPI:
    try:
        settings = load_settings()
        broker = Broker(settings.redis_url_or_local())
    except (SettingsError, ValueError) as error:
        sys.exit(f"Cannot start: {error}")
    made = create_app(settings, broker)
    tune_garbage_collection()
    return made


app = _from_environment()

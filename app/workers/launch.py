"""The worker root: reads the settings, builds one agent with its services, runs it until a signal stops it."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from app.agents.base_agent import BaseAgent
from app.config.logs import configure_logs
from app.config.settings import Settings, SettingsError, load_settings
from app.garbage import tune_garbage_collection
from app.messaging.broker import Broker
from app.orphan import leave_when_orphaned
from app.workers.errors import WedgedError
from app.workers.provider_setup import ProviderSetup, make_provider_setup
from app.workers.result_cache import ResultCache
from app.workers.worker import Worker

EXIT_FAULTY = 1
"""Exit code of a worker that found a fault with itself which does not go away, for whoever keeps it running."""

EXIT_WEDGED = 70
"""The same where its event loop did nothing any more."""

log = structlog.get_logger(__name__)


def launch(build_agent: Callable[[ProviderSetup | None], BaseAgent[Any, Any]]) -> None:
    """Run one worker process to its end; `build_agent` is given what it may ask outside, None where that is off.

    Exits with 2 where a setting is wrong.
    """
    try:
        settings = load_settings()
        broker = Broker(settings.redis_url_or_local())
    except (SettingsError, ValueError) as error:
        sys.exit(f"Cannot start: {error}")
    configure_logs(settings.debug)
    _give_way()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        sys.exit(runner.run(_run(build_agent, broker, settings)))


def _give_way() -> None:
    """Where all processors are busy, be woken without driving away whoever runs: Redis and the gateway get further, and
    what they have for us comes in larger portions, at a tenth less for everybody. With a processor idle it changes
    nothing. Linux alone knows it."""
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is there, as the gateway has it through uvicorn; else asyncio's own."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


async def _run(
    build_agent: Callable[[ProviderSetup | None], BaseAgent[Any, Any]], broker: Broker, settings: Settings
) -> int:
    """Returns the exit code."""
    setup = make_provider_setup(settings, broker)
    agent = build_agent(setup)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watch = asyncio.create_task(leave_when_orphaned(stop.set))
    instance = instance_name(agent.name)
    worker = Worker(
        agent,
        broker,
        instance,
        settings.worker_concurrency,
        max_deliveries=settings.max_deliveries,
        on_wedged=lambda: os._exit(EXIT_WEDGED),
        results=results_of(settings, broker, setup),
        providers=setup.beats if setup else list,
    )
    if setup:
        setup.hub.probe_all()
    code = 0
    tune_garbage_collection()
    try:
        await worker.run(stop)
    except WedgedError:
        code = EXIT_FAULTY
    finally:
        watch.cancel()
        if setup:
            await setup.hub.aclose()
        await broker.aclose()
    if worker.has_left_work_behind:
        # The event loop would wait for it, and for ever.
        log.error("worker_leaves_work_behind", instance=instance)
        os._exit(code or EXIT_FAULTY)
    return code


def results_of(settings: Settings, broker: Broker, setup: ProviderSetup | None) -> ResultCache:
    """Where this worker's results are kept for identical requests."""
    if setup is None:
        return ResultCache(broker, settings.agent_cache_ttl)
    return ResultCache(broker, settings.agent_cache_ttl, setup.fingerprint)


def instance_name(agent: str) -> str:
    """A name that no other process has: agent, host, process id and a random part."""
    return f"{agent}-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"

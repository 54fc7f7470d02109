"""Sessions and requests as a gateway puts them on the wire, without a gateway: what a worker does is read off Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from app.agents.base_agent import BaseAgent
from app.messaging import events
from app.messaging.broker import Broker
from app.messaging.protocols import Envelope, Metadata, new_id
from app.workers.worker import Worker
from tests.conftest import Bus
from tests.messaging.test_protocols import request

AGENT = "a"


async def opened(broker: Broker) -> str:
    """The id of a new session, its log open."""
    session_id = new_id()
    started = events.started(session_id, "scripted", 60_000, 60, datetime.now(UTC))
    await broker.open_log(session_id, started, request=b"", ttl_s=60)
    return session_id


async def end(broker: Broker, session_id: str) -> None:
    """The session is over, and nobody announces it."""
    await broker.end_log(session_id, events.ended("cancelled", b'{"status":"cancelled"}', datetime.now(UTC)), ttl_s=60)


def asked(session_id: str | None = None, topic: str = "t", timeout_ms: int = 10_000) -> Envelope:
    payload, metadata = {"topic": topic}, Metadata(timeout_ms=timeout_ms)
    return request(agent=AGENT, session_id=session_id or new_id(), payload=payload, metadata=metadata)


async def given_to(broker: Broker, instance: str, envelope: Envelope) -> str:
    """Send a request and have an instance take it that will not say a word any more. Returns its entry id."""
    await broker.ensure_group(envelope.agent)
    entry_id = await broker.request(envelope)
    (delivery,) = await broker.read_requests(envelope.agent, instance, 1, 1000)
    assert delivery.entry_id == entry_id
    return entry_id


async def outcomes(broker: Broker, session_id: str) -> list[dict[str, Any]]:
    """What the session's log says of how its requests ended, in order."""
    found = [from_json(entry.event) for entry in await broker.read_log(session_id)]
    kinds = (events.AGENT_FAILED, events.ATTEMPT_FAILED)
    return [event for event in found if event["type"] in kinds or event.get("status") == events.COMPLETED]


async def has_no_requests(broker: Broker) -> bool:
    """Nothing waits, and nothing is in anybody's hand."""
    return await broker.queue_length(AGENT) == 0 and not await broker.pending_counts(AGENT)


@asynccontextmanager
async def worker(bus: Bus, agent: BaseAgent[Any, Any], instance: str, **options: Any) -> AsyncIterator[Worker]:
    """One worker of four places, stopped at the end."""
    stop = asyncio.Event()
    broker = bus.broker()
    settings = {"concurrency": 4, "heartbeat_interval_s": 0.2, "block_ms": 500, **options}
    made = Worker(agent, broker, instance, **settings)
    task = asyncio.create_task(made.run(stop))
    try:
        yield made
    finally:
        stop.set()
        await task

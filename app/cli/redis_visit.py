"""One visit to a Redis: does it answer, how fast, which server is it, and who is in the registry."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from app.cli.redis_access import NO_ADDRESS
from app.core.fleet import Fleet
from app.errors import RoundTableError
from app.messaging.broker import Broker

WITHIN_S = 5.0
"""For the whole visit."""


@dataclass
class RedisVisit:
    """`fault`: why there is nothing to tell, "" where there is. `server`: its kind and version in words."""

    fleet: Fleet
    fault: str = ""
    server: str = ""
    latency_ms: float = 0.0


async def visit_redis(url: str, agents: Iterable[str]) -> RedisVisit:
    """Never raises for a Redis that is away: that is a finding."""
    visit = RedisVisit(Fleet(agents))
    try:
        broker = Broker(url)
    except ValueError:
        visit.fault = NO_ADDRESS
        return visit
    try:
        async with asyncio.timeout(WITHIN_S):
            await broker.ping()
            started = time.perf_counter()
            await broker.ping()
            visit.latency_ms = (time.perf_counter() - started) * 1000
            visit.server = await broker.server()
            for beats in (await broker.heartbeats(visit.fleet.agents)).values():
                for beat in beats:
                    visit.fleet.remembered(beat)
    except TimeoutError:
        visit.fault = f"no answer within {WITHIN_S:g} s"
    except RoundTableError as error:
        visit.fault = str(error)
    finally:
        await broker.aclose()
    return visit

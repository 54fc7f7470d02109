"""Whether memory and keys stay flat while very many plans are made and expire; a part of `cost.py`.

Sessions are kept for five seconds only, so that what one leaves behind shows: the settings allow no less than a
minute, hence a gateway root of its own, which differs in nothing else.
"""

import asyncio
import time
from dataclasses import dataclass
from itertools import pairwise

from fastapi import FastAPI
from redis.asyncio import Redis

from app.config.settings import load_settings
from app.main import create_app
from app.messaging import channels
from app.messaging.broker import Broker
from benchmarks.client import TRIP, Connection, as_body, connections
from benchmarks.gateway import POLL_S, Fleet, waiting_fleet
from benchmarks.measure import aligned

KEPT_S = 5
IN_FLIGHT = 32
SAMPLES = 10
EMPTY_WITHIN_S = 120.0
MIB = 2**20


def forgetful_gateway() -> FastAPI:
    """As `app.main` builds it, but for how long sessions are kept."""
    settings = load_settings()
    return create_app(settings.model_copy(update={"state_ttl": KEPT_S}), Broker(settings.redis_url_or_local()))


@dataclass(frozen=True)
class Sample:
    """`at`: seconds of a clock. `redis_bytes`: what Redis says that it uses; the others: resident memory."""

    at: float
    plans: int
    keys: int
    redis_bytes: int
    redis_rss: int
    gateway_rss: int
    workers_rss: int

    def measures(self) -> tuple[float, ...]:
        return (
            self.keys,
            *(size / MIB for size in (self.redis_bytes, self.redis_rss, self.gateway_rss, self.workers_rss)),
        )


async def growth(plans: int, is_short: bool) -> None:
    """Ten samples on the way, then one once the last session has expired; unless short, also from the registry."""
    app = ("benchmarks.growth:forgetful_gateway", "--factory")
    async with waiting_fleet(gateway=app, WORKER_CONCURRENCY="64") as fleet, Redis.from_url(fleet.redis_url) as redis:
        empty = await _sample(fleet, redis, 0)
        samples = await _samples(fleet, redis, plans)
        expired = await _once_expired(fleet, redis, plans, waits_for_registry=not is_short)
    print(f"\n{plans:,} plans, {IN_FLIGHT} in flight, each kept for {KEPT_S} s after its last change")
    heads = ["plans", "plans/s", "keys", "Redis uses MiB", "Redis RSS MiB", "gateway RSS MiB", "workers RSS MiB"]
    on_the_way = [_row(f"{one.plans:,}", one, before) for before, one in pairwise([empty, *samples])]
    ends = [_row("none yet", empty), *on_the_way, _row("all expired", expired)]
    ratios = [_ratios("last : second", samples[1], samples[-1]), _ratios("expired : none yet", empty, expired)]
    print(aligned([heads, *ends, *ratios]))
    print("How many keys there are at a time goes with the plans/s: they are the sessions of the last seconds.")


async def _samples(fleet: Fleet, redis: Redis, plans: int) -> list[Sample]:
    """At each tenth of the plans, in full swing."""
    left = iter(range(plans))
    done = 0
    samples: list[Sample] = []

    async def lane(connection: Connection) -> None:
        nonlocal done
        for _ in left:
            await connection.plan(as_body(TRIP))
            done += 1
            if done * SAMPLES // plans > (done - 1) * SAMPLES // plans:
                samples.append(await _sample(fleet, redis, done))

    async with connections(fleet.url, IN_FLIGHT) as opened, asyncio.TaskGroup() as group:
        for connection in opened:
            group.create_task(lane(connection))
    return samples


async def _sample(fleet: Fleet, redis: Redis, plans: int) -> Sample:
    rss = fleet.processes.memory_bytes()
    used = (await redis.info("memory"))["used_memory"]
    return Sample(time.monotonic(), plans, await redis.dbsize(), used, rss["redis"], rss["gateway"], rss["workers"])


async def _once_expired(fleet: Fleet, redis: Redis, plans: int, waits_for_registry: bool) -> Sample:
    """Redis clears away by and by what has expired, and a gateway tidies the registry once a minute."""
    deadline = time.monotonic() + EMPTY_WITHIN_S
    while await _has_sessions(redis) or (waits_for_registry and await redis.exists(channels.SESSIONS)):
        assert time.monotonic() < deadline, "sessions are still there"
        await asyncio.sleep(POLL_S)
    return await _sample(fleet, redis, plans)


async def _has_sessions(redis: Redis) -> bool:
    for pattern in (channels.session_state("*"), channels.session_log("*")):
        async for _ in redis.scan_iter(match=pattern, count=1000):
            return True
    return False


def _row(name: str, sample: Sample, before: Sample | None = None) -> list[str]:
    keys, *sizes = sample.measures()
    rate = "" if before is None else f"{(sample.plans - before.plans) / (sample.at - before.at):.0f}"
    return [name, rate, f"{keys:,.0f}", *(f"{size:.1f}" for size in sizes)]


def _ratios(name: str, before: Sample, after: Sample) -> list[str]:
    pairs = zip(before.measures(), after.measures(), strict=True)
    return [name, "", *(f"{now / then:.3f}" for then, now in pairs)]

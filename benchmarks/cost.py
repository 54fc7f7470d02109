"""What a plan and an idle fleet cost: Redis commands, bytes, memory, start-up.

    python -m benchmarks.cost [--short] [--plans N] [wire] [memory] [idle] [growth] [startup]

Without names all five, each beside something that it is to be held against:

- wire: Redis commands by name, and bytes in and out, of a plan of agents that do nothing; beside it the plan's answer;
- memory: what Redis keeps of a session that has ended, beside the JSON of that session (goal: at most 3 times);
- idle: commands a minute of the processes of `make run`, beside their heartbeats (`idle.py`);
- growth: memory and keys while very many plans come and expire (`growth.py`);
- startup: until the gateway and the workers are ready, beside a bare Python (`startup.py`).

Every plan is checked to be complete.
"""

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from urllib.parse import urlsplit

from redis.asyncio import Redis

from app.messaging import channels
from benchmarks.client import TRIP, Connection, as_body, connected, connections
from benchmarks.gateway import POLL_S, Fleet, quiet_logs, real_fleet, waiting_fleet
from benchmarks.growth import growth
from benchmarks.idle import idle
from benchmarks.load import trip
from benchmarks.measure import Processes, aligned, machine, redis_server, spread
from benchmarks.startup import startup

PARTS = ("wire", "memory", "idle", "growth", "startup")

WIRE_PLANS, SHORT_WIRE_PLANS = 500, 100
MONITORED_PLANS = 20
BYTES_IN, BYTES_OUT = "total_net_input_bytes", "total_net_output_bytes"
MARK = b"all of them were seen"
LONGEST_LINE = 2**24
IN_FLIGHT = 16
SESSIONS, SHORT_SESSIONS = 30, 10
GROWTH_PLANS, SHORT_GROWTH_PLANS = 100_000, 2_000

KEPT_AT_MOST = 3.0
"""Times the JSON of the session."""

LEAST_SHOWN = 0.05
"""Commands a plan; rarer ones are those of the idle fleet and ours."""


async def main(parts: Sequence[str], is_short: bool, growth_plans: int) -> None:
    quiet_logs()
    print(machine("redis", "fastapi", "uvicorn"))
    if {"wire", "memory"} & set(parts):
        async with waiting_fleet(WORKER_CONCURRENCY="64") as fleet:
            if "wire" in parts:
                await wire(fleet, SHORT_WIRE_PLANS if is_short else WIRE_PLANS)
            if "memory" in parts:
                trips = [TRIP] * (SHORT_SESSIONS if is_short else SESSIONS)
                await memory("agents that do nothing", fleet.url, fleet.redis_url, trips)
    if {"memory", "idle"} & set(parts):
        async with redis_server(Processes()) as redis_url, real_fleet(redis_url) as local:
            if "memory" in parts:
                trips = [trip(number) for number in range(SHORT_SESSIONS if is_short else SESSIONS)]
                await memory("real agents", local.gateway_url, redis_url, trips)
            if "idle" in parts:
                await idle(local, redis_url, is_short)
    if "growth" in parts:
        await growth(growth_plans, is_short)
    if "startup" in parts:
        await startup(is_short)


# ---- a plan on the wire


async def wire(fleet: Fleet, plans: int) -> None:
    async with Redis.from_url(fleet.redis_url) as redis, connections(fleet.url, IN_FLIGHT) as opened:
        before = await _counted(redis)
        answers = await asyncio.gather(*(_plans_in_turn(one, plans // IN_FLIGHT) for one in opened))
        after = await _counted(redis)
    made, size = plans // IN_FLIGHT * IN_FLIGHT, answers[0]
    a_plan = {name: (value - before.get(name, 0)) / made for name, value in after.items()}
    traffic = {"to Redis": a_plan.pop(BYTES_IN), "from Redis": a_plan.pop(BYTES_OUT)}
    shown = sorted(((count, name) for name, count in a_plan.items() if count >= LEAST_SHOWN), reverse=True)
    print(f"\nA plan of agents that do nothing, {IN_FLIGHT} in flight, mean of {made}; its answer has {size:,} bytes")
    for where, count in traffic.items():
        print(f"{count:,.0f} bytes {where}, {count / size:.2f} times the answer")
    print(f"{await _sent(fleet, MONITORED_PLANS):.1f} commands are sent, counted one plan at a time")
    print(f"{sum(a_plan.values()):.1f} with those that scripts run:")
    print(aligned([[name, f"{count:.2f}"] for count, name in shown]))


async def _plans_in_turn(connection: Connection, count: int) -> int:
    """The size of the last answer."""
    size = 0
    for _ in range(count):
        size = len(as_body(await connection.plan(as_body(TRIP))))
    return size


async def _counted(redis: Redis) -> dict[str, int]:
    """Calls by command, those that scripts make among them; bytes into and out of the server."""
    calls = {name.removeprefix("cmdstat_"): told["calls"] for name, told in (await redis.info("commandstats")).items()}
    stats = await redis.info("stats")
    return {**calls, **{name: stats[name] for name in (BYTES_IN, BYTES_OUT)}}


async def _sent(fleet: Fleet, plans: int) -> float:
    """Commands that clients send for a plan. The server's own counts do not tell them from those of scripts; MONITOR
    does."""
    address = urlsplit(fleet.redis_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=LONGEST_LINE)
    writer.write(b"MONITOR\r\n")
    assert await reader.readline() == b"+OK\r\n"
    async with connected(fleet.url) as connection:
        await _plans_in_turn(connection, plans)
    async with Redis.from_url(fleet.redis_url) as redis:
        await redis.echo(MARK)
    sent = 0
    while MARK not in (line := await reader.readline()):
        sent += line.split(maxsplit=3)[2] != b"lua]"
    writer.close()
    return sent / plans


# ---- what is kept of a session


async def memory(name: str, url: str, redis_url: str, trips: Sequence[object]) -> None:
    async with Redis.from_url(redis_url) as redis, connected(url) as connection:
        ids = [(await connection.plan(as_body(one)))["session_id"] for one in trips]
        while (await connection.get("/status"))["sessions_running"]:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(POLL_S)
        kept = [await _kept(redis, one) for one in ids]
        sizes = [len((await connection.ask("GET", f"/api/v1/session/{one}"))[1]) for one in ids]
        share = await redis.memory_usage(channels.SESSIONS, samples=0) / await redis.zcard(channels.SESSIONS)
    by_kind = {kind: statistics.median(one.get(kind, 0) for one in kept) for kind in kept[0]}
    ratios = [(sum(one.values()) + share) / size for one, size in zip(kept, sizes, strict=True)]
    verdict = "reached" if statistics.median(ratios) <= KEPT_AT_MOST else "missed"
    parts = ", ".join(f"{kind} {size:,.0f}" for kind, size in {**by_kind, channels.SESSIONS: share}.items())
    print(f"\nMemory of an ended session, {name}, median of {len(ids)}: {parts} bytes")
    print(f"{spread(ratios)} times its JSON of {statistics.median(sizes):,.0f} bytes; goal {KEPT_AT_MOST:g}: {verdict}")


async def _kept(redis: Redis, session_id: str) -> dict[str, int]:
    """Bytes by kind of key, of all keys that bear the session's id."""
    keys = [key.decode() async for key in redis.scan_iter(match=f"*{session_id}*", count=1000)]
    assert keys, f"nothing is kept of {session_id}"
    return {key.replace(session_id, "{id}"): await redis.memory_usage(key, samples=0) for key in keys}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost")
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true")
    parser.add_argument(
        "--plans", type=int, help=f"of growth; left out: {GROWTH_PLANS:,}, short: {SHORT_GROWTH_PLANS:,}"
    )
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    plans = given.plans or (SHORT_GROWTH_PLANS if given.short else GROWTH_PLANS)
    asyncio.run(main(given.parts or PARTS, given.short, plans))

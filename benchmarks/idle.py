"""How much an idle fleet of `make run` talks to Redis; a part of `cost.py`.

Counted by the server, connection by connection, over a minute; a connection belongs to the process that has its port.
Beside it stand the heartbeats alone, the least that any fleet needs whose workers tell that they live.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

import psutil
from redis.asyncio import Redis

from app.cli.local_fleet import LocalFleet
from app.messaging.heartbeat import HEARTBEAT_INTERVAL_S
from benchmarks.bodies import AGENTS
from benchmarks.measure import aligned

WINDOW_S, SHORT_WINDOW_S = 60.0, 20.0
AT_MOST_PER_MINUTE = 60


@dataclass(frozen=True)
class _Look:
    """`sent`: commands so far by connection; `owners`: whose it is."""

    at: float
    sent: dict[int, int]
    owners: dict[int, str]


async def idle(fleet: LocalFleet, redis_url: str, is_short: bool) -> None:
    window_s = SHORT_WINDOW_S if is_short else WINDOW_S
    async with Redis.from_url(redis_url) as redis:
        own = await redis.client_id()
        before, all_before = await _look(redis, fleet, own), await _all_commands(redis)
        await asyncio.sleep(window_s)
        all_after, after = await _all_commands(redis), await _look(redis, fleet, own)
    minutes = (after.at - before.at) / 60
    by_process: Counter[str] = Counter()
    for client, sent in after.sent.items():
        by_process[after.owners[client]] += sent - before.sent.get(client, 0)
    beats = 60 / HEARTBEAT_INTERVAL_S
    print(f"\nCommands a minute of an idle fleet, counted over {window_s:g} s; a worker beats {beats:g} times a minute")
    rows = [["process", "commands", "commands : heartbeats", f"goal {AT_MOST_PER_MINUTE}"]]
    for name in ("gateway", *AGENTS):
        rate = by_process[name] / minutes
        ratio = f"{rate / beats:.2f}" if name in AGENTS else ""
        rows.append([name, f"{rate:.0f}", ratio, "reached" if rate <= AT_MOST_PER_MINUTE else "missed"])
    print(aligned(rows))
    of_all = (sum(all_after.values()) - sum(all_before.values())) / minutes
    print(f"all together {sum(by_process.values()) / minutes:.0f}; with those that scripts run {of_all:.0f}")


async def _look(redis: Redis, fleet: LocalFleet, own: int) -> _Look:
    clients = [client for client in await redis.client_list() if int(client["id"]) != own]
    ports = _ports(fleet)
    owners = {int(client["id"]): ports.get(client["addr"].rpartition(":")[2], "nobody") for client in clients}
    return _Look(time.monotonic(), {int(client["id"]): int(client["tot-cmds"]) for client in clients}, owners)


def _ports(fleet: LocalFleet) -> dict[str, str]:
    """The program of each local port."""
    return {
        str(one.laddr.port): name
        for name, pid in fleet.supervisor.pids().items()
        for one in psutil.Process(pid).net_connections("tcp")
    }


async def _all_commands(redis: Redis) -> dict[str, int]:
    """Calls by command, without those that only we send."""
    calls = {name.removeprefix("cmdstat_"): told["calls"] for name, told in (await redis.info("commandstats")).items()}
    return {name: count for name, count in calls.items() if name not in ("info", "client|list", "client|id")}

"""Carries out a schedule on a fleet, and notes when each fault began and ended."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import RedisError

from tests.chaos.fleet import Fleet
from tests.chaos.kept_process import RESTART_PAUSE_S
from tests.chaos.schedule import Fault


@dataclass
class Trouble:
    """A fault as it happened. Times: seconds since 1970; `ended_at` is None while it lasts."""

    fault: Fault
    began_at: float
    ended_at: float | None = None


async def kill(fleet: Fleet, fault: Fault) -> None:
    process = fleet.processes[fault.target]
    process.restart_pause_s = fault.duration_s or RESTART_PAUSE_S
    process.send(signal.SIGKILL)
    await asyncio.sleep(fault.duration_s)


async def term(fleet: Fleet, fault: Fault) -> None:
    process = fleet.processes[fault.target]
    process.restart_pause_s = fault.duration_s or RESTART_PAUSE_S
    await process.end_orderly()
    await asyncio.sleep(fault.duration_s)


async def stop(fleet: Fleet, fault: Fault) -> None:
    await fleet.processes[fault.target].halt(fault.duration_s)


async def cut(fleet: Fleet, fault: Fault) -> None:
    line = fleet.lines[fault.target]
    await line.cut()
    try:
        await asyncio.sleep(fault.duration_s)
    finally:
        await line.open()


async def silence(fleet: Fleet, fault: Fault) -> None:
    line = fleet.lines[fault.target]
    line.silence()
    try:
        await asyncio.sleep(fault.duration_s)
    finally:
        line.speak()


async def drop_commands(fleet: Fleet, _: Fault) -> None:
    await _drop(fleet, "normal")


async def drop_news(fleet: Fleet, _: Fault) -> None:
    await _drop(fleet, "pubsub")


async def _drop(fleet: Fleet, kind: str) -> None:
    await _tell_redis(fleet, "CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


async def demote(fleet: Fleet, fault: Fault) -> None:
    """As after a failover: it refuses all writes, and keeps its connections and its data."""
    await _tell_redis(fleet, "REPLICAOF", "127.0.0.1", "1")
    try:
        await asyncio.sleep(fault.duration_s)
    finally:
        await _tell_redis(fleet, "REPLICAOF", "NO", "ONE")


async def _tell_redis(fleet: Fleet, *command: str) -> None:
    """Where it is away, there is nothing left to be dropped, and it comes back as a primary."""
    with suppress(RedisError, OSError):
        await fleet.redis.execute_command(*command)


ACTIONS: dict[str, Callable[[Fleet, Fault], Awaitable[None]]] = {
    "kill": kill,
    "term": term,
    "stop": stop,
    "cut": cut,
    "silence": silence,
    "drop_commands": drop_commands,
    "drop_news": drop_news,
    "demote": demote,
}


async def carry_out(fleet: Fleet, faults: Sequence[Fault], troubles: list[Trouble]) -> None:
    """Each fault at its time, overlapping as planned; returns when the last one is over."""
    began_at = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            await asyncio.sleep(max(0.0, began_at + fault.at_s - asyncio.get_running_loop().time()))
            group.create_task(_trouble(fleet, fault, troubles))


async def _trouble(fleet: Fleet, fault: Fault, troubles: list[Trouble]) -> None:
    trouble = Trouble(fault, time.time())
    troubles.append(trouble)
    await ACTIONS[fault.action](fleet, fault)
    trouble.ended_at = time.time()

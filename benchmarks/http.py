"""What a plan costs through HTTP, beside the least that its two parts cost by themselves.

    python -m benchmarks.http [--short] [--rounds N]

`POST /api/v1/plan-trip` of the gateway as it is deployed, with five workers whose agents do nothing. In the same
minute, round by round: *bare FastAPI* (`bare.py`), which validates the same request and answers the same bytes without
making a plan, and the *limit* (`limit.py`), which makes the plan without HTTP. The ideal costs as much CPU as both
together, and where that CPU is shared it delivers 1 / (1 / limit + 1 / bare) plans/s. A ratio of 1 is the ideal; the
goal is 0.6. Every answer is checked to be a complete plan.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.client import PLAN_PATH, TRIP, Connection, as_body, connected, connections
from benchmarks.gateway import POLL_S, Fleet, waiting_fleet
from benchmarks.measure import aligned, free_port, machine, spread, this_python
from benchmarks.window import OWN_PART, ReadCpu, window
from benchmarks.wire import LIMIT, measured
from benchmarks.wire_report import Case

ROUNDS, SHORT_ROUNDS = 3, 1
WINDOW_S, SHORT_WINDOW_S = 5.0, 2.0
IN_FLIGHT = (1, 64)
GOAL = 0.6

BARE_PART = "bare"


@dataclass(frozen=True)
class Figures:
    """Of one contender, one window. `cpu_ms`: a plan, by part; `cost_ms`: their sum without the client's."""

    plans_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]

    @property
    def cost_ms(self) -> float:
        return sum(ms for part, ms in self.cpu_ms.items() if part != OWN_PART)


Round = dict[str, Figures]
"""By contender: `ours`, `bare`, `limit`."""


async def main(rounds: int, window_s: float) -> None:
    rounds_of: dict[int, list[Round]] = {in_flight: [] for in_flight in IN_FLIGHT}
    async with waiting_fleet(WORKER_CONCURRENCY="64") as fleet:
        await _never_rewrite(fleet.redis_url)
        with tempfile.TemporaryDirectory(prefix="rr") as folder:
            answer = Path(folder) / "answer.json"
            size = answer.write_bytes(await _real_answer(fleet.url))
            bare_url = await _start_bare(fleet, answer)
            for _ in range(rounds):
                for in_flight in IN_FLIGHT:
                    rounds_of[in_flight].append(await _round(fleet, bare_url, in_flight, window_s))
    print(machine("fastapi", "uvicorn", "uvloop", "pydantic"))
    print(f"A plan's answer has {size:,} bytes. Median of {rounds}, and in brackets the least and the most.")
    for in_flight, found in rounds_of.items():
        print(f"\n{in_flight} in flight")
        print("\n".join([_table(found), *_ratios(found)]))


async def _round(fleet: Fleet, bare_url: str, in_flight: int, window_s: float) -> Round:
    def of(*parts: str) -> ReadCpu:
        return lambda: {part: cpu_s for part, cpu_s in fleet.processes.cpu_s().items() if part in parts}

    ours = await _measured(fleet.url, in_flight, window_s, of("gateway", "redis", "workers"))
    bare = await _measured(bare_url, in_flight, window_s, of(BARE_PART))
    return {"ours": ours, "bare": bare, "limit": await _limit(in_flight, window_s)}


async def _measured(url: str, in_flight: int, window_s: float, cpu_s: ReadCpu) -> Figures:
    async with connections(url, in_flight) as opened:
        found = await window([partial(_plan, one) for one in opened], window_s, cpu_s)
    return Figures(found.per_s, found.quantile_ms(0.5), found.quantile_ms(0.99), found.cpu_ms())


async def _plan(connection: Connection) -> None:
    """The answer is checked and let go: thousands of them, kept, would halt whoever measures to collect its garbage."""
    await connection.plan(as_body(TRIP))


async def _limit(in_flight: int, window_s: float) -> Figures:
    """The practical limit's; its client is what the gateway is without HTTP."""
    [found] = await measured(LIMIT, [Case("http", "agents that do nothing", 0, in_flight)], window_s)
    cpu_ms = {"orchestration" if part == OWN_PART else part: ms for part, ms in found.cpu_ms.items()}
    return Figures(found.plans_per_s, found.p50_ms, found.p99_ms, cpu_ms)


async def _never_rewrite(redis_url: str) -> None:
    """A rewrite of the append-only file would strike whoever is measured at that moment; the limit has none either."""
    async with Redis.from_url(redis_url) as redis:
        await redis.config_set("auto-aof-rewrite-percentage", 0)


# ---- bare FastAPI


async def _real_answer(url: str) -> bytes:
    async with connected(url) as connection:
        await connection.plan(as_body(TRIP))
        status, answer = await connection.ask("POST", PLAN_PATH, as_body(TRIP))
    assert status == 200
    return answer


async def _start_bare(fleet: Fleet, answer: Path) -> str:
    """Its URL, once it answers."""
    port = free_port()
    options = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    command = this_python("uvicorn", "benchmarks.bare:app", *options)
    process = await fleet.processes.start(BARE_PART, *command, env={"BENCH_ANSWER": str(answer)})
    url = f"http://127.0.0.1:{port}"
    while True:
        assert process.returncode is None, "bare FastAPI ended at once"
        try:
            async with connected(url) as connection:
                await connection.plan(as_body(TRIP))
            return url
        except OSError:
            await asyncio.sleep(POLL_S)


# ---- the report

COLUMNS: tuple[tuple[str, Callable[[Figures], float]], ...] = (
    ("plans/s", lambda one: one.plans_per_s),
    ("p50 ms", lambda one: one.p50_ms),
    ("p99 ms", lambda one: one.p99_ms),
    ("CPU ms/plan", lambda one: one.cost_ms),
)


def _table(found: Sequence[Round]) -> str:
    heads = ["", *(title for title, _ in COLUMNS), "by part (median); the client is left out of the sum"]
    return aligned([heads, *(_row(name, [one[name] for one in found]) for name in found[0])])


def _row(name: str, figures: Sequence[Figures]) -> list[str]:
    columns = (spread([value(one) for one in figures]) for _, value in COLUMNS)
    parts = {part: statistics.median(one.cpu_ms[part] for one in figures) for part in sorted(figures[0].cpu_ms)}
    return [name, *columns, ", ".join(f"{part} {ms:.2f}" for part, ms in parts.items())]


def _ratios(found: Sequence[Round]) -> list[str]:
    """Taken within a round: what was measured beside each other is compared with each other."""
    bare = spread([one["bare"].cost_ms / one["ours"].cost_ms for one in found], 3)
    cpu = [(one["limit"].cost_ms + one["bare"].cost_ms) / one["ours"].cost_ms for one in found]
    throughput = [one["ours"].plans_per_s * _ideal_s(one) for one in found]
    latency = [(one["limit"].p50_ms + one["bare"].p50_ms) / one["ours"].p50_ms for one in found]
    verdict = "reached" if statistics.median(cpu) >= GOAL else "missed"
    return [
        f"bare : ours, CPU {bare}",
        f"ideal : ours, CPU {spread(cpu)}; goal {GOAL:g}: {verdict}",
        f"ours : ideal, plans/s {spread(throughput)}",
        f"ideal : ours, p50 {spread(latency)}",
    ]


def _ideal_s(one: Round) -> float:
    """Seconds a plan of the two parts one after the other."""
    return 1 / one["limit"].plans_per_s + 1 / one["bare"].plans_per_s


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http")
    parser.add_argument("--short", action="store_true", help="one round with short windows")
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    rounds = given.rounds or (SHORT_ROUNDS if given.short else ROUNDS)
    asyncio.run(main(rounds, SHORT_WINDOW_S if given.short else WINDOW_S))

"""What a plan costs on the wire: ours beside a practical limit and two public task queues.

    python -m benchmarks.wire [--short] [--rounds N] [--without-peers] [--contenders ours,limit] [--case a|b|c]

One plan is four requests of about 1 KB at once, four answers of about 4 KB, then one request that carries what arrived
and its answer of about 8 KB (`bodies.py`). Each contender has a fresh Redis that keeps an append-only file, five worker
processes and one client process: ours the orchestrator without its HTTP face, `limit.py` bare connections that send
what a durable design has to, `peers/` the same plan on taskiq and arq. The peers keep no state and no log of a plan, so
they promise less than ours and the limit do.

Within a round all contenders run one after another, the limit before and after ours, so a machine that gets slower or
busier does so for all; ratios are taken within a round. Two things that would strike whoever runs at that moment are
kept away: the append-only file is never rewritten, and it lies in memory where the system has a folder for that. CPU
time is user and system, by part, of the measured time alone.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.cli.own_redis import find_server
from app.config.logs import configure_logs
from app.core.load import Limits
from app.core.orchestrator import Orchestrator
from app.core.workflow import Outcome, Step, Workflow
from app.garbage import tune_garbage_collection
from app.messaging.broker import Broker
from benchmarks.bodies import AGENTS, FAN_OUT, LAST, REQUESTS
from benchmarks.driven import READY_WITHIN_S, TRY_AGAIN_AFTER_S, run, serve
from benchmarks.measure import Processes, machine, redis_server, this_python
from benchmarks.peers.environments import QUEUES, python_of, versions
from benchmarks.wire_report import CASES, Case, Figures, Results, report

ROUNDS = 3
WINDOW_S, SHORT_WINDOW_S = 5.0, 2.0
"""How long a case is measured."""
WARM_UP_S = 1.0

STEP_TIMEOUT_MS, PLAN_TIMEOUT_MS = 30_000, 60_000
KEPT_S = 3_600
"""As long as the product keeps a session by default."""
WORKER_CONCURRENCY = 64

MEMORY_FOLDER = Path("/dev/shm")
APPEND_ONLY_BYTES = 4 * 2**30
"""What the append-only file of one contender may come to: about 0.1 MB a plan."""

ENDED = "The client process ended before it should; its error stands above."

LINE_BYTES = 2**24
"""What a run's figures may take: some ten bytes a plan."""


# ---- ours: the client process


def workflow() -> Workflow:
    """The trip's, where each agent reads a field of its own."""

    def step(agent: str, reads: tuple[str, ...], needs: tuple[str, ...] = ()) -> Step:
        return Step(agent, agent, STEP_TIMEOUT_MS, reads, agent, f"{agent}_data", needs)

    steps = (*(step(agent, (f"{agent}_question",)) for agent in FAN_OUT), step(LAST, (), FAN_OUT))
    return Workflow("plan", steps, PLAN_TIMEOUT_MS, _conclude)


def _conclude(outcome: Outcome) -> dict[str, Any]:
    return {"message": outcome.status}


async def client(port: int, url: str) -> None:
    """The orchestrator as the gateway has it, driven from outside."""
    configure_logs(debug=False)
    broker = Broker(url)
    orchestrator = Orchestrator(broker, [workflow()], KEPT_S, limits=Limits(max_concurrent_requests=1000))
    request = {f"{agent}_question": question for agent, question in REQUESTS.items()}

    async def plan() -> None:
        opened = await orchestrator.open("plan", request)
        state = await orchestrator.finished(opened.state.session_id)
        assert state.status == "completed", state.status
        assert set(state.results) == set(AGENTS), state.results.keys()

    await orchestrator.start()
    tune_garbage_collection()
    try:
        await serve(plan, port)
    finally:
        await orchestrator.aclose()
        await broker.aclose()


# ---- all: start, drive, read the clocks


@dataclass(frozen=True)
class Contender:
    """`worker` and `client`: commands, to which the agent's name and the port to report to are added."""

    name: str
    worker: tuple[str, ...]
    client: tuple[str, ...]


@dataclass(frozen=True)
class Driver:
    """The other end of `driven.serve`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def line(self, within_s: float) -> bytes:
        async with asyncio.timeout(within_s):
            line = await self.reader.readline()
        if not line:
            raise SystemExit(ENDED)
        return line


async def measured(contender: Contender, cases: Sequence[Case], window_s: float) -> list[Figures]:
    """The figures of each case; all of them have the same agents."""
    processes = Processes()
    async with redis_server(processes) as url:
        await _never_rewrite(url)
        env = {"REDIS_URL": url, "BENCH_WAIT_MS": str(cases[0].wait_ms), "DEBUG": "false"}
        env["WORKER_CONCURRENCY"] = str(WORKER_CONCURRENCY)
        for agent in AGENTS:
            await processes.start("workers", *contender.worker, agent, env=env)
        async with _driver(processes, contender, env) as driver:
            await driver.line(READY_WITHIN_S + TRY_AGAIN_AFTER_S)
            return [await _measured_case(processes, driver, case, window_s) for case in cases]


async def _measured_case(processes: Processes, driver: Driver, case: Case, window_s: float) -> Figures:
    run = {"in_flight": case.in_flight, "warm_up_s": WARM_UP_S, "seconds": window_s}
    driver.writer.write(json.dumps(run).encode() + b"\n")
    await driver.line(READY_WITHIN_S)
    before, all_before_s = processes.cpu_s(), _machine_cpu_s()
    figures = json.loads(await driver.line(window_s + READY_WITHIN_S))
    after, all_s = processes.cpu_s(), _machine_cpu_s() - all_before_s
    return Figures.of(figures, {part: after[part] - before[part] for part in after}, all_s)


def _machine_cpu_s() -> float:
    """CPU seconds that anything on this machine has had."""
    times = psutil.cpu_times()
    return float(times.user + times.system + getattr(times, "steal", 0.0))


@asynccontextmanager
async def _driver(processes: Processes, contender: Contender, env: dict[str, str]) -> AsyncIterator[Driver]:
    connected: asyncio.Future[Driver] = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set_result(Driver(reader, writer))

    async with await asyncio.start_server(accept, "127.0.0.1", 0, limit=LINE_BYTES) as server:
        port = server.sockets[0].getsockname()[1]
        process = await processes.start("client", *contender.client, str(port), env=env)
        ended = asyncio.create_task(process.wait())
        await asyncio.wait([connected, ended], return_when=asyncio.FIRST_COMPLETED)
        if not connected.done():
            raise SystemExit(ENDED)
        driver = connected.result()
        try:
            yield driver
        finally:
            driver.writer.close()


async def _never_rewrite(url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2].partition("/")[0]))
    writer.write(b"CONFIG SET auto-aof-rewrite-percentage 0\r\n")
    assert await reader.readline() == b"+OK\r\n"
    writer.close()


# ---- the command


LIMIT = Contender("limit", this_python("benchmarks.limit", "worker"), this_python("benchmarks.limit", "client"))
OURS = Contender("ours", this_python("benchmarks.agents"), this_python("benchmarks.wire", "client"))


def peer(queue: str) -> Contender:
    command = (python_of(queue), "-m", f"benchmarks.peers.{queue}_queue")
    return Contender(queue, (*command, "worker"), (*command, "client"))


async def main(options: argparse.Namespace) -> None:
    names = [name for name in options.contenders.split(",") if not (options.without_peers and name in QUEUES)]
    order = contenders(names)
    cases = [case for case in CASES if options.case in (None, case.key)]
    _use_memory()
    results: Results = []
    for number in range(1, options.rounds + 1):
        results.append({})
        async for case, contender, figures in _round(order, cases, SHORT_WINDOW_S if options.short else WINDOW_S):
            results[-1].setdefault((case.key, contender.name), []).append(figures)
            print(f"round {number}, case {case.key}, {contender.name}: {figures}", file=sys.stderr)
    print(machine("redis", "hiredis", "uvloop", "pydantic") + f"; {_server()}")
    for queue in QUEUES:
        if queue in names:
            print(f"{queue}: {versions(queue)}; it keeps no state and no log of a plan")
    print(report(cases, results))


def contenders(names: Sequence[str]) -> list[Contender]:
    """In their order; where the limit is to be held against ours, it runs before and after it."""
    order = [{"limit": LIMIT, "ours": OURS}.get(name) or peer(name) for name in names]
    if LIMIT in order and OURS in order:
        order.remove(LIMIT)
        place = order.index(OURS)
        order[place : place + 1] = [LIMIT, OURS, LIMIT]
    return order


async def _round(
    order: Sequence[Contender], cases: Sequence[Case], window_s: float
) -> AsyncIterator[tuple[Case, Contender, Figures]]:
    """Cases with the same agents one after another on the same processes."""
    for wait_ms in dict.fromkeys(case.wait_ms for case in cases):
        alike = [case for case in cases if case.wait_ms == wait_ms]
        for contender in order:
            for case, figures in zip(alike, await measured(contender, alike, window_s), strict=True):
                yield case, contender, figures


def _use_memory() -> None:
    if MEMORY_FOLDER.is_dir() and shutil.disk_usage(MEMORY_FOLDER).free >= APPEND_ONLY_BYTES:
        tempfile.tempdir = str(MEMORY_FOLDER)


def _server() -> str:
    told = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True).stdout
    return told.split(" sha")[0]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wire")
    parser.add_argument("--short", action="store_true", help="one round, with fewer plans")
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS} where it is not said")
    parser.add_argument("--without-peers", action="store_true", help="no public task queues")
    parser.add_argument("--contenders", default="limit,ours,taskiq,arq")
    parser.add_argument("--case", choices=[case.key for case in CASES])
    options = parser.parse_args()
    if unknown := set(options.contenders.split(",")) - {"limit", "ours", *QUEUES}:
        parser.error(f"no such contender: {', '.join(sorted(unknown))}")
    options.rounds = options.rounds or (1 if options.short else ROUNDS)
    return options


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        run(client(int(sys.argv[2]), os.environ["REDIS_URL"]))
    else:
        asyncio.run(main(_options()))

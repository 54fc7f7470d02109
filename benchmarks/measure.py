"""What all benchmarks share: a Redis of their own, processes whose CPU time and memory are read, and the words of a
report. Nothing here knows what is measured."""

import asyncio
import os
import platform
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from app.cli.own_redis import find_server

FINISH_WITHIN_S = 10.0


@dataclass
class Processes:
    """Processes of a benchmark, each of a part (`gateway`, `workers`, `redis` …) whose CPU time is summed."""

    _running: list[tuple[str, asyncio.subprocess.Process]] = field(default_factory=list)

    async def start(self, part: str, *command: str, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
        """What the process says on standard output is dropped; errors are shown."""
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **(env or {})}, stdout=asyncio.subprocess.DEVNULL
        )
        self._running.append((part, process))
        return process

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds, user and system, by part so far."""
        total: dict[str, float] = {}
        for part, process in self._running:
            times = psutil.Process(process.pid).cpu_times()
            total[part] = total.get(part, 0.0) + times.user + times.system
        return total

    def memory_bytes(self) -> dict[str, int]:
        """Resident memory by part now."""
        total: dict[str, int] = {}
        for part, process in self._running:
            total[part] = total.get(part, 0) + psutil.Process(process.pid).memory_info().rss
        return total

    async def stop(self) -> None:
        """All of them, the last started first."""
        while self._running:
            _, process = self._running.pop()
            if process.returncode is None:
                process.terminate()
                try:
                    await asyncio.wait_for(process.wait(), FINISH_WITHIN_S)
                except TimeoutError:
                    process.kill()
                    await process.wait()


@asynccontextmanager
async def redis_server(processes: Processes) -> AsyncIterator[str]:
    """The URL of an empty Redis on a loopback port that keeps an append-only file, as in production; part `redis`."""
    with tempfile.TemporaryDirectory(prefix="rr") as folder:
        port = free_port()
        options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", folder)
        server = await processes.start("redis", str(find_server()), *options)
        while not await _listens(port):
            assert server.returncode is None, "the Redis server ended at once"
            await asyncio.sleep(0.02)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            await processes.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, and in brackets the least and the most."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def machine(*packages: str) -> str:
    """One line on where this was measured, and with which versions of those packages."""
    cpu = next((line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), "")
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    what = f"{os.cpu_count()} cores, {cpu or platform.machine()}, {platform.system()}"
    return f"{what}; Python {platform.python_version()}" + (f"; {versions}" if versions else "")


def _cpu_lines() -> list[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text().splitlines() if info.exists() else []


def this_python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module of ours."""
    return (sys.executable, "-m", module, *arguments)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The rows as lines, every column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) + 2 for column in zip(*rows, strict=True)]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

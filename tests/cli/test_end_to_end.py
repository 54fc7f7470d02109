"""The whole fleet as a newcomer starts it: run, plan, stop; and a plan without a fleet."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.cli.listening import check_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.end_to_end, pytest.mark.integration, pytest.mark.timeout("120")]

ROOT = Path(__file__).parents[2]
TRIP = ("plan", "Paris", "--from", "New Delhi", "--start", "2027-03-01", "--days", "2")


class Machine:
    """A working directory with its own settings, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = check_port("127.0.0.1", 0)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "TMPDIR": str(folder / "tmp"),
        }
        (folder / "tmp").mkdir()

    async def start(self, *arguments: str, stdout: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            *arguments,
            cwd=self.folder,
            env=self.environment,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
        )

    async def result(self, *arguments: str) -> tuple[int | None, str, str]:
        process = await self.start(*arguments)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    def processes(self) -> list[str]:
        """Everything that runs in this directory, by its command line."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").readlink() == self.folder:
                    found.append((entry / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return [command for command in found if command]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if not Path("/proc/self/cwd").exists():
        pytest.skip("needs /proc to look for processes that were left behind")
    return Machine(tmp_path.resolve())


@pytest.fixture
async def running(machine: Machine) -> AsyncIterator[asyncio.subprocess.Process]:
    fleet = await machine.start("run")
    yield fleet
    if fleet.returncode is None:
        fleet.kill()
    await fleet.wait()
    await wait_until(lambda: not machine.processes(), timeout_s=45)


async def _read_until(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    read = ""
    async with asyncio.timeout(60):
        while text not in read:
            line = await process.stdout.readline()
            assert line, f"it ended before it said {text!r}: {read}"
            read += line.decode()
    return read


async def _shows_a_plan(watcher: asyncio.subprocess.Process) -> None:
    seen = await _read_until(watcher, "Trip planning completed")
    assert "request  weather" in seen
    assert "update   maps" in seen
    watcher.send_signal(signal.SIGINT)
    assert await watcher.wait() == 130


@pytest.mark.rows("S0-73", "S0-74")
async def test_a_fleet_starts_plans_is_watched_and_leaves_nothing_behind(
    machine: Machine, running: asyncio.subprocess.Process
) -> None:
    said = await _read_until(running, "Ctrl-C stops everything")
    assert f"http://127.0.0.1:{machine.port}/docs" in said
    assert "curl -N" in said

    watcher = await machine.start("watch", "--no-health")
    await _read_until(watcher, "Listening on")
    code, page, progress = await machine.result(*TRIP)
    assert code == 0, progress
    assert "Paris, France  from New Delhi, India" in page
    assert "itinerary" in progress
    assert "starting one" not in progress
    await _shows_a_plan(watcher)

    code, _, fault = await machine.result("plan", "Pariss", "--from", "Rome", "--start", "2027-03-01")
    assert code == 2
    assert "did you mean Paris, France" in fault

    code, _, fault = await machine.result("run")
    assert code == 1
    assert f"PORT={machine.port} is in use" in fault

    code, page, _ = await machine.result("doctor")
    assert code == 0
    assert "answers in" in " ".join(page.split())

    running.send_signal(signal.SIGTERM)
    assert await running.wait() == 0
    assert machine.processes() == []
    assert [path.name for path in (machine.folder / ".run").iterdir()] == ["redis"]


async def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_start_works(
    machine: Machine, running: asyncio.subprocess.Process
) -> None:
    await _read_until(running, "Ctrl-C stops everything")
    running.kill()
    await running.wait()
    await wait_until(lambda: not machine.processes(), timeout_s=45)

    again = await machine.start("run")
    await _read_until(again, "Ctrl-C stops everything")
    again.send_signal(signal.SIGINT)
    assert await again.wait() == 0
    assert machine.processes() == []


async def test_a_plan_without_a_fleet_starts_one_and_takes_it_away_again(machine: Machine) -> None:
    code, answer, progress = await machine.result(*TRIP, "--json")
    assert code == 0, progress
    assert '"status":"completed"' in answer
    assert "starting one for this plan" in progress
    assert machine.processes() == []
    assert list((machine.folder / "tmp").iterdir()) == []


async def test_a_plan_that_is_told_to_stop_more_than_once_takes_its_fleet_away_all_the_same(machine: Machine) -> None:
    planning = await machine.start(*TRIP)
    await wait_until(lambda: any("weather_worker" in command for command in machine.processes()), timeout_s=30)
    while planning.returncode is None:
        with suppress(ProcessLookupError):
            planning.send_signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(planning.wait(), 0.05)
    assert machine.processes() == []
    assert list((machine.folder / "tmp").iterdir()) == []


async def test_a_terminal_that_cannot_show_all_letters_gets_a_plan_all_the_same(machine: Machine) -> None:
    machine.environment["PYTHONIOENCODING"] = "ascii"
    code, page, fault = await machine.result("plan", "São Paulo", "--from", "東京", "--start", "2027-03-01")
    assert code == 0, fault
    assert "S?o Paulo" in page
    code, page, fault = await machine.result("doctor")
    assert code == 0, fault


async def test_a_fleet_whose_output_nobody_reads_any_more_is_stopped_in_order(machine: Machine) -> None:
    """As with `make run | tee log`: Ctrl-C ends both, and tee is the quicker."""
    reads, writes = os.pipe()
    fleet = await machine.start("run", stdout=writes)
    os.close(writes)
    os.read(reads, 1)
    os.close(reads)
    await wait_until(lambda: any("uvicorn" in command for command in machine.processes()), timeout_s=30)
    fleet.send_signal(signal.SIGINT)
    _, fault = await fleet.communicate()
    assert (fleet.returncode, fault) == (0, b"")
    assert machine.processes() == []

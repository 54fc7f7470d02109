"""The supervisor on small programs of the test's own."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from app.cli.child import Program
from app.cli.pauses import restart_pause_s
from app.cli.supervisor import Supervisor
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

_WAITS_FOR_TERM = """
import signal, sys, time
def leave(*_):
    print("leaving", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("up", flush=True)
while True:
    time.sleep(60)
"""

_IGNORES_TERM = _WAITS_FOR_TERM.replace("signal.SIGTERM, leave", "signal.SIGTERM, signal.SIG_IGN")


class Heard:
    """What a supervisor said, in order, as (program, line)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.lines: list[tuple[str, str]] = []

    def supervisor(self) -> Supervisor:
        return Supervisor(
            lambda name, text: self.told.append((name, text)), lambda name, line: self.lines.append((name, line))
        )


def _program(name: str, source: str, stop_within_s: float = 10.0, is_leashed: bool = False) -> Program:
    return Program(name, (sys.executable, "-c", source), is_leashed=is_leashed, stop_within_s=stop_within_s)


def _is_alive(pid: int) -> bool:
    """A process that ended and that its new parent has not buried yet counts as gone."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_a_crashed_program_is_started_again_after_growing_pauses() -> None:
    heard = Heard()
    supervisor = heard.supervisor()
    supervisor.start([_program("weather", "print('hello'); raise SystemExit(3)")])
    await wait_until(lambda: len(heard.told) >= 3)
    await supervisor.stop()
    assert [text for _, text in heard.told[:3]] == [
        f"ended with exit code 3; starting it again in {pause:g} s" for pause in (0.2, 0.4, 0.8)
    ]
    assert heard.lines[:2] == [("weather", "hello")] * 2


async def test_a_program_that_cannot_be_started_is_told_of() -> None:
    heard = Heard()
    supervisor = heard.supervisor()
    supervisor.start([Program("redis", ("/nowhere/redis-server",))])
    await wait_until(lambda: heard.told)
    await supervisor.stop()
    assert heard.told[0] == ("redis", "could not be started: No such file or directory; starting it again in 0.2 s")


def test_pauses_grow_to_five_seconds_and_no_further() -> None:
    assert [restart_pause_s(crashes) for crashes in (0, 1, 5, 50)] == [0.2, 0.4, 5.0, 5.0]


async def test_groups_stop_in_the_reverse_order_of_their_start_and_nothing_is_left() -> None:
    heard = Heard()
    supervisor = heard.supervisor()
    for name in ("redis", "weather", "gateway"):
        supervisor.start([_program(name, _WAITS_FOR_TERM, is_leashed=name == "redis")])
    await wait_until(lambda: [line for _, line in heard.lines].count("up") == 3)
    pids = supervisor.pids()
    await supervisor.stop()
    assert [name for name, line in heard.lines if line == "leaving"] == ["gateway", "weather", "redis"]
    assert not heard.told
    assert not [name for name, pid in pids.items() if _is_alive(pid)]


async def test_a_program_that_does_not_stop_in_its_time_is_killed() -> None:
    heard = Heard()
    supervisor = heard.supervisor()
    supervisor.start([_program("maps", _IGNORES_TERM, stop_within_s=0.1)])
    await wait_until(lambda: heard.lines)
    await supervisor.stop()
    assert heard.told == [("maps", "did not stop within 0.1 s and is killed")]


async def test_a_kill_ends_a_stop_that_takes_long() -> None:
    heard = Heard()
    supervisor = heard.supervisor()
    supervisor.start([_program("maps", _IGNORES_TERM, stop_within_s=60)])
    await wait_until(lambda: heard.lines)
    stopping = asyncio.create_task(supervisor.stop())
    await asyncio.sleep(0)
    supervisor.kill()
    await asyncio.wait_for(stopping, 5)


async def test_hostile_output_is_shown_escaped_and_without_end_is_cut() -> None:
    source = "import sys; sys.stdout.buffer.write(b'\\x1b[2J\\xff\\r\\n' + b'x' * 200_000); import time; time.sleep(60)"
    heard = Heard()
    supervisor = heard.supervisor()
    supervisor.start([_program("weather", source)])
    await wait_until(lambda: len(heard.lines) >= 2)
    await supervisor.stop()
    assert heard.lines[0][1] == "\\x1b[2J\\xff"
    assert set(heard.lines[1][1]) == {"x"}


async def test_a_leashed_program_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    """Redis does not look after its parent; the leash does."""
    program = f"[{sys.executable!r}, '-c', {_WAITS_FOR_TERM!r}]"
    source = f"""
import asyncio, sys
from app.cli.child import Program
from app.cli.supervisor import Supervisor
async def main():
    supervisor = Supervisor(print, lambda name, line: print(line, supervisor.pids()["redis"], flush=True))
    supervisor.start([Program("redis", tuple({program}), is_leashed=True)])
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    assert process.stdout is not None
    pid = int((await process.stdout.readline()).split()[-1])
    assert _is_alive(pid)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await wait_until(lambda: not _is_alive(pid), timeout_s=20)

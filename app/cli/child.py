"""One program of the fleet as a child process: its lines are passed on, a crash starts it again, a stop ends it."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from app.cli.pauses import STEADY_AFTER_S, restart_pause_s
from app.cli.visible import visible_bytes

MAX_LINE_BYTES = 64 * 1024
"""A longer line of a child is passed on in pieces."""

LineHandler = Callable[[str, str], None]
"""Called with the program's name and a line."""

_LEASH = """
exec 3<&0
(read word <&3 && exit; sleep 6; kill -TERM $$) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"""
"""For programs that do not leave by themselves when the supervisor is killed. The shell turns into the program, so the
process id is the program's; a small subshell waits at our end of its input. We write a word before we stop it in order;
where the pipe ends without one, we are gone: it gives the others a moment to finish, then ends the program."""


@dataclass(frozen=True)
class Program:
    """`environment`: in addition to ours. `is_leashed`: it would not notice by itself that we are gone.

    `stop_within_s`: how long it may take to stop before it is killed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_leashed: bool = False
    stop_within_s: float = 10.0


class Child:
    """Keeps one program running from `start` to `stop`. `on_event`: told of restarts; `on_output`: of its lines."""

    def __init__(self, program: Program, on_event: LineHandler, on_output: LineHandler) -> None:
        self.program = program
        self._on_event = on_event
        self._on_output = on_output
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._signal = signal.SIGTERM

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask it to stop, and kill it when it does not in its time."""
        if self._task is None:
            return
        self._end(self._signal)
        done, _ = await asyncio.wait([self._task], timeout=self.program.stop_within_s)
        if not done:
            self._on_event(self.program.name, f"did not stop within {self.program.stop_within_s:g} s and is killed")
            self.kill()
            await asyncio.wait([self._task])

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        self._stop.set()
        self._signal = how
        if self._process is not None and self._process.returncode is None:
            self._let_off_leash(self._process)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, how)

    async def _keep_running(self) -> None:
        crashes = 0
        while not self._stop.is_set():
            started = time.monotonic()
            ending = await self._run_once()
            if self._stop.is_set():
                return
            if time.monotonic() - started >= STEADY_AFTER_S:
                crashes = 0
            pause_s = restart_pause_s(crashes)
            crashes += 1
            self._on_event(self.program.name, f"{ending}; starting it again in {pause_s:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause_s)

    async def _run_once(self) -> str:
        """One life of the program; returns how it ended, in words."""
        program = self.program
        leash = ("/bin/sh", "-c", _LEASH, program.name) if program.is_leashed else ()
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *leash,
                *program.command,
                stdin=asyncio.subprocess.PIPE if program.is_leashed else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **program.environment},
                start_new_session=True,
            )
        except OSError as error:
            return f"could not be started: {error.strerror or error}"
        if self._stop.is_set():
            self._end(self._signal)
        assert process.stdout is not None
        relay = asyncio.create_task(self._relay(process.stdout))
        code = await process.wait()
        # What it said last is still in the pipe; whoever inherited the pipe may hold it open for ever.
        await asyncio.wait([relay], timeout=1.0)
        relay.cancel()
        self._let_off_leash(process)
        return f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"

    @staticmethod
    def _let_off_leash(process: asyncio.subprocess.Process) -> None:
        if process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(b"stopping\n")
            process.stdin.close()

    async def _relay(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await output.read(MAX_LINE_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._on_output(self.program.name, visible_bytes(line.rstrip(b"\r")))
        if rest:
            self._on_output(self.program.name, visible_bytes(rest))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

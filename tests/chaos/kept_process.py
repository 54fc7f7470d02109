"""One process of the fleet that is started again whenever it has ended, and what is known of each of its lives."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

RESTART_PAUSE_S = 0.2
PAUSE_AFTER_CRASH_S = 3.0
"""After an end that nobody asked for: one that crashes at its start is not to take the machine."""

STOP_WITHIN_S = 45.0
"""A worker finishes what it has in hand for up to 30 s after SIGTERM."""


@dataclass
class Life:
    """From one start of a process to its end. Times: seconds since 1970. `told`: the signals that we sent it."""

    name: str
    pid: int
    log: Path
    began_at: float
    ended_at: float | None = None
    exit_code: int | None = None
    told: list[int] = field(default_factory=list)
    is_overdue: bool = False
    """It did not end within STOP_WITHIN_S of SIGTERM, and was killed."""


class KeptProcess:
    """`lives`, the oldest first. What a life prints goes to a file of its own in `folder`.

    `restart_pause_s` may be set anew before a kill: how long the process then stays away.
    """

    def __init__(self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.lives: list[Life] = []
        self.restart_pause_s = RESTART_PAUSE_S
        self._command = command
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_running())

    @property
    def crashes(self) -> int:
        """How many lives ended that nobody had told anything."""
        return sum(life.exit_code is not None and not life.told for life in self.lives)

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def send(self, what: signal.Signals) -> None:
        """To the life of now; a process that has just ended hears nothing."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(what)
                self.lives[-1].told.append(what)

    async def halt(self, seconds: float) -> None:
        """Stop the life of now where it is, and let it go on."""
        process = self._process
        self.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            if self._process is process:
                self.send(signal.SIGCONT)

    async def close(self) -> None:
        """End it for good."""
        self._is_closing = True
        self.send(signal.SIGCONT)
        await self.end_orderly()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def end_orderly(self) -> None:
        """SIGTERM, and SIGKILL where that does not help in time. It is then started again, but after `close`."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        life = self.lives[-1]
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            life.is_overdue = True
            self.send(signal.SIGKILL)
            await process.wait()

    async def _keep_running(self) -> None:
        while not self._is_closing:
            life = await self._begin()
            assert self._process is not None
            life.exit_code = await self._process.wait()
            life.ended_at = time.time()
            pause_s, self.restart_pause_s = self.restart_pause_s, RESTART_PAUSE_S
            await asyncio.sleep(pause_s if life.told else PAUSE_AFTER_CRASH_S)

    async def _begin(self) -> Life:
        log = self._folder / f"{self.name}.{len(self.lives) + 1}.log"
        began_at = time.time()
        with log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,
            )
        self.lives.append(Life(self.name, self._process.pid, log, began_at))
        return self.lives[-1]

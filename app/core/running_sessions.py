"""The sessions that a gateway runs: each in a task of its own, from its opening or takeover to its end."""

import asyncio
from collections import Counter
from collections.abc import Callable, KeysView

import structlog

from app.core.background_tasks import BackgroundTasks
from app.core.errors import SessionLostError
from app.core.load import Load
from app.core.session_run import SessionRun
from app.core.state import StepStatus
from app.messaging.errors import MessagingError

log = structlog.get_logger(__name__)


class RunningSessions:
    """`ended`: how many this gateway drove to each state. `drives`: which task drives which session."""

    def __init__(self, tasks: BackgroundTasks, load: Load) -> None:
        self.ended: Counter[str] = Counter()
        self.drives: dict[asyncio.Task[None], SessionRun] = {}
        self._tasks = tasks
        self._load = load
        self._runs: dict[str, list[SessionRun]] = {}

    @property
    def ids(self) -> KeysView[str]:
        return self._runs.keys()

    def get(self, session_id: str) -> SessionRun | None:
        """The session, None where it does not run here. (One that was opened twice with one key may run twice: one run
        drives it, the others follow.)"""
        runs = self._runs.get(session_id)
        return runs[0] if runs else None

    def yet_to_ask(self, agent: str) -> int:
        """How many of them will ask that agent and have not so far."""
        states = (run.state for runs in self._runs.values() for run in runs)
        return sum(
            step.agent == agent and step.status is StepStatus.PENDING
            for state in states
            for step in state.steps.values()
        )

    def start(self, run: SessionRun, when_done: Callable[[], None] | None = None) -> None:
        """Drive the session in the background. `when_done` is called once it does not run any more."""
        self._runs.setdefault(run.state.session_id, []).append(run)
        drive = self._tasks.start(self._drive(run))
        self.drives[drive] = run
        drive.add_done_callback(self.drives.pop)
        if when_done is not None:
            drive.add_done_callback(lambda _: when_done())

    async def wait(self, within_s: float) -> list[str]:
        """Give them a moment to end. Returns the ids of those that this gateway drives still."""
        if self.drives:
            await asyncio.wait(self.drives, timeout=within_s)
        return [run.state.session_id for run in self.drives.values() if run.is_driver]

    async def _drive(self, run: SessionRun) -> None:
        try:
            await run.drive()
            if run.is_driver:
                self.ended[run.state.status.value] += 1
                self._load.session_ended((run.state.updated_at - run.state.created_at).total_seconds())
        except SessionLostError:
            log.error("session_lost", session_id=run.state.session_id)
        except MessagingError as error:
            log.error("session_given_up", session_id=run.state.session_id, reason=str(error))
        finally:
            runs = self._runs[run.state.session_id]
            runs.remove(run)
            if not runs:
                del self._runs[run.state.session_id]

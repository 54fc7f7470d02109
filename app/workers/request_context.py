"""What an agent sees of the world while it works one request. A file of its own because it is the agent's side of a
run: time that is left, and a way to tell how far it is."""

import asyncio
from collections.abc import Callable

import structlog

from app.errors import RoundTableError
from app.messaging import events
from app.messaging.broker import Broker
from app.messaging.protocols import Envelope
from app.services.outside.deadlines import Deadline

log = structlog.get_logger(__name__)


class RequestContext:
    """The agent's progress goes to the log without the agent waiting for it.

    `remaining_s`: the time left now. `on_session_ended` is called where the log takes no progress any more.
    `is_stopped`: nobody wants the answer any more.
    """

    def __init__(
        self, broker: Broker, envelope: Envelope, remaining_s: float, on_session_ended: Callable[[], None]
    ) -> None:
        self._broker = broker
        self._envelope = envelope
        self._deadline = Deadline.after(remaining_s)
        self._on_session_ended = on_session_ended
        self._percent = 0
        self._appends: set[asyncio.Task[None]] = set()
        self.is_stopped = False

    @property
    def deadline(self) -> Deadline:
        """The request's; once it was stopped, one that has passed."""
        return Deadline.after(0.0) if self.is_stopped else self._deadline

    def left_s(self) -> float:
        """Seconds until the request's deadline, stopped or not; 0 past it."""
        return self._deadline.left_s()

    def stop(self) -> None:
        """Nobody wants the answer any more."""
        self.is_stopped = True

    async def progress(self, message: str, percent: int) -> None:
        if self.is_stopped:
            # It was cancelled and went on all the same.
            raise asyncio.CancelledError
        self._percent = max(self._percent, min(99, percent))
        envelope = self._envelope
        at_ms = self._broker.clock.now_ms()
        event = events.progress(envelope.agent, envelope.request_id, message, self._percent, at_ms)
        append = asyncio.create_task(self._append(event))
        self._appends.add(append)
        append.add_done_callback(self._appends.discard)

    async def flush(self) -> None:
        """Wait for progress that is still on its way, so that it stands before the outcome."""
        if self._appends:
            await asyncio.wait(self._appends)

    async def _append(self, event: bytes) -> None:
        try:
            appended = await self._broker.append(self._envelope.session_id, event)
        except RoundTableError as error:
            log.warning("progress_not_told", session_id=self._envelope.session_id, reason=str(error))
            return
        if appended.outcome == "ended":
            self._on_session_ended()

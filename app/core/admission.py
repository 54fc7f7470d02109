"""What a gateway takes on: no more at a time than it is meant to, nothing that its agents have no room for, and nothing
new once it stops."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.core.errors import ShuttingDownError, TooManySessionsError
from app.core.load import Limits, Load
from app.core.running_sessions import RunningSessions
from app.core.workflow import Step, Workflow
from app.messaging.broker import Broker
from app.messaging.errors import QueueFullError


class Admission:
    """`under_way`: sessions and single requests that were taken on and have not ended."""

    def __init__(self, broker: Broker, limits: Limits, load: Load, sessions: RunningSessions) -> None:
        self.under_way = 0
        self._broker = broker
        self._limits = limits
        self._load = load
        self._sessions = sessions
        self._is_closed = False

    def close(self) -> None:
        """Take on nothing more."""
        self._is_closed = True

    @contextmanager
    def slot(self) -> Iterator["Slot"]:
        """A place among what may be under way, released with the context unless it was handed over.

        Raises ShuttingDownError, TooManySessionsError.
        """
        if self._is_closed:
            raise ShuttingDownError("this")
        if self.under_way >= self._limits.max_concurrent_requests:
            raise TooManySessionsError(self._limits.max_concurrent_requests, self._load.session_s())
        slot = Slot(self)
        try:
            yield slot
        finally:
            if not slot.is_handed_over:
                slot.release()

    async def check_queues(self, workflow: Workflow) -> None:
        """Nothing is taken on that an agent has no room for, or would be asked for too late to answer in time.

        Redis is asked only where that is so as far as is known. Raises QueueFullError, MessagingError.
        """
        for step in workflow.steps:
            waiting = self._broker.queue_lengths.get(step.agent, 0)
            # At the most: what is under way may have asked it already.
            if self._why_not(step, waiting, self.under_way) is None:
                continue
            waiting = await self._broker.queue_length(step.agent)
            if (error := self._why_not(step, waiting, self._sessions.yet_to_ask(step.agent))) is not None:
                error.retry_after_s = self._load.queue_s(step.agent, error.length)
                raise error

    def _why_not(self, step: Step, waiting: int, to_come: int) -> QueueFullError | None:
        """`to_come`: requests that will be there before the one of this step."""
        if waiting >= self._limits.max_queue_length:
            return QueueFullError(step.agent, waiting)
        wait_s = self._load.wait_s(step.agent, waiting + to_come)
        if wait_s is not None and wait_s * 1000 > step.timeout_ms:
            return QueueFullError(step.agent, waiting + to_come, wait_s)
        return None


class Slot:
    """One of what is under way."""

    def __init__(self, admission: Admission) -> None:
        self.is_handed_over = False
        self._admission = admission
        admission.under_way += 1

    def hand_over(self) -> Callable[[], None]:
        """It outlasts its context: whoever has what this returns calls it, once, to release the slot."""
        self.is_handed_over = True
        return self.release

    def release(self) -> None:
        self._admission.under_way -= 1

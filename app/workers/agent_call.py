"""One call of an agent: its request typed, its time limited, its report from the cache where that has it."""

import asyncio
import time
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from app.agents.base_agent import BaseAgent
from app.errors import RoundTableError
from app.messaging.protocols import Message, decode
from app.services.outside.degradation import track_degradation
from app.workers.outcomes import Failure, Outcome, Report
from app.workers.request_context import RequestContext
from app.workers.result_cache import ResultCache
from app.workers.timeouts import Timeouts

log = structlog.get_logger(__name__)

OVERDUE_AFTER_S = 10.0
"""How long past its deadline an agent may go on before it is taken to be stuck: it does not heed its cancellation."""

CANCEL_GRACE_S = 5.0
"""How long an agent may take to end after its session was cancelled, or its request taken over."""


class AgentCall:
    """`raw`: the message that the request came as."""

    def __init__(
        self,
        agent: BaseAgent[Any, Any],
        message: Message,
        raw: bytes,
        context: RequestContext,
        results: ResultCache,
        timeouts: Timeouts,
    ) -> None:
        self._agent = agent
        self._message = message
        self._raw = raw
        self._context = context
        self._results = results
        self._timeouts = timeouts
        self._is_with_agent = False
        self._overdue_at = float("inf")

    async def run(self) -> Outcome | None:
        """The agent's report, or what kept it from one; None where time ran out: the one who asked said so already.

        Raises DecodeError where the payload is no JSON.
        """
        if self._context.left_s() <= 0:
            return Failure("expired", f"Agent {self._agent.name} was asked too late to answer in time")
        try:
            request = self._request()
        except ValidationError as error:
            return Failure.invalid_request(error)
        self._overdue_at = time.monotonic() + self._context.left_s() + OVERDUE_AFTER_S
        self._is_with_agent = True
        try:
            return await self._within_its_time(request)
        finally:
            self._is_with_agent = False

    def stop(self) -> None:
        """Nobody wants its outcome any more; whoever says so cancels the task that it runs in."""
        self._context.stop()
        if self._is_with_agent:
            self._overdue_at = min(self._overdue_at, time.monotonic() + CANCEL_GRACE_S)

    def overdue_s(self) -> float:
        """How long the agent has gone on, in seconds, since it should have been done at the latest; 0 where it may."""
        return max(0.0, time.monotonic() - self._overdue_at) if self._is_with_agent else 0.0

    def _request(self) -> BaseModel:
        """Raises ValidationError, DecodeError."""
        asked: type[BaseModel] = self._agent.request_type
        try:
            return asked.model_validate_json(self._message.payload)
        except ValidationError:
            # It may not be JSON, or not the whole of the payload: the message in full tells.
            return asked.model_validate(decode(self._raw).payload)

    async def _within_its_time(self, request: BaseModel) -> Outcome | None:
        agent = self._agent.name
        try:
            with self._timeouts.within(self._context.left_s()) as limit:
                return await self._report(request)
        except TimeoutError as error:
            if limit.expired():
                return None
            return Failure("unavailable", f"Agent {agent} waited in vain: {error}", is_retryable=True)
        except RoundTableError as error:
            return Failure(error.code, str(error), error.retryable, error.blames_request)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            log.exception("agent_failed_unexpectedly")
            return Failure("internal_error", f"Agent {agent} failed unexpectedly")

    async def _report(self, request: BaseModel) -> Report:
        """From the agent, or what it made of an identical request of late."""
        is_cached = self._results.serves(self._agent)
        found = await self._results.find(self._agent, request) if is_cached else None
        if found is not None:
            return Report(found.report_json, found.age_s)
        # A request is worked in a task of its own, and so in a context of its own.
        degraded_by = track_degradation()
        report = await self._agent.handle(request, self._context)
        made = report.model_dump_json().encode()
        if is_cached and not self._context.is_stopped:
            self._results.keep(self._agent, request, made, is_whole=not degraded_by)
        return Report(made)


def is_cancelled() -> bool:
    """Whether the task that runs now is, and not just something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

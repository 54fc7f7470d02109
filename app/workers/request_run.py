"""Works one request: bytes to typed request, agent with a time limit, outcome into the session's log, acknowledge last.

A crash anywhere before the acknowledgement leaves the request pending, so that another replica takes it over. Whatever
is done twice thereby counts once: the log takes one outcome a request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from app.agents.base_agent import BaseAgent
from app.errors import RoundTableError
from app.messaging import channels, events
from app.messaging.broker import Appended, Broker, Delivery
from app.messaging.errors import CommandRefusedError, DecodeError, MessageTooLargeError, RedisUnavailableError
from app.messaging.protocols import Envelope, Message, answer_to, decode, decode_apart
from app.services.outside.degradation import track_degradation
from app.workers import lease_keeper
from app.workers.deadlines import Deadlines
from app.workers.errors import LeftForAnotherTimeError
from app.workers.request_context import RequestContext
from app.workers.result_cache import ResultCache

log = structlog.get_logger(__name__)

ANSWER_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER_S = 30.0
"""How long past a request's deadline Redis may refuse what we say of it, before it is left for another time."""

SURELY_WANTED_MS = 150
"""A request younger than that is worked without a look into its session's log: a cancel would have reached us."""

CLOCKS_DIFFER_MS = 1_000

OVERDUE_AFTER_S = 10.0
"""How long past its deadline an agent may go on before it is taken to be stuck: it does not heed its cancellation."""

CANCEL_GRACE_S = 5.0
"""How long an agent may take to end after its session was cancelled, or its request taken over."""

LONGEST_MESSAGE = 1_000
"""Characters of an error that go to the traveller."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no report. `is_retryable`: another attempt may do better. `blames_request`: not the agent is at
    fault, but what it was asked."""

    code: str
    message: str
    is_retryable: bool = False
    blames_request: bool = False

    def to_json(self) -> bytes:
        kind = {"retryable": self.is_retryable, "blames_request": self.blames_request}
        return to_json({"code": self.code, "message": self.message[:LONGEST_MESSAGE], **kind})


@dataclass(frozen=True, slots=True)
class Report:
    """`cache_age_s`: how old it is, where it was kept from an earlier request."""

    json: bytes
    cache_age_s: int | None = None


Outcome = Report | Failure


class RequestRun:
    """One request of one worker instance, from delivery to outcome. `is_done_with`: it may be acknowledged.

    `max_deliveries`: a request delivered more often kills its workers and is not worked. `cancelled`: ids of sessions
    that were cancelled lately. `results`: those of earlier requests. `deadlines`: of all runs of this worker.
    """

    def __init__(
        self,
        agent: BaseAgent[Any, Any],
        broker: Broker,
        instance: str,
        delivery: Delivery,
        max_deliveries: int,
        cancelled: Container[str],
        results: ResultCache,
        deadlines: Deadlines,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._delivery = delivery
        self._max_deliveries = max_deliveries
        self._cancelled = cancelled
        self._results = results
        self._deadlines = deadlines
        self._context: RequestContext | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped_why: str | None = None
        self._is_lost = False
        self._is_with_agent = False
        self._is_settled = False
        self._overdue_at = float("inf")
        self._give_up_at = time.monotonic() + GIVE_UP_AFTER_S
        self.session_id: str | None = None
        self.duration_ms = 0.0
        self.succeeded = False
        self.is_done_with = False

    # ---- what others ask of it

    async def work(self) -> None:
        """Raises only what no request can cause: cancellation by the worker's own shutdown."""
        self._task = asyncio.current_task()
        try:
            if self._stopped_why is None:
                await self._settle()
        except asyncio.CancelledError:
            if self._stopped_why is None or self._task is None or self._task.uncancel() > 0:
                raise
        except LeftForAnotherTimeError as error:
            log.error("request_left_for_another_time", session_id=self.session_id, reason=str(error))
            return
        if self._stopped_why is not None:
            log.info("request_dropped", session_id=self.session_id, agent=self._agent.name, reason=self._stopped_why)
        self._is_settled = True
        self.is_done_with = not self._is_lost

    def session_over(self) -> None:
        """Nobody wants an answer any more: end the work, and acknowledge the request."""
        if self._stopped_why is None and not self._is_settled:
            self._stop("session is over")

    def lease_lost(self) -> None:
        """The request is another replica's by now, or was withdrawn: end the work and say nothing."""
        if not self._is_lost:
            self._is_lost = True
            self._stop("its lease is lost")

    def overdue_s(self) -> float:
        """How long the agent has gone on, in seconds, since it should have been done at the latest; 0 where it may."""
        return max(0.0, time.monotonic() - self._overdue_at) if self._is_with_agent else 0.0

    async def stop_where_session_is_over(self) -> None:
        """Look into the session's log: a cancel may have been announced while nobody listened."""
        if self.session_id is not None and await self._persistently(self._is_session_over, self.session_id):
            self.session_over()

    def _stop(self, why: str) -> None:
        self._stopped_why = self._stopped_why or why
        if self._is_with_agent:
            self._overdue_at = min(self._overdue_at, time.monotonic() + CANCEL_GRACE_S)
        if self._context is not None:
            self._context.stop()
        if self._task is not None:
            self._task.cancel()

    # ---- from delivery to outcome

    async def _settle(self) -> None:
        """Bring the request to its outcome, whatever that is; then it may be acknowledged."""
        raw = self._delivery.raw
        if raw is None:
            return
        try:
            await self._take(raw)
        except DecodeError as error:
            log.error("request_put_aside", agent=self._agent.name, cause=str(error))
            await self._persistently(self._bury, raw, str(error))

    async def _take(self, raw: bytes) -> None:
        """Raises DecodeError for bytes that are no request of ours."""
        message = decode_apart(raw)
        envelope = message.envelope
        if envelope.action != "request" or envelope.agent != self._agent.name:
            raise DecodeError(f"a {envelope.action} for agent {envelope.agent} is no request for us", raw)
        self.session_id = envelope.session_id
        waited_ms = self._broker.clock.age_ms(self._delivery.entry_id)
        remaining_s = (envelope.metadata.timeout_ms - waited_ms - self._age_when_sent_ms(envelope)) / 1000
        self._give_up_at = time.monotonic() + remaining_s + GIVE_UP_AFTER_S
        # A run has a task of its own, and so a context of its own.
        structlog.contextvars.bind_contextvars(session_id=envelope.session_id)
        if self._delivery.deliveries > self._max_deliveries:
            await self._put_aside(message, raw)
        elif self._is_surely_wanted(envelope, waited_ms) or await self._is_wanted(envelope, waited_ms):
            await self._work(message, remaining_s)

    def _age_when_sent_ms(self, envelope: Envelope) -> int:
        """How old the request was when Redis gave its entry the time. Small differences are those of clocks, and do
        not count."""
        entered_ms = int(self._delivery.entry_id.partition("-")[0])
        before_ms = entered_ms - int(envelope.timestamp.timestamp() * 1000)
        return before_ms if before_ms > CLOCKS_DIFFER_MS else 0

    async def _put_aside(self, message: Message, raw: bytes) -> None:
        """A request whose workers died, again and again: to the dead, and its session learns of it at once."""
        died = self._delivery.deliveries - 1
        cause = f"Agent {message.envelope.agent}: its worker died {died} times while working on this request"
        log.error("request_put_aside", cause=cause)
        await self._persistently(self._bury, raw, cause)
        await self._tell(message, Failure("undeliverable", cause))

    def _is_surely_wanted(self, envelope: Envelope, waited_ms: int) -> bool:
        """Whether an answer is wanted, and wanted of us, as far as that can be told without a look."""
        is_fresh = waited_ms < SURELY_WANTED_MS and self._delivery.deliveries == 1
        return is_fresh and envelope.session_id not in self._cancelled

    async def _is_wanted(self, envelope: Envelope, waited_ms: int) -> bool:
        """The same with a look into the session's log."""
        if envelope.session_id in self._cancelled or await self._persistently(
            self._is_session_over, envelope.session_id
        ):
            self._stopped_why = "session is over"
        elif waited_ms > lease_keeper.LEASE_S * 1000 and await self._persistently(self._is_taken_over):
            self._is_lost, self._stopped_why = True, "its lease is lost"
        return self._stopped_why is None

    async def _is_session_over(self, session_id: str) -> bool:
        """A session without a log is none: the request was asked by itself."""
        last = await self._broker.last_entry(session_id)
        return last is not None and last.is_final

    async def _is_taken_over(self) -> bool:
        """It may have lain at our door, delivered and unseen, while the event loop or the whole process was halted."""
        return bool(await self._broker.renew(self._agent.name, self._instance, [self._delivery.entry_id]))

    async def _work(self, message: Message, remaining_s: float) -> None:
        envelope = message.envelope
        context = self._context = RequestContext(self._broker, envelope, remaining_s, self.session_over)
        started = time.monotonic()
        outcome = await self._outcome(message, context)
        if self._stopped_why is not None:
            # The agent was cancelled and answered all the same.
            return
        if isinstance(outcome, Failure) and self._is_cancelled():
            # The worker stops, and the agent made an error of it; another worker may do better.
            raise asyncio.CancelledError
        self.duration_ms = (time.monotonic() - started) * 1000
        if outcome is None:
            log.warning("request_ran_out_of_time", timeout_ms=envelope.metadata.timeout_ms)
            return
        self.succeeded = isinstance(outcome, Report)
        await context.settle()
        await self._tell(message, outcome)
        self._log_worked(outcome)

    def _log_worked(self, outcome: Outcome) -> None:
        """The session's log has it too, and so has the heartbeat: a line each is for whoever looks for faults."""
        duration_ms = round(self.duration_ms, 1)
        if isinstance(outcome, Failure):
            log.info("request_worked", action="error", code=outcome.code, duration_ms=duration_ms)
        else:
            log.debug("request_worked", action="response", duration_ms=duration_ms)

    # ---- the agent

    async def _outcome(self, message: Message, context: RequestContext) -> Outcome | None:
        """The agent's report, or what kept it from one; None where time ran out: the one who asked said so already.

        Raises DecodeError where the payload is no JSON.
        """
        agent = self._agent.name
        if context.left_s() <= 0:
            return Failure("expired", f"Agent {agent} was asked too late to answer in time")
        try:
            request = self._typed(message)
        except ValidationError as error:
            return Failure("invalid_request", _first_fault(error), blames_request=True)
        self._overdue_at = time.monotonic() + context.left_s() + OVERDUE_AFTER_S
        self._is_with_agent = True
        try:
            return await self._report(request, context)
        finally:
            self._is_with_agent = False

    def _typed(self, message: Message) -> BaseModel:
        """Raises ValidationError, DecodeError."""
        asked: type[BaseModel] = self._agent.request_type
        try:
            return asked.model_validate_json(message.payload)
        except ValidationError:
            # It may not be JSON, or not the whole of the payload: the message in full tells.
            assert self._delivery.raw is not None
            return asked.model_validate(decode(self._delivery.raw).payload)

    async def _report(self, request: BaseModel, context: RequestContext) -> Outcome | None:
        agent = self._agent.name
        try:
            with self._deadlines.within(context.left_s()) as limit:
                return await self._make_report(request, context)
        except TimeoutError as error:
            if limit.expired():
                return None
            return Failure("unavailable", f"Agent {agent} waited in vain: {error}", is_retryable=True)
        except RoundTableError as error:
            return Failure(error.code, str(error), error.retryable, error.blames_request)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and self._is_cancelled():
                raise
            log.exception("agent_failed_unexpectedly")
            return Failure("internal_error", f"Agent {agent} failed unexpectedly")

    async def _make_report(self, request: BaseModel, context: RequestContext) -> Report:
        """From the agent, or what it made of an identical request of late."""
        is_kept = self._results.serves(self._agent)
        kept = await self._results.find(self._agent, request) if is_kept else None
        if kept is not None:
            return Report(kept.report_json, kept.age_s)
        # A run has a task of its own, and so a context of its own.
        degraded_by = track_degradation()
        report = await self._agent.handle(request, context)
        made = report.model_dump_json().encode()
        if is_kept and self._stopped_why is None:
            self._results.keep(self._agent, request, made, is_whole=not degraded_by)
        return Report(made)

    def _is_cancelled(self) -> bool:
        """Whether we were, and not just something that the agent waited for."""
        return self._task is not None and self._task.cancelling() > 0

    # ---- what Redis is told

    async def _tell(self, message: Message, outcome: Outcome) -> None:
        """Into the session's log and onto its response channel, in one step."""
        try:
            event, answer = self._in_words(message, outcome)
        except MessageTooLargeError as error:
            event, answer = self._in_words(message, Failure(error.code, str(error)))
        told = await self._persistently(self._append, message.envelope, event, answer)
        if told.outcome != "appended":
            log.debug("outcome_not_logged", outcome=told.outcome)

    def _append(self, request: Envelope, event: bytes, answer: bytes) -> "asyncio.Future[Appended]":
        """To be awaited."""
        return self._broker.append(
            request.session_id,
            event,
            data=answer,
            announce_data_on=channels.response_channel(request.agent, request.session_id),
            settles=request.request_id,
        )

    def _in_words(self, message: Message, outcome: Outcome) -> tuple[bytes, bytes]:
        """The event and the answer. Raises MessageTooLargeError."""
        request, metadata = message.envelope, message.metadata
        agent, request_id = request.agent, request.request_id
        if isinstance(outcome, Report):
            duration_ms = round(self.duration_ms)
            event = events.step_completed(agent, request_id, self._instance, duration_ms, outcome.cache_age_s)
            return event, answer_to(request, "response", outcome.json, metadata)
        code, text = outcome.code, outcome.message[:LONGEST_MESSAGE]
        if outcome.is_retryable:
            event = events.attempt_failed(agent, code, text, request_id)
        else:
            event = events.step_failed(agent, code, text, request_id, blames_request=outcome.blames_request)
        return event, answer_to(request, "error", outcome.to_json(), metadata)

    async def _bury(self, raw: bytes, cause: str) -> None:
        await self._broker.bury(self._agent.name, self._delivery.entry_id, raw, cause)

    async def _persistently(self, say: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """A finished piece of work is not thrown away because Redis is away, or full, for a moment.

        Raises LeftForAnotherTimeError where it stays so until nobody can wait for the request any more.
        """
        while True:
            try:
                return await say(*arguments)
            except (RedisUnavailableError, CommandRefusedError) as error:
                log.debug("not_taken_by_redis", reason=str(error))
                if time.monotonic() > self._give_up_at:
                    raise LeftForAnotherTimeError(str(error)) from error
                await asyncio.sleep(ANSWER_RETRY_PAUSE_S)


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])

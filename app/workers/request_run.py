"""Works one request: bytes to typed request, agent with a time limit, outcome into the session's log, acknowledge last.

A crash anywhere before the acknowledgement leaves the request pending, so that another replica takes it over. Whatever
is done twice thereby counts once: the log takes one outcome a request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Container
from typing import Any, TypeVar

import structlog

from app.agents.base_agent import BaseAgent
from app.messaging import channels, entry_ids
from app.messaging.broker import Appended, Broker, Delivery
from app.messaging.errors import CommandRefusedError, DecodeError, MessageTooLargeError, RedisUnavailableError
from app.messaging.protocols import Envelope, Message, decode_message
from app.workers import lease_keeper
from app.workers.agent_call import AgentCall, is_cancelled
from app.workers.errors import LeftForAnotherTimeError
from app.workers.outcomes import Failure, Outcome, Report, encode_outcome
from app.workers.request_context import RequestContext
from app.workers.result_cache import ResultCache
from app.workers.timeouts import Timeouts

log = structlog.get_logger(__name__)

ANSWER_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER_S = 30.0
"""How long past a request's deadline Redis may refuse what we say of it, before it is left for another time."""

SURELY_WANTED_MS = 150
"""A request younger than that is worked without a look into its session's log: a cancel would have reached us."""

CLOCKS_DIFFER_MS = 1_000

T = TypeVar("T")


class RequestRun:
    """One request of one worker instance, from delivery to outcome. `is_done_with`: it may be acknowledged.

    `max_deliveries`: a request delivered more often kills its workers and is not worked. `cancelled`: ids of sessions
    that were cancelled lately. `results`: those of earlier requests. `timeouts`: of all runs of this worker.
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
        timeouts: Timeouts,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._delivery = delivery
        self._max_deliveries = max_deliveries
        self._cancelled = cancelled
        self._results = results
        self._timeouts = timeouts
        self._call: AgentCall | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped_why: str | None = None
        self._is_lost = False
        self._is_settled = False
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
                await self._process()
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

    def on_session_ended(self) -> None:
        """Nobody wants an answer any more: end the work, and acknowledge the request."""
        if self._stopped_why is None and not self._is_settled:
            self._stop("session is over")

    def on_lease_lost(self) -> None:
        """The request is another replica's by now, or was withdrawn: end the work and say nothing."""
        if not self._is_lost:
            self._is_lost = True
            self._stop("its lease is lost")

    def overdue_s(self) -> float:
        """How long the agent has gone on, in seconds, since it should have been done at the latest; 0 where it may."""
        return 0.0 if self._call is None else self._call.overdue_s()

    async def stop_where_session_is_over(self) -> None:
        """Look into the session's log: a cancel may have been announced while nobody listened."""
        if self.session_id is not None and await self._retrying(self._is_session_over, self.session_id):
            self.on_session_ended()

    def _stop(self, why: str) -> None:
        self._stopped_why = self._stopped_why or why
        if self._call is not None:
            self._call.stop()
        if self._task is not None:
            self._task.cancel()

    # ---- from delivery to outcome

    async def _process(self) -> None:
        """Bring the request to its outcome, whatever that is; then it may be acknowledged."""
        raw = self._delivery.raw
        if raw is None:
            return
        try:
            await self._accept(raw)
        except DecodeError as error:
            log.error("request_put_aside", agent=self._agent.name, cause=str(error))
            await self._retrying(self._bury, raw, str(error))

    async def _accept(self, raw: bytes) -> None:
        """Raises DecodeError for bytes that are no request of ours."""
        message = decode_message(raw)
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
            await self._work(message, raw, remaining_s)

    def _age_when_sent_ms(self, envelope: Envelope) -> int:
        """How old the request was when Redis gave its entry the time. Small differences are those of clocks, and do
        not count."""
        entered_ms = entry_ids.time_ms(self._delivery.entry_id)
        before_ms = entered_ms - int(envelope.timestamp.timestamp() * 1000)
        return before_ms if before_ms > CLOCKS_DIFFER_MS else 0

    async def _put_aside(self, message: Message, raw: bytes) -> None:
        """A request whose workers died, again and again: to the dead, and its session learns of it at once."""
        died = self._delivery.deliveries - 1
        cause = f"Agent {message.envelope.agent}: its worker died {died} times while working on this request"
        log.error("request_put_aside", cause=cause)
        await self._retrying(self._bury, raw, cause)
        await self._publish(message, Failure("undeliverable", cause))

    def _is_surely_wanted(self, envelope: Envelope, waited_ms: int) -> bool:
        """Whether an answer is wanted, and wanted of us, as far as that can be told without a look."""
        is_fresh = waited_ms < SURELY_WANTED_MS and self._delivery.deliveries == 1
        return is_fresh and envelope.session_id not in self._cancelled

    async def _is_wanted(self, envelope: Envelope, waited_ms: int) -> bool:
        """The same with a look into the session's log."""
        if envelope.session_id in self._cancelled or await self._retrying(self._is_session_over, envelope.session_id):
            self._stopped_why = "session is over"
        elif waited_ms > lease_keeper.REQUEST_LEASE_S * 1000 and await self._retrying(self._is_taken_over):
            self._is_lost, self._stopped_why = True, "its lease is lost"
        return self._stopped_why is None

    async def _is_session_over(self, session_id: str) -> bool:
        """A session without a log is none: the request was asked by itself."""
        last = await self._broker.last_entry(session_id)
        return last is not None and last.is_final

    async def _is_taken_over(self) -> bool:
        """It may have lain at our door, delivered and unseen, while the event loop or the whole process was halted."""
        return bool(await self._broker.renew(self._agent.name, self._instance, [self._delivery.entry_id]))

    async def _work(self, message: Message, raw: bytes, remaining_s: float) -> None:
        context = RequestContext(self._broker, message.envelope, remaining_s, self.on_session_ended)
        call = self._call = AgentCall(self._agent, message, raw, context, self._results, self._timeouts)
        started = time.monotonic()
        outcome = await call.run()
        if self._stopped_why is not None:
            # The agent was cancelled and answered all the same.
            return
        if isinstance(outcome, Failure) and is_cancelled():
            # The worker stops, and the agent made an error of it; another worker may do better.
            raise asyncio.CancelledError
        self.duration_ms = (time.monotonic() - started) * 1000
        if outcome is None:
            log.warning("request_ran_out_of_time", timeout_ms=message.envelope.metadata.timeout_ms)
            return
        self.succeeded = isinstance(outcome, Report)
        await context.flush()
        await self._publish(message, outcome)
        self._log_worked(outcome)

    def _log_worked(self, outcome: Outcome) -> None:
        """The session's log has it too, and so has the heartbeat: a line each is for whoever looks for faults."""
        duration_ms = round(self.duration_ms, 1)
        if isinstance(outcome, Failure):
            log.info("request_worked", action="error", code=outcome.code, duration_ms=duration_ms)
        else:
            log.debug("request_worked", action="response", duration_ms=duration_ms)

    # ---- what Redis is told

    async def _publish(self, message: Message, outcome: Outcome) -> None:
        """Into the session's log and onto its response channel, in one step."""
        told = (self._instance, round(self.duration_ms), self._broker.clock.now_ms())
        try:
            event, answer = encode_outcome(message, outcome, *told)
        except MessageTooLargeError as error:
            event, answer = encode_outcome(message, Failure(error.code, str(error)), *told)
        appended = await self._retrying(self._append, message.envelope, event, answer)
        if appended.outcome != "appended":
            log.debug("outcome_not_logged", outcome=appended.outcome)

    def _append(self, request: Envelope, event: bytes, answer: bytes) -> "asyncio.Future[Appended]":
        channel = channels.response_channel(request.agent, request.session_id)
        return self._broker.append_outcome(request.session_id, event, answer, request.request_id, channel)

    async def _bury(self, raw: bytes, cause: str) -> None:
        await self._broker.bury(self._agent.name, self._delivery.entry_id, raw, cause)

    async def _retrying(self, say: Callable[..., Awaitable[T]], *arguments: Any) -> T:
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

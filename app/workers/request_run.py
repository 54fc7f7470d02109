"""Works one request: bytes to typed request, agent with a time limit, outcome into the session's log, acknowledge last.

A crash anywhere before the acknowledgement leaves the request pending, so that another replica takes it over. Whatever
is done twice thereby counts once: the log takes one outcome a request.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from pydantic import ValidationError

from app.agents.base_agent import BaseAgent
from app.errors import RoundTableError
from app.messaging import channels, events
from app.messaging.broker import Broker, Delivery
from app.messaging.errors import CommandRefusedError, DecodeError, MessageTooLargeError, RedisUnavailableError
from app.messaging.protocols import Envelope, decode, encode

log = structlog.get_logger(__name__)

ANSWER_RETRY_PAUSE_S = 0.25

GIVE_UP_WRITING_AFTER_S = 30.0
"""How long past a request's deadline Redis may refuse its outcome before the request is left for another time."""

SURELY_WANTED_MS = 150
"""A request younger than that is worked without a look into its session's log: a cancel that came before it would have
been announced to us meanwhile."""

CLOCKS_DIFFER_MS = 1_000

OVERDUE_AFTER_S = 10.0
"""How long past its deadline an agent may go on before it is taken to be stuck: it does not heed its cancellation."""


class Context:
    """What the agent sees of the world. Its progress goes to the log without the agent waiting for it."""

    def __init__(self, broker: Broker, envelope: Envelope, age_ms: int) -> None:
        """`age_ms`: how long ago the request was sent, by Redis' clock; the sender's need not agree with ours."""
        self._broker = broker
        self._envelope = envelope
        self._ends_at = time.monotonic() + (envelope.metadata.timeout_ms - age_ms) / 1000
        self._percent = 0
        self._appends: set[asyncio.Task[None]] = set()
        self._worker_task = asyncio.current_task()
        self.is_session_over = False

    def remaining_s(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())

    def overdue_s(self) -> float:
        """Seconds past the deadline; negative before it."""
        return time.monotonic() - self._ends_at

    async def progress(self, message: str, percent: int) -> None:
        self._percent = max(self._percent, min(99, percent))
        envelope = self._envelope
        event = events.progress(envelope.agent, envelope.request_id, message, self._percent)
        append = asyncio.create_task(self._append(event))
        self._appends.add(append)
        append.add_done_callback(self._appends.discard)

    def stop_session(self) -> None:
        """End the run: nobody wants its answer any more."""
        if self._worker_task is not None and not self.is_session_over:
            self.is_session_over = True
            self._worker_task.cancel()

    def close(self) -> None:
        """The run is over; nothing is left to be stopped."""
        self._worker_task = None

    async def settle(self) -> None:
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
            self.stop_session()


class RequestRun:
    """One request of one worker instance, from delivery to acknowledgement.

    `max_deliveries`: a request delivered more often kills its workers and is not worked. `is_cancelled` tells whether a
    session was cancelled lately.
    """

    def __init__(
        self,
        agent: BaseAgent[Any, Any],
        broker: Broker,
        instance: str,
        delivery: Delivery,
        max_deliveries: int,
        is_cancelled: Callable[[str], bool],
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._delivery = delivery
        self._max_deliveries = max_deliveries
        self._is_cancelled = is_cancelled
        self._context: Context | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_lost = False
        self._is_handling = False
        self.session_id: str | None = None
        self.duration_ms = 0.0
        self.succeeded = False

    async def work(self) -> None:
        """Raises only what no request can cause: cancellation by the worker's own shutdown."""
        self._task = asyncio.current_task()
        try:
            if await self._is_done_with():
                await self._until_redis_takes(self._acknowledge)
        except asyncio.CancelledError:
            if not self._is_lost or self._task is None:
                raise
            self._task.uncancel()
            log.warning("request_left_to_another_replica", agent=self._agent.name, session_id=self.session_id)

    def stop_session(self) -> None:
        """The session is over: end the work, and acknowledge the request."""
        if self._context is not None:
            self._context.stop_session()

    def leave(self) -> None:
        """The request is another replica's by now: end the work and say nothing."""
        if self._task is not None and not self._is_lost:
            self._is_lost = True
            self._task.cancel()

    def overdue_s(self) -> float:
        """How long the agent has gone on past the deadline, in seconds; 0 where it has not."""
        return max(0.0, self._context.overdue_s()) if self._context is not None and self._is_handling else 0.0

    async def stop_where_session_is_over(self) -> None:
        """Look into the session's log: a cancel may have been announced while nobody listened."""
        if self.session_id is not None and await self._is_session_over(self.session_id):
            self.stop_session()

    async def _is_done_with(self) -> bool:
        """Work the request. False where it is left as it is, for another time."""
        raw = self._delivery.raw
        if raw is None:
            return True
        try:
            envelope = self._decoded(raw)
        except DecodeError as error:
            log.error("request_put_aside", agent=self._agent.name, cause=str(error))
            return await self._until_redis_takes(self._bury, raw, str(error))
        self.session_id = envelope.session_id
        if self._delivery.deliveries > self._max_deliveries:
            return await self._put_aside(envelope, raw)
        if await self._is_unwanted(envelope):
            log.info("request_dropped", session_id=envelope.session_id, reason="session is over")
            return True
        return await self._work(envelope)

    def _decoded(self, raw: bytes) -> Envelope:
        envelope = decode(raw)
        if envelope.action != "request" or envelope.agent != self._agent.name:
            raise DecodeError(f"a {envelope.action} for agent {envelope.agent} is no request for us", raw)
        return envelope

    async def _put_aside(self, envelope: Envelope, raw: bytes) -> bool:
        """A request whose workers died, again and again: to the dead, and its session learns of it at once."""
        died = self._delivery.deliveries - 1
        cause = f"Agent {envelope.agent}: its worker died {died} times while working on this request"
        log.error("request_put_aside", agent=envelope.agent, session_id=envelope.session_id, cause=cause)
        answer = _error(envelope, "undeliverable", cause)
        is_buried = await self._until_redis_takes(self._bury, raw, cause)
        return is_buried and await self._until_redis_takes(self._tell, envelope, answer)

    async def _is_unwanted(self, envelope: Envelope) -> bool:
        if self._is_cancelled(envelope.session_id):
            return True
        is_fresh = self._broker.clock.age_ms(self._delivery.entry_id) < SURELY_WANTED_MS
        if is_fresh and self._delivery.deliveries == 1:
            return False
        return await self._is_session_over(envelope.session_id)

    def _age_ms(self, envelope: Envelope) -> int:
        """How old the request is by Redis' clock, which gave its entry the time. One that was old when it was sent is
        that much older; small differences are those of clocks, and do not count."""
        entered_ms = int(self._delivery.entry_id.partition("-")[0])
        before_ms = entered_ms - int(envelope.timestamp.timestamp() * 1000)
        return self._broker.clock.age_ms(self._delivery.entry_id) + (before_ms if before_ms > CLOCKS_DIFFER_MS else 0)

    async def _is_session_over(self, session_id: str) -> bool:
        """A session without a log is none: the request was asked by itself. Nor is one that Redis cannot tell of."""
        try:
            last = await self._broker.last_entry(session_id)
        except (RedisUnavailableError, CommandRefusedError) as error:
            log.debug("session_not_looked_up", session_id=session_id, reason=str(error))
            return False
        return last is not None and last.is_final

    async def _work(self, envelope: Envelope) -> bool:
        context = self._context = Context(self._broker, envelope, self._age_ms(envelope))
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(session_id=envelope.session_id, agent=envelope.agent):
            try:
                answer = await self._answer(envelope, context)
                self.duration_ms = (time.monotonic() - started) * 1000
                if answer is None:
                    log.warning("request_ran_out_of_time", timeout_ms=envelope.metadata.timeout_ms)
                    return True
                self.succeeded = answer.action == "response"
                await context.settle()
                is_told = await self._until_redis_takes(self._tell, envelope, answer)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not context.is_session_over or self._is_lost or task is None:
                    raise
                task.uncancel()
                log.info("request_dropped", reason="session is over")
                return True
            finally:
                self._is_handling = False
                context.close()
            log.info("request_worked", action=answer.action, duration_ms=round(self.duration_ms, 1))
            return is_told

    async def _answer(self, envelope: Envelope, context: Context) -> Envelope | None:
        """The agent's report, or what kept it from one; None where time ran out: the one who asked said so already."""
        if context.remaining_s() <= 0:
            return _error(envelope, "expired", f"Agent {envelope.agent} was asked too late to answer in time")
        try:
            request = self._agent.request_type.model_validate(envelope.payload)
            self._is_handling = True
            async with asyncio.timeout(context.remaining_s()) as limit:
                report = await self._agent.handle(request, context)
            self._is_handling = False
            return envelope.answered("response", report.model_dump(mode="json"))
        except ValidationError as error:
            return _error(envelope, "invalid_request", _first_fault(error), blames_request=True)
        except TimeoutError as error:
            if limit.expired():
                return None
            return _error(envelope, "unavailable", f"Agent {envelope.agent} waited in vain: {error}", retryable=True)
        except RoundTableError as error:
            return _error(envelope, error.code, str(error), error.retryable, error.blames_request)
        except Exception:
            log.exception("agent_failed_unexpectedly")
            return _error(envelope, "internal_error", f"Agent {envelope.agent} failed unexpectedly")

    async def _tell(self, request: Envelope, answer: Envelope) -> None:
        """Into the session's log and onto its response channel, in one step."""
        try:
            raw = encode(answer)
        except MessageTooLargeError as error:
            answer = _error(request, error.code, str(error))
            raw = encode(answer)
        channel = channels.response_channel(request.agent, request.session_id)
        told = await self._broker.append(
            request.session_id,
            self._event(request, answer),
            data=raw,
            announce_data_on=channel,
            settles=request.request_id,
        )
        if told.outcome != "appended":
            log.debug("outcome_not_logged", outcome=told.outcome)

    def _event(self, request: Envelope, answer: Envelope) -> bytes:
        if answer.action == "response":
            duration_ms = round(self.duration_ms)
            return events.step_completed(request.agent, request.request_id, self._instance, duration_ms)
        code, message = answer.payload["code"], answer.payload["message"]
        if answer.payload["retryable"]:
            return events.attempt_failed(request.agent, code, message, request.request_id)
        blames = answer.payload["blames_request"]
        return events.step_failed(request.agent, code, message, request.request_id, blames_request=blames)

    async def _bury(self, raw: bytes, cause: str) -> None:
        await self._broker.bury(self._agent.name, self._delivery.entry_id, raw, cause)

    async def _acknowledge(self) -> None:
        await self._broker.acknowledge(self._agent.name, self._delivery.entry_id)

    async def _until_redis_takes(self, write: Callable[..., Awaitable[None]], *arguments: Any) -> bool:
        """A finished piece of work is not thrown away because Redis is away, or full, for a moment.

        False where it stays so long that nobody can wait for it any more.
        """
        while True:
            try:
                await write(*arguments)
                return True
            except (RedisUnavailableError, CommandRefusedError) as error:
                if self._context is not None and self._context.overdue_s() > GIVE_UP_WRITING_AFTER_S:
                    log.error("request_left_for_another_time", session_id=self.session_id, reason=str(error))
                    return False
                await asyncio.sleep(ANSWER_RETRY_PAUSE_S)


def _error(
    envelope: Envelope, code: str, message: str, retryable: bool = False, blames_request: bool = False
) -> Envelope:
    kind = {"retryable": retryable, "blames_request": blames_request}
    return envelope.answered("error", {"code": code, "message": message, **kind})


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])

"""Works one request: bytes to typed request, agent with a time limit, outcome into the session's log, acknowledge last.

A crash anywhere before the acknowledgement leaves the request pending, so that it is delivered again.
"""

import asyncio
import time
from datetime import UTC, datetime
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


class Context:
    """What the agent sees of the world. Its progress goes to the log without the agent waiting for it."""

    def __init__(self, broker: Broker, envelope: Envelope) -> None:
        self._broker = broker
        self._envelope = envelope
        self._percent = 0
        self._appends: set[asyncio.Task[None]] = set()
        self._worker_task = asyncio.current_task()
        self.is_session_over = False

    def remaining_s(self) -> float:
        left_s = (self._envelope.deadline() - datetime.now(UTC)).total_seconds()
        # A sender whose clock is ahead of ours gets no more time than it asked for.
        return max(0.0, min(left_s, self._envelope.metadata.timeout_ms / 1000))

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
    """One request of one worker instance, from delivery to acknowledgement."""

    def __init__(self, agent: BaseAgent[Any, Any], broker: Broker, instance: str, delivery: Delivery) -> None:
        self._agent = agent
        self._broker = broker
        self._instance = instance
        self._delivery = delivery
        self._context: Context | None = None
        self.session_id: str | None = None
        self.duration_ms = 0.0
        self.succeeded = False

    async def work(self) -> None:
        """Raises only what no request can cause: cancellation by the worker's own shutdown."""
        raw = self._delivery.raw
        if raw is not None:
            try:
                envelope = self._decoded(raw)
            except DecodeError as error:
                log.error("request_put_aside", agent=self._agent.name, cause=str(error))
                await self._until_redis_takes(self._bury, raw, str(error))
            else:
                await self._work(envelope)
        await self._until_redis_takes(self._acknowledge)

    def stop_session(self) -> None:
        if self._context is not None:
            self._context.stop_session()

    def _decoded(self, raw: bytes) -> Envelope:
        envelope = decode(raw)
        if envelope.action != "request" or envelope.agent != self._agent.name:
            raise DecodeError(f"a {envelope.action} for agent {envelope.agent} is no request for us", raw)
        return envelope

    async def _work(self, envelope: Envelope) -> None:
        self.session_id = envelope.session_id
        context = self._context = Context(self._broker, envelope)
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(session_id=envelope.session_id, agent=envelope.agent):
            try:
                answer = await self._answer(envelope, context)
                self.duration_ms = (time.monotonic() - started) * 1000
                if answer is None:
                    log.warning("request_ran_out_of_time", timeout_ms=envelope.metadata.timeout_ms)
                    return
                self.succeeded = answer.action == "response"
                await context.settle()
                await self._until_redis_takes(self._tell, envelope, answer)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not context.is_session_over or task is None:
                    raise
                task.uncancel()
                log.info("request_dropped", reason="session is over")
                return
            finally:
                context.close()
            log.info("request_worked", action=answer.action, duration_ms=round(self.duration_ms, 1))

    async def _answer(self, envelope: Envelope, context: Context) -> Envelope | None:
        """The agent's report, or what kept it from one; None where time ran out: the one who asked said so already."""
        if context.remaining_s() <= 0:
            return _error(envelope, "expired", f"Agent {envelope.agent} was asked too late to answer in time")
        try:
            request = self._agent.request_type.model_validate(envelope.payload)
            async with asyncio.timeout(context.remaining_s()) as limit:
                report = await self._agent.handle(request, context)
            return envelope.answered("response", report.model_dump(mode="json"))
        except ValidationError as error:
            return _error(envelope, "invalid_request", _first_fault(error))
        except TimeoutError as error:
            if limit.expired():
                return None
            return _error(envelope, "unavailable", f"Agent {envelope.agent} waited in vain: {error}", retryable=True)
        except RoundTableError as error:
            return _error(envelope, error.code, str(error), error.retryable)
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
        if answer.action == "response":
            event = events.step_completed(request.agent, request.request_id, self._instance, round(self.duration_ms))
        else:
            event = events.step_failed(
                request.agent, answer.payload["code"], answer.payload["message"], request_id=request.request_id
            )
        channel = channels.response_channel(request.agent, request.session_id)
        await self._broker.append(request.session_id, event, data=raw, announce_data_on=channel)

    async def _bury(self, raw: bytes, cause: str) -> None:
        await self._broker.bury(self._agent.name, self._delivery.entry_id, raw, cause)

    async def _acknowledge(self) -> None:
        await self._broker.acknowledge(self._agent.name, self._delivery.entry_id)

    @staticmethod
    async def _until_redis_takes(write: Any, *arguments: Any) -> None:
        """A finished piece of work is not thrown away because Redis is away, or full, for a moment."""
        while True:
            try:
                await write(*arguments)
                return
            except (RedisUnavailableError, CommandRefusedError) as error:
                log.debug("write_refused", reason=str(error))
                await asyncio.sleep(ANSWER_RETRY_PAUSE_S)


def _error(envelope: Envelope, code: str, message: str, retryable: bool = False) -> Envelope:
    return envelope.answered("error", {"code": code, "message": message, "retryable": retryable})


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])

"""One agent asked by itself, past any session; nothing of it is kept."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import structlog

from app.core.attempts import Attempts
from app.core.breakers import Breakers
from app.core.errors import AgentExecutionError, AgentSkippedError, AgentTimeoutError
from app.core.load import Limits, Load
from app.core.outstanding import Outstanding
from app.core.retry import backoff_s
from app.core.session_ids import new_session_id
from app.messaging import channels
from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError, QueueFullError
from app.messaging.protocols import Envelope, Metadata, decode, new_id
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

_NEWS_LOST = b""


class SingleRequests:
    """Asks again, within the time given, where the agent says that its error may pass."""

    def __init__(
        self,
        broker: Broker,
        subscriptions: Subscriptions,
        breakers: Breakers,
        attempts: Attempts,
        outstanding: Outstanding,
        limits: Limits,
        load: Load,
    ) -> None:
        self._broker = broker
        self._subscriptions = subscriptions
        self._breakers = breakers
        self._attempts = attempts
        self._outstanding = outstanding
        self._limits = limits
        self._load = load

    async def ask(self, agent: str, payload: dict[str, Any], timeout_ms: int) -> dict[str, Any]:
        """The agent's report.

        Raises AgentExecutionError, AgentTimeoutError, AgentSkippedError, MessagingError (QueueFullError among them).
        """
        deadline = time.monotonic() + timeout_ms / 1000
        session_id, inbox = new_session_id(), asyncio.Queue[bytes]()
        channel = channels.response_channel(agent, session_id)

        def heard(_: str, raw: bytes) -> None:
            inbox.put_nowait(raw)

        unsubscribe = self._subscriptions.on_gap(lambda: inbox.put_nowait(_NEWS_LOST))
        try:
            await self._subscriptions.listen([channel], heard)
            for retry_count in range(self._limits.attempts):
                left_s = deadline - time.monotonic()
                envelope = self._envelope(session_id, agent, payload, max(1, int(left_s * 1000)), retry_count)
                answer = await self._answer(envelope, inbox, timeout_ms, left_s)
                if answer.action == "response":
                    self._attempts.succeeded(agent, retry_count)
                    return answer.payload
                pause_s = backoff_s(retry_count, envelope.request_id)
                self._judge(agent, answer.payload, retry_count, deadline - time.monotonic() - pause_s)
                await asyncio.sleep(pause_s)
            raise AssertionError("the last attempt either answers or raises")
        finally:
            unsubscribe()
            self._subscriptions.leave([channel], heard)

    def _judge(self, agent: str, error: dict[str, Any], retry_count: int, left_s: float) -> None:
        """Count an error, and raise it where it is the last: no attempt or no time is left, or none would help."""
        self._attempts.failed(agent, retry_count, error)
        if error.get("retryable") and retry_count + 1 < self._limits.attempts and left_s > 0:
            return
        self._attempts.given_up[agent] += 1
        text = str(error.get("message", "the agent failed"))
        raise AgentExecutionError(agent, str(error.get("code", "agent_error")), text, retry_count + 1)

    async def _answer(
        self, envelope: Envelope, inbox: "asyncio.Queue[bytes]", timeout_ms: int, left_s: float
    ) -> Envelope:
        agent = envelope.agent
        await self._refuse_where_skipped(agent)
        entry_id = await self._send(envelope)
        answer = None
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left_s)):
                while answer is None:
                    answer = await self._next(envelope, inbox)
        if answer is None:
            log.warning(f"Timeout waiting for {agent} agent response", request_id=envelope.request_id)
            self._attempts.timed_out(agent, envelope.metadata.retry_count, max(0.0, left_s))
            self._attempts.given_up[agent] += 1
            with suppress(MessagingError):
                await self._broker.withdraw(agent, entry_id)
            raise AgentTimeoutError(agent, timeout_ms)
        return answer

    async def _next(self, envelope: Envelope, inbox: "asyncio.Queue[bytes]") -> Envelope | None:
        """What was heard next, where it is the answer. Where it may have been missed, the request goes out again."""
        raw = await inbox.get()
        with suppress(DecodeError, MessagingError):
            if raw == _NEWS_LOST:
                if envelope.request_id not in await self._outstanding.of(envelope.agent):
                    await self._send(envelope)
                return None
            answer = decode(raw)
            if answer.request_id == envelope.request_id and answer.action != "request":
                return answer
        return None

    async def _send(self, envelope: Envelope) -> str:
        try:
            return await self._broker.request(envelope, self._limits.max_queue_length)
        except QueueFullError as error:
            error.retry_after_s = self._load.queue_s(error.agent, error.length)
            raise

    async def _refuse_where_skipped(self, agent: str) -> None:
        if reason := (await self._breakers.skipped([agent])).get(agent):
            raise AgentSkippedError(reason, max(1.0, self._breakers.view(agent).open_for_s))

    def _envelope(
        self, session_id: str, agent: str, payload: dict[str, Any], timeout_ms: int, retry_count: int
    ) -> Envelope:
        return Envelope(
            session_id=session_id,
            request_id=new_id(),
            timestamp=self._broker.clock.now(),
            agent=agent,
            action="request",
            payload=payload,
            metadata=Metadata(timeout_ms=timeout_ms, retry_count=retry_count),
        )

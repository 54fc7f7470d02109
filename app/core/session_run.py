"""One running session: hears its news, folds them, decides, and has the decisions carried out.

It is the loop; what to do next is decided by pure functions in `decisions.py`, what happened is folded in `state.py`.
"""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from pydantic_core import to_json

from app.core.decisions import EndSession, FailStep, RunStep, decide, next_deadline
from app.core.errors import ShuttingDownError
from app.core.state import SessionState, SessionStatus
from app.core.workflow import payload
from app.messaging import channels, events
from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.protocols import Envelope, Metadata, decode, new_id
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

REDIS_RETRY_PAUSE_S = 0.25

_CATCH_UP = ("", b"")
"""In the inbox: news were lost, read the log."""


class SessionRun:
    """Drives one session to its end. `finished` gets the final state, or the error that kept the session from it."""

    def __init__(self, broker: Broker, subscriptions: Subscriptions, state: SessionState, state_ttl_s: int) -> None:
        self.state = state
        self.finished: asyncio.Future[SessionState] = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(_mark_retrieved)
        self._broker = broker
        self._subscriptions = subscriptions
        self._ttl_s = state_ttl_s
        self._inbox: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._log_channel = channels.session_log(state.session_id)
        self._answers: dict[str, Envelope] = {}
        self._is_state_newer = False
        self._entries: dict[str, asyncio.Task[str]] = {}

    async def open(self) -> None:
        """Listen, then store the session and its first log entry. Raises MessagingError; nothing runs then."""
        state = self.state
        await self._subscriptions.listen(self._channels(), self._heard)
        stored = asyncio.ensure_future(self._broker.put_state(state.session_id, state.to_json(), self._ttl_s))
        opened = self._broker.append(
            state.session_id,
            events.started(state.session_id, state.workflow.name),
            data=to_json(state.request),
            opens=True,
            ttl_s=self._ttl_s,
        )
        try:
            await asyncio.gather(stored, opened)
        except BaseException:
            await self._subscriptions.leave(self._channels(), self._heard)
            raise

    async def drive(self) -> None:
        """Run the session to its end. Redis going away in between is waited out."""
        stop_telling = self._subscriptions.when_news_were_lost(lambda: self._inbox.put_nowait(_CATCH_UP))
        try:
            while not self.state.status.is_terminal:
                try:
                    await self._advance()
                except MessagingError as error:
                    log.warning("session_waits_for_redis", session_id=self.state.session_id, reason=str(error))
                    self._inbox.put_nowait(_CATCH_UP)
                    await asyncio.sleep(REDIS_RETRY_PAUSE_S)
            log.info("session_ended", session_id=self.state.session_id, status=self.state.status.value)
            self.finished.set_result(self.state)
            await self._store()
        except BaseException as error:
            if not self.finished.done():
                self.finished.set_exception(
                    error if isinstance(error, Exception) else ShuttingDownError(self.state.session_id)
                )
            raise
        finally:
            stop_telling()
            await self._subscriptions.leave(self._channels(), self._heard)

    async def _advance(self) -> None:
        """Carry out what is to be done, then wait for the next news or deadline."""
        while decisions := decide(self.state, events.now()):
            await self._carry_out(decisions)
            if self.state.status.is_terminal:
                return
        if self._is_state_newer:
            await self._store()
        wait_s = (next_deadline(self.state) - events.now()).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, wait_s)):
                first = await self._inbox.get()
            await self._fold(*first)
        while not self._inbox.empty():
            await self._fold(*self._inbox.get_nowait())
        if any(isinstance(decision, FailStep) for decision in decide(self.state, events.now())):
            await self._catch_up()

    async def _carry_out(self, decisions: list[RunStep | FailStep | EndSession]) -> None:
        """All of them in one write; the state with them."""
        writes: list[Any] = []
        for decision in decisions:
            if isinstance(decision, EndSession):
                await self._end(decision.status)
                return
            writes.append(self._run_step(decision) if isinstance(decision, RunStep) else self._fail_step(decision))
        await asyncio.gather(self._store(), *writes)

    def _run_step(self, decision: RunStep) -> asyncio.Future[Any]:
        step, state = decision.step, self.state
        request_id = new_id()
        event = events.step_requested(step.agent, step.name, request_id)
        state.apply(events.decode_event(event))
        envelope = Envelope(
            session_id=state.session_id,
            request_id=request_id,
            timestamp=events.now(),
            agent=step.agent,
            action="request",
            payload=payload(step, state.request, state.results, state.failures()),
            metadata=Metadata(timeout_ms=decision.timeout_ms, correlation_id=state.session_id),
        )
        appended = asyncio.ensure_future(self._broker.append(state.session_id, event))
        self._entries[step.name] = asyncio.ensure_future(self._broker.request(envelope))
        return asyncio.gather(appended, self._entries[step.name])

    def _fail_step(self, decision: FailStep) -> asyncio.Future[Any]:
        step, state = decision.step, self.state
        log.warning(f"Timeout waiting for {step.agent} agent response", session_id=state.session_id, step=step.name)
        event = events.step_failed(step.agent, decision.code, decision.message, step=step.name)
        state.apply(events.decode_event(event))
        appended = asyncio.ensure_future(self._broker.append(state.session_id, event))
        return asyncio.gather(appended, self._withdraw(step.name))

    async def _end(self, status: SessionStatus) -> None:
        """The final entry decides: where somebody ended the session before, that is how it ended."""
        state = self.state
        at = events.now()
        event = events.ended(status.value, state.answer(status, at), at)
        appended = await self._broker.append(state.session_id, event, is_final=True, ttl_s=self._ttl_s)
        if appended.outcome == "appended":
            state.apply(events.decode_event(event), entry_id=appended.entry_id)
        elif appended.outcome == "ended":
            await self._catch_up()
        else:
            log.error("session_log_lost", session_id=state.session_id)
            state.apply(events.decode_event(event))

    async def _withdraw(self, step: str) -> None:
        entry = self._entries.pop(step, None)
        if entry is not None and entry.done() and not entry.cancelled() and entry.exception() is None:
            await self._broker.withdraw(self.state.steps[step].agent, entry.result())

    async def _store(self) -> None:
        self._is_state_newer = False
        await self._broker.put_state(self.state.session_id, self.state.to_json(), self._ttl_s)

    # ---- news

    def _channels(self) -> list[str]:
        agents = self.state.workflow.agents()
        return [self._log_channel, *(channels.response_channel(agent, self.state.session_id) for agent in agents)]

    def _heard(self, channel: str, raw: bytes) -> None:
        self._inbox.put_nowait((channel, raw))

    async def _fold(self, channel: str, raw: bytes) -> None:
        if not channel:
            await self._catch_up()
            return
        try:
            if channel != self._log_channel:
                answer = decode(raw)
                self._answers[answer.request_id] = answer
                return
            event = events.decode_event(raw)
        except DecodeError as error:
            log.warning("news_not_understood", session_id=self.state.session_id, channel=channel, reason=str(error))
            return
        answered = self._answers.pop(event.get("request_id", ""), None)
        if event.get("status") == events.COMPLETED and event["type"] == events.PROGRESS and answered is None:
            await self._catch_up()
            return
        self._apply(event, answered, event.get("id", ""))

    async def _catch_up(self) -> None:
        """Fold in what the log has beyond what was heard."""
        for entry in await self._broker.read_log(self.state.session_id, self.state.log_id):
            try:
                event = events.decode_event(entry.event)
                answered = decode(entry.data) if entry.data and event["type"] != events.STARTED else None
            except DecodeError as error:
                log.warning("log_entry_not_understood", session_id=self.state.session_id, reason=str(error))
                continue
            self._apply(event, answered, entry.id)

    def _apply(self, event: dict[str, Any], answered: Envelope | None, entry_id: str) -> None:
        result = answered.payload if answered is not None and answered.action == "response" else None
        if self.state.apply(event, result, entry_id):
            self._is_state_newer = True
            log.info(
                "session_event",
                session_id=self.state.session_id,
                event_type=event["type"],
                agent=event.get("agent"),
                status=event.get("status"),
            )


def _mark_retrieved(finished: "asyncio.Future[SessionState]") -> None:
    if not finished.cancelled():
        finished.exception()

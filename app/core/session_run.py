"""One running session: hears its news, folds them, decides, and has the decisions carried out.

It is the loop; what to do next is decided by pure functions in `decisions.py`, what happened is folded in `state.py`.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from pydantic_core import to_json

from app.core.decisions import (
    Decision,
    EndSession,
    FailStep,
    RunStep,
    decide,
    next_deadline,
    session_deadline,
)
from app.core.errors import ShuttingDownError
from app.core.log_reader import logged_events
from app.core.state import LoggedEvent, SessionState, SessionStatus, StepStatus
from app.core.workflow import payload
from app.messaging import channels, events
from app.messaging.broker import Broker
from app.messaging.errors import DecodeError, MessageTooLargeError, MessagingError
from app.messaging.protocols import Envelope, Metadata, decode, new_id
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

REDIS_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER = timedelta(seconds=10)
"""How long past its deadline a session waits for a Redis that does not take its end."""

_CATCH_UP = ("", b"")
"""In the inbox: news were lost, read the log."""


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """An event that the log has to get, and the request that goes with it, if any."""

    step: str
    event: bytes
    request: Envelope | None = None


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
        self._unwritten: list[_Unwritten] = []
        self._entries: dict[str, str] = {}
        self._is_state_newer = False
        self._is_behind = False

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
        """Run the session to its end. Redis going away in between is waited out, for a while."""
        stop_telling = self._subscriptions.when_news_were_lost(lambda: self._inbox.put_nowait(_CATCH_UP))
        try:
            while not self.state.status.is_terminal:
                try:
                    await self._advance()
                except MessagingError as error:
                    if events.now() > session_deadline(self.state) + GIVE_UP_AFTER:
                        raise
                    log.warning("session_waits_for_redis", session_id=self.state.session_id, reason=str(error))
                    self._is_behind = True
                    await asyncio.sleep(REDIS_RETRY_PAUSE_S)
            log.info("session_ended", session_id=self.state.session_id, status=self.state.status.value)
            self.finished.set_result(self.state)
            await self._tidy_up()
        except BaseException as error:
            if not self.finished.done():
                is_ours = isinstance(error, Exception)
                self.finished.set_exception(error if is_ours else ShuttingDownError(self.state.session_id))
            raise
        finally:
            stop_telling()
            await self._subscriptions.leave(self._channels(), self._heard)

    async def _advance(self) -> None:
        """Carry out what is to be done, then wait for the next news or deadline."""
        if self._is_behind:
            await self._catch_up()
        await self._write()
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

    # ---- decisions

    async def _carry_out(self, decisions: list[Decision]) -> None:
        """All of them in one write; the state with them."""
        for decision in decisions:
            if isinstance(decision, EndSession):
                await self._end(decision.status)
                return
            self._plan_to_write(self._run_step(decision) if isinstance(decision, RunStep) else _fail_step(decision))
            if isinstance(decision, FailStep):
                agent = decision.step.agent
                log.warning(f"Timeout waiting for {agent} agent response", session_id=self.state.session_id)
        await self._write()

    def _run_step(self, decision: RunStep) -> _Unwritten:
        step, state = decision.step, self.state
        request = Envelope(
            session_id=state.session_id,
            request_id=new_id(),
            timestamp=events.now(),
            agent=step.agent,
            action="request",
            payload=payload(step, state.request, state.results, state.failures()),
            metadata=Metadata(timeout_ms=decision.timeout_ms, correlation_id=state.session_id),
        )
        try:
            self._broker.check_size(request)
        except MessageTooLargeError as error:
            return _fail_step(FailStep(step, error.code, str(error)))
        return _Unwritten(step.name, events.step_requested(step.agent, step.name, request.request_id), request)

    def _plan_to_write(self, unwritten: _Unwritten) -> None:
        self.state.apply(events.decode_event(unwritten.event))
        self._is_state_newer = True
        self._unwritten.append(unwritten)

    async def _write(self) -> None:
        """Write what has not been written, in one go with the state. What Redis did not take stays to be written."""
        if not self._unwritten:
            return
        batch = list(self._unwritten)
        writes = [self._write_one(unwritten) for unwritten in batch]
        outcomes = await asyncio.gather(*writes, self._store(), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        self._unwritten = [one for one, outcome in zip(batch, outcomes, strict=False) if outcome is not None]
        if failures:
            raise failures[0]

    async def _write_one(self, unwritten: _Unwritten) -> None:
        appended = asyncio.ensure_future(self._broker.append(self.state.session_id, unwritten.event))
        if unwritten.request is not None:
            sent = asyncio.ensure_future(self._broker.request(unwritten.request))
            self._entries[unwritten.step] = (await asyncio.gather(sent, appended))[0]
            return
        await appended
        await self._withdraw(unwritten.step)

    async def _end(self, status: SessionStatus) -> None:
        """The final entry decides: where somebody ended the session before, that is how it ended."""
        state = self.state
        at = events.now()
        event = events.ended(status.value, state.answer(status, at), at)
        appended = await self._broker.append(state.session_id, event, is_final=True, ttl_s=self._ttl_s)
        if appended.outcome == "ended":
            await self._catch_up()
            return
        if appended.outcome != "appended":
            log.error("session_log_lost", session_id=state.session_id)
        state.apply(events.decode_event(event), entry_id=appended.entry_id, is_final=True)

    async def _tidy_up(self) -> None:
        """The session has ended: store it so, and take back what nobody has taken."""
        open_steps = [name for name in self._entries if self.state.steps[name].status is StepStatus.CANCELLED]
        await asyncio.gather(self._store(), *(self._withdraw(step) for step in open_steps))

    async def _withdraw(self, step: str) -> None:
        if entry_id := self._entries.pop(step, None):
            await self._broker.withdraw(self.state.steps[step].agent, entry_id)

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
        """Take in one announcement. Where it is not the whole truth, or may be the end, the log is read instead."""
        try:
            if channel not in ("", self._log_channel):
                answer = decode(raw)
                self._answers[answer.request_id] = answer
                return
            event = events.decode_event(raw) if channel else {"type": ""}
        except DecodeError as error:
            log.warning("news_not_understood", session_id=self.state.session_id, channel=channel, reason=str(error))
            return
        answered = self._answers.pop(event.get("request_id", ""), None)
        is_outcome = event.get("status") == events.COMPLETED
        if event["type"] == events.STARTED:
            self.state.apply(event, entry_id=event.get("id", ""))
        elif not events.is_of_a_step(event) or (is_outcome and answered is None):
            await self._catch_up()
        else:
            result = answered.payload if answered is not None and answered.action == "response" else None
            self._apply(LoggedEvent(event.get("id", ""), event, result, is_final=False))

    async def _catch_up(self) -> None:
        """Fold in what the log has beyond what was heard."""
        for entry in logged_events(await self._broker.read_log(self.state.session_id, self.state.log_id)):
            self._apply(entry)
        self._is_behind = False

    def _apply(self, entry: LoggedEvent) -> None:
        if self.state.apply(entry.event, entry.result, entry.entry_id, entry.is_final):
            self._is_state_newer = True
            log.info(
                "session_event",
                session_id=self.state.session_id,
                event_type=entry.event["type"],
                agent=entry.event.get("agent"),
                status=entry.event.get("status"),
            )


def _fail_step(decision: FailStep) -> _Unwritten:
    step = decision.step
    return _Unwritten(step.name, events.step_failed(step.agent, decision.code, decision.message, step=step.name))


def _mark_retrieved(finished: "asyncio.Future[SessionState]") -> None:
    if not finished.cancelled():
        finished.exception()

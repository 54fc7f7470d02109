"""One running session: hears its news, folds them, decides, and has the decisions carried out.

It is the loop; what to do next is decided by pure functions in `decisions.py`, what happened is folded in `state.py`.
Where anything went wrong in between, the state is folded anew from the log, and what the log says was asked for and
Redis does not have any more is sent again: that is also how a session is taken over from a gateway that died.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic_core import to_json

from app.core.attempts import Attempts
from app.core.breakers import Breakers
from app.core.decisions import (
    Decision,
    EndSession,
    FailStep,
    RunStep,
    agents_to_ask,
    decide,
    next_deadline,
    session_deadline,
    step_deadline,
)
from app.core.errors import SessionLostError, ShuttingDownError
from app.core.log_reader import logged_events
from app.core.outstanding import Outstanding
from app.core.session_leases import SessionLeases
from app.core.state import LoggedEvent, SessionState, SessionStatus, StepStatus
from app.core.workflow import Step, payload
from app.messaging import channels, events
from app.messaging.broker import Appended, Broker
from app.messaging.errors import DecodeError, MessageTooLargeError, MessagingError, QueueFullError
from app.messaging.protocols import Envelope, Metadata, decode, new_id
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

REDIS_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER = timedelta(seconds=10)
"""How long past its deadline a session waits for a Redis that does not take its end."""

LOOK_AGAIN_S = 3.0
"""How often one that only follows looks into the log: its driver may have died, and another one be at work."""

_CHECK = ("", b"")
"""In the inbox: news were lost, or worse; look into the log."""


@dataclass(frozen=True)
class Driving:
    """What every session of a gateway is driven with. `max_queue_length`: how many requests may wait for an agent."""

    broker: Broker
    subscriptions: Subscriptions
    leases: SessionLeases
    breakers: Breakers
    attempts: Attempts
    outstanding: Outstanding
    max_queue_length: int


class SessionRun:
    """Drives one session to its end. `finished` gets the final state, or the error that kept the session from it.

    `is_driver`: whether the session is ours. Once another gateway has taken it over, it is only followed.
    """

    def __init__(self, driving: Driving, state: SessionState) -> None:
        self.state = state
        self.is_driver = True
        self.finished: asyncio.Future[SessionState] = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(_mark_retrieved)
        self._driving = driving
        self._broker = driving.broker
        self._epoch = state.epoch
        self._inbox: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._log_channel = channels.session_log(state.session_id)
        self._answers: dict[str, Envelope] = {}
        self._entries: dict[str, str] = {}
        self._is_state_newer = False
        self._is_behind = False

    async def open(self) -> bool:
        """Listen, then store the session and its first log entry. False where that session was opened before.

        Raises MessagingError; nothing runs then.
        """
        state, session_id = self.state, self.state.session_id
        opening = events.started(
            session_id, state.workflow.name, state.workflow.timeout_ms, state.ttl_s, state.created_at
        )
        await self._driving.subscriptions.listen(self._channels(), self._heard)
        try:
            # First, and alone: what stands in the log and not in the registry would be driven by nobody.
            await self._driving.leases.hold(session_id, self)
            _, opened = await _all(
                self._broker.put_state(session_id, state.to_json(), state.ttl_s),
                self._broker.append(session_id, opening, data=to_json(state.request), opens=True, ttl_s=state.ttl_s),
            )
        except BaseException:
            await self._leave()
            raise
        if opened.outcome != "appended":
            await self._leave()
            return False
        self._driving.leases.keep(session_id, self)
        return True

    async def take_over(self) -> None:
        """Listen and hold the session; the state is brought up to the log before anything is decided.

        Raises MessagingError; nothing runs then.
        """
        self._is_behind = True
        await self._driving.subscriptions.listen(self._channels(), self._heard)
        try:
            await self._driving.leases.hold(self.state.session_id, self)
        except BaseException:
            await self._leave()
            raise

    def check(self) -> None:
        """Something may be wrong: read the log before going on."""
        self._inbox.put_nowait(_CHECK)

    async def drive(self) -> None:
        """Run the session to its end. Redis going away in between is waited out, for a while."""
        stop_telling = self._driving.subscriptions.when_news_were_lost(self.check)
        try:
            while not self.state.status.is_terminal:
                try:
                    await self._advance()
                except MessagingError:
                    if events.now() > session_deadline(self.state) + GIVE_UP_AFTER:
                        raise
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
            await self._leave()

    async def _advance(self) -> None:
        """Carry out what is to be done, then wait for the next news or deadline."""
        if self.is_driver and not self._driving.leases.is_current():
            # We may have been halted for longer than a lease: the session may be another's by now.
            await self._driving.leases.renew()
            self._is_behind = True
        if self._is_behind:
            await self._reconcile()
        while self.is_driver and (decisions := await self._decisions()):
            await self._carry_out(decisions)
            if self.state.status.is_terminal or self._is_behind:
                return
        if self._is_state_newer and self.is_driver:
            await self._store()
        await self._hear()

    async def _hear(self) -> None:
        """Wait for news, or for the next moment at which something is to be decided."""
        until = (next_deadline(self.state) - events.now()).total_seconds() if self.is_driver else LOOK_AGAIN_S
        try:
            async with asyncio.timeout(max(0.0, until)):
                first = await self._inbox.get()
            await self._fold(*first)
        except TimeoutError:
            self._is_behind = not self.is_driver
        while not self._inbox.empty():
            await self._fold(*self._inbox.get_nowait())
        if self.is_driver and any(isinstance(one, FailStep) for one in decide(self.state, events.now())):
            await self._catch_up()

    # ---- decisions

    async def _decisions(self) -> list[Decision]:
        now = events.now()
        return decide(self.state, now, await self._driving.breakers.skipped(agents_to_ask(self.state, now)))

    async def _carry_out(self, decisions: list[Decision]) -> None:
        """All of them in one write; the state with them."""
        for decision in decisions:
            if isinstance(decision, EndSession):
                await self._end(decision.status)
                return
        writes = [self._run_step(one) if isinstance(one, RunStep) else self._fail_step(one) for one in decisions]  # type: ignore[arg-type]
        await _all(*writes, self._store())

    def _run_step(self, decision: RunStep) -> Coroutine[Any, Any, None]:
        step = decision.step
        envelope = self._envelope(step, new_id(), decision.timeout_ms, decision.retry_count)
        try:
            raw = self._broker.encoded(envelope)
        except MessageTooLargeError as error:
            return self._fail_step(FailStep(step, error.code, str(error)))
        event = events.step_requested(step.agent, step.name, envelope.request_id, decision.retry_count)
        self._apply_own(event)
        return self._ask(step, envelope.request_id, event, raw)

    async def _ask(self, step: Step, request_id: str, event: bytes, raw: bytes) -> None:
        appended, entry_id = await _all(
            self._broker.append(self.state.session_id, event, epoch=self._epoch),
            self._send(step.agent, raw),
        )
        if self._is_written(appended):
            if entry_id:
                self._entries[step.name] = entry_id
            else:
                text = f"Too many requests wait for agent {step.agent}"
                refused = events.attempt_failed(step.agent, "queue_full", text, request_id)
                await self._append(refused)

    async def _send(self, agent: str, raw: bytes) -> str | None:
        """The request's entry id; None where the queue is full."""
        try:
            return await self._broker.send_request(agent, raw, self._driving.max_queue_length)
        except QueueFullError:
            return None

    def _fail_step(self, decision: FailStep) -> Coroutine[Any, Any, None]:
        step, current = decision.step, self.state.steps[decision.step.name]
        if decision.code == "timeout" and current.requested_at is not None:
            log.warning(f"Timeout waiting for {step.agent} agent response", session_id=self.state.session_id)
            self._driving.attempts.timed_out(step.agent, current.retry_count)
        self._driving.attempts.given_up[step.agent] += 1
        event = events.step_failed(step.agent, decision.code, decision.message, step=step.name)
        self._apply_own(event)
        return self._tell_failure(step.name, event)

    async def _tell_failure(self, step: str, event: bytes) -> None:
        if await self._append(event):
            await self._withdraw(step)

    async def _append(self, event: bytes) -> bool:
        """Whether the log took it."""
        return self._is_written(await self._broker.append(self.state.session_id, event, epoch=self._epoch))

    def _is_written(self, appended: Appended) -> bool:
        """Whether the log took it. Where it did not, it has a reason that we have to read from it."""
        if appended.outcome != "appended":
            self._is_behind = True
        return appended.outcome == "appended"

    def _envelope(self, step: Step, request_id: str, timeout_ms: int, retry_count: int) -> Envelope:
        state = self.state
        return Envelope(
            session_id=state.session_id,
            request_id=request_id,
            timestamp=self._broker.clock.now(),
            agent=step.agent,
            action="request",
            payload=payload(step, state.request, state.results, state.failures()),
            metadata=Metadata(timeout_ms=timeout_ms, retry_count=retry_count, correlation_id=state.session_id),
        )

    async def _end(self, status: SessionStatus) -> None:
        """The final entry decides: where somebody ended the session before, that is how it ended."""
        state = self.state
        at = events.now()
        event = events.ended(status.value, state.answer(status, at), at)
        appended = await self._broker.append(
            state.session_id, event, is_final=True, ttl_s=state.ttl_s, epoch=self._epoch
        )
        if self._is_written(appended):
            state.apply(events.decode_event(event), entry_id=appended.entry_id, is_final=True)

    async def _tidy_up(self) -> None:
        """The session has ended: store it so, and take back what nobody has taken."""
        open_steps = [name for name in self._entries if self.state.steps[name].status is StepStatus.CANCELLED]
        writes = [self._withdraw(step) for step in open_steps]
        if self.is_driver:
            writes += [self._store(), self._driving.leases.ended(self.state.session_id)]
        await _all(*writes)

    async def _withdraw(self, step: str) -> None:
        if entry_id := self._entries.pop(step, None):
            await self._broker.withdraw(self.state.steps[step].agent, entry_id)

    async def _store(self) -> None:
        self._is_state_newer = False
        await self._broker.put_state(self.state.session_id, self.state.to_json(), self.state.ttl_s)

    # ---- after trouble

    async def _reconcile(self) -> None:
        """The log is the truth: fold it anew, see whose the session is, and send again what Redis has lost.

        Raises SessionLostError where there is no log any more.
        """
        session_id = self.state.session_id
        entries = await self._broker.read_log(session_id)
        if not entries:
            await self._broker.unregister_session(session_id)
            raise SessionLostError(session_id)
        state = self.state.as_opened()
        for entry in logged_events(entries):
            state.take(entry)
        self.state, self._is_behind, self._is_state_newer = state, False, True
        if self.is_driver and state.epoch > self._epoch:
            self._follow_only()
        if self.is_driver and not state.status.is_terminal:
            await self._driving.leases.hold(session_id, self)
            await self._send_missing()

    def _follow_only(self) -> None:
        self.is_driver = False
        self._entries.clear()
        self._driving.leases.drop(self.state.session_id, self)
        log.warning("session_taken_over_by_another_gateway", session_id=self.state.session_id)

    async def _send_missing(self) -> None:
        """Requests that the log tells of, that have no outcome, and that no stream holds: they go out again."""
        missing = []
        for step in [step for step in self.state.workflow.steps if self._waits_for(step)]:
            # What we have sent ourselves may be gone as well, or have been for an attempt before this one.
            self._entries.pop(step.name, None)
            found = await self._driving.outstanding.of(step.agent)
            if entry_id := found.get(self.state.steps[step.name].request_id or ""):
                self._entries[step.name] = entry_id
            else:
                missing.append(step)
        if missing:
            # An outcome stands in the log before its request leaves the stream: what has one by now is not missing.
            await self._catch_up()
        await _all(*(self._send_again(step) for step in missing if self._waits_for(step)))

    def _waits_for(self, step: Step) -> bool:
        current = self.state.steps[step.name]
        return current.status is StepStatus.RUNNING and current.retry_at is None

    async def _send_again(self, step: Step) -> None:
        current, deadline = self.state.steps[step.name], step_deadline(self.state, step)
        left_ms = _ms_until(deadline)
        if left_ms <= 0:
            return
        envelope = self._envelope(step, current.request_id or new_id(), left_ms, current.retry_count)
        log.warning("request_sent_again", session_id=self.state.session_id, agent=step.agent)
        if entry_id := await self._send(step.agent, self._broker.encoded(envelope)):
            self._entries[step.name] = entry_id

    # ---- news

    def _channels(self) -> list[str]:
        agents = self.state.workflow.agents()
        return [self._log_channel, *(channels.response_channel(agent, self.state.session_id) for agent in agents)]

    async def _leave(self) -> None:
        self._driving.leases.drop(self.state.session_id, self)
        self._driving.subscriptions.leave(self._channels(), self._heard)

    def _heard(self, channel: str, raw: bytes) -> None:
        self._inbox.put_nowait((channel, raw))

    async def _fold(self, channel: str, raw: bytes) -> None:
        """Take in one announcement. Where it is not the whole truth, or may be the end, the log is read instead."""
        if not channel:
            self._is_behind = True
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
        if self.is_driver and self.state.epoch > self._epoch:
            self._follow_only()

    def _apply_own(self, event: bytes) -> None:
        """Fold in what is about to be written; where it then is not, the state is folded anew."""
        self.state.apply(events.decode_event(event))

    def _apply(self, entry: LoggedEvent) -> None:
        event = entry.event
        name = event.get("step") or self.state.step_of(event.get("request_id"))
        step = self.state.steps.get(name or "")
        retry_count = step.retry_count if step is not None else 0
        if not self.state.take(entry):
            return
        self._is_state_newer = True
        if self.is_driver and step is not None and event.get("request_id") and not entry.is_final:
            self._count(step.agent, event, retry_count)
        log.info(
            "session_event",
            session_id=self.state.session_id,
            event_type=event["type"],
            agent=event.get("agent"),
            status=event.get("status"),
        )

    def _count(self, agent: str, event: dict[str, Any], retry_count: int) -> None:
        attempts = self._driving.attempts
        if event.get("status") == events.COMPLETED:
            attempts.succeeded(agent, retry_count)
        elif event["type"] == events.AGENT_FAILED:
            attempts.failed(agent, retry_count, bool(event.get("blames_request")))
            attempts.given_up[agent] += 1
        elif event["type"] == events.ATTEMPT_FAILED:
            attempts.failed(agent, retry_count, event.get("code") == "queue_full")


async def _all(*writes: Coroutine[Any, Any, Any]) -> list[Any]:
    """Await everything, so that nothing is under way any more when one of them fails; then its error is raised."""
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return list(outcomes)


def _ms_until(deadline: datetime | None) -> int:
    return 0 if deadline is None else int((deadline - events.now()).total_seconds() * 1000)


def _mark_retrieved(finished: "asyncio.Future[SessionState]") -> None:
    if not finished.cancelled():
        finished.exception()

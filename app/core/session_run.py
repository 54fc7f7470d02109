"""One running session: hears its news, folds them, decides, and has the decisions carried out.

It is the loop; what to do next is decided by pure functions in `decisions.py`, what happened is folded in `state.py`.
Where anything went wrong in between, the state is folded anew from the log, and what the log says was asked for and
Redis does not have any more is sent again: that is also how a session is taken over from a gateway that died.
"""

import asyncio
import math
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import structlog
from pydantic_core import from_json, to_json

from app.core import read_model
from app.core.attempts import Attempts
from app.core.breakers import Breakers
from app.core.decisions import (
    Decision,
    EndSession,
    FailStep,
    RunStep,
    decide,
    next_deadline,
)
from app.core.errors import SessionLostError, ShuttingDownError
from app.core.log_reader import logged_events
from app.core.outstanding import Outstanding
from app.core.session_leases import SessionLeases
from app.core.session_news import Look, News, SessionNews
from app.core.state import LoggedEvent, SessionState, SessionStatus, StepStatus
from app.core.step_requests import StepRequests
from app.core.workflow import Step
from app.messaging import events
from app.messaging.alarm import Alarm
from app.messaging.broker import Appended, Broker
from app.messaging.errors import MessageTooLargeError, MessagingError
from app.messaging.protocols import new_id
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

REDIS_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER = timedelta(seconds=10)
"""How long past its deadline a session waits for a Redis that does not take its end."""

LOOK_AGAIN_S = 3.0
"""How often one that only follows looks into the log: its driver may have died, and another one be at work."""

STORE_WITHIN_S = 0.25
"""How long the read model may stay behind the log. Whoever reads it folds in the rest."""


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
        self.requests = StepRequests(driving.broker, driving.outstanding, driving.max_queue_length)
        self._driving = driving
        self._broker = driving.broker
        self._epoch = state.epoch
        self._news = SessionNews(state.session_id, state.workflow.agents)
        self._alarm = Alarm(self._news.has_some.set)
        self._store_at: float | None = None
        self._is_behind = False
        self._is_listening = False

    # ---- its beginning

    async def open(self, is_ours_alone: bool = False) -> bool:
        """Hold the session, store it and begin its log, listen, in one write. False where that session was opened
        before. Raises MessagingError; nothing runs then.

        `is_ours_alone`: nobody else has this id, so that the first agents can be asked in the same write.
        """
        state, session_id = self.state, self.state.session_id
        opening = events.started(
            session_id, state.workflow.name, state.workflow.timeout_ms, state.ttl_s, state.created_at
        )
        await self._broker.learn_time()
        first = self._in_words(await self._decisions()) if is_ours_alone else []
        self._driving.subscriptions.check()
        # Before the log: what stands in the log and not in the registry would be driven by nobody.
        held = self._driving.leases.begin(session_id, self)
        self._fold_own(first)
        # Before anything is announced of it.
        stored = self._store()
        said = (opening, *(one.event for one in first))
        opened = self._broker.append(session_id, *said, data=state.request_json, opens=True, ttl_s=state.ttl_s)
        # Before anybody is asked, so that every answer is heard; after what is announced of it, which we know.
        listening = self._driving.subscriptions.ask_for(self._news.channels, self._news.heard)
        self._is_listening = True
        sent = self._send(first)
        try:
            await _all(held, stored, opened, *listening, *sent.values())
        except BaseException:
            self._leave()
            if opened.done() and not opened.cancelled() and not opened.exception():
                await self._unopen(opened.result(), sent)
            raise
        if opened.result().outcome != "appended":
            self._leave()
            return False
        self._driving.leases.keep(session_id, self)
        self.state.log_id = opened.result().entry_id
        try:
            await self._settle(first, sent)
        except MessagingError:
            # It is opened, and runs; what is missing is found when it looks.
            self._is_behind = True
        except BaseException:
            self._leave()
            raise
        return True

    async def _unopen(self, opened: Appended, sent: dict[str, "asyncio.Future[str | None]"]) -> None:
        """It was opened, and something that belongs to it was refused: whoever asked is told that there is none."""
        if opened.outcome == "appended":
            await self._broker.discard_log(self.state.session_id)
        for name, entry in sent.items():
            if entry.done() and not entry.cancelled() and not entry.exception() and (entry_id := entry.result()):
                await self._broker.withdraw(self.state.steps[name].agent, entry_id)

    async def take_over(self) -> None:
        """Listen and hold the session; the state is brought up to the log before anything is decided.

        Raises MessagingError; nothing runs then.
        """
        self._is_behind = True
        await self._listen()
        try:
            await self._driving.leases.hold(self.state.session_id, self)
        except BaseException:
            self._leave()
            raise

    async def _listen(self) -> None:
        await self._driving.subscriptions.listen(self._news.channels, self._news.heard)
        self._is_listening = True

    def check(self) -> None:
        """Something may be wrong: read the log before going on."""
        self._news.distrust()

    # ---- the loop

    async def drive(self) -> None:
        """Run the session to its end. Redis going away in between is waited out, for a while."""
        stop_telling = self._driving.subscriptions.when_news_were_lost(self.check)
        try:
            while not self.state.status.is_terminal:
                try:
                    await self._advance()
                except MessagingError:
                    if events.now() > self.state.deadline + GIVE_UP_AFTER:
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
            self._alarm.stop()
            self._leave()

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
            if not any(isinstance(one, FailStep) for one in decisions):
                # What was asked sets nothing else free; what failed may.
                break
        if self.is_driver and self._store_in_s() <= 0:
            await self._store()
        await self._hear()

    async def _hear(self) -> None:
        """Wait for news, or for the next moment at which something is to be done."""
        if not self._news:
            self._news.has_some.clear()
            self._alarm.set(self._next_in_s())
            await self._news.has_some.wait()
            self._is_behind = not self._news and not self.is_driver
        while self._news:
            await self._fold(self._news.take())

    def _next_in_s(self) -> float:
        if not self.is_driver:
            return LOOK_AGAIN_S
        return min((next_deadline(self.state) - events.now()).total_seconds(), self._store_in_s())

    def _leave(self) -> None:
        self._driving.leases.drop(self.state.session_id, self)
        self._stop_listening()

    def _stop_listening(self) -> None:
        self._is_listening = False
        self._driving.subscriptions.leave(self._news.channels, self._news.heard)

    # ---- the read model

    def _changed(self) -> None:
        """The read model is written soon, with whatever else changes until then."""
        if self._store_at is None:
            self._store_at = time.monotonic() + STORE_WITHIN_S

    def _store_in_s(self) -> float:
        return math.inf if self._store_at is None else self._store_at - time.monotonic()

    def _store(self) -> "asyncio.Future[None]":
        """To be awaited."""
        self._store_at = None
        return self._broker.put_state(self.state.session_id, read_model.written(self.state), self.state.ttl_s)

    # ---- decisions

    async def _decisions(self) -> list[Decision]:
        now = events.now()
        found = decide(self.state, now)
        if any(isinstance(one, FailStep) for one in found):
            # An answer may stand in the log, and its announcement be lost or on its way.
            await self._catch_up()
            found = decide(self.state, now)
        asked = {one.step.agent for one in found if isinstance(one, RunStep)}
        if asked and (skipped := await self._driving.breakers.skipped(asked)):
            found = decide(self.state, now, skipped)
        return found if self.is_driver else []

    async def _carry_out(self, decisions: list[Decision]) -> None:
        """All of them in one write."""
        for decision in decisions:
            if isinstance(decision, EndSession):
                await self._end(decision.status)
                return
        steps = self._in_words(decisions)
        self._fold_own(steps)
        for one in steps:
            self._news.wrote(one.event)
        appended = self._broker.append(self.state.session_id, *(one.event for one in steps), epoch=self._epoch)
        sent = self._send(steps)
        await _all(appended, *sent.values())
        if self._is_written(appended.result()):
            await self._settle(steps, sent)

    def _in_words(self, decisions: list[Decision]) -> list["_Said"]:
        """(What ends the session is not said of a step.)"""
        return [
            self._run_step(one) if isinstance(one, RunStep) else self._fail_step(one)
            for one in decisions
            if not isinstance(one, EndSession)
        ]

    def _fold_own(self, steps: list["_Said"]) -> None:
        """Fold in what is about to be written; where it then is not, the state is folded anew."""
        for one in steps:
            self.state.apply(from_json(one.event))
        self._changed()

    def _send(self, steps: list["_Said"]) -> dict[str, "asyncio.Future[str | None]"]:
        """The requests among them, by step: to be awaited."""
        return {one.step.name: self.requests.send(one.step.agent, one.raw) for one in steps if one.raw}

    async def _settle(self, steps: list["_Said"], sent: dict[str, "asyncio.Future[str | None]"]) -> None:
        """What the log has taken: where its request waits, or that there is none any more."""
        for one in steps:
            if (entry := sent.get(one.step.name)) is None:
                await self.requests.withdraw(one.step)
            elif entry_id := entry.result():
                self.requests.entries[one.step.name] = entry_id
            else:
                await self._tell_of_full_queue(one)

    def _run_step(self, decision: RunStep) -> "_Said":
        step, request_id = decision.step, new_id()
        try:
            raw = self.requests.written(self.state, step, request_id, decision.timeout_ms, decision.retry_count)
        except MessageTooLargeError as error:
            return self._fail_step(FailStep(step, error.code, str(error)))
        return _Said(
            step, events.step_requested(step.agent, step.name, request_id, decision.retry_count), raw, request_id
        )

    def _fail_step(self, decision: FailStep) -> "_Said":
        step, current = decision.step, self.state.steps[decision.step.name]
        if decision.code == "timeout" and current.requested_at is not None:
            log.warning(f"Timeout waiting for {step.agent} agent response", session_id=self.state.session_id)
            self._driving.attempts.timed_out(step.agent, current.retry_count)
        self._driving.attempts.given_up[step.agent] += 1
        return _Said(step, events.step_failed(step.agent, decision.code, decision.message, step=step.name))

    async def _tell_of_full_queue(self, one: "_Said") -> None:
        text = f"Too many requests wait for agent {one.step.agent}"
        refused = events.attempt_failed(one.step.agent, "queue_full", text, one.request_id)
        self._is_written(await self._broker.append(self.state.session_id, refused, epoch=self._epoch))

    def _is_written(self, appended: Appended) -> bool:
        """Whether the log took it. Where it did not, it has a reason that we have to read from it."""
        if appended.outcome != "appended":
            self._is_behind = True
        return appended.outcome == "appended"

    async def _end(self, status: SessionStatus) -> None:
        """The final entry decides: where somebody ended the session before, that is how it ended."""
        state = self.state
        at = events.now()
        # What comes of it is in the answer: that we announce it to others need not come back to us.
        self._stop_listening()
        event = events.ended(status.value, to_json(state.outline(status, at)), at)
        appended = await self._broker.append(
            state.session_id, event, is_final=True, ttl_s=state.ttl_s, epoch=self._epoch
        )
        if self._is_written(appended):
            end = {"status": status.value, "timestamp": events.timestamp(at)}
            state.apply(end, entry_id=appended.entry_id, is_final=True)

    async def _tidy_up(self) -> None:
        """The session has ended: store it so, and take back what nobody has taken."""
        said = [self._store(), self._driving.leases.ended(self.state.session_id)] if self.is_driver else []
        await _all(*said)
        for step in self.state.workflow.steps:
            if self.state.steps[step.name].status is StepStatus.CANCELLED:
                await self.requests.withdraw(step)

    # ---- after trouble

    async def _reconcile(self) -> None:
        """The log is the truth: fold it anew, see whose the session is, and send again what Redis has lost.

        Raises SessionLostError where there is no log any more.
        """
        session_id = self.state.session_id
        if not self._is_listening:
            await self._listen()
        entries = await self._broker.read_log(session_id)
        if not entries:
            await self._broker.unregister_session(session_id)
            raise SessionLostError(session_id)
        state = self.state.as_opened()
        for entry in logged_events(entries):
            state.take(entry)
        self.state, self._is_behind = state, False
        self._news.forget_own()
        self._changed()
        if self.is_driver and state.epoch > self._epoch:
            self._follow_only()
        if self.is_driver and not state.status.is_terminal:
            await self._driving.leases.hold(session_id, self)
            if missing := await self.requests.missing(state):
                # An outcome stands in the log before its request leaves the stream: what has one is not missing.
                await self._catch_up()
                await self.requests.send_again(self.state, missing)

    def _follow_only(self) -> None:
        self.is_driver = False
        self.requests.entries.clear()
        self._driving.leases.drop(self.state.session_id, self)
        log.warning("session_taken_over_by_another_gateway", session_id=self.state.session_id)

    async def _catch_up(self) -> None:
        """Fold in what the log has beyond what was heard."""
        for entry in logged_events(await self._broker.read_log(self.state.session_id, self.state.log_id)):
            self._apply(entry)
        if self.is_driver and self.state.epoch > self._epoch:
            self._follow_only()

    # ---- news

    async def _fold(self, news: News | None) -> None:
        match news:
            case LoggedEvent():
                self._apply(news)
            case Look.ON:
                await self._catch_up()
            case Look.ANEW:
                self._is_behind = True

    def _apply(self, entry: LoggedEvent) -> None:
        if not self.state.take(entry):
            return
        self._changed()
        event, name = entry.event, self.state.step_of(entry.event)
        if self.is_driver and name is not None:
            step = self.state.steps[name]
            self._driving.attempts.count(step.agent, event, step.retry_count)
        if event.get("status") == events.COMPLETED:
            # Its worker says so.
            return
        log.info(
            "session_event",
            session_id=self.state.session_id,
            event_type=event["type"],
            agent=event.get("agent"),
            status=event.get("status"),
        )


class _Said(NamedTuple):
    """What is said of one step: to the log, and to its agent where that is asked."""

    step: Step
    event: bytes
    raw: bytes = b""
    request_id: str = ""


async def _all(*said: "asyncio.Future[Any]") -> None:
    """Await everything, so that nothing is under way any more when one of them fails; then its error is raised."""
    failure: MessagingError | None = None
    for one in said:
        try:
            await one
        except MessagingError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _mark_retrieved(finished: "asyncio.Future[SessionState]") -> None:
    if not finished.cancelled():
        finished.exception()

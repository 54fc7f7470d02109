"""One running session: hears its news, folds them, decides, and has the decisions carried out.

It is the loop; what to do next is decided by pure functions in `decisions.py`, what happened is folded in `state.py`.
Where anything went wrong in between, the state is folded anew from the log, and what the log says was asked for and
Redis does not have any more is sent again: that is also how a session is taken over from a gateway that died.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic_core import from_json, to_json

from app.core.attempts import Attempts
from app.core.breakers import Breakers
from app.core.decisions import (
    QUEUE_FULL,
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
from app.core.read_model_writer import ReadModelWriter
from app.core.session_leases import SessionLeases
from app.core.session_news import Look, News, SessionNews
from app.core.state import LoggedEvent, SessionState, SessionStatus, StepStatus
from app.core.step_requests import Sent, StepCommand, StepRequests
from app.messaging import events
from app.messaging.broker import Appended, Broker
from app.messaging.errors import MessagingError
from app.messaging.rearming_timer import RearmingTimer
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

REDIS_RETRY_PAUSE_S = 0.25

GIVE_UP_AFTER = timedelta(seconds=10)
"""How long past its deadline a session waits for a Redis that does not take its end."""

LOOK_AGAIN_S = 3.0
"""How often one that only follows looks into the log: its driver may have died, and another one be at work."""


@dataclass(frozen=True)
class SessionDependencies:
    """What all sessions of a gateway are driven with. `max_queue_length`: how many requests may wait for an agent."""

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

    def __init__(self, shared: SessionDependencies, state: SessionState) -> None:
        self.state = state
        self.is_driver = True
        self.finished: asyncio.Future[SessionState] = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(_mark_retrieved)
        self.requests = StepRequests(shared.broker, shared.outstanding, shared.attempts, shared.max_queue_length)
        self._shared = shared
        self._broker = shared.broker
        self._epoch = state.epoch
        self._news = SessionNews(state.session_id, state.workflow.agents)
        self._alarm = RearmingTimer(self._news.has_some.set)
        self._read_model = ReadModelWriter(shared.broker)
        self._is_behind = False
        self._is_listening = False

    # ---- its beginning

    async def open(self, is_ours_alone: bool = False) -> bool:
        """Hold the session, store it and begin its log, listen, in one write. False where that session was opened
        before. Raises MessagingError; nothing runs then.

        `is_ours_alone`: nobody else has this id, so that the first agents can be asked in the same write.
        """
        first = self._encode(await self._decisions()) if is_ours_alone else []
        opened, sent = await self._write_opening(first)
        if opened.outcome != "appended":
            self._leave()
            return False
        self._shared.leases.keep(self.state.session_id, self)
        self.state.log_id = opened.entry_id
        try:
            await self._record(first, sent)
        except MessagingError:
            # It is opened, and runs; what is missing is found when it looks.
            self._is_behind = True
        except BaseException:
            self._leave()
            raise
        return True

    async def _write_opening(self, first: list[StepCommand]) -> tuple[Appended, Sent]:
        """All in one write, in an order in which it may break off anywhere."""
        state, session_id = self.state, self.state.session_id
        opening = events.started(
            session_id, state.workflow.name, state.workflow.timeout_ms, state.ttl_s, state.created_at
        )
        self._shared.subscriptions.check()
        # Before the log: what stands in the log and not in the registry would be driven by nobody.
        held = self._shared.leases.begin(session_id, self)
        self._fold_own(first)
        # Before anything is announced of it.
        stored = self._read_model.write(state)
        told = (opening, *(one.event for one in first))
        opened = self._broker.open_log(session_id, *told, request=state.request_json, ttl_s=state.ttl_s)
        # Before anybody is asked, so that every answer is heard; after what is announced of it, which we know.
        listening = self._shared.subscriptions.ask_for(self._news.channels, self._news.heard)
        self._is_listening = True
        sent = self.requests.send(first)
        try:
            await _await_all(held, stored, opened, *listening, *sent.values())
        except BaseException:
            self._leave()
            if opened.done() and not opened.cancelled() and not opened.exception():
                await self._roll_back(opened.result(), sent)
            raise
        return opened.result(), sent

    async def _roll_back(self, opened: Appended, sent: Sent) -> None:
        """It was opened, and something that belongs to it was refused: whoever asked is told that there is none."""
        if opened.outcome == "appended":
            await self._broker.discard_log(self.state.session_id)
        await self.requests.withdraw_sent(self.state, sent)

    async def take_over(self) -> None:
        """Listen and hold the session; the state is brought up to the log before anything is decided.

        Raises MessagingError; nothing runs then.
        """
        self._is_behind = True
        await self._listen()
        try:
            await self._shared.leases.hold(self.state.session_id, self)
        except BaseException:
            self._leave()
            raise

    async def _listen(self) -> None:
        await self._shared.subscriptions.listen(self._news.channels, self._news.heard)
        self._is_listening = True

    def check(self) -> None:
        """Something may be wrong: read the log before going on."""
        self._news.distrust()

    # ---- the loop

    async def drive(self) -> None:
        """Run the session to its end. Redis going away in between is waited out, for a while."""
        unsubscribe = self._shared.subscriptions.on_gap(self.check)
        try:
            while not self.state.status.is_terminal:
                try:
                    await self._advance()
                except MessagingError:
                    if self._broker.clock.now() > self.state.deadline + GIVE_UP_AFTER:
                        raise
                    self._is_behind = True
                    await asyncio.sleep(REDIS_RETRY_PAUSE_S)
            log.info("session_ended", session_id=self.state.session_id, status=self.state.status.value)
            self.finished.set_result(self.state)
            await self._tidy_up()
        except BaseException as error:
            if not self.finished.done():
                is_ours = isinstance(error, Exception)
                self.finished.set_exception(error if is_ours else ShuttingDownError(f"session {self.state.session_id}"))
            raise
        finally:
            unsubscribe()
            self._alarm.stop()
            self._leave()

    async def _advance(self) -> None:
        """Carry out what is to be done, then wait for the next news or deadline."""
        if self.is_driver and not self._shared.leases.is_current():
            # We may have been halted for longer than a lease: the session may be another's by now.
            await self._shared.leases.renew()
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
        if self.is_driver and self._read_model.due_in_s() <= 0:
            await self._read_model.write(self.state)
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
        return min((next_deadline(self.state) - self._broker.clock.now()).total_seconds(), self._read_model.due_in_s())

    def _leave(self) -> None:
        self._shared.leases.drop(self.state.session_id, self)
        self._stop_listening()

    def _stop_listening(self) -> None:
        self._is_listening = False
        self._shared.subscriptions.leave(self._news.channels, self._news.heard)

    # ---- decisions

    async def _decisions(self) -> list[Decision]:
        now = self._broker.clock.now()
        found = decide(self.state, now)
        if any(isinstance(one, FailStep) for one in found):
            # An answer may stand in the log, and its announcement be lost or on its way.
            await self._catch_up()
            found = decide(self.state, now)
        asked = {one.step.agent for one in found if isinstance(one, RunStep)}
        if asked and (skipped := await self._shared.breakers.skipped(asked)):
            found = decide(self.state, now, skipped)
        return found if self.is_driver else []

    async def _carry_out(self, decisions: list[Decision]) -> None:
        """All of them in one write."""
        for decision in decisions:
            if isinstance(decision, EndSession):
                await self._end(decision.status)
                return
        commands = self._encode(decisions)
        self._fold_own(commands)
        for one in commands:
            self._news.wrote(one.event)
        appended = self._broker.append(self.state.session_id, *(one.event for one in commands), epoch=self._epoch)
        sent = self.requests.send(commands)
        await _await_all(appended, *sent.values())
        if self._is_written(appended.result()):
            await self._record(commands, sent)

    def _encode(self, decisions: list[Decision]) -> list[StepCommand]:
        """Those on steps: the session's end is none."""
        return [self.requests.encode(self.state, one) for one in decisions if not isinstance(one, EndSession)]

    def _fold_own(self, commands: list[StepCommand]) -> None:
        """Fold in what is about to be written; where it then is not, the state is folded anew."""
        for one in commands:
            self.state.apply(from_json(one.event))
        self._read_model.mark_dirty()

    async def _record(self, commands: list[StepCommand], sent: Sent) -> None:
        """The log has taken them. A request that its agent's queue had no room for is an attempt that failed."""
        for refused in await self.requests.record(commands, sent):
            text = f"Too many requests wait for agent {refused.step.agent}"
            at_ms = self._broker.clock.now_ms()
            event = events.attempt_failed(refused.step.agent, QUEUE_FULL, text, refused.request_id, at_ms)
            self._is_written(await self._broker.append(self.state.session_id, event, epoch=self._epoch))

    def _is_written(self, appended: Appended) -> bool:
        """Whether the log took it. Where it did not, it has a reason that we have to read from it."""
        if appended.outcome != "appended":
            self._is_behind = True
        return appended.outcome == "appended"

    async def _end(self, status: SessionStatus) -> None:
        """The final entry decides: where somebody ended the session before, that is how it ended."""
        state = self.state
        at = self._broker.clock.now()
        # What comes of it is in the answer: that we announce it to others need not come back to us.
        self._stop_listening()
        event = events.ended(status.value, to_json(state.outline(status, at)), at)
        appended = await self._broker.end_log(state.session_id, event, state.ttl_s, epoch=self._epoch)
        if self._is_written(appended):
            end = {"status": status.value, "timestamp": events.timestamp(at)}
            state.apply(end, entry_id=appended.entry_id, is_final=True)

    async def _tidy_up(self) -> None:
        """The session has ended: store it so, and take back what nobody has taken."""
        said = (
            [self._read_model.write(self.state), self._shared.leases.ended(self.state.session_id)]
            if self.is_driver
            else []
        )
        await _await_all(*said)
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
        self._read_model.mark_dirty()
        if self.is_driver and state.epoch > self._epoch:
            self._follow_only()
        if self.is_driver and not state.status.is_terminal:
            await self._shared.leases.hold(session_id, self)
            if missing := await self.requests.missing(state):
                # An outcome stands in the log before its request leaves the stream: what has one is not missing.
                await self._catch_up()
                await self.requests.send_again(self.state, missing)

    def _follow_only(self) -> None:
        self.is_driver = False
        self.requests.entries.clear()
        self._shared.leases.drop(self.state.session_id, self)
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
        self._read_model.mark_dirty()
        event, name = entry.event, self.state.step_of(entry.event)
        if self.is_driver and name is not None:
            step = self.state.steps[name]
            self._shared.attempts.count(step.agent, event, step.retry_count)
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


async def _await_all(*said: "asyncio.Future[Any]") -> None:
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

"""Opens sessions and has them run, answers about them, cancels them, and asks single agents. Stateless: what it knows
of a session beyond its own running ones is in Redis, so any gateway answers for any session, and finishes those of a
gateway that died.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Coroutine, Iterable, KeysView
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Literal, TypeVar

import structlog

from app.core.admission import Admission
from app.core.attempts import Attempts
from app.core.audit import Audit, audit
from app.core.background_tasks import BackgroundTasks
from app.core.breakers import Breakers, BreakerSettings
from app.core.dead_letters import dead_letter, dead_letters, send_again
from app.core.errors import ShuttingDownError
from app.core.fleet import Fleet
from app.core.idempotency import KEPT_S, IdempotencyKey, earlier_session_of, session_of
from app.core.load import Limits, Load
from app.core.outstanding import Outstanding
from app.core.running_sessions import RunningSessions
from app.core.session_feeds import OpenView, SessionFeeds
from app.core.session_ids import new_session_id
from app.core.session_leases import SessionLeases
from app.core.session_run import GIVE_UP_AFTER, SessionDependencies, SessionRun
from app.core.session_timeline import LogEvent
from app.core.single_request import SingleRequests
from app.core.state import SessionState, SessionStatus
from app.core.stored_sessions import StoredSessions
from app.core.takeovers import Takeovers
from app.core.workflow import Workflow
from app.messaging import channels, entry_ids
from app.messaging.broker import Broker
from app.messaging.cancellation import cancel_and_wait
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError
from app.messaging.protocols import Envelope
from app.messaging.request_queue import DeadLetter

log = structlog.get_logger(__name__)

T = TypeVar("T")

RedisStanding = Literal["well", "refusing", "away"]

RECALL_RETRY_PAUSE_S = 1.0
"""Between two attempts to read what was announced before we listened."""

FINISH_WITHIN_S = 4.0
"""How long running sessions may take to end once the gateway is told to stop; the server gives its requests 5 s."""


class Orchestrator:
    """One a gateway process. `workflows` by name; `state_ttl_s`: how long a session is kept after its last change.

    `running`: ids of the sessions that this gateway drives. `ended`: how many it drove to each state since its start.
    `taken_over`: how many of them another gateway had begun.
    """

    def __init__(
        self,
        broker: Broker,
        workflows: Iterable[Workflow],
        state_ttl_s: int,
        limits: Limits | None = None,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self._broker = broker
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._ttl_s = state_ttl_s
        self.limits = limits or Limits()
        agents = dict.fromkeys(agent for workflow in self._workflows.values() for agent in workflow.agents)
        self.fleet = Fleet(agents)
        self.load = Load(self.fleet)
        self.breakers = Breakers(broker, agents, breaker or BreakerSettings())
        self.attempts = Attempts(self.breakers)
        self._subscriptions = broker.subscriptions(
            {
                channels.HEALTH: lambda _, raw: self.fleet.heard(raw),
                channels.BREAKERS: lambda _, raw: self.breakers.heard(raw),
                channels.REQUESTS_LOST: lambda *_: self._subscriptions.tell_of_gap(),
            }
        )
        self._leases = SessionLeases(broker, state_ttl_s)
        outstanding = Outstanding(broker)
        self._shared = SessionDependencies(
            broker,
            self._subscriptions,
            self._leases,
            self.breakers,
            self.attempts,
            outstanding,
            self.limits.max_queue_length,
        )
        self._single = SingleRequests(
            broker, self._subscriptions, self.breakers, self.attempts, outstanding, self.limits, self.load
        )
        self._stored = StoredSessions(broker, self._workflows, state_ttl_s)
        self._feeds = SessionFeeds(broker, self._subscriptions)
        self._admission = Admission(broker, self.limits, self.load)
        self._tasks = BackgroundTasks()
        self._sessions = RunningSessions(self._tasks, self.load)
        self._takeovers = Takeovers(self._shared, self._workflows, self._sessions)
        self._is_over = asyncio.Event()
        self._winding_down: asyncio.Task[None] | None = None

    @property
    def running(self) -> KeysView[str]:
        return self._sessions.ids

    @property
    def ended(self) -> Counter[str]:
        return self._sessions.ended

    @property
    def taken_over(self) -> int:
        return self._takeovers.count

    async def start(self) -> None:
        """Connect in the background; Redis may come later."""
        self._subscriptions.start()
        self._tasks.start(self._recall())
        self._tasks.start(self._leases.renew_forever())
        self._tasks.start(self._leases.look_forever(self._takeovers.adopt))

    def stop_soon(self) -> None:
        """The process was told to stop: sessions have a moment to end, the others are handed over, and whoever still
        waits is told so."""
        if self._winding_down is None:
            self._admission.close()
            self._winding_down = asyncio.create_task(self._wind_down())

    async def _wind_down(self) -> None:
        unfinished = await self._sessions.wait(FINISH_WITHIN_S)
        self._is_over.set()
        self._feeds.stop()
        await self._tasks.cancel()
        for session_id in unfinished:
            with suppress(MessagingError):
                await self._leases.release(session_id)

    async def aclose(self) -> None:
        """As `stop_soon`, and then stop."""
        self.stop_soon()
        assert self._winding_down is not None
        await self._winding_down
        await self._feeds.aclose()
        await self.breakers.flush()
        await self._subscriptions.aclose()

    async def _unless_over(self, what: str, waiting: Coroutine[Any, Any, T]) -> T:
        """Wait for something, but no longer than this gateway works. Raises ShuttingDownError."""
        over, task = asyncio.create_task(self._is_over.wait()), asyncio.create_task(waiting)
        try:
            await asyncio.wait([over, task], return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ShuttingDownError(what)
            return task.result()
        finally:
            await cancel_and_wait(over, task)

    # ---- sessions

    async def open(self, workflow: str, request: dict[str, Any]) -> SessionRun:
        """Store a new session and set it going.

        Raises TooManySessionsError and QueueFullError where there is too much to do, MessagingError where it could not
        be stored.
        """
        session_id = new_session_id(self._broker.clock.now_ms())
        run = await self._open(session_id, workflow, request, self._ttl_s, is_ours_alone=True)
        assert run is not None, "nobody else has this id"
        return run

    async def open_once(self, workflow: str, request: dict[str, Any], key: IdempotencyKey) -> str:
        """The session of that key: a new one, or the one that the key opened before. As `open`.

        Raises IdempotencyConflictError where the key was used for another request.
        """
        session_id = await session_of(self._broker, key)
        if not await self._broker.has_log(session_id):
            # Claimed a moment ago by us or by somebody who may have died since; of two who open it one succeeds.
            await self._open(session_id, workflow, request, max(KEPT_S, self._ttl_s))
        return session_id

    async def opened_by(self, key: IdempotencyKey) -> str | None:
        """The session that the key has opened, None where it has opened none so far.

        Raises IdempotencyConflictError where the key was used for another request.
        """
        session_id = await earlier_session_of(self._broker, key)
        return session_id if session_id is not None and await self._broker.has_log(session_id) else None

    async def _open(
        self, session_id: str, workflow: str, request: dict[str, Any], ttl_s: int, is_ours_alone: bool = False
    ) -> SessionRun | None:
        flow = self._workflows[workflow]
        with self._admission.slot() as slot:
            await self._admission.check_queues(flow)
            await self._broker.learn_time()
            state = SessionState.opened(session_id, flow, request, self._broker.clock.now(), ttl_s)
            run = SessionRun(self._shared, state)
            if not await run.open(is_ours_alone):
                return None
            log.info("session_opened", session_id=session_id, workflow=workflow)
            self._sessions.start(run, when_done=slot.hand_over())
        return run

    async def state(self, session_id: str) -> SessionState:
        """The session as it is now. Raises SessionNotFoundError, SessionLostError where it should still be there."""
        return await self._stored.state(session_id)

    async def status(self, session_id: str) -> SessionStatus:
        """The session's status alone. As `state`."""
        if run := self._sessions.get(session_id):
            return run.state.status
        return (await self.state(session_id)).status

    async def finished(self, session_id: str) -> SessionState:
        """Wait for the session's end, whichever gateway drives it. As `state`."""
        if run := self._sessions.get(session_id):
            return await asyncio.shield(run.finished)
        return await self._unless_over(f"session {session_id}", self._finished_elsewhere(session_id))

    async def _finished_elsewhere(self, session_id: str) -> SessionState:
        state = await self.state(session_id)
        longest = timedelta(milliseconds=state.workflow.timeout_ms) + GIVE_UP_AFTER
        try:
            left_s = (state.created_at + longest - self._broker.clock.now()).total_seconds()
            async with asyncio.timeout(max(1.0, left_s)):
                while not state.status.is_terminal:
                    async for _ in await self.follow(session_id, state.log_id):
                        pass
                    state = await self.state(session_id)
        except TimeoutError:
            raise RedisUnavailableError(f"session {session_id} did not end within its time") from None
        return state

    async def cancel(self, session_id: str, versions: Collection[str] | None = None) -> SessionState:
        """End the session, whoever runs it: see `StoredSessions.cancel`."""
        return await self._stored.cancel(session_id, versions)

    async def follow(self, session_id: str, after: str = "") -> AsyncGenerator[LogEvent, None]:
        """The session's events after that entry id, first those that were, then those that come, to the last one.

        One that ends early says so by a last event without an id, see `SessionFeeds.view`. Raises SessionNotFoundError
        and RedisUnavailableError before the first event.
        """
        return self._feeds.follow(await self._viewed(session_id), after)

    async def viewing(self, session_id: str, after: str = "") -> OpenView | None:
        """The same for one who takes all that is there at once: see `SessionFeeds.view`, which it calls.

        None where the session has ended, and that entry was its last: nothing more can come.
        """
        state = await self._viewed(session_id)
        is_over = state.status.is_terminal and entry_ids.position(after) >= entry_ids.position(state.log_id)
        return None if is_over else partial(self._feeds.view, state, after)

    async def _viewed(self, session_id: str) -> SessionState:
        if not self.is_listening():
            raise RedisUnavailableError("the subscription connection to Redis is away")
        return self._feeds.watched(session_id) or await self.state(session_id)

    # ---- single agents

    async def ask(self, agent: str, payload: dict[str, Any], timeout_ms: int) -> dict[str, Any]:
        """Ask one agent, past any session; nothing is kept.

        Raises AgentExecutionError, AgentTimeoutError, AgentSkippedError, TooManySessionsError, MessagingError.
        """
        with self._admission.slot():
            return await self._unless_over(f"agent {agent}", self._single.ask(agent, payload, timeout_ms))

    # ---- for operators

    async def audit(self) -> Audit:
        """The books of everything that Redis keeps. Raises MessagingError."""
        return await audit(self._broker, self.fleet.agents, self._ttl_s)

    async def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Requests that were put aside, at most so many of each agent. Raises MessagingError."""
        return await dead_letters(self._broker, self.fleet.agents, limit)

    async def dead_letter(self, agent: str, buried_id: str) -> DeadLetter:
        """One of them, whole. Raises DeadLetterNotFoundError, MessagingError."""
        return await dead_letter(self._broker, agent, buried_id)

    async def send_again(self, agent: str, buried_id: str) -> tuple[Envelope, str]:
        """Send one of them again. Raises DeadLetterNotFoundError, DecodeError, MessagingError."""
        return await send_again(self._broker, agent, buried_id)

    # ---- the fleet

    def queue_lengths(self) -> dict[str, int]:
        """How many requests of each agent waited or were being worked when this gateway last sent one."""
        return {agent: self._broker.queue_lengths.get(agent, 0) for agent in self.fleet.agents}

    def is_listening(self) -> bool:
        """Whether the subscription connection stands: without it no session can be opened."""
        return self._subscriptions.is_connected

    async def redis_standing(self) -> RedisStanding:
        """`away`: Redis does not answer within a second, or is not listened to. `refusing`: it answers, and takes
        nothing that is to be stored, so that every plan is refused."""
        if not self.is_listening():
            return "away"
        try:
            async with asyncio.timeout(1.0):
                await self._broker.try_writing()
        except CommandRefusedError:
            return "refusing"
        except (MessagingError, TimeoutError):
            return "away"
        return "well"

    async def _recall(self) -> None:
        """After the start, and after each time that news were lost: who had registered, and which breakers are open."""
        again = asyncio.Event()
        self._subscriptions.on_gap(again.set)
        while True:
            try:
                for beats in (await self._broker.heartbeats(self.fleet.agents)).values():
                    for raw in beats:
                        self.fleet.remembered(raw)
                await self.breakers.recall()
            except MessagingError:
                await asyncio.sleep(RECALL_RETRY_PAUSE_S)
                continue
            await again.wait()
            again.clear()

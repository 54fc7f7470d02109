"""Opens sessions and has them run, answers about them, cancels them, and asks single agents. Stateless: what it knows
of a session beyond its own running ones is in Redis, so any gateway answers for any session.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import suppress
from typing import Any

import structlog
from pydantic_core import to_json

from app.core.errors import AgentFailedError, AgentTimeoutError, SessionEndedError, SessionNotFoundError
from app.core.fleet import Fleet
from app.core.log_reader import LogEvent, follow_log, logged_events
from app.core.session_run import SessionRun
from app.core.state import SessionState, SessionStatus, fold, from_read_model, workflow_named
from app.core.workflow import Workflow
from app.messaging import channels, events
from app.messaging.broker import Broker
from app.messaging.ending import end
from app.messaging.errors import DecodeError, MessagingError, RedisUnavailableError
from app.messaging.protocols import Envelope, Metadata, decode, new_id

log = structlog.get_logger(__name__)

REGISTRY_RETRY_PAUSE_S = 1.0

FINISH_WITHIN_S = 5.0
"""How long running sessions may take to end once the gateway is told to stop."""


class Orchestrator:
    """One a gateway process. `workflows` by name; `state_ttl_s`: how long a session is kept after its last change.

    `running`: ids of the sessions that this gateway drives. `ended`: how many it drove to each state since its start.
    """

    def __init__(self, broker: Broker, workflows: Iterable[Workflow], state_ttl_s: int) -> None:
        self._broker = broker
        self._workflows = {workflow.name: workflow for workflow in workflows}
        self._ttl_s = state_ttl_s
        agents = dict.fromkeys(agent for workflow in self._workflows.values() for agent in workflow.agents())
        self.fleet = Fleet(agents)
        self._subscriptions = broker.subscriptions({channels.HEALTH: lambda _, raw: self.fleet.heard(raw)})
        self._tasks: set[asyncio.Task[None]] = set()
        self._drives: set[asyncio.Task[None]] = set()
        self.running: set[str] = set()
        self.ended: Counter[str] = Counter()

    async def start(self) -> None:
        """Connect in the background; Redis may come later."""
        self._subscriptions.start()
        self._keep(self._remember_fleet())

    async def aclose(self) -> None:
        """Give the running sessions a moment to end, then stop."""
        if self._drives:
            await asyncio.wait(self._drives, timeout=FINISH_WITHIN_S)
        await end(*self._tasks)
        await self._subscriptions.aclose()

    # ---- sessions

    async def open(self, workflow: str, request: dict[str, Any]) -> SessionRun:
        """Store a new session and set it going. Raises MessagingError where it could not be stored."""
        state = SessionState.opened(new_id(), self._workflows[workflow], request, events.now())
        run = SessionRun(self._broker, self._subscriptions, state, self._ttl_s)
        await run.open()
        log.info("session_opened", session_id=state.session_id, workflow=workflow)
        drive = self._keep(self._drive(run))
        self._drives.add(drive)
        drive.add_done_callback(self._drives.discard)
        return run

    async def _drive(self, run: SessionRun) -> None:
        self.running.add(run.state.session_id)
        try:
            await run.drive()
            self.ended[run.state.status.value] += 1
        finally:
            self.running.discard(run.state.session_id)

    async def state(self, session_id: str) -> SessionState:
        """The session as it is now: its read model and what its log holds beyond. Raises SessionNotFoundError."""
        raw = await self._broker.get_state(session_id)
        if raw is None:
            raise SessionNotFoundError(session_id)
        workflow = self._workflows.get(workflow_named(raw))
        if workflow is None:
            raise SessionNotFoundError(session_id)
        state = from_read_model(raw, workflow)
        return fold(state, logged_events(await self._broker.read_log(session_id, state.log_id)))

    async def cancel(self, session_id: str) -> SessionState:
        """End the session, whoever runs it. Cancelling again changes nothing.

        Raises SessionNotFoundError, and SessionEndedError where it ended otherwise.
        """
        state = await self.state(session_id)
        if not state.status.is_terminal:
            at = events.now()
            event = events.ended(SessionStatus.CANCELLED, state.answer(SessionStatus.CANCELLED, at), at)
            appended = await self._broker.append(session_id, event, is_final=True, ttl_s=self._ttl_s)
            if appended.outcome == "appended":
                state.apply(events.decode_event(event), entry_id=appended.entry_id, is_final=True)
                notice = to_json({"session_id": session_id, "timestamp": events.timestamp()})
                announced = self._broker.announce_cancel(session_id, notice)
                await asyncio.gather(announced, self._broker.put_state(session_id, state.to_json(), self._ttl_s))
                log.info("session_cancelled", session_id=session_id)
                return state
            state = await self.state(session_id)
        if state.status is not SessionStatus.CANCELLED:
            raise SessionEndedError(session_id, state.status)
        return state

    async def follow(self, session_id: str, after: str = "") -> AsyncIterator[LogEvent]:
        """The session's events after that entry id, first those that were, then those that come, to the last one.

        Raises SessionNotFoundError and RedisUnavailableError before the first event.
        """
        if not self.is_listening():
            raise RedisUnavailableError("the subscription connection to Redis is away")
        state = await self.state(session_id)
        fresh = SessionState.opened(session_id, state.workflow, state.request, state.created_at)
        return follow_log(self._broker, self._subscriptions, fresh, after)

    # ---- single agents

    async def ask(self, agent: str, payload: dict[str, Any], timeout_ms: int) -> dict[str, Any]:
        """Ask one agent, past any session; nothing is kept.

        Raises AgentFailedError, AgentTimeoutError, MessagingError.
        """
        session_id = new_id()
        envelope = Envelope(
            session_id=session_id,
            request_id=new_id(),
            timestamp=events.now(),
            agent=agent,
            action="request",
            payload=payload,
            metadata=Metadata(timeout_ms=timeout_ms),
        )
        inbox: asyncio.Queue[bytes] = asyncio.Queue()

        def heard(_: str, raw: bytes) -> None:
            inbox.put_nowait(raw)

        channel = channels.response_channel(agent, session_id)
        await self._subscriptions.listen([channel], heard)
        try:
            entry_id = await self._broker.request(envelope)
            answer = await self._answer(inbox, envelope.request_id, timeout_ms)
            if answer is None:
                log.warning(f"Timeout waiting for {agent} agent response", request_id=envelope.request_id)
                await self._broker.withdraw(agent, entry_id)
                raise AgentTimeoutError(agent, timeout_ms)
        finally:
            await self._subscriptions.leave([channel], heard)
        if answer.action == "error":
            text = str(answer.payload.get("message", "the agent failed"))
            raise AgentFailedError(agent, str(answer.payload.get("code", "agent_error")), text)
        return answer.payload

    @staticmethod
    async def _answer(inbox: "asyncio.Queue[bytes]", request_id: str, timeout_ms: int) -> Envelope | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_ms / 1000):
                while True:
                    with suppress(DecodeError):
                        answer = decode(await inbox.get())
                        if answer.request_id == request_id and answer.action != "request":
                            return answer
        return None

    # ---- the fleet

    def is_listening(self) -> bool:
        """Whether the subscription connection stands: without it no session can be opened."""
        return self._subscriptions.is_connected

    async def is_redis_reachable(self) -> bool:
        """Whether Redis answers within a second and is listened to."""
        if not self.is_listening():
            return False
        with suppress(MessagingError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._broker.ping()
                return True
        return False

    async def _remember_fleet(self) -> None:
        """Once after the start: who had registered before we listened."""
        while True:
            try:
                registered = await self._broker.heartbeats(self.fleet.agents)
            except MessagingError:
                await asyncio.sleep(REGISTRY_RETRY_PAUSE_S)
                continue
            for beats in registered.values():
                for raw in beats:
                    self.fleet.remembered(raw)
            return

    def _keep(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background_task_failed", reason=repr(error), exc_info=error)

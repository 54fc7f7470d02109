"""Sessions as Redis keeps them, whichever gateway drives them: how one stands is read here, and it is ended here by the
one who asked for it. It holds nothing but the broker, so any gateway can do it for any session.
"""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta

import structlog
from pydantic_core import to_json

from app.core import read_model
from app.core.errors import (
    InconsistentStateError,
    SessionEndedError,
    SessionLostError,
    SessionNotFoundError,
    VersionConflictError,
)
from app.core.log_reader import logged_events, replay
from app.core.session_ids import opened_at
from app.core.state import SessionState, SessionStatus, fold
from app.core.workflow import Workflow
from app.messaging import events
from app.messaging.broker import Broker
from app.messaging.errors import CommandRefusedError

log = structlog.get_logger(__name__)

SPOILT = b""
"""In the place of a read model that cannot be one."""


class StoredSessions:
    """`workflows` by name; `ttl_s`: how long a session is kept after its last change."""

    def __init__(self, broker: Broker, workflows: Mapping[str, Workflow], ttl_s: int) -> None:
        self._broker = broker
        self._workflows = workflows
        self._ttl_s = ttl_s

    async def state(self, session_id: str) -> SessionState:
        """The session as it is now: its read model and what its log holds beyond.

        A read model that is missing, another session's, or contradicts itself or the log is passed over: the whole log
        is replayed instead. Raises SessionNotFoundError, SessionLostError where it should still be there.
        """
        raw = await self._read_model(session_id)
        if raw is not None and (known := await self._from_read_model(session_id, raw)) is not None:
            return known
        entries = await self._broker.read_log(session_id)
        try:
            state = replay(session_id, entries, self._workflows)
        except InconsistentStateError as error:
            raise self._not_found(session_id) from error
        if raw is not None:
            log.warning("read_model_replaced", session_id=session_id)
            await self._broker.put_state(session_id, read_model.encode(state), state.ttl_s)
        return state

    async def _read_model(self, session_id: str) -> bytes | None:
        try:
            return await self._broker.get_state(session_id)
        except CommandRefusedError as error:
            if "WRONGTYPE" not in str(error):
                raise
            # Something else stands in its place: it is made anew.
            return SPOILT

    async def _from_read_model(self, session_id: str, raw: bytes) -> SessionState | None:
        """None where it is not to be relied on; the last entry folded into it is to be one of the session's log."""
        try:
            state = read_model.decode(raw, self._workflows)
        except InconsistentStateError:
            return None
        if state.session_id != session_id:
            return None
        rest = await self._broker.read_log(session_id, state.log_id)
        is_in_log = state.status.is_terminal or bool(rest)
        if not is_in_log and state.log_id:
            is_in_log = await self._broker.has_entry(session_id, state.log_id)
        return fold(state, logged_events(rest)) if is_in_log else None

    def _not_found(self, session_id: str) -> SessionNotFoundError:
        """An id of ours holds the time of its making: what is younger than its lifetime should still be there."""
        made = opened_at(session_id)
        now = self._broker.clock.now()
        if made is None or made > now:
            return SessionNotFoundError(session_id)
        if now - made < timedelta(seconds=self._ttl_s):
            return SessionLostError(session_id)
        return SessionNotFoundError(
            session_id, f"session {session_id} is over: sessions are kept for {self._ttl_s} s after their last change"
        )

    async def cancel(self, session_id: str, versions: Collection[str] | None = None) -> SessionState:
        """End the session, whoever runs it. Cancelling again changes nothing.

        `versions`: only where one of these is still its last event. Raises SessionNotFoundError, VersionConflictError,
        and SessionEndedError where it ended otherwise.
        """
        state = await self.state(session_id)
        while not state.status.is_terminal and (versions is None or state.log_id in versions):
            at = self._broker.clock.now()
            outline = to_json(state.outline(SessionStatus.CANCELLED, at))
            event = events.ended(SessionStatus.CANCELLED, outline, at)
            appended = await self._broker.end_log(session_id, event, state.ttl_s, after=state.log_id)
            if appended.outcome == "appended":
                state.apply(events.decode_event(event), entry_id=appended.entry_id, is_final=True)
                await self._tell_of_cancel(state)
                return state
            # It has moved on while we looked: what is cancelled is what it had come to.
            state = await self.state(session_id)
        if versions is not None and state.log_id not in versions:
            raise VersionConflictError(session_id, " or ".join(versions) or "none")
        if state.status is not SessionStatus.CANCELLED:
            raise SessionEndedError(session_id, state.status)
        return state

    async def _tell_of_cancel(self, state: SessionState) -> None:
        session_id = state.session_id
        notice = to_json({"session_id": session_id, "timestamp": events.timestamp(self._broker.clock.now())})
        await asyncio.gather(
            self._broker.announce_cancel(session_id, notice),
            self._broker.put_state(session_id, read_model.encode(state), state.ttl_s),
            self._broker.end_session(session_id, self._broker.clock.now_ms()),
        )
        log.info("session_cancelled", session_id=session_id)

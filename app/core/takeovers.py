"""Carries on sessions whose gateway died: what is claimed by its lease is replayed from its log and driven on."""

from collections.abc import Mapping

import structlog

from app.core.errors import InconsistentStateError
from app.core.log_reader import replay
from app.core.running_sessions import RunningSessions
from app.core.session_run import SessionDependencies, SessionRun
from app.core.workflow import Workflow
from app.messaging import entry_ids, events

log = structlog.get_logger(__name__)

REMEMBER_AT_MOST = 1_000
"""Sessions that cannot be taken over and were told of in the log."""


class Takeovers:
    """`count`: how many sessions were taken over."""

    def __init__(
        self, shared: SessionDependencies, workflows: Mapping[str, Workflow], sessions: RunningSessions
    ) -> None:
        self.count = 0
        self._shared = shared
        self._broker = shared.broker
        self._workflows = workflows
        self._sessions = sessions
        self._refused: set[str] = set()

    async def adopt(self, session_id: str) -> None:
        """Carry on a session whose lease ran out and was claimed. On MessagingError that lease runs out again."""
        entries = await self._broker.read_log(session_id)
        if not entries:
            await self._broker.unregister_session(session_id)
            return
        if entries[-1].is_final:
            await self._shared.leases.ended(session_id, entry_ids.time_ms(entries[-1].id))
            return
        try:
            state = replay(session_id, entries, self._workflows)
        except InconsistentStateError as error:
            self._log_once(session_id, str(error))
            return
        resumed = events.resumed(self._broker.clock.now_ms())
        claimed = await self._broker.claim_log(session_id, resumed, entries[-1].epoch, state.ttl_s)
        if claimed.outcome != "appended":
            return
        state.epoch = claimed.epoch
        run = SessionRun(self._shared, state)
        await run.take_over()
        log.warning("session_taken_over", session_id=session_id, epoch=claimed.epoch)
        self.count += 1
        self._sessions.start(run)

    def _log_once(self, session_id: str, reason: str) -> None:
        """It comes round again each time that its lease runs out, until its log expires."""
        if session_id in self._refused:
            return
        if len(self._refused) >= REMEMBER_AT_MOST:
            self._refused.clear()
        self._refused.add(session_id)
        log.error("session_cannot_be_taken_over", session_id=session_id, reason=reason)

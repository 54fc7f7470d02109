"""A session's requests to agents: written, sent, taken back, and sent again where Redis has lost them.

A file of its own because it alone knows in which entry of which stream a step's request waits.
"""

import asyncio
from datetime import datetime

import structlog
from pydantic_core import to_json

from app.core.decisions import step_deadline
from app.core.outstanding import Outstanding
from app.core.state import SessionState, StepStatus
from app.core.workflow import Step, payload
from app.messaging import events
from app.messaging.broker import Broker
from app.messaging.protocols import metadata_json, new_id, with_members, written

log = structlog.get_logger(__name__)


class StepRequests:
    """`max_length`: how many may wait for an agent. `entries`: where each step's request waits, by the step's name."""

    def __init__(self, broker: Broker, outstanding: Outstanding, max_length: int) -> None:
        self._broker = broker
        self._outstanding = outstanding
        self._max_length = max_length
        self.entries: dict[str, str] = {}

    def written(self, state: SessionState, step: Step, request_id: str, timeout_ms: int, retry_count: int) -> bytes:
        """Raises MessageTooLargeError."""
        fields = to_json(payload(step, state.request, state.failures() if step.needs else {}))
        if step.needs:
            results = {name: state.result_json(name) for name in step.needs if name in state.results}
            fields = with_members(fields, {"results": with_members(b"{}", results)})
        return written(
            session_id=state.session_id,
            request_id=request_id,
            agent=step.agent,
            action="request",
            payload=fields,
            metadata=metadata_json(timeout_ms=timeout_ms, retry_count=retry_count, correlation_id=state.session_id),
            at_ms=self._broker.clock.now_ms(),
            max_bytes=self._broker.max_bytes,
        )

    def send(self, agent: str, raw: bytes) -> "asyncio.Future[str | None]":
        """To be awaited: the request's entry id; None where the queue is full."""
        return self._broker.send_request(agent, raw, self._max_length)

    async def withdraw(self, step: Step) -> None:
        """Take it back where nobody has taken it."""
        if entry_id := self.entries.pop(step.name, None):
            await self._broker.withdraw(step.agent, entry_id)

    # ---- after trouble

    async def missing(self, state: SessionState) -> list[Step]:
        """Steps that wait for an answer to a request that no stream holds."""
        missing = []
        for step in [step for step in state.workflow.steps if _waits(state, step)]:
            # What we have sent ourselves may be gone as well, or have been for an attempt before this one.
            self.entries.pop(step.name, None)
            found = await self._outstanding.of(step.agent)
            if entry_id := found.get(state.steps[step.name].request_id or ""):
                self.entries[step.name] = entry_id
            else:
                missing.append(step)
        return missing

    async def send_again(self, state: SessionState, steps: list[Step]) -> None:
        """Those of them that still wait."""
        sent = []
        for step in steps:
            current, left_ms = state.steps[step.name], _ms_until(step_deadline(state, step))
            if _waits(state, step) and left_ms > 0:
                log.warning("request_sent_again", session_id=state.session_id, agent=step.agent)
                raw = self.written(state, step, current.request_id or new_id(), left_ms, current.retry_count)
                sent.append((step, self.send(step.agent, raw)))
        for step, entry_id in [(step, await entry) for step, entry in sent]:
            if entry_id:
                self.entries[step.name] = entry_id


def _waits(state: SessionState, step: Step) -> bool:
    current = state.steps[step.name]
    return current.status is StepStatus.RUNNING and current.retry_at is None


def _ms_until(deadline: datetime | None) -> int:
    return 0 if deadline is None else int((deadline - events.now()).total_seconds() * 1000)

"""A session's requests to agents: decisions encoded as requests and events, sent, withdrawn, and sent again where Redis
has lost them.

A file of its own because it alone knows in which entry of which stream a step's request waits.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog
from pydantic_core import to_json

from app.core.attempts import Attempts
from app.core.decisions import FailStep, RunStep, step_deadline
from app.core.outstanding import Outstanding
from app.core.state import SessionState, StepStatus
from app.core.workflow import Step, payload
from app.messaging import events
from app.messaging.broker import Broker
from app.messaging.errors import MessageTooLargeError
from app.messaging.protocols import encode_message, metadata_json, new_id, with_members

log = structlog.get_logger(__name__)

Sent = Mapping[str, "asyncio.Future[str | None]"]
"""By step: the entry id of the request that was sent, None where its agent's queue was full."""


class StepCommand(NamedTuple):
    """A decision on one step, encoded: the event for the log and, where the agent is asked, the request to it."""

    step: Step
    event: bytes
    request: bytes = b""
    request_id: str = ""


class StepRequests:
    """`max_length`: how many may wait for an agent. `entries`: where each step's request waits, by the step's name."""

    def __init__(self, broker: Broker, outstanding: Outstanding, attempts: Attempts, max_length: int) -> None:
        self._broker = broker
        self._outstanding = outstanding
        self._attempts = attempts
        self._max_length = max_length
        self.entries: dict[str, str] = {}

    # ---- decisions

    def encode(self, state: SessionState, decision: RunStep | FailStep) -> StepCommand:
        """A request that is too large to be sent fails its step."""
        if isinstance(decision, FailStep):
            return self._encode_failure(state, decision)
        step, request_id = decision.step, new_id()
        try:
            request = self._encode_request(state, step, request_id, decision.timeout_ms, decision.retry_count)
        except MessageTooLargeError as error:
            return self._encode_failure(state, FailStep(step, error.code, str(error)))
        at_ms = self._broker.clock.now_ms()
        event = events.step_requested(step.agent, step.name, request_id, decision.retry_count, at_ms)
        return StepCommand(step, event, request, request_id)

    def _encode_failure(self, state: SessionState, decision: FailStep) -> StepCommand:
        step, current = decision.step, state.steps[decision.step.name]
        if decision.code == "timeout" and current.requested_at is not None:
            log.warning(f"Timeout waiting for {step.agent} agent response", session_id=state.session_id)
            waited = self._broker.clock.now() - current.requested_at
            self._attempts.timed_out(step.agent, current.retry_count, waited.total_seconds())
        self._attempts.given_up[step.agent] += 1
        at_ms = self._broker.clock.now_ms()
        event = events.step_failed(step.agent, decision.code, decision.message, step=step.name, at_ms=at_ms)
        return StepCommand(step, event)

    def _encode_request(
        self, state: SessionState, step: Step, request_id: str, timeout_ms: int, retry_count: int
    ) -> bytes:
        """Raises MessageTooLargeError."""
        fields = to_json(payload(step, state.request, state.failures() if step.needs else {}))
        if step.needs:
            results = {name: state.result_json(name) for name in step.needs if name in state.results}
            fields = with_members(fields, {"results": with_members(b"{}", results)})
        return encode_message(
            session_id=state.session_id,
            request_id=request_id,
            agent=step.agent,
            action="request",
            payload=fields,
            metadata=metadata_json(timeout_ms=timeout_ms, retry_count=retry_count, correlation_id=state.session_id),
            at_ms=self._broker.clock.now_ms(),
            max_bytes=self._broker.max_bytes,
        )

    # ---- sent and withdrawn

    def send(self, commands: Iterable[StepCommand]) -> Sent:
        """Send the requests among them, in one write with whatever else is said to Redis now."""
        return {one.step.name: self._send(one.step, one.request) for one in commands if one.request}

    def _send(self, step: Step, request: bytes) -> "asyncio.Future[str | None]":
        return self._broker.send_request(step.agent, request, self._max_length)

    async def record(self, commands: Iterable[StepCommand], sent: Sent) -> list[StepCommand]:
        """Note where each request waits, once all are sent; that of a failed step is withdrawn.

        Returns those that their agent's queue had no room for. Raises MessagingError.
        """
        refused = []
        for one in commands:
            if (entry := sent.get(one.step.name)) is None:
                await self.withdraw(one.step)
            elif entry_id := entry.result():
                self.entries[one.step.name] = entry_id
            else:
                refused.append(one)
        return refused

    async def withdraw(self, step: Step) -> None:
        """Take its request back where nobody has taken it. Raises MessagingError."""
        if entry_id := self.entries.pop(step.name, None):
            await self._broker.withdraw(step.agent, entry_id)

    async def withdraw_sent(self, state: SessionState, sent: Sent) -> None:
        """The same for requests that were sent and not recorded. Raises MessagingError."""
        for name, entry in sent.items():
            if entry.done() and not entry.cancelled() and not entry.exception() and (entry_id := entry.result()):
                await self._broker.withdraw(state.steps[name].agent, entry_id)

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
            current, left_ms = state.steps[step.name], self._ms_until(step_deadline(state, step))
            if _waits(state, step) and left_ms > 0:
                log.warning("request_sent_again", session_id=state.session_id, agent=step.agent)
                request_id = current.request_id or new_id()
                request = self._encode_request(state, step, request_id, left_ms, current.retry_count)
                sent.append((step, self._send(step, request)))
        for step, entry_id in [(step, await entry) for step, entry in sent]:
            if entry_id:
                self.entries[step.name] = entry_id

    def _ms_until(self, deadline: datetime | None) -> int:
        return 0 if deadline is None else int((deadline - self._broker.clock.now()).total_seconds() * 1000)


def _waits(state: SessionState, step: Step) -> bool:
    current = state.steps[step.name]
    return current.status is StepStatus.RUNNING and current.retry_at is None

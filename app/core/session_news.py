"""What is announced of one session, made into what its driver has to do about it.

Apart from `session_run.py`, which acts on it: here is what an announcement can be trusted to say. It says less than the
log does; where it says too little, or may be the end, the answer is that the log is to be read.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

import structlog

from app.core.state import LoggedEvent
from app.messaging import channels, events
from app.messaging.errors import DecodeError
from app.messaging.protocols import result_in

log = structlog.get_logger(__name__)

HEADER_BYTES = 400
"""More than stands before a message's payload."""


class Look(Enum):
    """The log is to be read: on from what is known of it, or, after trouble, anew."""

    ON = "on"
    ANEW = "anew"


class OwnEntry(NamedTuple):
    """The log has what we wrote ourselves, and have folded in: its place there is all the news."""

    entry_id: str


News = LoggedEvent | OwnEntry | Look


class SessionNews:
    """`channels`: those to listen to, for `heard`. `has_some` is set when something may be there to `take`."""

    def __init__(self, session_id: str, agents: Iterable[str]) -> None:
        self._session_id = session_id
        self._log = channels.session_log(session_id)
        self.channels = [self._log, *(channels.response_channel(agent, session_id) for agent in agents)]
        self.has_some = asyncio.Event()
        self._inbox: deque[tuple[str, bytes] | Look] = deque()
        self._own: deque[bytes] = deque()
        self._answer = b""

    def __bool__(self) -> bool:
        return bool(self._inbox)

    def heard(self, channel: str, raw: bytes) -> None:
        self._inbox.append((channel, raw))
        self.has_some.set()

    def distrust(self) -> None:
        """Some were lost, or worse."""
        self._inbox.append(Look.ANEW)
        self.has_some.set()

    # ---- what we write ourselves

    def wrote(self, event: bytes) -> None:
        """It is folded in already. Its announcement, which will come back to us, ends with the same bytes."""
        self._own.append(event[1:])

    def forget_own(self) -> None:
        self._own.clear()

    # ---- what is announced

    def take(self) -> News | None:
        """The oldest; None where it says nothing yet, or nothing that can be understood."""
        found = self._inbox.popleft()
        if isinstance(found, Look):
            return found
        channel, raw = found
        if channel != self._log:
            # The next thing that is heard is that the log has it.
            self._answer = raw
            return None
        return self._own_entry(raw) or self._others(raw)

    def _own_entry(self, raw: bytes) -> OwnEntry | None:
        if not (self._own and raw.endswith(self._own[0]) and raw.startswith(events.ANNOUNCED)):
            return None
        self._own.popleft()
        return OwnEntry(events.announced_id(raw))

    def _others(self, raw: bytes) -> LoggedEvent | Look | None:
        try:
            event = events.decode_event(raw)
            result = self._result_of(event.get("request_id"))
        except DecodeError as error:
            log.warning("news_not_understood", session_id=self._session_id, reason=str(error))
            return None
        is_outcome = event.get("status") == events.COMPLETED
        if not events.is_of_a_step(event) or (is_outcome and result is None):
            return Look.ON
        return LoggedEvent(event.get("id", ""), event, result, is_final=False)

    def _result_of(self, request_id: str | None) -> bytes | None:
        """What was delivered for it, where that was heard last. Raises DecodeError."""
        answer, self._answer = self._answer, b""
        is_its = request_id is not None and request_id.encode() in answer[:HEADER_BYTES]
        return result_in(answer) if is_its else None

"""What is announced of one session, made into what its driver has to do about it.

Apart from `session_run.py`, which acts on it: here is what an announcement can be trusted to say. It says less than the
log does; where it says too little, or may be the end, the answer is that the log is to be read.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from enum import Enum

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


News = LoggedEvent | Look


class SessionNews:
    """`channels`: those to listen to, for `heard`. `has_some` is set when something may be there to `take`."""

    def __init__(self, session_id: str, agents: Iterable[str]) -> None:
        self._session_id = session_id
        self._log = channels.session_log(session_id)
        self.channels = [self._log, *(channels.response_channel(agent, session_id) for agent in agents)]
        self.has_some = asyncio.Event()
        self._inbox: deque[tuple[bytes, bytes] | Look] = deque()
        self._own: deque[bytes] = deque()
        self._answer = b""

    def __bool__(self) -> bool:
        return bool(self._inbox)

    def heard(self, channel: str, raw: bytes) -> None:
        if channel != self._log:
            # The next thing that is heard is that the log has it.
            self._answer = raw
        elif not self._is_own(raw):
            self._inbox.append((raw, self._answer))
            self._answer = b""
            self.has_some.set()

    def distrust(self) -> None:
        """Some were lost, or worse."""
        self._inbox.append(Look.ANEW)
        self.has_some.set()

    # ---- what we write ourselves

    def wrote(self, event: bytes) -> None:
        """It is folded in already: that it is announced, which ends with the same bytes, will be no news."""
        self._own.append(event[1:])

    def forget_own(self) -> None:
        self._own.clear()

    def _is_own(self, raw: bytes) -> bool:
        is_own = bool(self._own) and raw.endswith(self._own[0]) and raw.startswith(events.ANNOUNCED)
        if is_own:
            self._own.popleft()
        return is_own

    # ---- what is announced

    def take(self) -> News | None:
        """The oldest; None where nothing of it can be understood."""
        found = self._inbox.popleft()
        if isinstance(found, Look):
            return found
        raw, answer = found
        try:
            event = events.decode_event(raw)
            result = _result_of(event.get("request_id"), answer)
        except DecodeError as error:
            log.warning("news_not_understood", session_id=self._session_id, reason=str(error))
            return None
        is_outcome = event.get("status") == events.COMPLETED
        if not events.is_of_a_step(event) or (is_outcome and result is None):
            return Look.ON
        return LoggedEvent(event.get("id", ""), event, result, is_final=False)


def _result_of(request_id: str | None, answer: bytes) -> bytes | None:
    """What the answer delivers for that request; None where it is to another one. Raises DecodeError."""
    is_its = request_id is not None and request_id.encode() in answer[:HEADER_BYTES]
    return result_in(answer) if is_its else None

"""What the entries of a session's log say: to the fold, and to viewers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from app.core.errors import InconsistentStateError
from app.core.state import CONTENT_FAULTS, LoggedEvent, SessionState, fold
from app.core.workflow import Workflow
from app.messaging import events
from app.messaging.broker import LogEntry
from app.messaging.errors import DecodeError
from app.messaging.protocols import result_in

_UNREADABLE: dict[str, Any] = {"type": "unreadable"}


def readable_event(entry: LogEntry) -> dict[str, Any] | None:
    """The entry's event, None for one that cannot be read. But whatever a final entry holds, it ends the session."""
    with suppress(DecodeError):
        return events.decode_event(entry.event)
    return _unreadable_end() if entry.is_final else None


def logged_events(entries: Iterable[LogEntry]) -> Iterator[LoggedEvent]:
    """Log entries as the fold takes them. What cannot be read changes nothing, but it has its place in the log; and a
    final entry ends the session."""
    for entry in entries:
        event = readable_event(entry) or _UNREADABLE
        try:
            result = result_in(entry.data) if entry.data and event["type"] != events.STARTED else None
        except DecodeError:
            event, result = _unreadable_end() if entry.is_final else _UNREADABLE, None
        yield LoggedEvent(entry.id, event, result, entry.is_final, entry.epoch)


def replay(session_id: str, entries: Sequence[LogEntry], workflows: Mapping[str, Workflow]) -> SessionState:
    """The session as its whole log tells it. Raises InconsistentStateError where the log has no opening of ours."""
    try:
        opening = events.decode_event(entries[0].event)
        request = from_json(entries[0].data or b"null")
    except (IndexError, ValueError, DecodeError) as error:
        raise InconsistentStateError(f"the log of session {session_id} has no opening") from error
    return fold(_opened(session_id, opening, request, workflows), logged_events(entries))


def _opened(session_id: str, event: dict[str, Any], request: Any, workflows: Mapping[str, Workflow]) -> SessionState:
    """The session as its log's first entry opens it; the rest of the log is still to be applied.

    Raises InconsistentStateError for an entry that opens nothing, or names a workflow that is not known.
    """
    try:
        if event["type"] != events.STARTED or not isinstance(request, dict):
            raise ValueError("no opening")
        workflow, at = workflows[event["workflow"]], datetime.fromisoformat(event["timestamp"])
        state = SessionState.opened(session_id, workflow, request, at, int(event["ttl_s"]))
        state.check()
        return state
    except CONTENT_FAULTS as error:
        raise InconsistentStateError(f"the log of session {session_id} cannot be replayed: {error!r}") from error


def _unreadable_end() -> dict[str, Any]:
    return {"type": "failed", "status": "failed"}

"""The events of a session's log, as JSON: what viewers see, and what the session's state is folded from.

Every event has a `type` and a `timestamp`; those of an agent carry its name and the `request_id` they belong to. They
stand here, not in core, because workers write them too.
"""

from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json

from app.messaging.errors import DecodeError

STARTED = "started"
PROGRESS = "progress"
AGENT_FAILED = "agent_failed"

REQUESTED = "requested"
COMPLETED = "completed"


def now() -> datetime:
    """The time as events carry it: UTC, whole milliseconds."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def timestamp(moment: datetime | None = None) -> str:
    return (moment or now()).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(kind: str, **fields: Any) -> bytes:
    return to_json({"type": kind, **fields, "timestamp": timestamp()})


def started(session_id: str, workflow: str) -> bytes:
    return _event(STARTED, session_id=session_id, workflow=workflow)


def step_requested(agent: str, step: str, request_id: str) -> bytes:
    message = f"{agent.capitalize()} agent asked"
    return _event(
        PROGRESS, agent=agent, message=message, progress_percent=0, status=REQUESTED, step=step, request_id=request_id
    )


def progress(agent: str, request_id: str, message: str, percent: int) -> bytes:
    return _event(PROGRESS, agent=agent, message=message, progress_percent=percent, request_id=request_id)


def step_completed(agent: str, request_id: str, instance: str, duration_ms: int) -> bytes:
    return _event(
        PROGRESS,
        agent=agent,
        message=f"{agent.capitalize()} agent completed",
        progress_percent=100,
        status=COMPLETED,
        request_id=request_id,
        instance=instance,
        duration_ms=duration_ms,
    )


def step_failed(agent: str, code: str, message: str, request_id: str | None = None, step: str | None = None) -> bytes:
    """Either of `request_id` and `step` says which step; a step that was never asked for has no request."""
    which = {"step": step} if step else {"request_id": request_id}
    return _event(AGENT_FAILED, agent=agent, message=message, code=code, **which)


def ended(status: str, body: dict[str, Any], at: datetime) -> bytes:
    """The last event. A session that has a result ends with `completed`, any other with the name of its state."""
    kind = COMPLETED if status in ("completed", "partial") else status
    return to_json({"type": kind, **body, "status": status, "timestamp": timestamp(at)})


def decode_event(raw: bytes) -> dict[str, Any]:
    """Raises DecodeError for bytes that are no JSON object with a type."""
    try:
        event = from_json(raw)
    except ValueError as error:
        raise DecodeError(f"an event is no JSON: {error}", raw) from error
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise DecodeError("an event is an object with a type", raw)
    return event

"""The events of a session's log, as JSON: what viewers see, and what the session's state is folded from.

Every event has a `type` and a `timestamp`; those of an agent carry its name and the `request_id` they belong to. They
stand here, not in core, because workers write them too.
"""

import time
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Required

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import to_json
from typing_extensions import TypedDict

from app.messaging import entry_ids, protocols
from app.messaging.errors import DecodeError
from app.messaging.protocols import within_reach

STARTED = "started"
PROGRESS = "progress"
AGENT_FAILED = "agent_failed"
ATTEMPT_FAILED = "attempt_failed"
RESUMED = "resumed"

REQUESTED = "requested"

ANNOUNCED = b'{"id":"'
"""How the announcement of a log's entry begins: with its id."""
COMPLETED = "completed"


def timestamp(moment: datetime) -> str:
    """UTC, cut to whole milliseconds: 2026-01-31T12:00:00.000Z"""
    return moment.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def _written_at(at_ms: int | None) -> str:
    return protocols.timestamp(time.time_ns() // 1_000_000 if at_ms is None else at_ms)


def _event(kind: str, at_ms: int | None, **fields: Any) -> bytes:
    return to_json({"type": kind, **fields, "timestamp": _written_at(at_ms)})


@lru_cache
def _of_agent(agent: str, what: str) -> str:
    """How the events begin of which every plan has several: written out, since nothing in them is to be escaped but
    names, which are always the same."""
    message = f"{agent.capitalize()} agent {what}"
    return f'{{"type":"{PROGRESS}","agent":{_quoted(agent)},"message":{_quoted(message)}'


@lru_cache
def _quoted(name: str) -> str:
    return to_json(name).decode()


def started(session_id: str, workflow: str, timeout_ms: int, ttl_s: int, at: datetime) -> bytes:
    """`timeout_ms`: the session's whole time. `ttl_s`: how long it is kept after its last change."""
    kept = {"timeout_ms": timeout_ms, "ttl_s": ttl_s, "timestamp": timestamp(at)}
    return to_json({"type": STARTED, "session_id": session_id, "workflow": workflow, **kept})


def resumed(at_ms: int | None = None) -> bytes:
    """Another gateway drives the session from here on."""
    return _event(RESUMED, at_ms, message="Another gateway carries the session on")


def step_requested(agent: str, step: str, request_id: str, retry_count: int = 0, at_ms: int | None = None) -> bytes:
    again, retried = (" again", f',"retry_count":{retry_count}') if retry_count else ("", "")
    return (
        f'{_of_agent(agent, "asked" + again)},"progress_percent":0,"status":"{REQUESTED}","step":{_quoted(step)},'
        f'"request_id":"{request_id}"{retried},"timestamp":"{_written_at(at_ms)}"}}'
    ).encode()


def progress(agent: str, request_id: str, message: str, percent: int, at_ms: int | None = None) -> bytes:
    return _event(PROGRESS, at_ms, agent=agent, message=message, progress_percent=percent, request_id=request_id)


def step_completed(
    agent: str,
    request_id: str,
    instance: str,
    duration_ms: int,
    cache_age_s: int | None = None,
    at_ms: int | None = None,
) -> bytes:
    """`cache_age_s`: how old the result is, where it was kept from an earlier request."""
    kept = "" if cache_age_s is None else f',"cache_age_s":{cache_age_s}'
    return (
        f'{_of_agent(agent, "completed")},"progress_percent":100,"status":"{COMPLETED}","request_id":"{request_id}",'
        f'"instance":{_quoted(instance)},"duration_ms":{duration_ms}{kept},"timestamp":"{_written_at(at_ms)}"}}'
    ).encode()


def step_failed(
    agent: str,
    code: str,
    message: str,
    request_id: str | None = None,
    step: str | None = None,
    blames_request: bool = False,
    at_ms: int | None = None,
) -> bytes:
    """Either of `request_id` and `step` says which step; a step that was never asked for has no request.

    `blames_request`: not the agent is at fault, but what it was asked.
    """
    which = {"step": step} if step else {"request_id": request_id}
    blame = {"blames_request": True} if blames_request else {}
    return _event(AGENT_FAILED, at_ms, agent=agent, message=message, code=code, **which, **blame)


def attempt_failed(agent: str, code: str, message: str, request_id: str, at_ms: int | None = None) -> bytes:
    """An error that another attempt may not meet; whether there is one is for the orchestrator to decide."""
    return _event(ATTEMPT_FAILED, at_ms, agent=agent, message=message, code=code, request_id=request_id)


def ended(status: str, body: bytes, at: datetime) -> bytes:
    """The last event. A session that has a result ends with `completed`, any other with the name of its state.

    `body`: a JSON object; its members, `status` among them, are the event's. What the agents reported is not repeated:
    it stands in the entries before.
    """
    kind = COMPLETED if status in ("completed", "partial") else status
    return to_json({"type": kind, "timestamp": timestamp(at)})[:-1] + b"," + body[1:]


def _written_time(value: object) -> object:
    """The fold reads times as they were written; pydantic alone would let numbers pass for times."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("a time is written as text")
    return _read_time(value)


def _read_time(told: str) -> datetime:
    """Times are compared with each other, so each needs a zone."""
    moment = within_reach(datetime.fromisoformat(told))
    if moment.utcoffset() is None:
        raise ValueError("a time has a zone")
    return moment


WrittenTime = Annotated[AwareDatetime, BeforeValidator(_written_time)]
"""A time as an event or a read model has it."""

MAX_SPAN = 10**12
"""What every span of time in an event stays below, in whatever unit: one that can be added to a time."""


def _time_as_written(told: str) -> str:
    _read_time(told)
    return told


_Time = Annotated[str, AfterValidator(_time_as_written)]
_Span = Annotated[int, Field(ge=0, lt=MAX_SPAN)]


class _Event(TypedDict, total=False):
    """What readers of an event rely on, where it is there. Members that are not known are handed on with the others.

    In the order in which viewers are shown them; `Any` has only its place here. Strict: a number that is written as
    text would go on as text.
    """

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc] # pydantic's way to configure it

    type: Required[str]
    session_id: Any
    workflow: Any
    agent: str | None
    message: str
    code: str | None
    progress_percent: Annotated[int, Field(ge=0, le=100)]
    status: str | None
    step: str | None
    request_id: str | None
    instance: Any
    duration_ms: _Span | None
    cache_age_s: _Span | None
    retry_count: Annotated[int, Field(ge=0, le=1000)]
    timeout_ms: _Span
    ttl_s: _Span
    blames_request: bool
    timestamp: _Time | None
    id: Annotated[str, StringConstraints(pattern=f"^{entry_ids.PATTERN}$")] | None


_EVENT = TypeAdapter(_Event)


def decode_event(raw: bytes) -> dict[str, Any]:
    """Raises DecodeError for bytes that are no event, or one with a member of another kind than ours."""
    try:
        event: dict[str, Any] = _EVENT.validator.validate_json(raw)
    except ValidationError as error:
        raise DecodeError(f"no event: {error}", raw) from error
    return event


def is_of_a_step(event: dict[str, Any]) -> bool:
    """Whether it tells of one step. Any other but `started` and `resumed` ends the session, as the log's last entry."""
    return event["type"] in (PROGRESS, AGENT_FAILED, ATTEMPT_FAILED)

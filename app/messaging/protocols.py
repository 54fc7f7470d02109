"""The one envelope that goes between gateway and workers, and its JSON.

The project calls this its message communication protocol ("MCP" in its first papers; the Model Context Protocol is
something else).
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from os import urandom
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import to_json

from app.messaging.errors import DecodeError, MessageTooLargeError

DEFAULT_MAX_BYTES = 1024 * 1024
MAX_TIMEOUT_MS = 3_600_000

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Action = Literal["request", "response", "error"]
AgentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


METADATA_AT_MOST = 512
"""Bytes of metadata that an answer carries on as they came, more than twice what we write; of longer ones only what is
known goes on, so that there is always room for an answer."""

_PAYLOAD = b'"payload":{'
_METADATA = b',"metadata":{'
_RESPONSE = b'"action":"response"'


def within_reach(moment: datetime) -> datetime:
    """A time to which a deadline can be added."""
    if not 1970 <= moment.year <= 9000:
        raise ValueError("the timestamp is out of reach")
    return moment


def new_id() -> str:
    """A UUID of version 4. Written down from its digits: making an object of it first takes three times as long."""
    drawn = urandom(16).hex()
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:]}"


class Metadata(BaseModel):
    """`timeout_ms` counts from the envelope's timestamp. `correlation_id` ties together what one cause set off."""

    model_config = ConfigDict(frozen=True)

    timeout_ms: int = Field(gt=0, le=MAX_TIMEOUT_MS)
    retry_count: int = Field(default=0, ge=0, le=1000)
    priority: Literal["low", "normal", "high"] = "normal"
    correlation_id: Uuid | None = None
    traceparent: str | None = Field(default=None, max_length=64)


class Envelope(BaseModel):
    """One message. Fields that are not known are passed over, so that older readers understand newer writers."""

    model_config = ConfigDict(frozen=True)

    session_id: Uuid
    request_id: Uuid
    timestamp: Annotated[AwareDatetime, AfterValidator(within_reach)]
    agent: AgentName
    action: Action
    payload: dict[str, Any]
    metadata: Metadata

    def deadline(self) -> datetime:
        """When the answer stops being of use."""
        return self.timestamp + timedelta(milliseconds=self.metadata.timeout_ms)


_ENVELOPE = TypeAdapter(Envelope)
"""A step less than through the class, for the bytes of every message."""


class _Opaque(BaseModel):
    """A JSON object that is checked, and not made into anything."""


_OPAQUE = TypeAdapter(_Opaque)


class Message(NamedTuple):
    """A message whose payload is left as it came, for whoever makes of it what he needs, or only hands it on.

    `envelope`: all but the payload, which is empty in it. `payload`, `metadata`: JSON.
    """

    envelope: Envelope
    payload: bytes
    metadata: bytes


def encode(envelope: Envelope, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes:
    """Raises MessageTooLargeError above `max_bytes`."""
    raw = envelope.model_dump_json(exclude_none=True).encode()
    return _within(max_bytes, raw, envelope.agent, envelope.action)


def encode_message(
    *,
    session_id: str,
    request_id: str,
    agent: str,
    action: Action,
    payload: bytes,
    metadata: bytes,
    at_ms: int | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> bytes:
    """A message as `encode` writes it, from parts that are known to be right: ids and names are such that JSON has
    nothing to escape in them. `payload`: a JSON object. `metadata`: as `metadata_json` gives it. `at_ms`: its time in
    milliseconds since 1970, now where it is left out.

    Raises MessageTooLargeError above `max_bytes`.
    """
    at = timestamp(time.time_ns() // 1_000_000 if at_ms is None else at_ms)
    ids = f'"session_id":"{session_id}","request_id":"{request_id}","timestamp":"{at}"'
    head = f'{{{ids},"agent":"{agent}","action":"{action}","payload":'.encode()
    return _within(max_bytes, b'%b%b,"metadata":%b}' % (head, payload, metadata), agent, action)


def timestamp(ms: int) -> str:
    """Milliseconds since 1970 as a time, UTC: 2026-01-31T12:00:00.000Z"""
    second, milliseconds = divmod(ms, 1_000)
    return f"{_second(second)}.{milliseconds:03}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def metadata_json(*, timeout_ms: int, retry_count: int, correlation_id: str) -> bytes:
    """Metadata as `encode` writes them, from parts that are known to be right."""
    counts = {"timeout_ms": timeout_ms, "retry_count": retry_count}
    return to_json({**counts, "priority": "normal", "correlation_id": correlation_id})


def answer_to(
    request: Envelope, action: Action, payload: bytes, metadata: bytes | None = None, at_ms: int | None = None
) -> bytes:
    """The answer to a request, as it is written: same ids, own time. `metadata`: the request's, where they are at hand
    as they came. As `encode_message`."""
    return encode_message(
        session_id=request.session_id,
        request_id=request.request_id,
        agent=request.agent,
        action=action,
        payload=payload,
        metadata=metadata or _metadata_of(request),
        at_ms=at_ms,
    )


def _metadata_of(envelope: Envelope) -> bytes:
    return envelope.metadata.model_dump_json(exclude_none=True).encode()


def with_members(written: bytes, members: Mapping[str, bytes]) -> bytes:
    """A JSON object with more members, whose values are JSON already."""
    parts = [written[:-1]]
    comma = b"," if len(written) > 2 else b""
    for name, value in members.items():
        parts += (comma, b'"', name.encode(), b'":', value)
        comma = b","
    parts.append(b"}")
    return b"".join(parts)


def decode(raw: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> Envelope:
    """Raises DecodeError, which keeps the raw bytes, for anything that is no envelope or above `max_bytes`."""
    return _decoded(raw, raw, max_bytes)


def decode_message(raw: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> Message:
    """The same without a look at the payload, where that can be told apart: whether it is JSON is seen by whoever reads
    it. Where it is not, `decode` says what is wrong with the message. As `decode`."""
    span = _payload_span(raw)
    if span is None:
        return _as_message(_decoded(raw, raw, max_bytes))
    start, end = span
    envelope = _decoded(raw[:start] + b"{}" + raw[end:], raw, max_bytes)
    is_as_ours = raw.endswith(b"}}") and len(raw) - end < METADATA_AT_MOST
    metadata = raw[end + len(_METADATA) - 1 : -1] if is_as_ours else _metadata_of(envelope)
    return Message(envelope, raw[start:end], metadata)


def result_in(answer: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes | None:
    """What an agent delivered: the payload of a response, a JSON object; None where the answer is an error.

    Of an answer that is laid out as ours are nothing else is looked at. As `decode`.
    """
    span = _payload_span(answer)
    if span is not None and len(answer) <= max_bytes and answer.find(_RESPONSE, 0, span[0]) > 0:
        payload = answer[slice(*span)]
        if _is_object(payload):
            return payload
    envelope = decode(answer, max_bytes)
    return to_json(envelope.payload) if envelope.action == "response" else None


def _is_object(raw: bytes) -> bool:
    try:
        _OPAQUE.validator.validate_json(raw)
    except ValidationError:
        return False
    return True


def _as_message(envelope: Envelope) -> Message:
    return Message(envelope.model_copy(update={"payload": {}}), to_json(envelope.payload), _metadata_of(envelope))


def _payload_span(raw: bytes) -> tuple[int, int] | None:
    """Where the payload stands in a message that is laid out as ours are; None where it has another layout.

    Members before and after it hold no objects, but for `metadata`, which comes next and is flat: so braces tell.
    """
    start, end = raw.find(_PAYLOAD), raw.rfind(_METADATA)
    if start < 0 or end < start or raw.count(b"{", 0, start) != 1:
        return None
    if raw.count(b"{", end) != 1 or raw.count(b"}", end) != 2:
        return None
    return start + len(_PAYLOAD) - 1, end


def _within(max_bytes: int, raw: bytes, agent: str, action: str) -> bytes:
    if len(raw) > max_bytes:
        raise MessageTooLargeError(f"the {action} of agent {agent} has {len(raw)} bytes, the limit is {max_bytes}")
    return raw


def _decoded(envelope: bytes, raw: bytes, max_bytes: int) -> Envelope:
    if len(raw) > max_bytes:
        raise DecodeError(f"a message of {len(raw)} bytes is above the limit of {max_bytes}", raw)
    try:
        found: Envelope = _ENVELOPE.validator.validate_json(envelope)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise DecodeError(f"{where}: {first['msg']}", raw) from error
    return found

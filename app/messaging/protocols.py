"""The one envelope that goes between gateway and workers, and its JSON.

The project calls this its message communication protocol ("MCP" in its first papers; the Model Context Protocol is
something else).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json, to_json

from app.messaging.errors import DecodeError, MessageTooLargeError

DEFAULT_MAX_BYTES = 1024 * 1024
MAX_TIMEOUT_MS = 3_600_000

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
AgentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


_PAYLOAD = b'"payload":{'
_METADATA = b',"metadata":{'


def within_reach(moment: datetime) -> datetime:
    """A time to which a deadline can be added."""
    if not 1970 <= moment.year <= 9000:
        raise ValueError("the timestamp is out of reach")
    return moment


def new_id() -> str:
    return str(uuid4())


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
    action: Literal["request", "response", "error"]
    payload: dict[str, Any]
    metadata: Metadata

    def deadline(self) -> datetime:
        """When the answer stops being of use."""
        return self.timestamp + timedelta(milliseconds=self.metadata.timeout_ms)

    def answered(self, action: Literal["response", "error"], payload: dict[str, Any]) -> "Envelope":
        """The answer to this request: same ids, own time."""
        return self.model_copy(update={"timestamp": datetime.now(UTC), "action": action, "payload": payload})


EnvelopeT = TypeVar("EnvelopeT", bound=Envelope)


class _Opaque(BaseModel):
    """A JSON object that is checked, and not made into anything."""


class _AnswerForm(Envelope):
    payload: _Opaque  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Answer:
    """As much of a response or an error as whoever only hands it on needs. `payload`: a JSON object, as it came."""

    request_id: str
    action: str
    payload: bytes


def encode(envelope: Envelope, max_bytes: int = DEFAULT_MAX_BYTES, payload: bytes | None = None) -> bytes:
    """`payload`: the payload as JSON, an object, where it has been written already; the envelope's own is then empty.

    Raises MessageTooLargeError above `max_bytes`.
    """
    raw = envelope.model_dump_json(exclude_none=True).encode()
    if payload is not None:
        # What stands before it are names, numbers and ids: nothing that could look the same.
        raw = raw.replace(b'"payload":{}', b'"payload":' + payload, 1)
    if len(raw) > max_bytes:
        raise MessageTooLargeError(
            f"the {envelope.action} of agent {envelope.agent} has {len(raw)} bytes, the limit is {max_bytes}"
        )
    return raw


def with_members(written: bytes, members: Mapping[str, bytes]) -> bytes:
    """A JSON object with more members, whose values are JSON already."""
    added = b",".join(b'"%b":%b' % (name.encode(), value) for name, value in members.items())
    return written[:-1] + (b"," if len(written) > 2 and added else b"") + added + b"}"


def decode(raw: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> Envelope:
    """Raises DecodeError, which keeps the raw bytes, for anything that is no envelope or above `max_bytes`."""
    return _decoded(Envelope, raw, max_bytes)


def decode_answer(raw: bytes, max_bytes: int = DEFAULT_MAX_BYTES) -> Answer:
    """The same without building what is in the payload. As `decode`."""
    form = _decoded(_AnswerForm, raw, max_bytes)
    return Answer(form.request_id, form.action, _payload_in(raw) or to_json(from_json(raw)["payload"]))


def _payload_in(raw: bytes) -> bytes:
    """The payload's bytes in an envelope of ours, which is known to be one; empty where it has another layout.

    Members before and after it hold no objects, but for `metadata`, which comes next and is flat: so braces tell.
    """
    start, end = raw.find(_PAYLOAD), raw.rfind(_METADATA)
    if start < 0 or end < start or raw.count(b"{", 0, start) != 1:
        return b""
    if raw.count(b"{", end) != 1 or raw.count(b"}", end) != 2:
        return b""
    return raw[start + len(_PAYLOAD) - 1 : end]


def _decoded(form: type[EnvelopeT], raw: bytes, max_bytes: int) -> EnvelopeT:
    if len(raw) > max_bytes:
        raise DecodeError(f"a message of {len(raw)} bytes is above the limit of {max_bytes}", raw)
    try:
        return form.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise DecodeError(f"{where}: {first['msg']}", raw) from error

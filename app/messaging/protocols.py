"""The one envelope that goes between gateway and workers, and its JSON.

The project calls this its message communication protocol ("MCP" in its first papers; the Model Context Protocol is
something else).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.messaging.errors import DecodeError, MessageTooLargeError

DEFAULT_MAX_BYTES = 1024 * 1024
MAX_TIMEOUT_MS = 3_600_000

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
AgentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


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
    if len(raw) > max_bytes:
        raise DecodeError(f"a message of {len(raw)} bytes is above the limit of {max_bytes}", raw)
    try:
        return Envelope.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise DecodeError(f"{where}: {first['msg']}", raw) from error

"""What becomes of a request, and how it is told: to its session's log, and to whoever waits for the answer."""

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import to_json

from app.messaging import events
from app.messaging.protocols import Message, answer_to

LONGEST_MESSAGE = 1_000
"""Characters of an error that go to the traveller."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no report. `is_retryable`: another attempt may do better. `blames_request`: not the agent is at
    fault, but what it was asked."""

    code: str
    message: str
    is_retryable: bool = False
    blames_request: bool = False

    @classmethod
    def invalid_request(cls, error: ValidationError) -> "Failure":
        """The first of what is wrong with it, and where."""
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        text = f"{where}: {first['msg']}" if where else str(first["msg"])
        return cls("invalid_request", text, blames_request=True)


@dataclass(frozen=True, slots=True)
class Report:
    """`cache_age_s`: how old it is, where it was kept from an earlier request."""

    json: bytes
    cache_age_s: int | None = None


Outcome = Report | Failure


def encode_outcome(
    request: Message, outcome: Outcome, instance: str, duration_ms: int, at_ms: int
) -> tuple[bytes, bytes]:
    """The event for the log, and the answer, of that time (milliseconds since 1970). Raises MessageTooLargeError."""
    envelope, agent, request_id = request.envelope, request.envelope.agent, request.envelope.request_id
    if isinstance(outcome, Report):
        event = events.step_completed(agent, request_id, instance, duration_ms, outcome.cache_age_s, at_ms)
        return event, answer_to(envelope, "response", outcome.json, request.metadata, at_ms)
    code, text = outcome.code, outcome.message[:LONGEST_MESSAGE]
    if outcome.is_retryable:
        event = events.attempt_failed(agent, code, text, request_id, at_ms)
    else:
        event = events.step_failed(agent, code, text, request_id, blames_request=outcome.blames_request, at_ms=at_ms)
    kind = {"retryable": outcome.is_retryable, "blames_request": outcome.blames_request}
    body = to_json({"code": code, "message": text, **kind})
    return event, answer_to(envelope, "error", body, request.metadata, at_ms)

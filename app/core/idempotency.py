"""Keys that clients give their requests, so that a request sent twice opens one session."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from app.core.errors import IdempotencyConflictError
from app.core.session_ids import new_session_id
from app.messaging.broker import Broker
from app.messaging.channels import IDEMPOTENCY_TTL_S
from app.messaging.protocols import Uuid

KEPT_S = IDEMPOTENCY_TTL_S
"""How long a key, and the session that it opened, is kept."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """`key` is the client's; `request` what it asked for, as JSON types: the key stands for nothing else."""

    key: str
    request: Any

    def digest(self) -> str:
        return sha256(self.key.encode()).hexdigest()

    def fingerprint(self) -> str:
        """The same for equal requests, whatever the order of their members."""
        return sha256(to_json(_sorted(self.request))).hexdigest()


class _Claim(BaseModel):
    session_id: Uuid
    fingerprint: str


async def session_of(broker: Broker, key: IdempotencyKey) -> str:
    """The session that the key stands for, from now on if it stood for none. It need not be open yet.

    Raises IdempotencyConflictError where the key stands for another request, MessagingError.
    """
    claim = _Claim(session_id=new_session_id(broker.clock.now_ms()), fingerprint=key.fingerprint())
    found = await broker.remember_key(key.digest(), claim.model_dump_json().encode())
    return claim.session_id if found is None else _claimed_session(found, claim.fingerprint)


async def earlier_session_of(broker: Broker, key: IdempotencyKey) -> str | None:
    """The session that the key stands for already, None where it stands for none. Nothing is claimed.

    Raises IdempotencyConflictError where the key stands for another request, MessagingError.
    """
    found = await broker.recall_key(key.digest())
    return None if found is None else _claimed_session(found, key.fingerprint())


def _claimed_session(found: bytes, fingerprint: str) -> str:
    """The session of a claim, which must be one for that request. Raises IdempotencyConflictError."""
    try:
        claim = _Claim.model_validate_json(found)
    except ValidationError as error:
        raise IdempotencyConflictError from error
    if claim.fingerprint != fingerprint:
        raise IdempotencyConflictError
    return claim.session_id


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value

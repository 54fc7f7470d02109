"""The answers of one provider, cached for all processes of the fleet; and which of them asks it, where several have the
same question.

A store that is away, or an entry that cannot be read, is a miss: then each process asks for itself.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic_core import to_json

from app.errors import RoundTableError
from app.services.outside.deadlines import TOTAL_S, Deadline
from app.services.outside.errors import ProviderNotAskedError
from app.services.outside.fetched import Fetched, Lifetime
from app.services.outside.http_call import Call
from app.services.outside.store import FactStore

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.05
"""How often one looks whether another process has the answer that it asks for."""

T = TypeVar("T")


@dataclass(frozen=True)
class Question(Generic[T]):
    """`form`: of the answer. `check` may raise ProviderError for one that is a failure all the same. `digest`: the same
    for the same question to the same address by the same version of ours; it knows nothing of the key."""

    form: type[T]
    call: Call
    lifetime: Lifetime
    check: Callable[[T], None] | None
    digest: str


class Entry(BaseModel, Generic[T]):
    """An answer as it is cached. `at`: when it was read from the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    value: T

    @property
    def age_s(self) -> float:
        """Never negative; an entry from the future, by a clock that is wrong, is as good as new."""
        return max(0.0, (datetime.now(UTC) - self.at).total_seconds())


class ProviderCache:
    """`slug` and `name`: of the provider, in keys and in messages."""

    def __init__(self, store: FactStore, slug: str, name: str) -> None:
        self._store = store
        self._slug = slug
        self._name = name

    async def get(self, question: Question[T]) -> Entry[T] | None:
        """The last answer, fresh or outdated; None where none is cached."""
        try:
            raw = await self._store.get(self._slug, question.digest)
            return None if raw is None else Entry[question.form].model_validate_json(raw)  # type: ignore[name-defined]
        except ValidationError:
            log.warning("cached_facts_not_understood", provider=self._slug)
        except RoundTableError as error:
            log.debug("cached_facts_not_read", provider=self._slug, reason=str(error))
        return None

    async def put(self, question: Question[T], value: T) -> Fetched[T]:
        """Cache an answer that was read just now."""
        entry = Entry[question.form](at=datetime.now(UTC), value=value)  # type: ignore[name-defined]
        ttl_s = max(question.lifetime.fresh_s, question.lifetime.keep_s)
        try:
            await self._store.put(self._slug, question.digest, entry.model_dump_json().encode(), ttl_s)
        except RoundTableError as error:
            log.debug("facts_not_kept", provider=self._slug, reason=str(error))
        return Fetched(value, entry.at, is_live=True)

    async def from_another(self, question: Question[T], deadline: Deadline) -> Fetched[T] | None:
        """The answer that another process is asking for just now. None where nobody does: then it is our turn, and no
        other's until `end_turn`. Raises ProviderNotAskedError where the other one takes too long for us."""
        ours = Deadline.after(deadline.share_s())
        has_waited = False
        while True:
            is_ours = await self._is_our_turn(question)
            if is_ours and not has_waited:
                return None
            # Where it became ours while we waited, the other one has ended, and may have left its answer.
            entry = await self.get(question)
            if entry is not None and entry.age_s <= max(question.lifetime.fresh_s, TOTAL_S):
                return Fetched(entry.value, entry.at, is_live=False)
            if is_ours:
                return None
            if not ours.left_s():
                raise ProviderNotAskedError(self._name, "is asked the same by another of us, without an answer yet")
            has_waited = True
            await asyncio.sleep(LOOK_EVERY_S)

    async def _is_our_turn(self, question: Question[Any]) -> bool:
        try:
            return not await self._store.take_turn(self._turn(question), int(TOTAL_S * 1000))
        except RoundTableError as error:
            log.debug("turn_not_taken", provider=self._slug, reason=str(error))
            return True

    async def end_turn(self, question: Question[Any]) -> None:
        try:
            await self._store.end_turn(self._turn(question))
        except RoundTableError as error:
            log.debug("turn_not_ended", provider=self._slug, reason=str(error))

    def _turn(self, question: Question[Any]) -> str:
        return f"{self._slug}-{question.digest}"


def digest_of(user_agent: str, base_url: str, form: type[Any], call: Call) -> str:
    asked = [user_agent, base_url, repr(form), call.path, call.query, call.json, call.form]
    return sha256(to_json(asked)).hexdigest()[:32]

"""How a provider is asked: from the cache where that is fresh; else once for all who ask at the same time, if its
breaker, the network, its quota and its pace allow; and from an outdated entry where it does not answer.

Every provider goes through `ProviderApi.ask`, so that manners are in one place.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

import stamina
import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_json

from app.errors import RoundTableError
from app.services.outside.asking import asking
from app.services.outside.breaker import Breaker
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderRefusedQuestionError,
    ProviderSpentError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.flights import Flights
from app.services.outside.health import ProviderCounts, ProviderHealth, state_of
from app.services.outside.http_call import Call, Secret, fetch_json
from app.services.outside.known import Attribution, Known, Lifetime
from app.services.outside.lapses import note
from app.services.outside.outside import Outside

log = structlog.get_logger(__name__)

TOTAL_S = 5.0
"""The longest that one provider is waited for, whatever time is left."""

SHARE_OF_TIME = 0.5
"""Of the time left, so much goes to one provider at most: another one of its chain may have to be asked."""

LEAST_S = 0.05
"""With less than that left nobody is asked any more."""

LOOK_EVERY_S = 0.05
"""How often one looks whether another process has the answer that it asks for."""

ATTEMPTS = 3
LONGEST_PAUSE_S = 2.0
"""A provider that asks for a longer pause is passed over instead."""

T = TypeVar("T")
LeftS = Callable[[], float]
"""Seconds until the answer is of no more use."""


@dataclass(frozen=True)
class Manners:
    """What a provider asks of those who use it. `daily_quota`: calls a day by its terms, None without one.
    `interval_s`: the least time between two calls, over all replicas. `busy_for_s`: how long it wants to be left alone
    where it says that it is busy and not for how long; None where its terms do not say."""

    daily_quota: int | None = None
    interval_s: float = 0.0
    busy_for_s: float | None = None


class _Entry(BaseModel, Generic[T]):
    """What the cache holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    value: T


class ProviderApi:
    """One provider at one address. `slug` names it in keys, logs and metrics; `attribution` in what is shown."""

    def __init__(
        self,
        outside: Outside,
        slug: str,
        base_url: str,
        attribution: Attribution,
        manners: Manners = Manners(),
        secret: Secret | None = None,
    ) -> None:
        self._outside = outside
        self.slug = slug
        self.base_url = base_url
        self.attribution = attribution
        quota = outside.daily_quotas.get(slug, manners.daily_quota)
        self._manners = replace(manners, daily_quota=quota)
        self._secret = secret
        self.breaker = Breaker()
        self._flights = Flights()
        self._spent_on: str | None = None
        self._counts = ProviderCounts()
        self._last_error: ProviderError | None = None
        outside.has(self)

    @property
    def name(self) -> str:
        return self.attribution.provider

    async def ask(
        self,
        form: type[T],
        call: Call,
        lifetime: Lifetime,
        left_s: LeftS,
        check: Callable[[T], None] | None = None,
    ) -> Known[T]:
        """The answer in its form: kept, or fetched. `check` may raise ProviderError for one that is a failure all the
        same, though its form is right. Raises ProviderError where there is neither an answer nor an outdated one.
        """
        digest = self._digest(form, call)
        entry = await self._kept(form, digest)
        if entry is not None and _age_s(entry) <= lifetime.fresh_s:
            self._counts.hits += 1
            return Known(entry.value, entry.at, is_live=False)
        try:
            if asking() == "kept":
                raise self._last_error or ProviderNotAskedError(self.name, "was not asked")
            return await self._joined(digest, lambda: self._fetched(form, call, lifetime, left_s, check), left_s)
        except ProviderError as error:
            if not isinstance(error, ProviderRefusedQuestionError | ProviderKeyRefusedError | ProviderSpentError):
                note(self.slug)
            if entry is None or asking() == "fresh":
                raise error.again() from None
            self._counts.stale += 1
            log.warning("outdated_facts_used", provider=self.slug, age_s=round(_age_s(entry)), reason=str(error))
            return Known(entry.value, entry.at, is_live=False, stale_because=str(error))

    def health(self) -> ProviderHealth:
        """How it does, for heartbeats and the doctor."""
        is_reached = self._outside.network.is_reached(self.base_url)
        state, detail = state_of(self.breaker, is_reached, self._spent_on == _today(), self._last_error, self._counts)
        return ProviderHealth(
            name=self.slug,
            state=state,
            detail=detail,
            calls=self._counts.calls,
            failures=self._counts.failures,
            cache_hits=self._counts.hits,
            stale_hits=self._counts.stale,
            quota=self._manners.daily_quota,
            calls_today=self._counts.calls_today if self._manners.daily_quota else None,
        )

    async def _joined(self, digest: str, start: Callable[[], Coroutine[Any, Any, Known[T]]], left_s: LeftS) -> Known[T]:
        """With whoever asks the same. One who had less time than we have may have given up before we would."""
        is_others = digest in self._flights
        try:
            return await self._flights.join(digest, start)
        except (ProviderTimeoutError, ProviderNotAskedError):
            if not is_others or left_s() * SHARE_OF_TIME < LEAST_S:
                raise
        return await self._flights.join(digest, start)

    # ---- the cache

    def _digest(self, form: type[T], call: Call) -> str:
        """The same for the same question to the same address by the same version of ours; without the key."""
        asked = [self._outside.edition, self.base_url, repr(form), call.path, call.query, call.json, call.form]
        return sha256(to_json(asked)).hexdigest()[:32]

    async def _kept(self, form: type[T], digest: str) -> "_Entry[T] | None":
        try:
            raw = await self._outside.store.kept(self.slug, digest)
            return None if raw is None else _Entry[form].model_validate_json(raw)  # type: ignore[valid-type]
        except ValidationError:
            log.warning("kept_facts_not_understood", provider=self.slug)
        except RoundTableError as error:
            log.debug("kept_facts_not_read", provider=self.slug, reason=str(error))
        return None

    async def _keep(self, digest: str, entry: "_Entry[T]", ttl_s: int) -> None:
        try:
            await self._outside.store.keep(self.slug, digest, entry.model_dump_json().encode(), ttl_s)
        except RoundTableError as error:
            log.debug("facts_not_kept", provider=self.slug, reason=str(error))

    # ---- the call

    async def _fetched(
        self, form: type[T], call: Call, lifetime: Lifetime, left_s: LeftS, check: Callable[[T], None] | None
    ) -> Known[T]:
        if self.breaker.is_open():
            raise (self.breaker.reason or ProviderFailedError(self.name, "is passed over")).again()
        digest = self._digest(form, call)
        if (known := await self._fetched_by_others(form, digest, lifetime, left_s)) is not None:
            self.breaker.ended_without_news()
            return known
        try:
            return await self._fetched_by_us(form, call, digest, lifetime, left_s, check)
        finally:
            await self._end_turn(digest)

    async def _fetched_by_others(
        self, form: type[T], digest: str, lifetime: Lifetime, left_s: LeftS
    ) -> Known[T] | None:
        """Another process may be asking the very same; then its answer is waited for. None where it is our turn."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + min(TOTAL_S, left_s() * SHARE_OF_TIME)
        is_first_look = True
        try:
            while True:
                is_ours = not await self._outside.store.take_turn(f"{self.slug}-{digest}", int(TOTAL_S * 1000))
                if is_ours and is_first_look:
                    return None
                # Where it became ours while we waited, the other one has ended, and may have left its answer.
                entry = await self._kept(form, digest)
                if entry is not None and _age_s(entry) <= max(lifetime.fresh_s, TOTAL_S):
                    self._counts.hits += 1
                    return Known(entry.value, entry.at, is_live=False)
                if is_ours:
                    return None
                if loop.time() > ends_at:
                    raise ProviderNotAskedError(self.name, "is asked the same by another of us, without an answer yet")
                is_first_look = False
                await asyncio.sleep(LOOK_EVERY_S)
        except ProviderError:
            self.breaker.ended_without_news()
            raise
        except RoundTableError as error:
            log.debug("turn_not_taken", provider=self.slug, reason=str(error))
        return None

    async def _end_turn(self, digest: str) -> None:
        try:
            await self._outside.store.end_turn(f"{self.slug}-{digest}")
        except RoundTableError as error:
            log.debug("turn_not_ended", provider=self.slug, reason=str(error))

    async def _fetched_by_us(
        self,
        form: type[T],
        call: Call,
        digest: str,
        lifetime: Lifetime,
        left_s: LeftS,
        check: Callable[[T], None] | None,
    ) -> Known[T]:
        try:
            value = await self._answer(form, call, left_s, check)
        except ProviderError as error:
            self._failed(error)
            raise
        except BaseException:
            self.breaker.ended_without_news()
            raise
        self.breaker.succeeded()
        self._last_error = None
        entry = _Entry[form](at=datetime.now(UTC), value=value)  # type: ignore[valid-type]
        await self._keep(digest, entry, max(lifetime.fresh_s, lifetime.keep_s))
        return Known(value, entry.at, is_live=True)

    async def _answer(self, form: type[T], call: Call, left_s: LeftS, check: Callable[[T], None] | None) -> T:
        ends_in_s = min(TOTAL_S, left_s() * SHARE_OF_TIME)
        ends_at = asyncio.get_running_loop().time() + ends_in_s

        def rest_s() -> float:
            return ends_at - asyncio.get_running_loop().time()

        if ends_in_s < LEAST_S:
            raise ProviderNotAskedError(self.name, "was not asked: no time is left")
        if not await self._outside.network.reaches(self.base_url, rest_s()):
            raise ProviderUnreachableError(self.name, "cannot be reached")

        def pause_s(error: Exception) -> bool | float:
            """How long to wait before another attempt; False for none."""
            if isinstance(error, ProviderBusyError) and error.retry_after_s is not None:
                fits = error.retry_after_s <= min(LONGEST_PAUSE_S, rest_s() - LEAST_S)
                return error.retry_after_s if fits else False
            return isinstance(error, ProviderFailedError) and error.is_momentary and rest_s() > 1.0

        async for attempt in stamina.retry_context(
            on=pause_s, attempts=ATTEMPTS, timeout=ends_in_s, wait_initial=0.1, wait_max=0.5, wait_jitter=0.1
        ):
            with attempt:
                await self._may_call(rest_s)
                return self._in_form(form, await self._called(call, rest_s()), check)
        raise AssertionError("the last attempt either answers or raises")

    async def _called(self, call: Call, total_s: float) -> Any:
        self._counts.calls += 1
        try:
            return await fetch_json(
                self._outside.client, self.name, self.base_url, call, self._secret, max(LEAST_S, total_s)
            )
        except ProviderBusyError as error:
            if error.retry_after_s is None:
                error.retry_after_s = self._manners.busy_for_s
            raise
        except ProviderUnreachableError:
            self._outside.network.lost(self.base_url)
            raise

    def _in_form(self, form: type[T], body: Any, check: Callable[[T], None] | None) -> T:
        try:
            value = TypeAdapter(form).validate_python(body)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part)[:40] for part in fault["loc"][:6])
            log.warning("provider_answer_not_understood", provider=self.slug, where=where, fault=fault["type"])
            raise ProviderAnswerError(self.name, "answered in another form than it documents") from error
        if check is not None:
            check(value)
        return value

    async def _may_call(self, rest_s: LeftS) -> None:
        """Waits for our turn, and counts the call. Raises ProviderSpentError, ProviderNotAskedError."""
        try:
            while self._manners.interval_s:
                wait_s = await self._outside.store.take_turn(self.slug, int(self._manners.interval_s * 1000))
                if wait_s == 0.0:
                    break
                if wait_s >= rest_s():
                    raise ProviderNotAskedError(self.name, "is asked by others of us just now")
                await asyncio.sleep(wait_s)
            await self._within_quota()
        except ProviderError:
            raise
        except RoundTableError as error:
            log.debug("call_not_counted", provider=self.slug, reason=str(error))

    async def _within_quota(self) -> None:
        quota, today = self._manners.daily_quota, _today()
        if quota is None:
            return
        spent = ProviderSpentError(self.name, f"was asked {quota} times today, as often as it allows")
        if self._spent_on == today:
            raise spent
        self._counts.calls_today = await self._outside.store.count_call(self.slug, today)
        if self._counts.calls_today > quota:
            self._spent_on = today
            log.warning("provider_quota_spent", provider=self.slug, quota=quota)
            raise spent

    def _failed(self, error: ProviderError) -> None:
        was_refused = isinstance(self.breaker.reason, ProviderKeyRefusedError)
        self.breaker.failed(error)
        if isinstance(error, ProviderNotAskedError):
            return
        self._counts.failures += 1
        self._last_error = error.again()
        if isinstance(error, ProviderKeyRefusedError) and not was_refused:
            log.error("provider_key_refused", provider=self.slug, hint=f"check the key of {self.name}")
        else:
            log.info("provider_failed", provider=self.slug, reason=str(error))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _age_s(entry: "_Entry[Any]") -> float:
    """Never negative; an entry from the future, by a clock that is wrong, is as good as new."""
    return max(0.0, (datetime.now(UTC) - entry.at).total_seconds())

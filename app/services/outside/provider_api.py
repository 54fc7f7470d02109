"""How a provider is asked: from the cache where that is fresh; else once for all who ask at the same time, if its
breaker allows it; and from an outdated entry where it does not answer.

Every provider goes through `ProviderApi.ask`, so that all keep these rules. What is cached and how stands in
`provider_cache.py`, the call itself in `rate_limited_call.py`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from app.services.outside.cache_policy import current_policy
from app.services.outside.deadlines import LEAST_S, Deadline
from app.services.outside.degradation import record_degradation
from app.services.outside.errors import ProviderError, ProviderNotAskedError, ProviderTimeoutError
from app.services.outside.fetched import Attribution, Fetched, Lifetime
from app.services.outside.health import ProviderHealth
from app.services.outside.http_call import Call, Secret
from app.services.outside.provider_cache import ProviderCache, Question, digest_of
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.provider_status import LASTING, ProviderStatus
from app.services.outside.rate_limited_call import NO_LIMITS, RateLimitedCaller, UsageLimits
from app.services.outside.single_flight import SingleFlight

log = structlog.get_logger(__name__)

T = TypeVar("T")


class ProviderApi:
    """One provider at one address. `slug` names it in keys, logs and metrics; `attribution` in what is shown."""

    def __init__(
        self,
        hub: ProviderHub,
        slug: str,
        base_url: str,
        attribution: Attribution,
        limits: UsageLimits = NO_LIMITS,
        secret: Secret | None = None,
    ) -> None:
        self._hub = hub
        self.slug = slug
        self.base_url = base_url
        self.attribution = attribution
        self._caller = RateLimitedCaller(hub, slug, self.name, base_url, limits, secret)
        self._cache = ProviderCache(hub.store, slug, self.name)
        self._in_flight = SingleFlight()
        self._counts = self._caller.counts
        self._status = ProviderStatus(slug, self.name, self._caller.quota, self._counts)
        self.breaker = self._status.breaker
        hub.register(self)

    @property
    def name(self) -> str:
        return self.attribution.provider

    async def ask(
        self,
        form: type[T],
        call: Call,
        lifetime: Lifetime,
        deadline: Deadline,
        check: Callable[[T], None] | None = None,
    ) -> Fetched[T]:
        """The answer in its form, from the cache or the provider. `check` may raise ProviderError for one that is a
        failure all the same, though its form is right. Raises ProviderError where there is neither an answer nor an
        outdated one.
        """
        digest = digest_of(self._hub.user_agent, self.base_url, form, call)
        question = Question(form, call, lifetime, check, digest)
        entry = await self._cache.get(question)
        if entry is not None and entry.age_s <= lifetime.fresh_s:
            self._counts.hits += 1
            return Fetched(entry.value, entry.at, is_live=False)
        try:
            if current_policy() == "cache_only":
                raise self._status.last_error or ProviderNotAskedError(self.name, "was not asked")
            return await self._shared(digest, lambda: self._fetched(question, deadline), deadline)
        except ProviderError as error:
            if not isinstance(error, LASTING):
                record_degradation(self.slug)
            if entry is None or current_policy() == "fresh_only":
                raise error.again() from None
            self._counts.stale += 1
            log.warning("outdated_facts_used", provider=self.slug, age_s=round(entry.age_s), reason=str(error))
            return Fetched(entry.value, entry.at, is_live=False, stale_because=str(error))

    def health(self) -> ProviderHealth:
        """How it does, for heartbeats and the doctor."""
        return self._status.health(self._hub.network.is_reached(self.base_url))

    async def _shared(
        self, digest: str, start: Callable[[], Coroutine[Any, Any, Fetched[T]]], deadline: Deadline
    ) -> Fetched[T]:
        """One who has more time than we have is not waited for beyond ours."""
        total_s = deadline.share_s()
        try:
            async with asyncio.timeout(total_s if digest in self._in_flight else None):
                return await self._joined(digest, start, deadline)
        except TimeoutError as error:
            raise ProviderTimeoutError(self.name, f"did not answer within {total_s:.1f} s") from error

    async def _joined(
        self, digest: str, start: Callable[[], Coroutine[Any, Any, Fetched[T]]], deadline: Deadline
    ) -> Fetched[T]:
        """With whoever asks the same. One who had less time than we have may have given up before we would."""
        is_others = digest in self._in_flight
        try:
            return await self._in_flight.join(digest, start)
        except (ProviderTimeoutError, ProviderNotAskedError):
            if not is_others or deadline.share_s() < LEAST_S:
                raise
        return await self._in_flight.join(digest, start)

    async def _fetched(self, question: Question[T], deadline: Deadline) -> Fetched[T]:
        if (reason := self._status.passed_over()) is not None:
            raise reason
        try:
            fetched = await self._cache.from_another(question, deadline)
            if fetched is None:
                fetched = await self._fetched_by_us(question, deadline)
        except ProviderError as error:
            self._status.failed(error)
            raise
        except BaseException:
            self._status.ended_without_news()
            raise
        if fetched.is_live:
            self._status.succeeded()
        else:
            self._status.ended_without_news()
            self._counts.hits += 1
        return fetched

    async def _fetched_by_us(self, question: Question[T], deadline: Deadline) -> Fetched[T]:
        try:
            return await self._cache.put(question, await self._caller.answer(question, deadline))
        finally:
            await self._cache.end_turn(question)

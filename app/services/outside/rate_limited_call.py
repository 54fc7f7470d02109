"""One question put to a provider within its usage limits: only where it can be reached, no faster than it allows, and
within its quota and our time; again after a momentary failure. Nothing here remembers an answer: `provider_api.py`,
which calls it, does.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, TypeVar

import stamina
import structlog
from pydantic import TypeAdapter, ValidationError

from app.errors import RoundTableError
from app.services.outside.deadlines import LEAST_S, Deadline
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderNotAskedError,
    ProviderUnreachableError,
)
from app.services.outside.health import ProviderCounts
from app.services.outside.http_call import Call, Secret, fetch_json
from app.services.outside.provider_cache import Question
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.quota import Quota, QuotaCount

log = structlog.get_logger(__name__)

ATTEMPTS = 3
LONGEST_PAUSE_S = 2.0
"""A provider that asks for a longer pause is passed over instead."""

WORTH_ANOTHER_ATTEMPT_S = 1.0
"""With less than that left a momentary failure is not tried again."""

T = TypeVar("T")


@dataclass(frozen=True)
class UsageLimits:
    """How often a provider may be called, by its terms.

    `daily_quota`, `monthly_quota`: calls, at most one of the two. `interval_s`: the least time between two calls, over
    all replicas. `busy_for_s`: how long it wants to be left alone where it says that it is busy and not for how long;
    None where its terms do not say.
    """

    daily_quota: int | None = None
    interval_s: float = 0.0
    busy_for_s: float | None = None
    monthly_quota: int | None = None

    @property
    def quota(self) -> Quota | None:
        if self.monthly_quota is not None:
            return Quota(self.monthly_quota, "month")
        return None if self.daily_quota is None else Quota(self.daily_quota)


NO_LIMITS = UsageLimits()


class RateLimitedCaller:
    """Calls one provider. `counts`: its calls and failures for `/status`; the calls are counted here. `quota`: what the
    operator set for it, else by its terms."""

    def __init__(
        self, hub: ProviderHub, slug: str, name: str, base_url: str, limits: UsageLimits, secret: Secret | None
    ) -> None:
        self._hub = hub
        self._slug = slug
        self._name = name
        self._base_url = base_url
        self._limits = limits
        self._secret = secret
        self.quota = QuotaCount(hub.store, slug, name, hub.quotas.get(slug, limits.quota))
        self.counts = ProviderCounts()

    async def answer(self, question: Question[T], deadline: Deadline) -> T:
        """In the question's form. Raises ProviderError."""
        ends_in_s = deadline.share_s()
        ours = Deadline.after(ends_in_s)

        def pause_s(error: Exception) -> bool | float:
            """How long to wait before another attempt; False where there is to be no other."""
            if isinstance(error, ProviderBusyError) and error.retry_after_s is not None:
                fits = error.retry_after_s <= min(LONGEST_PAUSE_S, ours.left_s() - LEAST_S)
                return error.retry_after_s if fits else False
            is_momentary = isinstance(error, ProviderFailedError) and error.is_momentary
            return is_momentary and ours.left_s() > WORTH_ANOTHER_ATTEMPT_S

        if ends_in_s < LEAST_S:
            raise ProviderNotAskedError(self._name, "was not asked: no time is left")
        if not await self._hub.network.reaches(self._base_url, ours.left_s()):
            raise ProviderUnreachableError(self._name, "cannot be reached")
        async for attempt in stamina.retry_context(
            on=pause_s, attempts=ATTEMPTS, timeout=ends_in_s, wait_initial=0.1, wait_max=0.5, wait_jitter=0.1
        ):
            with attempt:
                await self._may_call(ours)
                return self._in_form(question, await self._called(question.call, ours.left_s()))
        raise AssertionError("the last attempt either answers or raises")

    async def _called(self, call: Call, total_s: float) -> Any:
        self.counts.calls += 1
        client, total_s = self._hub.client, max(LEAST_S, total_s)
        try:
            return await fetch_json(client, self._name, self._base_url, call, self._secret, total_s)
        except ProviderBusyError as error:
            if error.retry_after_s is None:
                error.retry_after_s = self._limits.busy_for_s
            raise
        except ProviderUnreachableError:
            self._hub.network.lost(self._base_url)
            raise

    def _in_form(self, question: Question[T], body: Any) -> T:
        try:
            value = TypeAdapter(question.form).validate_python(body)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part)[:40] for part in fault["loc"][:6])
            log.warning("provider_answer_not_understood", provider=self._slug, where=where, fault=fault["type"])
            raise ProviderAnswerError(self._name, "answered in another form than it documents") from error
        if question.check is not None:
            question.check(value)
        return value

    async def _may_call(self, ours: Deadline) -> None:
        """Waits for our turn, and counts the call. Raises ProviderSpentError, ProviderNotAskedError."""
        try:
            await self._wait_for_turn(ours)
            await self.quota.count_call()
        except ProviderError:
            raise
        except RoundTableError as error:
            log.debug("call_not_counted", provider=self._slug, reason=str(error))

    async def _wait_for_turn(self, ours: Deadline) -> None:
        interval_ms = int(self._limits.interval_s * 1000)
        while interval_ms and (wait_s := await self._hub.store.take_turn(self._slug, interval_ms)):
            if wait_s >= ours.left_s():
                raise ProviderNotAskedError(self._name, "is asked by others of us just now")
            await asyncio.sleep(wait_s)

"""The status of one provider in this process: whether its breaker lets it be asked, its last failure, how often it was
asked. Apart from how it is asked, since providers of facts and the model share it.
"""

import structlog

from app.services.outside.breaker import Breaker
from app.services.outside.errors import (
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderRefusedQuestionError,
    ProviderSpentError,
)
from app.services.outside.health import ProviderCounts, ProviderHealth, state_of
from app.services.outside.quota import QuotaCount

log = structlog.get_logger(__name__)

LASTING = (ProviderRefusedQuestionError, ProviderKeyRefusedError, ProviderSpentError)
"""Errors that the next question would meet as well: a result made in spite of them is as good as it gets."""


class ProviderStatus:
    """`slug` names the provider in logs and `/status`, `name` in what is shown. `counts`: calls and answers from the
    cache are counted by whoever asks, failures here."""

    def __init__(self, slug: str, name: str, quota: QuotaCount, counts: ProviderCounts) -> None:
        self.breaker = Breaker()
        self.counts = counts
        self.last_error: ProviderError | None = None
        self._slug = slug
        self._name = name
        self._quota = quota

    def passed_over(self) -> ProviderError | None:
        """The error to raise in place of asking it; None where it may be asked. Then one of `succeeded`, `failed` and
        `ended_without_news` has to follow."""
        if not self.breaker.is_open():
            return None
        return (self.breaker.reason or ProviderFailedError(self._name, "is passed over")).again()

    def succeeded(self) -> None:
        self.breaker.succeeded()
        self.last_error = None

    def ended_without_news(self) -> None:
        self.breaker.ended_without_news()

    def failed(self, error: ProviderError) -> None:
        was_refused = isinstance(self.breaker.reason, ProviderKeyRefusedError)
        self.breaker.failed(error)
        if isinstance(error, ProviderNotAskedError):
            return
        self.counts.failures += 1
        self.last_error = error.again()
        if isinstance(error, ProviderKeyRefusedError) and not was_refused:
            log.error("provider_key_refused", provider=self._slug, hint=f"check the key of {self._name}")
        else:
            log.info("provider_failed", provider=self._slug, reason=str(error))

    def health(self, is_reached: bool | None) -> ProviderHealth:
        """`is_reached`: whether there is a connection to it; None where nobody has looked yet."""
        quota = self._quota.quota
        spent = quota if self._quota.is_spent else None
        state, detail = state_of(self.breaker, is_reached, spent, self.last_error, self.counts)
        return ProviderHealth(
            name=self._slug,
            state=state,
            detail=detail,
            calls=self.counts.calls,
            failures=self.counts.failures,
            cache_hits=self.counts.hits,
            stale_hits=self.counts.stale,
            quota=quota.calls if quota else None,
            quota_period=quota.period if quota else None,
            quota_used=self._quota.used if quota else None,
        )

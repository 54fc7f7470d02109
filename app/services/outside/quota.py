"""How many calls a provider allows in a day or a month, and how many of them are gone, over all replicas. A file of its
own because the settings' quotas, the providers' terms and what is told of them all speak of the same thing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import structlog

from app.errors import RoundTableError
from app.services.outside.errors import ProviderError, ProviderSpentError
from app.services.outside.store import FactStore

log = structlog.get_logger(__name__)

Period = Literal["day", "month"]

# What a period is called, and how long its count is kept after a call: longer than the period, wherever it begins.
_NAMED: dict[Period, str] = {"day": "%Y-%m-%d", "month": "%Y-%m"}
_KEPT_S: dict[Period, int] = {"day": 2 * 24 * 3600, "month": 32 * 24 * 3600}


@dataclass(frozen=True)
class Quota:
    """So many calls in each day or month of UTC; with 0 there is never one. A plan whose months begin on another day
    than the first is stood for roughly: the provider then may say itself that nothing is left."""

    calls: int
    period: Period = "day"

    def __str__(self) -> str:
        return f"{self.calls} a {self.period}"

    def period_at(self, moment: datetime) -> str:
        """`2026-11-29`, or `2026-11`."""
        return moment.astimezone(UTC).strftime(_NAMED[self.period])


class QuotaCount:
    """One provider's. `quota`: None where there is none; then nothing is counted. `now`: an aware datetime."""

    def __init__(
        self,
        store: FactStore,
        slug: str,
        name: str,
        quota: Quota | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.quota = quota
        self._store = store
        self._slug = slug
        self._name = name
        self._now = now
        self._counted = ("", 0)

    @property
    def used(self) -> int:
        """Calls in the period that runs, of all replicas, as of the last call of this one; 0 before that."""
        if self.quota is None:
            return 0
        return min(self._counted_in(self.quota.period_at(self._now())), self.quota.calls)

    @property
    def is_spent(self) -> bool:
        """Whether it was found to be used up in the period that runs."""
        # The call that finds it used up is counted, and not made.
        return self.quota is not None and self._counted_in(self.quota.period_at(self._now())) > self.quota.calls

    async def count_call(self) -> None:
        """Before a call is made. Raises ProviderSpentError where it must not be, and what the store raises."""
        if self.quota is None:
            return
        period = self.quota.period_at(self._now())
        spent = ProviderSpentError(self._name, f"has no calls left of its quota ({self.quota})")
        if self._counted_in(period) > self.quota.calls:
            raise spent
        count = await self._store.count_call(self._slug, period, _KEPT_S[self.quota.period])
        # Calls that go out together may hear of their counts in any order.
        self._counted = period, max(count, self._counted_in(period))
        if count > self.quota.calls:
            log.warning("provider_quota_spent", provider=self._slug, quota=str(self.quota))
            raise spent

    async def count_if_possible(self) -> None:
        """As `count_call`; a store that cannot be reached forbids nothing. Raises ProviderSpentError."""
        try:
            await self.count_call()
        except ProviderError:
            raise
        except RoundTableError as error:
            log.debug("call_not_counted", provider=self._slug, reason=str(error))

    def _counted_in(self, period: str) -> int:
        return self._counted[1] if self._counted[0] == period else 0

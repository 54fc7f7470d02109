"""How a provider does, in one of a few states and a line of words, for whoever runs the fleet."""

from dataclasses import dataclass
from typing import Literal

from app.services.outside.breaker import Breaker
from app.services.outside.errors import (
    ProviderBusyError,
    ProviderError,
    ProviderKeyRefusedError,
    ProviderRefusedQuestionError,
)
from app.services.outside.quota import Period, Quota

ProviderState = Literal["untried", "ok", "failing", "unreachable", "waiting", "key_refused", "quota_spent"]


@dataclass(frozen=True)
class ProviderHealth:
    """Counts are of this process since its start; `quota_used` of all replicas in the day or month
    that runs, as of the last call of this one; the quota's fields are None where there is none.

    `cache_hits`: answers from the cache while fresh; `stale_hits`: outdated ones that had to do.
    """

    name: str
    state: ProviderState
    detail: str | None
    calls: int
    failures: int
    cache_hits: int
    stale_hits: int
    quota: int | None
    quota_period: Period | None
    quota_used: int | None


@dataclass
class ProviderCounts:
    calls: int = 0
    failures: int = 0
    hits: int = 0
    stale: int = 0


def state_of(
    breaker: Breaker,
    is_reached: bool | None,
    spent: Quota | None,
    last_error: ProviderError | None,
    counts: ProviderCounts,
) -> tuple[ProviderState, str | None]:
    """The state, and what is to be said of it; None where nothing is. `spent`: the quota that is used up, if any."""
    reason = breaker.reason
    if isinstance(reason, ProviderKeyRefusedError):
        return "key_refused", str(reason)
    if spent is not None:
        return "quota_spent", f"its quota is used up ({spent})"
    if is_reached is False:
        return "unreachable", "no connection to it"
    if isinstance(reason, ProviderBusyError):
        return "waiting", f"{reason}; asked again in {breaker.open_for_s():.0f} s"
    if reason is not None:
        return "failing", str(reason)
    if isinstance(last_error, ProviderRefusedQuestionError):
        return "ok", str(last_error)
    if last_error is not None:
        return "failing", str(last_error)
    return ("ok" if counts.calls or counts.hits else "untried"), None

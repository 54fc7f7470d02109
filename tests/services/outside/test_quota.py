"""Quotas: which period a call falls into, what is counted in it over all replicas, and when there is none left."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.errors import RoundTableError
from app.services.outside.errors import ProviderSpentError
from app.services.outside.quota import Quota, QuotaCount
from app.services.outside.rate_limited_call import UsageLimits
from tests.conftest import Logged
from tests.services.conftest import MemoryStore

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY_S = 24 * 3600


class Clock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def count(store: MemoryStore, quota: Quota | None, clock: Clock | None = None) -> QuotaCount:
    return QuotaCount(store, "sunny", "Sunny", quota, clock or Clock())


@pytest.mark.parametrize(
    ("moment", "day", "month"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC), "2026-11-30", "2026-11"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01", "2026-12"),
        (datetime(2026, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), "2027-01-01", "2027-01"),
        (datetime(2028, 3, 1, 8, tzinfo=timezone(timedelta(hours=9))), "2028-02-29", "2028-02"),
    ],
)
def test_days_and_months_are_those_of_utc(moment: datetime, day: str, month: str) -> None:
    assert Quota(5).period_at(moment) == Quota(5, "day").period_at(moment) == day
    assert Quota(5, "month").period_at(moment) == month


@pytest.mark.parametrize(
    ("limits", "quota"),
    [
        (UsageLimits(), None),
        (UsageLimits(daily_quota=0), Quota(0, "day")),
        (UsageLimits(500), Quota(500, "day")),
        (UsageLimits(monthly_quota=50), Quota(50, "month")),
    ],
)
def test_the_terms_of_a_provider_say_which_it_is(limits: UsageLimits, quota: Quota | None) -> None:
    assert limits.quota == quota


async def test_without_a_quota_nothing_is_counted(store: MemoryStore) -> None:
    free = count(store, None)
    await free.count_call()
    assert (store.calls, free.used, free.is_spent) == ({}, 0, False)


async def test_a_count_is_shared_by_all_replicas_and_ends_with_its_last_call(
    store: MemoryStore, logged: Logged
) -> None:
    one, two = (count(store, Quota(3, "month")) for _ in range(2))
    for mine in (one, two, one):
        await mine.count_call()
    assert (one.used, two.used) == (3, 2), "as of its own last call"
    for _ in range(3):
        with pytest.raises(ProviderSpentError, match=r"^Sunny has no calls left of its quota \(3 a month\)$"):
            await two.count_call()
    assert store.calls == {("sunny", "2026-11"): 4}, "once it is known to be spent, nobody counts any more"
    assert (two.used, two.is_spent) == (3, True), "the call that was not made is none"
    assert (one.used, one.is_spent) == (3, False)
    assert logged.text.count("provider_quota_spent") == 1


@pytest.mark.parametrize("period", ["day", "month"])
async def test_a_new_period_begins_with_all_calls_left(store: MemoryStore, period: str) -> None:
    clock = Clock()
    mine = count(store, Quota(1, "day" if period == "day" else "month"), clock)
    await mine.count_call()
    with pytest.raises(ProviderSpentError):
        await mine.count_call()
    clock.now = NOON.replace(hour=23, minute=59)
    assert (mine.used, mine.is_spent) == (1, True)
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert (mine.used, mine.is_spent) == (0, False), "before anybody asked"
    await mine.count_call()
    assert sorted(store.calls.values()) == [1, 2]


async def test_within_a_month_days_do_not_matter(store: MemoryStore) -> None:
    clock = Clock(datetime(2026, 11, 1, tzinfo=UTC))
    mine = count(store, Quota(2, "month"), clock)
    for day in (1, 15):
        clock.now = clock.now.replace(day=day)
        await mine.count_call()
    clock.now = NOON
    with pytest.raises(ProviderSpentError):
        await mine.count_call()


async def test_with_a_quota_of_0_there_is_no_call(store: MemoryStore) -> None:
    never = count(store, Quota(0))
    with pytest.raises(ProviderSpentError, match=r"\(0 a day\)"):
        await never.count_call()
    assert (never.used, never.is_spent) == (0, True)


async def test_a_huge_quota_is_never_spent(store: MemoryStore) -> None:
    store.calls["sunny", "2026-11"] = 10**9 - 2
    much = count(store, Quota(10**9 - 1, "month"))
    await much.count_call()
    assert (much.used, much.is_spent) == (10**9 - 1, False)


@pytest.mark.parametrize(("quota", "longest_s"), [(Quota(5), DAY_S), (Quota(5, "month"), 31 * DAY_S)])
async def test_a_count_is_kept_for_longer_than_its_period_and_not_forever(quota: Quota, longest_s: int) -> None:
    asked: list[int] = []

    class Noting(MemoryStore):
        async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
            asked.append(ttl_s)
            return await super().count_call(owner, period, ttl_s)

    await count(Noting(), quota).count_call()
    assert longest_s < asked[0] <= 2 * longest_s


async def test_counts_that_are_heard_of_out_of_order_do_not_go_back(store: MemoryStore) -> None:
    is_second_heard_of = asyncio.Event()
    counts = iter([5, 6])

    async def count_call(owner: str, period: str, ttl_s: int) -> int:
        mine = next(counts)
        await is_second_heard_of.wait() if mine == 5 else is_second_heard_of.set()
        return mine

    store.count_call = count_call  # type: ignore[method-assign]
    both = count(store, Quota(5))
    first, second = await asyncio.gather(both.count_call(), both.count_call(), return_exceptions=True)
    assert (first, type(second)) == (None, ProviderSpentError)
    assert both.is_spent


async def test_a_store_that_is_away_says_so(store: MemoryStore) -> None:
    async def away(owner: str, period: str, ttl_s: int) -> int:
        raise RoundTableError("Redis is away")

    store.count_call = away  # type: ignore[method-assign]
    mine = count(store, Quota(1))
    with pytest.raises(RoundTableError, match="Redis is away"):
        await mine.count_call()
    assert (mine.used, mine.is_spent) == (0, False)

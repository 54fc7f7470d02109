"""How every provider is asked: cache, breaker, network, quota, pace, retries, and what never gets out."""

import asyncio
import time
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.errors import RoundTableError
from app.services.outside import deadlines, network
from app.services.outside.deadlines import Deadline
from app.services.outside.degradation import track_degradation
from app.services.outside.errors import (
    ProviderAnswerError,
    ProviderBusyError,
    ProviderError,
    ProviderFailedError,
    ProviderKeyRefusedError,
    ProviderNotAskedError,
    ProviderSpentError,
    ProviderTimeoutError,
    ProviderUnreachableError,
)
from app.services.outside.fetched import Attribution, Fetched, Lifetime, source_of
from app.services.outside.forms import Form
from app.services.outside.http_call import Call, Secret
from app.services.outside.network import Network
from app.services.outside.provider_api import ProviderApi
from app.services.outside.provider_hub import ProviderHub
from app.services.outside.quota import Quota
from app.services.outside.rate_limited_call import UsageLimits
from tests.conftest import Bus, Logged
from tests.services.conftest import MemoryStore
from tests.services.stand_in import FAILURES, Failure, Reply, StandIn
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

KEY = "k3y-that-nobody-may-see"
HOURS = Lifetime(fresh_s=3600, keep_s=86_400)
NONE = Lifetime(fresh_s=0, keep_s=86_400)


class Fact(Form):
    degrees: float


def api(hub: ProviderHub, provider: StandIn | str, **options: Any) -> ProviderApi:
    url = provider if isinstance(provider, str) else provider.url
    return ProviderApi(hub, "sunny", url, Attribution("Sunny", "https://sunny.example"), **options)


async def ask(sunny: ProviderApi, lifetime: Lifetime = HOURS, left_s: float = 2.0) -> Fetched[Fact]:
    return await sunny.ask(Fact, Call("/fact", {"place": "Paris"}), lifetime, Deadline.after(left_s))


async def test_an_answer_is_live_and_the_next_one_comes_from_the_cache(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": 21.5, "more": "is passed over"})
    sunny = api(hub, provider)
    first, second = await ask(sunny), await ask(sunny)
    assert (first.value, first.kind) == (Fact(degrees=21.5), "live")
    assert (second.value, second.kind) == (Fact(degrees=21.5), "cached")
    assert second.fetched_at == first.fetched_at
    assert len(provider.asked) == 1


@pytest.mark.rows("S2-63")
async def test_another_replica_finds_it_in_the_cache(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/fact", {"degrees": 21.5})
    await ask(api(hub, provider))
    other = ProviderHub(store, hub.user_agent)
    assert (await ask(api(other, provider))).kind == "cached"
    await other.aclose()


async def test_another_version_of_ours_asks_anew(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    provider.answers("/fact", {"degrees": 21.5})
    await ask(api(hub, provider))
    other = ProviderHub(store, "Ringmaster Round Table/next")
    assert (await ask(api(other, provider))).kind == "live"
    await other.aclose()


async def test_an_outdated_fact_serves_where_the_provider_does_not_answer(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": 21.5}, Reply(status=500))
    sunny = api(hub, provider)
    await ask(sunny, NONE)
    stale = await ask(sunny, NONE)
    assert (stale.value.degrees, stale.kind) == (21.5, "cached")
    note = source_of(sunny.attribution, stale).note
    assert note == "read 0 min ago; Sunny failed (HTTP 500)."


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b'{"at": 1}', b'{"at": "2026-11-29T00:00:00Z", "value": {}}'])
async def test_a_broken_cache_entry_is_a_miss(
    hub: ProviderHub, provider: StandIn, store: MemoryStore, raw: bytes
) -> None:
    provider.answers("/fact", {"degrees": 21.5})
    sunny = api(hub, provider)
    await ask(sunny)
    store.entries = dict.fromkeys(store.entries, raw)
    assert (await ask(sunny)).kind == "live"


async def test_without_a_store_all_goes_on(provider: StandIn) -> None:
    class Away(MemoryStore):
        async def get(self, owner: str, digest: str) -> bytes | None:
            raise RoundTableError("Redis is away")

        async def put(self, owner: str, digest: str, raw: bytes, ttl_s: int) -> None:
            raise RoundTableError("Redis is away")

        async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
            raise RoundTableError("Redis is away")

    provider.answers("/fact", {"degrees": 21.5})
    hub = ProviderHub(Away(), "test")
    assert (await ask(api(hub, provider, limits=UsageLimits(daily_quota=1)))).kind == "live"
    await hub.aclose()


@pytest.mark.rows("S2-66")
async def test_concurrent_identical_questions_become_one(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply({"degrees": 21.5}, drip_s=0.001))
    sunny = api(hub, provider)
    answers = await asyncio.gather(*(ask(sunny, NONE) for _ in range(20)))
    assert {answer.value.degrees for answer in answers} == {21.5}
    assert len(provider.asked) == 1


async def test_whoever_leaves_does_not_take_the_answer_from_the_others(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply({"degrees": 21.5}, drip_s=0.01))
    sunny = api(hub, provider)
    leaving, staying = asyncio.create_task(ask(sunny)), asyncio.create_task(ask(sunny))
    await wait_until(lambda: bool(provider.asked))
    leaving.cancel()
    assert (await staying).value.degrees == 21.5


async def test_one_with_less_time_does_not_wait_for_another_s_question(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(hangs=True))
    sunny = api(hub, provider)
    patient = asyncio.create_task(ask(sunny, left_s=60.0))
    await wait_until(lambda: bool(provider.asked))
    with pytest.raises(ProviderTimeoutError, match=r"did not answer within 0\.1 s"):
        await ask(sunny, left_s=0.2)
    assert not patient.done()
    assert len(provider.asked) == 1
    patient.cancel()


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("has_key", [True, False], ids=["with-key", "without-key"])
async def test_every_failure_is_one_of_our_errors_in_time_and_tells_no_key(
    hub: ProviderHub, provider: StandIn, failure: Failure, has_key: bool, logged: Logged
) -> None:
    provider.answers("/fact", failure.reply)
    sunny = api(hub, provider, secret=Secret("query", "appid", KEY) if has_key else None)
    started = time.monotonic()
    with pytest.raises(failure.expected(has_key)) as caught:
        await ask(sunny)
    assert time.monotonic() - started < 1.5  # half of the two seconds, and what a busy machine adds
    assert "Sunny" in str(caught.value)
    assert KEY not in f"{caught.value!r} {logged.text} {sunny.health()}"


@pytest.mark.parametrize("place", ["query", "header"])
async def test_the_key_is_sent_and_never_logged(
    hub: ProviderHub, provider: StandIn, place: Any, logged: Logged, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    provider.answers("/fact", {"degrees": 1})
    secret = Secret(place, "x-key", KEY)
    await ask(api(hub, provider, secret=secret))
    asked = provider.asked[0]
    assert (asked.query if place == "query" else asked.headers)["x-key"] == KEY
    assert KEY not in f"{logged.text} {caplog.text} {secret!r}"


async def test_a_wrong_key_is_one_line_in_the_log_and_the_provider_is_left_alone(
    hub: ProviderHub, provider: StandIn, logged: Logged
) -> None:
    provider.answers("/fact", Reply(status=401))
    sunny = api(hub, provider, secret=Secret("header", "x-key", KEY))
    for _ in range(5):
        with pytest.raises(ProviderKeyRefusedError):
            await ask(sunny)
    assert len(provider.asked) == 1
    assert sum("provider_key_refused" in line for line in logged.lines) == 1
    assert (sunny.health().state, sunny.health().detail) == ("key_refused", "Sunny refuses our key (401)")


async def test_a_short_pause_that_is_asked_for_is_kept(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(status=429, headers={"Retry-After": "0.2"}), {"degrees": 3})
    started = time.monotonic()
    assert (await ask(api(hub, provider), left_s=4)).value.degrees == 3
    assert time.monotonic() - started >= 0.2


async def test_a_long_pause_that_is_asked_for_passes_the_provider_over(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(status=429, headers={"Retry-After": "120"}))
    sunny = api(hub, provider)
    for _ in range(3):
        with pytest.raises(ProviderBusyError):
            await ask(sunny)
    assert len(provider.asked) == 1
    assert sunny.health().state == "waiting"


async def test_a_momentary_failure_is_tried_again(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(status=502), Reply({"degrees": 1}, cut_after=3), {"degrees": 3})
    assert (await ask(api(hub, provider), left_s=8)).value.degrees == 3


async def test_a_fault_of_the_question_is_not_tried_again_and_opens_no_breaker(
    hub: ProviderHub, provider: StandIn
) -> None:
    provider.answers("/fact", Reply(status=404))
    sunny = api(hub, provider)
    for _ in range(5):
        with pytest.raises(ProviderError):
            await ask(sunny)
    assert len(provider.asked) == 5


async def test_a_breaker_opens_and_lets_one_probe_through(
    hub: ProviderHub, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.outside.breaker.COOLDOWN_S", 0.0)
    provider.answers("/fact", Reply(b"no json"), Reply(b"no json"), Reply(b"no json"), {"degrees": 3})
    sunny = api(hub, provider)
    for _ in range(3):
        with pytest.raises(ProviderAnswerError):
            await ask(sunny)
    assert sunny.health().state == "failing"
    assert (await ask(sunny)).value.degrees == 3
    assert sunny.health().state == "ok"


async def test_a_spent_quota_passes_the_provider_over_before_it_says_so(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    provider.answers("/fact", {"degrees": 3})
    sunny = api(hub, provider, limits=UsageLimits(daily_quota=2))
    for _ in range(2):
        await ask(sunny, Lifetime(0, 1))
    store.entries.clear()
    for _ in range(3):
        with pytest.raises(ProviderSpentError):
            await ask(sunny, Lifetime(0, 1))
    assert len(provider.asked) == 2
    assert list(store.calls.values()) == [3], "once it is known to be spent, nobody counts any more"
    assert (sunny.health().state, sunny.health().detail) == ("quota_spent", "its quota is used up (2 a day)")


async def test_calls_wait_for_their_turn(hub: ProviderHub, provider: StandIn, store: MemoryStore) -> None:
    waits = iter([0.05, 0.05, 0.0])

    async def take_turn(owner: str, interval_ms: int) -> float:
        if owner != "sunny":
            return 0.0
        assert interval_ms == 1000
        return next(waits)

    store.take_turn = take_turn  # type: ignore[method-assign]
    provider.answers("/fact", {"degrees": 3})
    assert (await ask(api(hub, provider, limits=UsageLimits(interval_s=1)))).value.degrees == 3
    assert next(waits, None) is None


async def test_a_turn_that_comes_too_late_is_not_waited_for(
    hub: ProviderHub, provider: StandIn, store: MemoryStore
) -> None:
    async def take_turn(owner: str, interval_ms: int) -> float:
        return 30.0 if owner == "sunny" else 0.0

    store.take_turn = take_turn  # type: ignore[method-assign]
    with pytest.raises(ProviderNotAskedError):
        await ask(api(hub, provider, limits=UsageLimits(interval_s=1)))
    assert provider.asked == []


async def test_with_no_time_left_nobody_is_asked(hub: ProviderHub, provider: StandIn) -> None:
    sunny = api(hub, provider)
    for _ in range(5):
        with pytest.raises(ProviderNotAskedError):
            await ask(sunny, left_s=0.0)
    assert (sunny.health().state, sunny.health().failures) == ("untried", 0), "that is no failure of the provider's"
    assert provider.asked == []


async def test_an_answer_that_is_a_failure_all_the_same(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": -1000})

    def check(fact: Fact) -> None:
        raise ProviderFailedError("Sunny", "ran out of degrees")

    with pytest.raises(ProviderFailedError, match="ran out of degrees"):
        await api(hub, provider).ask(Fact, Call("/fact"), HOURS, Deadline.after(1.0), check)


async def test_nobody_is_called_where_there_is_no_connection(store: MemoryStore) -> None:
    hub = ProviderHub(store, "test", Network(connect_timeout_s=0.3))
    sunny = api(hub, "http://127.0.0.1:9")
    with pytest.raises(ProviderUnreachableError):
        await ask(sunny)
    assert sunny.health().state == "unreachable"
    assert sunny.health().calls == 0
    await hub.aclose()


async def test_the_age_of_a_fact_is_told_in_words() -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    ages = [timedelta(seconds=-5), timedelta(minutes=5), timedelta(hours=3), timedelta(days=12)]
    told = [Fetched(0, now - age, is_live=False).age_text(now) for age in ages]
    assert told == ["0 min", "5 min", "3 h", "12 days"]


def test_a_provider_gets_half_of_the_time_so_that_another_one_can_be_asked() -> None:
    assert deadlines.SHARE_OF_TIME == 0.5


async def test_a_quota_of_ones_own_takes_the_place_of_the_terms(store: MemoryStore, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": 3})
    hub = ProviderHub(store, "test", quotas={"sunny": Quota(1)})
    sunny = api(hub, provider, limits=UsageLimits(daily_quota=1000))
    await ask(sunny, Lifetime(0, 1))
    store.entries.clear()
    with pytest.raises(ProviderSpentError):
        await ask(sunny, Lifetime(0, 1))
    await hub.aclose()


async def test_a_connection_that_was_lost_is_found_again_however_often_it_is_asked_for(
    store: MemoryStore, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_there, connect = False, network.socket.create_connection

    def sometimes(target: tuple[str, int], timeout: float) -> Any:
        if not is_there:
            raise OSError("no way")
        return connect(target, timeout)

    monkeypatch.setattr("app.services.outside.network.socket.create_connection", sometimes)
    provider.answers("/fact", {"degrees": 3})
    hub = ProviderHub(store, "test", Network(look_again_after_s=0.2))
    sunny = api(hub, provider)
    with pytest.raises(ProviderUnreachableError):
        await ask(sunny)
    is_there = True

    async def found() -> bool:
        try:
            return (await ask(sunny)).is_live
        except ProviderUnreachableError:
            return False

    await wait_until(found)
    await hub.aclose()


async def test_one_with_more_time_asks_again_where_another_one_gave_up(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(hangs=True), {"degrees": 3})
    sunny = api(hub, provider)
    hurried = asyncio.create_task(ask(sunny, left_s=0.4))
    await wait_until(lambda: bool(provider.asked))
    patient = asyncio.create_task(ask(sunny, left_s=8))
    with pytest.raises(ProviderTimeoutError):
        await hurried
    assert (await patient).value.degrees == 3


async def test_two_processes_that_ask_the_same_make_one_call(bus: Bus, provider: StandIn) -> None:
    provider.answers("/fact", Reply({"degrees": 3}, drip_s=0.01))
    shared = [ProviderHub(bus.broker(), "test") for _ in range(2)]
    answers = await asyncio.gather(*(ask(api(hub, provider)) for hub in shared))
    assert [answer.value.degrees for answer in answers] == [3, 3]
    assert sorted(answer.kind for answer in answers) == ["cached", "live"]
    assert len(provider.asked) == 1
    for hub in shared:
        await hub.aclose()


async def test_where_the_other_process_fails_we_ask_ourselves(bus: Bus, provider: StandIn) -> None:
    provider.answers("/fact", Reply({"a": 1}, 404, drip_s=0.01), {"degrees": 3})
    shared = [ProviderHub(bus.broker(), "test") for _ in range(2)]
    answers = await asyncio.gather(*(ask(api(hub, provider)) for hub in shared), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Fetched", "ProviderRefusedQuestionError"]
    for hub in shared:
        await hub.aclose()


async def test_an_error_that_is_raised_again_and_again_does_not_grow(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply(status=429, headers={"Retry-After": "600"}))
    sunny = api(hub, provider)
    for _ in range(20):
        with pytest.raises(ProviderBusyError) as caught:
            await ask(sunny)
    assert len(provider.asked) == 1
    assert sunny.breaker.reason is not None
    for error in (sunny.breaker.reason, caught.value):
        assert len(list(traceback.walk_tb(error.__traceback__))) < 10


@pytest.mark.parametrize(
    "value", ["Wed, 21 Oct 999999999999999 07:28:00 GMT", "nan", "inf", "-5", "x" * 10_000, "9" * 400, ""]
)
async def test_any_retry_after_leads_on(hub: ProviderHub, provider: StandIn, value: str) -> None:
    provider.answers("/fact", Reply(status=503, headers={"Retry-After": value}))
    with pytest.raises(ProviderBusyError):
        await ask(api(hub, provider))


async def test_a_question_that_it_refuses_shows_that_it_is_well(
    hub: ProviderHub, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.outside.breaker.COOLDOWN_S", 0.0)
    provider.answers("/fact", Reply(b"no json"), Reply(b"no json"), Reply(b"no json"), Reply(status=404))
    sunny = api(hub, provider)
    for _ in range(4):
        with pytest.raises(ProviderError):
            await ask(sunny)
    assert sunny.breaker.reason is None


async def test_cookies_are_not_kept(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", Reply({"degrees": 1}, headers={"Set-Cookie": "who=you; Path=/"}))
    sunny = api(hub, provider)
    for _ in range(2):
        await ask(sunny, Lifetime(0, 0))
    assert [asked.headers.get("cookie") for asked in provider.asked] == [None] * len(provider.asked)


async def test_a_right_answer_that_is_far_too_large_is_none(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": 3, "more": "x" * 5_000_000})
    with pytest.raises(ProviderAnswerError, match="sent more than 4096 KiB"):
        await ask(api(hub, provider))


@pytest.mark.parametrize(
    ("reply", "is_degraded"),
    [
        (Reply(status=500), True),
        (Reply(status=429), True),
        (Reply(b"no json"), True),
        (Reply(status=404), False),
        (Reply({"degrees": 3}), False),
    ],
)
async def test_a_failure_that_may_pass_degrades_the_result(
    hub: ProviderHub, provider: StandIn, reply: Reply, is_degraded: bool
) -> None:
    provider.answers("/fact", reply)
    sunny = api(hub, provider)
    degraded_by = track_degradation()
    await asyncio.gather(ask(sunny), return_exceptions=True)
    assert degraded_by == (["sunny"] if is_degraded else [])


async def test_an_outdated_fact_degrades_the_result_as_well(hub: ProviderHub, provider: StandIn) -> None:
    provider.answers("/fact", {"degrees": 3}, Reply(status=500))
    sunny = api(hub, provider)
    await ask(sunny, NONE)
    degraded_by = track_degradation()
    assert (await ask(sunny, NONE)).stale_because
    assert degraded_by == ["sunny"]


async def test_a_probe_goes_alone(hub: ProviderHub, provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.outside.breaker.COOLDOWN_S", 0.0)
    provider.answers("/fact", Reply(b"no json"))
    sunny = api(hub, provider)
    for _ in range(3):
        with pytest.raises(ProviderAnswerError):
            await ask(sunny)
    provider.answers("/fact", Reply({"degrees": 3}, drip_s=0.01))
    questions = [Call("/fact", {"place": str(number)}) for number in range(5)]
    found = await asyncio.gather(
        *(sunny.ask(Fact, question, HOURS, Deadline.after(3)) for question in questions), return_exceptions=True
    )
    assert sum(isinstance(one, Fetched) for one in found) == 1
    assert len(provider.asked) == 4

"""Results that serve identical requests for a while: by whom, for whom, for how long, and what is never kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic_core import from_json, to_json

from app.agents.base_agent import AgentContext
from app.agents.kept_reports import as_cached
from app.messaging import channels
from app.messaging.broker import Broker
from app.services.outside.degradation import record_degradation
from app.workers import result_cache
from app.workers.result_cache import ResultCache
from tests.conftest import Bus
from tests.scripted_agents import Question, Report, ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, opened, outcomes, worker

pytestmark = pytest.mark.anyio


class Keeping(ScriptedAgent):
    """One whose results may be kept."""

    is_cacheable = True


async def answered(bus: Bus, broker: Broker, topic: str = "t") -> dict[str, object]:
    """The completion event of one more request on that topic, in a session of its own."""
    session_id = await opened(broker)
    await broker.request(asked(session_id, topic))
    await wait_until(lambda: outcomes(broker, session_id))
    return (await outcomes(broker, session_id))[0]


@pytest.mark.rows("S2-62", "S2-64", "S0-178")
async def test_an_identical_request_is_answered_with_the_earlier_result(bus: Bus) -> None:
    agent, broker = Keeping(AGENT), bus.broker()
    results = ResultCache(broker, ttl_s=60)
    async with worker(bus, agent, "one", results=results):
        first, second, other = [await answered(bus, broker, topic) for topic in ("t", "t", "u")]
    assert agent.worked == ["t", "u"]
    assert [event.get("cache_age_s") for event in (first, second, other)] == [None, 0, None]
    assert results.hits == 1


async def test_another_replica_answers_with_it_as_well(bus: Bus) -> None:
    one, two, broker = Keeping(AGENT), Keeping(AGENT), bus.broker()
    async with worker(bus, one, "one", results=ResultCache(broker, 60)):
        await answered(bus, broker)
    async with worker(bus, two, "two", results=ResultCache(bus.broker(), 60)):
        await answered(bus, broker)
    assert (one.worked, two.worked) == (["t"], [])


async def test_an_agent_that_does_not_say_so_is_asked_every_time(bus: Bus) -> None:
    agent, broker = ScriptedAgent(AGENT), bus.broker()
    async with worker(bus, agent, "one", results=ResultCache(broker, 60)):
        await answered(bus, broker)
        await answered(bus, broker)
    assert agent.worked == ["t", "t"]


@pytest.mark.parametrize("options", [{"fails": True}, {"crashes": True}], ids=["fails", "crashes"])
async def test_a_failure_is_not_kept(bus: Bus, options: dict[str, bool]) -> None:
    agent, broker = Keeping(AGENT, **options), bus.broker()
    async with worker(bus, agent, "one", results=ResultCache(broker, 60)):
        await answered(bus, broker)
        await answered(bus, broker)
    assert agent.worked == ["t", "t"]


async def test_nothing_is_kept_with_a_lifetime_of_nothing(bus: Bus) -> None:
    agent, broker = Keeping(AGENT), bus.broker()
    async with worker(bus, agent, "one", results=ResultCache(broker, ttl_s=0)):
        await answered(bus, broker)
        await answered(bus, broker)
    assert agent.worked == ["t", "t"]


async def test_other_providers_have_other_results(bus: Bus) -> None:
    agent, broker = Keeping(AGENT), bus.broker()
    ResultCache(broker, 60, setup="one key").keep(agent, Question(topic="t"), b'{"by":"a"}')
    assert await ResultCache(broker, 60, setup="one key").find(agent, Question(topic="t")) is not None
    assert await ResultCache(broker, 60, setup="another key").find(agent, Question(topic="t")) is None


async def test_results_of_other_agents_differ_only_by_more_than_their_age() -> None:
    live, cached = ({"weather": {"kind": kind, "high_c": 20}} for kind in ("live", "cached"))
    one, two, three = (Question(results=results) for results in (live, cached, {"weather": {"kind": "estimate"}}))
    cache, agent = ResultCache(Broker("redis://localhost:1"), 60), Keeping(AGENT)
    assert cache.digest(agent, one) == cache.digest(agent, two) != cache.digest(agent, three)


async def test_what_was_live_is_cached_the_next_time() -> None:
    report = to_json(
        {"kind": "live", "text": 'a "kind":"live" in a text', "deep": [{"kind": "live", "provenance": "live"}]}
    )
    assert from_json(as_cached(report)) == {
        "kind": "cached",
        "text": 'a "kind":"live" in a text',
        "deep": [{"kind": "cached", "provenance": "cached"}],
    }


async def test_what_a_model_took_for_its_words_is_told_once() -> None:
    """Whoever is served from the cache caused no cost; sums over all answers would count it again."""
    usage = {"model": "a-model", "requests": 2, "input_tokens": 812, "output_tokens": 140, "cost_usd": 0.001}
    told = {"overview": 'A text with "usage":{} in it.', "written_by": "a-model", "usage": usage}
    assert from_json(as_cached(to_json({"narrative": told}))) == {"narrative": {**told, "usage": None}}


async def test_a_result_without_a_provider_is_kept_for_less_long(bus: Bus) -> None:
    broker, agent = bus.broker(), Keeping(AGENT)
    results = ResultCache(broker, 600)

    class Lacking(Keeping):
        async def handle(self, request: Question, context: AgentContext) -> Report:
            async def in_a_task_of_its_own() -> None:
                record_degradation("sunny")

            await asyncio.gather(in_a_task_of_its_own())
            return await super().handle(request, context)

    for topic, made_by in (("whole", agent), ("lacking", Lacking(AGENT))):
        async with worker(bus, made_by, topic, results=results):
            await answered(bus, broker, topic)
    ttls_s = [
        await bus.make_client().ttl(channels.cache_entry("agent-a", results.digest(agent, Question(topic=topic))))
        for topic in ("whole", "lacking")
    ]
    assert result_cache.DEGRADED_TTL_S < ttls_s[0] <= 600
    assert 0 < ttls_s[1] <= result_cache.DEGRADED_TTL_S


@pytest.mark.parametrize(
    "raw", [b"", b"-", b"z\x00", b"-[]\n{}", b'-{"made_at":1}\n{}', b'-{"made_at":"2026-11-29"}\n{}', b"-null\nnull"]
)
async def test_bytes_that_are_no_result_of_ours_are_a_miss(bus: Bus, raw: bytes) -> None:
    broker, agent = bus.broker(), Keeping(AGENT)
    cache = ResultCache(broker, 60)
    key = channels.cache_entry("agent-a", cache.digest(agent, Question(topic="t")))
    await bus.make_client().set(key, raw, ex=60)
    assert await cache.find(agent, Question(topic="t")) is None


async def test_a_long_result_comes_back_as_it_was_with_its_age(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    broker, agent = bus.broker(), Keeping(AGENT)
    cache, report = ResultCache(broker, 60), to_json({"by": "a" * 100_000})
    cache.keep(agent, Question(topic="t"), report)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(seconds=30)

    monkeypatch.setattr(result_cache, "datetime", Later)
    found = await cache.find(agent, Question(topic="t"))
    assert found is not None
    assert (found.report_json, found.age_s) == (report, 30)


async def test_turns_are_taken_by_one_at_a_time(bus: Bus) -> None:
    one, two = bus.broker(), bus.broker()
    assert await one.take_turn("nominatim", 200) == 0.0
    assert 0.0 < await two.take_turn("nominatim", 200) <= 0.2

    async def mine() -> bool:
        return await two.take_turn("nominatim", 200) == 0.0

    await wait_until(mine)


async def test_calls_are_counted_over_all_replicas(bus: Bus) -> None:
    one, two = bus.broker(), bus.broker()
    for period in ("2026-11-29", "2026-11-30", "2026-11"):
        counts = await asyncio.gather(*(broker.count_call("openweather", period, 60) for broker in (one, two, one)))
        assert sorted(counts) == [1, 2, 3], "each period has a count of its own"


async def test_a_count_is_kept_for_as_long_as_its_period_needs(bus: Bus) -> None:
    month_s = 32 * 24 * 3600
    await bus.broker().count_call("openweb-ninja", "2026-11", month_s)
    assert month_s - 60 < await bus.make_client().ttl(channels.calls("openweb-ninja", "2026-11")) <= month_s

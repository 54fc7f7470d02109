"""An error that may pass is met with another attempt; an agent that keeps failing is skipped, and probed later."""

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agents.errors import AgentError
from app.core.breakers import Breakers, BreakerSettings
from app.core.errors import AgentExecutionError, AgentSkippedError, AgentTimeoutError
from app.core.load import Limits
from app.core.orchestrator import Orchestrator
from app.core.retry import JITTER, backoff_s
from app.core.state import SessionStatus, StepStatus
from app.core.workflow import Workflow
from app.messaging import channels, events
from app.messaging.protocols import new_id
from tests.conftest import Bus
from tests.fleet import orchestrating, working
from tests.heartbeats import heartbeat
from tests.scripted_agents import Question, Report, ScriptedAgent, fan_in_workflow
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

BREAKER = BreakerSettings(threshold=3, cooldown_s=0.4)


class PassingError(AgentError):
    """What a provider that is down for a moment causes."""

    code = "unavailable"
    retryable = True


class BadWishError(AgentError):
    code = "bad_wish"
    blames_request = True


class FlakyAgent(ScriptedAgent):
    """Fails so many times with that error, then works."""

    def __init__(self, name: str, failures: int, error: type[AgentError] = PassingError) -> None:
        super().__init__(name)
        self.failures = failures
        self.error = error

    async def handle(self, request: Question, context: Any) -> Report:
        if self.failures > 0:
            self.failures -= 1
            self.worked.append("in vain")
            raise self.error(f"{self.name} is not well")
        return await super().handle(request, context)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.retry.BASE_S", 0.05)


def workflow(attempts: int = 3, timeout_ms: int = 5_000) -> Workflow:
    return fan_in_workflow(("a", "b"), "z", timeout_ms=timeout_ms, max_attempts=attempts)


def breaking(bus: Bus) -> Any:
    return orchestrating(bus, fan_in_workflow(("a",), "z"), limits=Limits(attempts=1), breaker=BREAKER)


@pytest.mark.rows("S1-39", "S2-35")
@given(retry_count=st.integers(0, 8), request_id=st.uuids().map(str))
def test_pauses_double_twice_and_are_shortened_by_some_jitter(retry_count: int, request_id: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.core.retry.BASE_S", 1.0)
        pause_s = backoff_s(retry_count, request_id)
    longest_s = {0: 1, 1: 2}.get(retry_count, 4)
    assert (1 - JITTER) * longest_s <= pause_s <= longest_s


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({backoff_s(1, new_id()) for _ in range(50)}) == 50


@pytest.mark.rows("S1-38", "S1-41", "S2-35", "S2-45")
async def test_an_agent_whose_error_may_pass_is_asked_again(bus: Bus) -> None:
    flaky = FlakyAgent("a", failures=2)
    async with (
        working(bus, [flaky, ScriptedAgent("b"), ScriptedAgent("z")]),
        orchestrating(bus, workflow()) as orchestrator,
    ):
        state = await (await orchestrator.open("scripted", {"topic": "t"})).finished
        told = [entry.event async for entry in await orchestrator.follow(state.session_id)]
    assert state.status is SessionStatus.COMPLETED
    assert state.steps["a"].retry_count == 2
    mine = [event for event in told if event.get("agent") == "a"]
    assert [event.get("retry_count", 0) for event in mine if event.get("status") == "requested"] == [0, 1, 2]
    assert [event["type"] for event in mine].count("attempt_failed") == 2
    counted = {
        (outcome, attempt): n for (name, outcome, attempt), n in orchestrator.attempts.counted.items() if name == "a"
    }
    assert counted == {("error", 1): 1, ("error", 2): 1, ("success", 3): 1}
    assert orchestrator.attempts.retries() == 2


@pytest.mark.rows("S1-23", "S1-38", "S1-41", "S1-42")
async def test_after_the_last_attempt_the_step_fails_with_the_last_cause(bus: Bus) -> None:
    flaky = FlakyAgent("a", failures=99)
    async with (
        working(bus, [flaky, ScriptedAgent("b"), ScriptedAgent("z")]),
        orchestrating(bus, workflow()) as orchestrator,
    ):
        state = await (await orchestrator.open("scripted", {})).finished
    assert state.status is SessionStatus.PARTIAL
    assert (state.steps["a"].failure_code, state.steps["a"].message) == (
        "unavailable",
        "a is not well (asked 3 times)",
    )
    assert len(flaky.worked) == 3
    assert orchestrator.attempts.given_up["a"] == 1


@pytest.mark.rows("S1-39", "S1-40")
async def test_no_attempt_goes_beyond_the_steps_deadline(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next pause would end after the deadline: the step fails at once, and the plan goes on without it."""
    monkeypatch.setattr("app.core.retry.BASE_S", 60.0)
    flaky = FlakyAgent("a", failures=99)
    async with (
        working(bus, [flaky, ScriptedAgent("b"), ScriptedAgent("z")]),
        orchestrating(bus, workflow()) as orchestrator,
    ):
        state = await asyncio.wait_for((await orchestrator.open("scripted", {})).finished, 4)
    assert (state.status, state.steps["a"].failure_code) == (SessionStatus.PARTIAL, "unavailable")
    assert len(flaky.worked) == 1


async def test_an_error_that_will_not_pass_is_not_tried_again(bus: Bus) -> None:
    flaky = FlakyAgent("a", failures=99, error=AgentError)
    async with (
        working(bus, [flaky, ScriptedAgent("b"), ScriptedAgent("z")]),
        orchestrating(bus, workflow()) as orchestrator,
    ):
        state = await (await orchestrator.open("scripted", {})).finished
    assert state.steps["a"].status is StepStatus.FAILED
    assert len(flaky.worked) == 1


@pytest.mark.rows("S1-38", "S1-42")
async def test_a_single_request_is_tried_again_and_its_error_tells_how_often(bus: Bus) -> None:
    async with (
        working(bus, [FlakyAgent("a", failures=2), FlakyAgent("b", failures=99)]),
        orchestrating(bus, workflow()) as orchestrator,
    ):
        assert (await orchestrator.ask("a", {"topic": "lions"}, 5_000))["topic"] == "lions"
        with pytest.raises(AgentExecutionError, match=r"b is not well \(asked 3 times\)") as caught:
            await orchestrator.ask("b", {}, 5_000)
    assert (caught.value.agent, caught.value.code, caught.value.attempts) == ("b", "unavailable", 3)


@pytest.mark.rows("S1-24", "S2-41", "S2-56")
async def test_an_agent_that_keeps_failing_is_skipped_at_once_on_every_gateway_and_probed_later(bus: Bus) -> None:
    broken = FlakyAgent("a", failures=4, error=AgentError)
    async with working(bus, [broken, ScriptedAgent("z")]), breaking(bus) as one, breaking(bus) as other:
        for _ in range(3):
            with pytest.raises(AgentExecutionError):
                await one.ask("a", {}, 2_000)
        await wait_until(lambda: other.breakers.view("a").state == "open")
        worked = len(broken.worked)
        with pytest.raises(AgentSkippedError, match="failed 3 times in a row") as caught:
            await other.ask("a", {}, 2_000)
        assert caught.value.retry_after_s == 1.0
        state = await (await other.open("scripted", {})).finished
        assert (state.status, state.steps["a"].failure_code) == (SessionStatus.PARTIAL, "circuit_open")
        assert len(broken.worked) == worked, "a skipped agent is not asked"
        await wait_until(lambda: one.breakers.view("a").state == "half_open")
        with pytest.raises(AgentExecutionError):
            await one.ask("a", {}, 2_000)
        with pytest.raises(AgentSkippedError):
            await one.ask("a", {}, 2_000)
        await wait_until(lambda: other.breakers.view("a").state == "half_open")
        assert (await other.ask("a", {"topic": "well"}, 2_000))["topic"] == "well"
        await wait_until(lambda: {one.breakers.view("a").state, other.breakers.view("a").state} == {"closed"})


async def test_of_many_that_come_to_a_half_open_breaker_one_gets_through(bus: Bus) -> None:
    agents, broker = ("a",), bus.broker()
    gateways = [Breakers(broker, agents, BREAKER) for _ in range(5)]
    for _ in range(3):
        gateways[0].record("a", succeeded=False)
    await gateways[0].flush()
    for gateway in gateways:
        await gateway.recall()
    assert [gateway.view("a").state for gateway in gateways] == ["open"] * 5
    await wait_until(lambda: {gateway.view("a").state for gateway in gateways} == {"half_open"})

    async def let_through() -> int:
        """None as long as the cooldown is not quite over by Redis' clock."""
        asked = await asyncio.gather(*(gateway.skipped(["a"]) for gateway in gateways))
        return sum("a" not in skipped for skipped in asked)

    assert await wait_until(let_through) == 1


async def test_requests_that_are_at_fault_themselves_do_not_open_a_breaker(bus: Bus) -> None:
    async with working(bus, [FlakyAgent("a", 99, BadWishError)]), breaking(bus) as orchestrator:
        for _ in range(5):
            with pytest.raises(AgentExecutionError):
                await orchestrator.ask("a", {}, 2_000)
        assert orchestrator.breakers.view("a").failures == 0


async def test_requests_that_came_too_late_do_not_open_a_breaker(bus: Bus) -> None:
    """A worker says so of what lay in its queue for too long: it has much to do, and does it."""
    async with breaking(bus) as orchestrator:
        for _ in range(5):
            late = events.step_failed("a", "expired", "asked too late", new_id())
            orchestrator.attempts.count("a", events.decode_event(late), 0)
        await orchestrator.breakers.flush()
        assert orchestrator.breakers.view("a").failures == 0
        assert orchestrator.attempts.counted["a", "error", 1] == 5, "they are counted all the same"


@pytest.mark.rows("S1-24")
async def test_an_agent_that_answers_others_is_busy_and_not_broken(bus: Bus) -> None:
    """Many ask for more than it can do in time: whoever comes after them is not to pay for it."""

    class Busy(ScriptedAgent):
        async def handle(self, request: Question, context: Any) -> Report:
            if request.topic == "much":
                self.worked.append("much")
                await asyncio.Event().wait()
            return await super().handle(request, context)

    async def asked_too_much(orchestrator: Orchestrator, busy: Busy, meanwhile: str = "") -> int:
        late = [asyncio.create_task(orchestrator.ask("a", {"topic": "much"}, 600)) for _ in range(3)]
        await wait_until(lambda: busy.worked.count("much") % 3 == 0 and busy.worked)
        if meanwhile:
            await orchestrator.ask("a", {"topic": meanwhile}, 5_000)
        outcomes = await asyncio.gather(*late, return_exceptions=True)
        assert all(isinstance(outcome, AgentTimeoutError) for outcome in outcomes)
        await orchestrator.breakers.flush()
        return orchestrator.breakers.view("a").failures

    busy = Busy("a")
    async with working(bus, [busy], concurrency=8), breaking(bus) as orchestrator:
        assert await asked_too_much(orchestrator, busy, meanwhile="little") == 0
        busy.worked.clear()
        assert await asked_too_much(orchestrator, busy) == 3, "that it answered before says nothing"


async def test_an_absent_agent_opens_its_breaker(bus: Bus) -> None:
    async with breaking(bus) as orchestrator:
        started = time.monotonic()
        for _ in range(3):
            with pytest.raises(Exception, match="timed out"):
                await orchestrator.ask("a", {}, 50)
        await wait_until(lambda: orchestrator.breakers.view("a").state == "open")
        assert time.monotonic() - started < 5


@pytest.mark.rows("S1-24")
async def test_breakers_can_be_switched_off(bus: Bus) -> None:
    off = BreakerSettings(is_enabled=False, threshold=1)
    async with working(bus, [FlakyAgent("a", 3, AgentError)]), orchestrating(bus, workflow(1), breaker=off) as one:
        for _ in range(3):
            with pytest.raises(AgentExecutionError):
                await one.ask("a", {}, 2_000)
        assert await one.ask("a", {}, 2_000)


@pytest.mark.parametrize("junk", [b"", b"\xff", b"[]", b'{"agent":"a","failures":-1,"open_for_ms":0}', b'{"agent":7}'])
async def test_junk_about_breakers_is_passed_over(bus: Bus, junk: bytes) -> None:
    client = bus.make_client()
    async with breaking(bus) as orchestrator:

        async def is_heard() -> bool:
            await client.publish(channels.BREAKERS, junk)
            await client.publish(channels.BREAKERS, b'{"agent":"a","failures":3,"open_for_ms":60000}')
            return orchestrator.breakers.view("a").state == "open"

        await wait_until(is_heard)
    await client.aclose()


async def a_probe_is_let_through(breakers: Breakers) -> None:
    async def is_asked_again() -> bool:
        return await breakers.skipped(["a"]) == {}

    await wait_until(is_asked_again, timeout_s=BREAKER.cooldown_s + 1)


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "-7", "1e300", ""])
async def test_a_breaker_that_holds_no_numbers_starts_anew(bus: Bus, text: str) -> None:
    client: Any = bus.make_client()
    await client.hset(channels.breaker("a"), mapping={"failures": text, "open_until": text})
    await client.expire(channels.breaker("a"), 60)
    breakers = Breakers(bus.broker(), ["a"], BREAKER)
    await breakers.recall()
    assert await breakers.skipped(["a"]) == {} or breakers.view("a").open_for_s <= BREAKER.cooldown_s
    for _ in range(BREAKER.threshold):
        breakers.record("a", succeeded=False)
        await breakers.flush()
    assert breakers.view("a").state == "open"
    assert breakers.view("a").open_for_s <= BREAKER.cooldown_s
    await a_probe_is_let_through(breakers)
    breakers.record("a", succeeded=True)
    await breakers.flush()
    assert breakers.view("a").state == "closed"
    await client.aclose()


async def test_no_announcement_opens_a_breaker_for_longer_than_its_cooldown(bus: Bus) -> None:
    breakers = Breakers(bus.broker(), ["a"], BREAKER)
    breakers.heard(b'{"agent":"a","failures":99,"open_for_ms":99999999999}')
    assert breakers.view("a").open_for_s <= BREAKER.cooldown_s
    await a_probe_is_let_through(breakers)


async def test_a_breaker_that_holds_no_numbers_does_not_end_the_recalling(bus: Bus) -> None:
    client: Any = bus.make_client()
    await client.hset(channels.breaker("a"), mapping={"failures": "abc"})
    await client.expire(channels.breaker("a"), 60)
    other = Breakers(bus.broker(), ["b"], BREAKER)
    other.record("b", succeeded=False)
    await other.flush()
    async with orchestrating(bus, fan_in_workflow(("a", "b"), "z"), breaker=BREAKER) as orchestrator:
        await wait_until(lambda: orchestrator.breakers.view("b").failures == 1)
        assert len(orchestrator._tasks) == 3, "whoever recalls, renews and looks after sessions is still there"
    await client.aclose()


async def test_who_is_there_is_known_though_a_breaker_cannot_be_read(bus: Bus) -> None:
    client: Any = bus.make_client()
    await client.set(channels.breaker("a"), "no breaker", ex=60)
    await client.hset(channels.registry("a"), "one", heartbeat("one", agent="a").model_dump_json())
    await client.expire(channels.registry("a"), 60)
    async with orchestrating(bus, fan_in_workflow(("a",), "z"), breaker=BREAKER) as orchestrator:
        await wait_until(lambda: orchestrator.fleet.instances("a"))
    await client.aclose()

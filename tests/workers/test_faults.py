"""Healthy means that it works: a worker that lives and does not work says so, and ends itself."""

import asyncio
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from app.core.fleet import Fleet
from app.messaging.availability import COMMANDS
from app.messaging.broker import Broker
from app.messaging.heartbeat import decode_heartbeat
from app.workers import agent_call, lease_keeper, reader, takeover
from app.workers import worker as worker_module
from app.workers.errors import WedgedError
from app.workers.lease_keeper import LeaseKeeper
from tests.conftest import Bus, Logged
from tests.heartbeats import heartbeat
from tests.scripted_agents import Question, Report, ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import AGENT, asked, worker

pytestmark = pytest.mark.anyio

AT_ONCE = 0.05


async def told_fault(broker: Broker) -> str | None:
    """What the worker's last heartbeat says is wrong with it."""
    (raw,) = (await broker.heartbeats([AGENT]))[AGENT] or [b""]
    return decode_heartbeat(raw).fault if raw else None


async def is_registered(broker: Broker) -> bool:
    return bool((await broker.heartbeats([AGENT]))[AGENT])


async def hangs(*_: Any) -> Any:
    await asyncio.Event().wait()


@pytest.mark.rows("S0-12", "S2-08", "S2-11", "S2-34")
@pytest.mark.parametrize(
    ("module", "verb", "words"),
    [
        (reader, "read_requests", "the reader has not come round"),
        (takeover, "unattended", "unattended requests have not been looked for"),
    ],
)
async def test_a_loop_that_is_stuck_is_told_of_and_ends_the_worker(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, logged: Logged, module: Any, verb: str, words: str
) -> None:
    monkeypatch.setattr(takeover, "AFTER_TROUBLE_S", AT_ONCE)
    monkeypatch.setattr(takeover, "TAKE_OVER_EVERY_S", AT_ONCE)
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_S", AT_ONCE)
    monkeypatch.setattr(worker_module, "TAKE_WITHIN_S", AT_ONCE)
    monkeypatch.setattr(module, "STUCK_AFTER_S", 0.5)
    monkeypatch.setattr(lease_keeper, "WEDGED_AFTER_S", 0.3)
    broker = bus.broker()

    async def work_until_it_gives_up() -> None:
        async with worker(bus, ScriptedAgent(AGENT), "one", heartbeat_interval_s=AT_ONCE, block_ms=50):
            await wait_until(lambda: is_registered(broker))
            assert await told_fault(broker) is None
            with monkeypatch.context() as patch:
                patch.setattr(Broker, verb, hangs)
                assert words in await wait_until(lambda: told_fault(broker))
                await wait_until(lambda: "worker_wedged" in logged.text)

    with pytest.raises(WedgedError, match=words):
        await work_until_it_gives_up()
    assert (await broker.heartbeats([AGENT]))[AGENT] == [], "it has left the registry"


async def test_that_redis_is_away_is_no_fault_of_the_worker(fake_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "STUCK_AFTER_S", -1.0)
    async with worker(fake_bus, ScriptedAgent(AGENT), "one", heartbeat_interval_s=60) as made:
        assert made.fault()
        made._broker.availability.failed(COMMANDS, "away")
        assert made.fault() is None
        made._broker.availability.works(COMMANDS)
        assert made.fault()


async def test_a_worker_whose_places_are_all_taken_is_well(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not read, and need not."""
    monkeypatch.setattr(reader, "STUCK_AFTER_S", 0.0)
    broker, agent = bus.broker(), ScriptedAgent(AGENT, holds=True)
    async with worker(bus, agent, "one", concurrency=1, block_ms=100) as made:
        await broker.request(asked())
        await wait_until(lambda: agent.worked)
        since = time.monotonic()
        await wait_until(lambda: time.monotonic() - since > 0.2)
        assert made.fault() is None
        agent.release.set()


async def test_an_agent_far_past_its_deadline_is_a_fault(fake_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_call, "OVERDUE_AFTER_S", 0.1)
    monkeypatch.setattr(agent_call, "CANCEL_GRACE_S", 0.1)

    class Deaf(ScriptedAgent):
        async def handle(self, request: Question, context: Any) -> Report:
            self.worked.append(request.topic)
            while not self.release.is_set():
                try:
                    await self.release.wait()
                except asyncio.CancelledError:
                    continue
            raise RuntimeError("late")

    broker, agent = fake_bus.broker(), Deaf(AGENT, holds=True)
    async with worker(fake_bus, agent, "one") as made:
        await broker.request(asked(timeout_ms=100))
        await wait_until(lambda: agent.worked)
        assert made.fault() is None
        assert "heeds no cancellation" in await wait_until(made.fault)
        agent.release.set()
        await wait_until(lambda: made.fault() is None)


# ---- a wedged event loop


@pytest.mark.rows("S2-11", "S2-34")
async def test_a_wedged_event_loop_is_noticed_by_the_thread_beside_it(
    fake_bus: Bus, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    """The test blocks its own loop, which is the worker's."""
    monkeypatch.setattr(lease_keeper, "WEDGED_AFTER_S", 0.2)
    monkeypatch.setattr(lease_keeper, "RENEW_EVERY_S", 0.05)
    noticed = threading.Event()
    keeper = LeaseKeeper(fake_bus.broker(), AGENT, "one", noticed.set)
    keeper.start(lambda _: None)
    began = time.monotonic()
    await wait_until(lambda: time.monotonic() - began > 0.4)
    assert not noticed.is_set(), "a loop that lives is not wedged"
    assert keeper.fault() is None
    assert noticed.wait(5)
    assert "worker_wedged" in logged.text
    await wait_until(keeper.fault)
    await keeper.aclose()


async def test_a_keeper_can_be_closed_at_any_time(fake_bus: Bus) -> None:
    never_started = LeaseKeeper(fake_bus.broker(), AGENT, "one", lambda: None)
    await never_started.aclose()
    for _ in range(20):
        keeper = LeaseKeeper(fake_bus.broker(), AGENT, "one", lambda: None)
        keeper.start(lambda _: None)
        await asyncio.wait_for(keeper.aclose(), 5)


_PROGRAM = """
import asyncio, os, sys, time
from app.workers import agent_call, lease_keeper
lease_keeper.WEDGED_AFTER_S, lease_keeper.RENEW_EVERY_S = 0.5, 0.1
agent_call.OVERDUE_AFTER_S = agent_call.CANCEL_GRACE_S = 0.2
import app.workers.worker as module
module.Worker.__init__.__defaults__ = (0.1, 200, 3, lambda: None, None, list)
from app.workers.launch import launch
from tests.scripted_agents import ScriptedAgent

class Blocking(ScriptedAgent):
    async def handle(self, request, context):
        time.sleep(60)

class Deaf(ScriptedAgent):
    async def handle(self, request, context):
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass

launch(lambda _: {"blocking": Blocking, "deaf": Deaf}[sys.argv[1]]("a"))
"""


@pytest.mark.integration
@pytest.mark.rows("S2-11", "S2-34")
@pytest.mark.parametrize(("kind", "code"), [("blocking", 70), ("deaf", 1)])
async def test_a_worker_that_cannot_work_any_more_ends_so_that_it_is_started_anew(
    real_bus: Bus, redis_server_url: str, kind: str, code: int
) -> None:
    broker = real_bus.broker()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, kind),
        env={"REDIS_URL": redis_server_url, "PYTHONPATH": "."},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await wait_until(lambda: is_registered(broker))
        await broker.request(asked(timeout_ms=300))
        said, _ = await asyncio.wait_for(process.communicate(), 10)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == code
    assert b"worker_wedged" in said


# ---- as the gateway sees it


@pytest.mark.rows("S0-12", "S2-08")
def test_an_agent_is_healthy_where_one_instance_has_no_fault() -> None:
    fleet = Fleet([AGENT])
    fleet.heard(heartbeat("sick", AGENT, fault="the reader is stuck").model_dump_json().encode())
    assert fleet.health() == {AGENT: "unhealthy"}
    assert [beat.fault for beat in fleet.instances(AGENT)] == ["the reader is stuck"]
    fleet.heard(heartbeat("well", AGENT).model_dump_json().encode())
    assert fleet.health() == {AGENT: "healthy"}
    assert len(fleet.instances(AGENT)) == 2


def test_a_beat_of_an_older_version_has_no_fault() -> None:
    raw = heartbeat("old").model_dump_json(exclude={"fault"}).encode()
    assert decode_heartbeat(raw).fault is None

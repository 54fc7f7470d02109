"""Who is in the registry, and in the group of those who read: the living, and not for ever the dead."""

import pytest

from app.messaging import channels
from app.workers import presence
from tests.conftest import Bus
from tests.fleet import working
from tests.heartbeats import heartbeat
from tests.scripted_agents import ScriptedAgent
from tests.waiting import wait_until
from tests.workers.wire import asked, given_to

pytestmark = pytest.mark.anyio


@pytest.mark.rows("S0-12", "S2-11")
async def test_instances_that_died_are_struck_by_those_that_live(bus: Bus) -> None:
    broker, client = bus.broker(), bus.make_client()
    for instance, seconds_ago in (("long dead", 3600.0), ("resting", 20.0)):
        told = heartbeat(instance, agent="a", seconds_ago=seconds_ago).model_dump_json().encode()
        await broker.beat("a", instance, told, renew=True)
    async with working(bus, [ScriptedAgent("a")]):

        async def names() -> set[bytes]:
            return set(await client.hkeys(channels.registry("a")))

        async def are_struck() -> bool:
            return await names() == {b"resting", b"a-0"}

        await wait_until(are_struck, timeout_s=5)
    await client.aclose()


@pytest.mark.rows("S0-12", "S2-11")
async def test_the_dead_leave_the_group_unless_something_is_pending_for_them(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "FORGET_AFTER_S", 0.3)
    monkeypatch.setattr(presence, "BEATS_PER_RENEWAL", 1)
    broker = bus.broker()
    entry_id = await given_to(broker, "dead, with work", asked())
    for instance in ("dead", "alive"):
        await broker.read_requests("a", instance, 1, 10)
    alive = heartbeat("alive", agent="a", seconds_ago=-3600).model_dump_json().encode()
    await broker.beat("a", "alive", alive, renew=True)
    async with working(bus, [ScriptedAgent("a", holds=True)]):

        async def dead_is_gone() -> bool:
            return "dead" not in await broker.consumers("a")

        await wait_until(dead_is_gone, timeout_s=5)
        assert set(await broker.consumers("a")) >= {"dead, with work", "alive", "a-0"}
        await broker.acknowledge("a", entry_id)

        async def all_dead_are_gone() -> bool:
            return set(await broker.consumers("a")) == {"alive", "a-0"}

        await wait_until(all_dead_are_gone, timeout_s=5)


@pytest.mark.rows("S0-12")
async def test_who_reads_is_alive_however_wrong_its_clock(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat tells its time by the clock of its sender; Redis knows who was active."""
    monkeypatch.setattr(presence, "BEATS_PER_RENEWAL", 1)
    broker = bus.broker()
    await broker.ensure_group("a")
    await broker.read_requests("a", "slow clock", 1, 10)
    for instance in ("slow clock", "dead"):
        told = heartbeat(instance, agent="a", seconds_ago=3600).model_dump_json().encode()
        await broker.beat("a", instance, told, renew=True)
    async with working(bus, [ScriptedAgent("a")]):

        async def registered() -> list[bytes]:
            return (await broker.heartbeats(["a"]))["a"]

        async def dead_is_struck() -> bool:
            return not any(b"dead" in raw for raw in await registered())

        await wait_until(dead_is_struck, timeout_s=5)
        assert any(b"slow clock" in raw for raw in await registered())


async def test_a_consumer_with_requests_in_hand_is_never_dropped(bus: Bus) -> None:
    broker = bus.broker()
    entry_id = await given_to(broker, "one", asked())
    assert not await broker.drop_consumer("a", "one")
    assert await broker.pending_counts("a") == {"one": 1}
    await broker.acknowledge("a", entry_id)
    assert await broker.drop_consumer("a", "one")
    assert await broker.consumers("a") == {}

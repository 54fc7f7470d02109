"""Who is in the registry: the living, and not for ever the dead."""

import pytest

from app.messaging import channels
from tests.conftest import Bus
from tests.fleet import working
from tests.heartbeats import heartbeat
from tests.scripted_agents import ScriptedAgent
from tests.waiting import wait_until

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

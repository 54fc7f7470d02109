"""`python -m app.workers.health`: this host's own instance, and a fresh beat of it."""

import asyncio
import sys
from typing import Any

import pytest

from app.workers import health
from app.workers.launch import instance_name
from tests.conftest import Bus
from tests.deployment.compose import TOP
from tests.heartbeats import heartbeat

pytestmark = pytest.mark.anyio

HOST = "c0ffee"


async def beat(bus: Bus, instance: str, **options: Any) -> None:
    """Put one beat of a weather worker into the registry."""
    told = heartbeat(instance, **options).model_dump_json().encode()
    await bus.broker().beat("weather", instance, told, renew=True)


async def test_a_beating_worker_of_this_host_is_healthy(bus: Bus) -> None:
    await beat(bus, f"weather-{HOST}-7-abc123")

    assert await health.fault(bus.broker(), "weather", HOST) is None


async def test_another_hosts_beat_says_nothing_of_this_one(bus: Bus) -> None:
    await beat(bus, "weather-decade-7-abc123")

    assert await health.fault(bus.broker(), "weather", HOST) == f"no weather worker of {HOST} is in the registry"


async def test_a_silent_worker_is_not_healthy(fake_bus: Bus) -> None:
    await beat(fake_bus, f"weather-{HOST}-7-abc123", seconds_ago=16)

    found = await health.fault(fake_bus.broker(), "weather", HOST)

    assert found == f"weather-{HOST}-7-abc123 has been silent for 16 s"


@pytest.mark.rows("S0-12", "S2-11")
async def test_a_worker_that_beats_and_cannot_work_is_not_healthy(fake_bus: Bus) -> None:
    await beat(fake_bus, f"weather-{HOST}-7-abc123", fault="the reader has not come round for 31 s")

    found = await health.fault(fake_bus.broker(), "weather", HOST)

    assert found == f"weather-{HOST}-7-abc123: the reader has not come round for 31 s"


async def test_the_instance_after_a_restart_counts_and_not_the_one_before(fake_bus: Bus) -> None:
    await beat(fake_bus, f"weather-{HOST}-7-before", seconds_ago=40)
    await beat(fake_bus, f"weather-{HOST}-7-after0")

    assert await health.fault(fake_bus.broker(), "weather", HOST) is None


async def test_bytes_that_are_no_beat_do_not_matter(fake_bus: Bus) -> None:
    await fake_bus.broker().beat("weather", f"weather-{HOST}-7-broken", b"not json", renew=True)
    await beat(fake_bus, f"weather-{HOST}-7-abc123")

    assert await health.fault(fake_bus.broker(), "weather", HOST) is None


async def test_real_instance_names_are_recognised(fake_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: HOST)
    await beat(fake_bus, instance_name("weather"))

    assert await health.fault(fake_bus.broker(), "weather", HOST) is None


async def test_the_process_says_why_it_fails() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.workers.health", "weather"),
        cwd=TOP,
        env={"REDIS_URL": "redis://127.0.0.1:1/0"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()

    assert process.returncode == 1
    assert said.startswith(b"Redis cannot be asked: ")

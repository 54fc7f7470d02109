"""A short round on the real fleet: faults of nearly every kind for some twenty seconds, and not one finding."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.round import Settings, play
from tests.chaos.schedule import kind_of

SETTINGS = Settings(seed=163, seconds=20, profile="short", gateways=2, workers=1, clients=4)
"""A seed that has much happen in little time. `python -m tests.chaos` plays longer ones."""


@pytest.mark.end_to_end
@pytest.mark.integration
@pytest.mark.timeout("150")
@pytest.mark.xdist_group("fleet")
@pytest.mark.usefixtures("redis_server_url")
def test_a_fleet_in_trouble_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="httpx2")
    report = asyncio.run(play(SETTINGS, tmp_path / "round"))
    assert report.findings == [], report.text()
    assert report.states["completed"] > 0, report.text()
    assert sum(report.faults.values()) == len(SETTINGS.faults()), report.text()


def test_the_short_round_kills_halts_and_cuts_off() -> None:
    met = {(fault.action, kind_of(fault.target)) for fault in SETTINGS.faults()}
    assert {("kill", "worker"), ("kill", "gateway"), ("kill", "redis")} <= met
    assert {("stop", "worker"), ("stop", "gateway"), ("stop", "redis"), ("cut", "worker")} <= met
    assert {("term", "worker"), ("term", "gateway"), ("drop_news", "redis")} <= met

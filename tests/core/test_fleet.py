"""Who is there: from heartbeats alone, whatever bytes come."""

import pytest

from app.core import fleet as fleet_module
from app.core.fleet import Fleet
from tests.heartbeats import heartbeat


def raw(instance: str, **options: object) -> bytes:
    return heartbeat(instance, **options).model_dump_json().encode()  # type: ignore[arg-type]


def test_an_agent_with_a_living_instance_is_healthy() -> None:
    fleet = Fleet(["weather", "maps"])
    fleet.heard(raw("one"))
    assert fleet.health() == {"weather": "healthy", "maps": "unhealthy"}


@pytest.mark.rows("S0-12", "S2-08", "S2-11")
def test_an_instance_that_missed_its_beats_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(["weather"])
    fleet.heard(raw("one"))
    now = fleet_module.time.monotonic()
    monkeypatch.setattr(fleet_module.time, "monotonic", lambda: now + 14.9)
    assert fleet.health() == {"weather": "healthy"}
    monkeypatch.setattr(fleet_module.time, "monotonic", lambda: now + 15.1)
    assert fleet.health() == {"weather": "unhealthy"}


def test_the_clocks_of_other_machines_do_not_matter() -> None:
    fleet = Fleet(["weather"])
    fleet.heard(raw("slow clock", seconds_ago=3600))
    fleet.heard(raw("fast clock", seconds_ago=-3600))
    assert len(fleet.instances("weather")) == 2


def test_the_registry_tells_of_those_who_beat_before_we_listened() -> None:
    fleet = Fleet(["weather"])
    fleet.remembered(raw("alive", seconds_ago=4))
    fleet.remembered(raw("dead", seconds_ago=60))
    assert [beat.instance for beat in fleet.instances("weather")] == ["alive"]


@pytest.mark.parametrize("junk", [b"", b"{}", b"\xff", b"[]", b'{"instance": 1}'])
def test_bytes_that_are_no_heartbeat_are_passed_over(junk: bytes) -> None:
    fleet = Fleet(["weather"])
    fleet.heard(junk)
    fleet.remembered(junk)
    assert fleet.health() == {"weather": "unhealthy"}


@pytest.mark.parametrize(
    "wrong",
    [
        '"response_time_avg_ms":NaN',
        '"response_time_avg_ms":Infinity',
        '"response_time_avg_ms":1e999',
        '"response_time_avg_ms":-1.0',
        '"max_capacity":1' + "0" * 400,
        '"finished":1' + "0" * 400,
        '"current_load":1' + "0" * 400,
        '"interval_s":NaN',
    ],
)
def test_a_beat_with_numbers_that_cannot_be_reckoned_with_is_none(wrong: str) -> None:
    fleet = Fleet(["weather"])
    fleet.heard(raw("one")[:-1] + b"," + wrong.encode() + b"}")
    assert fleet.instances("weather") == []


def test_instances_that_came_and_went_are_forgotten_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(["weather"])
    begun = fleet_module.time.monotonic()
    for number in range(200):
        monkeypatch.setattr(fleet_module.time, "monotonic", lambda passed=number: begun + passed)
        fleet.heard(raw(f"instance-{number}"))
    assert len(fleet._seen) < 100

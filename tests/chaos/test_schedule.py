"""The schedule is decided by its seed alone, and leaves of everything something standing."""

from itertools import pairwise

import pytest

from tests.chaos.faults import ACTIONS
from tests.chaos.schedule import (
    LONG_PAUSE_S,
    PROFILES,
    SPARED_ALONE_S,
    Fault,
    kind_of,
    line,
    schedule,
    worker_names,
)

LONG_S = 3600


def full(seed: int = 7, seconds: float = LONG_S, gateways: int = 2, workers: int = 2) -> list[Fault]:
    return schedule(seed, seconds, "full", gateways, workers)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_same_seed_is_the_same_schedule(profile: str) -> None:
    assert schedule(7, 600, profile, 2, 2) == schedule(7, 600, profile, 2, 2)


def test_another_seed_is_another_schedule() -> None:
    assert full(seed=7) != full(seed=8)


def test_a_shorter_round_is_the_beginning_of_a_longer_one() -> None:
    assert full(seconds=600) == [fault for fault in full() if fault.at_s < 600]


def test_faults_come_in_order_of_time_and_within_the_round() -> None:
    times = [fault.at_s for fault in full()]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= LONG_S


def test_every_kind_of_process_meets_every_kind_of_fault() -> None:
    met = {(kind_of(fault.target), fault.action) for fault in full()}
    each = ("kill", "term", "stop", "cut", "silence")
    of_processes = {(kind, action) for kind in ("worker", "gateway") for action in each}
    of_redis = {("redis", action) for action in ("kill", "term", "stop", "drop_commands", "drop_news", "demote")}
    assert met == of_processes | of_redis


def test_every_worker_and_gateway_is_met() -> None:
    assert {fault.target for fault in full()} == {*worker_names(2), "gateway-1", "gateway-2", "redis"}


def test_every_fault_can_be_carried_out() -> None:
    assert {fault.action for fault in full()} == ACTIONS.keys()


def test_of_two_that_do_the_same_one_is_left_alone() -> None:
    faults = full()
    for number, fault in enumerate(faults):
        for later in faults[number + 1 :]:
            is_twin = later.target != fault.target and later.target[:-1] == fault.target[:-1]
            if is_twin:
                assert later.at_s >= fault.at_s + fault.duration_s, f"{fault} and {later}"


def test_the_only_one_of_its_kind_is_never_halted_for_long() -> None:
    alone = [fault for fault in full(gateways=1, workers=1) if fault.target != "redis"]
    assert max(fault.duration_s for fault in alone) <= SPARED_ALONE_S


def test_redis_is_rarely_halted_for_long() -> None:
    of_redis = [fault for seed in range(20) for fault in full(seed) if fault.target == "redis"]
    halts = [fault.duration_s for fault in of_redis if fault.action == "stop"]
    long = [duration_s for duration_s in halts if duration_s == LONG_PAUSE_S]
    assert 0 < len(long) < len(halts) / 8
    assert max(duration_s for duration_s in halts if duration_s != LONG_PAUSE_S) <= 6


def test_faults_of_redis_do_not_grow_into_one_another() -> None:
    of_redis = [fault for fault in full() if fault.target == "redis"]
    assert all(later.at_s > earlier.at_s + earlier.duration_s for earlier, later in pairwise(of_redis))


def test_a_calm_round_has_no_faults() -> None:
    assert line(schedule(7, LONG_S, "calm", 2, 2)) == "no faults"


def test_a_schedule_is_told_in_one_line() -> None:
    told = line([Fault(0.5, "kill", "maps-1"), Fault(2.0, "stop", "redis", 1.25)])
    assert told == "0.5s kill maps-1; 2s stop redis for 1.25s"

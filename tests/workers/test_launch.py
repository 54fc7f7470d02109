"""What a worker process runs on."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest

from app.workers.launch import _give_way, _loop_factory


def test_a_worker_has_the_event_loop_that_the_gateway_has() -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        assert type(runner.get_loop()).__module__.startswith("uvloop")


def test_without_uvloop_asyncio_s_own_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert _loop_factory() is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such policy")
def test_a_worker_drives_nobody_away_when_it_is_woken() -> None:
    asked = "import os; from app.workers import launch; launch._give_way(); print(os.sched_getscheduler(0))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert int(told) == os.SCHED_BATCH


def test_a_worker_that_may_not_choose_its_policy_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(1, "not in here")

    monkeypatch.setattr(os, "sched_setscheduler", refused, raising=False)
    _give_way()

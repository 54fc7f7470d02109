"""What a worker process runs on."""

import asyncio
import sys

import pytest

from app.workers.launch import _loop_factory


def test_a_worker_has_the_event_loop_that_the_gateway_has() -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        assert type(runner.get_loop()).__module__.startswith("uvloop")


def test_without_uvloop_asyncio_s_own_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert _loop_factory() is None

"""A process is started again whatever ended it, and each of its lives is remembered with how it ended."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.kept_process import KeptProcess
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

SLEEPER = "import time; print('up'); time.sleep(60)"


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[KeptProcess]:
    process = KeptProcess("sleeper", (sys.executable, "-c", SLEEPER), tmp_path, {})
    process.start()
    await wait_until(lambda: has_said(process, 1))
    yield process
    await process.close()


def has_said(process: KeptProcess, life: int) -> bool:
    return len(process.lives) == life and process.lives[-1].log.read_text() == "up\n"


async def test_a_killed_process_comes_back(kept: KeptProcess) -> None:
    kept.send(signal.SIGKILL)
    await wait_until(lambda: has_said(kept, 2))
    first = kept.lives[0]
    assert (first.exit_code, first.told) == (-signal.SIGKILL, [signal.SIGKILL])
    assert first.ended_at is not None
    assert kept.is_up
    assert kept.crashes == 0


async def test_a_process_that_ends_by_itself_is_counted_as_crashed(tmp_path: Path) -> None:
    process = KeptProcess("crasher", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path, {})
    process.start()
    await wait_until(lambda: process.crashes == 1)
    await process.close()
    assert (process.lives[0].exit_code, process.lives[0].told) == (3, [])


async def test_a_process_that_is_told_to_stop_comes_back_but_after_close(kept: KeptProcess) -> None:
    await kept.end_orderly()
    await wait_until(lambda: has_said(kept, 2))
    await kept.close()
    assert not kept.is_up
    assert [life.exit_code for life in kept.lives] == [-signal.SIGTERM] * 2
    assert not any(life.is_overdue for life in kept.lives)


async def test_a_halted_process_goes_on(kept: KeptProcess) -> None:
    await kept.halt(0.05)
    assert kept.is_up
    assert kept.lives[0].told == [signal.SIGSTOP, signal.SIGCONT]


async def test_a_process_that_is_killed_while_it_is_halted_comes_back(kept: KeptProcess) -> None:
    halt = asyncio.create_task(kept.halt(0.5))
    await wait_until(lambda: kept.lives[0].told == [signal.SIGSTOP])
    kept.send(signal.SIGKILL)
    await halt
    await wait_until(lambda: has_said(kept, 2))
    assert kept.lives[1].told == [], "what was meant for the one before does not reach it"

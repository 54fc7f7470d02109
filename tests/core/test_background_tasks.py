"""Tasks that nobody awaits are heard of where they fail, and gone when they are to be."""

import asyncio

import pytest

from app.core.background_tasks import BackgroundTasks
from tests.conftest import Logged

pytestmark = pytest.mark.anyio


async def fail() -> None:
    raise KeyError("a bug")


async def wait_for_nothing() -> None:
    await asyncio.Event().wait()


async def test_one_that_fails_is_logged_and_the_others_go_on(logged: Logged) -> None:
    tasks = BackgroundTasks()
    going_on = tasks.start(wait_for_nothing())
    failing = tasks.start(fail())
    await asyncio.wait([failing])
    await asyncio.sleep(0)
    assert "background_task_failed" in logged.text
    assert "a bug" in logged.text
    assert list(tasks) == [going_on]
    await tasks.cancel()


async def test_whoever_waits_waits_for_all_of_them() -> None:
    tasks, done = BackgroundTasks(), asyncio.Event()
    for _ in range(3):
        tasks.start(_wait_for(done))
    waiting = asyncio.create_task(tasks.finish())
    await asyncio.sleep(0)
    assert not waiting.done()
    done.set()
    await asyncio.wait_for(waiting, 5)
    assert len(tasks) == 0
    await tasks.finish()


async def test_those_that_are_cancelled_are_gone_and_no_failure(logged: Logged) -> None:
    tasks = BackgroundTasks()
    cancelled = tasks.start(wait_for_nothing())
    await tasks.cancel()
    assert cancelled.cancelled()
    assert "background_task_failed" not in logged.text


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()

"""A coroutine begun at once does what it would do in a task."""

import asyncio

import pytest

from app.api.eager_start import begin

pytestmark = pytest.mark.anyio


async def test_what_never_waits_is_done_at_once_and_needs_no_task() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("all of it")

    assert begin(work()) is None
    assert done == ["all of it"]


async def test_what_waits_goes_on_as_a_task() -> None:
    done: list[str] = []
    first, second = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def work() -> None:
        done.append("begun")
        await first.wait()
        await asyncio.sleep(0)
        done.append(await second)

    task = begin(work())
    assert task is not None
    assert done == ["begun"]
    first.set()
    second.set_result("ended")
    await task
    assert done == ["begun", "ended"]


async def test_it_raises_what_it_raised_before_it_waited() -> None:
    async def work() -> None:
        raise KeyError("at once")

    with pytest.raises(KeyError):
        begin(work())


async def test_the_task_raises_what_came_later() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise KeyError("later")

    task = begin(work())
    assert task is not None
    with pytest.raises(KeyError):
        await task


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_cancelling_the_task_cancels_what_it_waits_for(turns: int) -> None:
    ended: list[str] = []
    never = asyncio.get_running_loop().create_future()

    async def work() -> None:
        try:
            await never
        finally:
            ended.append("tidied up")

    task = begin(work())
    assert task is not None
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    assert ended == ["tidied up"]


async def test_a_cancellation_may_be_answered() -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)

    task = begin(work())
    assert task is not None
    await asyncio.sleep(0)
    task.cancel()
    await task

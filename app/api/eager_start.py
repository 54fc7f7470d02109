"""Begins a coroutine at once, without a task where it needs none. (From Python 3.12 on asyncio has eager tasks.)

It is a file of its own because it is about coroutines, and nothing else here is. A task a write would be most of what a
write costs: nearly all of them only fill a buffer and are done.
"""

import asyncio
from collections.abc import Awaitable, Generator
from functools import partial
from types import coroutine
from typing import Any


def begin(work: Awaitable[None]) -> "asyncio.Task[None] | None":
    """Run it until it ends, or first waits; then the rest of it is a task. Raises what it raises before.

    Up to there it has no task of its own: it must not ask for the current one, as timeouts do.
    """
    steps = work.__await__()
    try:
        waits_for = next(steps)
    except StopIteration:
        return None
    task = asyncio.create_task(_finish(steps, waits_for))
    # A task that is cancelled before its first turn never comes to it.
    task.add_done_callback(lambda _: steps.close())
    return task


async def _finish(steps: Generator[Any, Any, None], waits_for: Any) -> None:
    await _rest(steps, waits_for)


@coroutine
def _rest(steps: Generator[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """As `yield from steps`, of which the first is taken. What that one waits for has not been given to a task yet."""
    while True:
        try:
            found = yield waits_for
        except BaseException as error:  # noqa: BLE001 - passed on, whatever it is
            take = partial(steps.throw, error)
        else:
            take = partial(steps.send, found)
        try:
            waits_for = take()
        except StopIteration:
            return

"""Concurrent identical questions of one process become one: the first is asked, all wait for its answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class SingleFlight:
    """Questions under way, by key. `outlive_waiters`: a question goes on when all who waited for it have gone, because
    its answer is cached for the next who asks; else it is cancelled with the last of them."""

    def __init__(self, *, outlive_waiters: bool = True) -> None:
        self._outlive_waiters = outlive_waiters
        self._under_way: dict[str, asyncio.Task[Any]] = {}
        self._waiting: dict[asyncio.Task[Any], int] = {}

    def __contains__(self, key: object) -> bool:
        """Whether somebody asks that question just now."""
        return key in self._under_way

    async def join(self, key: str, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to the question under that key, or its error; `start` asks it where it is not under way yet."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(start())
            task.add_done_callback(lambda done: self._finished(key, done))
        self._waiting[task] = self._waiting.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._left(key, task)

    def _left(self, key: str, task: "asyncio.Task[Any]") -> None:
        self._waiting[task] -= 1
        if self._waiting[task]:
            return
        del self._waiting[task]
        if not self._outlive_waiters and not task.done():
            # Who asks the same from now on asks anew.
            del self._under_way[key]
            task.cancel()

    def _finished(self, key: str, task: "asyncio.Task[Any]") -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if not task.cancelled():
            # One that nobody waits for may fail without a complaint of the event loop.
            task.exception()

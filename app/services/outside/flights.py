"""Concurrent identical questions become one: the first is asked, all wait for its answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """Of one process. A question goes on when all who waited for it have gone: its answer is kept for the next."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[Any]] = {}

    def __contains__(self, key: object) -> bool:
        """Whether somebody asks that question just now."""
        return key in self._under_way

    async def join(self, key: str, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the question under that key brings; `start` asks it where nobody does yet."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(start())
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: str, task: "asyncio.Task[Any]") -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            # One that nobody waits for may fail without a complaint of the event loop.
            task.exception()

"""How much gets done in a window of time by lanes that each do one thing after another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.measure import quantile

T = TypeVar("T")

ReadCpu = Callable[[], dict[str, float]]
"""CPU seconds by part so far."""

OWN_PART = "client"


@dataclass(frozen=True)
class Window(Generic[T]):
    """`took_s`, `results`: of each thing that ended within the window. `cpu_s`: by part within it."""

    seconds: float
    took_s: list[float]
    results: list[T]
    cpu_s: dict[str, float]

    @property
    def per_s(self) -> float:
        return len(self.took_s) / self.seconds

    def quantile_ms(self, share: float) -> float:
        return quantile(self.took_s, share) * 1000

    def cpu_ms(self) -> dict[str, float]:
        """Of one thing, by part; our own is the part `client`."""
        return {part: seconds * 1000 / len(self.took_s) for part, seconds in self.cpu_s.items()}


async def window(lanes: Sequence[Callable[[], Awaitable[T]]], seconds: float, cpu_s: ReadCpu) -> Window[T]:
    """The window opens once every lane has done one thing, so that all are under way at both its ends.

    Returns when every lane has come to rest. What a lane raises ends it all.
    """
    warm = asyncio.Semaphore(0)
    ended: list[tuple[float, T]] = []
    is_over = False

    async def run(do: Callable[[], Awaitable[T]]) -> None:
        await do()
        warm.release()
        while not is_over:
            began = time.perf_counter()
            result = await do()
            ended.append((time.perf_counter() - began, result))

    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(run(lane))
        for _ in lanes:
            await warm.acquire()
        ended.clear()
        before, began = _with_own(cpu_s()), time.perf_counter()
        await asyncio.sleep(seconds)
        after, took_s = _with_own(cpu_s()), time.perf_counter() - began
        counted, is_over = list(ended), True
    assert counted, f"nothing ended within {seconds:g} s"
    used = {part: after[part] - before.get(part, 0.0) for part in after}
    return Window(took_s, [seconds for seconds, _ in counted], [result for _, result in counted], used)


def _with_own(cpu_s: dict[str, float]) -> dict[str, float]:
    return {**cpu_s, OWN_PART: time.process_time()}

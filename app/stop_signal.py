"""Hears the signal to stop at once. The server hears it too, and then waits for its open requests: without this,
whoever waits for a plan would be cut off at the end of that time without a word.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def when_told_to_stop(tell: Callable[[], None]) -> None:
    """`tell` is called in the running loop at SIGTERM and SIGINT, before whatever handles them now."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _first(lambda: loop.call_soon_threadsafe(tell), before))


def _first(
    ours: Callable[[], object], then: Callable[[int, FrameType | None], object]
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        ours()
        then(number, frame)

    return handle

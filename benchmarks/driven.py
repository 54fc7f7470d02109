"""The client process of a contender, whichever it is: it makes plans as it is told to, and says how long they took.

It is a file of its own, and the standard library alone, because the contenders of `peers/` run in an environment of
their own. Its talk with `wire.py`, over a loopback connection, a line each: it says `ready` once a plan went through;
then each `{"in_flight": 64, "warm_up_s": 1, "seconds": 5}` is answered with `begun` when the warm-up is over, and with
the figures of the time since then. Plans go on all the while, so neither moment is a quiet one.
"""

import asyncio
import json
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

READY_WITHIN_S = 60.0
TRY_AGAIN_AFTER_S = 15.0
PAUSE_S = 0.1
"""How long the first plan may be tried, how long each time, and the pause in between: connections are still being made,
workers are still starting and may miss what was sent before they did."""

SPREAD_S = 0.1
"""Over how long the first plans of a run begin, or they would all walk in step. As long as a plan of slow agents."""

Plan = Callable[[], Awaitable[None]]
"""Makes one plan; raises where it is not complete."""


def run(main: Coroutine[Any, Any, None]) -> None:
    """On uvloop where it is importable, as uvicorn does with the product's gateway."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = None
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)


async def serve(plan: Plan, port: int) -> None:
    """Make plans until whoever listens on that port hangs up. A plan that fails once one went through ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await _until_one_goes_through(plan)
        writer.write(b"ready\n")
        while line := await reader.readline():
            await _measure(plan, writer, **json.loads(line))
    except Exception:
        # At once: whoever listens ends this process as soon as the connection is closed.
        traceback.print_exc()
        raise
    finally:
        writer.close()


async def _until_one_goes_through(plan: Plan) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            return await asyncio.wait_for(plan(), TRY_AGAIN_AFTER_S)
        except Exception:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(PAUSE_S)


async def _measure(plan: Plan, writer: asyncio.StreamWriter, in_flight: int, warm_up_s: float, seconds: float) -> None:
    """Figures: how many plans ended in how many seconds, and how many milliseconds each of them took."""
    took_ms: list[float] = []
    stop = asyncio.Event()
    pauses_s = [SPREAD_S * number / in_flight for number in range(in_flight)]
    lanes = [asyncio.create_task(_lane(plan, pause_s, stop, took_ms)) for pause_s in pauses_s]
    await _let_run(lanes, warm_up_s)
    took_ms.clear()
    began = time.perf_counter()
    writer.write(b"begun\n")
    await _let_run(lanes, seconds)
    figures = {"plans": len(took_ms), "seconds": time.perf_counter() - began, "latencies_ms": took_ms}
    writer.write(json.dumps(figures).encode() + b"\n")
    stop.set()
    await asyncio.gather(*lanes)


async def _let_run(lanes: "list[asyncio.Task[None]]", seconds: float) -> None:
    """Raises what a plan raised."""
    failed, _ = await asyncio.wait(lanes, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for lane in failed:
        lane.result()


async def _lane(plan: Plan, pause_s: float, stop: asyncio.Event, took_ms: list[float]) -> None:
    """One plan after another."""
    await asyncio.sleep(pause_s)
    while not stop.is_set():
        began = time.perf_counter()
        await plan()
        took_ms.append(round((time.perf_counter() - began) * 1000, 3))

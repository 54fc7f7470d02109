"""Cancelling tasks for certain.

A cancellation that arrives in the very moment in which a client library's read runs into its own timeout can be taken
for that timeout, and is then lost. So it is repeated until the task is done.
"""

import asyncio
from typing import Any

REPEAT_AFTER_S = 0.1


async def cancel_and_wait(*tasks: "asyncio.Task[Any] | None") -> None:
    """Cancel the tasks and wait until they are done. What they raised stays with them."""
    running = {task for task in tasks if task is not None and not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=REPEAT_AFTER_S)

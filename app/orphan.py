"""A process that a supervisor started leaves when the supervisor is gone; one started by hand or a container stays.

Both roots need it, and neither may import the other.
"""

import asyncio
import os
from collections.abc import Callable

SUPERVISED = "ROUND_TABLE_SUPERVISED"
"""Environment variable that a supervisor sets to 1 for its children."""

POLL_S = 1.0


async def leave_when_orphaned(leave: Callable[[], None]) -> None:
    """Calls `leave` once when the parent process has changed."""
    if os.environ.get(SUPERVISED) != "1":
        return
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(POLL_S)
    leave()

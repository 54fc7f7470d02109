"""Reads that wait in Redis for something to come, on a connection of their own: no answer at all is what they usually
get, so that silence alone does not tell a dead connection.
"""

import asyncio
import time
from typing import Any

from app.messaging.connection import Connection
from app.messaging.link import CommandPart
from app.messaging.rearming_timer import RearmingTimer

SILENCE_S = 5.0
"""How long past its time a read may stay without an answer, before its connection is taken for dead."""


class WaitingRead:
    """One read at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._due_at: float | None = None
        self._timer = RearmingTimer(self._look)

    async def send(self, *command: CommandPart, block_ms: int) -> Any:
        """Its reply, which may come `block_ms` later. Raises MessagingError.

        Whoever stops waiting ends the connection: the read would wait on in Redis, and what it is given there would be
        given to nobody.
        """
        self._due_at = time.monotonic() + block_ms / 1000 + SILENCE_S
        self._timer.set(block_ms / 1000 + SILENCE_S)
        try:
            return await self._connection.send(*command)
        except asyncio.CancelledError:
            self.stop()
            raise
        finally:
            self._due_at = None

    def stop(self) -> None:
        """Close the connection: Redis delivers nothing more to it, and a read under way fails."""
        self._connection.drop("the waiting read was ended")

    async def aclose(self) -> None:
        self._timer.stop()
        await self._connection.aclose()

    def _look(self) -> None:
        """One timer for all reads, which mostly follow on each other: it finds the one under way."""
        if self._due_at is None:
            return
        left_s = self._due_at - time.monotonic()
        if left_s > 0:
            self._timer.set(left_s)
        else:
            self._connection.drop("no answer to a waiting read: the connection is dead", is_fault=True)

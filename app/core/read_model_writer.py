"""Keeps a session's read model close behind its log: what changes within a moment is written once."""

import asyncio
import math
import time

from app.core import read_model
from app.core.state import SessionState
from app.messaging.broker import Broker

WRITE_WITHIN_S = 0.25
"""How long the read model may stay behind the log. Whoever reads it folds in the rest."""


class ReadModelWriter:
    """Of one session."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._due_at: float | None = None

    def mark_dirty(self) -> None:
        """The state has changed: the read model is to be written soon."""
        if self._due_at is None:
            self._due_at = time.monotonic() + WRITE_WITHIN_S

    def due_in_s(self) -> float:
        """Seconds until it is to be written, 0 or less where that is now; infinite where nothing has changed."""
        return math.inf if self._due_at is None else self._due_at - time.monotonic()

    def write(self, state: SessionState) -> "asyncio.Future[None]":
        """Put it into Redis; await the future. It raises MessagingError."""
        self._due_at = None
        return self._broker.put_state(state.session_id, read_model.encode(state), state.ttl_s)

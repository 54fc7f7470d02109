"""One connection to Redis from its beginning to its end: replies go, in their order, to those that are due, and what is
published comes in between. `connection.py` has one after another of them.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

from hiredis import HiredisError, PushNotification, Reader

from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError

LOOKS = 3
"""Looks within the time in which Redis may say nothing. Counted, not clocked: a loop that was kept busy has not
listened meanwhile."""

PIECE_BYTES = 16 * 1024
"""The parser is fed no more than that at once: after each reply it moves all that it has not read yet."""

_NOTHING = object()
_CONFIRMATIONS = frozenset((b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe"))

CommandPart = str | bytes | int | float
"""One word of a command, packed by hiredis."""

PushHandler = Callable[[list[Any]], None]
"""Is given what is published on a channel; must neither block nor raise."""

ReplyParser = Callable[[Any], Any]


class PendingReply:
    """A reply that is due. `confirmations`: how many pushes make it up. `fallback`: gives the command that says the
    same to a Redis that has forgotten a script. `parse`: makes of the reply what is waited for."""

    __slots__ = ("confirmations", "fallback", "name", "parse", "reply")

    def __init__(
        self,
        reply: asyncio.Future[Any],
        name: str,
        confirmations: int = 0,
        fallback: Callable[[], tuple[CommandPart, ...]] | None = None,
        parse: ReplyParser | None = None,
    ) -> None:
        self.parse = parse
        self.reply = reply
        self.name = name
        self.confirmations = confirmations
        self.fallback = fallback

    def take(self, answer: Any) -> None:
        if self.reply.done():
            return
        if self.parse is not None:
            try:
                answer = self.parse(answer)
            except Exception as error:  # noqa: BLE001 - an answer of another form must not end the connection
                self.fail(error if isinstance(error, MessagingError) else CommandRefusedError(f"odd answer: {error!r}"))
                return
        self.reply.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.reply.done():
            self.reply.set_exception(error)
            # One that nobody waits for may fail without a complaint of the event loop.
            self.reply.exception()


class Link(asyncio.Protocol):
    """The connection, and the replies due on it, in the order in which they come.

    `fault`: why it is over, "" while it is not. `lost` is told of that once: the reason, whether it is a fault, and
    whether replies were due. `answers_within_s`: how long nothing may come in while they are.
    """

    def __init__(
        self,
        lost: Callable[["Link", str, bool, bool], None],
        pushed: PushHandler,
        answered: Callable[[PendingReply, Any], None],
        answers_within_s: float | None,
    ) -> None:
        self.due: deque[PendingReply] = deque()
        self.closed = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        self._lost = lost
        self._pushed = pushed
        self._answered = answered
        self._answers_within_s = answers_within_s
        self._reader = Reader(notEnoughData=_NOTHING)
        self._watch: asyncio.TimerHandle | None = None
        self._silent_looks = 0
        self._looked_at = 0.0
        self.fault = ""
        self.heard_at = time.monotonic()

    def write(self, data: bytes, due: Sequence[PendingReply]) -> None:
        assert self.transport is not None
        self.due.extend(due)
        self.transport.write(data)
        if self._watch is None and self._answers_within_s is not None:
            self._silent_looks = 0
            self._look_later()

    def end(self, reason: str, is_fault: bool = True) -> None:
        """Whoever waits is told now; what still comes in is not listened to."""
        if not self.fault:
            self.fault = reason
            if self.transport is not None:
                self.transport.abort()
            self._fail(is_fault)

    # ---- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.end(str(error or "Redis closed the connection"))
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        reader, size = self._reader, len(data)
        try:
            for start in range(0, size, PIECE_BYTES):
                reader.feed(data, start, min(PIECE_BYTES, size - start))
                while (answer := reader.gets()) is not _NOTHING:
                    if self.fault:
                        return
                    if type(answer) is not PushNotification:
                        self._answered(self.due.popleft(), answer)
                    elif answer[0] in _CONFIRMATIONS:
                        self._confirmed(answer)
                    else:
                        self._pushed(answer)
        except (HiredisError, IndexError) as error:
            self.end(f"Redis speaks no protocol of ours: {error!r}")

    def _confirmed(self, answer: Any) -> None:
        """One of the pushes that make up the reply which is due."""
        self.due[0].confirmations -= 1
        if self.due[0].confirmations <= 0:
            self._answered(self.due.popleft(), answer)

    # ---- silence

    def _look_later(self) -> None:
        assert self._answers_within_s is not None
        self._looked_at = time.monotonic()
        self._watch = asyncio.get_running_loop().call_later(self._answers_within_s / LOOKS, self._look)

    def _look(self) -> None:
        self._watch = None
        if not self.due:
            return
        self._silent_looks = 0 if self.heard_at > self._looked_at else self._silent_looks + 1
        if self._silent_looks < LOOKS:
            self._look_later()
        else:
            self.end(f"no answer from Redis within {self._answers_within_s:g} s")

    def _fail(self, is_fault: bool) -> None:
        if self._watch is not None:
            self._watch.cancel()
        due, self.due = self.due, deque()
        for one in due:
            one.fail(RedisUnavailableError(self.fault))
        self._lost(self, self.fault, is_fault, bool(due))

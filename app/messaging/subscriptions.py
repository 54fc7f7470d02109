"""What a whole process listens to, however many sessions and viewers do: on the connection that its commands use.

Pub/sub is news only: what is published while the connection is away is gone. So every listener also hears of each gap
(`on_gap`) and catches up from the log, which is the truth.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog

from app.messaging.availability import Availability
from app.messaging.cancellation import cancel_and_wait
from app.messaging.connection import RETRY_PAUSE_S, Connection
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError

log = structlog.get_logger(__name__)

SOURCE = "subscription"

PROBE_AFTER_S = 10.0
"""How long nothing may be heard of Redis before it is asked for a sign of life. A peer that vanished without a word
leaves a connection that looks whole for many minutes."""

Handler = Callable[[str, bytes], None]
"""Called with the channel's name and the bytes; must not block and must not raise."""


class Subscriptions:
    """Listens on channels and hands each message to the handlers registered for its channel, in order.

    `channels` and `patterns` are listened on for the process' whole life. `is_connected`: whether everything that is
    published on what we listen on reaches us.
    """

    def __init__(
        self,
        connection: Connection,
        channels: dict[str, Handler],
        patterns: dict[str, Handler],
        availability: Availability,
    ) -> None:
        self._connection = connection
        self._availability = availability
        self._handlers: dict[str, list[Handler]] = {name: [handler] for name, handler in channels.items()}
        self._patterns = patterns
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._on_gap: set[Callable[[], None]] = set()
        self._restoring: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._was_connected = False
        self.is_connected = False

    def start(self) -> None:
        """Connect in the background and stay connected; Redis may come later."""
        self._connection.listen(self._pushed, self._connected, self._lost)
        self._probing = asyncio.create_task(self._probe_forever())

    async def aclose(self) -> None:
        self._connection.stop_listening()
        self.is_connected = False
        await cancel_and_wait(self._restoring, self._probing)

    async def listen(self, channels: Iterable[str], handler: Handler) -> None:
        """From its return on, nothing published on these channels is missed while the connection stands.

        Raises RedisUnavailableError, CommandRefusedError.
        """
        confirmed = self.ask_for(channels, handler)
        try:
            for one in confirmed:
                await one
        except BaseException:
            self.leave(channels, handler)
            raise

    def ask_for(self, channels: Iterable[str], handler: Handler) -> list["asyncio.Future[Any]"]:
        """The same without waiting: what is said to Redis after this is heard of. The futures are done when Redis has
        confirmed; where one fails, `leave`. Raises as `check`, and has then done nothing."""
        self.check()
        fresh = []
        for channel in channels:
            if channel not in self._handlers:
                fresh.append(channel)
                self._handlers[channel] = []
            self._handlers[channel].append(handler)
        if fresh:
            asked = self._connection.subscribe("SUBSCRIBE", fresh)
            self._asked.update(dict.fromkeys(fresh, asked))
            asked.add_done_callback(lambda _: self._confirmed(fresh, asked))
        # Several may wait for one confirmation; that one of them stops waiting is its own affair.
        return [asyncio.shield(asked) for asked in {self._asked[name] for name in channels if name in self._asked}]

    def check(self) -> None:
        """Raises RedisUnavailableError where nothing is heard now."""
        if not self.is_connected:
            raise RedisUnavailableError("the subscription connection to Redis is away")

    def leave(self, channels: Iterable[str], handler: Handler) -> None:
        """Stop handing messages to this handler; a channel without handlers is unsubscribed."""
        gone = []
        for channel in channels:
            handlers = self._handlers.get(channel, [])
            if handler in handlers:
                handlers.remove(handler)
                if not handlers:
                    del self._handlers[channel]
                    gone.append(channel)
        if gone and self._connection.is_connected:
            self._connection.subscribe("UNSUBSCRIBE", gone)

    def on_gap(self, callback: Callable[[], None]) -> Callable[[], None]:
        """`callback` is called after each reconnection, and when else something was lost. Returns the function that
        unsubscribes it."""
        self._on_gap.add(callback)
        return lambda: self._on_gap.discard(callback)

    def tell_of_gap(self) -> None:
        """Something was lost: whoever relies on what it heard is to look for itself."""
        for callback in list(self._on_gap):
            callback()

    def _confirmed(self, channels: list[str], asked: "asyncio.Future[Any]") -> None:
        for channel in channels:
            if self._asked.get(channel) is asked:
                del self._asked[channel]

    # ---- called by the connection

    def _connected(self) -> None:
        """A new connection listens to nothing yet."""
        if self._restoring is not None:
            self._restoring.cancel()
        self._restoring = asyncio.create_task(self._restore())

    def _lost(self) -> None:
        self.is_connected = False

    def _pushed(self, message: list[Any]) -> None:
        kind, channel = message[0], message[-2].decode(errors="replace")
        try:
            if kind == b"message":
                for handler in list(self._handlers.get(channel, ())):
                    handler(channel, message[2])
            elif kind == b"pmessage":
                self._patterns[message[1].decode()](channel, message[3])
        except Exception:
            # One handler's fault must not make the whole process deaf.
            log.exception("handler_failed", channel=channel)

    async def _restore(self) -> None:
        try:
            while not await self._subscribe():  # noqa: ASYNC110 - it asks Redis each time
                await asyncio.sleep(RETRY_PAUSE_S)
        except MessagingError:
            # The connection is gone again, and the next one begins anew.
            return
        self.is_connected = True
        if self._was_connected:
            log.warning("subscriptions_restored", channels=len(self._handlers))
            self.tell_of_gap()
        self._was_connected = True

    async def _subscribe(self) -> bool:
        """To everything anew. False where Redis refuses. Raises RedisUnavailableError."""
        wanted = {"SUBSCRIBE": list(self._handlers), "PSUBSCRIBE": list(self._patterns)}
        try:
            for asked in [self._connection.subscribe(verb, names) for verb, names in wanted.items() if names]:
                await asked
        except CommandRefusedError as error:
            self._availability.failed(SOURCE, str(error))
            return False
        self._availability.works(SOURCE)
        return True

    async def _probe_forever(self) -> None:
        while True:
            await asyncio.sleep(PROBE_AFTER_S)
            if self._connection.silent_s() >= PROBE_AFTER_S:
                with suppress(MessagingError):
                    await self._connection.send("PING")

"""One subscription connection for a whole process, however many sessions and viewers listen.

Pub/sub is news only: what is published while the connection is away is gone. So every listener also hears of a
reconnection (`when_news_were_lost`) and catches up from the log, which is the truth.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from app.messaging.availability import Availability
from app.messaging.ending import end
from app.messaging.errors import RedisUnavailableError
from app.messaging.redis_client import run

log = structlog.get_logger(__name__)

SOURCE = "subscription"

RETRY_PAUSE_S = 0.25
POLL_S = 10.0
"""How long nothing may be heard before a sign of life is asked for; it has as long again to come."""
CONFIRM_TIMEOUT_S = 5.0

_FAULTS = (RedisError, OSError, AttributeError)
"""What the client library raises for a connection that fails. It stumbles over its own missing stream where the
connection is dropped while it is at work on it."""

Handler = Callable[[str, bytes], None]
"""Called with the channel's name and the bytes; must not block and must not raise."""


class Subscriptions:
    """Listens on channels and hands each message to the handlers registered for its channel, in order.

    `channels` and `patterns` are listened on for the process' whole life.
    """

    def __init__(
        self, redis: Redis, channels: dict[str, Handler], patterns: dict[str, Handler], availability: Availability
    ) -> None:
        self._availability = availability
        self._stop_telling = availability.when_lost(self._commands_fail)
        self._drops: set[asyncio.Task[None]] = set()
        self._channels = channels
        self._patterns = patterns
        self._pubsub = _TellingPubSub(redis.connection_pool, self._reconnected, self._is_reading)
        self._handlers: dict[str, list[Handler]] = {name: [handler] for name, handler in channels.items()}
        self._confirmed: dict[str, asyncio.Future[None]] = {}
        self._lost_news: set[Callable[[], None]] = set()
        self._unconfirmed: set[bytes] = set()
        self._reader: asyncio.Task[None] | None = None
        self._is_probing = False
        self.is_connected = False

    def start(self) -> None:
        """Connect in the background and stay connected; Redis may come later."""
        self._reader = asyncio.create_task(self._read())

    async def aclose(self) -> None:
        self._stop_telling()
        await end(self._reader, *self._drops)
        await self._pubsub.aclose()  # type: ignore[no-untyped-call] # the client library's own, untyped

    async def listen(self, channels: Iterable[str], handler: Handler) -> None:
        """From its return on, nothing published on these channels is missed while the connection stands.

        Raises RedisUnavailableError.
        """
        if not self.is_connected:
            raise RedisUnavailableError("the subscription connection to Redis is away")
        wanted = list(channels)
        fresh = [channel for channel in wanted if channel not in self._handlers]
        for channel in wanted:
            self._handlers.setdefault(channel, []).append(handler)
        loop = asyncio.get_running_loop()
        for channel in fresh:
            self._confirmed[channel] = loop.create_future()
        try:
            if fresh:
                await run(self._pubsub.subscribe(*fresh))
            await self._confirmations(wanted)
        except AttributeError as error:
            await self.leave(wanted, handler)
            raise RedisUnavailableError("the subscription connection was dropped meanwhile") from error
        except BaseException:
            await self.leave(wanted, handler)
            raise

    async def _confirmations(self, channels: list[str]) -> None:
        waits = [self._confirmed[channel] for channel in channels if channel in self._confirmed]
        if not waits:
            return
        _, missing = await asyncio.wait(waits, timeout=CONFIRM_TIMEOUT_S)
        if missing:
            raise RedisUnavailableError(f"Redis did not confirm a subscription within {CONFIRM_TIMEOUT_S:.0f} s")

    async def leave(self, channels: Iterable[str], handler: Handler) -> None:
        """Stop handing messages to this handler; a channel without handlers is unsubscribed."""
        gone = []
        for channel in channels:
            handlers = self._handlers.get(channel, [])
            if handler in handlers:
                handlers.remove(handler)
            if not handlers and self._handlers.pop(channel, None) is not None:
                self._confirmed.pop(channel, None)
                gone.append(channel)
        if gone and self.is_connected:
            with suppress(*_FAULTS):
                await self._pubsub.unsubscribe(*gone)
                return
        # The client library subscribes again to what it remembers.
        for channel in gone:
            self._pubsub.channels.pop(channel.encode(), None)
            self._confirmed_again(channel.encode())

    def when_news_were_lost(self, tell: Callable[[], None]) -> Callable[[], None]:
        """`tell` is called after each reconnection. Returns the function that ends it."""
        self._lost_news.add(tell)
        return lambda: self._lost_news.discard(tell)

    def _is_reading(self) -> bool:
        return asyncio.current_task() is self._reader

    def _reconnected(self, names: set[bytes]) -> None:
        """Subscriptions were asked for again; news can be relied on when all of them are confirmed."""
        self._unconfirmed = names

    def _confirmed_again(self, name: bytes) -> None:
        if name not in self._unconfirmed:
            return
        self._unconfirmed.discard(name)
        if not self._unconfirmed:
            log.warning("subscriptions_restored", channels=len(self._handlers))
            for tell in list(self._lost_news):
                tell()

    async def _read(self) -> None:
        while True:
            try:
                if not self._pubsub.subscribed:
                    await self._subscribe()
                message = await self._pubsub.get_message(timeout=POLL_S)
                if message is None:
                    await self._probe()
            except Exception as error:  # noqa: BLE001 - whatever it is, the process must not become deaf
                self.is_connected = False
                self._availability.failed(SOURCE, str(error) or type(error).__name__)
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            self._availability.works(SOURCE)
            self.is_connected = True
            if message is not None:
                self._is_probing = False
                try:
                    self._dispatch(message)
                except Exception:
                    # One handler's fault must not make the whole process deaf.
                    log.exception("handler_failed", channel=message.get("channel"))

    async def _probe(self) -> None:
        """Nothing was heard for a while: ask for a sign of life, and drop a connection that gives none.

        A peer that vanished without a word leaves a connection that looks whole for many minutes.
        """
        with suppress(*_FAULTS):
            if self._is_probing:
                log.warning("subscriptions_silent", after_s=2 * POLL_S)
                await self._drop_connection()
            else:
                await self._pubsub.ping()
        self._is_probing = not self._is_probing

    def _commands_fail(self) -> None:
        """Redis does not answer on another connection: this one, which only listens, would notice much later."""
        if self._reader is not None and not self._reader.done():
            drop = asyncio.create_task(self._drop_connection())
            self._drops.add(drop)
            drop.add_done_callback(self._drops.discard)

    async def _drop_connection(self) -> None:
        """The next read makes a new one, and subscribes again."""
        if self._pubsub.connection is not None:
            with suppress(*_FAULTS):
                await self._pubsub.connection.disconnect()

    async def _subscribe(self) -> None:
        if self._channels:
            await self._pubsub.subscribe(*self._channels)
        if self._patterns:
            await self._pubsub.psubscribe(*self._patterns)

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "pong":
            return
        channel = message["channel"].decode(errors="replace")
        if message["type"] in ("subscribe", "psubscribe"):
            self._confirmed_again(message["channel"])
        if message["type"] == "subscribe":
            waiter = self._confirmed.pop(channel, None)
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
        elif message["type"] == "message":
            for handler in list(self._handlers.get(channel, ())):
                handler(channel, message["data"])
        elif message["type"] == "pmessage":
            self._patterns[message["pattern"].decode()](channel, message["data"])


class _TellingPubSub(PubSub):
    """The library reconnects and subscribes again by itself; this one also says so. (Not at the first connection:
    the library calls `on_connect` for reconnections alone.)

    Only the reading task connects. Two that shake hands on one connection would read each other's answers, and wait for
    ever or take a subscription for made that is not; so others are refused until it stands.
    """

    def __init__(
        self, connection_pool: Any, tell: Callable[[set[bytes]], None], is_reading: Callable[[], bool]
    ) -> None:
        super().__init__(connection_pool)
        self._tell = tell
        self._is_reading = is_reading
        self._is_settled = False

    async def connect(self) -> None:
        if self._is_reading():
            await super().connect()  # type: ignore[no-untyped-call] # the client library's own, untyped
            self._is_settled = True
        elif not (self._is_settled and self.connection is not None and self.connection.is_connected):
            raise ConnectionError("the subscription connection is being made")

    async def parse_response(self, *args: Any, **options: Any) -> Any:
        if self.connection is not None and not self.connection.is_connected:
            self._is_settled = False
        return await super().parse_response(*args, **options)

    async def _reconnect(self, *args: Any, **options: Any) -> None:
        if self._is_reading():
            self._is_settled = False
            await super()._reconnect(*args, **options)

    async def on_connect(self, connection: Any) -> None:
        # What was to be unsubscribed when the connection failed is not to come back with it.
        for name in self.pending_unsubscribe_channels:
            self.channels.pop(name, None)
        self._is_settled = True
        self._tell({*self.channels, *self.patterns})
        await super().on_connect(connection)

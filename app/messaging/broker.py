"""What the rooms above can say to Redis, in the product's words: ask an agent, append to a session's log, beat, cancel.

Each verb touches one key a command, so a cluster works. All go through one pipe: what is said in one moment leaves in
one write. Awaiting a verb waits for Redis' answer; it raises RedisUnavailableError or CommandRefusedError. The verbs
stand in three files, by what they are about: `session_store.py`, `request_queue.py`, `registry.py`.
"""

import time
from collections.abc import Callable

from redis.asyncio import Redis

from app.messaging import channels
from app.messaging.availability import Availability
from app.messaging.protocols import DEFAULT_MAX_BYTES
from app.messaging.redis_client import CommandPipe, blocking_client, command_client
from app.messaging.redis_clock import RedisClock
from app.messaging.registry import Registry
from app.messaging.request_queue import Delivery, RequestQueue
from app.messaging.session_store import Appended, LogEntry, SessionStore
from app.messaging.subscriptions import Handler, Subscriptions

__all__ = ["Appended", "Broker", "Delivery", "LogEntry"]


class Broker(SessionStore, RequestQueue, Registry):
    """The wire. Commands are answered at once; a worker's waiting reads have connections of their own.

    `clock`: Redis' clock, once `learn_time` was called. `availability`: whether Redis takes what we say.
    """

    def __init__(
        self,
        make_commands: Callable[[], Redis],
        make_blocking: Callable[[], Redis],
        max_bytes: int = DEFAULT_MAX_BYTES,
        tells_of_outages: bool = True,
    ) -> None:
        self._clients = (make_commands, make_blocking)
        self._redis = make_commands()
        self.availability = Availability(tells_of_outages)
        self.clock = RedisClock()
        pipe = CommandPipe(self._redis, self.availability)
        RequestQueue.__init__(self, pipe, make_blocking(), self.availability, max_bytes)

    @classmethod
    def connect(cls, url: str, max_bytes: int = DEFAULT_MAX_BYTES) -> "Broker":
        """No connection is made before the first command. Raises ValueError where the URL is none."""
        return cls(lambda: command_client(url), lambda: blocking_client(url), max_bytes)

    def another(self) -> "Broker":
        """One more on the same Redis, for another event loop; what goes wrong there is told by this one."""
        return Broker(*self._clients, self._max_bytes, tells_of_outages=False)

    async def aclose(self) -> None:
        await self._pipe.aclose()
        await self._blocking.aclose()

    async def ping(self) -> None:
        await self._pipe.send("PING")

    async def learn_time(self) -> None:
        """Ask Redis for its time, where our knowledge of it has aged."""
        if self.clock.is_fresh:
            return
        asked_at = time.monotonic()
        seconds, microseconds = await self._pipe.send("TIME")
        self.clock.learned(int(seconds) * 1000 + int(microseconds) / 1000, asked_at, time.monotonic())

    async def leave(self, agent: str, instance: str, farewell: bytes) -> None:
        """Out of the registry, and out of the group where nothing is pending for this instance."""
        left = self._pipe.send("HDEL", channels.registry(agent), instance)
        self._pipe.send("PUBLISH", channels.HEALTH, farewell)
        await left
        await self.drop_consumer(agent, instance)

    def subscriptions(
        self, names: dict[str, Handler] | None = None, patterns: dict[str, Handler] | None = None
    ) -> Subscriptions:
        """A subscription connection, not yet started; a process needs one."""
        return Subscriptions(self._redis, names or {}, patterns or {}, self.availability)

"""What the rooms above can say to Redis, in the product's words: ask an agent, append to a session's log, beat, cancel.

Each verb touches one key a command. All go through one connection to one server, which has all keys: what is said in
one moment leaves in one write, and is done in that order. Awaiting a verb waits for Redis' answer; it raises
RedisUnavailableError or CommandRefusedError.
Most verbs stand in four files, by what they are about: `session_store.py`, `request_queue.py`, `registry.py` and
`cache.py`; here are those about the connection itself.
"""

import time

from app.messaging import channels, connection, registry, request_queue, session_store
from app.messaging.availability import Availability
from app.messaging.cache import Cache
from app.messaging.connection import Connection
from app.messaging.protocols import DEFAULT_MAX_BYTES
from app.messaging.redis_address import parse_redis_url
from app.messaging.redis_clock import RedisClock, in_ms
from app.messaging.registry import Registry
from app.messaging.replies import text_of
from app.messaging.request_queue import Delivery, RequestQueue
from app.messaging.session_store import Appended, LogEntry, SessionStore
from app.messaging.subscriptions import Handler, Subscriptions
from app.messaging.waiting_read import WaitingRead

__all__ = ["Appended", "Broker", "Delivery", "LogEntry"]

SCRIPTS = (
    session_store.APPEND,
    session_store.CLAIM,
    request_queue.REQUEST,
    request_queue.RENEW,
    registry.BREAKER,
    registry.DROP_CONSUMER,
)


class Broker(SessionStore, RequestQueue, Registry, Cache):
    """The wire. Commands are answered at once; a worker's waiting reads have a connection of their own.

    `clock`: Redis' clock, known with the first connection and kept by `learn_time`. `availability`: whether Redis takes
    what we say. No connection is made before the first command. Raises ValueError where `url` is not the address of a
    Redis.
    """

    def __init__(self, url: str, max_bytes: int = DEFAULT_MAX_BYTES, tells_of_outages: bool = True) -> None:
        self._url = url
        address = parse_redis_url(url)
        self.availability = Availability(tells_of_outages)
        self.clock = RedisClock()
        self.max_bytes = max_bytes
        self.queue_lengths = {}
        self._commands = Connection(address, self.availability, SCRIPTS, connection.ANSWER_TIMEOUT_S, clock=self.clock)
        self._waiting_read = WaitingRead(
            Connection(address, self.availability, answers_within_s=None, source="waiting read")
        )

    def for_another_loop(self) -> "Broker":
        """One more on the same Redis, for another event loop; what goes wrong there is told by this one."""
        return Broker(self._url, self.max_bytes, tells_of_outages=False)

    async def aclose(self) -> None:
        await self._commands.aclose()
        await self._waiting_read.aclose()

    async def ping(self) -> None:
        await self._commands.send("PING")

    async def try_writing(self) -> None:
        """Have Redis refuse what it would refuse of a plan, because its memory is full, say, or its disk fails; PING
        works all the same. Nothing is written: only what is there would be replaced, and nothing is."""
        await self._commands.send("SET", channels.session_state(""), "", "XX", "EX", 1)

    async def server(self) -> str:
        """Which server it is, and of which version, in words."""
        told = text_of(await self._commands.send("INFO", "server"))
        facts = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
        if "valkey_version" in facts:
            return f"Valkey {facts['valkey_version']}"
        return f"Redis {facts.get('redis_version', 'of unknown version')}"

    async def learn_time(self) -> None:
        """Ask Redis for its time, where our knowledge of it has aged."""
        if self.clock.is_fresh:
            return
        asked_at = time.monotonic()
        self.clock.learned(await self._commands.send("TIME", parse=in_ms), asked_at, time.monotonic())

    def subscriptions(
        self, names: dict[str, Handler] | None = None, patterns: dict[str, Handler] | None = None
    ) -> Subscriptions:
        """What this process listens to, not yet started; it needs one."""
        return Subscriptions(self._commands, names or {}, patterns or {}, self.availability)

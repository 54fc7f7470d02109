"""How we talk to Redis: connection settings, and a pipe in which all commands of one tick leave in one write.

It is a file of its own because it alone imports the client library's clients; everything above sends commands and
awaits replies.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from app.messaging.availability import COMMANDS, Availability
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError

MAX_CONNECTIONS = 50
CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 3
HEALTH_CHECK_INTERVAL_S = 30

_TROUBLE = (NoPermissionError, OutOfMemoryError, ReadOnlyError)
_TROUBLE_CODES = ("MISCONF", "NOREPLICAS", "NOAUTH")
"""Answers that tell of the server's state, not of our command: by class, or by their first word."""

Command = tuple[str | bytes | int | float, ...]


def command_client(url: str) -> Redis:
    """A client for commands that are answered at once. TLS (`rediss://`), user, password and database are in the URL.

    Raises ValueError where the URL is none.
    """
    return Redis.from_pool(_pool(url, COMMAND_TIMEOUT_S))


def blocking_client(url: str) -> Redis:
    """A client for reads that wait: its reads have no timeout of their own, the `BLOCK` argument ends them."""
    return Redis.from_pool(_pool(url, None))


def _pool(url: str, socket_timeout_s: float | None) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=CONNECT_TIMEOUT_S,
        socket_timeout=socket_timeout_s,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        **({} if url.startswith("unix:") else {"socket_keepalive": True}),
        health_check_interval=HEALTH_CHECK_INTERVAL_S,
        # A command whose answer was lost may have been carried out. Whoever sent it knows whether it may be sent again,
        # and looks first where it may not; the library, which repeats a whole pipe blindly, does not.
        retry=Retry(NoBackoff(), 0),
    )


def translated(error: Exception) -> MessagingError:
    """The client library's error as one of ours."""
    if isinstance(error, ResponseError):
        return CommandRefusedError(str(error))
    return RedisUnavailableError(str(error) or type(error).__name__)


async def run(command: Awaitable[Any]) -> Any:
    """Await one call of the client library; its errors become ours."""
    try:
        return await command
    except (RedisError, OSError) as error:
        raise translated(error) from error


class CommandPipe:
    """Sends commands in the order given. Whatever is asked for while a write is under way leaves with the next one.

    That makes state, log entries and messages of one moment one write, and shares a connection
    among any number of waiters. There is no transaction: each command succeeds or fails by itself. Nothing is sent
    again by the pipe: after RedisUnavailableError a command may or may not have been carried out.
    """

    def __init__(self, redis: Redis, availability: Availability) -> None:
        self._redis = redis
        self._availability = availability
        self._waiting: list[tuple[Command, dict[str, Any], asyncio.Future[Any]]] = []
        self._flusher: asyncio.Task[None] | None = None

    def send(self, *command: str | bytes | int | float, **parsing: Any) -> asyncio.Future[Any]:
        """Put one command into the next write. Await the future for its reply; it raises MessagingError.

        `parsing`: what the client library needs to know to read the reply.
        """
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Any] = loop.create_future()
        reply.add_done_callback(_mark_retrieved)
        verb, *arguments = command
        # A text that is no UTF-8 must not fail the others that leave with it.
        safe = (part.encode(errors="replace") if isinstance(part, str) else part for part in arguments)
        self._waiting.append(((verb, *safe), parsing, reply))
        if self._flusher is None or self._flusher.done():
            self._flusher = loop.create_task(self._flush())
        return reply

    async def aclose(self) -> None:
        """Finish what was sent, then close the connections."""
        if self._flusher is not None:
            await asyncio.wait([self._flusher])
        await self._redis.aclose()

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                replies = await self._write(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever for its reply
                failure = translated(error) if isinstance(error, RedisError | OSError) else error
                self._availability.failed(COMMANDS, str(failure))
                for _, _, reply in batch:
                    if not reply.done():
                        reply.set_exception(failure)
                continue
            self._availability.works(COMMANDS)
            for (command, _, waiter), value in zip(batch, replies, strict=True):
                self._answer(str(command[0]), waiter, value)

    def _answer(self, name: str, waiter: "asyncio.Future[Any]", value: Any) -> None:
        if isinstance(value, Exception):
            if isinstance(value, _TROUBLE) or str(value).startswith(_TROUBLE_CODES):
                self._availability.failed(name, str(value))
            if not waiter.done():
                waiter.set_exception(translated(value))
            return
        self._availability.works(name)
        if not waiter.done():
            waiter.set_result(value)

    async def _write(self, batch: list[tuple[Command, dict[str, Any], asyncio.Future[Any]]]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for command, parsing, _ in batch:
            pipeline.execute_command(*command, **parsing)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies


def _mark_retrieved(reply: asyncio.Future[Any]) -> None:
    """A command that nobody waits for may fail without a complaint of the event loop."""
    if not reply.cancelled():
        reply.exception()

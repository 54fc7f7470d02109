"""A connection to Redis, shared by any number of waiters: what is said in one moment leaves in one write, and what is
published on the channels that it listens to comes in on it as well (RESP3).

It is our own because the client library's cost a command is several times that of everything else we do for it (see
`benchmarks/wire.py`). It is thin: bytes are packed and parsed by hiredis, carried by asyncio. What it adds is who waits
for which reply.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import Any

from hiredis import ReplyError, pack_command

from app.messaging.availability import COMMANDS, Availability
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError
from app.messaging.link import CommandPart, Link, PendingReply, PushHandler, ReplyParser
from app.messaging.redis_address import RedisAddress
from app.messaging.redis_clock import RedisClock, in_ms

CONNECT_TIMEOUT_S = 5.0
"""For the connection and the greeting together."""

ANSWER_TIMEOUT_S = 3.0
"""How long Redis may say nothing at all while replies are due, before the connection is taken for dead."""

RETRY_PAUSE_S = 0.25

_AWAY = ("LOADING", "MASTERDOWN", "BUSY ")
"""First words of answers that mean: not now."""
_DEMOTED = ("READONLY", "UNBLOCKED")
"""First words of answers that a replica gives: after a failover the old primary keeps its connections, and refuses
every write until whoever holds one asks anew who is at the address."""
_SHARDED = ("MOVED ", "ASK ", "CLUSTERDOWN")
"""First words of answers of a cluster's node that has not the key in question."""
_TROUBLE = ("NOPERM", "OOM", "MISCONF", "NOREPLICAS", "NOAUTH", *_SHARDED)
"""First words of answers that tell of the server's state, not of our command."""


class Script:
    """A Lua script. Redis knows it by its hash: every connection loads its scripts when it is made.

    Its first line has Redis refuse it as a whole where it could not write, on a replica or with its memory full: it
    would read first, and tell of what is out of date there. `runs_when_full`: what it writes is next to nothing.
    """

    __slots__ = ("name", "sha", "text")

    def __init__(self, name: str, text: str, *, runs_when_full: bool = False) -> None:
        flags = " flags=allow-oom" if runs_when_full else ""
        self.name = name
        self.text = f"#!lua{flags}\n{text}"
        self.sha = sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class Connection:
    """Commands are sent in the order given and each succeeds or fails by itself. Nothing is sent twice: after
    RedisUnavailableError a command may or may not have been carried out.

    Whoever stops waiting for a reply takes nothing from the others: the reply is read and dropped. The connection is
    made with the first command, and again with the next one after it was lost; `listen` has it made at once, again and
    again. `answers_within_s`: None where replies may take as long as they like. `clock`: learns the server's time with
    each connection, since it may be another server.
    """

    def __init__(
        self,
        address: RedisAddress,
        availability: Availability,
        scripts: Sequence[Script] = (),
        answers_within_s: float | None = None,
        source: str = COMMANDS,
        clock: RedisClock | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._availability = availability
        self._scripts = scripts
        self._answers_within_s = answers_within_s
        self._source = source
        self._link: Link | None = None
        self._outgoing: list[bytes] = []
        self._waiting: list[PendingReply] = []
        self._is_flush_due = False
        self._connecting: asyncio.Task[None] | None = None
        self._stays = False
        self._is_closed = False
        self._on_push: PushHandler = lambda _: None
        self._on_connected: Callable[[], None] = lambda: None
        self._on_lost: Callable[[], None] = lambda: None
        availability.on_demoted(self.drop)

    # ---- saying something

    def send(self, *command: CommandPart, parse: ReplyParser | None = None) -> asyncio.Future[Any]:
        """Put one command into the next write. Await the future for its reply; it raises MessagingError.

        `parse` makes of the reply what is waited for.
        """
        return self._put(command, str(command[0]), parse=parse)

    def run(
        self, script: Script, keys: int, *arguments: CommandPart, parse: ReplyParser | None = None
    ) -> asyncio.Future[Any]:
        """The same with a script: `keys` says how many of the arguments are keys."""
        return self._put(
            ("EVALSHA", script.sha, keys, *arguments),
            script.name,
            fallback=lambda: ("EVAL", script.text, keys, *arguments),
            parse=parse,
        )

    def subscribe(self, verb: str, names: Sequence[str]) -> asyncio.Future[Any]:
        """SUBSCRIBE, PSUBSCRIBE and their opposites, with at least one name: done when all are confirmed."""
        return self._put((verb, *names), verb, len(names))

    def _put(
        self,
        command: tuple[CommandPart, ...],
        name: str,
        confirmations: int = 0,
        fallback: Callable[[], tuple[CommandPart, ...]] | None = None,
        parse: ReplyParser | None = None,
    ) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        due = PendingReply(loop.create_future(), name, confirmations, fallback, parse)
        if self._is_closed:
            due.fail(RedisUnavailableError("the connection to Redis was closed"))
            return due.reply
        self._outgoing.append(_packed(command))
        self._waiting.append(due)
        if not self._is_flush_due:
            self._is_flush_due = True
            loop.call_soon(self._flush)
        return due.reply

    def _flush(self) -> None:
        self._is_flush_due = False
        if not self._waiting:
            return
        if self._link is None:
            self._connect()
            return
        outgoing, self._outgoing = self._outgoing, []
        waiting, self._waiting = self._waiting, []
        self._link.write(b"".join(outgoing), waiting)

    # ---- the connection

    @property
    def is_connected(self) -> bool:
        return self._link is not None

    def silent_s(self) -> float:
        """For how many seconds nothing has come in; 0 while there is no connection."""
        return 0.0 if self._link is None else time.monotonic() - self._link.heard_at

    def listen(self, on_push: PushHandler, on_connected: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Stay connected from now on. `on_push` gets what is published; `on_connected` is called for each new
        connection, `on_lost` when it is gone. None of them may block or raise."""
        self._on_push, self._on_connected, self._on_lost = on_push, on_connected, on_lost
        self._stays = True
        if self._link is None:
            self._connect()
        else:
            on_connected()

    def stop_listening(self) -> None:
        """The connection need not stay any more."""
        self._stays = False
        self._on_push, self._on_connected, self._on_lost = lambda _: None, lambda: None, lambda: None

    def drop(self, reason: str, is_fault: bool = False) -> None:
        """Close it: whoever waits for a reply gets RedisUnavailableError. The next command makes a new connection.

        `is_fault`: tell that Redis is away.
        """
        if self._link is not None:
            self._link.end(reason, is_fault)

    async def aclose(self) -> None:
        """Wait for the replies that are due, no longer than they may take, then close."""
        self._stays = False
        due = [one.reply for one in (*self._waiting, *(self._link.due if self._link else ()))]
        if due and self._answers_within_s is not None:
            await asyncio.wait(due, timeout=self._answers_within_s + CONNECT_TIMEOUT_S)
        self._is_closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        self._fail_waiting("the connection to Redis was closed")
        if (link := self._link) is not None:
            link.end("the connection to Redis was closed")
            await link.closed.wait()

    def _connect(self) -> None:
        if self._connecting is None and not self._is_closed:
            self._connecting = asyncio.get_running_loop().create_task(self._connect_until_done())

    async def _connect_until_done(self) -> None:
        """One attempt for whoever waits; any number of them where the connection is to stay."""
        try:
            while self._link is None:
                try:
                    async with asyncio.timeout(CONNECT_TIMEOUT_S):
                        await self._open()
                except (OSError, TimeoutError, MessagingError) as error:
                    reason = str(error) or f"no connection to {self._address} within {CONNECT_TIMEOUT_S:g} s"
                    self._availability.failed(self._source, reason)
                    self._fail_waiting(reason)
                    if not self._stays:
                        return
                    await asyncio.sleep(RETRY_PAUSE_S)
        finally:
            self._connecting = None
        if self._waiting:
            self._flush()

    async def _open(self) -> None:
        link = Link(self._lost, self._pushed, self._answered, self._answers_within_s)
        try:
            await self._dial(link)
            await self._greet(link)
        except BaseException:
            link.end("the connection to Redis was not made")
            raise
        if link.fault:
            raise RedisUnavailableError(link.fault)
        self._link = link
        self._availability.works(self._source)
        self._on_connected()

    async def _dial(self, link: "Link") -> None:
        loop, address = asyncio.get_running_loop(), self._address
        if address.socket_path:
            await loop.create_unix_connection(lambda: link, address.socket_path)
            return
        tls = address.tls_context()
        await loop.create_connection(lambda: link, address.host, address.port, ssl=tls)
        assert link.transport is not None
        link.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    async def _greet(self, link: "Link") -> None:
        """Say who we are, choose the database, load the scripts, learn the time: one write, and every answer must be
        good."""
        address, asked_at = self._address, time.monotonic()
        login = ("AUTH", address.username or "default", address.password) if address.password else ()
        said: list[tuple[CommandPart, ...]] = [("HELLO", 3, *login)]
        if address.database:
            said.append(("SELECT", address.database))
        said += [("SCRIPT", "LOAD", script.text) for script in self._scripts]
        loop = asyncio.get_running_loop()
        due = [PendingReply(loop.create_future(), str(words[0])) for words in said]
        if self._clock is not None:
            said.append(("TIME",))
            due.append(PendingReply(loop.create_future(), "TIME", parse=in_ms))
        link.write(b"".join(map(_packed, said)), due)
        for answer in due:
            try:
                await answer.reply
            except CommandRefusedError as error:
                raise RedisUnavailableError(f"Redis refuses {answer.name}: {error}") from error
        if self._clock is not None:
            self._clock.learned(due[-1].reply.result(), asked_at, time.monotonic())

    def _pushed(self, message: list[Any]) -> None:
        self._on_push(message)

    def _lost(self, link: "Link", reason: str, is_fault: bool, is_missed: bool) -> None:
        """`is_missed`: somebody waited for a reply on it. One that nobody needs may go without a word."""
        if self._link is not link:
            return
        self._link = None
        if is_fault and (is_missed or self._stays):
            self._availability.failed(self._source, reason)
        if self._stays or self._waiting:
            self._connect()
        self._on_lost()

    def _fail_waiting(self, reason: str) -> None:
        waiting, self._waiting, self._outgoing = self._waiting, [], []
        for due in waiting:
            due.fail(RedisUnavailableError(reason))

    def _answered(self, due: PendingReply, answer: Any) -> None:
        """Give the answer to whoever waits for it; an error becomes one of ours."""
        if type(answer) is not ReplyError:
            if not self._availability.is_whole:
                self._availability.works(due.name)
                self._availability.works(self._source)
            due.take(answer)
            return
        text = str(answer)
        if text.startswith("NOSCRIPT") and due.fallback is not None:
            # Somebody flushed the scripts under a living connection.
            self._outgoing.append(_packed(due.fallback()))
            self._waiting.append(PendingReply(due.reply, due.name, parse=due.parse))
            self._flush()
            return
        if text.startswith(_SHARDED):
            text = f"{text} (this is a node of a cluster; a Redis with all keys is needed)"
        if text.startswith((*_AWAY, *_DEMOTED, *_TROUBLE)):
            self._availability.failed(due.name, text)
        is_away = text.startswith((*_AWAY, *_DEMOTED))
        due.fail(RedisUnavailableError(text) if is_away else CommandRefusedError(text.removeprefix("ERR ")))
        if text.startswith(_DEMOTED):
            self._availability.demoted(text)


def _packed(command: tuple[CommandPart, ...]) -> bytes:
    try:
        packed: bytes = pack_command(command)  # type: ignore[arg-type] # its stub says one part, it takes any number
    except UnicodeEncodeError:
        # A text that is no UTF-8 must not fail the others that leave with it.
        return _packed(tuple(part.encode(errors="replace") if isinstance(part, str) else part for part in command))
    return packed

"""What the rooms above can say to Redis, in the product's words: ask an agent, append to a session's log, beat, cancel.

Each verb touches one key a command, so a cluster works. All go through one pipe: what is said in one moment leaves in
one write. Awaiting a verb waits for Redis' answer; it raises RedisUnavailableError or CommandRefusedError.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from redis.asyncio import Redis

from app.messaging import channels
from app.messaging.errors import CommandRefusedError, RedisUnavailableError
from app.messaging.protocols import DEFAULT_MAX_BYTES, Envelope, encode
from app.messaging.redis_client import CommandPipe, blocking_client, command_client, run
from app.messaging.subscriptions import Handler, Subscriptions

log = structlog.get_logger(__name__)

SILENCE_S = 5.0
"""How long past its time a waiting read may stay silent before its connection is taken for dead."""

EARLY_ANSWER_NAP_S = 0.02
"""A blocking read that comes back empty before its time is not asked again at full speed."""

_APPEND = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last and last[2][1] == 'final' then return {'ended', last[1]} end
if last and ARGV[1] == 'opens' then return {'exists', last[1]} end
if last or ARGV[1] == 'opens' then
  local id
  if ARGV[4] == '' then
    id = redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[3])
  else
    id = redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[3], 'data', ARGV[4])
  end
  if ARGV[5] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[5]) end
  if ARGV[6] ~= '' then redis.call('PUBLISH', ARGV[6], ARGV[4]) end
  redis.call('PUBLISH', KEYS[1], '{"id":"' .. id .. '",' .. string.sub(ARGV[3], 2))
  return {'appended', id}
end
if ARGV[6] ~= '' then redis.call('PUBLISH', ARGV[6], ARGV[4]) end
return {'absent', ''}
"""
"""Append to a session's log and announce it, as one step. A log whose last entry is final takes nothing more, and a
log that is not there (never opened, or expired) is not made by a latecomer: an answer is then only announced.

It is sent as a text each time: Redis knows a text it has seen by its hash, and a restarted Redis needs no reload.
"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a session's log. `event`: a JSON object, as viewers get it. `data`: the bulk behind it."""

    id: str
    event: bytes
    data: bytes | None
    is_final: bool


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of an append. `entry_id` is the new entry's, or the last one's where the log had ended."""

    outcome: Literal["appended", "ended", "exists", "absent"]
    entry_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as a worker gets it. `fields` is None where the entry was deleted meanwhile."""

    entry_id: str
    raw: bytes | None


class Broker:
    """The wire. `commands` answers at once; `blocking` is used by a worker's waiting reads alone."""

    def __init__(self, commands: Redis, blocking: Redis, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._redis = commands
        self._blocking = blocking
        self._pipe = CommandPipe(commands)
        self._max_bytes = max_bytes

    @classmethod
    def connect(cls, url: str, max_bytes: int = DEFAULT_MAX_BYTES) -> "Broker":
        """No connection is made before the first command. Raises ValueError where the URL is none."""
        return cls(command_client(url), blocking_client(url), max_bytes)

    async def aclose(self) -> None:
        await self._pipe.aclose()
        await self._blocking.aclose()

    async def stop_reading(self) -> None:
        """Close the waiting reads' connections: Redis delivers nothing more to them."""
        await self._blocking.connection_pool.disconnect(inuse_connections=True)

    async def ping(self) -> None:
        await self._pipe.send("PING")

    def subscriptions(
        self, channels: dict[str, Handler] | None = None, patterns: dict[str, Handler] | None = None
    ) -> Subscriptions:
        """A subscription connection, not yet started; a process needs one."""
        return Subscriptions(self._redis, channels or {}, patterns or {})

    # ---- sessions

    async def append(
        self,
        session_id: str,
        event: bytes,
        *,
        data: bytes = b"",
        opens: bool = False,
        is_final: bool = False,
        ttl_s: int = 0,
        announce_data_on: str = "",
    ) -> Appended:
        """Append one event, a JSON object with at least one member, to the session's log and announce it.

        `data` is kept with the entry and announced on the channel `announce_data_on`. `ttl_s` renews the log's expiry.
        """
        mode, field = "opens" if opens else "", "final" if is_final else "event"
        key = channels.session_log(session_id)
        reply = await self._pipe.send("EVAL", _APPEND, 1, key, mode, field, event, data, ttl_s, announce_data_on)
        return Appended(reply[0].decode(), reply[1].decode())

    async def read_log(self, session_id: str, after: str = "") -> list[LogEntry]:
        """The session's log in order, all of it or what came after an entry id. Empty where there is none."""
        start = f"({after}" if after else "-"
        rows = await self._pipe.send("XRANGE", channels.session_log(session_id), start, "+")
        return [_log_entry(entry_id, fields) for entry_id, fields in rows]

    async def has_log(self, session_id: str) -> bool:
        return bool(await self._pipe.send("EXISTS", channels.session_log(session_id)))

    async def put_state(self, session_id: str, state: bytes, ttl_s: int) -> None:
        await self._pipe.send("SET", channels.session_state(session_id), state, "EX", ttl_s)

    async def get_state(self, session_id: str) -> bytes | None:
        state: bytes | None = await self._pipe.send("GET", channels.session_state(session_id))
        return state

    async def announce_cancel(self, session_id: str, notice: bytes) -> None:
        await self._pipe.send("PUBLISH", channels.cancel_channel(session_id), notice)

    # ---- requests

    def check_size(self, envelope: Envelope) -> None:
        """Raises MessageTooLargeError for what `request` would refuse."""
        encode(envelope, self._max_bytes)

    async def request(self, envelope: Envelope) -> str:
        """Put a request where exactly one worker takes it, and announce it. Returns its entry id.

        Raises MessageTooLargeError before anything is sent.
        """
        raw = encode(envelope, self._max_bytes)
        stream = channels.request_stream(envelope.agent)
        entry = self._pipe.send("XADD", stream, "*", "envelope", raw)
        self._pipe.send("PUBLISH", stream, raw)
        self._pipe.send("EXPIRE", stream, channels.REQUEST_STREAM_TTL_S)
        entry_id: bytes = await entry
        return entry_id.decode()

    async def withdraw(self, agent: str, entry_id: str) -> None:
        """Take back a request that nobody waits for any more."""
        await self._pipe.send("XDEL", channels.request_stream(agent), entry_id)

    async def read_requests(self, agent: str, instance: str, count: int, block_ms: int) -> list[Delivery]:
        """Wait for new requests, at most `count` and `block_ms` long. Makes the group where it is missing."""
        started = time.monotonic()
        stream = channels.request_stream(agent)
        group = ("GROUP", channels.WORKERS_GROUP, instance)
        command = ("XREADGROUP", *group, "COUNT", count, "BLOCK", block_ms, "STREAMS", stream, ">")
        try:
            async with asyncio.timeout(block_ms / 1000 + SILENCE_S):
                reply = await run(self._blocking.execute_command(*command))
        except TimeoutError as error:
            raise RedisUnavailableError(f"no answer to a read of {block_ms} ms: the connection is dead") from error
        except CommandRefusedError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.ensure_group(agent)
            return []
        deliveries = _deliveries(reply)
        if not deliveries and time.monotonic() - started < block_ms / 1000:
            await asyncio.sleep(EARLY_ANSWER_NAP_S)
        return deliveries

    async def read_pending(self, agent: str, instance: str, count: int, after: str = "0") -> list[Delivery]:
        """What was delivered to this instance and is not acknowledged: what a lost connection may have swallowed.

        At most `count`, after an entry id.
        """
        stream = channels.request_stream(agent)
        try:
            reply = await self._pipe.send(
                "XREADGROUP", "GROUP", channels.WORKERS_GROUP, instance, "COUNT", count, "STREAMS", stream, after
            )
        except CommandRefusedError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.ensure_group(agent)
            return []
        return _deliveries(reply)

    async def ensure_group(self, agent: str) -> None:
        """Make the group at the stream's beginning, so that requests older than the first worker are worked."""
        try:
            await self._pipe.send(
                "XGROUP", "CREATE", channels.request_stream(agent), channels.WORKERS_GROUP, "0", "MKSTREAM"
            )
        except CommandRefusedError as error:
            if "BUSYGROUP" not in str(error):
                raise
        await self._pipe.send("EXPIRE", channels.request_stream(agent), channels.REQUEST_STREAM_TTL_S)

    async def acknowledge(self, agent: str, entry_id: str) -> None:
        """The request is done with: the stream keeps only what is not."""
        stream = channels.request_stream(agent)
        acknowledged = self._pipe.send("XACK", stream, channels.WORKERS_GROUP, entry_id)
        await self._pipe.send("XDEL", stream, entry_id)
        await acknowledged

    async def bury(self, agent: str, entry_id: str, raw: bytes, cause: str) -> None:
        """Put a request that cannot be worked aside, with its cause, for an operator to look at."""
        dead = channels.dead_stream(agent)
        fields = ("envelope", raw, "cause", cause, "entry_id", entry_id)
        buried = self._pipe.send("XADD", dead, "MAXLEN", "~", channels.DEAD_STREAM_MAX_LENGTH, "*", *fields)
        self._pipe.send("EXPIRE", dead, channels.DEAD_STREAM_TTL_S)
        await buried

    # ---- the registry

    async def beat(self, agent: str, instance: str, heartbeat: bytes, renew: bool) -> None:
        """Tell who is there. `renew`: also renew the expiry of the registry and of the agent's request stream."""
        registry = channels.registry(agent)
        entered = self._pipe.send("HSET", registry, instance, heartbeat)
        self._pipe.send("PUBLISH", channels.HEALTH, heartbeat)
        if renew:
            self._pipe.send("EXPIRE", registry, channels.REGISTRY_TTL_S)
            self._pipe.send("EXPIRE", channels.request_stream(agent), channels.REQUEST_STREAM_TTL_S)
        await entered

    async def leave(self, agent: str, instance: str, farewell: bytes) -> None:
        """Out of the registry, and out of the group where nothing is pending for this instance."""
        left = self._pipe.send("HDEL", channels.registry(agent), instance)
        self._pipe.send("PUBLISH", channels.HEALTH, farewell)
        await left
        if not await self.read_pending(agent, instance, 1):
            stream = channels.request_stream(agent)
            await self._pipe.send("XGROUP", "DELCONSUMER", stream, channels.WORKERS_GROUP, instance)

    async def heartbeats(self, agents: Iterable[str]) -> dict[str, list[bytes]]:
        """The last heartbeat of every registered instance by agent, stale ones included."""
        replies = {agent: self._pipe.send("HVALS", channels.registry(agent)) for agent in agents}
        return {agent: list(await reply) for agent, reply in replies.items()}

    async def forget(self, agent: str, instances: Iterable[str]) -> None:
        """Strike instances that died without leaving from the registry."""
        for instance in instances:
            await self._pipe.send("HDEL", channels.registry(agent), instance)


def _log_entry(entry_id: bytes, fields: dict[bytes, bytes] | None) -> LogEntry:
    fields = fields or {}
    is_final = b"final" in fields
    event = fields.get(b"final") or fields.get(b"event", b"{}")
    return LogEntry(entry_id.decode(), event, fields.get(b"data"), is_final)


def _deliveries(reply: Any) -> list[Delivery]:
    """XREADGROUP's answer for one stream. An entry without the field that we write has no envelope: empty bytes."""
    if not reply:
        return []
    entries = next(iter(reply.values()))[0] if isinstance(reply, dict) else reply[0][1]
    # The client library gives an entry that was deleted meanwhile without fields.
    return [Delivery(entry_id.decode(), _envelope(fields) if fields else None) for entry_id, fields in entries]


def _envelope(fields: dict[bytes, bytes]) -> bytes:
    return fields.get(b"envelope") or next(iter(fields.values()), b"")

"""Requests to agents: put into a stream, read by exactly one replica, taken over from a replica that died, put aside
when they cannot be worked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import from_json

from app.messaging import channels
from app.messaging.connection import Connection, Script
from app.messaging.errors import CommandRefusedError, QueueFullError
from app.messaging.protocols import Envelope, encode
from app.messaging.replies import fields_of, text_of
from app.messaging.waiting_read import WaitingRead

EARLY_ANSWER_NAP_S = 0.02
"""A blocking read that comes back empty before its time is not asked again at full speed."""

DEFAULT_MAX_QUEUE_LENGTH = 1000

LETTERS_AT_ONCE = 20
LISTED_BYTES = 2_000
"""So many dead letters are read at once, and so much of each is listed: enough to tell what it is, of any size."""

_PAGE = 500

REQUEST = Script(
    "request",
    """
local length = redis.call('XLEN', KEYS[1])
if length >= tonumber(ARGV[2]) then return {'full', length} end
local id = redis.call('XADD', KEYS[1], '*', 'envelope', ARGV[1])
if length == 0 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
redis.call('PUBLISH', KEYS[1], ARGV[1])
return {id, length + 1}
""",
)
"""Put a request into its agent's stream, unless that is full, and announce it. A stream that may be a new one gets an
expiry; heartbeats renew it."""

RENEW = Script(
    "renew",
    """
local lost = {}
for n = 2, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], 'workers', ARGV[n], ARGV[n], 1)[1]
  if pending then
    local claimed = {}
    if pending[2] == ARGV[1] then
      claimed = redis.call('XCLAIM', KEYS[1], 'workers', ARGV[1], 0, ARGV[n], 'JUSTID')
    end
    if #claimed == 0 then lost[#lost + 1] = ARGV[n] end
  end
end
return lost
""",
    runs_when_full=True,
)
"""Say of each request in hand that it is still being worked. Not of one that another replica has taken over, or that
was withdrawn. Of one that the group knows nothing of nothing can be said: Redis may have lost it, and we have it still.
"""


class Delivery(NamedTuple):
    """A request as a worker gets it. `raw` is None where the entry was deleted meanwhile.

    `deliveries`: how often it was delivered so far, this time included.
    """

    entry_id: str
    raw: bytes | None
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Unattended:
    """A delivered request that nobody has said a word about for `idle_ms`."""

    entry_id: str
    consumer: str
    idle_ms: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A request that was put aside. `envelope`: its bytes as they came, in a list only the first of them. `size`: how
    many they are. `buried_id`: its place among the dead."""

    buried_id: str
    agent: str
    envelope: bytes
    size: int
    cause: str
    entry_id: str


class RequestQueue:
    """The requests' part of the broker. `queue_lengths`: how many requests waited at the last look, by agent.
    `max_bytes`: the most that a message may have."""

    max_bytes: int
    queue_lengths: dict[str, int]
    _commands: Connection
    _waiting_read: WaitingRead

    # ---- asking

    async def request(self, envelope: Envelope, max_length: int = DEFAULT_MAX_QUEUE_LENGTH) -> str:
        """Put a request where exactly one worker takes it, and announce it. Returns its entry id.

        Raises MessageTooLargeError before anything is sent, QueueFullError where `max_length` requests wait already.
        """
        entry_id = await self.send_request(envelope.agent, encode(envelope, self.max_bytes), max_length)
        if entry_id is None:
            raise QueueFullError(envelope.agent, self.queue_lengths[envelope.agent])
        return entry_id

    def send_request(
        self, agent: str, raw: bytes, max_length: int = DEFAULT_MAX_QUEUE_LENGTH
    ) -> "asyncio.Future[str | None]":
        """The same with an envelope that was encoded before. To be awaited: None where the queue is full."""

        def sent(reply: list[Any]) -> str | None:
            entry_id, length = reply
            self.queue_lengths[agent] = int(length)
            return None if entry_id == b"full" else str(entry_id.decode())

        values = (raw, max_length, channels.REQUEST_STREAM_TTL_S)
        return self._commands.run(REQUEST, 1, channels.request_stream(agent), *values, parse=sent)

    async def queue_length(self, agent: str) -> int:
        """How many requests wait or are being worked."""
        self.queue_lengths[agent] = int(await self._commands.send("XLEN", channels.request_stream(agent)))
        return self.queue_lengths[agent]

    async def withdraw(self, agent: str, entry_id: str) -> None:
        """Take back a request that nobody waits for any more."""
        await self._commands.send("XDEL", channels.request_stream(agent), entry_id)

    async def outstanding(self, agent: str) -> dict[str, str]:
        """Every request of the agent that waits or is being worked: its entry id by its request id."""
        found: dict[str, str] = {}
        start = "-"
        while rows := await self._commands.send("XRANGE", channels.request_stream(agent), start, "+", "COUNT", _PAGE):
            found.update({_request_id(_envelope(entry)): entry_id.decode() for entry_id, entry in rows})
            start = f"({rows[-1][0].decode()}"
        return found

    # ---- working

    async def read_requests(self, agent: str, instance: str, count: int, block_ms: int) -> list[Delivery]:
        """Wait for new requests, at most `count` and `block_ms` long. Makes the group where it is missing."""
        started = time.monotonic()
        stream = channels.request_stream(agent)
        group = ("GROUP", channels.WORKERS_GROUP, instance)
        command = ("XREADGROUP", *group, "COUNT", count, "BLOCK", block_ms, "STREAMS", stream, ">")
        try:
            reply = await self._waiting_read.send(*command, block_ms=block_ms)
        except CommandRefusedError as error:
            await self._make_missing_group(agent, error)
            return []
        deliveries = _deliveries(reply)
        if not deliveries and time.monotonic() - started < block_ms / 1000:
            await asyncio.sleep(EARLY_ANSWER_NAP_S)
        return deliveries

    def stop_reading(self) -> None:
        """Close the waiting reads' connection: Redis delivers nothing more to it, and a read under way fails."""
        self._waiting_read.stop()

    async def renew(self, agent: str, instance: str, entry_ids: Sequence[str]) -> list[str]:
        """Say that these requests are still being worked. Returns those that are not this instance's any more: another
        one's, or withdrawn. Those that Redis has lost stay this one's; they have one outcome, however often they are
        worked."""
        try:
            lost = await self._commands.run(RENEW, 1, channels.request_stream(agent), instance, *entry_ids)
        except CommandRefusedError as error:
            await self._make_missing_group(agent, error)
            return []
        return [entry_id.decode() for entry_id in lost]

    async def unattended(self, agent: str, idle_ms: int, count: int, instance: str = "") -> list[Unattended]:
        """Delivered requests that nobody has renewed for so long, the oldest first, at most `count`.

        `instance`: only those that were delivered to it; with no idle time, all that Redis holds it to have in hand.
        """
        group = ("XPENDING", channels.request_stream(agent), channels.WORKERS_GROUP)
        consumer = (instance,) if instance else ()
        try:
            rows = await self._commands.send(*group, "IDLE", idle_ms, "-", "+", count, *consumer)
        except CommandRefusedError as error:
            await self._make_missing_group(agent, error)
            return []
        return [
            Unattended(entry_id.decode(), text_of(consumer), int(idle), int(times))
            for entry_id, consumer, idle, times in rows
        ]

    async def take_over(self, agent: str, instance: str, found: Sequence[Unattended]) -> list[Delivery]:
        """Take those requests that are still unattended. One that was deleted meanwhile leaves the group."""
        stream = channels.request_stream(agent)
        replies = [
            self._commands.send("XCLAIM", stream, channels.WORKERS_GROUP, instance, one.idle_ms, one.entry_id)
            for one in found
        ]
        taken = []
        for one, reply in zip(found, replies, strict=True):
            for entry_id, entry in await reply:
                raw = _envelope(entry) if entry else None
                taken.append(Delivery(_decoded(entry_id) or one.entry_id, raw, one.deliveries + 1))
        return taken

    async def ensure_group(self, agent: str) -> None:
        """Make the group at the stream's beginning, so that requests older than the first worker are worked."""
        try:
            await self._commands.send(
                "XGROUP", "CREATE", channels.request_stream(agent), channels.WORKERS_GROUP, "0", "MKSTREAM"
            )
        except CommandRefusedError as error:
            if "BUSYGROUP" not in str(error):
                raise
        await self._commands.send("EXPIRE", channels.request_stream(agent), channels.REQUEST_STREAM_TTL_S)

    async def _make_missing_group(self, agent: str, error: CommandRefusedError) -> None:
        """What a flushed or empty Redis lacks; with the group, requests may be gone, and gateways are told so. Raises
        the error again where it is another one.

        A stream that is deleted under a waiting read is answered with UNBLOCKED by older servers.
        """
        if "NOGROUP" not in str(error) and "UNBLOCKED" not in str(error):
            raise error
        await self.ensure_group(agent)
        await self._commands.send("PUBLISH", channels.REQUESTS_LOST, agent)

    async def acknowledge(self, agent: str, *entry_ids: str) -> None:
        """These requests are done with: the stream keeps only what is not."""
        stream = channels.request_stream(agent)
        acknowledged = self._commands.send("XACK", stream, channels.WORKERS_GROUP, *entry_ids)
        await self._commands.send("XDEL", stream, *entry_ids)
        await acknowledged

    async def pending_counts(self, agent: str) -> dict[str, int]:
        """How many requests each instance has in hand, by its name; only those that have some."""
        try:
            found = await self._commands.send("XPENDING", channels.request_stream(agent), channels.WORKERS_GROUP)
        except CommandRefusedError:
            return {}
        return {text_of(consumer): int(count) for consumer, count in found[3] or ()}

    # ---- the dead

    async def bury(self, agent: str, entry_id: str, raw: bytes, cause: str) -> None:
        """Put a request that cannot be worked aside, with its cause, for an operator to look at."""
        dead = channels.dead_stream(agent)
        fields = ("envelope", raw, "cause", cause, "entry_id", entry_id)
        buried = self._commands.send("XADD", dead, "MAXLEN", "~", channels.DEAD_STREAM_MAX_LENGTH, "*", *fields)
        self._commands.send("EXPIRE", dead, channels.DEAD_STREAM_TTL_S)
        await buried

    async def dead_letters(self, agent: str, count: int = channels.DEAD_STREAM_MAX_LENGTH) -> list[DeadLetter]:
        """What was put aside, the newest first, at most `count`. Read a few at a time, for each may be a large one."""
        found: list[DeadLetter] = []
        end, dead = "+", channels.dead_stream(agent)
        while len(found) < count:
            page = min(LETTERS_AT_ONCE, count - len(found))
            rows = await self._commands.send("XREVRANGE", dead, end, "-", "COUNT", page)
            found += [_dead_letter(agent, buried_id, fields, LISTED_BYTES) for buried_id, fields in rows]
            if len(rows) < page:
                break
            end = f"({found[-1].buried_id}"
        return found

    async def dead_letter(self, agent: str, buried_id: str) -> DeadLetter | None:
        rows = await self._commands.send("XRANGE", channels.dead_stream(agent), buried_id, buried_id)
        return next((_dead_letter(agent, found_id, fields) for found_id, fields in rows), None)

    async def dead_count(self, agent: str) -> int:
        return int(await self._commands.send("XLEN", channels.dead_stream(agent)))

    async def unbury(self, agent: str, buried_id: str) -> None:
        """Strike one from the dead, after it was sent again."""
        await self._commands.send("XDEL", channels.dead_stream(agent), buried_id)


def _deliveries(reply: dict[bytes, list[Any]] | None) -> list[Delivery]:
    """XREADGROUP's answer for one stream. An entry that was deleted meanwhile comes without its fields."""
    entries = next(iter(reply.values())) if reply else []
    return [Delivery(entry_id.decode(), _envelope(entry) if entry else None) for entry_id, entry in entries]


def _envelope(entry: list[bytes]) -> bytes:
    """An entry without the field that we write has no envelope: whatever it has in its place."""
    fields = fields_of(entry)
    return fields.get(b"envelope") or next(iter(fields.values()), b"")


def _request_id(raw: bytes) -> str:
    try:
        return str(from_json(raw)["request_id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _decoded(entry_id: bytes | None) -> str:
    return entry_id.decode() if entry_id else ""


def _dead_letter(agent: str, buried_id: bytes, entry: list[bytes], longest: int | None = None) -> DeadLetter:
    fields = fields_of(entry)
    cause, entry_id = (text_of(fields.get(name, b"")) for name in (b"cause", b"entry_id"))
    envelope = fields.get(b"envelope", b"")
    return DeadLetter(buried_id.decode(), agent, envelope[:longest], len(envelope), cause, entry_id)

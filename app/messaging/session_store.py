"""What Redis keeps of sessions: each one's log and read model, and one registry of who drives which.

A log is one stream, and everything that must not happen twice, or not at all any more, is decided inside Redis by the
script that appends to it: who may write (the epoch), which request has its outcome already, whether it has ended.
"""

import asyncio
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple, cast

from app.messaging import channels
from app.messaging.connection import Connection, Script
from app.messaging.replies import fields_of

APPEND = Script(
    "append",
    """
local mode, field, data, kept, ttl, answers, epoch, settles, after = unpack(ARGV, 1, 9)
local id, head = '', '1'
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last then
  id = last[1]
  for n = 1, #last[2], 2 do if last[2][n] == 'final' then return {'ended', id, ''} end end
  if mode == 'opens' then return {'exists', id, ''} end
  local found = last[2][1] == 'head' and string.match(last[2][2], '^%d+.*$')
  if not found then
    for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-')) do
      for n = 1, #entry[2], 2 do
        if entry[2][n] == 'head' then found = found or string.match(entry[2][n + 1], '^%d+.*$') end
      end
    end
  end
  head = found or head
elseif mode ~= 'opens' then
  if answers ~= '' then redis.call('PUBLISH', answers, data) end
  return {'absent', '', ''}
end
local now = string.match(head, '^%d+')
if epoch ~= '' and epoch ~= now then return {'fenced', id, now} end
if after ~= '' and after ~= id then return {'conflict', id, now} end
if settles ~= '' then
  if string.find(head, settles, 1, true) then return {'repeated', id, now} end
  head = head .. ' ' .. settles
end
if mode == 'claims' then
  now = tostring(tonumber(now) + 1)
  head = string.gsub(head, '^%d+', now)
end
if answers ~= '' then redis.call('PUBLISH', answers, data) end
for n = 10, #ARGV do
  local before = id
  if data == '' or n > 10 then
    id = redis.call('XADD', KEYS[1], '*', 'head', head, field, ARGV[n])
  elseif kept ~= '' then
    id = redis.call('XADD', KEYS[1], '*', 'head', head, field, ARGV[n], 'zlib', kept)
  else
    id = redis.call('XADD', KEYS[1], '*', 'head', head, field, ARGV[n], 'data', data)
  end
  redis.call('PUBLISH', KEYS[1], '{"id":"' .. id .. '","after":"' .. before .. '",' .. string.sub(ARGV[n], 2))
end
if ttl ~= '0' then redis.call('EXPIRE', KEYS[1], ttl) end
return {'appended', id, now}
""",
)
"""Append events to a session's log and announce them, as one step. Each announcement names the entry that it comes
after, so that whoever listens sees whether one was lost.

Each entry's `head` carries on what the next append has to know: the epoch (who drives; it grows when another gateway
takes the session over) and which requests have their outcome. A log whose last entry is final takes nothing more. A log
that is not there (never opened, expired, lost) is not made by a latecomer: an answer is then only announced.
"""

COMPRESS_FROM_BYTES = 16 * 1024
COMPRESS_TO = 0.75
"""The bulk behind an event is kept compressed where it is so large, and no more than this share of it is left. Smaller
ones would cost a worker a sixth of its time and save little."""

WINDOW_BITS, MEMORY_LEVEL = 12, 5
"""A window of 4 KiB is enough for a report, and a tenth of the memory to be made ready for each."""

MAX_DATA_BYTES = 16 * 1024 * 1024
"""As much as is decompressed of any entry: above every limit of what is written."""

LONGEST_EPOCH = 12
"""Digits; as many as no history of takeovers reaches."""

CLAIM = Script(
    "claim",
    """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 'nan') ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
""",
)
"""Take a session whose lease has run out, unless somebody did so meanwhile."""

AppendOutcome = Literal["appended", "ended", "exists", "absent", "fenced", "conflict", "repeated"]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a session's log. `event`: a JSON object, as viewers get it. `data`: the bulk behind it.

    `epoch`: which of the session's successive drivers it was written under, 1 for the first.
    """

    id: str
    event: bytes
    data: bytes | None
    is_final: bool
    epoch: int = 1


class Appended(NamedTuple):
    """What became of an append; nothing was written but with `appended`.

    `ended`: the log takes nothing more. `exists`: somebody opened it before. `absent`: there is no such log.
    `fenced`: another gateway drives the session, under `epoch`. `conflict`: the log has grown since the version that
    the writer knew. `repeated`: that request has its outcome. `entry_id`: the new entry's, or the last one's.
    """

    outcome: AppendOutcome
    entry_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class RegisteredSession:
    """`lease_until_ms`: when its driver's lease runs out, by Redis' clock; None once it has ended. `score`: as the
    registry has it, that time, or less than 0: when it ended."""

    session_id: str
    score: float
    lease_until_ms: int | None


class SessionStore:
    """The sessions' part of the broker. Of what returns a future the command leaves with the next write, in the order
    of the calls; await it for Redis' answer, or MessagingError."""

    _commands: Connection

    # ---- the log and the read model

    def open_log(self, session_id: str, *events: bytes, request: bytes, ttl_s: int) -> "asyncio.Future[Appended]":
        """Begin a session's log, unless there is one (`exists`). `request`: JSON, kept with the first event."""
        return self._append(session_id, *events, mode="opens", data=request, ttl_s=ttl_s)

    def append(self, session_id: str, *events: bytes, epoch: int | None = None) -> "asyncio.Future[Appended]":
        """`epoch`: only while this epoch lasts."""
        return self._append(session_id, *events, epoch=epoch)

    def append_outcome(
        self, session_id: str, event: bytes, answer: bytes, request_id: str, channel: str = ""
    ) -> "asyncio.Future[Appended]":
        """What became of a request, which has one outcome at most (`repeated`). `answer`: kept with the event,
        compressed where that pays, and announced on `channel`."""
        return self._append(session_id, event, data=answer, settles=request_id, announce_data_on=channel)

    def claim_log(self, session_id: str, event: bytes, epoch: int, ttl_s: int) -> "asyncio.Future[Appended]":
        """Become the session's driver: of all that know its epoch the first one does, and the next epoch begins."""
        return self._append(session_id, event, mode="claims", epoch=epoch, ttl_s=ttl_s)

    def end_log(
        self, session_id: str, event: bytes, ttl_s: int, epoch: int | None = None, after: str = ""
    ) -> "asyncio.Future[Appended]":
        """Append the final event. `epoch`: only while this epoch lasts. `after`: only where this entry is the last."""
        return self._append(session_id, event, field="final", ttl_s=ttl_s, epoch=epoch, after=after)

    def _append(
        self,
        session_id: str,
        *events: bytes,
        mode: Literal["", "opens", "claims"] = "",
        field: Literal["event", "final"] = "event",
        data: bytes = b"",
        ttl_s: int = 0,
        announce_data_on: str = "",
        epoch: int | None = None,
        settles: str = "",
        after: str = "",
    ) -> "asyncio.Future[Appended]":
        """Append events, JSON objects with at least one member, and announce them: all, or none.

        `data` is kept with the first one. `ttl_s` renews the log's expiry, 0 leaves it.
        """
        key, token = channels.session_log(session_id), settles.replace("-", "")[:12]
        fence = "" if epoch is None else epoch
        options = (mode, field, data, _compressed(data), ttl_s, announce_data_on, fence, token, after)
        return self._commands.run(APPEND, 1, key, *options, *events, parse=_appended)

    async def read_log(self, session_id: str, after: str = "") -> list[LogEntry]:
        """The session's log in order, all of it or what came after an entry id. Empty where there is none."""
        start = f"({after}" if after else "-"
        rows = await self._commands.send("XRANGE", channels.session_log(session_id), start, "+")
        return [_log_entry(entry_id, entry) for entry_id, entry in rows]

    async def last_entry(self, session_id: str) -> LogEntry | None:
        rows = await self._commands.send("XREVRANGE", channels.session_log(session_id), "+", "-", "COUNT", 1)
        return next((_log_entry(entry_id, entry) for entry_id, entry in rows), None)

    async def has_entry(self, session_id: str, entry_id: str) -> bool:
        return bool(await self._commands.send("XRANGE", channels.session_log(session_id), entry_id, entry_id))

    async def has_log(self, session_id: str) -> bool:
        return bool(await self._commands.send("EXISTS", channels.session_log(session_id)))

    def put_state(self, session_id: str, state: bytes, ttl_s: int) -> "asyncio.Future[None]":
        """Keep the session's read model."""
        return self._commands.send("SET", channels.session_state(session_id), state, "EX", ttl_s, parse=_nothing)

    async def discard_log(self, session_id: str) -> None:
        """Of a session that was opened in vain."""
        await self._commands.send("UNLINK", channels.session_log(session_id))

    async def get_state(self, session_id: str) -> bytes | None:
        state: bytes | None = await self._commands.send("GET", channels.session_state(session_id))
        return state

    async def announce_cancel(self, session_id: str, notice: bytes) -> None:
        await self._commands.send("PUBLISH", channels.cancel_channel(session_id), notice)

    async def logged_sessions(self, cursor: int = 0) -> tuple[int, list[str]]:
        """Ids of sessions that have a log: the next cursor, 0 at the end, and some of them. An id may come twice."""
        pattern = channels.session_log("*")
        asked = ("SCAN", cursor, "MATCH", pattern, "COUNT", 500, "TYPE", "stream")
        cursor, keys = await self._commands.send(*asked)
        return int(cursor), [key.decode(errors="replace").removeprefix(pattern[:-1]) for key in keys]

    # ---- who drives which

    def hold_session(self, session_id: str, until_ms: int) -> "asyncio.Future[None]":
        """Enter a new session into the registry, held until then (milliseconds by Redis' clock). To be awaited."""
        held = self._commands.send("ZADD", channels.SESSIONS, until_ms, session_id)
        self._commands.send("EXPIRE", channels.SESSIONS, channels.SESSIONS_TTL_S)
        return held

    async def renew_sessions(self, session_ids: Sequence[str], until_ms: int) -> list[str]:
        """Hold them longer. Returns those that the registry does not know (any more)."""
        pairs = [part for session_id in session_ids for part in (until_ms, session_id)]
        changed = await self._commands.send("ZADD", channels.SESSIONS, "XX", "CH", *pairs)
        if int(changed) >= len(session_ids):
            return []
        scores = await self._commands.send("ZMSCORE", channels.SESSIONS, *session_ids)
        return [session_id for session_id, score in zip(session_ids, scores, strict=True) if score is None]

    def end_session(self, session_id: str, ended_ms: int) -> "asyncio.Future[None]":
        """The session has ended and wants no driver any more. To be awaited."""
        return self._commands.send("ZADD", channels.SESSIONS, "XX", -ended_ms, session_id)

    async def unregister_session(self, session_id: str) -> None:
        await self._commands.send("ZREM", channels.SESSIONS, session_id)

    async def expired_sessions(self, now_ms: int, limit: int) -> list[RegisteredSession]:
        """Sessions whose lease ran out before then, longest ago first."""
        asked = ("ZRANGEBYSCORE", channels.SESSIONS, "(0", now_ms, "WITHSCORES", "LIMIT", 0, limit)
        rows = await self._commands.send(*asked)
        return await self._well_formed(rows)

    async def claim_session(self, session: RegisteredSession, until_ms: int) -> bool:
        """Hold a session found expired. False where another gateway, or its own, was faster."""
        asked = (channels.SESSIONS, session.session_id, repr(session.score), until_ms)
        return bool(await self._commands.run(CLAIM, 1, *asked))

    async def registered_sessions(self, start: int, count: int) -> list[RegisteredSession]:
        """A page of the registry."""
        rows = await self._commands.send("ZRANGE", channels.SESSIONS, start, start + count - 1, "WITHSCORES")
        return await self._well_formed(rows)

    async def _well_formed(self, rows: Iterable[tuple[bytes, float]]) -> list[RegisteredSession]:
        """The entries as sessions; what cannot be one is struck from the registry."""
        found = []
        for member, score in rows:
            if member.isascii() and isfinite(score) and score:
                found.append(_registered(member, score))
            else:
                await self._commands.send("ZREM", channels.SESSIONS, member)
        return found

    async def registered_session(self, session_id: str) -> RegisteredSession | None:
        score = await self._commands.send("ZSCORE", channels.SESSIONS, session_id)
        if score is None or not isfinite(float(score)):
            return None
        return _registered(session_id.encode(), float(score))

    async def tidy_registry(self, ended_before_ms: int) -> None:
        """Strike sessions that ended before then, and renew the registry's expiry."""
        self._commands.send("ZREMRANGEBYSCORE", channels.SESSIONS, f"({-ended_before_ms}", "(0")
        await self._commands.send("EXPIRE", channels.SESSIONS, channels.SESSIONS_TTL_S)

    # ---- clients that come back

    async def remember_key(self, digest: str, value: bytes) -> bytes | None:
        """Remember what a client's key stands for. Returns what it stood for before, None where it is new."""
        key = channels.idempotency(digest)
        found: bytes | None = await self._commands.send(
            "SET", key, value, "NX", "GET", "EX", channels.IDEMPOTENCY_TTL_S
        )
        return found

    async def recall_key(self, digest: str) -> bytes | None:
        """What a client's key stands for; None where it stands for nothing yet."""
        found: bytes | None = await self._commands.send("GET", channels.idempotency(digest))
        return found


def _compressed(data: bytes) -> bytes:
    """For the log, which is read only after trouble and by late viewers; empty where it does not pay."""
    if len(data) < COMPRESS_FROM_BYTES:
        return b""
    packer = zlib.compressobj(level=1, wbits=WINDOW_BITS, memLevel=MEMORY_LEVEL)
    smaller = packer.compress(data) + packer.flush()
    return smaller if len(smaller) < COMPRESS_TO * len(data) else b""


def _decompressed(kept: bytes | None) -> bytes | None:
    """What cannot be decompressed is given as it is: whoever reads it will find that it is nothing of ours."""
    if kept is None:
        return None
    try:
        return zlib.decompressobj().decompress(kept, MAX_DATA_BYTES)
    except zlib.error:
        return kept


def _nothing(_: object) -> None:
    """What is awaited is that Redis took it."""


def _appended(reply: list[bytes]) -> Appended:
    outcome, entry_id, now = reply
    return Appended(cast(AppendOutcome, outcome.decode()), entry_id.decode(), int(now or 0))


def _registered(member: bytes, score: float) -> RegisteredSession:
    return RegisteredSession(member.decode(), score, int(score) if score > 0 else None)


def _log_entry(entry_id: bytes, entry: list[bytes]) -> LogEntry:
    fields = fields_of(entry)
    data = fields.get(b"data") or _decompressed(fields.get(b"zlib"))
    is_final = b"final" in fields
    event = fields.get(b"final") or fields.get(b"event", b"{}")
    epoch = fields.get(b"head", b"1").partition(b" ")[0]
    is_number = epoch.isdigit() and len(epoch) <= LONGEST_EPOCH
    return LogEntry(entry_id.decode(), event, data, is_final, int(epoch) if is_number else 1)

"""Redis as a cache of what was dear to get, the count of calls to each owner of such things in a period, and whose turn
it is to ask. What an entry means is for its readers to say; bytes that this file did not write are a miss.
"""

import asyncio
import zlib

from app.messaging import channels
from app.messaging.connection import Connection

COMPRESS_FROM_BYTES = 2048
MAX_ENTRY_BYTES = 8 * 1024 * 1024
"""As much as is decompressed of an entry."""

_PLAIN, _ZLIB = b"-", b"z"


class Cache:
    """Raises MessagingError where Redis is away or refuses; whoever asks goes on without."""

    _commands: Connection

    async def get(self, owner: str, digest: str) -> bytes | None:
        """None where nothing is kept, or nothing that can be read."""
        raw = await self._commands.send("GET", channels.cache_entry(owner, digest))
        if not isinstance(raw, bytes):
            return None
        form, body = raw[:1], raw[1:]
        if form == _PLAIN:
            return body
        return _decompressed(body) if form == _ZLIB else None

    def put(self, owner: str, digest: str, raw: bytes, ttl_s: int) -> "asyncio.Future[None]":
        """It goes out before whatever is said later, also where it is not awaited."""
        packed = _PLAIN + raw if len(raw) < COMPRESS_FROM_BYTES else _ZLIB + zlib.compress(raw, 1)
        key = channels.cache_entry(owner, digest)
        return self._commands.send("SET", key, packed, "EX", max(1, ttl_s), parse=lambda _: None)

    async def count_call(self, owner: str, period: str, ttl_s: int) -> int:
        """How many calls of that owner there were in that period, with this one, over all processes. `ttl_s`: how much
        longer the count is kept; no shorter than the period."""
        key = channels.calls(owner, period)
        count = self._commands.send("INCR", key)
        self._commands.send("EXPIRE", key, ttl_s)
        return int(await count)

    async def take_turn(self, owner: str, interval_ms: int) -> float:
        """0 where it is our turn; then nobody's comes for `interval_ms`. Else seconds until it can be somebody's."""
        key = channels.turn(owner)
        if await self._commands.send("SET", key, "1", "NX", "PX", interval_ms) is not None:
            return 0.0
        left_ms = int(await self._commands.send("PTTL", key))
        return max(1, left_ms) / 1000

    async def end_turn(self, owner: str) -> None:
        """Somebody else's turn may come at once."""
        await self._commands.send("DEL", channels.turn(owner))


def _decompressed(body: bytes) -> bytes | None:
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(body, MAX_ENTRY_BYTES)
    except zlib.error:
        return None
    return raw if unpacking.eof else None

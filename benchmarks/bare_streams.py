"""The yardstick of `streams.py`: a server that does nothing but write to everybody what it is told to.

    python -m benchmarks.bare_streams VIEWERS_PORT ORDERS_PORT

No framework, no HTTP parser, no Redis: the least that a single Python process needs for the same bytes. An order is a
line, a JSON list of a path and a frame; viewers of that path are written the frame as a chunk.
"""

import asyncio
import json
import sys
from collections import defaultdict
from typing import cast

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
FIRST = b'data: {"type":"started"}\n\n'

_viewers: defaultdict[bytes, set[asyncio.Transport]] = defaultdict(set)
"""By path."""


class _Viewer(asyncio.Protocol):
    """A connection that asks for a path, in one piece."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._path = b""

    def data_received(self, data: bytes) -> None:
        self._path = data.split(b" ", 2)[1]
        _viewers[self._path].add(self._transport)
        self._transport.write(HEAD + _chunk(FIRST))

    def connection_lost(self, exc: Exception | None) -> None:
        _viewers[self._path].discard(self._transport)


def _chunk(frame: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(frame), frame)


async def _obey(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        path, frame = json.loads(line)
        chunk = _chunk(frame.encode())
        for transport in _viewers[path.encode()]:
            transport.write(chunk)


async def main(viewers_port: int, orders_port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(_Viewer, "127.0.0.1", viewers_port, backlog=2048)
    server = await asyncio.start_server(_obey, "127.0.0.1", orders_port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))

"""fakeredis behind a Unix socket, in a thread of its own: what is tested speaks the real protocol to it."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from fakeredis import FakeServer
from fakeredis._clients._tcp_server import encode_reply
from fakeredis._commands import SUPPORTED_COMMANDS
from fakeredis._socket._base import BaseFakeSocket
from fakeredis.aioredis import AsyncFakeSocket

# With RESP3 a connection that listens may also ask; fakeredis does not know that yet.
BaseFakeSocket.ACCEPTED_COMMANDS_WHILE_PUBSUB = frozenset(SUPPORTED_COMMANDS)

_PUSHES = {b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe", b"message", b"pmessage"}


class _Lua:
    """The interpreter, with the first line of a script that speaks to Redis as a comment."""

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    def execute(self, script: Any) -> Any:
        is_declared = isinstance(script, bytes) and script.startswith(b"#!")
        return self._runtime.execute(b"--" + script if is_declared else script)


class _Socket(AsyncFakeSocket):
    """One client. What fakeredis would queue for it goes out at once."""

    def __init__(self, writer: asyncio.StreamWriter, server: FakeServer) -> None:
        super().__init__(server, 0, client_class=redis.Redis, lua_modules=set(), client_info={"resp": 2})
        self._writer = writer

    def _get_server_runtime(self, server: Any) -> Any:
        return _Lua(super()._get_server_runtime(server))

    def put_response(self, msg: Any) -> None:
        version = self._client_info.protocol_version
        raw = encode_reply(msg, version)
        if version == 3 and isinstance(msg, list | tuple) and msg and isinstance(msg[0], bytes) and msg[0] in _PUSHES:
            raw = b">" + raw[1:]
        if not self._writer.is_closing():
            self._writer.write(raw)


class _Clients:
    """Serves whoever connects, until told to stop."""

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fake = _Socket(writer, self.server)
        self._writers.add(writer)
        try:
            while data := await reader.read(65536):
                fake.sendall(data)
        except (ConnectionError, redis.ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            with self.server.lock:
                fake.kill()
                for listened in (self.server.subscribers, self.server.psubscribers):
                    for name in [name for name, listeners in listened.items() if not listeners]:
                        del listened[name]
            writer.close()

    async def run(self, path: Path, started: threading.Event, stop: "Future[None]") -> None:
        listener = await asyncio.start_unix_server(self.serve, path)
        started.set()
        await asyncio.wrap_future(stop)
        listener.close()
        for writer in list(self._writers):
            writer.close()
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 - what is left are blocking commands of fakeredis
            await asyncio.sleep(0.001)


@contextmanager
def fake_redis() -> Iterator[tuple[str, FakeServer]]:
    """Its URL, and the server behind it. It has a thread of its own, as a real one has a process: a test that keeps its
    event loop busy does not halt it."""
    server, started, stop = FakeServer(), threading.Event(), Future[None]()
    with tempfile.TemporaryDirectory(prefix="rr") as folder:
        path = Path(folder) / "s"
        thread = threading.Thread(target=lambda: asyncio.run(_Clients(server).run(path, started, stop)))
        thread.start()
        started.wait()
        try:
            yield f"unix://{path}", server
        finally:
            stop.set_result(None)
            thread.join()

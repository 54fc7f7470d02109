"""The network between one process of the fleet and Redis: a tunnel that can be cut, or fall silent, for a while.

`tests/tunnel.py` is the same idea for one test; here every process has its own, connections may come and go for an
hour, and Redis may be away.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

CHUNK_BYTES = 65536


class Line:
    """Listens on a Unix socket at `at`, and leads to the one at `target`."""

    def __init__(self, at: Path, target: Path) -> None:
        self.url = f"unix://{at}"
        self._at = at
        self._target = target
        self._server: asyncio.Server | None = None
        self._passing: dict[asyncio.Task[None], bool] = {}
        self._is_silent = False

    async def open(self) -> None:
        """Take connections, from now or again."""
        self._at.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, path=str(self._at))

    async def cut(self) -> None:
        """Close every connection and refuse new ones, until `open`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._at.unlink(missing_ok=True)
        tasks = list(self._passing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def silence(self) -> None:
        """Swallow what passes, on connections of now and those that are made until `speak`. They stay silent: a
        network that lost bytes in the middle of a connection does not go on with the next ones."""
        self._is_silent = True
        self._passing = dict.fromkeys(self._passing, True)

    def speak(self) -> None:
        """New connections work."""
        self._is_silent = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing[task] = self._is_silent
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(str(self._target))
            try:
                await self._join(task, reader, writer, there_reader, there_writer)
            finally:
                await _close(there_writer)
        except (OSError, asyncio.CancelledError):
            pass  # Redis is away, or we are cut: for whoever called, the connection ends
        finally:
            del self._passing[task]
            await _close(writer)

    async def _join(
        self,
        task: "asyncio.Task[None]",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there_reader: asyncio.StreamReader,
        there_writer: asyncio.StreamWriter,
    ) -> None:
        """Both ways, until either end closes."""
        ways = [
            asyncio.create_task(self._pass_on(task, reader, there_writer)),
            asyncio.create_task(self._pass_on(task, there_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_on(
        self, task: "asyncio.Task[None]", source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                if not self._passing[task]:
                    sink.write(data)
                    await sink.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()

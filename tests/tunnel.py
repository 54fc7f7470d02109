"""A network between us and a server on a Unix socket that can go silent without closing anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class Tunnel:
    def __init__(self, target: str) -> None:
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._answers: list[asyncio.StreamReader] = []
        self._silenced: set[int] = set()
        self._is_answer_cut = False
        self.connections = 0

    def silence(self) -> None:
        """What passes through the connections of now is swallowed from now on; new ones work."""
        self._silenced = set(range(self.connections))

    def cut_at_next_answer(self) -> None:
        """What the server answers next is lost, and the connection with it; it has carried the command out."""
        self._is_answer_cut = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self._target)
        self._writers += [writer, there_writer]
        self._answers.append(there_reader)
        number, self.connections = self.connections, self.connections + 1
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pass_on(number, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, number: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self._is_answer_cut and source in self._answers:
                    self._is_answer_cut = False
                    break
                if number not in self._silenced:
                    sink.write(data)
        sink.close()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def tunnel_to(url: str, at: Path) -> AsyncIterator[tuple[Tunnel, str]]:
    """The tunnel, and the URL by which it leads to the server."""
    tunnel = Tunnel(url.removeprefix("unix://"))
    server = await asyncio.start_unix_server(tunnel.accept, path=str(at))
    try:
        yield tunnel, f"unix://{at}"
    finally:
        server.close()
        await tunnel.close()

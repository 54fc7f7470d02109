"""Servers that are no Redis, or no good one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.messaging.cancellation import cancel_and_wait


@asynccontextmanager
async def served(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[str]:
    """A server that says that to whatever it hears; None: it hangs up."""

    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer)))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := await reader.read(65536):
                told = answer(said)
                if told is None:
                    break
                writer.write(told)
        finally:
            writer.close()

    with TemporaryDirectory(prefix="rr") as folder:
        async with await asyncio.start_unix_server(accept, Path(folder) / "s"):
            yield f"unix://{folder}/s"
        await cancel_and_wait(*serving)

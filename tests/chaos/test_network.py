"""A line to Redis can be cut and can fall silent, and works again afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.chaos.network import Line

SILENCE_S = 0.2


@asynccontextmanager
async def echo(at: Path) -> AsyncIterator[None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(100):
                writer.write(data)
        writer.close()

    server = await asyncio.start_unix_server(answer, path=str(at))
    try:
        yield
    finally:
        server.close()


@asynccontextmanager
async def calling(line: Line) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_unix_connection(line.url.removeprefix("unix://"))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    """What comes back of a word; None where nothing does."""
    writer.write(b"word")
    try:
        async with asyncio.timeout(SILENCE_S):
            return await reader.read(100)
    except TimeoutError:
        return None


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    made = Line(tmp_path / "line", tmp_path / "there")
    await made.open()
    async with echo(tmp_path / "there"):
        yield made
        await made.cut()


@pytest.mark.anyio
async def test_what_is_said_passes_both_ways(line: Line) -> None:
    async with calling(line) as (reader, writer):
        assert await said(reader, writer) == b"word"


@pytest.mark.anyio
async def test_a_cut_closes_what_is_open_and_refuses_what_comes_until_it_is_mended(line: Line) -> None:
    async with calling(line) as (reader, writer):
        assert await said(reader, writer) == b"word"
        await line.cut()
        assert await reader.read(100) == b""
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_unix_connection(line.url.removeprefix("unix://"))
    await line.open()
    async with calling(line) as (reader, writer):
        assert await said(reader, writer) == b"word"


@pytest.mark.anyio
async def test_a_silent_connection_stays_silent_and_a_new_one_works(line: Line) -> None:
    async with calling(line) as (reader, writer):
        assert await said(reader, writer) == b"word"
        line.silence()
        assert await said(reader, writer) is None
        async with calling(line) as during:
            assert await said(*during) is None
            line.speak()
            assert await said(*during) is None
        assert await said(reader, writer) is None
    async with calling(line) as after:
        assert await said(*after) == b"word"


@pytest.mark.anyio
async def test_where_nobody_is_at_the_other_end_the_connection_ends(tmp_path: Path) -> None:
    line = Line(tmp_path / "line", tmp_path / "nobody")
    await line.open()
    async with calling(line) as (reader, _):
        assert await reader.read(100) == b""
    await line.cut()

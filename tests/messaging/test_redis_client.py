"""How we connect, and that commands of one moment leave in one write."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.messaging.availability import Availability
from app.messaging.errors import RedisUnavailableError
from app.messaging.redis_client import CommandPipe, blocking_client, command_client
from tests.conftest import Bus
from tests.tunnel import tunnel_to

pytestmark = pytest.mark.anyio


@pytest.mark.rows("S0-24", "S0-40", "S0-60", "S0-61", "S0-62", "X-09")
async def test_a_hosted_redis_with_user_password_tls_and_database_is_understood() -> None:
    client = command_client("rediss://default:secret@endpoint.example:6379/2")
    pool = client.connection_pool
    options = pool.connection_kwargs
    assert pool.connection_class.__name__ == "SSLConnection"
    assert (options["username"], options["password"], options["host"]) == ("default", "secret", "endpoint.example")
    assert (options["port"], options["db"]) == (6379, 2)
    assert (pool.max_connections, options["socket_connect_timeout"], options["health_check_interval"]) == (50, 5, 30)
    await client.aclose()


async def test_waiting_reads_have_no_timeout_of_their_own() -> None:
    client = blocking_client("redis://localhost")
    assert client.connection_pool.connection_kwargs["socket_timeout"] is None
    await client.aclose()


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis//x", ""])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Redis URL"):
        command_client(url)


async def test_commands_of_one_moment_leave_in_one_write(bus: Bus) -> None:
    pipe = CommandPipe(bus.make_client(), Availability())
    writes: list[int] = []
    write = pipe._write

    async def counted(batch):  # the seam is the connection itself, which the client library hides
        writes.append(len(batch))
        return await write(batch)

    pipe._write = counted  # type: ignore[method-assign]
    first = [pipe.send("SET", f"key:{number}", number, "EX", 9) for number in range(20)]
    await asyncio.gather(*first)
    assert writes == [20]
    assert await pipe.send("GET", "key:7") == b"7"
    await pipe.aclose()


async def test_one_commands_failure_is_its_own(bus: Bus) -> None:
    pipe = CommandPipe(bus.make_client(), Availability())
    pipe.send("SET", "text", "x", "EX", 9)
    good, bad, after = pipe.send("GET", "text"), pipe.send("LPUSH", "text", "y"), pipe.send("GET", "text")
    answers = await asyncio.gather(good, bad, after, return_exceptions=True)
    assert answers[0] == answers[2] == b"x"
    assert "WRONGTYPE" in str(answers[1])
    await pipe.aclose()


@pytest.mark.integration
async def test_a_command_whose_answer_was_lost_is_not_sent_again(redis_server_url: str) -> None:
    """The connection is cut after the server took the command: whoever sent it has to look before it says it again."""
    with TemporaryDirectory(prefix="rr") as folder:
        async with tunnel_to(redis_server_url, Path(folder) / "t") as (tunnel, url):
            pipe = CommandPipe(command_client(url), Availability())
            await pipe.send("PING")
            tunnel.cut_at_next_answer()
            with pytest.raises(RedisUnavailableError):
                await pipe.send("XADD", "cut", "*", "a", "b")
            assert await pipe.send("XLEN", "cut") == 1
            await pipe.send("DEL", "cut")
            await pipe.aclose()

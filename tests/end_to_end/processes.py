"""Real processes of the fleet on a real Redis, started as an operator would start them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx2

from tests.waiting import wait_until_sync

ROOT = Path(__file__).parents[2]


class Process:
    """One process of the fleet; what it prints is kept."""

    def __init__(self, arguments: list[str], folder: Path, **environment: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            self.lines.extend(output)

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, what: signal.Signals) -> None:
        self._process.send_signal(what)

    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float = 20) -> int:
        code = self._process.wait(timeout_s)
        self._reader.join(5)
        return code

    def stop(self) -> int:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self.wait()


class Fleet:
    """Gateways and workers that share one Redis."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.redis_url = redis_url
        self.processes: list[Process] = []
        self._clients: list[httpx2.Client] = []
        self._folder = folder

    def worker(self, agent: str) -> Process:
        return self._start(["-m", f"app.workers.{agent}_worker"])

    def gateway(self) -> tuple[Process, httpx2.Client]:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        arguments = ["-m", "uvicorn", "app.main:app", "--host", "127.0.0.1", "--port", str(port)]
        process = self._start([*arguments, "--timeout-graceful-shutdown", "5"])
        client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self._clients.append(client)
        wait_until_sync(lambda: _answers(client), timeout_s=40)
        return process, client

    def _start(self, arguments: list[str]) -> Process:
        process = Process(arguments, self._folder, REDIS_URL=self.redis_url, DEBUG="true")
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        for process in self.processes:
            process.stop()


def _answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx2.HTTPError:
        return False

"""The gateway image's health script, run as the image runs it: by a Python of its own."""

import http.server
import runpy
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.deployment.compose import TOP

SCRIPT = TOP / "deployment/docker/healthcheck.py"


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gateway_url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def check(url: str) -> None:
    runpy.run_path(str(SCRIPT))["main"](url)


@pytest.mark.rows("S1-66")
def test_an_answering_gateway_is_healthy(gateway_url: str) -> None:
    check(f"{gateway_url}/health")


def test_a_proxy_that_docker_gives_to_every_container_is_not_asked(
    gateway_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr("urllib.request._opener", None)  # what an earlier call has made of the environment
    check(f"{gateway_url}/health")


def test_a_gateway_that_answers_with_an_error_is_not(gateway_url: str) -> None:
    with pytest.raises(SystemExit, match="503"):
        check(f"{gateway_url}/broken")


def test_a_gateway_that_is_not_there_is_not() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(SystemExit, match="refused"):
            check(f"http://127.0.0.1:{port}/health")

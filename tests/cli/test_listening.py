"""A gateway that could not listen is told so up front, with the setting to change."""

import socket

import pytest

from app.cli.errors import StartError
from app.cli.listening import check_port, url_for


def test_a_used_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=f"PORT={port} is in use on 127.0.0.1"):
            check_port("127.0.0.1", port)
        with pytest.raises(StartError, match=f"PORT={port} is in use"):
            check_port("0.0.0.0", port)


def test_a_host_of_another_machine_is_named_with_its_setting() -> None:
    with pytest.raises(StartError, match=r"HOST=192\.0\.2\.1 is no address of this machine"):
        check_port("192.0.2.1", 0)


def test_port_0_becomes_a_free_one() -> None:
    port = check_port("127.0.0.1", 0)
    assert check_port("127.0.0.1", port) == port


def test_an_address_that_means_all_is_reached_as_this_machine() -> None:
    assert url_for("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert url_for("::", 8000) == "http://[::1]:8000"
    assert url_for("trips.example", 80) == "http://trips.example:80"

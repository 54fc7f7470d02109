"""Where the gateway will listen: said up front when it cannot, instead of deep in a child's log."""

import errno
import socket
from ipaddress import ip_address

from app.cli.errors import StartError


def check_port(host: str, port: int) -> int:
    """The port, or a free one where it is 0. Raises StartError, which names the setting to change."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise StartError(f"HOST={host} is no address of this machine") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            raise StartError(_reason(host, port, error)) from error
        return int(probe.getsockname()[1])


def url_for(host: str, port: int) -> str:
    """How a browser on this machine reaches a gateway that listens there."""
    local = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"PORT={port} is in use on {host}. Stop what listens there, or choose another: PORT={port % 65535 + 1}"
    if error.errno == errno.EACCES:
        return f"PORT={port} may not be used by this account; choose one above 1023"
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"HOST={host} is no address of this machine"
    return f"HOST={host} PORT={port} cannot be listened on: {error.strerror or error}"

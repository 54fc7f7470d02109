"""The folder that a fleet on this machine runs in (`.run`): its Redis' socket and data, and a note for the other
commands of where it can be reached. At most one fleet runs in a folder; the system's lock on it ends with its holder.
"""

import fcntl
import json
import os
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from app.cli.errors import StartError

LONGEST_SOCKET_PATH = 100
"""Bytes; macOS allows 103, Linux 107."""

SHUTDOWN_WITHIN_S = 10.0
"""How long a Redis that was left behind may take to end."""

_NOTE = "fleet.json"
_SOCKET = "redis.sock"
_SOCKET_FOLDER_PREFIX = "round-table-socket-"


def default_folder() -> Path:
    return Path.cwd() / ".run"


@dataclass(frozen=True)
class FleetNote:
    """What a running fleet tells of itself. `redis_url`: its own Redis, None where REDIS_URL named another."""

    pid: int
    gateway_url: str
    redis_url: str | None


class RunPlace:
    """A folder that this process alone runs a fleet in. `socket_path`: where the fleet's own Redis listens."""

    def __init__(self, folder: Path, lock: int, socket_path: Path) -> None:
        self.folder = folder
        self.data_folder = folder / "redis"
        self.socket_path = socket_path
        self._lock = lock

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Raises StartError where another fleet runs in it, or where it cannot be written to.

        A Redis that a killed fleet left behind is shut down first.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "redis").mkdir(mode=0o700, exist_ok=True)
            lock = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise StartError(f"The folder {folder} cannot be used: {error.strerror}") from error
        if not _locked(lock):
            os.close(lock)
            note = _read_note(folder)
            who = f" (process {note.pid}, {note.gateway_url})" if note else ""
            raise StartError(
                f"A fleet runs from this folder already{who}. Stop it first, or set REDIS_URL for one of its own"
            )
        left = _read_note(folder)
        if left is not None and left.redis_url is not None:
            _shut_down(socket_of(left.redis_url))
        _shut_down(folder / _SOCKET)
        return cls(folder, lock, _short_socket_path(folder))

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.socket_path))}"

    def leave_note(self, gateway_url: str, uses_own_redis: bool) -> None:
        note = FleetNote(os.getpid(), gateway_url, self.redis_url if uses_own_redis else None)
        path = self.folder / _NOTE
        path.write_text(json.dumps(asdict(note)), encoding="utf-8")
        path.chmod(0o600)

    def release(self) -> None:
        """Take note and socket away and let others in; the data stays."""
        (self.folder / _NOTE).unlink(missing_ok=True)
        _remove_socket(self.socket_path)
        self.let_go()

    def let_go(self) -> None:
        """Let others in and touch nothing, as the end of the process does."""
        os.close(self._lock)


def running_fleet(folder: Path) -> FleetNote | None:
    """What the fleet that runs in the folder tells of itself, None where none runs."""
    note = _read_note(folder)
    if note is None:
        return None
    lock = os.open(folder, os.O_RDONLY)
    try:
        return None if _locked(lock) else note
    finally:
        os.close(lock)


def socket_of(redis_url: str) -> Path:
    return Path(unquote(urlsplit(redis_url).path))


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_note(folder: Path) -> FleetNote | None:
    try:
        return FleetNote(**json.loads((folder / _NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _short_socket_path(folder: Path) -> Path:
    path = folder / _SOCKET
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix=_SOCKET_FOLDER_PREFIX, dir="/tmp")) / _SOCKET


def _shut_down(path: Path) -> None:
    """End the Redis that listens there, if one does, and remove its socket. Raises StartError where it does not end.

    It is known by its socket, which is in a folder of ours; no process is looked for by a number of the past.
    """
    if not path.is_socket():
        return
    deadline = time.monotonic() + SHUTDOWN_WITHIN_S
    while _is_told_to_shut_down(path):
        if time.monotonic() > deadline:
            raise StartError(f"A Redis that an earlier fleet left behind does not end; it listens on {path}")
    _remove_socket(path)


def _is_told_to_shut_down(path: Path) -> bool:
    """Whether somebody listened. Returns when the connection is closed, which is when the server ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SHUTDOWN_WITHIN_S / 5)
        try:
            connection.connect(str(path))
            connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            connection.recv(1024)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True


def _remove_socket(path: Path) -> None:
    """The socket, and the temporary folder that was made for it where the usual one has too long a name."""
    path.unlink(missing_ok=True)
    if path.parent.name.startswith(_SOCKET_FOLDER_PREFIX):
        with suppress(OSError):
            path.parent.rmdir()

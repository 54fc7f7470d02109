"""The client process of `streams.py`: many viewers on bare sockets, which note when each piece of their stream came in.

It is a file of its own because it must cost little: it shares the machine with what it measures, so nothing is parsed
before the end. Its talk with `streams.py`, over a loopback connection, a JSON line each: the port and a path for each
viewer; the answer is `null` once all have their first event. Then the ids that were written on each path, in order; the
answer is what the viewers saw.
"""

import json
import re
import selectors
import socket
import sys
import time
from bisect import bisect_left
from collections import Counter
from typing import Any

clock = time.monotonic if sys.platform == "linux" else time.time
"""A clock that all processes of a machine share."""

SENT = "sent "
"""How the message of an event begins that is measured; the clock's time follows."""

AT_ONCE = 100
"""Connections that may wait for their first event while more are made."""

_MEASURED = re.compile(rb'id: (\d+-\d+)\ndata: [^\n]*"message":"sent ([\d.]+)"[^\n]*\n\n')


class Viewer:
    """One stream. `pieces`: what came in; `times`: when; `ends`: how many bytes there were by then."""

    def __init__(self, port: int, path: str) -> None:
        self.path = path
        self.is_attached = False
        self.pieces: list[bytes] = []
        self.times: list[float] = []
        self.ends: list[int] = []
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.socket.sendall(b"GET %b HTTP/1.1\r\nHost: t\r\n\r\n" % path.encode())

    def read(self) -> bool:
        """False where the stream has ended."""
        piece = self.socket.recv(1 << 16)
        self.pieces.append(piece)
        self.times.append(clock())
        self.ends.append(len(piece) + (self.ends[-1] if self.ends else 0))
        self.is_attached = self.is_attached or b"data: " in piece
        return bool(piece)

    def events(self) -> list[tuple[str, float]]:
        """Id and lag, in seconds, of each measured event. It has arrived when its last byte has."""
        found = _MEASURED.finditer(b"".join(self.pieces))
        return [
            (event[1].decode(), self.times[bisect_left(self.ends, event.end())] - float(event[2])) for event in found
        ]


class Viewers:
    """All of a process, in one loop. `control`: the connection to whoever measures."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._viewers: list[Viewer] = []

    def attach(self, port: int, paths: list[str]) -> None:
        """Returns when each has its first event."""
        waiting: list[Viewer] = []
        for path in paths:
            viewer = Viewer(port, path)
            self._selector.register(viewer.socket, selectors.EVENT_READ, viewer)
            self._viewers.append(viewer)
            waiting.append(viewer)
            waiting = self._until_fewer(waiting, AT_ONCE)
        self._until_fewer(waiting, 1)

    def _until_fewer(self, waiting: list[Viewer], count: int) -> list[Viewer]:
        while len(waiting) >= count:
            self._look()
            waiting = [viewer for viewer in waiting if not viewer.is_attached]
        return waiting

    def watch(self) -> None:
        """Take what comes, until whoever measures speaks."""
        self._selector.register(self._control, selectors.EVENT_READ)
        while self._look():
            pass

    def _look(self) -> bool:
        """Read from whoever has something. False where that is the control connection."""
        goes_on = True
        for key, _ in self._selector.select():
            if key.data is None:
                goes_on = False
            elif not key.data.read():
                assert key.data.is_attached, "a stream ended before its first event"
                self._selector.unregister(key.fileobj)
        return goes_on

    def seen(self, written: dict[str, list[str]]) -> dict[str, Any]:
        """`written`: ids of the measured events of each path, in order."""
        lags_s: list[float] = []
        missing = doubled = disordered = 0
        for viewer in self._viewers:
            events = viewer.events()
            ids = Counter(entry_id for entry_id, _ in events)
            missing += len(set(written[viewer.path]) - set(ids))
            doubled += sum(times - 1 for times in ids.values())
            disordered += list(ids) != [entry_id for entry_id in written[viewer.path] if entry_id in ids]
            lags_s += [round(lag_s, 6) for _, lag_s in events]
        return {"lags_s": lags_s, "missing": missing, "doubled": doubled, "disordered": disordered}


def main(control_port: int) -> None:
    with socket.create_connection(("127.0.0.1", control_port)) as control, control.makefile("rw") as lines:
        viewers = Viewers(control)
        viewers.attach(**json.loads(lines.readline()))
        print("null", file=lines, flush=True)
        viewers.watch()
        print(json.dumps(viewers.seen(json.loads(lines.readline()))), file=lines, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""Whether Redis takes what this process says to it: told once when it no longer does, and once when it does again.

One a process, shared by everything that talks to Redis, so that ten waiting sessions do not say the same ten times a
second.
"""

from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

COMMANDS = "commands"
"""The source whose failure means that the other connections are not to be trusted either."""


class Availability:
    """`failed` and `works` are called by each source (a kind of connection or command) after every attempt.

    `is_told`: whether outages are logged; a second one in a process is silent about what the first one tells.
    `is_whole`: whether none of them has failed since it last worked. Kept, not computed: it is asked for each answer.
    """

    def __init__(self, is_told: bool = True) -> None:
        self._is_told = is_told
        self.is_whole = True
        self._faults: dict[str, str] = {}
        self._on_lost: set[Callable[[], None]] = set()
        self._on_demoted: list[Callable[[str], None]] = []

    def on_lost(self, callback: Callable[[], None]) -> Callable[[], None]:
        """`callback` is called each time commands begin to fail. Returns the function that unsubscribes it."""
        self._on_lost.add(callback)
        return lambda: self._on_lost.discard(callback)

    def on_demoted(self, callback: Callable[[str], None]) -> None:
        """`callback` is called with the reason whenever the server turns out to be a replica by now."""
        self._on_demoted.append(callback)

    def demoted(self, reason: str) -> None:
        """Called by whichever connection finds it out: what the others hear there is out of date."""
        for callback in self._on_demoted:
            callback(reason)

    def failed(self, source: str, reason: str) -> None:
        is_new = source not in self._faults
        if self.is_whole and self._is_told:
            log.error(f"Failed to connect to Redis: {reason}; trying again until it is back", source=source)
        self._faults[source] = reason
        self.is_whole = False
        if is_new and source == COMMANDS:
            for callback in list(self._on_lost):
                callback()

    def works(self, source: str) -> None:
        was_away = self._faults.pop(source, None) is not None
        self.is_whole = not self._faults
        if was_away and self.is_whole and self._is_told:
            log.info("Connected to Redis")

"""What viewers of a session are shown, as a list that grows at its end, and one viewer's place in it.

A viewer that is slow holds nothing up: it is a place in the list, and no queue of its own is filled for it.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.messaging import entry_ids

MAX_LAG_EVENTS = 500
"""A viewer that is late by more live events is cut; it can come back where it was."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event for viewers: its place in the log, and the event with `overall_percent` added.

    `entry_id` is "" for what stands in no log: that this stream ends before its session.
    """

    entry_id: str
    event: dict[str, Any]
    is_final: bool
    _encoded: dict[Callable[["LogEvent"], bytes], bytes] = field(default_factory=dict, compare=False, repr=False)

    def encoded(self, encode: Callable[["LogEvent"], bytes]) -> bytes:
        """What `encode` makes of it; it is asked once for all viewers."""
        known = self._encoded.get(encode)
        if known is None:
            known = self._encoded[encode] = encode(self)
        return known


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Why a stream ends before its session. `kind` is the type of the event that says so."""

    kind: str
    code: str
    reason: str

    def as_event(self, last_event_id: str) -> LogEvent:
        """The stream's last event. `last_event_id`: what its viewer has seen last, "" for nothing."""
        message = self.reason
        if self.kind == "cut":
            message += "; attach again" + (f" with Last-Event-ID: {last_event_id}" if last_event_id else "")
        said = {"type": self.kind, "code": self.code, "message": message, "last_event_id": last_event_id}
        return LogEvent("", said, is_final=False)


SLOW_READER = StreamEnd("cut", "slow_reader", f"More than {MAX_LAG_EVENTS} events wait to be read")
FAILED = StreamEnd("cut", "stream_failed", "The gateway failed at this stream")
STOPPING = StreamEnd("cut", "shutting_down", "This gateway stops")
LOST = StreamEnd("lost", "session_lost", "The session's log is no longer there, nothing more can come")


class Timeline:
    """`entries`, and `positions`, their ids as numbers, only grow, and only at their end. `is_over`: they grow no more.
    `early_end`: why they stopped before the session's final entry."""

    def __init__(self) -> None:
        self.entries: list[LogEvent] = []
        self.positions: list[tuple[int, int]] = []
        self.is_over = False
        self.early_end: StreamEnd | None = None

    def add(self, entry: LogEvent) -> None:
        self.entries.append(entry)
        self.positions.append(entry_ids.position(entry.entry_id))

    def end(self, early: StreamEnd | None) -> None:
        """It grows no more. Where it has ended already, that stands."""
        if not self.is_over:
            self.is_over, self.early_end = True, early


class View:
    """One viewer's place in a timeline, at first after entry `after`. `tell` is called when there may be more, and must
    not raise; `is_over`: there is nothing more for this viewer."""

    __slots__ = ("_after", "_is_waiting", "_lag_from", "_last_id", "_place", "_timeline", "is_over", "tell")

    def __init__(self, timeline: Timeline, after: str, tell: Callable[[], object]) -> None:
        self.is_over = False
        self.tell = tell
        self._timeline = timeline
        self._after = entry_ids.position(after)
        self._last_id = after
        self._place = bisect_right(timeline.positions, self._after)
        self._lag_from = 0
        self._is_waiting = True

    def next(self) -> LogEvent | None:
        """The next event for this viewer. None: there is none yet, or no more."""
        timeline = self._timeline
        if self.is_over:
            return None
        if self._is_waiting:
            # What came while it waited is not the viewer's delay, nor is what was there before it.
            self._is_waiting, self._lag_from = False, len(timeline.entries)
        if not timeline.is_over and len(timeline.entries) - max(self._place, self._lag_from) > MAX_LAG_EVENTS:
            return self._ended(SLOW_READER)
        while self._place < len(timeline.entries):
            entry, position = timeline.entries[self._place], timeline.positions[self._place]
            self._place += 1
            # An id beyond the log's end was given out by another log: what comes may still be before it.
            if position > self._after:
                self._last_id = entry.entry_id
                return entry
        self._is_waiting = not timeline.is_over
        return self._ended(timeline.early_end) if timeline.is_over else None

    def _ended(self, early: StreamEnd | None) -> LogEvent | None:
        self.is_over = True
        return None if early is None else early.as_event(self._last_id)

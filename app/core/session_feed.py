"""What viewers of sessions are given: one feed a session and gateway, however many watch.

It is a file of its own because it alone is about numbers of viewers. A feed listens once, reads the session's log once
and keeps what viewers are shown as a list. A viewer is a place in that list: a slow one holds nothing up.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from pydantic_core import from_json

from app.core.log_reader import logged_events, readable_event
from app.core.state import SessionState, fold
from app.messaging import channels, events
from app.messaging.broker import Broker, LogEntry
from app.messaging.ending import end
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

READ_AGAIN_AFTER_S = 15.0
"""A feed to which nothing was announced for that long looks into the log: announcements can be lost."""

MAX_LAG_EVENTS = 500
"""A viewer that is late by more live events is cut; it can come back where it was."""

TELL_AT_ONCE = 100
"""Viewers that are told of something new before the event loop has its turn."""

MAX_NEWS = 1000
"""Announcements that may wait to be taken in. Where more do, it is cheaper to read the log."""

FIRST_RETRY_PAUSE_S = 0.25
LONGEST_RETRY_PAUSE_S = 1.0
"""While Redis is away: the pause doubles from the first to the longest."""


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
class _EarlyEnd:
    """Why a stream ends before its session. `kind` is the type of the event that says so."""

    kind: str
    code: str
    reason: str

    def told(self, last_event_id: str) -> LogEvent:
        """As the stream's last event. `last_event_id`: what its viewer has seen last, "" for nothing."""
        message = self.reason
        if self.kind == "cut":
            message += "; attach again" + (f" with Last-Event-ID: {last_event_id}" if last_event_id else "")
        said = {"type": self.kind, "code": self.code, "message": message, "last_event_id": last_event_id}
        return LogEvent("", said, is_final=False)


_SLOW_READER = _EarlyEnd("cut", "slow_reader", f"More than {MAX_LAG_EVENTS} events wait to be read")
_FAILED = _EarlyEnd("cut", "stream_failed", "The gateway failed at this stream")
_STOPPING = _EarlyEnd("cut", "shutting_down", "This gateway stops")
_LOST = _EarlyEnd("lost", "session_lost", "The session's log is no longer there, nothing more can come")


class SessionFeed:
    """One session as its viewers see it. `state` is a fresh one: the log is folded into it from its beginning, so that
    the percentages are the same wherever and whenever somebody watches.

    `entries`, and `positions`, their ids as numbers, only grow, and only at their end. `is_over`: they do not grow any
    more. `early_end`: why they stopped before the session's final entry. `views`: of those who watch.
    """

    def __init__(self, broker: Broker, subscriptions: Subscriptions, state: SessionState) -> None:
        self.state = state
        self.entries: list[LogEvent] = []
        self.positions: list[tuple[int, int]] = []
        self.is_over = False
        self.early_end: _EarlyEnd | None = None
        self.views: set[View] = set()
        self._broker = broker
        self._subscriptions = subscriptions
        self._channel = channels.session_log(state.session_id)
        self._log_id = ""
        self._news: list[bytes] = []
        self._has_news = asyncio.Event()
        self._is_behind = True
        self._untold: list[View] = []
        self._is_more = False

    # ---- for viewers

    def _tell(self) -> None:
        """There is more, or the feed is over."""
        if not self._untold:
            self._untold = list(self.views)
            self._tell_some()
        else:
            self._is_more = True

    def _tell_some(self) -> None:
        """In portions: others have a say in between, however many watch."""
        for view in self._untold[-TELL_AT_ONCE:]:
            if view in self.views:
                view.tell()
        del self._untold[-TELL_AT_ONCE:]
        if not self._untold and self._is_more:
            self._is_more, self._untold = False, list(self.views)
        if self._untold:
            asyncio.get_running_loop().call_soon(self._tell_some)

    def end(self, early: _EarlyEnd | None) -> None:
        """It grows no more; whoever waits goes on. What was said first stands."""
        if not self.is_over:
            self.is_over, self.early_end = True, early
        self._tell()

    # ---- the log

    async def run(self) -> None:
        """Follow the log to its final entry, or until it is gone. Redis going away in between is waited out."""
        stop_telling = self._subscriptions.when_news_were_lost(self._fall_behind)
        try:
            await self._until_redis_answers(self._listen)
            while not self.is_over:
                await (self._until_redis_answers(self._read) if self._is_behind else self._take_news())
        finally:
            stop_telling()
            self._subscriptions.leave([self._channel], self._heard)

    async def _until_redis_answers(self, ask: Callable[[], Awaitable[None]]) -> None:
        """The room below tells once that Redis is away, for everybody; nothing is logged here."""
        pause_s = FIRST_RETRY_PAUSE_S
        while not self.is_over:
            with suppress(MessagingError):
                await ask()
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_RETRY_PAUSE_S)

    async def _listen(self) -> None:
        await self._subscriptions.listen([self._channel], self._heard)

    async def _read(self) -> None:
        """Take in what the log has beyond what we have."""
        # First, so that what is announced while we read is not passed over.
        self._is_behind = False
        try:
            found = await self._broker.read_log(self.state.session_id, self._log_id)
            is_lost = not found and not await self._broker.has_log(self.state.session_id)
            reported = await self._reported(found) if found and found[-1].is_final else None
        except MessagingError:
            self._is_behind = True
            raise
        for entry in found:
            event = readable_event(entry)
            if entry.is_final and event is not None:
                event = {**event, "data": event.get("data", reported)}
            self._take(entry.id, event, entry.is_final)
        self._tell()
        if is_lost:
            self.end(_LOST)

    async def _reported(self, found: list[LogEntry]) -> Any:
        """The answer's `data`: viewers get it with the end, the log has it in the entries before."""
        entries = await self._broker.read_log(self.state.session_id) if self._log_id else found
        state = fold(self.state.as_opened(), logged_events(entries))
        return from_json(state.data_json())

    async def _take_news(self) -> None:
        """Wait for announcements and take them in. What does not follow on what we have is read from the log."""
        with suppress(TimeoutError):
            async with asyncio.timeout(READ_AGAIN_AFTER_S):
                await self._has_news.wait()
        if not self._has_news.is_set():
            self._is_behind = True
        self._has_news.clear()
        news, self._news = self._news, []
        if not all(map(self._understood, news)):
            self._is_behind = True
        self._tell()

    def _understood(self, raw: bytes) -> bool:
        """Whether the announcement is old, or the next entry, which is taken in. What may be the end is read instead:
        the log alone can tell."""
        try:
            event = events.decode_event(raw)
        except DecodeError:
            return False
        entry_id = event.get("id")
        if not entry_id or not events.is_of_a_step(event):
            return False
        if _position(entry_id) > _position(self._log_id):
            if event.get("after") != self._log_id:
                return False
            self._take(entry_id, event, is_final=False)
        return True

    def _take(self, entry_id: str, event: dict[str, Any] | None, is_final: bool) -> None:
        """Take in one entry of the log; without an event it is one that cannot be read."""
        if self.is_over or _position(entry_id) <= _position(self._log_id):
            return
        self._log_id = entry_id
        if event is None:
            return
        is_repeated = self.state.is_repeated(event)
        self.state.apply(event, b"{}", entry_id, is_final)
        if is_final or not is_repeated:
            self.positions.append(_position(entry_id))
            self.entries.append(LogEvent(entry_id, _viewed(event, self.state), is_final))
        self.is_over = is_final

    # ---- news

    def _heard(self, _: str, raw: bytes) -> None:
        if self._is_behind:
            return
        self._news.append(raw)
        self._has_news.set()
        if len(self._news) > MAX_NEWS:
            self._fall_behind()

    def _fall_behind(self) -> None:
        """News were lost, or are too many: the log has them all."""
        self._news.clear()
        self._is_behind = True
        self._has_news.set()


class View:
    """One viewer's place in a feed. `tell` is called when there may be more, and must not raise; `is_over`: there is
    nothing more for this viewer."""

    __slots__ = ("_feed", "_is_waiting", "_last_id", "_on_time", "_place", "_start", "is_over", "tell")

    def __init__(self, feed: SessionFeed, after: str, tell: Callable[[], object]) -> None:
        self.is_over = False
        self.tell = tell
        self._feed = feed
        self._start = _position(after)
        self._last_id = after
        self._place = bisect_right(feed.positions, self._start)
        self._on_time = 0
        self._is_waiting = True

    def next(self) -> LogEvent | None:
        """The next event for this viewer. None: there is none yet, or no more."""
        feed = self._feed
        if self.is_over:
            return None
        if self._is_waiting:
            # What came while it waited is not the viewer's delay, nor is what was there before it.
            self._is_waiting, self._on_time = False, len(feed.entries)
        if not feed.is_over and len(feed.entries) - max(self._place, self._on_time) > MAX_LAG_EVENTS:
            return self._ended(_SLOW_READER)
        while self._place < len(feed.entries):
            entry, position = feed.entries[self._place], feed.positions[self._place]
            self._place += 1
            # An id beyond the log's end was given out by another log: what comes may still be before it.
            if position > self._start:
                self._last_id = entry.entry_id
                return entry
        self._is_waiting = not feed.is_over
        return self._ended(feed.early_end) if feed.is_over else None

    def _ended(self, early: _EarlyEnd | None) -> LogEvent | None:
        self.is_over = True
        return None if early is None else early.told(self._last_id)


Viewing = Callable[[Callable[[], object]], AbstractContextManager[View]]
"""A view that is not begun: it is, for as long as its context lasts, once it knows whom to tell of news."""


class Feeds:
    """The feeds of a gateway: each made for a session's first viewer, and gone with its last."""

    def __init__(self, broker: Broker, subscriptions: Subscriptions) -> None:
        self._broker = broker
        self._subscriptions = subscriptions
        self._feeds: dict[str, SessionFeed] = {}
        self._tasks: dict[SessionFeed, asyncio.Task[None]] = {}
        self._is_stopping = False

    def stop(self) -> None:
        """Whoever watches, and whoever comes from now on, is told that this gateway stops."""
        self._is_stopping = True
        for feed in self._tasks:
            feed.end(_STOPPING)

    async def aclose(self) -> None:
        self.stop()
        await end(*self._tasks.values())

    def watched(self, session_id: str) -> SessionState | None:
        """The session as its viewers know it, None where nobody watches it here."""
        feed = self._feeds.get(session_id)
        return None if feed is None else feed.state

    async def follow(self, state: SessionState, after: str = "") -> AsyncGenerator[LogEvent, None]:
        """Events after entry `after`, in order, none twice, to the final one. As `view`, for one who takes them one by
        one."""
        has_more = asyncio.Event()
        with self.view(state, after, has_more.set) as view:
            while not view.is_over:
                if (event := view.next()) is not None:
                    yield event
                elif not view.is_over:
                    has_more.clear()
                    await has_more.wait()

    @contextmanager
    def view(self, state: SessionState, after: str, tell: Callable[[], object]) -> Iterator[View]:
        """A place in the session's feed after entry `after`. `state` is one of the session, of any moment.

        A view that ends before its session says so by a last event without an id: `cut` for one that can be taken up
        again, `lost` where nothing more can come.
        """
        feed = self._joined(state)
        view = View(feed, after, tell)
        feed.views.add(view)
        try:
            yield view
        finally:
            feed.views.discard(view)
            self._left(feed)

    def _joined(self, state: SessionState) -> SessionFeed:
        feed = self._feeds.get(state.session_id)
        if feed is None:
            feed = SessionFeed(self._broker, self._subscriptions, state.as_opened())
            if self._is_stopping:
                feed.end(_STOPPING)
                return feed
            self._feeds[state.session_id] = feed
            task = self._tasks[feed] = asyncio.create_task(feed.run())
            task.add_done_callback(partial(self._stopped, feed))
        return feed

    def _left(self, feed: SessionFeed) -> None:
        if not feed.views:
            self._drop(feed)
            feed.end(_STOPPING)
            if task := self._tasks.get(feed):
                task.cancel()

    def _stopped(self, feed: SessionFeed, task: "asyncio.Task[None]") -> None:
        """It is complete, which late viewers are still served from, or there is something wrong with it."""
        del self._tasks[feed]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("feed_failed", session_id=feed.state.session_id, reason=repr(error), exc_info=error)
            feed.end(_FAILED)
        if feed.early_end is not None:
            self._drop(feed)

    def _drop(self, feed: SessionFeed) -> None:
        if self._feeds.get(feed.state.session_id) is feed:
            del self._feeds[feed.state.session_id]


def _viewed(event: dict[str, Any], state: SessionState) -> dict[str, Any]:
    """What an announcement adds to an event is not for viewers."""
    shown = {name: value for name, value in event.items() if name not in ("id", "after")}
    return {**shown, "overall_percent": state.overall_percent}


def _position(entry_id: str) -> tuple[int, int]:
    """A stream id as numbers; before every other where there is none."""
    if not entry_id:
        return (-1, -1)
    milliseconds, _, sequence = entry_id.partition("-")
    return (int(milliseconds), int(sequence or 0))

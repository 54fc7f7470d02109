"""Follows one session's log for whoever watches it at this gateway, however many.

A feed listens once, reads the log once and keeps what viewers are shown as a timeline; each viewer has a place in it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from pydantic_core import from_json

from app.core.log_reader import logged_events, readable_event
from app.core.session_timeline import LOST, LogEvent, StreamEnd, Timeline, View
from app.core.state import SessionState, fold
from app.messaging import channels, entry_ids, events
from app.messaging.broker import Broker, LogEntry
from app.messaging.errors import DecodeError, MessagingError
from app.messaging.subscriptions import Subscriptions

READ_AGAIN_AFTER_S = 15.0
"""A feed to which nothing was announced for that long looks into the log: announcements can be lost."""

TELL_AT_ONCE = 100
"""Viewers that are told of something new before the event loop has its turn."""

MAX_NEWS = 1000
"""Announcements that may wait to be taken in. Where more do, it is cheaper to read the log."""

FIRST_RETRY_PAUSE_S = 0.25
LONGEST_RETRY_PAUSE_S = 1.0
"""While Redis is away: the pause doubles from the first to the longest."""


class SessionFeed:
    """One session as its viewers see it. `state` is a fresh one: the log is folded into it from its beginning, so that
    the percentages are the same wherever and whenever somebody watches. `views`: of those who watch."""

    def __init__(self, broker: Broker, subscriptions: Subscriptions, state: SessionState) -> None:
        self.state = state
        self.timeline = Timeline()
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

    def end(self, early: StreamEnd | None) -> None:
        """Nothing more comes; whoever waits goes on."""
        self.timeline.end(early)
        self._tell()

    # ---- the log

    async def run(self) -> None:
        """Follow the log to its final entry, or until it is gone. Redis going away in between is waited out."""
        unsubscribe = self._subscriptions.on_gap(self._fall_behind)
        try:
            await self._until_redis_answers(self._listen)
            while not self.timeline.is_over:
                await (self._until_redis_answers(self._read) if self._is_behind else self._take_news())
        finally:
            unsubscribe()
            self._subscriptions.leave([self._channel], self._heard)

    async def _until_redis_answers(self, ask: Callable[[], Awaitable[None]]) -> None:
        """The room below tells once that Redis is away, for everybody; nothing is logged here."""
        pause_s = FIRST_RETRY_PAUSE_S
        while not self.timeline.is_over:
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
            self.end(LOST)

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
        if entry_ids.position(entry_id) > entry_ids.position(self._log_id):
            if event.get("after") != self._log_id:
                return False
            self._take(entry_id, event, is_final=False)
        return True

    def _take(self, entry_id: str, event: dict[str, Any] | None, is_final: bool) -> None:
        """Take in one entry of the log; without an event it is one that cannot be read."""
        if self.timeline.is_over or entry_ids.position(entry_id) <= entry_ids.position(self._log_id):
            return
        self._log_id = entry_id
        if event is None:
            return
        is_repeated = self.state.is_repeated(event)
        self.state.apply(event, b"{}", entry_id, is_final)
        if is_final or not is_repeated:
            self.timeline.add(LogEvent(entry_id, _viewed(event, self.state), is_final))
        if is_final:
            self.timeline.end(None)

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


def _viewed(event: dict[str, Any], state: SessionState) -> dict[str, Any]:
    """What an announcement adds to an event is not for viewers."""
    shown = {name: value for name, value in event.items() if name not in ("id", "after")}
    return {**shown, "overall_percent": state.overall_percent}

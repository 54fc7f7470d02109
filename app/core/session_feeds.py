"""The feeds of a gateway: each made for a session's first viewer, and gone with its last."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import structlog

from app.core.session_feed import SessionFeed
from app.core.session_timeline import FAILED, STOPPING, LogEvent, View
from app.core.state import SessionState
from app.messaging.broker import Broker
from app.messaging.cancellation import cancel_and_wait
from app.messaging.subscriptions import Subscriptions

log = structlog.get_logger(__name__)

OpenView = Callable[[Callable[[], object]], AbstractContextManager[View]]
"""A view that is not begun: it is, for as long as its context lasts, once it knows whom to tell of news."""


class SessionFeeds:
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
            feed.end(STOPPING)

    async def aclose(self) -> None:
        self.stop()
        await cancel_and_wait(*self._tasks.values())

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
        view = View(feed.timeline, after, tell)
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
                feed.end(STOPPING)
                return feed
            self._feeds[state.session_id] = feed
            task = self._tasks[feed] = asyncio.create_task(feed.run())
            task.add_done_callback(partial(self._stopped, feed))
        return feed

    def _left(self, feed: SessionFeed) -> None:
        if not feed.views:
            self._drop(feed)
            feed.end(STOPPING)
            if task := self._tasks.get(feed):
                task.cancel()

    def _stopped(self, feed: SessionFeed, task: "asyncio.Task[None]") -> None:
        """It is complete, which late viewers are still served from, or there is something wrong with it."""
        del self._tasks[feed]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("feed_failed", session_id=feed.state.session_id, reason=repr(error), exc_info=error)
            feed.end(FAILED)
        if feed.timeline.early_end is not None:
            self._drop(feed)

    def _drop(self, feed: SessionFeed) -> None:
        if self._feeds.get(feed.state.session_id) is feed:
            del self._feeds[feed.state.session_id]

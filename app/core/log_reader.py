"""Readers of a session's log: the whole of it for the fold, and the live tail of it for viewers."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.core.state import SessionState
from app.messaging import channels, events
from app.messaging.broker import Broker, LogEntry
from app.messaging.errors import DecodeError
from app.messaging.protocols import decode
from app.messaging.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event for viewers: its place in the log, and the event with `overall_percent` added."""

    entry_id: str
    event: dict[str, Any]
    is_final: bool


def folded_entries(entries: Iterable[LogEntry]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Log entries as the fold takes them; what cannot be read is passed over."""
    for entry in entries:
        try:
            event = events.decode_event(entry.event)
            answered = decode(entry.data) if entry.data and event["type"] != events.STARTED else None
        except DecodeError:
            continue
        yield entry.id, event, answered.payload if answered is not None and answered.action == "response" else None


async def follow_log(
    broker: Broker, subscriptions: Subscriptions, state: SessionState, after: str
) -> AsyncIterator[LogEvent]:
    """Events after entry `after`, in order, none twice, to the final one. `state` is a fresh one, for the percentages.

    The log is read from its beginning, so that the percentages are the same wherever a viewer joins.
    """
    news: asyncio.Queue[bytes | None] = asyncio.Queue()
    channel = channels.session_log(state.session_id)

    def heard(_: str, raw: bytes) -> None:
        news.put_nowait(raw)

    stop_telling = subscriptions.when_news_were_lost(lambda: news.put_nowait(None))
    await subscriptions.listen([channel], heard)
    try:
        seen = ""
        raw: bytes | None = None
        while True:
            if raw is None:
                fresh = [(entry.id, entry.event) for entry in await broker.read_log(state.session_id, seen)]
            else:
                fresh = [("", raw)]
            for entry_id, body in fresh:
                found = _viewed(state, entry_id, body)
                if found is None or not _is_later(found.entry_id, seen):
                    continue
                seen = found.entry_id
                if not after or _is_later(seen, after):
                    yield found
                if found.is_final:
                    return
            raw = await news.get()
    finally:
        stop_telling()
        await subscriptions.leave([channel], heard)


def _viewed(state: SessionState, entry_id: str, body: bytes) -> LogEvent | None:
    try:
        event = events.decode_event(body)
    except DecodeError:
        return None
    entry_id = entry_id or str(event.get("id", ""))
    event.pop("id", None)
    if state.is_late(event):
        return None
    state.apply(event, {}, entry_id)
    is_final = state.status.is_terminal
    return LogEvent(entry_id, {**event, "overall_percent": state.overall_percent}, is_final)


def _is_later(entry_id: str, than: str) -> bool:
    return _position(entry_id) > _position(than)


def _position(entry_id: str) -> tuple[int, int]:
    """A stream id as numbers. Raises ValueError for what is none."""
    if not entry_id:
        return (-1, -1)
    milliseconds, _, sequence = entry_id.partition("-")
    return (int(milliseconds), int(sequence or 0))

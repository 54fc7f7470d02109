"""Readers of a session's log: the whole of it for the fold, and the live tail of it for viewers."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.core.state import LoggedEvent, SessionState
from app.messaging import channels, events
from app.messaging.broker import Broker, LogEntry
from app.messaging.errors import DecodeError
from app.messaging.protocols import decode
from app.messaging.subscriptions import Subscriptions

READ_AGAIN_AFTER_S = 15.0
"""A viewer to whom nothing was announced for that long looks into the log: announcements can be lost."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event for viewers: its place in the log, and the event with `overall_percent` added."""

    entry_id: str
    event: dict[str, Any]
    is_final: bool


def logged_events(entries: Iterable[LogEntry]) -> Iterator[LoggedEvent]:
    """Log entries as the fold takes them. What cannot be read is passed over, but a final entry ends the session."""
    for entry in entries:
        try:
            event = events.decode_event(entry.event)
            answered = decode(entry.data) if entry.data and event["type"] != events.STARTED else None
        except DecodeError:
            if entry.is_final:
                yield LoggedEvent(entry.id, {"type": "failed", "status": "failed"}, None, True)
            continue
        result = answered.payload if answered is not None and answered.action == "response" else None
        yield LoggedEvent(entry.id, event, result, entry.is_final)


async def follow_log(
    broker: Broker, subscriptions: Subscriptions, state: SessionState, after: str
) -> AsyncIterator[LogEvent]:
    """Events after entry `after`, in order, none twice, to the final one. `state` is a fresh one, for the percentages.

    The log is read from its beginning, so that the percentages are the same wherever a viewer joins. It ends early
    where the log is no longer there.
    """
    news: asyncio.Queue[bytes | None] = asyncio.Queue()
    channel = channels.session_log(state.session_id)

    def heard(_: str, raw: bytes) -> None:
        news.put_nowait(raw)

    stop_telling = subscriptions.when_news_were_lost(lambda: news.put_nowait(None))
    try:
        await subscriptions.listen([channel], heard)
        announced: list[LoggedEvent] | None = None
        while True:
            if announced is None:
                entries = await broker.read_log(state.session_id, state.log_id)
                if not entries and not await broker.has_log(state.session_id):
                    return
                announced = list(logged_events(entries))
            for entry in announced:
                if _position(entry.entry_id) <= _position(state.log_id):
                    continue
                is_repeated = state.is_repeated(entry.event)
                state.apply(entry.event, {}, entry.entry_id, entry.is_final)
                if not is_repeated and _position(entry.entry_id) > _position(after):
                    yield LogEvent(entry.entry_id, _viewed(entry.event, state), entry.is_final)
                if entry.is_final:
                    return
            announced = await _next(news)
    finally:
        stop_telling()
        await subscriptions.leave([channel], heard)


async def _next(news: "asyncio.Queue[bytes | None]") -> list[LoggedEvent] | None:
    """What is announced next; None where the log has to be read: nothing came, news were lost, or it may be the end."""
    with suppress(TimeoutError, DecodeError):
        async with asyncio.timeout(READ_AGAIN_AFTER_S):
            raw = await news.get()
        if raw is not None:
            event = events.decode_event(raw)
            if events.is_of_a_step(event) and event.get("id"):
                return [LoggedEvent(event["id"], event, None, False)]
    return None


def _viewed(event: dict[str, Any], state: SessionState) -> dict[str, Any]:
    shown = {name: value for name, value in event.items() if name != "id"}
    return {**shown, "overall_percent": state.overall_percent}


def _position(entry_id: str) -> tuple[int, int]:
    """A stream id as numbers; before every other where there is none."""
    if not entry_id:
        return (-1, -1)
    milliseconds, _, sequence = entry_id.partition("-")
    return (int(milliseconds), int(sequence or 0))

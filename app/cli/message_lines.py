"""One message of the fleet as one readable line. Whatever comes off the wire may be hostile: nothing of it reaches the
terminal unescaped, and no message can be long enough or strange enough to stop the watcher."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from app.cli.visible import shortened, visible, visible_bytes

LONGEST_TEXT = 500
"""Characters of a message that are shown."""

LONGEST_JSON = 2 * 1024 * 1024
"""Bytes; a longer message is not read. Ours have at most 1 MiB."""

REMEMBERED_REQUESTS = 1000
"""Requests whose time is kept, so that an answer tells how long it took."""

_STYLES = {"request": "cyan", "response": "green", "update": "", "cancel": "yellow", "health": "dim"}


@dataclass(frozen=True)
class Filter:
    """`session`: the beginning of an id. `shows_health` False leaves heartbeats out."""

    session: str | None = None
    agent: str | None = None
    shows_health: bool = True

    def lets(self, line: "MessageLine") -> bool:
        if not self.shows_health and line.channel == "health":
            return False
        if self.agent is not None and line.agent != self.agent:
            return False
        return self.session is None or line.session.lower().startswith(self.session.lower())


@dataclass(frozen=True)
class MessageLine:
    """`channel`: its last telling part (`request`, `response`, `update`, `cancel`, `health`). `text` is escaped."""

    at: datetime
    channel: str
    agent: str
    action: str
    session: str
    text: str
    duration_ms: int | None = None
    is_bad: bool = False

    def rendered(self) -> Text:
        style = "red" if self.is_bad or self.action in ("error", "agent_failed") else _STYLES.get(self.channel, "")
        took = f"  {self.duration_ms} ms" if self.duration_ms is not None else ""
        return Text.assemble(
            (f"{self.at.astimezone():%H:%M:%S}.{self.at.microsecond // 1000:03} ", "dim"),
            (f"{self.channel:<8} {self.agent:<9} {self.action:<12} {self.session[:8]:<8} ", style),
            f"{self.text}{took}",
        )


class MessageReader:
    """Turns what was published into lines. Remembers when requests passed, to tell how long answers took."""

    def __init__(self) -> None:
        self._asked_at: dict[str, float] = {}

    def read(self, channel: str, raw: bytes) -> MessageLine:
        kind, agent, session = channel_parts(channel)
        now = datetime.now(UTC)
        message = _object(raw)
        if message is None:
            text = f"not understood, {len(raw)} bytes: {visible_bytes(raw[:LONGEST_TEXT])}"
            return MessageLine(now, kind, agent, "?", session, shortened(text, LONGEST_TEXT), is_bad=True)
        agent = _word(message.get("agent")) or agent
        session = _word(message.get("session_id")) or session
        action = _word(message.get("action") or message.get("type") or message.get("status")) or kind
        took = self._took_ms(message)
        return MessageLine(now, kind, agent, action, session, shortened(_told(message), LONGEST_TEXT), took)

    def _took_ms(self, message: dict[str, Any]) -> int | None:
        told = message.get("duration_ms")
        if isinstance(told, int):
            return told
        request_id = message.get("request_id")
        if not isinstance(request_id, str) or "action" not in message:
            return None
        if message["action"] == "request":
            self._asked_at[request_id] = time.monotonic()
            while len(self._asked_at) > REMEMBERED_REQUESTS:
                del self._asked_at[next(iter(self._asked_at))]
            return None
        asked_at = self._asked_at.pop(request_id, None)
        return None if asked_at is None else round((time.monotonic() - asked_at) * 1000)


def channel_parts(channel: str) -> tuple[str, str, str]:
    """(kind, agent, session) as far as the channel's name says them; "" where it does not."""
    parts = visible(channel).split(":")
    if parts[:2] == ["agent", "health"]:
        return "health", "", ""
    if parts[:2] == ["agent", "cancel"]:
        return "cancel", "", ":".join(parts[2:])
    if parts[:2] == ["streaming", "update"]:
        return "update", "", ":".join(parts[2:])
    if parts[0] == "agent" and len(parts) >= 3:
        return parts[2], parts[1], ":".join(parts[3:])
    return shortened(":".join(parts), 40), "", ""


def _told(message: dict[str, Any]) -> str:
    """What the message says, by what it is."""
    payload = message.get("payload")
    if message.get("action") == "request" and isinstance(payload, dict):
        where = _word(payload.get("destination")) or ", ".join(_word(name) for name in payload)
        metadata = message.get("metadata")
        deadline = metadata.get("timeout_ms") if isinstance(metadata, dict) else None
        return f"{where}, deadline {_word(deadline)} ms"
    if isinstance(payload, dict):
        return _word(payload.get("message")) or f"{', '.join(_word(name) for name in payload)}"
    if "instance" in message and "current_load" in message:
        return (
            f"{_word(message['instance'])} load {_word(message['current_load'])}/{_word(message.get('max_capacity'))}"
            f", finished {_word(message.get('finished'))}, failed {_word(message.get('failed'))}"
        )
    text = _word(message.get("message"))
    percent = message.get("progress_percent")
    return f"{text} {_word(percent)}%".strip() if isinstance(percent, int | float) else text


def _object(raw: bytes) -> dict[str, Any] | None:
    if len(raw) > LONGEST_JSON:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _word(value: object) -> str:
    """A value from the wire as text for the terminal; "" for what is not there."""
    return "" if value is None else shortened(visible(str(value)[: LONGEST_TEXT * 2]), LONGEST_TEXT)

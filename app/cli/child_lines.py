"""What is shown of the children's logs. Left alone, a fleet writes a line for every step of every plan; in the quiet
mode only warnings, errors, the beginning and end of sessions, and whatever is no log line (a traceback) are shown."""

import json
from typing import Any

from app.cli.visible import visible

SHOWN_EVENTS = frozenset(("session_opened", "session_ended"))

_SERVER_TALK = "INFO: "
"""uvicorn writes its first lines in its own form, before the gateway's logging is set up."""

_WRAPPING = frozenset(("event", "level", "logger", "timestamp", "exception"))


def quiet_line(line: str) -> str | None:
    """The line for people, None where it is passed over. `line`: as a child wrote it; a log line is a JSON object."""
    entry = _log_entry(line)
    if entry is None:
        return None if line.startswith(_SERVER_TALK) else line
    level, event = str(entry.get("level", "info")), str(entry["event"])
    if level in ("debug", "info") and event not in SHOWN_EVENTS:
        return None
    fields = " ".join(f"{name}={value}" for name, value in entry.items() if name not in _WRAPPING)
    told = f"{event} {fields}".rstrip()
    if "exception" in entry:
        told += f" | {str(entry['exception']).strip().splitlines()[-1]}"
    # As JSON it was harmless; read, it may hold anything again.
    return visible(told if level == "info" else f"{level}: {told}")


def _log_entry(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry else None

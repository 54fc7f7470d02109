"""The shapes of Redis' answers (RESP3) that more than one of our verbs reads."""

from typing import Any


def fields_of(entry: list[bytes] | None) -> dict[bytes, bytes]:
    """A stream entry's fields: Redis gives names and values in turn. None, for an entry that was deleted: empty."""
    return dict(zip(entry[::2], entry[1::2], strict=False)) if entry else {}


def text_of(value: Any) -> str:
    """What is not UTF-8 in it is shown, not refused."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

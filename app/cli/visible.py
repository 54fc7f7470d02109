"""Text and bytes from elsewhere, made safe for a terminal: nothing moves the cursor, changes a colour or hides."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Joiners that Persian, Hindi and emoji need; they do no harm."""


def visible(text: str) -> str:
    """One line: controls, direction marks and lone surrogates are written out (`\\x1b`), any kind of space is one."""
    return "".join(character if character.isprintable() else _written_out(character) for character in text)


def visible_bytes(raw: bytes) -> str:
    """The same for bytes; those that are no UTF-8 are written out too."""
    return visible(raw.decode("utf-8", errors="backslashreplace"))


def shortened(text: str, length: int) -> str:
    """At most so many characters; an ellipsis marks a cut."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def _written_out(character: str) -> str:
    if character in _JOINERS:
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")

"""JSON of any form, asked for what it may hold. What is missing or of another form reads as empty, never as an error.

And the one rule for text: all strings of a plan are data, and reach the formats as one line without anything that a
reader would not see.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

_YEARS = range(1900, 2200)
"""Years that calendars, and the arithmetic of time zones, can hold."""

_SPACES = re.compile(r"[\t\n\v\f\r \x85\u2028\u2029]+")

_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Overrides and isolates of writing direction reach beyond the text they are in, and can make it read as another."""

_ADDRESS_CHARACTERS = "%:/?#[]!$&'()*+,;=@-._~"
"""The characters that RFC 3986 lets stand in an address; a percent sign is taken for an escape."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#].*)?", re.ASCII)


def one_line(text: str) -> str:
    """The text with single spaces for breaks and tabs, without controls, surrogates and characters that are none."""
    return _SPACES.sub(" ", "".join(filter(_is_shown, text))).strip()


def _is_shown(character: str) -> bool:
    if character.isascii():
        return character.isprintable() or character in "\t\n\v\f\r"
    if character in _DIRECTION_CONTROLS or ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
        return False
    return character == "\x85" or unicodedata.category(character) not in ("Cc", "Cs")


def web_address(text: str) -> str:
    """The address with everything unusual escaped; "" for one that is not of the web, or hides its host behind an @."""
    address = quote(one_line(text), safe=_ADDRESS_CHARACTERS)
    return address if _ADDRESS.fullmatch(address) else ""


class Loose:
    """One value of a JSON document."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __getitem__(self, name: str) -> "Loose":
        return Loose(self._value.get(name) if isinstance(self._value, dict) else None)

    def __iter__(self) -> Iterator["Loose"]:
        """The elements of a list."""
        return map(Loose, self._value if isinstance(self._value, list) else ())

    def members(self) -> Iterator[tuple[str, "Loose"]]:
        """The members of an object, in their order."""
        found = self._value if isinstance(self._value, dict) else {}
        return ((one_line(str(name)), Loose(value)) for name, value in found.items())

    def __bool__(self) -> bool:
        """Whether there is anything: null, "", {} and [] are nothing; 0 and false are something."""
        return self._value is not None and self._value not in ("", {}, [])

    def text(self) -> str:
        if isinstance(self._value, bool):
            return "yes" if self._value else "no"
        if isinstance(self._value, str):
            return one_line(self._value)
        return "" if self._value is None or isinstance(self._value, list | dict) else str(self._value)

    def texts(self) -> tuple[str, ...]:
        """The texts of a list; empty ones are left out."""
        return tuple(text for element in self if (text := element.text()))

    def flag(self) -> bool | None:
        return self._value if isinstance(self._value, bool) else None

    def number(self) -> Decimal | None:
        """Exact for decimals; of a JSON number, the decimal that it was written as."""
        if isinstance(self._value, bool) or not isinstance(self._value, int | float | Decimal):
            return None
        return Decimal(str(self._value)) if math.isfinite(self._value) else None

    def day(self) -> date | None:
        try:
            found = date.fromisoformat(self.text()[:10])
        except ValueError:
            return None
        return found if found.year in _YEARS else None

    def moment(self) -> datetime | None:
        """A time with its offset from UTC; without one it is no moment."""
        try:
            found = datetime.fromisoformat(self.text())
        except ValueError:
            return None
        return found if found.tzinfo is not None and found.year in _YEARS else None

"""Types for what comes from outside. Nothing of it is trusted: text is made plain, odd entries of a list are dropped,
numbers have bounds. What a provider's file declares with these is all that ever gets past it.
"""

import re
from html import unescape
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticOmit, PydanticUseDefault

LONGEST_TEXT = 400
LONGEST_URL = 600

# Zero-width and direction-changing characters: they hide text, or show it other than it is.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
_SPACES = re.compile(r"\s+")

T = TypeVar("T")


class Form(BaseModel):
    """Part of a provider's answer: only the members that we read, all else is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


# Everything that a browser might take for a tag, closed or not; and what stands between some tags and is not shown.
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>?")
# Without an end it goes on to the end, as it does in a browser; looking for one from each beginning would take long.
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>(?:.*?</\1[^<>]*>|.*)", re.IGNORECASE | re.DOTALL)
_MOST_ROUNDS = 20


def plain_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """One line without markup, control and invisible characters; cut with an ellipsis where it is too long. Plain text
    stays as it is. Takes time in proportion to the length at most, whatever the text is."""
    text = text[: longest * 8]
    for _ in range(_MOST_ROUNDS):
        # What was written as `&lt;b&gt;` is markup again once it is read; so it goes on until nothing is left.
        plainer = _plainer(text)
        if plainer == text:
            break
        text = plainer
    else:
        text = text.replace("<", " ").replace("&", " ")
    text = _SPACES.sub(" ", text).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _plainer(text: str) -> str:
    text = unescape(text) if "&" in text else text
    text = _UNSEEN.sub("", text)
    text = "".join(char if char.isprintable() else " " for char in text)
    return _TAG.sub(" ", _HIDDEN.sub(" ", text)) if "<" in text else text


def _plain_or_none(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(value) or None
    return None


def _plain_or_fault(value: Any) -> Any:
    if isinstance(value, str) and (text := plain_text(value)):
        return text
    raise ValueError("a text is expected")


Text = Annotated[str, BeforeValidator(_plain_or_fault)]
"""One plain line, never empty."""

MaybeText = Annotated[str | None, BeforeValidator(_plain_or_none)]
"""The same; None for everything that is no text. Give it `= None` as well, for a member that is not there."""


def web_address(value: Any) -> str | None:
    """An http or https address without user and password; None for everything else."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.password
    except ValueError:
        return None
    return value if is_plain and not set(value) & set("<>\"'`{}|\\^") else None


MaybeUrl = Annotated[str | None, BeforeValidator(web_address)]

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


def _default_for_none(value: Any) -> Any:
    if value is None:
        raise PydanticUseDefault
    return value


def _or_omitted(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        raise PydanticOmit from None


Lenient = Annotated[T, WrapValidator(_or_omitted)]
"""An item of a list that is dropped where it is not of the form: `list[Lenient[_Day]]`."""


def at_most(most: int) -> BeforeValidator:
    """For a list: the items past `most` are dropped, unread, and None is read as an empty one. Whatever else is no list
    is a fault."""

    def cut(values: Any) -> Any:
        if values is None:
            return []
        if not isinstance(values, list):
            raise ValueError("a list is expected")
        return values[:most]

    return BeforeValidator(cut)


NoneIsDefault = BeforeValidator(_default_for_none)
"""For members that some answers set to null: `Annotated[float, NoneIsDefault] = 0.0`."""

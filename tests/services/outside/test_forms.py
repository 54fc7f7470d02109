"""What comes from outside is made plain, or is dropped."""

import re
import time
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.services.outside.forms import Form, Lenient, MaybeText, MaybeUrl, Text, at_most, plain_text


class Named(Form):
    name: Text
    about: MaybeText = None
    url: MaybeUrl = None


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Louvre", "Louvre"),
        ("  two\n\tlines ", "two lines"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<b>bold</b> move", "bold move"),
        ("<script>alert(1)</script>Fair", "Fair"),
        ("Fair <script>alert(1) and more", "Fair"),
        ("&lt;img src=x onerror=alert(1)&gt;Fair", "Fair"),
        ("a < b", "a < b"),
        ("null\x00 bell\x07 \x1b[31mred", "null bell [31mred"),
        ("\u202eevil\u202c zero\u200bwidth", "evil zerowidth"),
        ("東京タワー", "東京タワー"),
        ("x" * 1000, "x" * 399 + "…"),
    ],
)
def test_text_is_one_plain_line(raw: str, plain: str) -> None:
    assert plain_text(raw) == plain


@pytest.mark.parametrize(
    "raw",
    [
        "<\u200bscript>alert(1)</\u200bscript>",
        "&lt;\u00adimg src=x onerror=1&gt;",
        "x <![x y",
        "&amp;amp;amp;amp;lt;b&gt;",
        "<<b>b>",
        "<!-- a --> b <!",
    ],
)
def test_no_way_round_leads_to_markup(raw: str) -> None:
    assert not re.search("<[a-zA-Z/!?]", plain_text(raw))


@given(st.text(alphabet="<>/!?&;#abclt gamp\u200b\u202e\n\"'=x0", max_size=60))
def test_plain_text_is_plain_and_stays_as_it_is(raw: str) -> None:
    plain = plain_text(raw)
    assert plain_text(plain) == plain
    assert plain.isprintable()
    assert not re.search("<[a-zA-Z/!?]", plain)


@pytest.mark.parametrize(
    "piece", ["<a ", "<a b='", "&amp;", "<script>", "<style><script>", "<!--", "&lt;", "<", "&#x", "</"]
)
def test_no_text_takes_long(piece: str) -> None:
    """A hundred texts of the worst kind; the event loop stands still meanwhile."""
    started = time.process_time()
    for _ in range(100):
        plain_text(piece * 1_000_000)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("raw", [None, 3, "", "   ", "<br>", [], {}, True])
def test_a_text_that_is_none_is_a_fault_or_nothing(raw: object) -> None:
    with pytest.raises(ValidationError):
        Named(name=raw)  # type: ignore[arg-type]
    assert Named(name="x", about=raw).about is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("https://example.org/a?b=c", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("https://user:pass@example.org", False),
        ("https://", False),
        ("https://exa mple.org", False),
        ('https://example.org/"><script>', False),
        ("https://[::1", False),
        ("https://example.org/" + "x" * 600, False),
        (None, False),
        (7, False),
    ],
)
def test_only_plain_web_addresses_are_kept(raw: object, kept: bool) -> None:
    assert Named(name="x", url=raw).url == (raw if kept else None)  # type: ignore[arg-type]


def test_a_list_drops_what_is_of_another_form_and_is_cut() -> None:
    adapter = TypeAdapter[list[Named]](Annotated[list[Lenient[Named]], at_most(4)])
    found = adapter.validate_python([{"name": "a"}, None, 3, {"name": "b"}, {"name": "past the end"}])
    assert [named.name for named in found] == ["a", "b"]
    assert adapter.validate_python(None) == []
    with pytest.raises(ValidationError):
        adapter.validate_python("text")

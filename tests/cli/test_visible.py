"""Nothing from elsewhere reaches the terminal unescaped."""

import pytest

from app.cli.visible import shortened, visible, visible_bytes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café, Zürich 東京", "Café, Zürich 東京"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("turned \u202eround", "turned \\u202eround"),
        ("wide\u00a0space", "wide space"),
        ("\ud800", "\\ud800"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_controls_are_written_out_and_letters_stay(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_bytes_that_are_no_text_are_written_out() -> None:
    assert visible_bytes(b"ok \xff\x00") == "ok \\xff\\x00"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"

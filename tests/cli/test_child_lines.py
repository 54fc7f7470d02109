"""The quiet mode shows what a newcomer wants to see, and never hides trouble."""

import json

import pytest

from app.cli.child_lines import quiet_line


def _log(**fields: object) -> str:
    return json.dumps({"logger": "app.x", "timestamp": "2026-11-21T00:00:00Z", **fields})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (_log(level="info", event="request_worked", duration_ms=3), None),
        (_log(level="debug", event="command_failed"), None),
        (_log(level="warning", event="news_lost", channel="c"), "warning: news_lost channel=c"),
        (_log(level="error", event="boom", exception="Trace\n  x\nValueError: no"), "error: boom | ValueError: no"),
        (_log(level="info", event="session_ended", status="partial"), "session_ended status=partial"),
        (_log(level="warning", event="x", reason="a\x1b[2J\nb \u202e"), "warning: x reason=a\\x1b[2J\\nb \\u202e"),
        ("INFO:     Started server process [1]", None),
        ("Traceback (most recent call last):", "Traceback (most recent call last):"),
        ("{no json", "{no json"),
        ('{"other": 1}', '{"other": 1}'),
    ],
)
def test_quiet_lines(line: str, shown: str | None) -> None:
    assert quiet_line(line) == shown

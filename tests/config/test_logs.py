"""What the logs cost, and what they keep to themselves."""

import io
import json
import time

import pytest
import structlog

from app.config.logs import configure_logs, write_line


@pytest.mark.parametrize("debug", [True, False])
def test_an_unexpected_error_is_told_at_once_and_without_what_was_in_hand(
    capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    in_hand = json.loads(json.dumps([{f"name {n}": ["secret words"] * 50 for n in range(50)}] * 20))
    configure_logs(debug)
    begun = time.monotonic()
    try:
        raise KeyError(len(in_hand))
    except KeyError:
        structlog.get_logger("app.test").exception("failed")
    took_s = time.monotonic() - begun
    told = capsys.readouterr().out
    with capsys.disabled():
        # The captured stream is closed after this test; the others log to the real one.
        configure_logs(debug=True)
    assert "KeyError: 20" in told
    assert "secret words" not in told
    assert took_s < 0.5


def test_each_line_is_out_before_anything_else_can_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process said last before it was killed is what somebody will want to read."""
    out, told = io.StringIO(), []
    monkeypatch.setattr(out, "flush", lambda: told.append(out.getvalue()), raising=False)
    monkeypatch.setattr("sys.stdout", out)
    write_line("last words")
    assert told == ["last words\n"]


def test_a_letter_that_the_terminal_has_not_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
        configure_logs(debug=False)
        write_line("Zürich")
        told = written.getvalue()
    configure_logs(debug=True)
    assert told == b"Z\\xfcrich\n"

"""The watcher's lines: readable, short, and harmless whatever was published."""

import json

import pytest

from app.cli.message_lines import Filter, MessageLine, MessageReader, channel_parts
from app.messaging import channels, events

SESSION = "550e8400-e29b-41d4-a716-446655440000"
REQUEST = "6fa459ea-ee8a-3ca4-894e-db77e160355e"


def _envelope(action: str, **payload: object) -> bytes:
    metadata = {"timeout_ms": 10_000}
    ids = {"session_id": SESSION, "request_id": REQUEST}
    return json.dumps({**ids, "agent": "weather", "action": action, "payload": payload, "metadata": metadata}).encode()


def test_a_request_says_where_to_and_how_long_it_may_take() -> None:
    line = MessageReader().read("agent:weather:request", _envelope("request", destination="Paris"))
    assert (line.channel, line.agent, line.action, line.session) == ("request", "weather", "request", SESSION)
    assert line.text == "Paris, deadline 10000 ms"


def test_an_answer_tells_how_long_it_took_since_its_request_passed() -> None:
    reader = MessageReader()
    reader.read("agent:weather:request", _envelope("request", destination="Paris"))
    answer = reader.read(channels.response_channel("weather", SESSION), _envelope("response", weather_summary="mild"))
    assert answer.duration_ms is not None
    assert f"response weather   response     {SESSION[:8]} weather_summary" in answer.rendered().plain


def test_progress_is_shown_with_its_percentage() -> None:
    raw = events.progress("maps", REQUEST, "Comparing the ways", 50)
    line = MessageReader().read(channels.session_log(SESSION), raw)
    assert (line.channel, line.agent, line.action) == ("update", "maps", "progress")
    assert line.text == "Comparing the ways 50%"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00\x1b[2J",
        b"",
        b"[" * 100_000,
        b'{"message": "\\u001b[31mred\\u0007 \\u202e", "type": "progress", "agent": "\\u001b[2J"}',
        b'{"agent": {"a": [1]}, "type": 7, "payload": [1], "session_id": "' + b"x" * 10_000 + b'"}',
        b'{"progress_percent": 1e999, "duration_ms": "long"}',
        b"1" * 5000,
    ],
)
@pytest.mark.parametrize("channel", ["agent:weather:request", "agent:\x1b[2J", "agent:", "streaming:update:", "other"])
def test_hostile_bytes_are_one_harmless_line(channel: str, raw: bytes) -> None:
    shown = MessageReader().read(channel, raw).rendered().plain
    assert shown.isprintable()
    assert len(shown) < 2000


def test_bytes_that_are_no_message_are_shown_as_such() -> None:
    line = MessageReader().read("agent:health", b"\xff!")
    assert line.is_bad
    assert line.text == "not understood, 2 bytes: \\xff!"


@pytest.mark.parametrize(
    ("channel", "parts"),
    [
        (channels.HEALTH, ("health", "", "")),
        (channels.cancel_channel("s"), ("cancel", "", "s")),
        (channels.session_log("s"), ("update", "", "s")),
        (channels.request_stream("maps"), ("request", "maps", "")),
        (channels.response_channel("maps", "s"), ("response", "maps", "s")),
    ],
)
def test_a_channels_name_says_kind_agent_and_session(channel: str, parts: tuple[str, str, str]) -> None:
    assert channel_parts(channel) == parts


def test_filters_by_session_agent_and_heartbeats() -> None:
    reader = MessageReader()
    request = reader.read("agent:weather:request", _envelope("request", destination="Paris"))
    beat: MessageLine = reader.read(channels.HEALTH, b'{"agent": "maps", "status": "available"}')
    assert Filter().lets(request)
    assert Filter(session="550E").lets(request)
    assert not Filter(session="551").lets(request)
    assert not Filter(agent="maps").lets(request)
    assert Filter(agent="maps").lets(beat)
    assert not Filter(session="550e").lets(beat)
    assert not Filter(shows_health=False).lets(beat)

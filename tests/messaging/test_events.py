"""The events of a session's log, as they are written."""

import json

import pytest

from app.messaging import events
from app.messaging.errors import DecodeError


@pytest.mark.parametrize("name", ["weather", 'a"b', "a\\", "Zürich\n", "x\u2028y"])
def test_the_events_of_every_plan_are_written_as_json_writes_them(name: str) -> None:
    asked = events.step_requested(name, name, "r", retry_count=2)
    told = {"type": "progress", "agent": name, "message": f"{name.capitalize()} agent asked again"}
    told |= {"progress_percent": 0, "status": "requested", "step": name, "request_id": "r", "retry_count": 2}
    assert json.loads(asked) == told | {"timestamp": json.loads(asked)["timestamp"]}
    done = events.step_completed(name, "r", name, 7, cache_age_s=3)
    told = {"type": "progress", "agent": name, "message": f"{name.capitalize()} agent completed"}
    told |= {"progress_percent": 100, "status": "completed", "request_id": "r", "instance": name, "duration_ms": 7}
    assert json.loads(done) == told | {"cache_age_s": 3, "timestamp": json.loads(done)["timestamp"]}
    assert "retry_count" not in events.decode_event(events.step_requested(name, name, "r"))
    assert "cache_age_s" not in events.decode_event(events.step_completed(name, "r", name, 7))


@pytest.mark.parametrize(
    "told",
    [
        "2026-01-01T00:00:00",
        "2026-01-01",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "",
        "now",
        0,
        1.5,
        True,
        [],
        {},
    ],
)
def test_a_time_that_cannot_be_compared_with_others_makes_no_event(told: object) -> None:
    """Without a zone, out of reach or no text: the fold would fail at it, and the session with it."""
    with pytest.raises(DecodeError):
        events.decode_event(json.dumps({"type": "progress", "timestamp": told}).encode())


@pytest.mark.parametrize("told", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456+05:30", None])
def test_a_time_is_handed_on_as_it_was_written(told: str | None) -> None:
    assert events.decode_event(json.dumps({"type": "progress", "timestamp": told}).encode())["timestamp"] == told


@pytest.mark.parametrize("member", ["session_id", "workflow", "instance", "after", "unheard_of"])
@pytest.mark.parametrize("value", [None, 7, [1], {"a": 1}])
def test_what_nobody_relies_on_is_handed_on_whatever_it_is(member: str, value: object) -> None:
    assert events.decode_event(json.dumps({"type": "progress", member: value}).encode())[member] == value


def test_viewers_are_shown_what_an_event_is_first() -> None:
    said = {
        "data": {},
        "timestamp": "2026-01-01T00:00:00Z",
        "message": "m",
        "agent": "a",
        "session_id": "s",
        "type": "t",
    }
    shown = list(events.decode_event(json.dumps(said).encode()))
    assert shown == ["type", "session_id", "agent", "message", "timestamp", "data"]

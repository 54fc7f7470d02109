"""The events of a session's log, as they are written."""

import json

import pytest

from app.messaging import events


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

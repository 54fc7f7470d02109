"""What processes printed is read for what the checker has to know."""

import json
import signal
from pathlib import Path

from tests.chaos import outputs
from tests.chaos.evidence import Executions
from tests.chaos.faults import Trouble
from tests.chaos.kept_process import Life
from tests.chaos.schedule import Fault

LOST = '{"level": "error", "event": "Failed to connect to Redis: away; trying again until it is back"}\n'


def life(folder: Path, text: str, name: str = "maps-1", began_at: float = 100.0, ended_at: float | None = None) -> Life:
    log = folder / f"{name}.1.log"
    log.write_text(text, encoding="utf-8")
    return Life(name, 7, log, began_at, ended_at)


def trouble(target: str, at: float, until: float | None = None) -> Trouble:
    return Trouble(Fault(at, "cut", target), at, until)


def test_a_life_that_goes_on_has_no_exit(tmp_path: Path) -> None:
    going_on, ended = life(tmp_path, ""), life(tmp_path, "", ended_at=120.0)
    ended.exit_code, ended.told = 0, [signal.SIGTERM]
    assert [(found.code, found.told) for found in outputs.exits([going_on, ended])] == [(0, (signal.SIGTERM,))]


def test_a_printed_trace_is_told_by_its_end(tmp_path: Path) -> None:
    text = 'ready\nTraceback (most recent call last):\n  File "a.py", line 1\n    f()\nValueError: no\nmore\n'
    (found,) = outputs.complaints([life(tmp_path, text)])
    assert found.log == "maps-1.1.log"
    assert found.text.endswith("ValueError: no")


def test_a_logged_trace_is_told_by_its_end(tmp_path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    line = json.dumps({"event": "agent_failed", "exception": trace, "level": "error"})
    (found,) = outputs.complaints([life(tmp_path, f"{line}\nmore\n")])
    assert found.text.endswith("ValueError: no")


def test_without_a_trace_nobody_complains(tmp_path: Path) -> None:
    assert list(outputs.complaints([life(tmp_path, LOST)])) == []


def test_words_of_an_outage_are_counted_against_outages(tmp_path: Path) -> None:
    met = [trouble("maps-1", 110, 112), trouble("redis", 120)]
    not_met = [trouble("maps-2", 110, 112), trouble("redis", 50, 52), trouble("maps-1", 150)]
    (words,) = outputs.connect_words([life(tmp_path, 3 * LOST, ended_at=140)], met + not_met)
    assert (words.said, words.outages) == (3, 3)


def test_a_silence_is_met_by_each_kind_of_connection(tmp_path: Path) -> None:
    silence = Trouble(Fault(110, "silence", "maps-1"), 110, 112)
    (words,) = outputs.connect_words([life(tmp_path, LOST)], [silence])
    assert words.outages == 3


def test_redis_own_words_do_not_count(tmp_path: Path) -> None:
    assert list(outputs.connect_words([life(tmp_path, LOST, name="redis")], [])) == []


def test_a_takeover_is_timed_from_the_last_fault_of_a_gateway(tmp_path: Path) -> None:
    line = json.dumps({"event": "session_taken_over", "timestamp": "1970-01-01T00:02:07.500000Z"})
    troubles = [trouble("gateway-1", 100), trouble("gateway-2", 120), trouble("maps-1", 126), trouble("gateway-1", 130)]
    assert outputs.takeover_times([life(tmp_path, f"{line}\n", name="gateway-1")], troubles) == [7.5]


def test_executions_are_counted_from_their_record(tmp_path: Path) -> None:
    def lines(number: int, session_id: str, how: str | None) -> list[str]:
        said = {"agent": "maps", "session_id": session_id, "number": number, "pid": 1}
        began = json.dumps({**said, "what": "began"})
        return [began] if how is None else [began, json.dumps({**said, "what": "ended", "how": how})]

    record = tmp_path / "executions.jsonl"
    told = [
        *lines(1, "s1", None),
        *lines(2, "s1", "completed"),
        *lines(3, "s1", "completed"),
        *lines(4, "s2", "failed"),
    ]
    record.write_text("\n".join(told), encoding="utf-8")
    assert outputs.executions(record) == Executions(4, 1, ("maps s1",))
    assert outputs.executions(tmp_path / "none") == Executions()

"""What the processes printed, and what the workers recorded, read back after the round."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.evidence import Complaint, ConnectWords, Executions, Exit
from tests.chaos.faults import Trouble
from tests.chaos.kept_process import Life
from tests.chaos.schedule import REDIS

LOST_REDIS = "Failed to connect to Redis"
TRACE = "Traceback"

SHOWN_CHARACTERS = 400


def exits(lives: Iterable[Life]) -> Iterator[Exit]:
    for life in lives:
        if life.exit_code is not None:
            yield Exit(life.name, life.pid, life.exit_code, tuple(life.told), life.is_overdue)


def complaints(lives: Iterable[Life]) -> Iterator[Complaint]:
    """The first trace of each life, by its end: that is where the reason stands."""
    for life in lives:
        text = life.log.read_text(encoding="utf-8", errors="replace")
        if TRACE in text:
            yield Complaint(life.log.name, _reason(text))


def _reason(text: str) -> str:
    """A trace is a line's field where it was logged, and many lines where Python printed it."""
    line, *following = text[text.index(TRACE) :].splitlines()
    if "\\n" in line:
        return line.partition('", "')[0][-SHOWN_CHARACTERS:]
    end = next((number for number, one in enumerate(following) if one and not one.startswith((" ", "\t"))), 0)
    return "\n".join([line, *following[: end + 1]])[-SHOWN_CHARACTERS:]


def connect_words(lives: Iterable[Life], troubles: Sequence[Trouble]) -> Iterator[ConnectWords]:
    """Of each life that said that it lost Redis. Its start counts as an outage too: Redis may not be there yet."""
    for life in lives:
        said = sum(LOST_REDIS in line for line in _lines(life.log)) if life.name != REDIS else 0
        if said:
            met = sum(_ways(trouble) for trouble in troubles if _touches(trouble, life))
            yield ConnectWords(life.log.name, said, 1 + met)


def _ways(trouble: Trouble) -> int:
    """Where bytes are swallowed, commands notice within seconds, and a waiting read long after they recovered."""
    return 2 if trouble.fault.action == "silence" else 1


def _touches(trouble: Trouble, life: Life) -> bool:
    """Whether that life may have lost Redis by it."""
    if trouble.fault.target not in (REDIS, life.name):
        return False
    is_too_early = trouble.ended_at is not None and trouble.ended_at < life.began_at
    return not is_too_early and (life.ended_at is None or trouble.began_at < life.ended_at)


def takeover_times(lives: Iterable[Life], troubles: Sequence[Trouble]) -> list[float]:
    """Seconds from a gateway's fault to each session that another one then carried on, as its log line tells."""
    faults = [trouble.began_at for trouble in troubles if trouble.fault.target.startswith("gateway")]
    moments = (moment for life in lives for line in _lines(life.log) if (moment := _takeover(line)))
    return [moment - max(earlier) for moment in moments if (earlier := [one for one in faults if one < moment])]


def _takeover(line: str) -> float | None:
    if '"session_taken_over"' not in line:
        return None
    told = _parsed(line)
    return datetime.fromisoformat(told["timestamp"]).timestamp() if "timestamp" in told else None


def executions(record: Path) -> Executions:
    """`record`: the file that the slow workers write; it is missing where none has worked."""
    lines = [_parsed(line) for line in _lines(record)] if record.exists() else []
    began = {_execution(line) for line in lines if line.get("what") == "began"}
    ended = {_execution(line): line for line in lines if line.get("what") == "ended"}
    completed = Counter(
        f"{line['agent']} {line['session_id']}"
        for line in ended.values()
        if line["how"] == "completed" and line["session_id"]
    )
    repeated = sorted(name for name, count in completed.items() if count > 1)
    return Executions(len(began), len(began - ended.keys()), tuple(repeated))


def _execution(line: dict[str, Any]) -> tuple[int, int]:
    return line["pid"], line["number"]


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from file


def _parsed(line: str) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}

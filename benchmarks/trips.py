"""Made-up trips by the thousand: is every plan valid, every refusal right, every answer the same, and how soon?

    python -m benchmarks.trips [--trips 400] [--small 400] [--busy 100] [--seed 1] [--processes 2] [--again-every 1]
        [--short]

- Any trips: 1 to 14 days, 1 to 4 cities, 0 to 80 sights in each, every wish alone and in pairs. Each plan is read by
  the checker, which knows the rules and nothing of the planner. Whatever it faults is listed with the trip's number,
  and the command ends with 1.
- The same again (`--again-every 10`: of every tenth) in a process with another hash seed: the answers have to be the
  same, byte for byte.
- Small trips: refusals compared with a search through everything (`tests/trips/planner/brute_force.py`).
- Five days in one city of eighty places: how long planning takes; goal: 95 of 100 in less than a second. Times are
  of the processor, as several processes plan at once.

What is at fault is also told as it is found, and how far each process is, on the error output.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from app.trips.check import check
from app.trips.plan import Answer, Infeasible, NotFound, Plan
from app.trips.planner.solving import plan_trip
from app.trips.problem import Trip
from benchmarks.generated_trips import ANY, BUSY_WEEK, SMALL, Shape, generated_trip, wish_kinds
from benchmarks.measure import aligned, machine, quantile, this_python
from tests.trips.planner.brute_force import is_possible

SHAPES = {shape.name: shape for shape in (ANY, SMALL, BUSY_WEEK)}
P95_BELOW_S = 1.0
# Of the trips asked for, so many in a hundred are five days in a large city.
BUSY_PERCENT = 25
MOST_LISTED = 40
TOLD_EVERY = 100
# What takes longer is told at once.
SLOW_S = 3.0
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass
class Outcomes:
    """Of one shape. `took_s`: of every answer. `failures`: a line each, with the number of the trip. `missed`: the
    numbers of small trips for which no plan was found, though there is one."""

    took_s: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def add(self, other: "Outcomes") -> None:
        self.took_s += other.took_s
        self.statuses += other.statuses
        self.failures += other.failures
        self.digests += other.digests
        self.missed += other.missed


def main(counts: Sequence[tuple[Shape, int]], seed: int, processes: int, again_every: int) -> int:
    """`counts`: how many trips of each shape. The exit code."""
    found = {
        shape.name: _in_processes(shape, range(seed, seed + count), processes, again_every)
        for shape, count in counts
        if count
    }
    print(machine("pydantic", "numpy"))
    heads = [
        "trips",
        "number",
        "planned",
        "infeasible",
        "not found",
        "crashed",
        "CPU p50 s",
        "p95 s",
        "p99 s",
        "most s",
    ]
    print(aligned([heads, *(_row(name, outcomes) for name, outcomes in found.items())]))
    print("\n".join(_verdicts(found)))
    failures = [f"{name} {line}" for name, outcomes in found.items() for line in outcomes.failures]
    for line in failures[:MOST_LISTED]:
        print(line)
    if len(failures) > MOST_LISTED:
        print(f"and {len(failures) - MOST_LISTED} more")
    return 1 if failures else 0


# ---- the trips of one process


def outcomes_of(shape: Shape, numbers: Sequence[int], is_checked: bool) -> Outcomes:
    """`is_checked`: else only the answers count, as in the second process."""
    outcomes = Outcomes()
    for place, number in enumerate(numbers):
        if place % TOLD_EVERY == 0:
            _tell(f"{shape.name}: {place} of {len(numbers)} done, {len(outcomes.failures)} at fault")
        trip = generated_trip(number, shape)
        began = time.process_time()
        try:
            answer = plan_trip(trip)
        except Exception as error:  # noqa: BLE001 - a crash is an outcome, and the next trip is to be planned all the same
            outcomes.statuses["crashed"] += 1
            outcomes.failures.append(_line(number, f"{_place(error)} {error!r}"))
            _tell(f"{shape.name} {outcomes.failures[-1]}")
            outcomes.digests.append(f"{number} crashed")
            continue
        outcomes.took_s.append(time.process_time() - began)
        if outcomes.took_s[-1] > SLOW_S:
            _tell(f"{shape.name} {_line(number, f'{outcomes.took_s[-1]:.1f} s, {answer.status}')}")
        outcomes.statuses[answer.status] += 1
        outcomes.digests.append(f"{number} {_digest(answer)}")
        if is_checked:
            for fault in _faults(trip, answer, shape):
                outcomes.failures.append(_line(number, fault))
                _tell(f"{shape.name} {outcomes.failures[-1]}")
            if shape is SMALL and isinstance(answer, NotFound) and is_possible(trip):
                outcomes.missed.append(number)
    return outcomes


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _faults(trip: Trip, answer: Answer, shape: Shape) -> Iterator[str]:
    if isinstance(answer, Plan):
        for verdict in check(trip, answer).verdicts:
            yield from (f"{verdict.rule}: {fault.text}" for fault in verdict.faults[:2])
    if shape is SMALL:
        can_be = is_possible(trip)
        if isinstance(answer, Infeasible) and can_be:
            yield f"refused, though it is possible: {answer.text}"
        if isinstance(answer, Plan) and not can_be:
            yield "planned, though nothing is possible that was tried"


def _line(number: int, what: str) -> str:
    return f"{number} ({' + '.join(wish_kinds(number)) or 'no wishes'}): {what}"


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _digest(answer: Answer) -> str:
    return hashlib.sha256(_ANSWER.dump_json(answer)).hexdigest()[:16]


# ---- several processes


def _in_processes(shape: Shape, numbers: range, processes: int, again_every: int) -> Outcomes:
    """Each of the processes plans its share, with a hash seed of its own; then the answers once more with others."""
    found, again = Outcomes(), Outcomes()
    for outcomes in _share_out(shape, numbers, processes, is_checked=True):
        found.add(outcomes)
    for outcomes in _share_out(shape, numbers[::again_every], processes, is_checked=False):
        again.add(outcomes)
    first, second = (dict(line.split(" ", 1) for line in part.digests) for part in (found, again))
    found.failures += [
        _line(int(number), "another answer in another process") for number in second if first[number] != second[number]
    ]
    return found


def _share_out(shape: Shape, all_numbers: range, processes: int, is_checked: bool) -> Iterator[Outcomes]:
    shares = [all_numbers[start::processes] for start in range(processes) if all_numbers[start::processes]]
    running = []
    for index, share in enumerate(shares):
        numbers = f"{share.start}:{share.stop}:{share.step}"
        command = this_python("benchmarks.trips", "--part", shape.name, numbers, *(["--checked"] if is_checked else []))
        hash_seed = {"PYTHONHASHSEED": str(index + 1 if is_checked else index + 1001)}
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment(hash_seed)))
    for process in running:
        told, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"a process ended with {process.returncode}")
        yield _OUTCOMES.validate_json(told)


_OUTCOMES = TypeAdapter(Outcomes)


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **more}


# ---- the report


def _row(name: str, outcomes: Outcomes) -> list[str]:
    statuses = ("planned", "infeasible", "not_found", "crashed")
    total = outcomes.statuses.total()
    shares = [f"{outcomes.statuses[status]} ({outcomes.statuses[status] / total:.1%})" for status in statuses]
    times = [*(quantile(outcomes.took_s, share) for share in (0.5, 0.95, 0.99)), max(outcomes.took_s)]
    return [name, str(total), *shares, *(f"{time_s:.3f}" for time_s in times)]


def _verdicts(found: dict[str, Outcomes]) -> Iterator[str]:
    digests = [line for outcomes in found.values() for line in outcomes.digests]
    yield f"answers: {hashlib.sha256('|'.join(sorted(digests)).encode()).hexdigest()}"
    if busy := found.get(BUSY_WEEK.name):
        p95 = quantile(busy.took_s, 0.95)
        verdict = "reached" if p95 < P95_BELOW_S else "missed"
        yield f"five days, one city, eighty places: p95 {p95:.2f} s; goal below {P95_BELOW_S:.0f} s: {verdict}"
    if small := found.get(SMALL.name):
        missed = ", ".join(map(str, sorted(small.missed)))
        yield f"small trips not planned, though there is a plan: {missed or 'none'}"
    failed = sum(len(outcomes.failures) for outcomes in found.values())
    yield f"plans at fault, refusals at fault, crashes, answers that differ: {failed}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trips")
    parser.add_argument("--trips", type=int, default=400, help="how many of any size")
    parser.add_argument("--small", type=int, help="how many small ones; as many")
    parser.add_argument("--busy", type=int, help=f"how many of five days in a large city; {BUSY_PERCENT} in a hundred")
    parser.add_argument("--seed", type=int, default=1, help="the number of the first")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again-every", type=int, default=1, help="one in so many is planned a second time")
    parser.add_argument("--short", action="store_true", help="fewer trips")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--checked", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        own = range(*(int(part) for part in asked.part[1].split(":")))
        print(_OUTCOMES.dump_json(outcomes_of(SHAPES[asked.part[0]], own, asked.checked)).decode())
    else:
        trips = 60 if asked.short else asked.trips
        small = trips if asked.small is None else asked.small
        busy = max(20, trips * BUSY_PERCENT // 100) if asked.busy is None else asked.busy
        sys.exit(
            main(((ANY, trips), (SMALL, small), (BUSY_WEEK, busy)), asked.seed, asked.processes, asked.again_every)
        )

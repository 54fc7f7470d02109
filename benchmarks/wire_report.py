"""What `wire.py` measures, and the words and tables of its report; nothing here starts anything."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import quantile, spread
from benchmarks.peers.environments import QUEUES


@dataclass(frozen=True)
class Case:
    """`wait_ms`: how long each agent takes. `in_flight`: plans under way at a time."""

    key: str
    title: str
    wait_ms: int
    in_flight: int


CASES = (
    Case("a", "agents that do nothing, one plan at a time", 0, 1),
    Case("b", "agents that do nothing, 64 plans in flight", 0, 64),
    Case("c", "agents that wait 50 ms, 64 plans in flight (640 plans/s is the ceiling)", 50, 64),
)

PARTS = ("client", "workers", "redis")


@dataclass(frozen=True)
class Figures:
    """One contender's run of one case. `cpu_ms`: CPU time a plan, by part. `others`: how many CPU cores were busy with
    anything else; where that is not near 0, the times and rates tell of that load too."""

    plans_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]
    others: float

    @classmethod
    def of(cls, run: dict[str, Any], cpu_s: dict[str, float], machine_cpu_s: float) -> "Figures":
        """From what the client process told, and the CPU seconds of that time: by part, and of the whole machine."""
        plans, took_ms, seconds = run["plans"], run["latencies_ms"], run["seconds"]
        others = max(0.0, machine_cpu_s - sum(cpu_s.values())) / seconds
        cpu_ms = {part: each_s * 1000 / plans for part, each_s in cpu_s.items()}
        return cls(plans / seconds, quantile(took_ms, 0.5), quantile(took_ms, 0.99), cpu_ms, others)

    @property
    def total_cpu_ms(self) -> float:
        return sum(self.cpu_ms.values())

    def __str__(self) -> str:
        times = f"p50 {self.p50_ms:.2f} ms, p99 {self.p99_ms:.2f} ms"
        return f"{self.plans_per_s:.0f} plans/s, {times}, {self.total_cpu_ms:.2f} ms CPU/plan, others {self.others:.1f}"


Round = dict[tuple[str, str], list[Figures]]
"""By case and contender; the limit ran more than once."""
Results = list[Round]
"""Round by round."""

Measure = Callable[[Figures], float]


@dataclass(frozen=True)
class Ratio:
    """Ours in relation to the best of the others. `goal` and `floor` are reached from above where `is_cost`, else from
    below."""

    title: str
    case: str
    others: tuple[str, ...]
    measure: Measure
    is_cost: bool
    goal: float
    floor: float | None = None

    def values(self, results: Results) -> list[float]:
        """One a round; empty where not all of them ran."""
        return [self._value(one) for one in results if all((self.case, name) in one for name in ("ours", *self.others))]

    def _value(self, one: Round) -> float:
        best = min if self.is_cost else max
        others = (self._mean(one, name) for name in self.others)
        return self._mean(one, "ours") / best(others)

    def _mean(self, one: Round, contender: str) -> float:
        return statistics.mean(self.measure(figures) for figures in one[self.case, contender])

    def verdict(self, value: float) -> str:
        if self._reaches(value, self.goal):
            return "goal reached"
        return "below the floor" if self.floor is not None and not self._reaches(value, self.floor) else "goal missed"

    def _reaches(self, value: float, mark: float) -> bool:
        return value <= mark if self.is_cost else value >= mark


RATIOS = (
    Ratio("CPU/plan, ours : limit, 64 in flight", "b", ("limit",), lambda f: f.total_cpu_ms, True, 1.4, 2.2),
    Ratio("p50, ours : limit, one at a time", "a", ("limit",), lambda f: f.p50_ms, True, 1.4, 2.5),
    Ratio("plans/s, ours : better queue, 64 in flight", "b", QUEUES, lambda f: f.plans_per_s, False, 6.0, 3.5),
    Ratio("plans/s, ours : limit, agents of 50 ms", "c", ("limit",), lambda f: f.plans_per_s, False, 0.9),
)

COLUMNS: tuple[tuple[str, Measure], ...] = (
    ("plans/s", lambda f: f.plans_per_s),
    ("p50 ms", lambda f: f.p50_ms),
    ("p99 ms", lambda f: f.p99_ms),
    ("CPU ms/plan", lambda f: f.total_cpu_ms),
    *((part, lambda f, part=part: f.cpu_ms[part]) for part in PARTS),
    ("busy elsewhere", lambda f: f.others),
)


def report(cases: Sequence[Case], results: Results) -> str:
    """Ratios first; then a table a case: plans/s, how long one took, its CPU time in all and by part, and how many
    cores were busy with something else. Median, and in brackets the least and the most."""
    ratios = [_ratio_line(ratio, values) for ratio in RATIOS if (values := ratio.values(results))]
    return "\n".join([*ratios, *(line for case in cases for line in ("", case.title, *_table(case, results)))])


def _ratio_line(ratio: Ratio, values: list[float]) -> str:
    floor = "" if ratio.floor is None else f", floor {ratio.floor:g}"
    verdict = ratio.verdict(statistics.median(values))
    return f"{ratio.title:45}{spread(values):22}goal {ratio.goal:g}{floor}: {verdict}"


def _table(case: Case, results: Results) -> list[str]:
    names = list(dict.fromkeys(name for one in results for key, name in one if key == case.key))
    rows = [["", *(title for title, _ in COLUMNS)], *(_row(case, name, results) for name in names)]
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(len(rows[0]))]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(case: Case, name: str, results: Results) -> list[str]:
    runs = [figures for one in results for figures in one.get((case.key, name), [])]
    digits = [0 if title == "plans/s" else 2 for title, _ in COLUMNS]
    columns = [[measure(figures) for figures in runs] for _, measure in COLUMNS]
    return [name, *(spread(values, places) for values, places in zip(columns, digits, strict=True))]

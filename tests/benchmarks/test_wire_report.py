"""What the wire benchmark says is what was measured: ratios within a round, against the best of the others."""

import pytest

from benchmarks.wire import contenders
from benchmarks.wire_report import CASES, RATIOS, Case, Figures, Ratio, report

CPU = Ratio("cost", "b", ("limit",), lambda figures: figures.total_cpu_ms, True, 1.4, 2.2)
RATE = Ratio("rate", "b", ("taskiq", "arq"), lambda figures: figures.plans_per_s, False, 6.0, 3.5)


def figures(plans_per_s: float = 100.0, cpu_ms: float = 3.0) -> Figures:
    return Figures(plans_per_s, 1.0, 2.0, {"client": cpu_ms / 3, "workers": cpu_ms / 3, "redis": cpu_ms / 3}, 0.0)


def test_figures_are_those_of_one_plan() -> None:
    run = {"plans": 50, "seconds": 2.0, "latencies_ms": [float(number) for number in range(50)]}
    found = Figures.of(run, {"client": 0.1, "redis": 0.05}, machine_cpu_s=0.55)
    assert (found.plans_per_s, found.p50_ms, found.p99_ms) == (25.0, 25.0, 49.0)
    assert found.cpu_ms == {"client": pytest.approx(2.0), "redis": pytest.approx(1.0)}
    assert found.total_cpu_ms == pytest.approx(3.0)
    assert found.others == pytest.approx(0.2), "cores that were busy with something else"


def test_a_cost_is_held_against_the_mean_of_the_limits_runs_before_and_after() -> None:
    results = [{("b", "ours"): [figures(cpu_ms=3.0)], ("b", "limit"): [figures(cpu_ms=1.0), figures(cpu_ms=2.0)]}]
    assert CPU.values(results) == [pytest.approx(2.0)]


def test_a_cost_is_held_against_the_cheapest_of_several() -> None:
    cheapest = Ratio("cost", "b", ("limit", "arq"), lambda figures: figures.total_cpu_ms, True, 1.4)
    results = [{("b", name): [figures(cpu_ms=ms)] for name, ms in (("ours", 6.0), ("limit", 3.0), ("arq", 2.0))}]
    assert cheapest.values(results) == [pytest.approx(3.0)]


def test_a_rate_is_held_against_the_better_of_the_queues_of_the_same_round() -> None:
    slow, fast = figures(plans_per_s=50), figures(plans_per_s=200)
    results = [
        {("b", "ours"): [figures(600)], ("b", "taskiq"): [slow], ("b", "arq"): [fast]},
        {("b", "ours"): [figures(600)], ("b", "taskiq"): [fast], ("b", "arq"): [slow]},
    ]
    assert RATE.values(results) == [3.0, 3.0]


def test_there_is_no_ratio_where_not_all_of_them_ran() -> None:
    assert RATE.values([{("b", "ours"): [figures()], ("b", "arq"): [figures()]}]) == []
    assert CPU.values([{("a", "ours"): [figures()], ("a", "limit"): [figures()]}]) == []


@pytest.mark.parametrize(
    ("ratio", "value", "verdict"),
    [
        (CPU, 1.4, "goal reached"),
        (CPU, 1.41, "goal missed"),
        (CPU, 2.2, "goal missed"),
        (CPU, 2.21, "below the floor"),
        (RATE, 6.0, "goal reached"),
        (RATE, 3.5, "goal missed"),
        (RATE, 3.49, "below the floor"),
    ],
)
def test_a_mark_that_is_missed_is_called_missed(ratio: Ratio, value: float, verdict: str) -> None:
    assert ratio.verdict(value) == verdict


def test_the_report_has_the_ratios_first_and_every_contender_of_every_case() -> None:
    rows = {(case.key, name): [figures()] for case in CASES for name in ("limit", "ours", "taskiq", "arq")}
    lines = report(CASES, [rows]).splitlines()
    assert [line.split("  ")[0] for line in lines[: len(RATIOS)]] == [ratio.title for ratio in RATIOS]
    assert [line for line in lines if line in {case.title for case in CASES}] == [case.title for case in CASES]
    assert sum(line.startswith("ours") for line in lines) == len(CASES)


def test_a_case_that_was_left_out_leaves_its_ratios_out() -> None:
    only = [Case("b", "busy", 0, 64)]
    told = report(only, [{("b", "ours"): [figures()], ("b", "limit"): [figures()]}])
    assert "CPU/plan" in told
    assert "p50, ours" not in told
    assert "queue" not in told


def test_the_limit_runs_before_and_after_ours() -> None:
    assert [one.name for one in contenders(["taskiq", "limit", "ours"])] == ["taskiq", "limit", "ours", "limit"]
    assert [one.name for one in contenders(["limit"])] == ["limit"]

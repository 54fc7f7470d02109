"""How near to the optimum the day planner's solver comes, on the literature's instances.

    python -m benchmarks.orienteering [PATH ...] [--tours 1 2 3 4] [--seconds 2] [--optima FILE]

PATH: files, or folders of `*.txt`, in Solomon's form or that of the TOPTW test instances; they are not part of this
repository. Each is solved for each number of tours, one after the other on one core. The gap is to the optimum or best
known value (`toptw/optima.py`, or FILE with lines of name, tours, value). Every solution is checked by a verifier that
knows nothing of the solver. Series 2 with three or more tours is where all places fit in.

Without a PATH, instances of the same kinds are made up; nothing is known of those, so the gap is to the best of the
run itself and one that is twenty times as long (`--longer`): it says what more time would bring, not what is optimal.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.trips.orienteering import DEFAULT_WORK, Solution, solve
from benchmarks.measure import aligned, machine
from benchmarks.toptw.generator import made_up
from benchmarks.toptw.instance import Instance
from benchmarks.toptw.optima import known_optima, read_optima
from benchmarks.toptw.reader import read_instance
from benchmarks.toptw.verifier import faults

TOURS = (1, 2, 3, 4)
SECONDS = 2.0
LONGER = 20


@dataclass(frozen=True)
class Run:
    """`best`: the optimum, the best known value or that of a longer run; None where nothing is known. `faults`: what
    the verifier found."""

    name: str
    tours: int
    score: int
    best: int | None
    took_s: float
    is_cut_short: bool
    faults: Sequence[str]

    @property
    def gap(self) -> float | None:
        """Per cent; below zero beyond what is known."""
        return None if not self.best else 100 * (self.best - self.score) / self.best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--tours", nargs="+", type=int, default=TOURS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the search is cut short after so many")
    parser.add_argument("--optima", type=Path, help="lines of name, number of tours, value")
    parser.add_argument("--longer", type=int, default=LONGER, help="how much longer the run to compare with is")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.paths:
        optima = read_optima(arguments.optima) if arguments.optima else known_optima()
        instances = [read_instance(path) for path in _files(arguments.paths)]
        runs = [
            against_known(instance, tours, arguments.seed, arguments.seconds, optima)
            for instance in instances
            for tours in arguments.tours
        ]
    else:
        runs = [
            against_longer(instance, tours, arguments.seed, arguments.seconds, arguments.longer)
            for instance in made_up()
            for tours in arguments.tours
        ]
    print(report(runs))
    print(machine("numpy"))
    if any(run.faults for run in runs):
        raise SystemExit(1)


def _files(paths: Iterable[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]


def against_known(
    instance: Instance, tours: int, seed: int, seconds: float, optima: Mapping[tuple[str, int], int]
) -> Run:
    return _run(instance, tours, seed, seconds, optima.get((instance.name, tours)))


def against_longer(instance: Instance, tours: int, seed: int, seconds: float, longer: int) -> Run:
    points, travel, ways = instance.problem(tours)
    long = solve(points, travel, ways, seed=seed + 1, work=longer * DEFAULT_WORK)
    run = _run(instance, tours, seed, seconds, None)
    return Run(run.name, tours, run.score, max(long.score, run.score), run.took_s, run.is_cut_short, run.faults)


def _run(instance: Instance, tours: int, seed: int, seconds: float, best: int | None) -> Run:
    points, travel, ways = instance.problem(tours)
    began = time.perf_counter()
    solution = solve(points, travel, ways, seed=seed, time_limit_s=seconds)
    took_s = time.perf_counter() - began
    found = faults(instance, tours, _sequences(solution), solution.score)
    return Run(instance.name, tours, solution.score, best, took_s, solution.is_cut_short, found)


def _sequences(solution: Solution) -> list[list[int]]:
    """Numbered as in the file, where the depot is 0."""
    return [[point + 1 for point in sequence] for sequence in solution.sequences]


def report(runs: Sequence[Run]) -> str:
    """A row for each run, then what they come to, by number of tours and in all."""
    heads = ["instance", "tours", "score", "best", "gap %", "seconds", ""]
    lines = [aligned([heads, *map(_row, runs)]), ""]
    for tours in sorted({run.tours for run in runs}):
        lines.append(_sum(f"{tours} tours" if tours > 1 else "1 tour", [run for run in runs if run.tours == tours]))
    lines.append(_sum("all", runs))
    return "\n".join(lines)


def _row(run: Run) -> list[str]:
    gap = "" if run.gap is None else f"{run.gap:.2f}"
    verdict = "; ".join(run.faults) or ("cut short" if run.is_cut_short else "ok")
    return [run.name, str(run.tours), str(run.score), str(run.best or ""), gap, f"{run.took_s:.2f}", verdict]


def _sum(name: str, runs: Sequence[Run]) -> str:
    gaps = [run.gap for run in runs if run.gap is not None]
    gap = f"gap mean {statistics.mean(gaps):.2f} %, most {max(gaps):.2f} %" if gaps else "nothing known"
    seconds = [run.took_s for run in runs]
    infeasible = sum(bool(run.faults) for run in runs)
    return (
        f"{name}: {len(runs)} runs, {gap}; {statistics.mean(seconds):.2f} s each, {max(seconds):.2f} s at most; "
        f"{infeasible} infeasible"
    )


if __name__ == "__main__":
    main()

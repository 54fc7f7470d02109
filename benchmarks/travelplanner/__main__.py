"""Trips in the form of the TravelPlanner benchmark, and its rules as a judge of our plans.

    python -m benchmarks.travelplanner [--instances 300] [--seed 1] [--short]

The form and the rules are those of OSU-NLP-Group/TravelPlanner in its sole-planning mode (evaluation/
commonsense_constraint.py, hard_constraint.py and tools/googleDistanceMatrix/apis.py, read in 2026); places and prices
are made up here, so figures are not those of its leaderboard. 3, 5 or 7 days for 1, 2 or 3 cities; 1 to 8 people; a
budget; and up to three of: a house rule, cuisines, a room type, a way of travelling that is ruled out.

Told: the final pass rate, of all instances that can be had (goal: 100 %), and whether every refusal is right. What can
be had is found by trying every order of cities, share of days and leg, with the cheapest stays and meals. TravelPlanner
allows days of travel without meals; our planner does not, where there is time for one. So what can be had is told both
ways, and the goal goes by the way of the planner.
"""

import argparse
import sys
import time
from collections import Counter

from app.trips.plan import Answer, Infeasible, Plan
from app.trips.planner.solving import plan_trip
from benchmarks.measure import aligned, machine, quantile
from benchmarks.travelplanner.form import GOAL, Instance
from benchmarks.travelplanner.instances import instance
from benchmarks.travelplanner.judge import broken_rules
from benchmarks.travelplanner.mapping import as_trip
from benchmarks.travelplanner.possible import least_cost


def faults_of(found: Instance, answer: Answer) -> dict[str, str]:
    """What is wrong with an answer, {} for a right one."""
    if isinstance(answer, Plan):
        return broken_rules(found, answer)
    if isinstance(answer, Infeasible):
        least = least_cost(found, "meals when due")
        return {} if least is None or least > found.budget else {"refusal": f"{least} of {found.budget} would do"}
    return {"not found": answer.text}


def main(instances: int, seed: int) -> int:
    """The exit code."""
    took_s, statuses, broken, lines = [], Counter[str](), Counter[str](), list[str]()
    feasible = passed = skipped = 0
    for number in range(seed, seed + instances):
        found = instance(number)
        trip = as_trip(found)
        began = time.process_time()
        answer = plan_trip(trip)
        took_s.append(time.process_time() - began)
        statuses[answer.status] += 1
        faults = faults_of(found, answer)
        broken.update(faults.keys())
        lines += [f"{number}: {rule}: {fault}" for rule, fault in faults.items()]
        least, with_gaps = (least_cost(found, how) for how in ("meals when due", "meals skipped on the way"))
        can_be_had = least is not None and least <= found.budget
        feasible += can_be_had
        passed += can_be_had and isinstance(answer, Plan) and not faults
        skipped += not can_be_had and with_gaps is not None and with_gaps <= found.budget
    print(machine("pydantic", "numpy"))
    times = [f"{quantile(took_s, share):.3f}" for share in (0.5, 0.95, 0.99)]
    heads = ["instances", "planned", "infeasible", "not found", "can be had", "passed", "CPU p50 s", "p95 s", "p99 s"]
    counts = [statuses[status] for status in ("planned", "infeasible", "not_found")]
    print(aligned([heads, [str(instances), *map(str, counts), str(feasible), str(passed), *times]]))
    print(f"refused, and could be had only without a meal on a day of travel: {skipped}")
    print("\n".join(f"broken: {rule}: {count}" for rule, count in sorted(broken.items())) or "no rule broken")
    print("\n".join(lines[:40]))
    rate = passed / max(1, feasible)
    verdict = "reached" if rate >= GOAL else "missed"
    print(f"final pass rate {rate:.1%} of {feasible} that can be had; goal {GOAL:.0%}: {verdict}")
    return 1 if lines else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.travelplanner")
    parser.add_argument("--instances", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="fewer instances")
    asked = parser.parse_args()
    sys.exit(main(40 if asked.short else asked.instances, asked.seed))

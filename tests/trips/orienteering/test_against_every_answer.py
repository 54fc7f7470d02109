"""On problems small enough to try every answer, the solver finds the best one."""

from hypothesis import HealthCheck, given, settings

from app.trips.orienteering import schedule, solve
from tests.trips.orienteering.small_problems import (
    SmallProblem,
    best_value,
    check_times,
    finish,
    keeps_to_the_rules,
    small_problems,
    value,
)

ROUNDS = 60
many = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@many
@given(small_problems())
def test_the_best_answer_is_found(problem: SmallProblem) -> None:
    found = solve(problem.points, problem.travel, problem.tours, iterations=ROUNDS, budget=problem.budget)
    assert value(problem, found.sequences) == best_value(problem)


@many
@given(small_problems(most_points=9, most_tours=4))
def test_every_answer_keeps_to_the_rules(problem: SmallProblem) -> None:
    found = solve(problem.points, problem.travel, problem.tours, iterations=20, budget=problem.budget)
    assert keeps_to_the_rules(problem, found.sequences)
    check_times(problem, found)
    visited = {point for sequence in found.sequences for point in sequence}
    assert found.score == sum(problem.points[point].score for point in visited)
    assert found.cost == sum(problem.points[point].cost for point in visited)
    assert found.missing == tuple(
        index for index, point in enumerate(problem.points) if point.required and index not in visited
    )


@many
@given(small_problems(most_points=6, most_tours=1))
def test_the_clock_finds_the_earliest_end_over_all_places_for_the_breaks(problem: SmallProblem) -> None:
    sequence = tuple(range(len(problem.points)))
    laid = schedule(problem.points, problem.travel, problem.tours, [sequence])
    earliest = finish(problem, 0, sequence)
    assert (laid.finishes[0] if laid else None) == earliest
    if laid:
        check_times(problem, laid)

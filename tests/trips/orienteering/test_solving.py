"""What `solve` promises, one promise a test."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from app.trips.orienteering import Break, OrienteeringError, Point, Tour, schedule, solve, solve_trusted
from benchmarks.toptw.generator import made_up

ALWAYS = ((0, 1000),)

# Four places on a line, ten minutes apart; the last is where tours start and end.
LINE = [[10 * abs(a - b) for b in (1, 2, 3, 0)] for a in (1, 2, 3, 0)]
DAY = Tour(3, 3, 0, 100)


def point(
    score: int = 1,
    minutes: int = 10,
    windows: Sequence[tuple[int, int]] = ALWAYS,
    cost: int = 0,
    required: bool = False,
) -> Point:
    return Point(score, minutes, (tuple(windows),), cost, required)


def test_no_points_make_an_empty_plan() -> None:
    found = solve([], [[0]], [Tour(0, 0, 8, 20)])
    assert (found.tours, found.finishes, found.score) == (((),), (8,), 0)


def test_the_day_ends_in_time() -> None:
    found = solve([point(), point(), point(5)], LINE, [replace(DAY, closes=85)], iterations=50)
    assert found.finishes[0] <= 85
    assert found.score == 6


def test_a_visit_begins_within_one_of_its_windows() -> None:
    found = solve([point(windows=[(0, 5), (40, 60)])], [[0, 10], [10, 0]], [Tour(1, 1, 0, 100)], iterations=10)
    visit = found.tours[0][0]
    assert (visit.arrives, visit.starts, visit.ends) == (10, 40, 50)


def test_a_point_closed_in_a_tour_is_visited_in_another() -> None:
    closed_first = Point(1, 10, ((), ALWAYS))
    found = solve([closed_first], [[0, 10], [10, 0]], [Tour(1, 1, 0, 100)] * 2, iterations=10)
    assert found.sequences == ((), (0,))


def test_a_break_is_taken_where_the_visit_before_it_was() -> None:
    lunch = Break(30, 25, 40)
    found = solve([point()], [[0, 10], [10, 0]], [Tour(1, 1, 0, 100, (lunch,))], iterations=10)
    assert found.breaks == (((1, 25, 55),),)
    assert found.finishes == (65,)


def test_a_required_point_comes_before_any_score() -> None:
    far = point(score=0, required=True)
    found = solve([point(50), far, point(50)], LINE, [replace(DAY, closes=55)], iterations=50)
    assert found.missing == ()
    assert 1 in found.sequences[0]


def test_a_required_point_that_cannot_be_visited_is_named() -> None:
    found = solve([point(), point(required=True, windows=[(0, 5)])], [[0, 9, 9]] * 3, [Tour(2, 2, 0, 99)], iterations=9)
    assert found.missing == (1,)
    assert found.sequences == ((0,),)


def test_most_counts_required_points_too() -> None:
    points = [point(3), point(2), point(1, required=True)]
    for most, seen in ((1, [2]), (2, [0, 2])):
        found = solve(points, LINE, [replace(DAY, most=most)], iterations=50)
        assert sorted(found.sequences[0]) == seen


def test_points_that_may_exceed_most_do_so_among_themselves_only() -> None:
    wished = [replace(point(required=True), may_exceed=True) for _ in range(2)]
    found = solve([*wished, point(9)], LINE, [replace(DAY, most=1)], iterations=50)
    assert sorted(found.sequences[0]) == [0, 1]
    found = solve([*wished, point(9)], LINE, [replace(DAY, most=1, is_strict=True)], iterations=50)
    assert len(found.sequences[0]) == len(found.missing) == 1


def test_what_does_not_count_has_room_in_a_full_tour() -> None:
    points = [point(3), replace(point(2), counts=False), point(1)]
    found = solve(points, LINE, [replace(DAY, most=1)], iterations=50)
    assert sorted(found.sequences[0]) == [0, 1]


def test_the_budget_holds_over_all_tours() -> None:
    points = [Point(score, 5, (ALWAYS, ALWAYS), cost=score) for score in (4, 3, 3)]
    found = solve(points, LINE, [DAY, DAY], iterations=50, budget=6)
    assert (found.score, found.cost) == (6, 6)


def test_ways_need_not_be_the_same_in_both_directions() -> None:
    one_way = [[0, 1, 20], [20, 0, 1], [1, 20, 0]]
    found = solve([point(), point()], one_way, [Tour(2, 2, 0, 33)], iterations=30)
    assert found.sequences == ((0, 1),)


def test_a_detour_may_be_the_only_way() -> None:
    travel = [[0, 1, 1], [1, 0, 90], [1, 90, 0]]
    tour = Tour(2, 2, 0, 40)
    found = solve([point(1, 1), point(5, 1)], travel, [tour], iterations=30)
    assert found.sequences == ((0,),)
    assert schedule([point(1, 1), point(5, 1)], travel, [tour], [(1,)]) is None


def test_among_equal_scores_the_shorter_way_is_taken() -> None:
    spots = [(7, 3), (1, 9), (4, 4), (9, 9), (2, 2), (8, 0), (0, 0)]
    travel = [[3 * (abs(a - c) + abs(b - d)) for c, d in spots] for a, b in spots]
    found = solve([point()] * 6, travel, [Tour(6, 6, 0, 1000)], iterations=50)
    lengths = {order: sum(travel[a][b] for a, b in pairwise([6, *order, 6])) for order in permutations(range(6))}
    assert lengths[found.sequences[0]] == min(lengths.values())


def test_the_search_starts_from_what_is_given() -> None:
    points = [point(), point(), point()]
    found = solve(points, LINE, [DAY], iterations=0, initial=[(2, 1, 0)])
    assert found.score == 3


def test_it_makes_no_more_rounds_than_it_may() -> None:
    short = Tour(3, 3, 0, 40)
    found = solve([point(), point(), point()], LINE, [short], iterations=7)
    assert (found.iterations, found.is_cut_short) == (7, False)


def test_it_does_not_go_on_for_long_once_everything_is_visited() -> None:
    found = solve([point(), point(), point()], LINE, [DAY], iterations=1000)
    assert found.score == 3
    assert 1 <= found.iterations <= 101


def test_a_point_that_is_closed_for_good_does_not_count_as_left() -> None:
    found = solve([point(), point(windows=()), point()], LINE, [DAY], iterations=1000)
    assert found.iterations <= 101


def test_numpys_whole_numbers_are_taken_and_python_ones_given() -> None:
    numbers = np.array([1, 10, 40])
    asked = [replace(point(), score=numbers[0], minutes=numbers[1], windows=(((numbers[0], numbers[2]),),))]
    tour = replace(DAY, closes=np.int64(100), breaks=(Break(numbers[1], numbers[2], np.int64(60)),))
    found = solve([*asked, point(), point()], np.array(LINE), [tour], iterations=5)
    assert found == solve(
        [point(windows=((1, 40),)), point(), point()], LINE, [replace(tour, closes=100)], iterations=5
    )
    json.dumps(asdict(found))


def test_counted_work_ends_the_search_too() -> None:
    points, travel, tours = made_up()[0].problem(2)
    little, more = (solve(points, travel, tours, work=work) for work in (20_000, 100_000))
    assert 0 < little.iterations < more.iterations
    assert not more.is_cut_short


def test_the_time_limit_is_reported() -> None:
    points, travel, tours = made_up()[0].problem(2)
    found = solve(points, travel, tours, time_limit_s=0.0)
    assert (found.iterations, found.is_cut_short) == (0, True)
    assert found.score > 0


def test_more_rounds_are_never_worse() -> None:
    points, travel, tours = made_up()[2].problem(1)
    first, second = (solve(points, travel, tours, iterations=rounds).score for rounds in (0, 150))
    assert second > first


SHOWN = """
from benchmarks.toptw.generator import made_up
from app.trips.orienteering import solve
for instance in made_up()[:2]:
    print(solve(*instance.problem(3), seed=5, iterations=60))
"""


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", SHOWN], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    here = "".join(f"{solve(*instance.problem(3), seed=5, iterations=60)}\n" for instance in made_up()[:2])
    assert answers == {here.encode()}


def test_the_global_random_state_is_left_alone() -> None:
    random.seed(1)
    solve([point(), point(), point()], LINE, [DAY], iterations=20)
    assert random.random() == random.Random(1).random()


def test_a_schedule_says_when_each_visit_is() -> None:
    laid = schedule([point(), point(), point()], LINE, [DAY], [(2, 0)])
    assert laid is not None
    assert [(visit.point, visit.starts) for visit in laid.tours[0]] == [(2, 30), (0, 60)]
    assert laid.finishes == (80,)


@pytest.mark.parametrize("sequences", [[(0, 0)], [(3,)], [(-1,)], [(0,), (1,)], []])
def test_a_sequence_of_points_that_make_no_sense_is_refused(sequences: list[tuple[int, ...]]) -> None:
    with pytest.raises(OrienteeringError):
        schedule([point(), point(), point()], LINE, [DAY], sequences)


def test_a_trusted_caller_gets_the_same() -> None:
    points, travel, tours = made_up()[3].problem(2)
    asked = solve(points, travel, tours, work=20_000)
    trusted = solve_trusted(points, travel, tours, work=20_000, time_limit_s=None, budget=None, initial=None)
    assert trusted == asked


def test_a_trusted_callers_first_tours_are_left_if_they_do_not_work() -> None:
    late = [point(windows=[(0, 5)]), point()]
    travel = [[0, 10, 10], [10, 0, 10], [10, 10, 0]]
    found = [
        solve_trusted(late, travel, [Tour(2, 2, 0, 100)], work=2_000, time_limit_s=None, budget=None, initial=initial)
        for initial in (None, ((1, 0),))
    ]
    assert found[0] == found[1]
    assert found[0].sequences == ((1,),)

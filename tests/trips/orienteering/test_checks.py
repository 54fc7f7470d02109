"""Problems that are none, and what is said of them."""

from dataclasses import replace
from typing import Any

import pytest

from app.errors import RoundTableError
from app.trips.orienteering import Break, OrienteeringError, Point, Tour, solve

POINT = Point(1, 10, (((0, 100),),))
TOUR = Tour(1, 1, 0, 100)
WAYS = [[0, 10], [10, 0]]


def refusal(points: Any = (POINT,), travel: Any = WAYS, tours: Any = (TOUR,), **more: Any) -> str:
    with pytest.raises(OrienteeringError) as caught:
        solve(points, travel, tours, iterations=1, **more)
    assert isinstance(caught.value, RoundTableError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"score": -1}, "score of point 0 is -1"),
        ({"score": 1.5}, "not a whole number"),
        ({"minutes": -5}, "minutes of point 0"),
        ({"cost": -1}, "cost of point 0"),
        ({"windows": ()}, "windows for 0 tours, not 1"),
        ({"windows": (((5, 4),),)}, "ends before it begins"),
        ({"windows": (((50, 60), (10, 20)),)}, "not sorted, or overlap"),
        ({"windows": (((10, 20), (20, 30)),)}, "not sorted, or overlap"),
        ({"windows": (((10, 2**60),),)}, "window of point 0"),
        ({"windows": (((10, 20, 30),),)}, "a window is two times"),
    ],
)
def test_a_point_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(points=[replace(POINT, **changes)])


@pytest.mark.parametrize(
    ("travel", "said"),
    [
        ([], "0 rows for 1 points"),
        ([[0, 1], [1]], "row 1 of the travel matrix has 1 entries"),
        ([[0, -1], [1, 0]], "travel from 0 is -1"),
        ([[0, 1.5], [1, 0]], "not a whole number"),
        ([[0, float("nan")], [1, 0]], "not a whole number"),
        ([[0, 2**60], [1, 0]], "travel from 0"),
    ],
)
def test_a_matrix_that_makes_no_sense_is_refused(travel: Any, said: str) -> None:
    assert said in refusal(travel=travel)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": 2}, "the start of tour 0 is 2"),
        ({"end": -1}, "the end of tour 0 is -1"),
        ({"closes": -1}, "before it opens"),
        ({"most": -1}, "most of tour 0"),
        ({"breaks": (Break(-1, 0, 5),)}, "a break of tour 0"),
        ({"breaks": (Break(1, 6, 5),)}, "has to begin by 5"),
        ({"breaks": (Break(60, 50, 60),)}, "tour 0 cannot be made even without visits"),
        ({"breaks": (Break(5, 50, 60), Break(5, 10, 20))}, "tour 0 cannot be made even without visits"),
        ({"start": 0, "closes": 5}, "tour 0 cannot be made even without visits"),
    ],
)
def test_a_tour_that_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(tours=[replace(TOUR, **changes)])


def test_there_has_to_be_a_tour() -> None:
    assert "no tour" in refusal(tours=[])


def test_a_budget_is_not_below_nothing() -> None:
    assert "budget" in refusal(budget=-1)


@pytest.mark.parametrize("bound", [{"iterations": -1}, {"work": -1}, {"time_limit_s": float("nan")}])
def test_bounds_are_not_below_nothing(bound: dict[str, Any]) -> None:
    with pytest.raises(OrienteeringError):
        solve([POINT], WAYS, [TOUR], **bound)


def test_initial_tours_have_to_work() -> None:
    assert "do not work" in refusal(tours=[replace(TOUR, closes=25)], initial=[(0,)])
    assert "more visits than it may" in refusal(tours=[replace(TOUR, most=0)], initial=[(0,)])
    assert "more than the budget" in refusal(points=[replace(POINT, cost=5)], initial=[(0,)], budget=4)

"""Tours of different plans are put together where that is worth more than any of the plans."""

from app.trips.orienteering import Point, Tour
from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field
from app.trips.orienteering.recombination import Pool

SCORES = (5, 1, 5, 1)


def field(tours: int, budget: int | None = None) -> Field:
    points = [Point(score, 1, (((0, 100),),) * tours, cost=score) for score in SCORES]
    travel = [[1] * 5 for _ in range(5)]
    return Field(points, travel, [Tour(4, 4, 0, 100)] * tours, budget)


def pool_of(made: Field, *plans: list[tuple[int, ...]]) -> Pool:
    pool = Pool(made)
    for plan in plans:
        draft = Draft.of(made, plan)
        assert draft is not None
        pool.add(draft)
    return pool


def test_the_best_tours_that_share_no_point_are_put_together() -> None:
    pool = pool_of(field(2), [(0,), (1,)], [(2,), (3,)])
    found = pool.best(above=6)
    assert found is not None
    assert sorted(way.visits for way in found.ways) == [(0,), (2,)]
    assert found.value == 10


def test_tours_that_share_a_point_are_not() -> None:
    assert pool_of(field(2), [(0,), (1,)], [(0, 2), (3,)]).best(above=12) is None


def test_only_what_is_worth_more_counts() -> None:
    assert pool_of(field(2), [(0,), (1,)], [(2,), (3,)]).best(above=10) is None


def test_the_budget_holds() -> None:
    found = pool_of(field(2, budget=7), [(0,), (1,)], [(2,), (3,)]).best(above=5)
    assert found is not None
    assert (found.value, found.cost) == (6, 6)


def test_looking_for_the_same_once_more_counts_as_much_work() -> None:
    made = field(2)
    pool = pool_of(made, [(0, 2), (1, 3)], [(0,), (2,)])
    work = made.work
    assert pool.best(above=12) is None
    first, work = made.work - work, made.work
    assert pool.best(above=12) is None
    assert made.work - work == first > 0


def test_what_comes_in_after_a_search_in_vain_is_looked_at() -> None:
    made = field(2)
    pool = pool_of(made, [(0,), (1,)])
    assert pool.best(above=6) is None
    better = Draft.of(made, [(2,), (3,)])
    assert better is not None
    pool.add(better)
    found = pool.best(above=6)
    assert found is not None
    assert found.value == 10


def test_an_empty_pool_has_no_plan() -> None:
    assert Pool(field(1)).best(above=0) is None

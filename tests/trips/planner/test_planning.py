"""The promises of `plan_days`, over every city, season, pace and length."""

from dataclasses import replace
from datetime import date, timedelta
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.trips.places.catalogue import WEEKDAYS, City, all_cities
from app.trips.planner.frames import DINNER_FROM, DINNER_TO, LUNCH_FROM, LUNCH_TO
from app.trips.planner.interests import understand
from app.trips.planner.legs import leg_between
from app.trips.planner.pace import PACE_RULES, PACES_FROM_SLOW
from app.trips.planner.planning import plan_days
from app.trips.planner.problem import Block, DayConditions, Plan, PlannedDay, Problem, Spot

PARIS = all_cities()["paris"]
many_problems = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def problem_in(
    city: City,
    *,
    first: date = date(2026, 7, 1),
    rain: tuple[int | None, ...] = (20, 20, 20),
    interests: tuple[str, ...] = (),
    pace: str = "moderate",
    mode: str | None = None,
    arrives: int | None = None,
    leaves: int | None = None,
) -> Problem:
    days = tuple(DayConditions(first + timedelta(days=index), chance) for index, chance in enumerate(rain))
    base = Spot(city.latitude, city.longitude)
    return Problem(days, tuple(city.sights), understand(interests), pace, mode, base, arrives, leaves)  # type: ignore[arg-type]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    return problem_in(
        draw(st.sampled_from(list(all_cities().values()))),
        first=draw(st.dates(date(2024, 1, 1), date(2030, 12, 31))),
        rain=tuple(draw(st.lists(st.sampled_from([None, 10, 44, 45, 90]), min_size=1, max_size=30))),
        interests=tuple(draw(st.lists(st.sampled_from(["art", "food", "views", "beach", "quilting"]), max_size=3))),
        pace=draw(st.sampled_from(PACES_FROM_SLOW)),
        mode=draw(st.sampled_from([None, "walking", "cycling", "driving"])),
        arrives=draw(st.one_of(st.none(), st.integers(0, 3 * 1440))),
        leaves=draw(st.one_of(st.none(), st.integers(0, 1439))),
    )


def opens_in_the_evening(block: Block, day: PlannedDay) -> bool:
    assert block.sight is not None
    windows = day.conditions.opening_minutes(block.sight) or []
    return bool(windows) and all(opens >= 16 * 60 for opens, _ in windows)


def full_days(plan: Plan) -> list[PlannedDay]:
    """Those without a journey."""
    travelling = {"arrival", "departure"}
    return [day for day in plan.days if not day.is_on_the_way and not travelling & {block.kind for block in day.blocks}]


@given(problems())
@many_problems
@pytest.mark.rows("S0-120")
def test_every_day_of_the_trip_is_planned_in_order_without_overlaps(problem: Problem) -> None:
    plan = plan_days(problem)
    assert [day.conditions for day in plan.days] == list(problem.days)
    for day in plan.days:
        assert all(0 <= block.starts < block.ends < 24 * 60 for block in day.blocks)
        assert all(block.starts % 5 == 0 and block.ends % 5 == 0 for block in day.blocks)
        assert all(before.ends <= after.starts for before, after in zip(day.blocks, day.blocks[1:], strict=False))


@given(problems())
@many_problems
def test_a_visit_lies_inside_one_window_of_its_opening_hours(problem: Problem) -> None:
    for day in plan_days(problem).days:
        for block in day.blocks:
            if block.kind == "visit" and block.sight is not None:
                windows = day.conditions.opening_minutes(block.sight)
                assert block.hours_known == (windows is not None)
                allowed = [(600, 1020)] if windows is None else windows
                assert any(opens <= block.starts and block.ends <= closes for opens, closes in allowed)


@given(problems())
@many_problems
def test_a_visit_takes_its_usual_time_with_lunch_on_the_spot_counted_in(problem: Problem) -> None:
    for day in plan_days(problem).days:
        for sight in day.sights:
            parts = [block for block in day.blocks if block.kind == "visit" and block.sight is sight]
            assert parts[-1].ends - parts[0].starts >= sight.visit_minutes
            assert [block.is_continued for block in parts] == [False, True][: len(parts)]


@given(problems())
@many_problems
def test_no_sight_comes_twice_and_each_one_is_either_seen_or_named_as_left_out(problem: Problem) -> None:
    plan = plan_days(problem)
    seen = [sight.id for day in plan.days for sight in day.sights]
    missed = [out.sight.id for out in plan.left_out]
    assert len(seen) == len(set(seen))
    assert sorted(seen + missed) == sorted(sight.id for sight in problem.sights)


@given(problems())
@many_problems
def test_there_is_time_for_the_way_between_two_stops(problem: Problem) -> None:
    for day in plan_days(problem).days:
        where, free_from = problem.base, 0
        for block in day.blocks:
            if block.kind != "travel":
                minutes = leg_between(where, block.spot, problem.local_mode).minutes
                assert block.starts - free_from >= minutes
                where, free_from = block.spot, block.ends


@given(problems())
@many_problems
def test_a_full_day_has_three_meals_at_their_hours(problem: Problem) -> None:
    for day in full_days(plan_days(problem)):
        meals = {block.meal: block.starts for block in day.blocks if block.kind == "meal"}
        assert set(meals) == {"breakfast", "lunch", "dinner"}
        assert LUNCH_FROM <= meals["lunch"] <= LUNCH_TO
        assert DINNER_FROM <= meals["dinner"] <= DINNER_TO


@given(problems())
@many_problems
@pytest.mark.rows("S0-105")
def test_a_faster_pace_never_sees_less(problem: Problem) -> None:
    counts = [plan_days(replace(problem, pace=pace)).visit_count for pace in PACES_FROM_SLOW]
    assert counts == sorted(counts)


@given(problems())
@many_problems
@pytest.mark.rows("S0-105")
def test_the_pace_bounds_the_day(problem: Problem) -> None:
    rules = PACE_RULES[problem.pace]
    for day in plan_days(problem).days:
        visits = [block for block in day.blocks if block.kind == "visit"]
        assert len(day.sights) <= rules.most_sights
        assert all(rules.starts <= block.starts for block in visits)
        assert all(block.ends <= rules.ends or opens_in_the_evening(block, day) for block in visits)


@given(problems())
@many_problems
def test_the_same_problem_gives_the_same_plan(problem: Problem) -> None:
    assert repr(plan_days(problem)) == repr(plan_days(problem))


@given(problems())
@many_problems
def test_nothing_happens_before_the_arrival_or_after_the_departure(problem: Problem) -> None:
    for day in plan_days(problem).days:
        kinds = [block.kind for block in day.blocks]
        assert "arrival" not in kinds[1:]
        assert "departure" not in kinds[:-1]


@pytest.mark.rows("S0-105")
def test_a_fast_trip_sees_more_than_a_relaxed_one() -> None:
    relaxed, fast = (plan_days(problem_in(PARIS, pace=pace)).visit_count for pace in ("relaxed", "fast"))
    assert fast > relaxed


def test_a_relaxed_day_has_a_pause_after_lunch() -> None:
    day = plan_days(problem_in(PARIS, pace="relaxed")).days[0]
    assert "rest" in [block.kind for block in day.blocks]


def test_interests_decide_between_sights_of_the_same_fame() -> None:
    lovers_of_nature = plan_days(problem_in(PARIS, rain=(10,), interests=("nature",))).days[0].sights
    assert any("nature" in sight.interests for sight in lovers_of_nature)


def test_a_wet_day_goes_indoors_and_leaves_the_open_air_to_dry_days() -> None:
    wet, *_ = plan_days(problem_in(PARIS, rain=(90, 10, 10, 10))).days
    assert wet.sights
    assert all(sight.indoor for sight in wet.sights)


def test_what_is_closed_throughout_is_left_out_as_closed() -> None:
    tuesday = date(2026, 7, 7)
    left_out = {out.sight.id: out.reason for out in plan_days(problem_in(PARIS, first=tuesday, rain=(10,))).left_out}
    assert left_out["louvre"] == "closed"


def test_a_long_trip_spreads_the_sights_and_ends_with_free_days_instead_of_repeats() -> None:
    plan = plan_days(problem_in(PARIS, rain=(20,) * 30))
    free = [day for day in plan.days if not day.sights]
    assert free
    assert all(any(block.kind == "rest" for block in day.blocks) for day in free)


def test_a_place_without_sights_still_has_meals_and_free_time() -> None:
    bare = replace(problem_in(PARIS), sights=())
    for day in plan_days(bare).days:
        assert [block.kind for block in day.blocks] == ["meal", "rest", "meal", "rest", "meal"]


def test_a_way_of_a_day_and_a_half_eats_the_first_day() -> None:
    first, second, _ = plan_days(problem_in(PARIS, arrives=36 * 60)).days
    assert first.is_on_the_way
    assert second.blocks[0].kind == "arrival"


def test_a_trip_of_one_day_arrives_and_leaves_on_it() -> None:
    (day,) = plan_days(problem_in(PARIS, rain=(20,), arrives=9 * 60, leaves=18 * 60)).days
    assert [day.blocks[0].kind, day.blocks[-1].kind] == ["arrival", "departure"]
    assert day.sights


def test_a_theme_park_has_its_lunch_on_the_spot() -> None:
    all_week = {day: ["09:00-21:00"] for day in WEEKDAYS}
    park = PARIS.sights[0].model_copy(update={"visit_minutes": 480, "hours": all_week, "closed_dates": []})
    problem = replace(problem_in(PARIS, rain=(10,), pace="fast"), sights=(park,))
    blocks = plan_days(problem).days[0].blocks
    assert [block.kind for block in blocks if block.sight or block.near][:4] == ["travel", "visit", "meal", "visit"]


@pytest.mark.parametrize("city_id", ["beijing", "cairo", "mexico-city", "cape-town"])
def test_what_a_city_is_famed_for_is_seen_even_out_of_town(city_id: str) -> None:
    city = all_cities()[city_id]
    plan = plan_days(problem_in(city, rain=(10,) * 5, arrives=720, leaves=1080))
    assert [out.sight.name for out in plan.left_out if out.sight.rank == 3] == []


def test_dinner_after_a_day_far_out_is_back_in_town() -> None:
    wall = tuple(sight for sight in all_cities()["beijing"].sights if "mutianyu" in sight.id)
    problem = replace(problem_in(all_cities()["beijing"], rain=(10,)), sights=wall)
    (day,) = plan_days(problem).days
    dinner = next(block for block in day.blocks if block.meal == "dinner")
    assert day.sights
    assert dinner.spot == problem.base


def test_a_five_day_plan_takes_well_under_a_tenth_of_a_second() -> None:
    problem = problem_in(PARIS, rain=(20, 90, 20, 20, 20), pace="fast", arrives=720, leaves=1080)
    times_s = []
    for _ in range(5):
        started_s = perf_counter()
        plan_days(problem)
        times_s.append(perf_counter() - started_s)
    assert min(times_s) < 0.1

"""`plan_days`: a problem in, a plan out. Pure: no clock, no network, the same bytes for the same problem.

This is the seam for a real solver: whatever replaces it takes a `Problem` and gives a `Plan`.
"""

from collections.abc import Sequence
from dataclasses import replace

from app.trips.places.catalogue import Sight
from app.trips.planner.choosing import DaysAhead, choose_stops
from app.trips.planner.day_layout import DayLayout, stop_on
from app.trips.planner.excursions import excursion_today, excursions_in
from app.trips.planner.frames import DayFrame, day_frames, ordinary_day
from app.trips.planner.interests import by_appeal
from app.trips.planner.legs import LegTable
from app.trips.planner.pace import PACE_RULES, PACES_FROM_SLOW, PaceRules
from app.trips.planner.problem import DayConditions, LeftOut, LeftOutReason, Plan, PlannedDay, Problem


def plan_days(problem: Problem) -> Plan:
    """The plan at the problem's pace. It never sees less than a slower one would.

    A slower plan also fits a faster day, so of all paces up to the asked one the plan with most visits wins; between
    equals, the asked pace.
    """
    slower = PACES_FROM_SLOW[: PACES_FROM_SLOW.index(problem.pace)]
    plan = _plan_at_pace(problem)
    for pace in reversed(slower):
        other = _plan_at_pace(replace(problem, pace=pace))
        if other.visit_count > plan.visit_count:
            plan = other
    return plan


def _plan_at_pace(problem: Problem) -> Plan:
    rules = PACE_RULES[problem.pace]
    frames = day_frames(len(problem.days), problem.arrives, problem.leaves, rules)
    legs = LegTable(problem.local_mode)
    waiting = by_appeal(problem.sights, problem.interests)
    days: list[PlannedDay] = []
    excursions_left = excursions_in(sum(1 for frame in frames if frame is not None and frame.has_time_for_sights))
    for index, (conditions, frame) in enumerate(zip(problem.days, frames, strict=True)):
        if frame is None:
            days.append(PlannedDay(conditions, (), is_on_the_way=True))
            continue
        layout = DayLayout(frame, problem.base, legs, rules.rest_minutes)
        ahead, quota = _ahead(problem, frames, index, rules, len(waiting))
        excursion = excursion_today(layout, ahead, waiting) if excursions_left else None
        excursions_left -= excursion is not None
        stops = choose_stops(layout, ahead, waiting, problem.interests, quota, excursion)
        seen = {stop.sight.id for stop in stops}
        waiting = [sight for sight in waiting if sight.id not in seen]
        days.append(PlannedDay(conditions, tuple(layout.whole_day(stops))))
    there = [day.conditions for day in days if not day.is_on_the_way]
    whole_day = DayLayout(ordinary_day(rules), problem.base, legs, rules.rest_minutes)
    return Plan(tuple(days), tuple(LeftOut(sight, _why_left_out(sight, there, whole_day)) for sight in waiting))


def _ahead(
    problem: Problem, frames: Sequence[DayFrame | None], index: int, rules: PaceRules, left: int
) -> tuple[DaysAhead, int]:
    """What the rest of the trip is like, and how many sights today may have: an even share of what is left."""
    later = tuple(
        day
        for day, frame in zip(problem.days[index + 1 :], frames[index + 1 :], strict=True)
        if frame is not None and frame.has_time_for_sights
    )
    share = -(-left // (len(later) + 1))
    quota = max(rules.least_sights, min(rules.most_sights, share))
    dry_places = rules.most_sights * sum(1 for day in later if not day.is_wet)
    has_room_for_all = left <= rules.most_sights * (len(later) + 1)
    return DaysAhead(problem.days[index], later, dry_places, has_room_for_all), quota


def _why_left_out(sight: Sight, there: Sequence[DayConditions], whole_day: DayLayout) -> LeftOutReason:
    """`whole_day`: an ordinary day, without journey, at the pace of the plan."""
    windows = [on_day for day in there if (on_day := day.opening_minutes(sight)) != []]
    if there and not windows:
        return "closed"
    fits = any(whole_day.lay_out([stop_on(sight, on_day)]) is not None for on_day in windows)
    return "no time" if fits or not there else "too long"

"""Visits that take most of a day have lunch in the middle, and what opens and closes around lunchtime just before it:
each is tried on each day, and kept where that is worth it.

The solver's breaks lie between visits, before one sets out again, so a day with lunch on the spot is another problem,
without a break for it.
"""

from dataclasses import replace

from app.trips.planner.appeal import points
from app.trips.planner.day_tours import CityDays, CitySolver, Look
from app.trips.planner.route import Stretch
from app.trips.problem import Wishes
from app.trips.rules import LONG_VISIT_MINUTES

_MOST_TRIED = 2
"""So many of a city's long visits are tried, the best first."""

_TRIAL = 24
"""Each trial has this part of the effort."""


def with_long_visits(solver: CitySolver, look: Look, stretch: Stretch, wishes: Wishes) -> CityDays:
    """A lunch that has a place of its own is not had elsewhere."""
    candidates = solver.candidates
    long = [index for index in range(len(candidates)) if _parts(solver, index, stretch, look)]
    if not long:
        return solver.solve(look)
    long.sort(key=lambda index: (not candidates[index].is_required, -points(candidates[index].sight, wishes), index))
    trial_look = replace(look, work=look.work // _TRIAL)
    kept: dict[int, int] = {}
    best = solver.solve(trial_look)
    for index in long[:_MOST_TRIED]:
        if any(index in tour for tour in best.solution.sequences):
            continue
        for number in _parts(solver, index, stretch, look):
            if number in kept or not (candidates[index].is_wished or _has_room(best, number)):
                continue
            trial = solver.solve(replace(trial_look, lunch_at={**kept, number: index}))
            if trial.worth > best.worth:
                kept, best = {**kept, number: index}, trial
                break
    found = solver.solve(replace(look, lunch_at=kept))
    return found if found.worth >= best.worth else best


def _has_room(days: CityDays, number: int) -> bool:
    """Whether the pace allows any sight on that part of the stretch: another city may have had the day's."""
    most = days.tours[number].most
    return most is None or most > 0


def _parts(solver: CitySolver, index: int, stretch: Stretch, look: Look) -> list[int]:
    """On which of the stretch's parts a sight can be had with lunch on the spot, and had better be."""
    candidate = solver.candidates[index]
    is_long = candidate.sight.visit_minutes >= LONG_VISIT_MINUTES
    return [
        number
        for number, part in enumerate(stretch.parts)
        if candidate.starts[number] and (part, "lunch") in stretch.meals_due and (part.day, "lunch") not in look.seats
        if is_long or solver.is_across_lunch(index, number)
    ]

"""Visits that take most of a day have lunch in the middle: each is tried on each day, and kept where that is worth it.

The solver's breaks lie between visits, so a day with such a visit is another problem, without a break for lunch.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from app.trips.planner.appeal import points
from app.trips.planner.day_tours import CityDays, Slot
from app.trips.planner.openings import Candidate
from app.trips.planner.route import Stretch
from app.trips.problem import Wishes
from app.trips.rules import LONG_VISIT_MINUTES

_MOST_TRIED = 2
"""So many of a city's long visits are tried, the best first."""

_TRIAL = 24
"""Each trial has this part of the effort."""

Solve = Callable[[Mapping[int, int], int], CityDays]
"""Solves with lunch inside the visits of these candidates, by part; the number says with which part of the effort."""


def with_long_visits(
    solve: Solve, stretch: Stretch, candidates: Sequence[Candidate], seats: Collection[Slot], wishes: Wishes
) -> CityDays:
    """`seats`: slots of meals that have a place on the map; such a lunch is not had elsewhere."""
    long = [index for index, found in enumerate(candidates) if found.sight.visit_minutes >= LONG_VISIT_MINUTES]
    if not long:
        return solve({}, 1)
    long.sort(key=lambda index: (not candidates[index].is_required, -points(candidates[index].sight, wishes), index))
    kept: dict[int, int] = {}
    best = solve({}, _TRIAL)
    for index in long[:_MOST_TRIED]:
        if any(index in tour for tour in best.solution.sequences):
            continue
        for number in _parts(stretch, candidates[index], seats):
            if number in kept or not (candidates[index].is_wished or _has_room(best, number)):
                continue
            trial = solve({**kept, number: index}, _TRIAL)
            if trial.worth > best.worth:
                kept, best = {**kept, number: index}, trial
                break
    found = solve(kept, 1)
    return found if found.worth >= best.worth else best


def _has_room(days: CityDays, number: int) -> bool:
    """Whether the pace allows any sight on that part of the stretch: another city may have had the day's."""
    most = days.tours[number].most
    return most is None or most > 0


def _parts(stretch: Stretch, candidate: Candidate, seats: Collection[Slot]) -> list[int]:
    """On which of the stretch's parts it can be had with lunch on the spot."""
    return [
        number
        for number, part in enumerate(stretch.parts)
        if candidate.starts[number] and (part, "lunch") in stretch.meals_due and (part.day, "lunch") not in seats
    ]

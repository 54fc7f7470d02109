"""What to take out of a draft before it is filled anew.

Each way gives points, visited ones, `number` of them at most, in no order that matters. There is at least one visit.
"""

from collections.abc import Callable, Sequence
from random import Random

from app.trips.orienteering.draft import Draft

Removal = Callable[[Draft, Random, int], Sequence[int]]

MOST_STRINGS = 3
"""`strings` takes from so many tours at most."""

SHARE_TAKEN = 0.75
"""`neighbours` passes over the rest, about every fourth."""


def stretch(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits in a row, of one tour."""
    ways = [way.visits for way in draft.ways if way.visits]
    visits = ways[random.randrange(len(ways))]
    first = random.randrange(len(visits))
    return visits[first : first + number]


def strings(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits in a row around one place, of some tours that come by near it."""
    untouched = list(range(len(draft.ways)))
    tours = min(len(untouched), 1 + random.randrange(MOST_STRINGS))
    each = max(1, number // tours)
    chosen: list[int] = []
    for point in draft.field.nearest[random.randrange(len(draft.field.points))]:
        if not tours:
            break
        tour = next((tour for tour in untouched if point in draft.ways[tour].visits), None)
        if tour is not None:
            visits = draft.ways[tour].visits
            first = max(0, visits.index(point) - random.randrange(each))
            chosen.extend(visits[first : first + each])
            untouched.remove(tour)
            tours -= 1
    return chosen


def scattered(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Any visits."""
    visits = _visits(draft)
    return random.sample(visits, min(number, len(visits)))


def neighbours(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits that are near one point, visited or not."""
    nearest = draft.field.nearest[random.randrange(len(draft.field.points))]
    return [point for point in nearest if not draft.free[point] and random.random() < SHARE_TAKEN][:number]


def poorest(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits with little value for their time, with some luck."""
    values, minutes = draft.field.values, draft.field.minutes
    worth = {point: values[point] * (0.5 + random.random()) / minutes[point] for point in _visits(draft)}
    return sorted(worth, key=lambda point: (worth[point], point))[:number]


def _visits(draft: Draft) -> list[int]:
    return [point for way in draft.ways for point in way.visits]


REMOVALS: tuple[Removal, ...] = (stretch, strings, strings, scattered, neighbours, poorest)
"""Strings stand twice: they were found to bring the most."""

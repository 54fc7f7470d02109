"""What to take out of a draft before it is filled anew. Each way gives a set of points, at most `number` of them."""

from collections.abc import Callable, Sequence
from random import Random

from app.trips.orienteering.draft import Draft

Removal = Callable[[Draft, Random, int], Sequence[int]]


def stretch(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits in a row, of one tour."""
    ways = [way.visits for way in draft.ways if way.visits]
    visits = ways[random.randrange(len(ways))]
    first = random.randrange(len(visits))
    return visits[first : first + number]


def stretches(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits in a row, of every tour, at about the same part of it."""
    part, most = random.random(), max(1, number // len(draft.ways))
    chosen: list[int] = []
    for way in draft.ways:
        first = int(part * len(way.visits))
        chosen.extend(way.visits[first : first + most])
    return chosen


def scattered(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Any visits."""
    visits = [point for way in draft.ways for point in way.visits]
    return random.sample(visits, min(number, len(visits)))


def neighbours(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits that are near one point, visited or not, where any of the nearest may be passed over."""
    centre = random.randrange(len(draft.field.points))
    chosen: list[int] = []
    for point in draft.field.nearest[centre]:
        if not draft.free[point] and random.random() < 0.75:
            chosen.append(point)
            if len(chosen) == number:
                break
    return chosen


def poorest(draft: Draft, random: Random, number: int) -> Sequence[int]:
    """Visits with little value for their time, with some luck."""
    visits = [point for way in draft.ways for point in way.visits]
    values, minutes = draft.field.values, draft.field.minutes
    visits.sort(key=lambda point: (values[point] * (0.5 + random.random()) / minutes[point], point))
    return visits[:number]


REMOVALS: tuple[Removal, ...] = (stretch, stretches, scattered, neighbours, poorest)

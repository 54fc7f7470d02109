"""The last pass: less way for the same visits, so that plans do not wander. It also brings in what then fits."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field

# Changes tried at most, which bounds the time to about a tenth of a second.
MOST_TRIALS = 1500

# New visits of some tours, by tour.
Change = dict[int, tuple[int, ...]]


def polished(draft: Draft, is_over: Callable[[], bool]) -> Draft:
    """The score never falls. Effort is what counts: minutes on the way and, once more, minutes until the end. Ends
    early when `is_over` says so."""
    trials = MOST_TRIALS
    effort = _effort(draft)
    moves = _all_changes(draft)
    while trials and not is_over() and (change := next(moves, None)) is not None:
        trials -= 1
        trial = draft.changed(change)
        if trial is not None and (less := _effort(trial)) < effort:
            draft, effort, moves = trial, less, _all_changes(trial)
    values = np.array(draft.field.values, dtype=np.float64)
    filled = draft.copy()
    filled.fill(values)
    return filled


def _effort(draft: Draft) -> int:
    way_there = sum(_minutes(draft.field, tour, way.visits) for tour, way in enumerate(draft.ways))
    return draft.finishes + way_there


def _minutes(field: Field, tour: int, visits: Sequence[int]) -> int:
    places = _places(field, tour, visits)
    return sum(field.travel[place][then] for place, then in pairwise(places))


def _places(field: Field, tour: int, visits: Sequence[int]) -> list[int]:
    return [field.tours[tour].start, *visits, field.tours[tour].end]


def _all_changes(draft: Draft) -> Iterator[Change]:
    """Those that save minutes on the way; whether they work is not known yet."""
    yield from _moved(draft)
    yield from _swapped(draft)
    yield from _reversed(draft)


def _moved(draft: Draft) -> Iterator[Change]:
    """One visit elsewhere, in any tour."""
    field, travel = draft.field, draft.field.travel
    for tour, way in enumerate(draft.ways):
        places = _places(field, tour, way.visits)
        for index, point in enumerate(way.visits):
            before, after = places[index], places[index + 2]
            saved = travel[before][point] + travel[point][after] - travel[before][after]
            rest = way.visits[:index] + way.visits[index + 1 :]
            for other, visits in enumerate(
                rest if other == tour else far.visits for other, far in enumerate(draft.ways)
            ):
                around = _places(field, other, visits)
                for gap, (place, then) in enumerate(pairwise(around)):
                    if travel[place][point] + travel[point][then] - travel[place][then] < saved:
                        moved = {tour: rest}
                        moved[other] = (*visits[:gap], point, *visits[gap:])
                        yield moved


def _swapped(draft: Draft) -> Iterator[Change]:
    """Two visits of different tours, each in the other's place."""
    field, travel = draft.field, draft.field.travel
    for tour, way in enumerate(draft.ways):
        places = _places(field, tour, way.visits)
        for other in range(tour + 1, len(draft.ways)):
            visits = draft.ways[other].visits
            around = _places(field, other, visits)
            for index, point in enumerate(way.visits):
                before, after = places[index], places[index + 2]
                for number, far in enumerate(visits):
                    place, then = around[number], around[number + 2]
                    now = travel[before][point] + travel[point][after] + travel[place][far] + travel[far][then]
                    new = travel[before][far] + travel[far][after] + travel[place][point] + travel[point][then]
                    if new < now:
                        yield {
                            tour: (*way.visits[:index], far, *way.visits[index + 1 :]),
                            other: (*visits[:number], point, *visits[number + 1 :]),
                        }


def _reversed(draft: Draft) -> Iterator[Change]:
    """A stretch of one tour the other way round."""
    for tour, way in enumerate(draft.ways):
        visits = way.visits
        now = _minutes(draft.field, tour, visits)
        for first in range(len(visits) - 1):
            for last in range(first + 2, len(visits) + 1):
                turned = (*visits[:first], *visits[first:last][::-1], *visits[last:])
                if _minutes(draft.field, tour, turned) < now:
                    yield {tour: turned}

"""The last pass: less way for the same visits, so that plans do not wander. It also brings in what then fits."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field

MOST_TRIALS = 1500
"""Changes tried at most, which bounds the time to about a tenth of a second."""

Tours = list[tuple[int, ...]]
"""The visits of each tour."""

Change = dict[int, tuple[int, ...]]
"""New visits of some tours, by tour."""


def polished(draft: Draft, is_over: Callable[[], bool]) -> Draft:
    """The score never falls. Effort is what counts: minutes on the way and, once more, minutes until the end. Ends
    early when `is_over` says so."""
    field, tours = draft.field, [way.visits for way in draft.ways]
    trials = MOST_TRIALS
    changes = _all_changes(field, tours)
    while trials and not is_over() and (change := next(changes, None)) is not None:
        trials -= 1
        if _is_less(field, tours, change):
            tours = [change.get(tour, visits) for tour, visits in enumerate(tours)]
            changes = _all_changes(field, tours)
    # Each of the tours was seen to work.
    filled = Draft.of(field, tours) or draft.copy()
    filled.fill(np.array(field.values, dtype=np.float64))
    return filled


def _is_less(field: Field, tours: Tours, change: Change) -> bool:
    """Whether it works, with less effort."""
    before = after = 0
    for tour, visits in change.items():
        finish, now = field.finish(tour, visits), field.finish(tour, tours[tour])
        if finish is None or now is None or field.is_overfull(tour, visits):
            return False
        before += now + _minutes(field, tour, tours[tour])
        after += finish + _minutes(field, tour, visits)
    return after < before


def _minutes(field: Field, tour: int, visits: Sequence[int]) -> int:
    places = _places(field, tour, visits)
    return sum(field.travel[place][then] for place, then in pairwise(places))


def _places(field: Field, tour: int, visits: Sequence[int]) -> list[int]:
    return [field.tours[tour].start, *visits, field.tours[tour].end]


def _all_changes(field: Field, tours: Tours) -> Iterator[Change]:
    """Those that save minutes on the way; whether they work is not known yet."""
    yield from _moved(field, tours)
    yield from _swapped(field, tours)
    yield from _reversed(field, tours)


def _moved(field: Field, tours: Tours) -> Iterator[Change]:
    """One visit elsewhere, in any tour."""
    travel = field.travel
    for tour, own in enumerate(tours):
        places = _places(field, tour, own)
        for index, point in enumerate(own):
            before, after = places[index], places[index + 2]
            saved = travel[before][point] + travel[point][after] - travel[before][after]
            rest = own[:index] + own[index + 1 :]
            for other, far in enumerate(tours):
                visits = rest if other == tour else far
                around = _places(field, other, visits)
                for gap, (place, then) in enumerate(pairwise(around)):
                    if travel[place][point] + travel[point][then] - travel[place][then] < saved:
                        moved = {tour: rest}
                        moved[other] = (*visits[:gap], point, *visits[gap:])
                        yield moved


def _swapped(field: Field, tours: Tours) -> Iterator[Change]:
    """Two visits of different tours, each in the other's place."""
    travel = field.travel
    for tour, own in enumerate(tours):
        places = _places(field, tour, own)
        for other in range(tour + 1, len(tours)):
            visits = tours[other]
            around = _places(field, other, visits)
            for index, point in enumerate(own):
                before, after = places[index], places[index + 2]
                for number, far in enumerate(visits):
                    place, then = around[number], around[number + 2]
                    now = travel[before][point] + travel[point][after] + travel[place][far] + travel[far][then]
                    new = travel[before][far] + travel[far][after] + travel[place][point] + travel[point][then]
                    if new < now:
                        yield {
                            tour: (*own[:index], far, *own[index + 1 :]),
                            other: (*visits[:number], point, *visits[number + 1 :]),
                        }


def _reversed(field: Field, tours: Tours) -> Iterator[Change]:
    """A stretch of one tour the other way round."""
    for tour, visits in enumerate(tours):
        now = _minutes(field, tour, visits)
        for first in range(len(visits) - 1):
            for last in range(first + 2, len(visits) + 1):
                turned = (*visits[:first], *visits[first:last][::-1], *visits[last:])
                if _minutes(field, tour, turned) < now:
                    yield {tour: turned}

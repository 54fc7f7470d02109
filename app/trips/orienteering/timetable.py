"""From sequences to times: a way back through the clock's layers tells where the breaks were taken."""

from app.trips.orienteering.clock import Clock
from app.trips.orienteering.draft import Draft
from app.trips.orienteering.field import Field
from app.trips.orienteering.solution import Solution, Visit

BreakTimes = tuple[int, int, int]


def timetable(field: Field, draft: Draft, iterations: int, is_cut_short: bool) -> Solution:
    tours = [_laid(field.clocks[tour], list(way.visits)) for tour, way in enumerate(draft.ways)]
    visited = {visit.point for visits, _, _ in tours for visit in visits}
    return Solution(
        tours=tuple(visits for visits, _, _ in tours),
        breaks=tuple(breaks for _, breaks, _ in tours),
        tour_starts=tuple(tour.opens for tour in field.tours),
        finishes=tuple(finish for _, _, finish in tours),
        score=sum(field.points[point].score for point in visited),
        cost=draft.cost,
        missing=tuple(index for index, point in enumerate(field.points) if point.required and index not in visited),
        iterations=iterations,
        is_cut_short=is_cut_short,
    )


def _laid(clock: Clock, visits: list[int]) -> tuple[tuple[Visit, ...], tuple[BreakTimes, ...], int]:
    """The visits, the breaks, and when the tour arrives at its end."""
    before_breaks = _stops_of_breaks(clock, visits)
    tour = clock.tour
    place, now = tour.start, tour.opens
    made: list[Visit] = []
    breaks: list[BreakTimes] = []
    for stop in range(len(visits) + 1):
        while len(breaks) < len(before_breaks) and before_breaks[len(breaks)] == stop:
            off = tour.breaks[len(breaks)]
            starts = max(now, off.earliest)
            now = starts + off.minutes
            breaks.append((stop, starts, now))
        if stop < len(visits):
            point = visits[stop]
            arrives = now + clock.travel[place][point]
            starts = clock.start(point, arrives)
            now = starts + clock.minutes[point]
            made.append(Visit(point, arrives, starts, now))
            place = point
    return tuple(made), tuple(breaks), now + clock.travel[place][tour.end]


def _stops_of_breaks(clock: Clock, visits: list[int]) -> list[int]:
    """For each break the number of visits before it; late rather than early where both are as good."""
    ready = clock.times(visits).ready
    stops: list[int] = []
    stop, taken = len(visits), len(clock.tour.breaks)
    while taken:
        if clock.after_break(ready[taken - 1][stop], taken - 1) == ready[taken][stop]:
            taken -= 1
            stops.append(stop)
        else:
            stop -= 1
    stops.reverse()
    return stops

"""Whether the sights that have to be seen can be seen together at all: exact for few, and for many left open.

A relaxation, so that a "no" is a proof: whole days, no meals, ways as short as the table knows them.
"""

from collections.abc import Sequence

from app.trips.planner.appeal import must_see, visiting_hours
from app.trips.problem import City, Sight, Trip, VisitLock
from app.trips.rules import day_rules
from app.trips.travel_times import spots_of, travel_minutes

# Above so many no proof is tried: there are 2^n sets of them.
_MOST = 9


def can_be_seen(trip: Trip) -> bool:
    """False where some city's sights cannot be fitted into its days, whatever the route."""
    return all(_city_works(trip, city) for city in trip.cities)


def _city_works(trip: Trip, city: City) -> bool:
    musts = must_see(city, trip.wishes)
    sights = [sight for sight in city.attractions if sight.id in musts]
    if not 1 <= len(sights) <= _MOST:
        return True
    ways = _shortest_ways(trip, city, sights)
    everything = (1 << len(sights)) - 1
    reached = {0}
    for day in range(trip.day_count):
        possible = _sets_on(trip, day, sights, musts, ways)
        reached |= {done | more for done in reached for more in possible}
        if everything in reached:
            return True
    return False


def _sets_on(
    trip: Trip, day: int, sights: Sequence[Sight], musts: dict[str, VisitLock | None], ways: Sequence[Sequence[int]]
) -> set[int]:
    """The sets of sights (bits) that fit one whole day in some order."""
    starts = [_starts(trip, day, sight, musts[sight.id]) for sight in sights]
    earliest: dict[tuple[int, int], int] = {}
    for index, sight in enumerate(sights):
        if starts[index]:
            earliest[(1 << index, index)] = starts[index][0][0] + sight.visit_minutes
    for size in range(1, len(sights)):
        for (done, last), ends in [entry for entry in earliest.items() if entry[0][0].bit_count() == size]:
            for index, sight in enumerate(sights):
                if done >> index & 1:
                    continue
                begins = _next_start(starts[index], ends + ways[last][index])
                if begins is None:
                    continue
                key = (done | 1 << index, index)
                earliest[key] = min(earliest.get(key, 10**9), begins + sight.visit_minutes)
    return {done for done, _ in earliest}


def _starts(trip: Trip, day: int, sight: Sight, lock: VisitLock | None) -> list[tuple[int, int]]:
    when = trip.dates[day]
    if lock is not None and lock.day != when:
        return []
    hours = visiting_hours(sight, sight.windows(when), day_rules(trip.wishes))
    if lock is None or lock.starts is None:
        return hours
    return [(lock.starts, lock.starts) for first, last in hours if first <= lock.starts <= last]


def _next_start(starts: Sequence[tuple[int, int]], from_minute: int) -> int | None:
    return next((max(first, from_minute) for first, last in starts if from_minute <= last), None)


def _shortest_ways(trip: Trip, city: City, sights: Sequence[Sight]) -> list[list[int]]:
    """Over detours too: a table need not know that the straight way is the shortest."""
    spots = spots_of(city)
    ids = [sight.id for sight in sights]
    others = [found for found in spots if found not in ids]
    through = [*ids, *others] if trip.travel else ids
    ways = {(start, end): travel_minutes(trip, spots, start, end) for start in through for end in through}
    for via in through:
        for start in through:
            for end in through:
                ways[start, end] = min(ways[start, end], ways[start, via] + ways[via, end])
    return [[ways[start, end] for end in ids] for start in ids]

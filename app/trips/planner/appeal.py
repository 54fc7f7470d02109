"""What a sight is worth to this party, in points, and a guess of what so many days in a city are worth."""

from collections.abc import Sequence

from app.trips.planner.route import Fixed, Part, Stretch
from app.trips.problem import DAY_MINUTES, MEALS, City, Sight, Trip, VisitLock, Window, Wishes
from app.trips.rules import EVENING_ENDS, EVENING_OPENS, MEAL_HOURS, DayRules

# What a visit takes on top of its own time, for guessing how many a day holds.
_WAY_MINUTES = 25
# The first day that nothing is left to see on is worth this part of all there is.
_FURTHER_DAY = 20
# A city of which no sight is known is taken to have so many of so many points and minutes: nobody goes there for none.
_UNKNOWN_CITY, _USUAL_VISIT = (15,) * 12, 90


def points(sight: Sight, wishes: Wishes) -> int:
    """Its own score, the weight of the dearest interest that it serves, and half of the next."""
    weights = sorted((wishes.interests.get(interest, 0) for interest in set(sight.interests)), reverse=True)
    return sight.score + sum(weights[:1]) + (weights[1] // 2 if len(weights) > 1 else 0)


def must_see(city: City, wishes: Wishes) -> dict[str, VisitLock | None]:
    """The city's sights and events that have to be in the plan, with the lock of those that have one; of several, one
    that names an hour."""
    visits = [lock for lock in wishes.locks if isinstance(lock, VisitLock)]
    locks = {lock.id: lock for lock in sorted(visits, key=lambda lock: lock.starts is not None)}
    wanted = {*wishes.include, *locks}
    return {sight.id: locks.get(sight.id) for sight in city.attractions if sight.id in wanted}


def fixed_visits(city: City, trip: Trip) -> Fixed:
    """By day (from 0), in order: visits that have to be made at a given hour; an event that is wished for is one."""
    found: dict[int, list[tuple[int, int]]] = {}
    events = {event.id: event for event in city.events}
    minutes = {sight.id: sight.visit_minutes for sight in city.attractions}
    for sight_id, lock in must_see(city, trip.wishes).items():
        event = events.get(sight_id)
        if event is not None:
            found.setdefault((event.day - trip.first_day).days, []).append((event.starts, event.ends))
        elif lock is not None and lock.starts is not None:
            taken = (lock.starts, lock.starts + minutes[sight_id])
            found.setdefault((lock.day - trip.first_day).days, []).append(taken)
    return {day: tuple(sorted(taken)) for day, taken in found.items()}


def visiting_hours(sight: Sight, windows: Sequence[Window], rules: DayRules) -> list[tuple[int, int]]:
    """When a visit may begin on a day with these windows: (first, last) minute of each, those that are too short aside.

    Visits keep to the day's hours; what only opens towards the evening may last longer, and an event is when it is.
    """
    if sight.kind == "event":
        begins, ends = 0, DAY_MINUTES
    elif windows and all(window.opens >= EVENING_OPENS for window in windows):
        begins, ends = rules.starts, EVENING_ENDS
    else:
        begins, ends = rules.starts, rules.ends
    hours = [(max(begins, window.opens), min(ends, window.closes) - sight.visit_minutes) for window in windows]
    return [(first, last) for first, last in hours if first <= last]


def hours_on(sight: Sight, part: Part, stretch: Stretch, rules: DayRules) -> list[tuple[int, int]]:
    """The same on one day of the trip, for as long as the party is there."""
    day = stretch.dates[part.day]
    hours = visiting_hours(sight, sight.windows(day), rules)
    cut = [(max(first, part.begins), min(last, part.ends - sight.visit_minutes)) for first, last in hours]
    return [(first, last) for first, last in cut if first <= last]


def likely_points(stretch: Stretch, rules: DayRules, worths: Sequence[int]) -> int:
    """A guess at the points of a stretch. `worths`: of the city's sights, best first.

    Each further day is worth less than the last, in the measure of what there is to see: so days that all cities could
    do without are shared out as seats are by d'Hondt's rule.
    """
    free = sum(_sightseeing_minutes(part, rules) for part in stretch.parts)
    most = rules.most_sights * len(stretch.parts)
    attractions = stretch.city.attractions
    if not attractions:
        worths = _UNKNOWN_CITY
    usual = sum(sight.visit_minutes for sight in attractions) // len(attractions) if attractions else _USUAL_VISIT
    visits = min(most, free // (usual + _WAY_MINUTES))
    further_days = sum(sum(worths) // (_FURTHER_DAY * count) for count in range(1, len(stretch.parts) + 1))
    return sum(worths[:visits]) + further_days


def _sightseeing_minutes(part: Part, rules: DayRules) -> int:
    begins, ends = max(part.begins, rules.starts), min(part.ends, rules.ends)
    eaten = sum(
        MEAL_HOURS[meal].minutes
        for meal in MEALS[1:]
        if part.has_room_for(meal) and begins <= MEAL_HOURS[meal].earliest < ends
    )
    return max(0, ends - begins - eaten)

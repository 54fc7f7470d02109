"""What a sight is worth to this party, in points, and a guess of what so many days in a city are worth."""

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from app.trips.planner.route import Fixed, Part
from app.trips.problem import DAY_MINUTES, MEALS, City, Sight, Trip, VisitLock, Window, Wishes
from app.trips.request import MAX_TRIP_DAYS
from app.trips.rules import EVENING_ENDS, EVENING_OPENS, MEAL_HOURS, DayRules

_WAY_MINUTES = 25
"""What a visit takes on top of its own time, for guessing how many a day holds."""

_FURTHER_DAY = 20
"""The first day that nothing is left to see on is worth this part of all there is."""

_MOST_PARTS = MAX_TRIP_DAYS + 2
"""More parts than a stretch of the longest trip has."""

_UNKNOWN_CITY, _USUAL_VISIT = (15,) * 12, 90
"""A city of which no sight is known is taken to have so many of so many points and minutes: nobody goes there for
none."""


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
        begins, ends = rules.starts, max(rules.ends, EVENING_ENDS)
    else:
        begins, ends = rules.starts, rules.ends
    hours = [(max(begins, window.opens), min(ends, window.closes) - sight.visit_minutes) for window in windows]
    return [(first, last) for first, last in hours if first <= last]


def hours_on(sight: Sight, part: Part, day: date, rules: DayRules) -> list[tuple[int, int]]:
    """The same on one day of the trip, for as long as the party is there. `day`: the date of the part's."""
    hours = visiting_hours(sight, sight.windows(day), rules)
    cut = [(max(first, part.begins), min(last, part.ends - sight.visit_minutes)) for first, last in hours]
    return [(first, last) for first, last in cut if first <= last]


class Guess:
    """At the points of days in a city. `worths`: of its sights that may be seen, best first.

    Each further day is worth less than the last, in the measure of what there is to see: so days that all cities could
    do without are shared out as seats are by d'Hondt's rule.
    """

    def __init__(self, city: City, rules: DayRules, worths: Sequence[int]) -> None:
        sights = city.attractions
        known = worths if sights else _UNKNOWN_CITY
        usual = sum(sight.visit_minutes for sight in sights) // len(sights) if sights else _USUAL_VISIT
        self.visit_minutes = usual + _WAY_MINUTES
        self.most_a_day = rules.most_sights
        # By how many visits, and by how many days, there are.
        self.of_visits = (0, *accumulate(known))
        self.of_days = (0, *accumulate(sum(known) // (_FURTHER_DAY * count) for count in range(1, _MOST_PARTS)))

    def points(self, minutes: int, parts: int) -> int:
        """`minutes`: for sights, in so many parts of days."""
        visits = min(self.most_a_day * parts, minutes // self.visit_minutes, len(self.of_visits) - 1)
        return self.of_visits[visits] + self.of_days[parts]


def sightseeing_minutes(part: Part, rules: DayRules) -> int:
    """What meals leave of the day's hours."""
    begins, ends = max(part.begins, rules.starts), min(part.ends, rules.ends)
    eaten = sum(
        MEAL_HOURS[meal].minutes
        for meal in MEALS[1:]
        if part.has_room_for(meal) and begins <= MEAL_HOURS[meal].earliest < ends
    )
    return max(0, ends - begins - eaten)

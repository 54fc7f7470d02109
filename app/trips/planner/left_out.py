"""Why each sight that is not in the plan is not: the first reason that holds, in words for the traveller."""

from collections.abc import Iterator, Sequence

from app.trips.plan import LeftOut, LeftOutReason
from app.trips.planner.cities import SolvedCity
from app.trips.planner.openings import Candidate
from app.trips.problem import Sight, Trip

_WORDS: dict[LeftOutReason, str] = {
    "avoided": "You wanted to avoid it.",
    "closed": "It is closed on all days that you are there.",
    "hours": "While you are there, it is not open for long enough within the hours of your days.",
    "too long": "Its visit is longer than any of your days there has room for.",
    "wet": "It is in the open, and rain is likely on the days that have time for it.",
    "too dear": "Its tickets would go past the budget.",
    "pace": "Your days have as many sights as your pace allows; what is planned counts for more.",
    "no time": "There is no time left for it; what is planned counts for more.",
}


def left_out(trip: Trip, cities: Sequence[SolvedCity], money_left: int) -> tuple[LeftOut, ...]:
    """Best first within each city. `money_left`: of the budget, where there is one."""
    return tuple(found for city in cities for found in _of_city(trip, city, money_left))


def _of_city(trip: Trip, city: SolvedCity, money_left: int) -> Iterator[LeftOut]:
    visited = {point for tour in city.days.solution.sequences for point in tour}
    for index, candidate in enumerate(city.days.candidates):
        if index not in visited:
            yield _because(candidate.sight, _reason(trip, city, candidate, money_left))
    for sight, reason in city.openings.closed:
        yield _because(sight, reason)


def _reason(trip: Trip, city: SolvedCity, candidate: Candidate, money_left: int) -> LeftOutReason:
    if trip.wishes.budget is not None and candidate.sight.price * trip.party.size > money_left:
        return "too dear"
    if candidate.kept_dry:
        return "wet"
    open_on = [number for number, starts in enumerate(candidate.starts) if starts]
    return "pace" if all(_is_full(city, number) for number in open_on) else "no time"


def _is_full(city: SolvedCity, number: int) -> bool:
    """Whether a part of the stretch has as many sights as the pace allows."""
    days = city.days
    visits = [point for point in days.solution.sequences[number] if days.points[point].counts]
    most = days.tours[number].most
    return most is not None and len(visits) >= most


def _because(sight: Sight, reason: LeftOutReason) -> LeftOut:
    return LeftOut(ref=sight.id, reason=reason, text=_WORDS[reason])

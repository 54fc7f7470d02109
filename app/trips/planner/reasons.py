"""Why each entry of a plan is where and when it is: what the solver knew, in words for the traveller."""

from collections.abc import Iterator, Sequence

from app.trips import orienteering
from app.trips.orienteering import Point, Tour
from app.trips.plan import Item, Plan, PlanDay
from app.trips.planner.appeal import points
from app.trips.planner.cities import SolvedCity
from app.trips.planner.day_tours import CityDays
from app.trips.planner.openings import Candidate
from app.trips.problem import City, Eatery, Leg, Sight, Trip, VisitLock

_RIVALS = 3
"""Of the sights that were left out, so many are tried in the place of each visit."""


def with_reasons(trip: Trip, plan: Plan, cities: Sequence[SolvedCity]) -> Plan:
    """The same plan, each entry with its reasons; ways, rests and bags need none."""
    writer = _Writer(trip, cities)
    days = tuple(
        PlanDay(
            day=day.day,
            city=day.city,
            stay=day.stay,
            items=tuple(item.model_copy(update={"reasons": tuple(writer.reasons(item, day))}) for item in day.items),
        )
        for day in plan.days
    )
    return plan.model_copy(update={"days": days})


class _Writer:
    def __init__(self, trip: Trip, cities: Sequence[SolvedCity]) -> None:
        self._trip = trip
        self._cities = {city.leaf.stretch.city.id: city for city in cities}
        self._candidates = {candidate.sight.id: candidate for city in cities for candidate in city.days.candidates}
        self._told: set[str] = set()
        self._rivals = {city.leaf.stretch.city.id: _rivals(trip, city.days) for city in cities}

    def reasons(self, item: Item, day: PlanDay) -> Iterator[str]:
        if item.kind == "visit" and item.ref and item.city:
            yield from self._visit(item, day, self._cities[item.city], self._candidates[item.ref])
        elif item.kind == "meal" and item.city:
            yield from self._meal(item, self._cities[item.city].leaf.stretch.city)
        elif item.kind == "leg":
            yield from self._leg(item, day)

    # ---- visits

    def _visit(self, item: Item, day: PlanDay, city: SolvedCity, candidate: Candidate) -> Iterator[str]:
        yield from self._why_here(candidate.sight)
        yield from self._why_then(item, day, city, candidate)
        rival = None if candidate.is_required else self._displaced(city, candidate)
        if rival is not None and rival.id not in self._told:
            self._told.add(rival.id)
            yield f"It came before {rival.name}, which would fit here as well but counts for less with you."

    def _why_here(self, sight: Sight) -> Iterator[str]:
        locks = [lock for lock in self._trip.wishes.locks if isinstance(lock, VisitLock) and lock.id == sight.id]
        if locks:
            yield "You fixed it for this day."
        elif sight.id in self._trip.wishes.include:
            yield "You asked for it."
        weights = self._trip.wishes.interests
        served = sorted((found for found in sight.interests if weights.get(found)), key=lambda found: -weights[found])
        if served:
            yield f"It serves your interest in {' and '.join(served[:2])}."

    def _why_then(self, item: Item, day: PlanDay, city: SolvedCity, candidate: Candidate) -> Iterator[str]:
        sight, stretch = candidate.sight, city.leaf.stretch
        if sight.kind == "event":
            yield "It takes place at this time only."
        elif sum(1 for starts in candidate.starts if starts) == 1 and self._days_for_sights(city) > 1:
            yield "Of your days here, this is the only one on which it can be visited."
        if candidate.kept_dry:
            wet = " and ".join(f"{stretch.dates[kept]:%A}" for kept in candidate.kept_dry[:2])
            yield f"It is in the open, so it was kept off {wet}, when rain is likely."
        elif sight.indoor and stretch.city.is_wet(day.day):
            yield "It is indoors, and rain is likely on this day."
        if (
            sight.kind != "event"
            and sight.hours
            and sight.hours_known
            and any(window.opens == item.starts for window in sight.windows(day.day))
        ):
            yield "It opens at this time."

    def _days_for_sights(self, city: SolvedCity) -> int:
        """On how many days here something can be visited at all."""
        by_part = zip(*(candidate.starts for candidate in city.days.candidates), strict=True)
        return sum(1 for starts in by_part if any(starts))

    def _displaced(self, city: SolvedCity, candidate: Candidate) -> Sight | None:
        """The best sight left out that could have had this very place in the day; none where that has lunch in it."""
        days = city.days
        index = days.candidates.index(candidate)
        number = next(number for number, tour in enumerate(days.solution.sequences) if index in tour)
        if days.look.lunch_at.get(number) == index:
            return None
        worth = points(candidate.sight, self._trip.wishes)
        for rival in self._rivals[city.leaf.stretch.city.id]:
            other = days.candidates[rival].sight
            if points(other, self._trip.wishes) < worth and _fits_instead(days, number, index, rival):
                return other
        return None

    # ---- meals and legs

    def _meal(self, item: Item, city: City) -> Iterator[str]:
        eatery = next(found for found in city.eateries if found.id == item.ref)
        wished = [cuisine for cuisine in self._trip.wishes.cuisines if cuisine in eatery.cuisines]
        if wished:
            yield f"You wished for {' and '.join(wished)} food."
        if eatery.id in self._trip.wishes.include:
            yield "You asked for it."
        if not eatery.is_generic and not wished:
            yield from self._why_this_eatery(eatery, city)

    def _why_this_eatery(self, eatery: Eatery, city: City) -> Iterator[str]:
        prices = sorted(found.price for found in city.eateries if not found.is_generic)
        if len(prices) > 1 and eatery.price <= prices[len(prices) // 4]:
            yield "It is among the cheapest there."
        elif eatery.spot is not None:
            yield "It lies on your way."

    def _leg(self, item: Item, day: PlanDay) -> Iterator[str]:
        leg = next(found for found in self._trip.legs if found.id == item.ref)
        size = self._trip.party.size
        others = [found for found in self._trip.legs if _is_alternative(found, leg, day)]
        others = [found for found in others if found.mode not in self._trip.wishes.excluded_modes]
        if not others:
            yield "It is the only way on this day that we know of."
        elif all(leg.cost_for(size) <= found.cost_for(size) for found in others):
            yield f"It is the cheapest of the {len(others) + 1} ways on this day that we know of."
        else:
            yield "It leaves more of the days than a cheaper one would."


def _is_alternative(other: Leg, leg: Leg, day: PlanDay) -> bool:
    same_ends = (other.origin, other.destination) == (leg.origin, leg.destination)
    return same_ends and other.id != leg.id and other.runs_on(day.day)


def _rivals(trip: Trip, days: CityDays) -> list[int]:
    visited = {point for tour in days.solution.sequences for point in tour}
    left = [index for index in range(len(days.candidates)) if index not in visited]
    return sorted(left, key=lambda index: (-points(days.candidates[index].sight, trip.wishes), index))[:_RIVALS]


def _fits_instead(days: CityDays, number: int, index: int, rival: int) -> bool:
    """Whether the tour works with `rival` in the place of `index`: a small problem of that tour alone."""
    sequence = [rival if point == index else point for point in days.solution.sequences[number]]
    tour = days.tours[number]
    places = [*sequence, tour.start]
    travel = [[days.travel[start][end] for end in places] for start in places]
    asked = [Point(0, days.points[point].minutes, (days.points[point].windows[number],)) for point in sequence]
    home = len(sequence)
    alone = Tour(home, home, tour.opens, tour.closes, tour.breaks)
    return orienteering.schedule(asked, travel, [alone], [list(range(home))]) is not None

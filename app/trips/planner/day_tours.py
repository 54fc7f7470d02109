"""One city's days as a problem for the orienteering solver, and back: which sights, when, and the meals in between."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.trips import orienteering
from app.trips.orienteering import Break, Point, Solution, Tour
from app.trips.planner.appeal import points
from app.trips.planner.openings import Candidate
from app.trips.planner.route import Part, Stretch
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import MEALS, Eatery, Meal, Spot, Trip
from app.trips.rules import MEAL_HOURS, MEAL_MARGIN_MINUTES, DayRules
from app.trips.travel_times import travel_minutes

# Breakfast is begun so long before the day's first sight may be visited, the way there included.
_BREAKFAST_BEFORE_MINUTES = 75
_FIRST_WAY_MINUTES = 60
# Of a visit with lunch in it, so many minutes come first, and so many at least after it.
_BEFORE_LUNCH_MINUTES = 60
_AFTER_LUNCH_MINUTES = 15
_EARLIEST_OUT = 6 * 60

Slot = tuple[int, Meal]


@dataclass(frozen=True)
class Had:
    """Visits that other cities have on a day, or will have. `unasked`: those that the traveller has not asked for."""

    visits: int = 0
    unasked: int = 0

    def __add__(self, other: "Had") -> "Had":
        return Had(self.visits + other.visits, self.unasked + other.unasked)


@dataclass(frozen=True)
class Seat:
    """Where a meal is eaten that is not had wherever one is. `place`: the eatery's own id, or that of the stop at which
    it is had (dinner back in town)."""

    eatery: Eatery
    place: str


@dataclass(frozen=True)
class MealTime:
    """When a meal may begin on its day; `minutes` with the rest after it, where the pace has one."""

    first: int
    last: int
    minutes: int
    rest_minutes: int


def meal_time(meal: Meal, part: Part, rules: DayRules) -> MealTime:
    """For a meal that the part has room for."""
    hours = MEAL_HOURS[meal]
    until = part.ends - (MEAL_MARGIN_MINUTES if part.is_departure else 0)
    first = max(hours.earliest, part.begins)
    if meal == "breakfast":
        first = max(first, min(_usual_breakfast(part, rules), hours.latest))
    can_rest = meal == "lunch" and rules.rest_minutes > 0 and first + hours.minutes + rules.rest_minutes <= until
    rest = rules.rest_minutes if can_rest else 0
    minutes = hours.minutes + rest
    last = min(hours.latest, until - minutes) if rest else min(hours.latest, part.ends - minutes)
    return MealTime(first, max(first, last), minutes, rest)


def _usual_breakfast(part: Part, rules: DayRules) -> int:
    """Not before it has to be: for the day's first sights, or for what is fixed to an hour, or for leaving."""
    begins = min([rules.starts, *(starts for starts, _ in part.taken)]) - _BREAKFAST_BEFORE_MINUTES
    return min(begins, part.ends - MEAL_HOURS["breakfast"].minutes - 2 * MEAL_MARGIN_MINUTES)


@dataclass(frozen=True)
class CityDays:
    """The days of one stretch, solved. `seats`: of the meals that have a place; they are among the points, after the
    `candidates`, in this order. `lunch_at`: by part, the candidate whose long visit has lunch in it.
    """

    candidates: tuple[Candidate, ...]
    seats: tuple[tuple[Slot, Seat], ...]
    lunch_at: Mapping[int, int]
    points: tuple[Point, ...]
    travel: tuple[tuple[int, ...], ...]
    tours: tuple[Tour, ...]
    solution: Solution

    @property
    def worth(self) -> tuple[int, int]:
        """For comparing: what has to be seen first, then points."""
        return -len(self.solution.missing), self.solution.score

    def place(self, point: int) -> str:
        """The id of the stop."""
        if point < len(self.candidates):
            return self.candidates[point].sight.id
        return self.seats[point - len(self.candidates)][1].place


# Of a stretch that has no time at all, which nothing has to be seen in either.
_NO_TOURS = Solution((), (), (), (), score=0, cost=0, missing=(), iterations=0, is_cut_short=False)


class CitySolver:
    """Lays one stretch out in tours. `base`: the id of where one sleeps. `ways`: between its stops."""

    def __init__(
        self,
        trip: Trip,
        stretch: Stretch,
        base: str,
        rules: DayRules,
        candidates: Sequence[Candidate],
        ways: "Ways",
        known: dict[Hashable, Solution],
    ) -> None:
        """`known`: what was solved before."""
        self._trip = trip
        self._stretch = stretch
        self._base = base
        self._rules = rules
        self._candidates = tuple(candidates)
        self._ways = ways
        self._known = known
        self._worth = [points(candidate.sight, trip.wishes) for candidate in self._candidates]

    def solve(
        self,
        seats: Mapping[Slot, Seat],
        *,
        most: int,
        had: Mapping[int, Had],
        budget: int | None,
        work: int,
        lunch_at: Mapping[int, int] = MappingProxyType({}),
        limit: TimeLimit,
        slack: int = 0,
        before: CityDays | None = None,
    ) -> CityDays:
        """The stretch's tours. `seats`: where meals are eaten that have a place; other meals are had wherever
        one is, and `slack` minutes are kept free at each. `most`: sights a day, of which another city has had `had` by
        day. `budget`: for tickets. `lunch_at`: by part, the candidate that is visited then, with lunch in the visit.
        `before`: tours to start from."""
        placed = tuple(sorted(seats.items(), key=lambda found: found[0]))
        asked = [self._sight_point(index, lunch_at) for index in range(len(self._candidates))]
        asked += [self._seat_point(slot) for slot, _ in placed]
        ids = [candidate.sight.id for candidate in self._candidates] + [seat.place for _, seat in placed] + [self._base]
        travel = self._ways.table(tuple(ids))
        tours = tuple(
            self._tour(number, part, seats, len(asked), most, had.get(part.day, Had()), slack, lunch_at.get(number))
            for number, part in enumerate(self._stretch.parts)
        )
        if not tours:
            return CityDays(self._candidates, placed, lunch_at, tuple(asked), travel, tours, _NO_TOURS)
        initial = None if before is None else self._initial(before, placed, lunch_at)
        # Money that is enough for all of them is no bound.
        if budget is not None and sum(point.cost for point in asked) <= budget:
            budget = None
        key = (tuple(asked), travel, tours, work, budget, initial)
        solution = self._known.get(key)
        if solution is None:
            # Earlier tours need not work any more: the money may have gone elsewhere, the first look had other meals.
            solution = orienteering.solve_trusted(
                asked, travel, tours, work=work, time_limit_s=limit.left_s(), budget=budget, initial=initial
            )
            if not solution.is_cut_short:
                self._known[key] = solution
        return CityDays(self._candidates, placed, lunch_at, tuple(asked), travel, tours, solution)

    def _initial(
        self, before: CityDays, placed: Sequence[tuple[Slot, Seat]], lunch_at: Mapping[int, int]
    ) -> tuple[tuple[int, ...], ...] | None:
        """The tours as they were, without the seats: those are put in by the solver. One that gets a long visit begins
        anew with that: it may have as many visits as it may have already."""
        if placed:
            return None
        sequences = before.solution.sequences
        kept = [[point for point in tour if point < len(self._candidates)] for tour in sequences]
        for number, index in lunch_at.items():
            if index not in kept[number]:
                kept = [[point for point in tour if point != index] for tour in kept]
                kept[number] = [index]
        return tuple(map(tuple, kept))

    def _sight_point(self, index: int, lunch_at: Mapping[int, int]) -> Point:
        """One that has lunch in its visit is begun an hour before the last hour for it at the latest, and goes on after
        it; in that part alone."""
        candidate = self._candidates[index]
        parts = [part for part, other in lunch_at.items() if other == index]
        windows = candidate.starts
        if parts:
            lunch = MEAL_HOURS["lunch"]
            until = lunch.earliest + lunch.minutes + self._rules.rest_minutes + _AFTER_LUNCH_MINUTES
            earliest, latest = until - candidate.sight.visit_minutes, lunch.latest - _BEFORE_LUNCH_MINUTES
            hours = [(max(first, earliest), min(last, latest)) for first, last in windows[parts[0]]]
            cut = tuple((first, last) for first, last in hours if first <= last)
            windows = tuple(cut if part == parts[0] else () for part in range(len(windows)))
        price = candidate.sight.price * self._trip.party.size
        return Point(
            self._worth[index],
            candidate.sight.visit_minutes,
            windows,
            price,
            required=candidate.is_required or bool(parts),
            may_exceed=candidate.is_wished,
        )

    def _seat_point(self, slot: Slot) -> Point:
        day, meal = slot
        windows: list[tuple[tuple[int, int], ...]] = []
        minutes = MEAL_HOURS[meal].minutes
        for part in self._stretch.parts:
            if part.day == day and (part, meal) in self._stretch.meals_due:
                time = meal_time(meal, part, self._rules)
                minutes = time.minutes
                windows.append(((time.first, time.last),))
            else:
                windows.append(())
        return Point(0, minutes, tuple(windows), required=True, counts=False)

    def _tour(
        self,
        number: int,
        part: Part,
        seats: Mapping[Slot, Seat],
        base: int,
        most: int,
        had: Had,
        slack: int,
        lunch_at: int | None,
    ) -> Tour:
        breaks = []
        due = [meal for meal in MEALS if (part, meal) in self._stretch.meals_due]
        for meal in due:
            if (part.day, meal) not in seats and not (lunch_at is not None and meal == "lunch"):
                time = meal_time(meal, part, self._rules)
                kept_free = min(slack, part.ends - time.last - time.minutes)
                breaks.append(Break(time.minutes + max(0, kept_free), time.first, time.last))
        early = _BREAKFAST_BEFORE_MINUTES if "breakfast" in due else _FIRST_WAY_MINUTES
        opens = max(part.begins, min(part.ends, max(_EARLIEST_OUT, self._rules.starts - early)))
        if due:
            time, seat = meal_time(due[0], part, self._rules), seats.get((part.day, due[0]))
            # The way to the first meal may be longer than there is time for once it may begin.
            sets_out = time.first if seat is None else time.last - self._ways.minutes(self._base, seat.place)
            opens = max(part.begins, min(opens, time.first, sets_out))
        left = max(0, most - had.visits)
        return Tour(base, base, opens, part.ends, tuple(breaks), left, is_strict=had.unasked > 0)


class Ways:
    """Minutes between stops of one city, each reckoned once."""

    def __init__(self, trip: Trip, spots: dict[str, Spot | None]) -> None:
        self._trip = trip
        self._spots = spots
        self._known: dict[tuple[str, str], int] = {}
        self._tables: dict[tuple[str, ...], tuple[tuple[int, ...], ...]] = {}

    def table(self, ids: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        """From each (row) to each."""
        if ids not in self._tables:
            self._tables[ids] = tuple(tuple(self.minutes(start, end) for end in ids) for start in ids)
        return self._tables[ids]

    def minutes(self, start: str, end: str) -> int:
        key = (start, end)
        if key not in self._known:
            self._known[key] = travel_minutes(self._trip, self._spots, start, end)
        return self._known[key]

"""One city's days as a problem for the orienteering solver, and back: which sights, when, and the meals in between."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.trips import orienteering
from app.trips.orienteering import Break, Point, Solution, Tour
from app.trips.planner.appeal import points
from app.trips.planner.openings import Candidate, Starts
from app.trips.planner.route import Part, Stretch
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import MEALS, Eatery, Meal, Spot, Trip
from app.trips.rules import LONG_VISIT_MINUTES, MEAL_HOURS, MEAL_MARGIN_MINUTES, DayRules
from app.trips.travel_times import travel_minutes

_BREAKFAST_BEFORE_MINUTES = 75
"""Breakfast is begun so long before the day's first sight may be visited, the way there included."""

_FIRST_WAY_MINUTES = 60
"""Without breakfast, one sets out so long before that."""

_BEFORE_LUNCH_MINUTES = 60
"""Of a visit with lunch in it, so many minutes come first."""

_AFTER_LUNCH_MINUTES = 15
"""And so many at least come after the lunch."""

_A_POINT, _FILLS_MINUTES = 1000, 30
"""What a point of appeal is to the solver, and minutes of a visit that are one of these: of sights with as much appeal
the one is seen that takes longer. Where the pace says how many they are, less of the day is empty."""

_EARLIEST_OUT = 6 * 60
"""Minutes after midnight before which nobody sets out for a sight."""

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
class Look:
    """What is asked of one look at a stretch. `seats`: where meals are eaten that have a place; other meals are had
    wherever one is, and `slack` minutes are kept free at each. `most`: sights a day, of which another city has had
    `had` by day. `budget`: for tickets. `work`: the search's effort.

    `before`: days to start from. `lunch_at`: by part, the candidate at which lunch is had then: in the middle of a long
    visit, else just before it.
    `is_early`: whether breakfast may begin so early that far sights are reached as the day starts. `tried`: a candidate
    that is to be visited, whatever else has to give way to it.
    """

    seats: Mapping[Slot, Seat]
    most: int
    had: Mapping[int, Had]
    budget: int | None
    work: int
    slack: int = 0
    before: "CityDays | None" = None
    lunch_at: Mapping[int, int] = field(default_factory=dict)
    is_early: bool = False
    tried: int | None = None

    @cached_property
    def placed(self) -> tuple[tuple[Slot, Seat], ...]:
        """The seats in the order of their points."""
        return tuple(sorted(self.seats.items(), key=lambda found: found[0]))


@dataclass(frozen=True)
class CityDays:
    """The days of one stretch, solved. Among the points the `candidates` come first, then the seats of the look."""

    look: Look
    candidates: tuple[Candidate, ...]
    points: tuple[Point, ...]
    travel: tuple[tuple[int, ...], ...]
    tours: tuple[Tour, ...]
    solution: Solution

    @property
    def missing(self) -> tuple[int, ...]:
        """Points that have to be in the plan and have no place."""
        optional = {index for index, candidate in enumerate(self.candidates) if not candidate.is_required}
        return tuple(point for point in self.solution.missing if point not in optional)

    @property
    def worth(self) -> tuple[bool, int, int]:
        """For comparing: first whether they have what they were made for, of which nobody asked for it; then what has
        to be seen, then appeal, then how long it takes to see."""
        return len(self.missing) == len(self.solution.missing), -len(self.missing), self.solution.score

    def place(self, point: int) -> str:
        """The id of the stop."""
        if point < len(self.candidates):
            return self.candidates[point].sight.id
        return self.look.placed[point - len(self.candidates)][1].place


_NO_TOURS = Solution((), (), (), (), score=0, cost=0, missing=(), iterations=0, is_cut_short=False)
"""Of a stretch that has no time at all, which nothing has to be seen in either."""


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
        limit: TimeLimit,
    ) -> None:
        """`known`: what was solved before."""
        self._trip = trip
        self._stretch = stretch
        self._base = base
        self._rules = rules
        self.candidates = tuple(candidates)
        self._ways = ways
        self._known = known
        self._limit = limit
        self._worth = [points(candidate.sight, trip.wishes) for candidate in self.candidates]

    def solve(self, look: Look) -> CityDays:
        asked = [self._sight_point(index, look) for index in range(len(self.candidates))]
        asked += [self._seat_point(slot, found.place, look) for slot, found in look.placed]
        ids = [candidate.sight.id for candidate in self.candidates] + [seat.place for _, seat in look.placed]
        travel = self._ways.table((*ids, self._base))
        tours = tuple(self._tour(number, part, look, len(asked)) for number, part in enumerate(self._stretch.parts))
        solution = self._solution(look, tuple(asked), travel, tours) if tours else _NO_TOURS
        return CityDays(look, self.candidates, tuple(asked), travel, tours, solution)

    def _solution(
        self, look: Look, asked: tuple[Point, ...], travel: tuple[tuple[int, ...], ...], tours: tuple[Tour, ...]
    ) -> Solution:
        # Money that is enough for all of them is no bound.
        is_bound = look.budget is not None and sum(point.cost for point in asked) > look.budget
        budget = look.budget if is_bound else None
        initial = None if look.before is None else self._initial(look, look.before)
        key = (asked, travel, tours, look.work, budget, initial)
        solution = self._known.get(key)
        if solution is None:
            # Earlier tours need not work any more: the money may have gone elsewhere, the first look had other meals.
            solution = orienteering.solve_trusted(
                asked, travel, tours, work=look.work, time_limit_s=self._limit.left_s(), budget=budget, initial=initial
            )
            if not solution.is_cut_short:
                self._known[key] = solution
        return solution

    @cached_property
    def far_out(self) -> tuple[int, ...]:
        """Candidates that are too far away to be reached as they may first be visited, after breakfast at its usual
        time; best first."""
        usual = {
            number: meal_time("breakfast", part, self._rules).first
            for number, part in enumerate(self._stretch.parts)
            if (part, "breakfast") in self._stretch.meals_due
        }
        found = [
            index
            for index, candidate in enumerate(self.candidates)
            if any(
                candidate.starts[number] and self._latest_breakfast(candidate, number, self._base) < first
                for number, first in usual.items()
            )
        ]
        return tuple(sorted(found, key=lambda index: (-self._worth[index], index)))

    def left_by(self, days: CityDays) -> list[int]:
        """Of those, what the tours leave out though it may be worth more than something in them; best first."""
        seen = {point for tour in days.solution.sequences for point in tour}
        return [index for index in self.far_out if index not in seen and self._is_worth_a_try(index, days)]

    def _is_worth_a_try(self, index: int, days: CityDays) -> bool:
        """Whether a day on which it may be visited has no visit more to have, or one that counts for less."""
        if self.candidates[index].is_required:
            return True
        for number, starts in enumerate(self.candidates[index].starts):
            visits = [point for point in days.solution.sequences[number] if point < len(self.candidates)]
            optional = [self._worth[point] for point in visits if not self.candidates[point].is_required]
            most = days.tours[number].most
            is_full = most is not None and len(visits) >= most
            if starts and (not is_full or min(optional, default=self._worth[index]) < self._worth[index]):
                return True
        return False

    def _latest_breakfast(self, candidate: Candidate, number: int, place: str) -> int:
        """When it has to begin for the sight to be reached as it may first be visited on that part."""
        way = self._ways.minutes(place, candidate.sight.id)
        return candidate.starts[number][0][0] - way - MEAL_HOURS["breakfast"].minutes

    def _breakfast_from(self, number: int, part: Part, place: str, usual: int) -> int:
        """Early enough for every sight of that part."""
        found = [self._latest_breakfast(one, number, place) for one in self.candidates if one.starts[number]]
        return max(MEAL_HOURS["breakfast"].earliest, part.begins, min([usual, *found]))

    def _initial(self, look: Look, before: CityDays) -> tuple[tuple[int, ...], ...] | None:
        """The tours as they were, without seats that are new: those are put in by the solver. A tour that gets another
        visit for sure begins anew with that: it may have as many as it may have already."""
        if look.placed and before.look.before is None:
            return None  # The first look had no seats: with all of them, other tours are better.
        points = len(self.candidates)
        now = {slot: points + number for number, (slot, _) in enumerate(look.placed)}
        moved = [*range(points), *(now.get(slot) for slot, _ in before.look.placed)]
        kept = [[new for point in tour if (new := moved[point]) is not None] for tour in before.solution.sequences]
        anew = dict(look.lunch_at)
        if look.tried is not None and look.tried not in anew.values():
            anew[self._poorest(kept, self.candidates[look.tried])] = look.tried
        for number, index in anew.items():
            if index not in kept[number]:
                kept = [[point for point in tour if point != index] for tour in kept]
                kept[number] = [index]
        return tuple(map(tuple, kept))

    def _poorest(self, tours: Sequence[Sequence[int]], candidate: Candidate) -> int:
        """The tour in which it can be visited whose visits are worth the least."""
        worth = [sum(self._worth[point] for point in tour if point < len(self._worth)) for tour in tours]
        open_in = [number for number, starts in enumerate(candidate.starts) if starts]
        return min(open_in, key=lambda number: worth[number])

    def _sight_point(self, index: int, look: Look) -> Point:
        """One with its lunch is for that part alone, and includes that."""
        candidate = self.candidates[index]
        parts = [part for part, other in look.lunch_at.items() if other == index]
        windows, minutes = candidate.starts, candidate.sight.visit_minutes
        if parts:
            minutes, cut = self._with_lunch(candidate, parts[0])
            windows = tuple(cut if part == parts[0] else () for part in range(len(windows)))
        price = candidate.sight.price * self._trip.party.size
        return Point(
            self._worth[index] * _A_POINT + candidate.sight.visit_minutes // _FILLS_MINUTES,
            minutes,
            windows,
            price,
            required=candidate.is_required or bool(parts) or index == look.tried,
            may_exceed=candidate.is_wished,
        )

    def _with_lunch(self, candidate: Candidate, number: int) -> tuple[int, Starts]:
        """How long a visit takes with lunch on the spot and the rest after it, and when that may begin."""
        hours, lunch = MEAL_HOURS["lunch"], meal_time("lunch", self._stretch.parts[number], self._rules)
        minutes, starts = candidate.sight.visit_minutes, candidate.starts[number]
        if minutes >= LONG_VISIT_MINUTES:
            # It goes on after lunch, and is begun an hour before the last hour for that at the latest.
            minutes += lunch.rest_minutes
            until = hours.earliest + hours.minutes + lunch.rest_minutes + _AFTER_LUNCH_MINUTES
            earliest, latest, before, after = (
                until - minutes,
                hours.latest - _BEFORE_LUNCH_MINUTES,
                0,
                lunch.rest_minutes,
            )
        else:
            minutes += lunch.minutes
            earliest, latest, before, after = lunch.first, lunch.last, lunch.minutes, lunch.minutes
        cut = ((max(first - before, earliest), min(last - after, latest)) for first, last in starts)
        return minutes, tuple((first, last) for first, last in cut if first <= last)

    def is_across_lunch(self, index: int, number: int) -> bool:
        """Whether a visit on that part, where it can be made, is over too late for lunch after it and begun too early
        for lunch before the way there."""
        candidate, lunch = self.candidates[index], meal_time("lunch", self._stretch.parts[number], self._rules)
        back_from_lunch = lunch.first + lunch.minutes + self._ways.minutes(self._base, candidate.sight.id)
        return all(
            lunch.last < first + candidate.sight.visit_minutes and last < back_from_lunch
            for first, last in candidate.starts[number]
        )

    def _seat_point(self, slot: Slot, place: str, look: Look) -> Point:
        day, meal = slot
        windows: list[tuple[tuple[int, int], ...]] = []
        minutes = MEAL_HOURS[meal].minutes
        for number, part in enumerate(self._stretch.parts):
            if part.day == day and (part, meal) in self._stretch.meals_due:
                time = self._meal_time(meal, number, part, place, look)
                minutes = time.minutes
                windows.append(((time.first, time.last),))
            else:
                windows.append(())
        return Point(0, minutes, tuple(windows), required=True, counts=False)

    def _meal_time(self, meal: Meal, number: int, part: Part, place: str, look: Look) -> MealTime:
        """`place`: where it is had, if it is breakfast."""
        time = meal_time(meal, part, self._rules)
        if meal != "breakfast" or not look.is_early:
            return time
        return replace(time, first=self._breakfast_from(number, part, place, time.first))

    def _tour(self, number: int, part: Part, look: Look, base: int) -> Tour:
        breaks = []
        due = [meal for meal in MEALS if (part, meal) in self._stretch.meals_due]
        for meal in due:
            if (part.day, meal) not in look.seats and not (number in look.lunch_at and meal == "lunch"):
                time = self._meal_time(meal, number, part, self._base, look)
                kept_free = min(look.slack, part.ends - time.last - time.minutes)
                breaks.append(Break(time.minutes + max(0, kept_free), time.first, time.last))
        early = _BREAKFAST_BEFORE_MINUTES if "breakfast" in due else _FIRST_WAY_MINUTES
        opens = max(part.begins, min(part.ends, max(_EARLIEST_OUT, self._rules.starts - early)))
        if due:
            seat = look.seats.get((part.day, due[0]))
            time = self._meal_time(due[0], number, part, self._base if seat is None else seat.place, look)
            # The way to the first meal may be longer than there is time for once it may begin.
            sets_out = time.first if seat is None else time.last - self._ways.minutes(self._base, seat.place)
            opens = max(part.begins, min(opens, time.first, sets_out))
        had = look.had.get(part.day, Had())
        left = max(0, look.most - had.visits)
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

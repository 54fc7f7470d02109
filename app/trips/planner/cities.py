"""The days of one city: sights, meals and where they are eaten, within what is left of the money."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.trips.planner.appeal import must_see
from app.trips.planner.attempts import Attempt
from app.trips.planner.day_tours import CityDays, CitySolver, Had, Look, Seat, Slot, Ways
from app.trips.planner.long_visits import with_long_visits
from app.trips.planner.openings import Anchor, Openings, openings
from app.trips.planner.route import Stretch
from app.trips.planner.routing import Leaf
from app.trips.planner.seating import Tables, seat
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import Eatery, Trip
from app.trips.rules import day_rules
from app.trips.travel_times import spots_of

BARE_WORK = 5_000
"""The search's effort for looking at nothing but what has to be in the plan: a few sights, and meals."""

_FIRST_LOOK = 3
"""One part in so many of the effort goes into the first look, which spreads the sights over the days and finds where
meals are."""

_SHORT_DAY_MINUTES = 180
"""A day with less time than this for sights does not count when they are shared out."""

_SLACK_FOR_A_MEAL_MINUTES = 30
"""Kept free beside each meal in the first look, for the way to a place that is found for it later."""

_FAR_OUT_MINUTES = 40
"""Who is this far from where one sleeps has dinner back there."""

_MOST_LOOKS = 3
"""So often a day is looked at again because of that, since the visit may move to another one."""

_MOST_TRIED_EARLY = 2
"""So many of the sights that only an early start leaves time for are tried."""

_EARLY, _EARLY_FOR_WISHES = 16, 2
"""One part in so many of the effort goes into each such trial; the second, where something that has to be seen has no
place."""

_LEAST_EFFORT = 6_000
"""A look has as much as this, where a stretch has as much in all."""


@dataclass(frozen=True)
class SolvedCity:
    """A stretch with everything settled. `base`: the id of where one sleeps, the city's own without a stay."""

    leaf: Leaf
    openings: Openings
    days: CityDays
    seated: dict[Slot, Eatery]
    base: str


@dataclass
class Used:
    """What the cities planned so far leave to the next. `money`: of the cap, 0 where there is none. `visits`: by
    day. `kept`: likewise those that stay where an earlier plan has them, of the cities still to come."""

    money: int
    visits: dict[int, Had] = field(default_factory=dict)
    kept: dict[int, Had] = field(default_factory=dict)

    @property
    def had(self) -> dict[int, Had]:
        """What other cities have of each day's visits."""
        days = {*self.visits, *self.kept}
        return {day: self.visits.get(day, Had()) + self.kept.get(day, Had()) for day in days}


class CityPlanner:
    """Plans the cities of one route, one after the other. `effort`: of the search, for each. `is_bare`: with nothing
    but what has to be in the plan."""

    def __init__(
        self,
        trip: Trip,
        attempt: Attempt,
        effort: int,
        limit: TimeLimit,
        anchors: Mapping[str, Anchor],
        *,
        is_bare: bool,
    ) -> None:
        self._is_bare = is_bare
        self._trip = trip
        self._attempt = attempt
        self._effort = effort
        self._limit = limit
        self._anchors = anchors
        self._rules = day_rules(trip.wishes)
        self._size = trip.party.size

    def plan(self, leaf: Leaf, used: Used) -> SolvedCity:
        """`used` is brought up to date, but for what is kept of it."""
        stretch = leaf.stretch
        base = leaf.stay.id if leaf.stay else stretch.city.id
        found = openings(stretch, self._trip.wishes, self._anchors)
        found = found.bare if self._is_bare else found
        ways = Ways(self._trip, spots_of(stretch.city))
        known = self._attempt.router.reckoned.days
        solver = CitySolver(self._trip, stretch, base, self._rules, found.candidates, ways, known, self._limit)
        seated = seat(stretch, leaf.menu, self._trip.wishes)
        first = solver.solve(self._first_look(found, stretch, used, has_seats=bool(_on_the_map(seated))))
        if _on_the_map(seated):
            nearer = self._nearer(leaf, first, seated, ways, base, used)
            used.money -= sum(nearer[slot].price - eatery.price for slot, eatery in seated.items()) * self._size
            seated = nearer
        looks = _LaterLooks(self._trip, stretch, solver, self._second_look(found, stretch, used, first))
        days = looks.with_an_early_start(looks.second(_on_the_map(seated)))
        days = looks.with_meals_in_town(days, seated, ways, base)
        if not (days.missing and self._is_hopeless(leaf, used)):
            days = looks.with_meals_at_what_is_missing(days, seated)
        used.money -= max(0, days.solution.cost - self._wished_tickets(found))
        self._count_visits(stretch, days, used)
        return SolvedCity(leaf, found, days, seated, base)

    def kept_in(self, leaves: Sequence[Leaf]) -> dict[int, Had]:
        """The visits of an earlier plan that those cities are to keep, by day."""
        kept: dict[int, Had] = {}
        for leaf in leaves:
            musts = must_see(leaf.stretch.city, self._trip.wishes)
            for sight in leaf.stretch.city.attractions:
                if sight.id in self._anchors:
                    day = (self._anchors[sight.id].day - self._trip.first_day).days
                    kept[day] = kept.get(day, Had()) + Had(1, int(sight.id not in musts))
        return kept

    def _is_hopeless(self, leaf: Leaf, used: Used) -> bool:
        """Whether there is no room even without all that may be left out: then no other place for a meal helps."""
        if self._is_bare:
            return False
        effort = min(BARE_WORK, self._effort)
        bare = CityPlanner(self._trip, self._attempt, effort, self._limit, self._anchors, is_bare=True)
        return bool(bare.plan(leaf, replace(used, visits=dict(used.visits))).days.missing)

    def _first_look(self, found: Openings, stretch: Stretch, used: Used, *, has_seats: bool) -> Look:
        """With an even share of the sights for each day, and meals wherever one is."""
        return Look(
            {},
            most=self._share(found, stretch),
            had=used.had,
            budget=self._ticket_budget(found, used),
            work=self._effort // _FIRST_LOOK,
            slack=_SLACK_FOR_A_MEAL_MINUTES if has_seats else 0,
        )

    def _second_look(self, found: Openings, stretch: Stretch, used: Used, first: CityDays) -> Look:
        """With what the first has left of the effort, and as many sights as the pace allows where an even share left
        some out."""
        return replace(
            first.look,
            most=self._most(found, stretch, first),
            budget=self._ticket_budget(found, used),
            work=self._effort - first.look.work,
            slack=0,
            before=first,
        )

    def _most(self, found: Openings, stretch: Stretch, first: CityDays) -> int:
        """Sights a day, once the first look has shown whether an even share leaves some out."""
        seen = sum(len(tour) for tour in first.solution.tours)
        has_room_for_all = seen >= len(found.candidates)
        return self._share(found, stretch) if has_room_for_all else self._rules.most_sights

    def _count_visits(self, stretch: Stretch, days: CityDays, used: Used) -> None:
        """On the day of a move two cities share the sights that a day may have."""
        for part, tour in zip(stretch.parts, days.solution.sequences, strict=True):
            seen = [days.candidates[point] for point in tour if point < len(days.candidates)]
            had = Had(len(seen), sum(not candidate.is_wished for candidate in seen))
            used.visits[part.day] = used.visits.get(part.day, Had()) + had

    def _ticket_budget(self, found: Openings, used: Used) -> int | None:
        """What is left for this city's tickets; those of sights that have to be seen are paid for already."""
        if self._trip.wishes.budget is None:
            return None
        return max(0, used.money) + self._wished_tickets(found)

    def _wished_tickets(self, found: Openings) -> int:
        return sum(candidate.sight.price for candidate in found.candidates if candidate.is_wished) * self._size

    def _share(self, found: Openings, stretch: Stretch) -> int:
        """How many sights a day gets where all are shared out evenly: a long stay is not over on its third day."""
        long_days = [
            part
            for part in stretch.parts
            if min(part.ends, self._rules.ends) - max(part.begins, self._rules.starts) >= _SHORT_DAY_MINUTES
        ]
        even = -(-len(found.candidates) // max(1, len(long_days)))
        return min(self._rules.most_sights, max(1, even))

    def _nearer(
        self, leaf: Leaf, first: CityDays, seated: dict[Slot, Eatery], ways: Ways, base: str, used: Used
    ) -> dict[Slot, Eatery]:
        """Eateries near where the party is at mealtimes, as far as the cap allows half of what is left for it."""
        spots = dict(_places_at_meals(leaf.stretch, first, base))
        eateries = [eatery for eatery in leaf.stretch.city.eateries if eatery.spot is not None]
        loose = [eatery for eatery in leaf.stretch.city.eateries if eatery.spot is None]
        detours = {
            slot: {
                **{eatery.id: ways.minutes(here, eatery.id) + ways.minutes(eatery.id, there) for eatery in eateries},
                **{eatery.id: ways.minutes(here, there) for eatery in loose},
            }
            for slot, (here, there) in spots.items()
            if slot in seated
        }
        capped = self._trip.wishes.budget is not None
        allowance = max(0, used.money) // 2 // self._size if capped else None
        off = {*self._trip.wishes.avoid, *self._attempt.barred}
        tables = Tables(leaf.stretch.city, self._trip.wishes, self._attempt.router.meals, off)
        return tables.nearer(seated, detours, allowance)


@dataclass(frozen=True)
class _LaterLooks:
    """Solves a stretch again and again with meals in other places. `look`: the second, without its seats."""

    trip: Trip
    stretch: Stretch
    solver: CitySolver
    look: Look

    def second(self, seats: Mapping[Slot, Seat], part: int = 1, *, is_early: bool = False) -> CityDays:
        """With meals at their places. `part`: one in so many of the effort."""
        look = replace(self.look, seats=seats, work=self._work(part), is_early=is_early)
        return with_long_visits(self.solver, look, self.stretch, self.trip.wishes)

    def with_an_early_start(self, days: CityDays) -> CityDays:
        """Breakfast is earlier than usual where that brings more: a far sight is reached as its day starts."""
        left = self.solver.left_by(days)
        for tried in (None, *left[:_MOST_TRIED_EARLY]) if left else ():
            work = self._work(_EARLY_FOR_WISHES if days.missing else _EARLY)
            trial = self.solver.solve(replace(days.look, work=work, before=days, is_early=True, tried=tried))
            days = trial if trial.worth > days.worth else days
        return days

    def _work(self, part: int) -> int:
        """One in so many parts of the effort, though never too little to find anything."""
        return max(self.look.work // part, min(self.look.work, _LEAST_EFFORT))

    def with_meals_in_town(self, days: CityDays, seated: Mapping[Slot, Eatery], ways: Ways, base: str) -> CityDays:
        """Dinner is not had far out of town, where that costs nothing of what is seen. The visit may move to another
        day meanwhile, so it is looked at again."""
        for _ in range(_MOST_LOOKS):
            far = {
                slot: Seat(seated[slot], base)
                for slot, (here, _) in _places_at_meals(self.stretch, days, base)
                if slot[1] == "dinner" and ways.minutes(here, base) >= _FAR_OUT_MINUTES
            }
            if not far:
                break
            seats = {**days.look.seats, **far}
            trial = self.solver.solve(replace(days.look, seats=seats, work=self._work(2), before=days))
            if trial.worth < days.worth:
                break
            days = trial
        return days

    def with_meals_at_what_is_missing(self, days: CityDays, seated: Mapping[Slot, Eatery]) -> CityDays:
        """A meal just before a visit is had where that is, should there be no time for the way after it."""
        for point in days.missing:
            if point >= len(days.candidates):
                continue
            candidate = days.candidates[point]
            when = [part.day for part, starts in zip(self.stretch.parts, candidate.starts, strict=True) if starts]
            for slot, eatery in seated.items():
                if slot[0] in when and slot not in days.look.seats:
                    seats = {**days.look.seats, slot: Seat(eatery, candidate.sight.id)}
                    trial = self.second(seats, part=2, is_early=days.look.is_early)
                    if trial.worth > days.worth:
                        return self.with_meals_at_what_is_missing(trial, seated)
        return days


def _on_the_map(seated: Mapping[Slot, Eatery]) -> dict[Slot, Seat]:
    return {slot: Seat(eatery, eatery.id) for slot, eatery in seated.items() if eatery.spot is not None}


def _places_at_meals(stretch: Stretch, days: CityDays, base: str) -> Iterator[tuple[Slot, tuple[str, str]]]:
    """Of each meal that has no place of its own: the stops before and after it."""
    for number, part in enumerate(stretch.parts):
        due = [meal for found, meal in stretch.meals_due if found is part and (part.day, meal) not in days.look.seats]
        if number in days.look.lunch_at:
            due.remove("lunch")
        stops = [base, *(days.place(visit.point) for visit in days.solution.tours[number]), base]
        for meal, (position, _, _) in zip(due, days.solution.breaks[number], strict=True):
            yield (part.day, meal), (stops[position], stops[position + 1])

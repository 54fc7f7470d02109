"""From a trip to a plan: route first, then each city's days, then the plan with its sums.

`plan_trip` is the way in. Pure: no clock decides anything (the time limit is a safety net, and is told of), no network,
the same bytes for the same trip.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.trips.plan import Answer, Costs, Item, NotFound, Plan, PlanDay, PlannedStay
from app.trips.planner.appeal import points
from app.trips.planner.attempts import Attempt, Attempts
from app.trips.planner.conflicts import explain
from app.trips.planner.day_tours import CityDays, CitySolver, Slot, Ways
from app.trips.planner.diary import Diary
from app.trips.planner.left_out import left_out
from app.trips.planner.musts import can_be_seen
from app.trips.planner.openings import Anchor, Openings, openings
from app.trips.planner.reasons import with_reasons
from app.trips.planner.route import Stretch
from app.trips.planner.routing import Chosen, Leaf, Router
from app.trips.planner.seating import Tables, seat
from app.trips.planner.stays import by_suitability, possible_stays, stay_cost
from app.trips.problem import Eatery, Trip
from app.trips.rules import day_rules
from app.trips.travel_times import spots_of

# The search's effort for a whole trip, in the solver's units of about a microsecond.
DEFAULT_WORK = 400_000
DEFAULT_PATIENCE = 40
# One part in so many of it goes into the first look, which spreads the sights over the days and finds where meals are.
_FIRST_LOOK = 3
# A day with less time than this for sights does not count when they are shared out.
_SHORT_DAY_MINUTES = 180
_SLACK_FOR_A_MEAL_MINUTES = 30


def plan_trip(
    trip: Trip,
    *,
    work: int = DEFAULT_WORK,
    time_limit_s: float | None = None,
    anchors: Mapping[str, Anchor] | None = None,
    patience: int = DEFAULT_PATIENCE,
) -> Answer:
    """A plan that keeps every binding wish, or why there is none.

    `work`: effort of the search, in units of about a microsecond; the same effort gives the same plan. `anchors`:
    visits, by the id of the sight, that stay where an earlier plan has them; see `replan`. `patience`: how many routes
    may leave no room for something that has to be in the plan before the search is given up.
    """
    cheapest = Router(trip).best()
    cap = trip.wishes.budget
    if cheapest is None or (cap is not None and cheapest.cost > cap) or not can_be_seen(trip):
        return explain(trip)
    missing: tuple[str, ...] = ()
    attempts = Attempts(trip, cheapest, patience)
    for attempt in attempts:
        solved = _Solver(trip, attempt, work, time_limit_s, anchors or {}).solve()
        if isinstance(solved, Plan):
            return solved
        attempts.failed(attempt, solved)
        missing = missing or solved
    names = _names(trip)
    text = f"No plan was found that has room for {', '.join(names[ref] for ref in missing)}; that is not proven."
    return NotFound(text=text, missing=missing)


def _names(trip: Trip) -> dict[str, str]:
    names = {sight.id: sight.name for city in trip.cities for sight in city.attractions}
    return names | {eatery.id: eatery.name for city in trip.cities for eatery in city.eateries}


@dataclass(frozen=True)
class SolvedCity:
    """A stretch with everything settled. `base`: the id of where one sleeps, the city's own without a stay."""

    leaf: Leaf
    openings: Openings
    days: CityDays
    seated: dict[Slot, Eatery]
    base: str


class _Solver:
    def __init__(
        self, trip: Trip, attempt: Attempt, work: int, time_limit_s: float | None, anchors: Mapping[str, Anchor]
    ) -> None:
        self._trip = trip
        self._attempt = attempt
        self._work = work
        self._time_limit_s = time_limit_s
        self._anchors = anchors
        self._rules = day_rules(trip.wishes)
        self._size = trip.party.size
        self._left = 0
        self._had: dict[int, int] = {}

    def solve(self) -> Plan | tuple[str, ...]:
        """The plan for the route, or the ids of what has to be in it and could not be placed."""
        cap = self._trip.wishes.budget
        chosen = self._with_better_stays(self._attempt.chosen)
        self._had = {}
        self._left = 0 if cap is None else cap - chosen.cost
        cities = [self._city(leaf, len(chosen.leaves)) for leaf in chosen.leaves]
        missing = tuple(city.days.place(point) for city in cities for point in city.days.solution.missing)
        return missing or self._plan(chosen, cities)

    # ---- stays

    def _with_better_stays(self, chosen: Chosen) -> Chosen:
        """The stays that suit the budget range, as far as the cap allows and tickets are left to be paid."""
        leaves, cost = list(chosen.leaves), chosen.cost
        cap = self._trip.wishes.budget
        for index, leaf in enumerate(leaves):
            if leaf.stay is None:
                continue
            nights = len(leaf.stretch.nights)
            at_present = stay_cost(leaf.stay, nights, self._trip.party)
            stays = possible_stays(leaf.stretch.city, nights, self._trip.wishes, self._trip.party)
            stays = [stay for stay in stays if stay.id not in self._attempt.barred]
            for stay in by_suitability(stays, self._trip.wishes):
                more = stay_cost(stay, nights, self._trip.party) - at_present
                if cap is None or more <= 0 or cost + more + self._likely_tickets(leaves) <= cap:
                    leaves[index], cost = replace(leaf, stay=stay), cost + more
                    break
        return Chosen(tuple(leaves), cost, chosen.points)

    def _likely_tickets(self, leaves: Sequence[Leaf]) -> int:
        """What an average visit costs, for as many as there is likely to be time for."""
        total = 0
        for leaf in leaves:
            sights = leaf.stretch.city.attractions
            if sights:
                visits = min(len(sights), self._rules.most_sights * len(leaf.stretch.parts))
                total += visits * sum(sight.price for sight in sights) * self._size // len(sights)
        return total

    # ---- days

    def _city(self, leaf: Leaf, cities: int) -> SolvedCity:
        stretch = leaf.stretch
        base = leaf.stay.id if leaf.stay else stretch.city.id
        found = openings(stretch, self._trip.wishes, self._anchors)
        ways = Ways(self._trip, spots_of(stretch.city))
        solver = CitySolver(self._trip, stretch, base, self._rules, found.candidates, ways)
        seated = seat(stretch, leaf.menu, self._trip.wishes)
        budget = self._ticket_budget(found)
        effort = self._work // cities
        share = self._share(found, stretch)
        seats = {slot: eatery for slot, eatery in seated.items() if eatery.spot is not None}
        first = solver.solve(
            {},
            most=share,
            had=self._had,
            budget=budget,
            work=effort // _FIRST_LOOK,
            slack=_SLACK_FOR_A_MEAL_MINUTES if seats else 0,
        )
        if seats:
            before = {slot: eatery.price for slot, eatery in seated.items()}
            seated = self._nearer(leaf, first, seated, ways, base)
            self._left -= sum(eatery.price - before[slot] for slot, eatery in seated.items()) * self._size
            seats = {slot: eatery for slot, eatery in seated.items() if eatery.spot is not None}
            budget = self._ticket_budget(found)
        days = solver.solve(
            seats,
            most=self._most(first, found, share),
            had=self._had,
            budget=budget,
            work=effort - effort // _FIRST_LOOK,
            time_limit_s=self._time_limit_s,
            before=first,
        )
        self._left -= max(0, days.solution.cost - self._wished_tickets(found))
        self._count_visits(stretch, days)
        return SolvedCity(leaf, found, days, seated, base)

    def _count_visits(self, stretch: Stretch, days: CityDays) -> None:
        """On the day of a move two cities share the sights that a day may have; what is wished for does not count."""
        for part, tour in zip(stretch.parts, days.solution.sequences, strict=True):
            counted = [point for point in tour if point < len(days.candidates) and not days.candidates[point].is_wished]
            self._had[part.day] = self._had.get(part.day, 0) + len(counted)

    def _ticket_budget(self, found: Openings) -> int | None:
        """What is left for this city's tickets; those of sights that have to be seen are paid for already."""
        if self._trip.wishes.budget is None:
            return None
        return max(0, self._left) + self._wished_tickets(found)

    def _wished_tickets(self, found: Openings) -> int:
        return sum(candidate.sight.price for candidate in found.candidates if candidate.is_wished) * self._size

    def _share(self, found: Openings, stretch: Stretch) -> int:
        """How many sights a day gets where all are shared out evenly: a long stay is not over on its third day."""
        long_days = [
            part
            for part in stretch.parts
            if min(part.ends, self._rules.ends) - max(part.begins, self._rules.starts) >= _SHORT_DAY_MINUTES
        ]
        optional = sum(1 for candidate in found.candidates if not candidate.is_required)
        even = -(-optional // max(1, len(long_days)))
        return min(self._rules.most_sights, max(1, even))

    def _most(self, first: CityDays, found: Openings, share: int) -> int:
        """As many as the pace allows, unless an even share had room for all."""
        seen = sum(len(tour) for tour in first.solution.tours)
        return share if seen >= len(found.candidates) else self._rules.most_sights

    def _nearer(
        self, leaf: Leaf, first: CityDays, seated: dict[Slot, Eatery], ways: Ways, base: str
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
        allowance = max(0, self._left) // 2 // self._size if capped else None
        off = {*self._trip.wishes.avoid, *self._attempt.barred}
        tables = Tables(leaf.stretch.city, self._trip.wishes, self._attempt.router.meals, off)
        return tables.nearer(seated, detours, allowance)

    # ---- the plan

    def _plan(self, chosen: Chosen, cities: Sequence[SolvedCity]) -> Plan:
        items = self._items(chosen, cities)
        stays = [stay for city in cities for stay in _planned_stay(city, self._trip)]
        plan = Plan(
            days=tuple(self._day(index, cities, items[index]) for index in range(self._trip.day_count)),
            cities=tuple((city.leaf.stretch.city.id, city.leaf.stretch.day_count) for city in cities),
            stays=tuple(stays),
            costs=_costs(items, stays, self._fares(cities)),
            score=self._score(items),
            left_out=left_out(self._trip, cities, self._left),
            is_cut_short=any(city.days.solution.is_cut_short for city in cities),
        )
        return with_reasons(self._trip, plan, cities)

    def _fares(self, cities: Sequence[SolvedCity]) -> int:
        stretches = [city.leaf.stretch for city in cities]
        return sum(stretch.city.daily_fare * stretch.day_count for stretch in stretches) * self._size

    def _items(self, chosen: Chosen, cities: Sequence[SolvedCity]) -> list[list[Item]]:
        """By day, in order of time."""
        days: list[list[Item]] = [[] for _ in range(self._trip.day_count)]
        for move in chosen.route.moves:
            cost = move.leg.cost_for(self._size)
            days[move.day].append(Item(kind="leg", starts=move.departs, ends=move.arrives, ref=move.leg.id, cost=cost))
        for city in cities:
            diary = Diary(self._trip, city.leaf.stretch, city.days, city.seated, city.base, self._rules)
            for day, item in diary.items():
                days[day].append(item)
        return [sorted(day, key=lambda item: (item.starts, item.ends)) for day in days]

    def _day(self, index: int, cities: Sequence[SolvedCity], items: list[Item]) -> PlanDay:
        here = next(city for city in reversed(cities) if city.leaf.stretch.first_day <= index)
        sleeps = index in here.leaf.stretch.nights and here.leaf.stay is not None
        return PlanDay(
            day=self._trip.dates[index],
            city=here.leaf.stretch.city.id,
            items=tuple(items),
            stay=here.leaf.stay.id if sleeps and here.leaf.stay else None,
        )

    def _score(self, items: Sequence[Sequence[Item]]) -> int:
        sights = {sight.id: sight for city in self._trip.cities for sight in city.attractions}
        visited = [item.ref for day in items for item in day if item.kind == "visit" and item.ref]
        return sum(points(sights[ref], self._trip.wishes) for ref in visited)


def _places_at_meals(stretch: Stretch, days: CityDays, base: str) -> Iterator[tuple[Slot, tuple[str, str]]]:
    """Of each meal that is due: the stops before and after it."""
    for number, part in enumerate(stretch.parts):
        due = [meal for found, meal in stretch.meals_due if found is part]
        stops = [base, *(days.place(visit.point) for visit in days.solution.tours[number]), base]
        for meal, (position, _, _) in zip(due, days.solution.breaks[number], strict=True):
            yield (part.day, meal), (stops[position], stops[position + 1])


def _planned_stay(city: SolvedCity, trip: Trip) -> Iterator[PlannedStay]:
    stay, nights = city.leaf.stay, city.leaf.stretch.nights
    if stay is not None and nights:
        yield PlannedStay(
            ref=stay.id,
            city=city.leaf.stretch.city.id,
            first_night=trip.dates[nights[0]],
            nights=len(nights),
            rooms=stay.rooms_for(trip.party.size),
            cost=stay_cost(stay, len(nights), trip.party),
        )


def _costs(items: Sequence[Sequence[Item]], stays: Sequence[PlannedStay], fares: int) -> Costs:
    by_kind = {"leg": fares, "meal": 0, "visit": 0}
    for day in items:
        for item in day:
            if item.kind in by_kind:
                by_kind[item.kind] += item.cost
    nights = sum(stay.cost for stay in stays)
    return Costs(
        transportation=by_kind["leg"],
        accommodation=nights,
        food=by_kind["meal"],
        activities=by_kind["visit"],
        total=sum(by_kind.values()) + nights,
    )

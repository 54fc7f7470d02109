"""From a trip to a plan: route first, then each city's days, then the plan with its sums.

`plan_trip` is the way in. Pure: no clock decides anything (the time limit is a safety net, and is told of), no network,
the same bytes for the same trip.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.trips.plan import Answer, Costs, Item, NotFound, Plan, PlanDay, PlannedStay
from app.trips.planner.appeal import points
from app.trips.planner.attempts import Attempt, Attempts
from app.trips.planner.cities import CityPlanner, SolvedCity, Used
from app.trips.planner.conflicts import explain
from app.trips.planner.diary import Diary
from app.trips.planner.left_out import left_out
from app.trips.planner.openings import Anchor
from app.trips.planner.reasons import with_reasons
from app.trips.planner.routing import Chosen, Leaf, Router
from app.trips.planner.stays import by_suitability, possible_stays, stay_cost
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import Trip
from app.trips.rules import day_rules

# The search's effort for a whole trip, in the solver's units of about a microsecond.
MOST_WORK = 280_000
_LEAST_WORK = 20_000
_WORK_A_SIGHT_AND_DAY = 900
DEFAULT_PATIENCE = 40


def plan_trip(
    trip: Trip,
    *,
    work: int | None = None,
    time_limit_s: float | None = None,
    anchors: Mapping[str, Anchor] | None = None,
    patience: int = DEFAULT_PATIENCE,
) -> Answer:
    """A plan that keeps every binding wish, or why there is none.

    `work`: effort of the search, in units of about a microsecond; by default as much as the number of sights and days
    asks for, up to `MOST_WORK`. The same effort gives the same plan. `time_limit_s`: a safety net for all searching of
    days together, the choice of the route aside; a plan that it has cut short says so. `anchors`: visits, by the id of
    the sight, that stay where an earlier plan has them; see `replan`. `patience`: how many routes may leave no room for
    something that has to be in the plan before the search is given up.
    """
    cheapest = _cheapest(trip)
    if cheapest is None:
        return explain(trip, _can_be_planned)
    effort = _usual_work(trip) if work is None else work
    return _plan(trip, cheapest, effort, TimeLimit(time_limit_s), anchors or {}, patience)


def _cheapest(trip: Trip) -> Chosen | None:
    """The cheapest route, where there is one within the cap."""
    cheapest = Router(trip).best()
    cap = trip.wishes.budget
    return cheapest if cheapest is not None and (cap is None or cheapest.cost <= cap) else None


def _plan(
    trip: Trip,
    cheapest: Chosen,
    work: int,
    limit: TimeLimit,
    anchors: Mapping[str, Anchor],
    patience: int,
) -> Plan | NotFound:
    missing: tuple[str, ...] = ()
    attempts = Attempts(trip, cheapest, patience)
    for attempt in attempts:
        solved = _Solver(trip, attempt, work, limit, anchors).solve()
        if isinstance(solved, Plan):
            return solved
        attempts.failed(attempt, solved)
        missing = missing or solved
        if limit.is_over:
            break
    names = _names(trip)
    text = f"No plan was found that has room for {', '.join(names[ref] for ref in missing)}; that is not proven."
    return NotFound(text=text, missing=missing)


def _can_be_planned(trip: Trip) -> bool:
    """Without looking for the best plan."""
    cheapest = _cheapest(trip)
    if cheapest is None:
        return False
    return isinstance(_plan(trip, cheapest, _LEAST_WORK, TimeLimit(None), {}, DEFAULT_PATIENCE), Plan)


def _usual_work(trip: Trip) -> int:
    """Few sights settle soon."""
    sights = sum(len(city.attractions) for city in trip.cities)
    return min(MOST_WORK, max(_LEAST_WORK, _WORK_A_SIGHT_AND_DAY * sights * trip.day_count))


def _names(trip: Trip) -> dict[str, str]:
    names = {sight.id: sight.name for city in trip.cities for sight in city.attractions}
    return names | {eatery.id: eatery.name for city in trip.cities for eatery in city.eateries}


class _Solver:
    def __init__(
        self, trip: Trip, attempt: Attempt, work: int, limit: TimeLimit, anchors: Mapping[str, Anchor]
    ) -> None:
        self._trip = trip
        self._attempt = attempt
        self._work = work
        self._limit = limit
        self._anchors = anchors
        self._rules = day_rules(trip.wishes)
        self._size = trip.party.size

    def solve(self) -> Plan | tuple[str, ...]:
        """The plan for the route, or the ids of what has to be in it and could not be placed."""
        cap = self._trip.wishes.budget
        chosen = self._with_better_stays(self._attempt.chosen)
        used = Used(0 if cap is None else cap - chosen.cost)
        effort = self._work // len(chosen.leaves)
        planner = CityPlanner(self._trip, self._attempt, effort, self._limit, self._anchors)
        cities = [planner.plan(leaf, used) for leaf in chosen.leaves]
        missing = tuple(city.days.place(point) for city in cities for point in city.days.solution.missing)
        return missing or self._plan(chosen, cities, used.money)

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

    # ---- the plan

    def _plan(self, chosen: Chosen, cities: Sequence[SolvedCity], money_left: int) -> Plan:
        items = self._items(chosen, cities)
        stays = [stay for city in cities for stay in _planned_stay(city, self._trip)]
        plan = Plan(
            days=tuple(self._day(index, cities, items[index]) for index in range(self._trip.day_count)),
            cities=tuple((city.leaf.stretch.city.id, city.leaf.stretch.day_count) for city in cities),
            stays=tuple(stays),
            costs=_costs(items, stays, self._fares(cities)),
            score=self._score(items),
            left_out=left_out(self._trip, cities, money_left),
            is_cut_short=self._limit.is_over or any(city.days.solution.is_cut_short for city in cities),
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

"""One route filled in: better stays, each city's days, then the plan with its sums.

Apart from `solving`, which decides on which routes that is tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.trips.plan import Costs, Item, Plan, PlanDay, PlannedStay
from app.trips.planner.appeal import points
from app.trips.planner.attempts import Attempt
from app.trips.planner.cities import CityPlanner, SolvedCity, Used
from app.trips.planner.diary import Diary
from app.trips.planner.left_out import left_out
from app.trips.planner.openings import Anchor
from app.trips.planner.reasons import with_reasons
from app.trips.planner.routing import Chosen, Leaf
from app.trips.planner.stays import by_suitability, possible_stays, stay_cost
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import Trip
from app.trips.rules import day_rules


class RouteSolver:
    """`work`: the search's effort for the whole route. `is_bare`: with nothing but what has to be in the plan."""

    def __init__(
        self,
        trip: Trip,
        attempt: Attempt,
        work: int,
        limit: TimeLimit,
        anchors: Mapping[str, Anchor],
        *,
        is_bare: bool,
    ) -> None:
        self._trip = trip
        self._is_bare = is_bare
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
        planner = CityPlanner(self._trip, self._attempt, effort, self._limit, self._anchors, is_bare=self._is_bare)
        cities: list[SolvedCity] = []
        for number, leaf in enumerate(chosen.leaves, start=1):
            used.kept = planner.kept_in(chosen.leaves[number:])
            cities.append(planner.plan(leaf, used))
        missing = tuple(city.days.place(point) for city in cities for point in city.days.missing)
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

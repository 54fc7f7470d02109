"""From a trip to a plan: route first, then each city's days, then the plan with its sums.

`plan_trip` is the way in. Pure: no clock decides anything (the time limit is a safety net, and is told of), no network,
the same bytes for the same trip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.trips.plan import Answer, NotFound, Plan
from app.trips.planner.attempts import Attempt, Attempts
from app.trips.planner.cities import BARE_WORK
from app.trips.planner.conflicts import explain
from app.trips.planner.openings import Anchor
from app.trips.planner.route_solving import RouteSolver
from app.trips.planner.routing import Chosen, KnownRoutes, Router
from app.trips.planner.stretch_tables import Reckoned
from app.trips.planner.time_limit import TimeLimit
from app.trips.problem import Eatery, Sight, Stay, Trip

MOST_WORK = 280_000
"""The search's effort for a whole trip at most, in the solver's units of about a microsecond."""

_LEAST_WORK = 20_000
"""And at least, in the same units; also the effort of finding out whether there is a plan."""

_WORK_A_SIGHT_AND_DAY = 900
"""What each sight on each day adds to it, between the two."""

DEFAULT_PATIENCE = 40
"""Routes that may leave no room for something that has to be in the plan, before the search is given up."""


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
    asks for, up to `MOST_WORK`. The same effort gives the same plan. `time_limit_s`: a safety net for all searching
    together, the first choice of a route aside; a plan or a refusal that it has cut short says so. `anchors`: visits,
    by the id of the sight, that stay where an earlier plan has them; see `replan`. `patience`: how many routes may
    leave no room for something that has to be in the plan before the search is given up.
    """
    reckoned, routes, limit = Reckoned(), KnownRoutes(), TimeLimit(time_limit_s)
    cheapest = _cheapest(trip, reckoned, routes)
    if cheapest is None:
        return explain(trip, reckoned, limit, _can_be_planned)
    effort = _Effort(_usual_work(trip) if work is None else work, limit, patience)
    return _Planning(trip, Attempts(trip, cheapest, patience, reckoned, routes), effort, anchors or {}).answer()


def _cheapest(trip: Trip, reckoned: Reckoned, routes: KnownRoutes) -> Chosen | None:
    """The cheapest route, where there is one within the cap."""
    router, cap = Router(trip, reckoned, known=routes), trip.wishes.budget
    least = router.least_cost()
    return router.best() if least is not None and (cap is None or least <= cap) else None


@dataclass(frozen=True)
class _Effort:
    """`work`: of the search for each route. `patience`: see `plan_trip`."""

    work: int
    limit: TimeLimit
    patience: int


class _Planning:
    """Tries routes until one has room for all that has to be in the plan."""

    def __init__(self, trip: Trip, attempts: Attempts, effort: _Effort, anchors: Mapping[str, Anchor]) -> None:
        self._trip, self._attempts, self._effort, self._anchors = trip, attempts, effort, anchors

    def answer(self) -> Plan | NotFound:
        """Where there is no room among all else for what has to be in the plan: that first, then the rest around it;
        nothing else where that is not possible on any route."""
        missing: tuple[str, ...] = ()
        spare: Plan | None = None
        for attempt in self._attempts:
            # Spares most of the searching on routes that will not do; the first one mostly does.
            bare = self._solved(attempt, self._anchors, is_bare=True) if missing else None
            if bare is None or isinstance(bare, Plan):
                solved = self._solved(attempt, self._anchors, is_bare=False)
                if isinstance(solved, Plan):
                    return solved
                bare = bare or self._solved(attempt, self._anchors, is_bare=True)
                # What there is no room for even by itself says more than what is crowded out.
                missing = missing or (solved if isinstance(bare, Plan) else bare)
                if isinstance(bare, Plan):
                    around = self._around(attempt, bare)
                    if around is not None:
                        return around
                    spare = spare or bare
                self._attempts.failed(attempt, solved if isinstance(bare, Plan) else bare)
            else:
                self._attempts.failed(attempt, bare)
            if self._effort.limit.is_over:
                break
        return spare if spare is not None and self._effort.patience > 1 else self._not_found(missing)

    def _around(self, attempt: Attempt, bare: Plan) -> Plan | None:
        """With the same visits at the same hours, and others."""
        visits = _anchors_of(bare)
        if visits.keys() <= self._anchors.keys():
            return None
        solved = self._solved(attempt, {**self._anchors, **visits}, is_bare=False)
        return solved if isinstance(solved, Plan) else None

    def has_bare_plan(self) -> bool:
        """Whether on some route there is one with nothing else in it."""
        for attempt in self._attempts:
            solved = self._solved(attempt, self._anchors, is_bare=True)
            if isinstance(solved, Plan):
                return True
            self._attempts.failed(attempt, solved)
            if self._effort.limit.is_over:
                break
        return False

    def _solved(self, attempt: Attempt, anchors: Mapping[str, Anchor], *, is_bare: bool) -> Plan | tuple[str, ...]:
        work = min(BARE_WORK, self._effort.work) if is_bare else self._effort.work
        return RouteSolver(self._trip, attempt, work, self._effort.limit, anchors, is_bare=is_bare).solve()

    def _not_found(self, missing: Sequence[str]) -> NotFound:
        names = _names(self._trip)
        text = f"No plan was found that has room for {', '.join(names[ref] for ref in missing)}; that is not proven."
        return NotFound(text=text, missing=tuple(missing))


def _anchors_of(plan: Plan) -> dict[str, Anchor]:
    """All its visits, at their hours."""
    visits = [(day.day, item) for day in plan.days for item in day.items if item.kind == "visit"]
    return {item.ref: Anchor(day, item.starts) for day, item in visits if item.ref is not None}


def _can_be_planned(trip: Trip, reckoned: Reckoned, routes: KnownRoutes, limit: TimeLimit) -> bool:
    """Without looking for the best plan."""
    cheapest = _cheapest(trip, reckoned, routes)
    if cheapest is None:
        return False

    def planning(patience: int) -> _Planning:
        attempts = Attempts(trip, cheapest, patience, reckoned, routes)
        return _Planning(trip, attempts, _Effort(_LEAST_WORK, limit, patience), {})

    # Now and then what else is seen brings one nearer to an eatery.
    return planning(DEFAULT_PATIENCE).has_bare_plan() or isinstance(planning(1).answer(), Plan)


def _usual_work(trip: Trip) -> int:
    """Few sights settle soon."""
    sights = sum(len(city.attractions) for city in trip.cities)
    return min(MOST_WORK, max(_LEAST_WORK, _WORK_A_SIGHT_AND_DAY * sights * trip.day_count))


def _names(trip: Trip) -> dict[str, str]:
    """Of whatever may be missing: a meal without a place on the map stands for one where people sleep."""
    names: dict[str, str] = {}
    for city in trip.cities:
        places: list[Sight | Eatery | Stay] = [*city.attractions, *city.eateries, *city.stays]
        names |= {city.id: city.name} | {place.id: place.name for place in places}
    return names

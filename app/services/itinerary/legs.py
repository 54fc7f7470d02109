"""The ways of a trip as the planner takes them: what the maps agent found, at assumed hours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, pairwise

from app.services.itinerary.money import Money
from app.services.money.journey_costs import CURRENCY as JOURNEY_CURRENCY
from app.services.money.journey_costs import SEATS_IN_A_CAR, journey_cost
from app.services.routes.journey_times import JourneyTimes, clock_shift, journey_times
from app.trips.problem import Leg, LegMode
from app.trips.reports import Connection, ResolvedPlace, RouteOption, RouteReport
from app.trips.request import BudgetRange, Destination, LocalTransport, UserPreferences

HOME = "home"
# Between places so near that local transport does, and between those that no way could be reckoned for.
_LOCAL_WAY_MINUTES, _UNKNOWN_WAY_MINUTES = 60, 6 * 60


@dataclass(frozen=True)
class Asked:
    """What the traveller asked for, as far as the problem needs it. `budget_limit`: in the smallest unit."""

    days: Sequence[date]
    stops: Sequence[Destination]
    keep_order: bool
    travelers_count: int
    budget_range: BudgetRange
    budget_limit: int | None
    preferred_transport: LocalTransport | None
    preferences: UserPreferences


@dataclass
class LegBuilder:
    """`route`: of all ways of the trip. Once the legs are built, `ways` has the way of each by its id, and `journeys`
    the times of the way from home by city."""

    asked: Asked
    route: RouteReport
    money: Money
    ways: dict[str, Connection] = field(default_factory=dict)
    journeys: dict[str, JourneyTimes] = field(default_factory=dict)

    def legs(self, cities: Mapping[str, ResolvedPlace]) -> Iterator[Leg]:
        """Between all of them and home, both ways. `cities`: by id, in the asked order."""
        places = {HOME: self.route.origin} | dict(cities)
        ways = {pair: self._way(places[pair[0]], places[pair[1]]) for pair in combinations(places, 2)}
        is_all_by_road = self._is_all_by_road(list(cities), ways)
        for (start, end), way in ways.items():
            if start == HOME:
                yield from self._home_legs(end, way, is_all_by_road)
            elif way is not None:
                yield self._leg(start, end, way, is_all_by_road)
                yield self._leg(end, start, _back(way), is_all_by_road)

    def _is_all_by_road(self, ids: Sequence[str], ways: Mapping[tuple[str, str], Connection | None]) -> bool:
        """Of the ways that may be taken: in a given order, those between neighbours."""
        ends = [(HOME, ids[0]), (HOME, ids[-1]), *pairwise(ids)] if self.asked.keep_order else list(ways)
        taken = [ways[pair] for pair in ends]
        return all(way is not None and way.route.mode in ("driving", "none") for way in taken)

    def _way(self, start: ResolvedPlace, end: ResolvedPlace) -> Connection | None:
        """Between these two, from `start`. Home may be one of the cities, and two cities may bear one name."""
        known = self.route.connections or [
            Connection(origin=self.route.origin, destination=self.route.destination, route=self.route.primary_route)
        ]
        for found in known:
            if {_spot(found.origin), _spot(found.destination)} == {_spot(start), _spot(end)}:
                return Connection(origin=start, destination=end, route=found.route)
        return None

    def _home_legs(self, city_id: str, way: Connection | None, is_all_by_road: bool) -> Iterator[Leg]:
        journey = self.journeys[city_id] = journey_times(way, self.asked.days[0], self.asked.days[-1])
        if journey.arrives is None or journey.leaves is None:
            if len(self.asked.stops) > 1 and way is not None:
                yield self._leg(HOME, city_id, way, is_all_by_road)
                yield self._leg(city_id, HOME, _back(way), is_all_by_road)
            return
        mode = _mode(way.route, is_all_by_road) if way else "flight"
        if way is not None:
            self.ways[f"{HOME}-{city_id}"] = self.ways[f"{city_id}-{HOME}"] = way
        arrives = max(1, journey.arrives)
        duration = max(1, way.route.duration_minutes if way else 1)
        yield self._timed(HOME, city_id, way, mode, min(7 * 60, arrives - 1), arrives)
        yield self._timed(city_id, HOME, way, mode, journey.leaves, journey.leaves + duration)

    def _timed(self, start: str, end: str, way: Connection | None, mode: LegMode, departs: int, arrives: int) -> Leg:
        return Leg(
            id=f"{start}-{end}",
            mode=mode,
            origin=start,
            destination=end,
            departs=departs,
            arrives=arrives,
            **self._fare(way),
        )

    def _leg(self, start: str, end: str, way: Connection, is_all_by_road: bool) -> Leg:
        """It begins by the clocks at the start and ends by those at the end; `Leg` says what holds where they go back
        by more than it takes."""
        minutes = minutes_on_the_way(way.route)
        self.ways[f"{start}-{end}"] = way
        return Leg(
            id=f"{start}-{end}",
            mode=_mode(way.route, is_all_by_road),
            origin=start,
            destination=end,
            duration_minutes=max(1, minutes + clock_shift(way, self.asked.days[0])),
            **self._fare(way),
        )

    def _fare(self, way: Connection | None) -> dict[str, int | str]:
        """One way, for one person, or for one car."""
        if way is None:
            return {"price": 0}
        is_car = way.route.mode == "driving"
        both_ways = journey_cost(way.route, 1, self.asked.budget_range)
        price = self.money.minor(both_ways.amount / 2, JOURNEY_CURRENCY) or 0
        return {"price": price, "priced_per": "vehicle", "capacity": SEATS_IN_A_CAR} if is_car else {"price": price}


def _back(way: Connection) -> Connection:
    return Connection(origin=way.destination, destination=way.origin, route=way.route)


def _spot(place: ResolvedPlace) -> tuple[float, float]:
    return place.coordinates.latitude, place.coordinates.longitude


def minutes_on_the_way(route: RouteOption) -> int:
    """Assumed, where the route does not say."""
    return route.duration_minutes or (_LOCAL_WAY_MINUTES if route.mode == "none" else _UNKNOWN_WAY_MINUTES)


def _mode(route: RouteOption, is_all_by_road: bool) -> LegMode:
    """A road between cities is driven in one's own car only where the whole trip is; else by coach or hired car."""
    if route.mode == "flight":
        return "flight"
    if route.mode == "driving":
        return "drive" if is_all_by_road else "coach"
    return "local"

"""What is known of a trip's routes spares searches and decides nothing: the routes are those of a new search."""

from itertools import combinations

import pytest

from app.trips.planner.routing import NO_WEIGHT, KnownRoutes, Router, Weight
from app.trips.planner.stretch_tables import Reckoned
from app.trips.problem import Trip
from benchmarks.generated_trips import ANY, SMALL, Shape, generated_trip

# With what the route uses done without, alone and in pairs, so many sets of each trip.
MOST_SETS = 12
SIGHTS_COUNT = Weight(100, 1)


def sets_to_do_without(trip: Trip) -> list[frozenset[str]]:
    cheapest = Router(trip).best()
    if cheapest is None:
        return []
    used = sorted(cheapest.uses)
    alone = [frozenset((ref,)) for ref in used]
    pairs = [frozenset(pair) for pair in combinations(used, 2)]
    return [frozenset(), *alone, *pairs[:: max(1, len(pairs) // MOST_SETS)]]


@pytest.mark.parametrize("shape", [SMALL, ANY], ids=lambda shape: shape.name)
@pytest.mark.parametrize("number", range(2, 12))
def test_a_known_route_is_the_one_that_a_search_finds(shape: Shape, number: int) -> None:
    trip, known, reckoned = generated_trip(number, shape), KnownRoutes(), Reckoned()
    for barred in sets_to_do_without(trip):
        cheapest = Router(trip, reckoned, barred).best()
        assert Router(trip, reckoned, barred, known).best() == cheapest
        if cheapest is not None:
            searched = Router(trip, reckoned, barred).best(SIGHTS_COUNT)
            assert Router(trip, reckoned, barred, known).best(SIGHTS_COUNT) == searched


def test_without_more_a_route_costs_no_less() -> None:
    trip, known = generated_trip(2, ANY), KnownRoutes()
    sets = sets_to_do_without(trip)
    assert sets
    for barred in sets:
        at_least, least = known.at_least(barred), Router(trip, None, barred, known).least_cost()
        assert least is None or at_least <= least


def test_a_route_that_uses_nothing_barred_is_not_looked_for_again() -> None:
    trip, known = generated_trip(2, ANY), KnownRoutes()
    best = Router(trip, known=known).best()
    assert best is not None
    assert Router(trip, barred=frozenset(("no such place",)), known=known).best() is best
    assert known.without(frozenset(sorted(best.uses)[:1]), NO_WEIGHT) is None

"""What the arrays say of stretches, against one look at each: the proof that a budget is too small stands on both."""

from collections.abc import Iterator

import pytest

from app.trips.planner.day_parts import Arrival
from app.trips.planner.meal_prices import NEVER
from app.trips.planner.route import Move, Stretch, move_by
from app.trips.planner.stretch_costs import StretchCosts
from app.trips.planner.stretch_tables import Reckoned, StretchTable
from app.trips.problem import Meal, Trip
from benchmarks.generated_trips import ANY, SMALL, Shape, generated_trip

Ends = tuple[Arrival, int, Move | None, int]
"""An arrival and its day; a departure and the day after the last."""


def tables(trip: Trip, *, with_points: bool) -> tuple[StretchCosts, list[StretchTable]]:
    reckoned = Reckoned()
    costs = StretchCosts(trip, reckoned.meals, reckoned.musts)
    found = [reckoned.table(trip, costs, index, with_points=with_points) for index in range(len(trip.cities))]
    return costs, found


def moves(trip: Trip, city_id: str) -> tuple[list[Move], list[Move], list[Move | None]]:
    """Into the city, to other cities, home; as of the first day."""
    into = [move_by(leg, 0, False) for leg in trip.legs if leg.destination == city_id]
    onward = [leg for leg in trip.legs if leg.origin == city_id]
    home: list[Move | None] = [move_by(leg, 0, True) for leg in onward if leg.destination == trip.origin]
    others = [move_by(leg, 0, False) for leg in onward if leg.destination != trip.origin]
    return into, others, home if trip.origin is not None else [None]


def on(move: Move | None, day: int) -> Move | None:
    return None if move is None else Move(move.leg, day, move.departs, move.arrives)


def ends(trip: Trip, index: int, longest: int) -> Iterator[Ends]:
    """Every stretch in that city but for what was had before; of large trips some."""
    into, onward, home = moves(trip, trip.cities[index].id)
    had: tuple[frozenset[Meal], ...] = (frozenset(), frozenset(("breakfast", "lunch")))
    arrivals = [Arrival(move, meals) for move in into[:6] for meals in had]
    for arrival in arrivals or [Arrival(None, frozenset())]:
        for first in range(0, trip.day_count, 1 + trip.day_count // 6):
            for until in range(first + 1, min(first + longest, trip.day_count - 1) + 1):
                yield from ((arrival, first, move, until) for move in onward[:5])
            if trip.day_count - first <= longest:
                yield from ((arrival, first, move, trip.day_count) for move in home)


def told(table: StretchTable, found: Ends, trip: Trip, stretch: Stretch) -> tuple[dict[int, int], int | None]:
    """By the table: costs by needs, and points."""
    arrival, first, move, until = found
    is_home = until == trip.day_count
    lines = table.homeward(arrival) if is_home else table.onward(arrival)
    row = first if is_home or table.has_first_days else 0
    days = 0 if is_home else until - first - 1
    if is_home:
        columns = [table.home_column(move)]
    else:
        assert move is not None
        columns = [
            column for column in table.columns(move) if table.departures[column].meals == stretch.meals_on_leaving
        ]
    costs = {
        bits: int(of_bits[row, days, column])
        for column in columns
        for bits, of_bits in lines.costs.items()
        if of_bits[row, days, column] < NEVER
    }
    points = None if lines.points is None or not costs else int(lines.points[row, days, columns[0]])
    return costs, points


@pytest.mark.parametrize("shape", [ANY, SMALL], ids=lambda shape: shape.name)
@pytest.mark.parametrize("with_points", [False, True])
def test_a_table_says_of_every_stretch_what_a_look_at_it_says(shape: Shape, with_points: bool) -> None:
    wrong: list[tuple[object, ...]] = []
    compared = 0
    for number in range(10 if shape is ANY else 60):
        trip = generated_trip(number * 7, shape)
        costs, found = tables(trip, with_points=with_points)
        for index, table in enumerate(found):
            for these in ends(trip, index, costs.longest):
                arrival, first, move, until = these
                inward, onward = on(arrival.move, first), on(move, min(until, trip.day_count - 1))
                fixed, city = costs.fixed[index], trip.cities[index]
                stretch = Stretch(city, arrival.had_before, first, until - first, inward, onward, trip.dates, fixed)
                choices = {bits: choice.cost for bits, choice in costs.choices_of(index, stretch).items()}
                prices, points = costs.priced(index, stretch)
                of_table, points_of_table = told(table, these, trip, stretch)
                compared += 1
                if not choices == prices == of_table or points_of_table not in (None, points):
                    wrong.append((number * 7, city.id, first, until, choices, prices, of_table))
    assert wrong == []
    assert compared > 500

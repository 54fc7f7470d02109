"""What a journey costs, both ways or one."""

from decimal import Decimal

import pytest

from app.services.money.journey_costs import journey_cost, leg_cost
from app.trips.reports import RouteOption, TravelMode


def way(mode: TravelMode, distance_km: float = 1000.4) -> RouteOption:
    return RouteOption(
        mode=mode,
        is_feasible=True,
        distance_km=distance_km,
        duration_minutes=100,
        description="",
        reason="",
        kind="estimate",
    )


@pytest.mark.parametrize("mode", ["flight", "driving", "cycling", "walking", "none"])
def test_a_leg_costs_half_of_there_and_back(mode: TravelMode) -> None:
    both, one = journey_cost(way(mode), 5, "mid-range"), leg_cost(way(mode), "Rome", "Oslo", 5, "mid-range")
    assert one.amount * 2 == both.amount
    assert "from rome to oslo" in one.label.lower()


def test_the_words_say_how_often_the_way_is_paid() -> None:
    flight = leg_cost(way("flight"), "Rome", "Oslo", 2, "luxury")
    assert flight.label == "Flight from Rome to Oslo, business class"
    assert flight.basis.startswith("2 travellers x 1 way x 280.00 EUR a seat")
    assert flight.amount == Decimal("560.00")
    assert journey_cost(way("flight"), 2, "luxury").label == "Flights there and back, business class"
    assert leg_cost(way("driving"), "Rome", "Oslo", 5, "budget").basis.startswith("2 cars x 1 way x 1,000 km")
    assert leg_cost(way("walking"), "Rome", "Oslo", 1, "budget").label == "From Rome to Oslo on foot"
    assert leg_cost(way("none"), "Paris", "Versailles", 1, "budget").label == "No journey from Paris to Versailles"

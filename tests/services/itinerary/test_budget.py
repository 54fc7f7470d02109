"""The trip priced anew from the plan itself (ruling X-06)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.trips.places.catalogue import all_cities
from app.trips.reports import BudgetReport, ItineraryReport
from app.trips.request import Destination
from tests.services.itinerary.questions import (
    amounts_agree,
    asked,
    entries,
    first_budget,
    plan,
    report_on,
    seen,
    with_budget,
    with_route,
)

pytestmark = pytest.mark.anyio


async def priced(*stops: str | Destination, **fields: Any) -> ItineraryReport:
    return await plan(await with_budget(asked(*stops, **fields)))


def budget_of(report: ItineraryReport) -> BudgetReport:
    assert report.budget is not None
    return report.budget


def part(report: ItineraryReport, category: str) -> Decimal:
    amount = getattr(budget_of(report).budget_breakdown, category)
    assert isinstance(amount, Decimal)
    return amount


@pytest.mark.rows("S0-118", "S0-119", "X-06")
@pytest.mark.parametrize("people", [1, 2, 3, 7])
async def test_lines_parts_and_the_total_add_up_exactly_and_each_pays_a_share(people: int) -> None:
    report = await priced("Rome", "Florence", days=5, travelers_count=people)
    assert amounts_agree(budget_of(report), people)
    assert budget_of(report).travelers_count == people


@pytest.mark.rows("X-06")
async def test_it_is_priced_from_the_plans_own_ways_nights_meals_and_tickets() -> None:
    report = await priced("Rome", days=4)
    prices = {sight.name: sight.price for sight in all_cities()["rome"].sights}
    tickets = sum(Decimal(str(price.adult)) for name in seen(report) if (price := prices[name]) is not None)
    levels = all_cities()["rome"].price_levels.mid_range
    nights = sum(stay.nights * stay.rooms for stay in report.stays)
    shares = {"Breakfast": Decimal("0.2"), "Lunch": Decimal("0.3"), "Dinner": Decimal("0.5")}
    meals = sum(shares[item.title.split()[0]] for _, item in entries(report, "meal"))
    assert part(report, "activities") == 2 * tickets
    assert part(report, "accommodation") == nights * Decimal(str(levels.room_night))
    assert part(report, "food") == 2 * meals * Decimal(str(levels.food_day))
    fares = 2 * 4 * Decimal(str(levels.local_transport_day))
    ways = {line.label: line.amount for line in budget_of(report).lines if line.category == "transportation"}
    assert list(ways) == ["Flight, home to Rome", "Flight, Rome to home", "Getting about in Rome"]
    assert ways["Getting about in Rome"] == fares
    assert ways["Flight, home to Rome"] == ways["Flight, Rome to home"] > 0


@pytest.mark.rows("X-06")
async def test_another_route_has_another_price() -> None:
    """Only the days in each city are exchanged, and one way is longer: nights, fares and ways follow."""
    long_rome = await priced(Destination(name="Rome", days=4), Destination(name="Florence", days=1), days=5)
    long_florence = await priced(Destination(name="Rome", days=1), Destination(name="Florence", days=4), days=5)
    for category in ("accommodation", "food", "activities", "transportation"):
        assert part(long_rome, category) != part(long_florence, category)
    near = await plan(with_route(await with_budget(asked("Rome")), distance_km=1000))
    far = await plan(with_route(await with_budget(asked("Rome")), distance_km=2000))
    assert part(far, "transportation") > part(near, "transportation")
    assert part(far, "food") == part(near, "food")


@pytest.mark.rows("X-06")
async def test_it_takes_the_place_of_the_estimate_that_was_made_beside_the_route() -> None:
    """What was assumed until there was a plan goes; what holds in any case stays."""
    question = asked("Rome", "Florence", days=5, keep_order=False, budget_limit=Decimal(2500), budget_range="budget")
    first = await first_budget(question)
    report = await priced("Rome", "Florence", days=5, keep_order=False, budget_range="budget")
    settled = [text for text in first.assumptions if text not in budget_of(report).assumptions]
    assert len(settled) == 3
    assert all("order" in text or "shared out" in text for text in settled)
    assert budget_of(report).assumptions[0].startswith("Priced from the plan itself")
    assert first.assumptions[0] in budget_of(report).assumptions
    assert budget_of(report).sources == first.sources


async def test_a_warning_that_the_estimate_was_above_the_limit_goes_where_the_plan_keeps_to_it() -> None:
    question = asked("Rome", days=4, wishes={"pace": "fast"})
    least = await plan(await with_budget(question))
    first = (await first_budget(question)).budget_breakdown.total
    limit = (part(least, "total") + first) / 2 if part(least, "total") < first else first - 1
    capped = await with_budget(replace(question, budget_limit=limit.quantize(Decimal("0.01"))))
    assert capped.results.budget is not None
    assert any("above your budget limit" in text for text in capped.results.budget.warnings)
    report = await plan(capped)
    assert part(report, "total") <= limit
    assert not any("above your budget limit" in text for text in budget_of(report).warnings)


@pytest.mark.rows("X-31")
@pytest.mark.parametrize(("currency", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("INR", 2)])
async def test_every_amount_is_in_the_one_currency_with_its_own_places(currency: str, places: int) -> None:
    report = await priced("Paris", days=4, currency=currency)
    budget = budget_of(report)
    amounts = [budget.budget_breakdown.total, budget.cost_per_person, *(line.amount for line in budget.lines)]
    amounts += [stay.cost for stay in report.stays]
    assert {-int(amount.as_tuple().exponent) for amount in amounts} == {places}
    assert {budget.budget_breakdown.currency, *(stay.currency for stay in report.stays)} == {currency}
    assert amounts_agree(budget, 2)
    assert {rate.to_currency for rate in budget.exchange_rates} <= {currency}
    assert all(item.currency for _, item in entries(report, "visit") if item.price_per_person is not None)


async def test_prices_that_are_not_known_are_named() -> None:
    report = await priced("Krakow", days=5)
    known = {sight.name: sight for sight in all_cities()["krakow"].sights}
    unknown = [name for name in seen(report) if known[name].price is None]
    assert unknown
    assert f"Prices that are not known count as nothing: {', '.join(unknown)}." in budget_of(report).warnings


async def test_a_party_by_road_pays_for_cars_and_not_for_seats() -> None:
    report = await priced("Brussels", origin="Cologne", travelers_count=5)
    (out,) = [line for line in budget_of(report).lines if line.label == "Drive, home to Brussels"]
    assert out.basis.startswith("2 cars x ")


async def test_without_a_budget_report_there_is_none_but_nights_have_their_price() -> None:
    report = await plan(asked())
    assert report.budget is None
    assert all(stay.cost > 0 and stay.currency == "EUR" for stay in report.stays)


async def test_without_a_plan_the_estimate_stands_as_it_is_and_nobody_is_told_to_reckon_with_it() -> None:
    question = await with_budget(asked(budget_limit=Decimal(100)))
    report = await report_on(question)
    assert report.status == "infeasible"
    assert report.budget == question.results.budget
    assert not any("Reckon with" in tip for tip in report.key_tips)


async def test_a_sight_on_the_ticket_of_another_costs_nothing_more() -> None:
    report = await priced("Prague", days=3, wishes={"must_see": ["St Vitus Cathedral", "Prague Castle"]})
    st_vitus = next(item for _, item in entries(report, "visit") if item.title == "St Vitus Cathedral")
    assert st_vitus.price_per_person is None
    assert not any("St Vitus" in warning for warning in budget_of(report).warnings)


async def test_its_ticket_is_bought_all_the_same_by_who_avoids_the_other() -> None:
    wishes = {"must_see": ["St Vitus Cathedral"], "avoid": ["Prague Castle"]}
    report = await priced("Prague", origin="Prague", days=1, wishes=wishes, currency="CZK")
    st_vitus = next(item for _, item in entries(report, "visit") if item.title == "St Vitus Cathedral")
    assert (st_vitus.price_per_person, st_vitus.currency) == (450, "CZK")
    tickets = next(line for line in budget_of(report).lines if line.category == "activities")
    assert "St Vitus Cathedral 450.00 CZK" in tickets.basis


async def test_a_ticket_that_is_not_counted_is_told_of() -> None:
    """The museum in the garden of the Taj Mahal, in a plan that has no time for the Taj Mahal itself."""
    wishes = {"must_see": ["Taj Museum"], "day_starts": "15:40", "pace": "fast"}
    report = await priced("Agra", origin="Agra", days=1, wishes=wishes)
    assert "Taj Mahal" not in seen(report)
    assert "On the ticket of a sight that is not planned, not counted: Taj Museum." in budget_of(report).warnings

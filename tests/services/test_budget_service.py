from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.budget_service import BudgetQuestion, BudgetService
from app.services.currencies import UnknownCurrencyError, decimal_places
from app.services.exchange_rates import BundledRates
from app.services.maps_service import MapsService
from app.trips.places.catalogue import all_cities
from app.trips.places.place import Place
from app.trips.places.resolve import resolve_place
from app.trips.reports import BudgetReport, RouteOption, RouteReport, TravelMode
from app.trips.request import LocalTransport, UserPreferences

pytestmark = pytest.mark.anyio

PARIS = resolve_place("Paris")
DELHI = resolve_place("New Delhi")


class OneWay(MapsService):
    """A route service that knows one mode and distance for every pair of places."""

    def __init__(self, mode: TravelMode = "flight", distance_km: float = 6587.0, is_feasible: bool = True) -> None:
        self._way = RouteOption(
            mode=mode,
            is_feasible=is_feasible,
            distance_km=distance_km,
            duration_minutes=700,
            description="",
            reason="",
            kind="estimate",
        )

    async def routes(
        self, origin: Place, destination: Place, days: int | None, preferred: LocalTransport | None
    ) -> RouteReport:
        return RouteReport(
            origin=origin.resolved(),
            destination=destination.resolved(),
            primary_route=self._way,
            alternative_routes={},
            route_analysis="",
            local_transport="",
            sources=[],
        )


QUESTION = BudgetQuestion(
    destination=PARIS,
    origin=DELHI,
    travelers_count=2,
    days=3,
    budget_range="mid-range",
    asked_currency=None,
    preferences=UserPreferences(),
)


async def budget(question: BudgetQuestion, maps: MapsService | None = None) -> BudgetReport:
    return await BudgetService(maps or OneWay(), BundledRates()).budget(question)


def parts_sum(report: BudgetReport) -> Decimal:
    parts = report.budget_breakdown
    return parts.transportation + parts.accommodation + parts.food + parts.activities


@pytest.mark.rows("S0-118")
async def test_the_four_parts_add_up_to_the_total_exactly() -> None:
    report = await budget(QUESTION)
    assert parts_sum(report) == report.budget_breakdown.total == sum(line.amount for line in report.lines)


@pytest.mark.rows("S0-119")
async def test_the_cost_per_person_is_the_total_shared() -> None:
    report = await budget(replace(QUESTION, travelers_count=3))
    assert abs(report.cost_per_person * 3 - report.budget_breakdown.total) <= Decimal("0.015")


@pytest.mark.rows("X-31")
async def test_the_currency_is_the_origins_unless_another_is_asked() -> None:
    assert (await budget(QUESTION)).budget_breakdown.currency == "INR"
    assert (await budget(replace(QUESTION, asked_currency="USD"))).budget_breakdown.currency == "USD"
    assert (await budget(replace(QUESTION, origin=None))).budget_breakdown.currency == "EUR"


@pytest.mark.rows("X-31")
async def test_converted_lines_name_the_rate_and_its_day() -> None:
    report = await budget(QUESTION)
    (rate,) = report.exchange_rates
    assert (rate.from_currency, rate.to_currency) == ("EUR", "INR")
    assert all(f"of {rate.as_of.isoformat()}" in line.basis for line in report.lines)


async def test_without_conversion_no_rate_is_listed() -> None:
    report = await budget(replace(QUESTION, asked_currency="EUR"))
    assert report.exchange_rates == []


async def test_the_basis_multiplies_out_to_the_amount() -> None:
    report = await budget(replace(QUESTION, asked_currency="EUR"))
    food = next(line for line in report.lines if line.category == "food")
    assert food.basis.startswith("2 travellers x 3 days x 65.00 EUR")
    assert food.amount == Decimal("390.00")


async def test_a_trip_of_one_day_has_no_night() -> None:
    report = await budget(replace(QUESTION, days=1))
    assert report.budget_breakdown.accommodation == 0
    assert any("no night" in line.basis for line in report.lines)


async def test_three_travellers_take_two_rooms() -> None:
    report = await budget(replace(QUESTION, travelers_count=3))
    rooms = next(line for line in report.lines if line.category == "accommodation")
    assert rooms.basis.startswith("2 rooms x 2 nights")


async def test_yen_have_no_decimal_places() -> None:
    report = await budget(replace(QUESTION, asked_currency="JPY"))
    assert all(line.amount == line.amount.to_integral_value() for line in report.lines)
    assert parts_sum(report) == report.budget_breakdown.total


async def test_without_origin_the_journey_is_left_out_and_said_so() -> None:
    report = await budget(replace(QUESTION, origin=None))
    assert [line.label for line in report.lines if line.category == "transportation"] == [
        "Getting about at the destination"
    ]
    assert any("No origin" in warning for warning in report.warnings)


async def test_a_currency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownCurrencyError, match="currency"):
        await budget(replace(QUESTION, asked_currency="XXQ"))


async def test_a_currency_without_rate_gives_way_to_dollars_with_a_warning() -> None:
    report = await budget(replace(QUESTION, asked_currency="RUB"))
    assert report.budget_breakdown.currency == "USD"
    assert any("RUB" in warning for warning in report.warnings)


async def test_money_that_the_euro_replaced_becomes_euros_with_a_warning() -> None:
    report = await budget(replace(QUESTION, asked_currency="DEM"))
    assert report.budget_breakdown.currency == "EUR"
    assert any("replaced by the euro" in warning for warning in report.warnings)


async def test_a_rough_rate_is_warned_about() -> None:
    report = await budget(replace(QUESTION, asked_currency="EGP"))
    assert any("yearly average" in warning for warning in report.warnings)


async def test_a_place_outside_the_catalogue_is_priced_like_its_neighbours() -> None:
    report = await budget(replace(QUESTION, destination=resolve_place("Lyon, France"), asked_currency="EUR"))
    assert any("not in the catalogue" in warning and "Paris" in warning for warning in report.warnings)
    assert report.budget_breakdown.total > 0


async def test_a_drive_is_paid_by_the_car_and_a_walk_costs_nothing() -> None:
    alone = await budget(replace(QUESTION, travelers_count=1), OneWay("driving", 400))
    four = await budget(replace(QUESTION, travelers_count=4), OneWay("driving", 400))
    assert alone.lines[0].amount == four.lines[0].amount > 0
    assert (await budget(QUESTION, OneWay("walking", 20))).lines[0].amount == 0


async def test_a_trip_in_ones_own_town_has_no_journey_to_pay() -> None:
    report = await budget(QUESTION, OneWay("none", 0))
    assert report.lines[0].amount == 0
    assert any("sleep at home" in text for text in report.assumptions)


async def test_a_journey_that_hardly_fits_is_warned_about() -> None:
    report = await budget(QUESTION, OneWay(is_feasible=False))
    assert any("hardly fits" in warning for warning in report.warnings)


@pytest.mark.parametrize("city_id", sorted(all_cities()))
async def test_dearer_ranges_cost_more_in_every_city(city_id: str) -> None:
    place = resolve_place(f"{all_cities()[city_id].name}, {all_cities()[city_id].country}")
    totals = [
        (
            await budget(replace(QUESTION, destination=place, budget_range=level, asked_currency="USD"))
        ).budget_breakdown.total
        for level in ("budget", "mid-range", "luxury")
    ]
    assert totals == sorted(set(totals))


@given(
    city=st.sampled_from(list(all_cities().values())),
    travelers_count=st.integers(1, 50),
    days=st.integers(1, 30),
    currency=st.sampled_from(["EUR", "INR", "JPY", "KWD", "XOF", "EGP", "IDR", None]),
    pace=st.sampled_from(["relaxed", "moderate", "fast"]),
)
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.rows("S0-118", "S0-119")
async def test_every_budget_adds_up(city: object, travelers_count: int, days: int, currency: str, pace: str) -> None:
    question = replace(
        QUESTION,
        destination=replace(PARIS, city=city, currency=city.currency),  # type: ignore[attr-defined]
        travelers_count=travelers_count,
        days=days,
        asked_currency=currency,
        preferences=UserPreferences(pace=pace),  # type: ignore[arg-type]
    )
    report = await budget(question)
    code = report.budget_breakdown.currency
    half_unit = Decimal(1).scaleb(-decimal_places(code)) / 2
    assert parts_sum(report) == report.budget_breakdown.total
    assert abs(report.cost_per_person - report.budget_breakdown.total / travelers_count) <= half_unit
    assert all(line.amount >= 0 and line.kind == "estimate" for line in report.lines)


async def test_the_same_question_gives_the_same_bytes() -> None:
    assert (await budget(QUESTION)).model_dump_json() == (await budget(QUESTION)).model_dump_json()


async def test_the_report_survives_the_wire_unchanged() -> None:
    report = await budget(QUESTION)
    assert BudgetReport.model_validate_json(report.model_dump_json()) == report

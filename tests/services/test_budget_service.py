import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.budget_service import BudgetService
from app.services.maps_service import MapsService
from app.services.money.budget_question import BudgetQuestion, BudgetStop, shared_days
from app.services.money.exchange_rates import BundledRates
from app.services.outside.deadlines import NO_DEADLINE, Deadline
from app.trips.currencies import UnknownCurrencyError, decimal_places
from app.trips.places.catalogue import City, all_cities
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
        self,
        origin: Place,
        destination: Place,
        days: int | None,
        preferred: LocalTransport | None,
        further: Sequence[Place] = (),
        *,
        keep_order: bool = True,
        deadline: Deadline = NO_DEADLINE,
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
    stops=(BudgetStop(PARIS),),
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
    report = await budget(replace(QUESTION, stops=(BudgetStop(resolve_place("Lyon, France")),), asked_currency="EUR"))
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
            await budget(replace(QUESTION, stops=(BudgetStop(place),), budget_range=level, asked_currency="USD"))
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
        stops=(BudgetStop(replace(PARIS, city=city, currency=city.currency)),),  # type: ignore[attr-defined]
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


# ---- several destinations

KYOTO, SEOUL, LYON = (resolve_place(name) for name in ("Kyoto", "Seoul", "Lyon, France"))
ROUND = replace(QUESTION, stops=(BudgetStop(KYOTO), BudgetStop(SEOUL)), days=7, asked_currency="EUR")


@pytest.mark.parametrize(
    ("asked", "total", "days"),
    [
        ([None], 5, [5]),
        ([None, None, None], 8, [3, 3, 2]),
        ([4, None, None], 7, [4, 2, 1]),
        ([None, 2, None], 7, [3, 2, 2]),
        ([2, 3], 5, [2, 3]),
        ([None] * 6, 6, [1] * 6),
    ],
)
def test_days_that_were_left_open_are_shared_out_evenly(asked: list[int | None], total: int, days: list[int]) -> None:
    assert shared_days(asked, total) == days


async def test_each_destination_has_its_own_prices_days_nights_and_lines() -> None:
    report = await budget(ROUND)
    assert [line.label for line in report.lines] == [
        "Flight from New Delhi to Kyoto, economy class",
        "Flight from Kyoto to Seoul, economy class",
        "Flight from Seoul to New Delhi, economy class",
        "Getting about, Kyoto",
        "Double room, Kyoto",
        "Meals and drinks, Kyoto",
        "Getting about, Seoul",
        "Double room, Seoul",
        "Meals and drinks, Seoul",
        "Admission to sights, Kyoto",
        "Admission to sights, Seoul",
    ]
    bases = {line.label: line.basis for line in report.lines}
    assert bases["Double room, Kyoto"].startswith("1 room x 4 nights x 23,000 JPY")
    assert bases["Double room, Seoul"].startswith("1 room x 2 nights x 150,000 KRW")
    assert bases["Meals and drinks, Seoul"].startswith("2 travellers x 3 days x 60,000 KRW")
    assert (report.days, report.travelers_count) == (7, 2)
    assert parts_sum(report) == report.budget_breakdown.total == sum(line.amount for line in report.lines)


async def test_nights_add_up_to_the_trips_and_a_last_single_day_has_none() -> None:
    report = await budget(replace(ROUND, stops=(BudgetStop(KYOTO, 6), BudgetStop(SEOUL, 1))))
    (none,) = [line for line in report.lines if line.label == "No night, Seoul"]
    assert (none.amount, none.basis) == (0, "the trip ends on the only day there")
    assert any(line.basis.startswith("1 room x 6 nights") for line in report.lines)


async def test_that_the_days_were_shared_out_is_said() -> None:
    said = " ".join((await budget(ROUND)).assumptions)
    assert "The days were shared out evenly: 4 days in Kyoto and 3 days in Seoul." in said
    assert "The itinerary may choose otherwise; it prices the trip anew." in said
    given = replace(ROUND, stops=(BudgetStop(KYOTO, 5), BudgetStop(SEOUL)))
    assert "you left open were shared out evenly: 2 days in Seoul." in " ".join((await budget(given)).assumptions)
    fixed = replace(ROUND, stops=(BudgetStop(KYOTO, 5), BudgetStop(SEOUL, 2)))
    assert "shared out" not in " ".join((await budget(fixed)).assumptions)


async def test_the_order_is_the_listed_one_and_an_open_one_is_said() -> None:
    assert not any("better order" in text for text in (await budget(ROUND)).assumptions)
    assert any("better order" in text for text in (await budget(replace(ROUND, keep_order=False))).assumptions)


async def test_without_origin_only_the_ways_between_destinations_are_priced() -> None:
    report = await budget(replace(ROUND, origin=None))
    assert report.lines[0].label == "Flight from Kyoto to Seoul, economy class"
    assert not any("New Delhi" in line.label for line in report.lines)
    assert any("No origin" in warning for warning in report.warnings)


async def test_warnings_of_several_destinations_name_them() -> None:
    report = await budget(replace(ROUND, stops=(BudgetStop(LYON), BudgetStop(SEOUL))), OneWay(is_feasible=False))
    assert "The journey from New Delhi to Lyon is priced, but it hardly fits a trip of 7 days." in report.warnings
    assert any("Lyon is not in the catalogue" in warning for warning in report.warnings)
    near = await budget(ROUND, OneWay("none", 0))
    assert any(text.startswith("Kyoto is next to where you start") for text in near.assumptions)


async def test_sources_of_several_destinations_are_named_once() -> None:
    report = await BudgetService(MapsService(), BundledRates()).budget(ROUND)
    assert len(report.sources) == len(set(report.sources))


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"limit": Decimal(1)}, "is above your budget limit of 1.00 EUR."),
        ({"limit": Decimal(1), "asked_currency": None}, "is above your budget limit of 1.00 INR."),
        ({"limit": Decimal(1), "asked_currency": "RUB"}, "is in RUB and was not compared with the total"),
        ({"limit": Decimal(1), "asked_currency": "DEM"}, "is in DEM and was not compared with the total"),
        ({"limit": Decimal(10**9)}, None),
        ({"limit": None}, None),
    ],
)
async def test_the_limit_is_compared_where_it_can_be(change: dict[str, Any], warning: str | None) -> None:
    found = [text for text in (await budget(replace(ROUND, **change))).warnings if "budget limit" in text]
    assert [warning in text for text in found] == ([] if warning is None else [True])  # type: ignore[operator]


@given(
    cities=st.lists(
        st.sampled_from(list(all_cities().values())), min_size=2, max_size=6, unique_by=lambda city: city.id
    ),
    travelers_count=st.integers(1, 50),
    days=st.integers(6, 30),
    first_days=st.one_of(st.none(), st.integers(1, 2)),
    currency=st.sampled_from(["EUR", "JPY", "KWD", "EGP", None]),
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
async def test_every_budget_of_several_destinations_adds_up(
    cities: list[City], travelers_count: int, days: int, first_days: int | None, currency: str | None
) -> None:
    places = [replace(PARIS, name=city.name, city=city, currency=city.currency) for city in cities]
    asked = [first_days, *([None] * (len(cities) - 1))]
    stops = tuple(BudgetStop(place, count) for place, count in zip(places, asked, strict=True))
    question = replace(QUESTION, stops=stops, days=days, travelers_count=travelers_count, asked_currency=currency)
    report = await budget(question)
    assert parts_sum(report) == report.budget_breakdown.total == sum(line.amount for line in report.lines)
    rooms = [line for line in report.lines if line.category == "accommodation"]
    nights = [int(found[1]) for line in rooms if (found := re.search(r"x (\d+) nights? x", line.basis))]
    assert sum(nights) == days - 1
    assert len(rooms) == len(cities)

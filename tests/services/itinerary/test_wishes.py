"""What is asked for changes or binds the plan; where wishes rule each other out, that is said with ways out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.trips.places.catalogue import all_cities
from app.trips.reports import ItineraryReport, WishConflict
from tests.services.itinerary.questions import MONDAY, asked, entries, plan, report_on, seen, with_budget, with_route

pytestmark = pytest.mark.anyio

PARIS = {sight.name: sight for sight in all_cities()["paris"].sights}


def conflict_of(report: ItineraryReport) -> WishConflict:
    assert report.status != "planned"
    assert report.itinerary_days == []
    assert report.conflict is not None
    return report.conflict


def total(report: ItineraryReport) -> Decimal:
    assert report.budget is not None
    return report.budget.budget_breakdown.total


# ---- each field of the request counts


@pytest.mark.rows("S1-46")
async def test_the_destinations_decide_what_is_seen() -> None:
    rome = {sight.name for sight in all_cities()["rome"].sights}
    assert set(seen(await plan(asked("Rome")))) <= rome
    assert set(seen(await plan(asked("Rome", "Florence", days=5)))) - rome


@pytest.mark.rows("S1-46")
async def test_the_duration_decides_how_much_is_seen() -> None:
    shorter, longer = await plan(asked(days=2)), await plan(asked(days=5))
    assert len(seen(shorter)) < len(seen(longer))
    assert [len(report.itinerary_days) for report in (shorter, longer)] == [2, 5]


@pytest.mark.rows("S1-46")
async def test_the_travellers_decide_on_rooms_and_sums() -> None:
    two, five = [await plan(await with_budget(asked(travelers_count=people))) for people in (2, 5)]
    assert [stay.rooms for stay in (*two.stays, *five.stays)] == [1, 3]
    assert total(five) > 2 * total(two)
    assert seen(two) == seen(five)


@pytest.mark.rows("S1-46")
async def test_the_budget_is_a_hard_cap() -> None:
    """The same trip for less: cheaper tickets, and never a unit more than the limit."""
    free = await plan(await with_budget(asked(days=4)))
    limit = total(free) - 60
    capped = await plan(await with_budget(asked(days=4, budget_limit=limit)))
    assert total(capped) <= limit
    assert seen(capped) != seen(free)
    assert any(out.reason == "too dear" for out in capped.left_out)


@pytest.mark.rows("S1-46")
@pytest.mark.parametrize("interest", ["art", "nature", "history"])
async def test_interests_bring_more_of_what_serves_them(interest: str) -> None:
    def serving(report: ItineraryReport) -> int:
        return sum(interest in PARIS[name].interests for name in seen(report))

    plain, keen = await plan(asked(days=2)), await plan(asked(days=2, wishes={"interests": [interest]}))
    assert serving(keen) >= serving(plain)
    assert any(f"interest in {interest}" in (item.reason or "") for _, item in entries(keen, "visit"))


@pytest.mark.rows("S1-46")
async def test_what_must_be_seen_is_seen_and_what_is_to_be_avoided_is_not() -> None:
    """By the name as the catalogue has it or a word of it that is unmistakable, in any case."""
    plain = await plan(asked(days=2))
    wanted = next(out.name for out in plain.left_out if PARIS[out.name].rank == 1)
    asking = await plan(asked(days=2, wishes={"must_see": [wanted.upper()], "avoid": ["eiffel"]}))
    assert wanted not in seen(plain)
    assert wanted in seen(asking)
    assert "Eiffel Tower" in seen(plain)
    assert "Eiffel Tower" not in seen(asking)
    assert ("Eiffel Tower", "avoided") in [(out.name, out.reason) for out in asking.left_out]
    assert any("You asked for it." in item.reasons for _, item in entries(asking, "visit"))


@pytest.mark.rows("S1-46")
async def test_the_travellers_own_hours_take_the_place_of_the_paces() -> None:
    report = await plan(asked(days=4, wishes={"day_starts": "11:00", "day_ends": "16:00"}))
    assert seen(report)
    assert all(item.starts >= "11:00" and item.ends <= "16:00" for _, item in entries(report, "visit"))


@pytest.mark.parametrize("name", ["SACRE COEUR", "Sacré-Cœur", "sacre-coeur basilica"])
async def test_names_may_be_written_without_case_accents_and_strokes(name: str) -> None:
    assert "Sacré-Cœur Basilica" in seen(await plan(asked(wishes={"must_see": [name]})))


@pytest.mark.parametrize("name", ["Bibliotheca", "musée"])
async def test_a_wish_for_what_the_catalogue_has_not_or_has_several_of_is_named_as_not_understood(name: str) -> None:
    report = await plan(asked(wishes={"must_see": [name]}))
    assert any(f"“{name}”" in warning and "could not be considered" in warning for warning in report.warnings)


async def test_unknown_interests_are_named() -> None:
    report = await plan(asked(wishes={"interests": ["quilting", "art"]}))
    assert any("quilting" in warning and "“art”" not in warning for warning in report.warnings)


async def test_interests_that_the_place_does_not_serve_are_named() -> None:
    report = await plan(asked("Vienna", wishes={"interests": ["beach"]}))
    assert "Our catalogue of Vienna has no sight for: beach." in report.warnings


async def test_a_sight_comes_in_the_plan_or_among_those_left_out_with_a_reason() -> None:
    report = await plan(asked("Rome", "Florence", days=4))
    everything = {sight.name for city in ("rome", "florence") for sight in all_cities()[city].sights}
    left_out = [out.name for out in report.left_out]
    assert sorted([*seen(report), *left_out]) == sorted(everything)
    assert all(out.text.endswith(".") and out.reason for out in report.left_out)


async def test_what_is_closed_throughout_is_left_out_as_closed() -> None:
    tuesday = await plan(asked(origin="Paris", first=MONDAY + timedelta(days=1), days=1))
    assert ("Louvre Museum", "closed") in [(out.name, out.reason) for out in tuesday.left_out]
    assert any("Closed on all days" in tip and "Louvre" in tip for tip in tuesday.key_tips)


async def test_what_is_open_outside_the_days_hours_is_not_called_long() -> None:
    """The mausoleum shuts at half past ten, soon after a relaxed day begins."""
    hanoi = await plan(asked("Hanoi", origin="Bangkok", first=date(2027, 3, 1), days=5, wishes={"pace": "relaxed"}))
    assert ("Ho Chi Minh Mausoleum", "hours") in [(out.name, out.reason) for out in hanoi.left_out]
    assert any(tip.startswith("Open outside the hours of your days") and "Ho Chi Minh" in tip for tip in hanoi.key_tips)
    assert not any(tip.startswith("Longer than") for tip in hanoi.key_tips)


# ---- conflicts


@pytest.mark.rows("S2-33")
async def test_two_wishes_compete_for_one_slot_and_the_optimised_plan_says_which_came_first() -> None:
    """One day in Paris holds few of its sights: each that is in says before which other it came."""
    report = await plan(asked(origin="Paris", days=1))
    displaced = [reason for _, item in entries(report, "visit") for reason in item.reasons if "came before" in reason]
    assert displaced
    assert any(out.name in reason for reason in displaced for out in report.left_out)


@pytest.mark.rows("S2-33")
async def test_a_budget_that_is_too_small_is_named_with_ways_out_and_each_of_them_works() -> None:
    asked_for = asked(days=4, budget_limit=Decimal(300), budget_range="mid-range")
    conflict = conflict_of(await report_on(asked_for))
    assert conflict.conflict == ["a budget of 300.00 EUR"]
    assert "300.00 EUR is below the least possible" in conflict.text
    assert [way.least_cost for way in conflict.ways_out] == sorted(way.least_cost for way in conflict.ways_out)
    more = next(way for way in conflict.ways_out if way.gives_up == ["budget"])
    report = await plan(await with_budget(asked(days=4, budget_limit=more.least_cost)))
    assert total(report) <= more.least_cost
    assert more.currency == "EUR"


@pytest.mark.rows("S2-33")
async def test_a_dear_range_and_a_small_budget_conflict_and_the_cheaper_range_is_a_way_out() -> None:
    """Either of the two wishes could be met without the other."""
    dear = await report_on(asked(days=4, budget_range="luxury"))
    assert dear.status == "planned"
    least = conflict_of(await report_on(asked(days=4, budget_range="luxury", budget_limit=Decimal(100))))
    needed = next(way.least_cost for way in least.ways_out if way.gives_up == ["budget"])
    conflict = conflict_of(await report_on(asked(days=4, budget_range="luxury", budget_limit=needed - 1)))
    assert sorted(conflict.conflict) == sorted([f"a budget of {needed - 1:,.2f} EUR", "a room of type luxury"])
    assert {tuple(way.gives_up) for way in conflict.ways_out} >= {("budget",), ("room type",)}


@pytest.mark.rows("S2-33")
async def test_a_must_that_is_closed_on_the_only_day_is_the_conflict_and_another_length_a_way_out() -> None:
    tuesday, wishes = MONDAY + timedelta(days=1), {"must_see": ["Louvre Museum"]}
    report = await report_on(asked(origin="Paris", first=tuesday, days=1, wishes=wishes))
    conflict = conflict_of(report)
    assert conflict.text == "One wish cannot be met: Louvre Museum."
    assert conflict.conflict == ["Louvre Museum"]
    assert [way.gives_up for way in conflict.ways_out] == [["include: paris/louvre"], ["days"]]
    longer = await plan(asked(origin="Paris", first=tuesday, days=2, wishes=wishes))
    assert "2 days instead of 1 fit" in conflict.ways_out[1].text
    assert "Louvre Museum" in seen(longer)
    assert report.warnings[0] == conflict.text


@pytest.mark.rows("S2-33")
async def test_more_musts_than_the_day_holds_are_answered_with_what_to_give_up() -> None:
    wishes = {"must_see": ["Rijksmuseum", "Anne Frank House", "Van Gogh Museum"]}
    report = await report_on(asked("Amsterdam", origin="Brussels", first=MONDAY, days=1, wishes=wishes))
    conflict = conflict_of(report)
    assert conflict.ways_out
    for way in conflict.ways_out:
        assert way.gives_up
        assert way.least_cost > 0
        assert "plan" in way.text or "fit" in way.text


@pytest.mark.parametrize(("minutes_there", "way_out"), [(28 * 60, "3 days instead of 2"), (4 * 24 * 60, "5 days")])
async def test_a_way_there_that_takes_longer_than_the_trip_is_no_plan_and_another_length_is_the_way_out(
    minutes_there: int, way_out: str
) -> None:
    """Nobody has to give up a wish for it: none of them stands in the way."""
    question = asked("Madrid", origin="Paris", days=2)
    report = await report_on(with_route(question, mode="driving", duration_minutes=minutes_there))
    conflict = conflict_of(report)
    assert conflict.conflict == []
    assert "no way there and back fits its days" in conflict.text
    assert [way.gives_up for way in conflict.ways_out] == [["days"]]
    assert conflict.ways_out[0].text.startswith(way_out)

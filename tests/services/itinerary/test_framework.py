"""The plan at a glance, each part read off the plan."""

from collections import Counter
from decimal import Decimal

import pytest

from app.trips.reports import ItineraryFramework, ItineraryReport
from app.trips.request import Pace
from app.trips.rules import PACES
from tests.services.itinerary.questions import asked, entries, entries_of, minutes, plan, seen, with_weather

pytestmark = pytest.mark.anyio


def framework_of(report: ItineraryReport) -> ItineraryFramework:
    assert report.itinerary_framework is not None
    return report.itinerary_framework


@pytest.mark.rows("S1-58")
async def test_seven_days_in_tokyo_and_kyoto_are_two_phases_that_add_up() -> None:
    framework = framework_of(await plan(asked("Tokyo", "Kyoto", origin="Berlin", days=7)))
    assert framework.total_duration == 7
    assert [phase.phase_id for phase in framework.phases] == ["tokyo_exploration", "kyoto_exploration"]
    assert sum(phase.duration for phase in framework.phases) == 7


@pytest.mark.rows("S1-47")
async def test_the_phases_are_the_stretches_of_the_plan_with_its_best_sights() -> None:
    report = await plan(asked("Rome", "Florence", days=5))
    days_at = Counter(day.place for day in report.itinerary_days)
    for phase in framework_of(report).phases:
        days = [day for day in report.itinerary_days if day.place == phase.place]
        assert (phase.first_day, phase.duration) == (days[0].date, days_at[phase.place])
        assert phase.focus
        assert set(phase.focus) <= {item.title for day in days for item in day.items}


@pytest.mark.rows("S1-47")
@pytest.mark.parametrize("pace", list(PACES))
async def test_the_daily_structure_is_the_one_that_the_days_keep_to(pace: Pace) -> None:
    report = await plan(asked(days=4, wishes={"pace": pace}))
    structure = framework_of(report).daily_structure
    rules = PACES[pace]
    assert (structure.pace, structure.rest_after_lunch_minutes) == (pace, rules.rest_minutes)
    sights_a_day = [len(entries_of(day, "visit")) for day in report.itinerary_days]
    assert max(sights_a_day) <= structure.most_sights == rules.most_sights
    assert all(item.starts >= structure.day_starts for _, item in entries(report, "visit"))
    for _, item in entries(report, "meal"):
        earliest, latest = structure.meals[item.title.split()[0].lower()].split("-")
        assert earliest <= item.starts <= latest


@pytest.mark.rows("S1-47")
async def test_the_transitions_are_the_ways_from_home_between_the_places_and_back() -> None:
    report = await plan(asked("Rome", "Florence", days=5))
    out, move, back = framework_of(report).transition_schedules
    assert [(out.origin, out.destination), (back.origin, back.destination)] == [("home", "Rome"), ("Florence", "home")]
    assert (out.departs, back.arrives) == (None, None)
    assert "We assume" in out.note
    assert "We assume" in back.note
    ((day, leg),) = entries(report, "leg")
    assert (move.date, move.departs, move.arrives) == (day.date, leg.starts, leg.ends)
    first, last = report.itinerary_days[0], report.itinerary_days[-1]
    assert out.arrives == first.items[0].starts
    assert back.departs == last.items[-1].ends


@pytest.mark.rows("S1-47")
async def test_the_priorities_are_those_of_this_traveller_in_order() -> None:
    plain = framework_of(await plan(asked())).optimization_priorities
    wishes = {"interests": ["art"], "must_see": ["Louvre"]}
    asking = framework_of(await plan(asked(days=4, wishes=wishes, budget_limit=Decimal(5000)))).optimization_priorities
    assert plain[0] == asking[0] == "Opening hours, travel times, meals and nights: never broken."
    assert [text for text in asking if text not in plain] == [
        "The budget: a hard cap on the whole trip.",
        "The sights that you asked for.",
        "The sights worth most to you: art first.",
    ]


@pytest.mark.rows("S1-47")
async def test_the_flexibility_points_name_what_could_come_instead_and_what_is_free() -> None:
    full = await plan(asked())
    (spare,) = [text for text in framework_of(full).flexibility_points if "come next" in text]
    left_out = [out.name for out in full.left_out if out.reason == "no time"]
    assert all(name in spare for name in left_out[:3])
    free = await plan(asked("Singapore", days=30))
    (days,) = [text for text in framework_of(free).flexibility_points if "No sights are planned" in text]
    without = [day.date.isoformat() for day in free.itinerary_days if not any(i.kind == "visit" for i in day.items)]
    assert all(day in days for day in without[:3])


async def test_days_can_be_exchanged_only_where_the_weather_differs() -> None:
    def mentions_weather(report: ItineraryReport) -> bool:
        return any("weather" in text for text in framework_of(report).flexibility_points)

    assert mentions_weather(await plan(with_weather(asked(days=4), 10, 90, 10, 10)))
    assert not mentions_weather(await plan(with_weather(asked(days=4), 10, 10, 10, 10)))


async def test_a_faster_pace_starts_no_visit_later_than_a_slower_one() -> None:
    """What the structure promises shows in the days."""
    relaxed = await plan(asked(days=4, wishes={"pace": "relaxed"}))
    fast = await plan(asked(days=4, wishes={"pace": "fast"}))
    earliest = [min(minutes(item.starts) for _, item in entries(report, "visit")) for report in (fast, relaxed)]
    assert earliest[0] < earliest[1]
    assert len(seen(fast)) > len(seen(relaxed))

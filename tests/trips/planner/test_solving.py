"""What a plan is like: the promises of the planner, one by one, in a world small enough to see them."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from app.trips import orienteering
from app.trips.check import check
from app.trips.plan import Item, Plan
from app.trips.planner.appeal import points
from app.trips.planner.solving import plan_trip
from app.trips.problem import (
    Eatery,
    Event,
    LegLock,
    MealLock,
    Party,
    Sight,
    StayLock,
    TravelTime,
    Trip,
    VisitLock,
    Window,
    Wishes,
)
from app.trips.request import Pace
from tests.trips.example_trips import LIMA_SIGHTS, city, day, legs, meals, near, one_city, sight, two_cities


def planned(trip: Trip) -> Plan:
    """A plan, and the checker agrees that it is one."""
    answer = plan_trip(trip)
    assert isinstance(answer, Plan), answer
    faults = [fault.text for verdict in check(trip, answer).verdicts for fault in verdict.faults]
    assert faults == []
    return answer


def of_kind(plan: Plan, kind: str) -> list[Item]:
    return [item for found in plan.days for item in found.items if item.kind == kind]


def visited(plan: Plan) -> set[str | None]:
    return {item.ref for item in of_kind(plan, "visit")}


def day_of(plan: Plan, ref: str) -> date:
    return next(found.day for found in plan.days if any(item.ref == ref for item in found.items))


@pytest.mark.rows("S0-120")
def test_a_plan_has_every_day_with_its_ways_visits_meals_and_nights() -> None:
    plan = planned(two_cities(4))
    assert [found.day for found in plan.days] == [day(number) for number in range(4)]
    assert [item.ref for item in of_kind(plan, "leg")] == ["out-lima", "lima-oslo", "back-oslo"]
    assert [found.stay is not None for found in plan.days] == [True, True, True, False]
    assert sum(days for _, days in plan.cities) == 4


@pytest.mark.rows("S2-21")
def test_nothing_happens_before_arrival_or_after_departure_and_days_begin_where_one_sleeps() -> None:
    plan = planned(one_city(3))
    first, second, last = plan.days
    assert [item.kind for item in first.items[:2]] == ["leg", "arrival"]
    assert [item.kind for item in last.items[-2:]] == ["departure", "leg"]
    ways = [item for item in second.items if item.kind == "travel"]
    assert ways[0].origin == ways[-1].ref == second.stay


def test_three_meals_a_day_in_their_hours() -> None:
    _, whole_day, _ = planned(one_city(3)).days
    found = [(item.meal, item.starts) for item in whole_day.items if item.kind == "meal"]
    assert [meal for meal, _ in found] == ["breakfast", "lunch", "dinner"]
    assert 720 <= found[1][1] <= 840


@pytest.mark.rows("S2-21")
def test_rain_moves_what_lies_in_the_open_to_a_dry_day() -> None:
    for wet in (0, 1, 2):
        lima = city("lima", LIMA_SIGHTS, rain_percent={day(wet): 90})
        assert day_of(planned(one_city(4, cities=(lima,))), "lima/garden") != day(wet)


def test_where_every_day_is_wet_the_garden_is_seen_in_the_rain() -> None:
    lima = city("lima", LIMA_SIGHTS, rain_percent={day(number): 90 for number in range(4)})
    assert "lima/garden" in visited(planned(one_city(4, cities=(lima,))))


def test_a_dry_day_without_an_hour_for_the_visit_keeps_nobody_out_of_a_wet_one() -> None:
    """They arrive at five, and visits end at seven: though the first day stays dry, it has no room for the park."""
    late = legs("lima")[0].model_copy(update={"departs": 900, "arrives": 1020})
    park = sight("lima", "park", minutes=120, hours=None, indoor=False, score=90)
    wet = {day(1): 80, day(2): 80}
    trip = one_city(3, cities=(city("lima", (*LIMA_SIGHTS, park), rain_percent=wet),), legs=(late, legs("lima")[1]))
    assert day_of(planned(trip), "lima/park") in wet


def test_what_is_for_the_evening_may_last_as_long_as_a_day_that_ends_late() -> None:
    market = sight("lima", "night market", hours={day(0): ({"opens": 1290, "closes": 1410},)}, score=90)
    trip = one_city(2, Wishes(day_ends=1410), cities=(city("lima", (market,)),))
    assert visited(planned(trip)) == {market.id}


def test_a_sight_that_is_open_on_one_day_only_gets_that_day_and_says_so() -> None:
    plan = planned(one_city(3))
    assert day_of(plan, "lima/chapel") == day(1)
    chapel = next(item for item in of_kind(plan, "visit") if item.ref == "lima/chapel")
    assert "Of your days here, this is the only one on which it can be visited." in chapel.reasons


@pytest.mark.rows("S0-105")
def test_pace_says_how_full_a_day_is() -> None:
    short = tuple(sight("lima", f"statue-{number}", step=number % 5, minutes=45) for number in range(18))
    counts = []
    for pace in ("relaxed", "moderate", "fast"):
        trip = one_city(3, Wishes.model_validate({"pace": pace}), cities=(city("lima", short),))
        _, whole_day, _ = planned(trip).days
        counts.append(sum(1 for item in whole_day.items if item.kind == "visit"))
    assert counts == [3, 4, 6]


def test_what_is_wished_for_takes_its_place_among_as_many_as_the_pace_allows() -> None:
    short = tuple(sight("lima", f"statue-{number}", step=number % 5, minutes=30) for number in range(12))
    for wished, seen in ((0, 4), (2, 4), (4, 4), (6, 6)):
        wishes = Wishes(include=tuple(found.id for found in short[:wished]))
        plan = planned(one_city(1, wishes, cities=(city("lima", short),)))
        assert len(visited(plan)) == seen
        assert {found.id for found in short[:wished]} <= visited(plan)


def test_a_wish_in_the_city_moved_to_is_not_crowded_out_by_what_is_seen_before_the_move() -> None:
    """Oslo's fair is on the day of the move; Lima would fill that day alone."""
    statues = tuple(sight("lima", f"statue-{step}", step=step % 4, minutes=15) for step in range(14))
    fair = Event(id="oslo/fair", name="Fair", spot=near("oslo", 1), day=day(2), starts=1020, ends=1080)
    cities = (city("lima", statues, days=2), city("oslo", (), days=2, events=(fair,)))
    plan = planned(two_cities(4, Wishes(include=(fair.id,)), cities=cities))
    seen = [item.ref for item in plan.days[2].items if item.kind == "visit"]
    assert fair.id in seen
    assert 1 < len(seen) <= 4


def test_a_slow_day_has_a_rest_after_lunch() -> None:
    kinds = [item.kind for item in planned(one_city(3, Wishes(pace="relaxed"))).days[1].items]
    assert "rest" in kinds


def test_interests_decide_what_is_seen_where_not_everything_can_be() -> None:
    by_interest = {
        interest: visited(planned(one_city(1, Wishes(pace="relaxed", interests={interest: 60}))))
        for interest in ("food", "nature")
    }
    assert "lima/market" in by_interest["food"]
    assert "lima/garden" in by_interest["nature"]


def test_what_was_left_out_says_why() -> None:
    lima = city("lima", (*LIMA_SIGHTS, sight("lima", "ruin", open_on=()), sight("lima", "trek", minutes=700)))
    wishes = Wishes(pace="relaxed", avoid=("lima/tower",))
    plan = planned(one_city(1, wishes, cities=(lima,)))
    reasons = {found.ref.partition("/")[2]: found.reason for found in plan.left_out}
    assert reasons["ruin"] == "closed"
    assert reasons["trek"] == "too long"
    assert reasons["tower"] == "avoided"
    assert "pace" in reasons.values()


def test_what_opens_outside_the_days_hours_is_neither_closed_nor_too_long() -> None:
    """An early market, for somebody who does not get up for it; on days that begin with it, it is in the plan."""
    early = {day(number): (Window(opens=450, closes=600),) for number in range(30)}
    lima = city("lima", (*LIMA_SIGHTS, sight("lima", "fish market", minutes=60, hours=early)))
    reasons = {out.ref: out.reason for out in planned(one_city(3, Wishes(pace="relaxed"), cities=(lima,))).left_out}
    assert reasons["lima/fish market"] == "hours"
    wishes = Wishes(day_starts=450, include=("lima/fish market",))
    assert "lima/fish market" in visited(planned(one_city(3, wishes, cities=(lima,))))


def test_what_is_open_for_these_hours_on_wet_days_alone_is_seen_in_the_rain() -> None:
    """On the dry day it is open too, though not within the day's hours."""
    hours = {day(0): (Window(opens=600, closes=1080),), day(1): (Window(opens=360, closes=540),)}
    garden = sight("lima", "rose garden", indoor=False, hours=hours, score=90)
    lima = city("lima", (*LIMA_SIGHTS, garden), rain_percent={day(0): 90, day(1): 0})
    plan = planned(one_city(2, Wishes(pace="relaxed"), cities=(lima,)))
    assert day_of(plan, "lima/rose garden") == day(0)


def test_a_visit_says_what_it_displaced() -> None:
    reasons = [
        reason for item in of_kind(planned(one_city(1, Wishes(pace="relaxed"))), "visit") for reason in item.reasons
    ]
    assert any("would fit here as well but counts for less" in reason for reason in reasons)


def test_the_cap_is_kept_and_what_is_too_dear_is_named() -> None:
    free = planned(one_city(3))
    plan = planned(one_city(3, Wishes(budget=free.costs.total - free.costs.activities)))
    assert plan.costs.activities == 0
    assert {found.ref for found in plan.left_out if found.reason == "too dear"} >= {"lima/museum", "lima/gallery"}


def test_the_budget_range_picks_the_room() -> None:
    rooms = {
        wanted: planned(one_city(3, Wishes.model_validate({"budget_range": wanted}))).stays[0].ref
        for wanted in ("budget", "luxury")
    }
    assert rooms == {"budget": "lima/hostel", "luxury": "lima/inn"}


def test_house_rules_and_room_types_are_kept() -> None:
    assert planned(one_city(3, Wishes(house_needs=("pets",)))).stays[0].ref == "lima/inn"
    assert planned(one_city(3, Wishes(room_types=("private room",)))).stays[0].ref == "lima/inn"


def test_a_party_takes_as_many_rooms_as_it_needs() -> None:
    stay = planned(one_city(3, party=Party(adults=5))).stays[0]
    assert (stay.rooms, stay.cost) == (3, 3 * 2 * 4000)


def test_every_cuisine_occurs_and_no_restaurant_twice() -> None:
    places = tuple(
        Eatery(id=f"lima/{name}", name=name, spot=near("lima", step), cuisines=(name,), price=1500)
        for step, name in ((1, "thai"), (2, "greek"), (-3, "french"))
    )
    lima = city("lima", LIMA_SIGHTS, eateries=(*meals("lima"), *places))
    plan = planned(one_city(3, Wishes(cuisines=("thai", "greek", "french")), cities=(lima,)))
    eaten = [item.ref for item in of_kind(plan, "meal")]
    assert {"lima/thai", "lima/greek", "lima/french"} <= set(eaten)


def test_an_event_is_gone_to_when_it_is() -> None:
    concert = Event(
        id="lima/concert", name="Concert", spot=near("lima", 1), day=day(1), starts=1260, ends=1380, score=90
    )
    lima = city("lima", LIMA_SIGHTS, events=(concert,))
    item = next(found for found in of_kind(planned(one_city(3, cities=(lima,))), "visit") if found.ref == concert.id)
    assert (item.starts, item.ends) == (1260, 1380)


@pytest.mark.rows("S0-182")
def test_the_order_of_cities_is_kept_or_chosen() -> None:
    """Only by way of Oslo is there a train back from Lima."""
    ways = tuple(leg for leg in legs("lima", "oslo") if leg.id in ("out-oslo", "oslo-lima", "back-lima"))
    plan = planned(two_cities(4, legs=ways, keep_order=False))
    assert [name for name, _ in plan.cities] == ["oslo", "lima"]
    assert plan_trip(two_cities(4, legs=ways)).status == "infeasible"


def test_days_that_are_not_given_go_where_there_is_more_to_see() -> None:
    days = dict(planned(two_cities(7)).cities)
    assert days["lima"] > days["oslo"]


def test_what_is_locked_is_in_its_place() -> None:
    wishes = Wishes(
        locks=(
            VisitLock(id="lima/tower", day=day(1), starts=900),
            StayLock(id="lima/inn"),
            LegLock(id="lima-oslo", day=day(3)),
            MealLock(id="lima/lunch", day=day(1), meal="lunch"),
        )
    )
    plan = planned(two_cities(5, wishes))
    assert ("lima/tower", 900) in {(item.ref, item.starts) for item in plan.days[1].items}
    assert dict(plan.cities)["lima"] == 3
    assert plan.stays[0].ref == "lima/inn"


def test_ones_own_car_is_taken_all_the_way_or_not_at_all() -> None:
    cars: list[dict[str, Any]] = [
        {"id": f"car-{start}-{end}", "mode": "drive", "origin": start, "destination": end, "duration_minutes": 120}
        for start, end in (("home", "lima"), ("lima", "home"))
    ]
    trip = one_city(3, Wishes(), legs=(*legs("lima"), *({**car, "price": 100} for car in cars)))
    assert {item.ref for item in of_kind(planned(trip), "leg")} == {"car-home-lima", "car-lima-home"}
    one_way = one_city(3, Wishes(), legs=(*legs("lima"), {**cars[0], "price": 100}))
    assert {item.ref for item in of_kind(planned(one_way), "leg")} == {"out-lima", "back-lima"}


def test_who_is_there_already_needs_no_legs() -> None:
    plan = planned(one_city(2, origin=None, legs=()))
    assert of_kind(plan, "leg") == []
    assert [found.kind for found in plan.days[0].items if found.kind in ("arrival", "departure")] == []


def test_a_night_on_the_way_is_not_paid_for() -> None:
    night = legs("lima")[0].model_copy(update={"departs": 1320, "arrives": 1440 + 480})
    plan = planned(one_city(3, legs=(night, legs("lima")[1])))
    assert [stay.nights for stay in plan.stays] == [1]
    assert plan.days[0].stay is None


def test_known_travel_times_come_before_estimates() -> None:
    far = tuple(
        TravelTime(origin=start, destination=end, minutes=120)
        for start, end in (("lima/hostel", "lima/museum"), ("lima/museum", "lima/hostel"))
    )
    lima = city("lima", LIMA_SIGHTS[:1])
    way = next(item for item in of_kind(planned(one_city(3, cities=(lima,), travel=far)), "travel"))
    assert way.ends - way.starts == 120


def test_the_time_limit_is_told_of_where_it_strikes() -> None:
    answer = plan_trip(one_city(3), time_limit_s=0.0)
    assert isinstance(answer, Plan)
    assert answer.is_cut_short


def test_the_same_trip_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "from tests.trips.example_trips import two_cities\n"
        "from app.trips.planner.solving import plan_trip\n"
        "print(plan_trip(two_cities(5)).model_dump_json())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == plan_trip(two_cities(5)).model_dump_json()


def test_what_is_said_of_a_way_is_said_of_those_that_are_known() -> None:
    trip = one_city(3)
    dearer = trip.legs[0].model_copy(update={"id": "dearer", "price": trip.legs[0].price + 1})
    for known, said in (
        (trip.legs, "It is the only way on this day that we know of."),
        ((*trip.legs, dearer), "It is the cheapest of the 2 ways on this day that we know of."),
    ):
        plan = planned(trip.model_copy(update={"legs": known}))
        (there,) = [item for day in plan.days for item in day.items if item.ref == trip.legs[0].id]
        assert there.reasons == (said,)


def test_a_visit_that_takes_most_of_a_day_has_lunch_in_the_middle() -> None:
    park = sight("lima", "park", minutes=450, score=200)
    plan = planned(one_city(3, cities=(city("lima", (*LIMA_SIGHTS, park)),)))
    found = next(found for found in plan.days if any(item.ref == park.id for item in found.items))
    kinds = [(item.kind, item.starts, item.ends) for item in found.items if item.kind in ("visit", "continued", "meal")]
    first, lunch, rest = kinds[1:4]
    assert [first[0], lunch[0], rest[0]] == ["visit", "meal", "continued"]
    assert (first[2], lunch[2]) == (lunch[1], rest[1])
    assert rest[2] - first[1] == 450


def test_the_rest_of_a_slow_day_makes_a_long_visit_longer() -> None:
    """Four hours, lunch among them; the three quarters of an hour after lunch are no part of it."""
    museum = sight("lima", "great museum", minutes=240, hours={day(0): ({"opens": 600, "closes": 1020},)})
    wishes = Wishes(pace="relaxed", include=(museum.id,), day_starts=690)
    plan = planned(one_city(1, wishes, origin=None, legs=(), cities=(city("lima", (museum,), stays=()),)))
    inside = [item for item in plan.days[0].items if item.kind in ("visit", "continued")]
    assert len(inside) == 2
    assert inside[-1].ends - inside[0].starts == 240 + 45


def test_a_long_visit_that_has_to_be_made_is_made() -> None:
    park = sight("lima", "park", minutes=450)
    plan = planned(one_city(3, Wishes(include=("lima/park",)), cities=(city("lima", (*LIMA_SIGHTS, park)),)))
    assert "lima/park" in visited(plan)


@pytest.mark.parametrize(("pace", "ends", "rest"), [("moderate", 990, 0), ("relaxed", 1035, 45)])
def test_lunch_at_the_gate_makes_room_for_what_is_over_too_late_before_it_and_begun_too_early_after_the_way(
    pace: Pace, ends: int, rest: int
) -> None:
    palace = sight("lima", "palace", minutes=210, hours={day(0): ({"opens": 510, "closes": ends},)})
    trip = one_city(
        1, Wishes(pace=pace, day_starts=660), origin=None, legs=(), cities=(city("lima", (palace,), stays=()),)
    )
    items = [item for item in planned(trip).days[0].items if item.starts < ends and item.kind != "rest"]
    way, lunch, visit = items[-3:]
    assert (way.kind, way.ref, way.ends) == ("travel", palace.id, lunch.starts)
    assert (lunch.meal, lunch.starts) == ("lunch", 720)
    assert (visit.starts, visit.ends) == (lunch.ends + rest, ends)


def test_on_the_day_of_a_move_two_cities_share_the_sights_that_the_pace_allows() -> None:
    statues = {
        name: tuple(sight(name, f"statue-{step}", step=step % 4, minutes=20) for step in range(14))
        for name in ("lima", "oslo")
    }
    cities = tuple(city(name, statues[name], days=days) for name, days in (("lima", 2), ("oslo", 2)))
    move = planned(two_cities(4, cities=cities)).days[2]
    by_city = {name: sum(1 for item in move.items if item.kind == "visit" and item.city == name) for name in statues}
    assert by_city["lima"] > 0
    assert sum(by_city.values()) == 4


def test_dinner_is_not_had_far_out_of_town() -> None:
    temple = sight("lima", "temple", step=45, minutes=180, score=90)
    plan = planned(one_city(3, Wishes(include=(temple.id,)), cities=(city("lima", (temple,)),)))
    (there,) = [found for found in plan.days if found.day == day_of(plan, temple.id)]
    kinds = [(item.kind, item.ref, item.meal) for item in there.items]
    back = kinds.index(("travel", there.stay, None))
    assert kinds.index(("meal", "lima/dinner", "dinner")) > back


def test_nobody_gets_up_to_wait_for_what_opens_later() -> None:
    opera = sight("lima", "opera", hours={day(1): ({"opens": 720, "closes": 1080},)})
    _, whole_day, _ = planned(one_city(3, cities=(city("lima", (opera,)),))).days
    breakfast = next(item for item in whole_day.items if item.meal == "breakfast")
    assert breakfast.starts >= 9 * 60


def far_temple(**fields: object) -> Sight:
    """An hour and a half away, and open for the first hour and a half of the day."""
    mornings = {day(number): ({"opens": 540, "closes": 630},) for number in range(5)}
    return sight("lima", "temple", step=60, minutes=60, hours=mornings, score=90, **fields)


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(include=("lima/temple",))])
def test_for_a_far_sight_breakfast_is_as_early_as_it_has_to_be(wishes: Wishes) -> None:
    plan = planned(one_city(3, wishes, cities=(city("lima", (*LIMA_SIGHTS, far_temple())),)))
    early = next(found for found in plan.days if any(item.ref == "lima/temple" for item in found.items))
    breakfast, way, visit = early.items[:3]
    assert (breakfast.meal, way.kind, visit.ref) == ("breakfast", "travel", "lima/temple")
    assert (way.starts, way.ends) == (breakfast.ends, visit.starts)
    assert 6 * 60 <= breakfast.starts < 9 * 60 - 75


def test_nobody_gets_up_early_on_the_other_days() -> None:
    plan = planned(one_city(5, cities=(city("lima", (*LIMA_SIGHTS[:2], far_temple())),)))
    breakfasts = [
        next(item.starts for item in found.items if item.meal == "breakfast")
        for found in plan.days[1:]
        if not any(item.ref == "lima/temple" for item in found.items)
    ]
    assert len(breakfasts) == 3
    assert min(breakfasts) >= 9 * 60 - 75


def test_breakfast_at_a_place_of_its_own_is_early_for_a_far_sight_and_late_before_a_near_one() -> None:
    bakery = Eatery(id="lima/bakery", name="Bakery", spot=near("lima", 1), price=100, meals=("breakfast",))
    others = tuple(eatery for eatery in meals("lima") if "breakfast" not in eatery.meals)
    starts = {}
    opera = sight("lima", "opera", hours={day(0): ({"opens": 720, "closes": 1080},)})
    for seen in (far_temple(), opera):
        lima = city("lima", (seen,), eateries=(*others, bakery), stays=())
        plan = planned(one_city(1, origin=None, legs=(), cities=(lima,)))
        assert visited(plan) == {seen.id}
        starts[seen.id] = next(item.starts for item in plan.days[0].items if item.ref == bakery.id)
    assert starts["lima/temple"] < 9 * 60 - 75
    assert starts["lima/opera"] >= 9 * 60


def test_all_searches_of_a_plan_draw_on_one_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several looks at several cities, and routes that leave no room: together they take no longer."""
    limits: list[float] = []
    solve = orienteering.solve_trusted

    def told(*asked: Any, time_limit_s: float | None = None, **more: Any) -> Any:
        limits.append(time_limit_s if time_limit_s is not None else float("inf"))
        return solve(*asked, time_limit_s=time_limit_s, **more)

    monkeypatch.setattr(orienteering, "solve_trusted", told)
    planned(two_cities(5))
    assert set(limits) == {float("inf")}
    limits.clear()
    plan_trip(two_cities(5), time_limit_s=60)
    assert len(limits) >= 4
    assert limits == sorted(limits, reverse=True)
    assert max(limits) <= 60


def test_breakfast_before_leaving_is_no_earlier_than_it_has_to_be() -> None:
    early = legs("lima")[1].model_copy(update={"departs": 540, "arrives": 660})
    last = planned(one_city(3, legs=(legs("lima")[0], early))).days[-1]
    breakfast = next(item for item in last.items if item.meal == "breakfast")
    assert breakfast.ends == next(item.starts for item in last.items if item.kind == "departure")


def test_what_a_visit_displaced_counts_for_less() -> None:
    trip = one_city(1, Wishes(pace="relaxed", interests={"food": 40}))
    names = {found.name: points(found, trip.wishes) for found in LIMA_SIGHTS}
    told = [
        (points(next(found for found in LIMA_SIGHTS if found.id == item.ref), trip.wishes), reason)
        for item in of_kind(planned(trip), "visit")
        for reason in item.reasons
        if reason.startswith("It came before ")
    ]
    assert told
    for worth, reason in told:
        assert names[reason.removeprefix("It came before ").split(",")[0]] < worth


def test_what_counts_for_as_much_is_not_called_less() -> None:
    alike = tuple(sight("lima", f"statue-{step}", step=step, minutes=45, score=10) for step in range(8))
    plan = planned(one_city(1, Wishes(pace="relaxed"), cities=(city("lima", alike),)))
    assert plan.left_out
    assert not any("counts for less" in reason for item in of_kind(plan, "visit") for reason in item.reasons)


def test_prices_and_scores_beyond_all_measure_are_planned_with_all_the_same() -> None:
    dear = tuple(sight("lima", f"palace {number}", price=10**12, score=10**6) for number in range(6))
    assert visited(planned(one_city(3, cities=(city("lima", dear),))))
